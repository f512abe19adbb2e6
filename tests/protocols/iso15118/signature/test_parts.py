import pytest

from protocols.iso15118.signature import is_signable, parts_of
from tests.support import signed_messages as messages

ISO2_PARTS = {
    "AuthorizationReq": ["AuthorizationReq"],
    "MeteringReceiptReq": ["MeteringReceiptReq"],
    "CertificateInstallationReq": ["CertificateInstallationReq"],
    "CertificateInstallationRes": [
        "ContractSignatureCertChain",
        "ContractSignatureEncryptedPrivateKey",
        "DHpublickey",
        "eMAID",
    ],
    "CertificateUpdateReq": ["CertificateUpdateReq"],
    "CertificateUpdateRes": [
        "ContractSignatureCertChain",
        "ContractSignatureEncryptedPrivateKey",
        "DHpublickey",
        "eMAID",
    ],
    "ChargeParameterDiscoveryRes": ["SalesTariff", "SalesTariff"],
}
ISO20_PARTS = {
    "AuthorizationReq": ["PnC_AReqAuthorizationMode"],
    "MeteringConfirmationReq": ["SignedMeteringData"],
    "CertificateInstallationReq": ["OEMProvisioningCertificateChain"],
    "CertificateInstallationRes": ["SignedInstallationData"],
    "ScheduleExchangeRes": ["AbsolutePriceSchedule", "PriceLevelSchedule"],
}


@pytest.mark.parametrize("name", ISO2_PARTS)
def test_a_minus2_message_has_the_parts_of_the_standard(name):
    message = messages.iso2_message(name)
    assert is_signable(message)
    assert [part.name for part in parts_of(message)] == ISO2_PARTS[name]


@pytest.mark.parametrize("name", ISO20_PARTS)
def test_a_minus20_message_has_the_parts_of_the_standard(name):
    message = messages.iso20_message(name)
    assert is_signable(message)
    assert [part.name for part in parts_of(message)] == ISO20_PARTS[name]


def test_dynamic_schedules_have_signed_prices_too():
    message = messages.iso20_message("ScheduleExchangeRes", messages.DYNAMIC_SCHEDULE)
    assert [part.id for part in parts_of(message)] == ["p"]


def test_authorization_by_other_means_has_nothing_to_sign():
    assert parts_of(messages.iso20_message("AuthorizationReq", messages.EIM_AUTHORIZATION)) == ()


def test_a_message_without_schedules_has_nothing_to_sign():
    body = dict(messages.ISO2_BODIES["ChargeParameterDiscoveryRes"])
    del body["SAScheduleList"]
    assert parts_of(messages.iso2_message("ChargeParameterDiscoveryRes", body)) == ()


def test_other_messages_are_not_signed():
    message = messages.iso2_message("ChargingStatusReq", {})
    assert not is_signable(message)
    assert parts_of(message) == ()
