"""One message of each kind that is signed, and keys to sign them with. Fixed, so that failures repeat."""

from cryptography.hazmat.primitives.asymmetric import ec, ed448

from protocols.iso15118 import exi
from protocols.iso15118.signature import ISO2, ISO20_ED448, ISO20_SECP521

P256 = ec.derive_private_key(
    0xB9134963F51C4414738435057F97BBF1010CABCB8DBDE9C5D48138396AA94B9D, ec.SECP256R1()
)
P521 = ec.derive_private_key((1 << 500) + 99, ec.SECP521R1())
ED448 = ed448.Ed448PrivateKey.from_private_bytes(bytes(range(57)))
KEYS = {ISO2: P256, ISO20_SECP521: P521, ISO20_ED448: ED448}

_CHAIN = {"Certificate": "Y2VydA==", "SubCertificates": {"Certificate": ["c3ViMQ==", "c3ViMg=="]}}
_ROOTS = {"RootCertificateID": [{"X509IssuerName": "CN=V2GRootCA", "X509SerialNumber": 2**150}]}
_DELIVERY = {
    "ResponseCode": "OK",
    "SAProvisioningCertificateChain": _CHAIN,
    "ContractSignatureCertChain": {"Id": "id1", **_CHAIN},
    "ContractSignatureEncryptedPrivateKey": {"Id": "id2", "value": "a2V5"},
    "DHpublickey": {"Id": "id3", "value": "cG9pbnQ="},
    "eMAID": {"Id": "id4", "value": "NLTNM000122045U"},
}
_TARIFF = {
    "SalesTariffID": 1,
    "SalesTariffEntry": [{"RelativeTimeInterval": {"start": 0}, "EPriceLevel": 1}],
}
_METER = {"MeterID": "meter", "MeterReading": 12345}


def _schedule(number, **tariff):
    schedule = [{"RelativeTimeInterval": {"start": 0}, "PMax": {"Multiplier": 3, "Unit": "W", "Value": 11}}]
    return {"SAScheduleTupleID": number, "PMaxSchedule": {"PMaxScheduleEntry": schedule}, **tariff}


_AC = {
    "AC_EVSEStatus": {"NotificationMaxDelay": 0, "EVSENotification": "None", "RCD": False},
    "EVSENominalVoltage": {"Multiplier": 0, "Unit": "V", "Value": 230},
    "EVSEMaxCurrent": {"Multiplier": 0, "Unit": "A", "Value": 16},
}
ISO2_BODIES = {
    "AuthorizationReq": {"Id": "ID1", "GenChallenge": "U29tZSBSYW5kb20gRGF0YQ=="},
    "MeteringReceiptReq": {
        "Id": "r",
        "SessionID": "0102030405060708",
        "SAScheduleTupleID": 1,
        "MeterInfo": _METER,
    },
    "CertificateInstallationReq": {
        "Id": "c",
        "OEMProvisioningCert": "b2Vt",
        "ListOfRootCertificateIDs": _ROOTS,
    },
    "CertificateInstallationRes": _DELIVERY,
    "CertificateUpdateReq": {
        "Id": "u",
        "ContractSignatureCertChain": _CHAIN,
        "eMAID": "NLTNM000122045U",
        "ListOfRootCertificateIDs": _ROOTS,
    },
    "CertificateUpdateRes": {**_DELIVERY, "RetryCounter": 1},
    "ChargeParameterDiscoveryRes": {
        "ResponseCode": "OK",
        "EVSEProcessing": "Finished",
        "SAScheduleList": {
            "SAScheduleTuple": [
                _schedule(1, SalesTariff={"Id": "t1", **_TARIFF}),
                _schedule(2),
                _schedule(3, SalesTariff={"Id": "t3", **_TARIFF}),
            ]
        },
        "AC_EVSEChargeParameter": _AC,
    },
}

