import dataclasses

import pytest

from actors.v2g.messages import CarAuthorized
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import din
from protocols.iso15118.din import EvseProcessing, EvseSupportedEnergyTransfer, ResponseCode
from protocols.types import iso15118
from protocols.types.iso15118 import EnergyTransferMode, EvseError, NoEnergyPauseMode
from tests.support.secc_din import (
    DinBench,
    selection,
)
from tests.support.secc_iso2 import GRANT, refusal

AUTHENTICATE = din.ContractAuthenticationReq()
EMERGENCY = charger.SendError(error=EvseError.ERROR_EMERGENCY_SHUTDOWN)
AFTER = NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE
BEFORE = NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK


def station(bench, **fields):
    changed = dataclasses.replace(bench.state.station, **fields)
    bench.state = dataclasses.replace(bench.state, station=changed)
    return bench


def test_a_session_gets_an_id_and_the_outlets_name():
    bench = DinBench()

    response = bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))

    assert response.response_code is ResponseCode.OK_NEW_SESSION_ESTABLISHED
    assert response.evse_id == bytes.fromhex("49A80737A45678")
    assert any(bench.session)


@pytest.mark.parametrize(
    "told", [None, iso15118.EVSEID(evse_id="DE*X"), iso15118.EVSEID(evse_id="", evse_id_din="1A2")]
)
def test_an_outlet_without_a_din_id_says_zero(told):
    bench = station(DinBench(), evse_id=told)

    assert bench.ask(din.SessionSetupReq(evcc_id=bytes(6))).evse_id == b"\0"


@pytest.mark.parametrize(
    ("modes", "found"),
    [
        ((EnergyTransferMode.DC_UNIQUE, EnergyTransferMode.DC_CORE), EvseSupportedEnergyTransfer.DC_CORE),
        ((EnergyTransferMode.DC_BPT,), EvseSupportedEnergyTransfer.DC_EXTENDED),
        ((EnergyTransferMode.DC_UNIQUE,), EvseSupportedEnergyTransfer.DC_DUAL),
    ],
)
def test_a_station_offers_its_one_way_of_energy_transfer(modes, found):
    bench = station(DinBench(), energy_transfer_modes=modes)
    bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))

    assert bench.ask(din.ServiceDiscoveryReq()).charge_service.energy_transfer_type is found


def test_a_station_without_dc_cannot_serve():
    bench = station(DinBench(), energy_transfer_modes=())
    bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))

    assert bench.ask(din.ServiceDiscoveryReq()).response_code is ResponseCode.FAILED


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (selection(din.PaymentOption.CONTRACT), ResponseCode.FAILED_PAYMENT_SELECTION_INVALID),
        (
            selection(din.PaymentOption.EXTERNAL_PAYMENT, 1, 2),
            ResponseCode.FAILED_SERVICE_SELECTION_INVALID,
        ),
        (selection(din.PaymentOption.EXTERNAL_PAYMENT, 3), ResponseCode.FAILED_SERVICE_SELECTION_INVALID),
    ],
)
def test_a_choice_that_was_not_offered_is_refused(request_, code):
    bench = DinBench()
    bench.ask(din.SessionSetupReq(evcc_id=bytes(6)))
    bench.ask(din.ServiceDiscoveryReq())

    assert bench.ask(request_).response_code is code


def test_authorization_is_asked_for_once_and_waited_for():
    bench = DinBench()
    bench.to_authorization()

    for times in range(2):
        assert bench.ask(AUTHENTICATE).evse_processing is EvseProcessing.ONGOING
        assert len(bench.published(charger.RequireAuthEim)) == (times == 0)
    bench.tell(GRANT)
    assert not bench.published(CarAuthorized, ever=True)

    assert bench.ask(AUTHENTICATE).evse_processing is EvseProcessing.FINISHED
    assert bench.published(CarAuthorized)


def test_a_session_that_is_stopped_is_not_authorized():
    bench = DinBench()
    bench.to_authorization()
    bench.ask(AUTHENTICATE)
    bench.tell(charger.StopCharging(stop=True), GRANT)

    assert bench.ask(AUTHENTICATE).response_code is ResponseCode.FAILED


def test_a_refusal_ends_the_session():
    bench = DinBench()
    bench.to_authorization()
    bench.ask(AUTHENTICATE)
    bench.tell(refusal())

    assert bench.ask(AUTHENTICATE).response_code is ResponseCode.FAILED
    assert bench.closed.failed == "AuthorizationFailed"
    assert not bench.published(CarAuthorized, ever=True)
