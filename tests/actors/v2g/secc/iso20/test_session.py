import dataclasses

import pytest

from actors.v2g.secc import handshake
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.iso20 import common
from protocols.types import iso15118
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from tests.support import certificates
from tests.support.secc_iso20 import EVCC_ID, STATION, Car20, car_in

PAUSE = common.ChargingSession.PAUSE
RENEGOTIATE = common.ChargingSession.SERVICE_RENEGOTIATION


def leaf(name="MO_LEAF_20"):
    return certificates.der(certificates.world()[name].certificate)


def paused(**how):
    """A car that has paused, in dynamic control unless told otherwise."""
    car = Car20(**how).go_to(Phase.LOOP)
    car.bench.tell(charger.PauseCharging(pause=True))
    car.loop()
    car.go_to(Phase.WELDING)
    car.stop(PAUSE)
    car.bench.disconnect()
    car.bench.tell(charger.PauseCharging(pause=False))
    return car


def come_back(car, **changes):
    for name, value in changes.items():
        setattr(car, name, value)
    car.arrive()
    return car.say(common.SessionSetupReq, evcc_id=EVCC_ID)


def test_a_new_session_gets_an_id_of_its_own():
    car = Car20()
    car.arrive()

    response = car.setup()

    assert response.response_code == "OK_NewSessionEstablished"
    assert response.evse_id == "DE*PNX*E1234567*1"
    assert any(response.header.session_id)
    assert car.bench.talk.session_id == response.header.session_id


def test_session_setup_ends_the_time_for_communication_setup():
    car = Car20()
    car.arrive()

    car.setup()

    assert handshake.TIMER not in car.bench.timers
    assert car.bench.timers.keys() == {"sequence"}


def test_a_station_without_id_says_it_is_not_known():
    car = Car20(station=dataclasses.replace(STATION, evse_id=None))
    car.arrive()

    assert car.setup().evse_id == "ZZ00000"


def test_a_car_named_by_address_is_published_with_its_certificates():
    car = Car20(tls="TLSv1.3", chain=(leaf(), b"no certificate"))
    car.arrive()

    car.setup()

    assert car.bench.published(charger.EvccId) == [charger.EvccId(evcc_id=EVCC_ID)]
    (info,) = car.bench.published(extensions.EvInfo)
    assert info.ev_info.selected_protocol.schema_id == 7
    assert info.ev_info.tls_leaf_certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert info.ev_info.tls_sub_ca_1_certificate is None


@pytest.mark.parametrize("name", ["WMIV1234567890ABCDEX", "AA:BB:CC:DD:EE:FF:00:11", "x"])
def test_a_car_with_another_name_is_only_remembered(name):
    car = Car20()
    car.arrive()

    car.say(common.SessionSetupReq, evcc_id=name)

    assert car.bench.talk.evcc_id == name
    assert car.bench.published(charger.EvccId) == []
    assert car.bench.published(extensions.EvInfo) == []


def test_a_custom_protocol_that_was_not_offered_has_no_ev_info():
    car = Car20()
    car.arrive()
    talk = dataclasses.replace(car.bench.talk, offered=())
    car.bench.state = dataclasses.replace(car.bench.state, talk=talk)

    car.setup()

    assert car.bench.published(charger.EvccId)
    assert car.bench.published(extensions.EvInfo) == []


def test_a_car_says_why_it_stops():
    car = car_in(Phase.WELDING)

    car.stop(ev_termination_code="7", ev_termination_explanation="full")

    (told,) = car.bench.published(charger.EvTermination)
    assert told.termination.ev_termination_code == "7"
    assert told.termination.ev_termination_explanation == "full"


def test_a_stop_before_energy_has_flowed_parts_the_car():
    car = car_in(Phase.PRE_CHARGE)

    assert car.stop().response_code == "OK"

    assert car.bench.published(charger.DcOpenContactor)
    assert car.bench.published(charger.CurrentDemandFinished) == []


def test_the_car_has_five_seconds_to_close_after_a_stop():
    car = car_in(Phase.STOP)

    car.stop()

    assert car.bench.closed.after_s == 5
    assert car.bench.closed.failed is None
    assert car.bench.timers == {}


def test_a_stop_while_nobody_has_decided_ends_the_wait():
    car = car_in(Phase.AUTHORIZING)
    assert "authorization" in car.bench.timers

    assert car.stop().response_code == "OK"

    assert car.bench.timers == {}


def test_a_frame_after_the_stop_is_ignored():
    car = car_in(Phase.STOP)
    car.stop()

    assert car.stop() is None


