"""Whole talks, as data: every energy service in both control modes, from plugging in to the last answer."""

import pytest

from actors.v2g.secc.exchange import Publish
from actors.v2g.secc.iso20.phases import Phase
from tests.support.secc_iso20 import Car20

SERVICES = {1: "AC", 2: "DC", 5: "AC_BPT", 6: "DC_BPT"}
BEFORE = ["SelectedPaymentOption", "RequireAuthEim", "CarAuthorized", "ServiceRenegotiationSupported"]
CHOSEN = ["RequestedEnergyTransferMode", "SelectedServiceParameters"]
NEEDS = ["DepartureTime", "ENERGY", "ChargingNeeds"]
STORY = {
    True: [
        *["EvccId", "EvInfo"], *BEFORE, *CHOSEN, "AcEvPowerLimits", *NEEDS, "V2gSetupFinished",
        "AcCloseContactor", "CurrentDemandStarted", "V2gSetupFinished", "CurrentDemandFinished",
        "AcOpenContactor", "DlinkTerminate",
    ],
    False: [
        *["EvccId", "EvInfo"], *BEFORE, *CHOSEN, "DcEvMaximumLimits", *NEEDS, "StartCableCheck",
        "DcEvTargetVoltageCurrent", "DcEvPresentVoltage", "StartPreCharge", "V2gSetupFinished",
        "CurrentDemandStarted", "V2gSetupFinished", "CurrentDemandFinished", "DcOpenContactor",
        "DlinkTerminate",
    ],
}  # fmt: skip
"""What is published, by whether it is AC, the charging loop left out."""


@pytest.mark.parametrize("scheduled", [False, True], ids=["dynamic", "scheduled"])
@pytest.mark.parametrize("service", SERVICES, ids=SERVICES.values())
def test_a_talk_goes_from_handshake_to_the_last_answer(service, scheduled):
    # given
    car = Car20(service=service, scheduled=scheduled)
    car.go_to(Phase.SESSION_SETUP)
    car.bench.history.clear()

    # when
    car.go_to(Phase.STOP)
    response = car.stop()
    car.bench.disconnect()

    # then
    assert response.response_code == "OK"
    told = [type(each.variable).__name__ for each in car.bench.history if isinstance(each, Publish)]
    story = [
        {True: "AcEamount", False: "DcEvEnergyRequest"}[car.ac] if each == "ENERGY" else each
        for each in STORY[car.ac]
    ]
    assert told == story
    assert car.bench.state.talk is None
