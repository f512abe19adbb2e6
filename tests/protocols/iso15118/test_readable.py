import pytest

from protocols.iso15118 import exi
from protocols.iso15118.readable import values_of
from tests.support import signed_messages as messages


def test_physical_values_of_minus2_carry_their_unit():
    message = messages.iso2_message("ChargeParameterDiscoveryRes")
    values = values_of(message)
    path = "V2G_Message.Body.ChargeParameterDiscoveryRes"
    assert values[f"{path}.AC_EVSEChargeParameter.EVSENominalVoltage"] == "230 V"
    entry = f"{path}.SAScheduleList.SAScheduleTuple[0].PMaxSchedule.PMaxScheduleEntry[0]"
    assert values[f"{entry}.PMax"] == "11000 W"


def test_rational_numbers_of_minus20_carry_the_unit_of_their_field():
    values = values_of(messages.iso20_message("ScheduleExchangeRes"))
    path = "ScheduleExchangeRes.Scheduled_SEResControlMode.ScheduleTuple[0].ChargingSchedule"
    assert values[f"{path}.PowerSchedule.PowerScheduleEntries.PowerScheduleEntry[0].Power"] == "11000 W"
    rule = f"{path}.AbsolutePriceSchedule.PriceRuleStacks.PriceRuleStack[0].PriceRule[0]"
    assert values[f"{rule}.EnergyFee"].startswith("0.3")


def test_time_stamps_become_dates():
    values = values_of(messages.iso20_message("CertificateInstallationReq"))
    assert values["CertificateInstallationReq.Header.TimeStamp"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("stamp", [2**63, 2**64 - 1])
def test_a_time_beyond_all_calendars_is_left_out(stamp):
    tree = {
        "SessionStopReq": {"Header": {"SessionID": "01" * 8, "TimeStamp": stamp}, "ChargingSession": "Pause"}
    }
    assert values_of(exi.from_json(tree, "iso20_common")) == {}


def test_a_fragment_is_read_under_its_own_name():
    tree = {"MeteringReceiptReq": {"SessionID": "01" * 8, "MeterInfo": {"MeterID": "m", "TMeter": 0}}}
    values = values_of(exi.fragment_from_json(tree, "iso2_msgdef"))
    assert values == {"MeteringReceiptReq.MeterInfo.TMeter": "1970-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("exponent", "value", "text"),
    [(-3, 1500, "1.5"), (0, 0, "0"), (3, -7, "-7000"), (127, 1, "1E+127"), (-128, 1, "1E-128")],
)
def test_numbers_are_written_without_needless_digits(exponent, value, text):
    tree = messages.ISO20_BODIES["ScheduleExchangeRes"] | {}
    del tree["Scheduled_SEResControlMode"]
    prices = dict(messages.DYNAMIC_SCHEDULE["Dynamic_SEResControlMode"]["AbsolutePriceSchedule"])
    prices["MinimumCost"] = {"Exponent": exponent, "Value": value}
    tree["Dynamic_SEResControlMode"] = {"AbsolutePriceSchedule": prices}
    values = values_of(messages.iso20_message("ScheduleExchangeRes", tree))
    path = "ScheduleExchangeRes.Dynamic_SEResControlMode.AbsolutePriceSchedule.MinimumCost"
    assert values[path].split()[0] == text


def test_key_information_and_signatures_disturb_nobody():
    tree = {
        "V2G_Message": {
            "Header": {
                "SessionID": "01" * 8,
                "Signature": {
                    "SignedInfo": {
                        "CanonicalizationMethod": {"Algorithm": "a"},
                        "SignatureMethod": {"Algorithm": "b"},
                        "Reference": [{"DigestMethod": {"Algorithm": "c"}, "DigestValue": "AAAA"}],
                    },
                    "SignatureValue": {"value": "AAAA"},
                    "KeyInfo": {"KeyName": ["k"], "X509Data": [{"X509SubjectName": ["s"]}]},
                },
            },
            "Body": {"ChargingStatusReq": {}},
        }
    }
    assert values_of(exi.from_json(tree, "iso2_msgdef")) == {}


def test_plain_numbers_carry_the_unit_that_their_name_says():
    dynamic = {"DepartureTime": 3600, "TargetSOC": 80}
    tree = messages.DYNAMIC_SCHEDULE | {"Dynamic_SEResControlMode": dynamic}
    values = values_of(messages.iso20_message("ScheduleExchangeRes", tree))
    path = "ScheduleExchangeRes.Dynamic_SEResControlMode"
    assert (values[f"{path}.DepartureTime"], values[f"{path}.TargetSOC"]) == ("3600 s", "80 %")


def test_a_din_value_without_unit_has_that_of_its_field():
    status = {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": 50}
    request = {
        "DC_EVStatus": status,
        "EVTargetVoltage": {"Multiplier": 0, "Value": 400},
        "EVTargetCurrent": {"Multiplier": -1, "Unit": "A", "Value": 25},
    }
    tree = {"V2G_Message": {"Header": {"SessionID": "01" * 8}, "Body": {"PreChargeReq": request}}}
    values = values_of(exi.from_json(tree, "din_msgdef"))
    path = "V2G_Message.Body.PreChargeReq"
    assert values[f"{path}.EVTargetVoltage"] == "400 V"
    assert values[f"{path}.EVTargetCurrent"] == "2.5 A"
