from decimal import Decimal

import pytest

from actors.simulation.ev.drive import Drive, Schedule
from actors.simulation.ev.iso20 import requests
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Control, Pay
from protocols.iso15118.iso20 import common
from tests.support.ev_cars import credential, script, wallet
from tests.support.ev_iso20_station import METER
from tests.support.ev_stations import NOON


def drive(car="mode: dc, protocols: [iso20]", held=None):
    made = Drive(script(f"car: {{{car}}}"), held, bytes)
    made.at(NOON)
    return made


@pytest.mark.parametrize(("mode", "service"), [("ac", 1), ("dc", 2), ("ac_bpt", 5), ("dc_bpt", 6)])
def test_each_mode_is_a_service(mode, service):
    assert requests.service_of(drive(f"mode: {mode}, protocols: [iso20]")) == service
    assert requests.service_detail(drive(f"mode: {mode}, protocols: [iso20]")).service_id == service


def test_an_installation_shows_the_provisioning_chain():
    body = requests.certificate_installation(drive(held=wallet()))

    assert body.oem_provisioning_certificate_chain.id == "id1"
    assert len(body.oem_provisioning_certificate_chain.sub_certificates.certificate) == 2


@pytest.mark.parametrize("build", [requests.certificate_installation, requests.metering_confirmation])
def test_what_the_car_does_not_have_cannot_be_shown(build):
    with pytest.raises(TalkError):
        build(drive())


def test_a_contract_goes_with_its_challenge():
    one = drive()
    one.payment, one.contract, one.challenge = Pay.CONTRACT, credential("MO_LEAF_20"), b"c" * 16
    mode = requests.authorization(one).pnc_a_req_authorization_mode

    assert mode.gen_challenge == b"c" * 16
    assert len(mode.contract_certificate_chain.sub_certificates.certificate) == 2


def test_a_contract_that_is_missing_ends_the_talk():
    one = drive()
    one.payment = Pay.CONTRACT

    with pytest.raises(TalkError) as caught:
        requests.authorization(one)
    assert caught.value.reason is Reason.PAYMENT


@pytest.mark.parametrize("control", list(Control))
def test_needs_and_profile_are_in_the_control_mode(control):
    one = drive()
    one.notes["control"] = control
    dynamic = control is Control.DYNAMIC
    needs, profile = requests.schedule_exchange(one), requests.power_start(one).ev_power_profile

    assert (needs.dynamic_se_req_control_mode is not None) is dynamic
    assert (profile.dynamic_evppt_control_mode is not None) is dynamic
    assert (profile.scheduled_evppt_control_mode is None) is dynamic


def test_a_profile_keeps_to_the_schedule():
    one = drive()
    one.notes["control"] = Control.SCHEDULED
    one.schedule = Schedule(schedule_id=5, entries=((0, Decimal(500)), (60, Decimal(10**6))), began=NOON)
    profile = requests.renegotiate(one).ev_power_profile
    entries = profile.ev_power_profile_entries.ev_power_profile_entry

    assert profile.scheduled_evppt_control_mode.selected_schedule_tuple_id == 5
    assert [(entry.duration_s, entry.power.to_decimal()) for entry in entries] == [
        (60, 500),
        (86_340, 120_000),
    ]
    assert requests.power_stop(one).ev_power_profile is None


@pytest.mark.parametrize(
    ("steps", "channel"),
    [("[charge]", "Charge"), ("[charge: {discharge_to_soc_percent: 15}]", "Discharge")],
)
def test_both_directions_start_with_one_of_them(steps, channel):
    one = Drive(script(f"car: {{mode: dc_bpt, protocols: [iso20]}}\nsteps: {steps}"), None, bytes)
    one.at(NOON)

    assert requests.power_start(one).bpt_channel_selection == channel


@pytest.mark.parametrize(("control", "chosen"), [(Control.SCHEDULED, True), (Control.DYNAMIC, False)])
def test_a_reading_is_confirmed_with_its_schedule(control, chosen):
    one = drive()
    one.session_id = b"12345678"
    one.notes.update(meter=METER, control=control)
    data = requests.metering_confirmation(one).signed_metering_data

    assert (data.scheduled_smdt_control_mode is not None) is chosen


def test_a_session_is_ended_paused_or_renegotiated():
    one = drive()
    kinds = [requests.session_stop(one).charging_session]
    one.paused = True
    kinds.append(requests.session_stop(one).charging_session)
    one.notes["service_renegotiation"] = True

    assert [*kinds, requests.session_stop(one).charging_session] == [
        common.ChargingSession.TERMINATE,
        common.ChargingSession.PAUSE,
        common.ChargingSession.SERVICE_RENEGOTIATION,
    ]


@pytest.mark.parametrize(("soc_percent", "complete"), [(79, False), (80, True)])
def test_people_read_whether_the_battery_is_full_enough(soc_percent, complete):
    car = f"car: {{battery: {{soc_percent: {soc_percent}}}}}"
    made = Drive(script(car + "\nsteps: [charge: {to_soc_percent: 80}]"), None, bytes)

    assert requests.display(made).charging_complete is complete