def test_services_may_be_chosen_again_after_a_stop():
    car = car_in(Phase.WELDING)

    response = car.stop(RENEGOTIATE)

    assert response.response_code == "OK"
    assert car.bench.closed is None
    assert car.phase is Phase.SERVICE_DISCOVERY
    assert car.bench.talk.authorization.verdict is Verdict.GRANTED
    assert car.go_to(Phase.LOOP).loop().response_code == "OK"


def test_services_cannot_be_renegotiated_before_they_were_chosen():
    car = car_in(Phase.SERVICE_DETAIL)

    response = car.stop(RENEGOTIATE)

    assert response.response_code == "FAILED_NoServiceRenegotiationSupported"


def test_in_dynamic_control_only_the_station_pauses():
    car = car_in(Phase.WELDING)

    response = car.stop(PAUSE)

    assert response.response_code == "FAILED_PauseNotAllowed"
    assert car.bench.state.paused is None


def test_in_scheduled_control_the_car_pauses_when_it_likes():
    car = car_in(Phase.WELDING, scheduled=True)

    assert car.stop(PAUSE).response_code == "OK"
    car.bench.disconnect()

    assert car.bench.published(charger.DlinkPause)
    assert car.bench.state.paused.session_id == car.session_id


def test_nobody_pauses_before_anything_is_agreed_on():
    assert car_in(Phase.SERVICE_DETAIL).stop(PAUSE).response_code == "FAILED_PauseNotAllowed"


def test_a_car_goes_on_behind_its_pause_without_authorization():
    car = paused()
    was = car.session_id

    response = come_back(car)

    assert response.response_code == "OK_OldSessionJoined"
    assert response.header.session_id == was
    assert car.phase is Phase.PARAMETERS
    assert car.bench.state.paused is None
    assert car.bench.published(charger.SelectedPaymentOption)
    assert car.bench.published(charger.SelectedServiceParameters)
    assert car.go_to(Phase.LOOP).loop().response_code == "OK"
    assert car.bench.published(charger.RequireAuthEim, ever=True) == [charger.RequireAuthEim()]


def test_a_car_with_its_certificate_goes_on_over_tls():
    car = paused(tls="TLSv1.3", chain=(leaf(),))

    assert come_back(car).response_code == "OK_OldSessionJoined"


def other_mode(car):
    car.bench.tell(
        charger.UpdateEnergyTransferModes(
            supported_energy_transfer_modes=(iso15118.EnergyTransferMode.DC_BPT,)
        )
    )


SPOILED = {
    "another certificate": lambda car: setattr(car, "chain", (leaf("VEHICLE_LEAF_20"),)),
    "no certificate": lambda car: setattr(car, "chain", ()),
    "plain TCP": lambda car: setattr(car, "tls", None),
    "another session": lambda car: setattr(car, "session_id", b"\7" * 8),
    "no session": lambda car: setattr(car, "session_id", bytes(8)),
    "a stop": lambda car: car.bench.tell(charger.StopCharging(stop=True)),
    "a service gone": other_mode,
    "a new session at the station": lambda car: car.bench.tell(
        charger.SessionSetup(
            payment_options=(iso15118.PaymentOption.EXTERNAL_PAYMENT,),
            supported_certificate_service=False,
            central_contract_validation_allowed=False,
        )
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_pause_is_void_for_anybody_else(spoil):
    # given
    car = paused(tls="TLSv1.3", chain=(leaf(),))
    was = car.session_id
    spoil(car)

    # when
    response = come_back(car)

    # then
    assert response.response_code == "OK_NewSessionEstablished"
    assert response.header.session_id != was
    assert car.bench.talk.authorization.verdict is Verdict.NONE
    assert car.phase is Phase.AUTHORIZATION_SETUP
    assert car.bench.state.paused is None


def test_another_name_does_not_resume_a_pause():
    car = paused()
    car.arrive()

    response = car.say(common.SessionSetupReq, evcc_id="11:22:33:44:55:66")

    assert response.response_code == "OK_NewSessionEstablished"


def test_a_grant_of_the_last_talk_is_not_used_again():
    # given
    car = car_in(Phase.WELDING)
    car.stop()
    car.bench.disconnect()

    # when
    car.arrive()
    car.setup()

    # then
    assert car.bench.talk.authorization.verdict is Verdict.NONE
    refused = charger.AuthorizationResponse(
        authorization_status=AuthorizationStatus.ACCEPTED, certificate_status=CertificateStatus.ACCEPTED
    )
    car.bench.tell(refused)
    assert car.bench.talk.authorization.verdict is Verdict.NONE