_HEADER_20 = {"SessionID": "0102030405060708", "TimeStamp": 1700000000}
_LEVELS = {
    "TimeAnchor": 1,
    "PriceScheduleID": 1,
    "NumberOfPriceLevels": 1,
    "PriceLevelScheduleEntries": {"PriceLevelScheduleEntry": [{"Duration": 60, "PriceLevel": 1}]},
}
_PRICES = {
    "TimeAnchor": 1,
    "PriceScheduleID": 2,
    "Currency": "EUR",
    "Language": "de",
    "PriceAlgorithm": "urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
    "PriceRuleStacks": {
        "PriceRuleStack": [
            {
                "Duration": 60,
                "PriceRule": [
                    {
                        "EnergyFee": {"Exponent": -2, "Value": 30},
                        "PowerRangeStart": {"Exponent": 0, "Value": 0},
                    }
                ],
            }
        ]
    },
}
_POWER = {
    "TimeAnchor": 1,
    "PowerScheduleEntries": {"PowerScheduleEntry": [{"Duration": 60, "Power": {"Exponent": 3, "Value": 11}}]},
}
ISO20_BODIES = {
    "AuthorizationReq": {
        "SelectedAuthorizationService": "PnC",
        "PnC_AReqAuthorizationMode": {
            "Id": "a",
            "GenChallenge": "U29tZSBSYW5kb20gRGF0YQ==",
            "ContractCertificateChain": _CHAIN,
        },
    },
    "MeteringConfirmationReq": {
        "SignedMeteringData": {
            "Id": "m",
            "SessionID": "0102030405060708",
            "MeterInfo": {"MeterID": "meter", "ChargedEnergyReadingWh": 12345},
            "Dynamic_SMDTControlMode": {},
        }
    },
    "CertificateInstallationReq": {
        "OEMProvisioningCertificateChain": {"Id": "o", **_CHAIN},
        "ListOfRootCertificateIDs": _ROOTS,
        "MaximumContractCertificateChains": 1,
    },
    "CertificateInstallationRes": {
        "ResponseCode": "OK",
        "EVSEProcessing": "Finished",
        "CPSCertificateChain": _CHAIN,
        "SignedInstallationData": {
            "Id": "s",
            "ContractCertificateChain": _CHAIN,
            "ECDHCurve": "SECP521",
            "DHPublicKey": "A" * 176 + "AA==",
            "SECP521_EncryptedPrivateKey": "A" * 124 + "AA==",
        },
        "RemainingContractCertificateChains": 0,
    },
    "ScheduleExchangeRes": {
        "ResponseCode": "OK",
        "EVSEProcessing": "Finished",
        "Scheduled_SEResControlMode": {
            "ScheduleTuple": [
                {
                    "ScheduleTupleID": 1,
                    "ChargingSchedule": {
                        "PowerSchedule": _POWER,
                        "AbsolutePriceSchedule": {"Id": "p1", **_PRICES},
                    },
                    "DischargingSchedule": {
                        "PowerSchedule": _POWER,
                        "PriceLevelSchedule": {"Id": "p2", **_LEVELS},
                    },
                },
                {"ScheduleTupleID": 2, "ChargingSchedule": {"PowerSchedule": _POWER}},
            ]
        },
    },
}
DYNAMIC_SCHEDULE = {
    "ResponseCode": "OK",
    "EVSEProcessing": "Finished",
    "Dynamic_SEResControlMode": {"AbsolutePriceSchedule": {"Id": "p", **_PRICES}},
}
EIM_AUTHORIZATION = {"SelectedAuthorizationService": "EIM", "EIM_AReqAuthorizationMode": {}}


def iso2_message(name, body=None):
    """A -2 message with this body."""
    body = ISO2_BODIES[name] if body is None else body
    tree = {"V2G_Message": {"Header": {"SessionID": "0102030405060708"}, "Body": {name: body}}}
    return exi.from_json(tree, "iso2_msgdef")


def iso20_message(name, body=None):
    """A -20 message with this body."""
    return exi.from_json(
        {name: {"Header": _HEADER_20, **(ISO20_BODIES[name] if body is None else body)}}, "iso20_common"
    )


CASES = [
    *((iso2_message(name), "iso2_msgdef", ISO2) for name in ISO2_BODIES),
    *(
        (iso20_message(name), "iso20_common", scheme)
        for name in ISO20_BODIES
        for scheme in (ISO20_SECP521, ISO20_ED448)
    ),
]
"""(message, schema, scheme) of everything that is signed, with every scheme it may be signed with."""
