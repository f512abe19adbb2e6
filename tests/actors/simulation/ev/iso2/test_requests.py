from decimal import Decimal

import pytest

from actors.simulation.ev.drive import Drive, Schedule
from actors.simulation.ev.iso2 import requests
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Pay
from protocols.iso15118 import iso2
from tests.support.ev_cars import credential, script, wallet
from tests.support.ev_stations import NOON


def drive(car="", *, held=None):
    made = Drive(script(f"car: {{{car}}}"), held, bytes)
    made.at(NOON)
    return made


def test_the_car_takes_what_was_read_from_services():
    one = drive()
    one.notes["to_read"] = [4, 5]

    assert (requests.service_detail(one).service_id, requests.service_detail(drive()).service_id) == (4, 2)


def test_an_installation_is_selected_with_its_parameter_set():
    one = drive()
    one.payment = Pay.CONTRACT
    one.notes.update(install=True, charge_service=7)
    body = requests.payment_selection(one)

    assert body.selected_payment_option is iso2.PaymentOption.CONTRACT
    assert [
        (each.service_id, each.parameter_set_id) for each in body.selected_service_list.selected_service
    ] == [
        (7, None),
        (2, 1),
    ]


def test_an_installation_needs_a_provisioning_certificate():
    with pytest.raises(TalkError) as caught:
        requests.certificate_installation(drive())
    assert caught.value.reason is Reason.CERTIFICATE


def test_an_installation_names_the_roots_the_car_trusts():
    body = requests.certificate_installation(drive(held=wallet()))

    assert len(body.list_of_root_certificate_ids.root_certificate_id) == len(wallet().v2g_roots)


def test_payment_details_show_the_whole_chain():
    one = drive()
    one.contract = credential("MO_LEAF")
    body = requests.payment_details(one)

    assert body.emaid == "DE8EVSC0000001X"
    assert len(body.contract_signature_cert_chain.sub_certificates.certificate) == 2


def test_payment_details_need_a_contract():
    with pytest.raises(TalkError) as caught:
        requests.payment_details(drive())
    assert caught.value.reason is Reason.PAYMENT


def test_the_challenge_is_answered_once():
    one = drive()
    one.payment, one.challenge = Pay.CONTRACT, bytes(16)
    first = requests.authorization(one)
    one.challenge = b""

    assert (first.id, first.gen_challenge) == ("id1", bytes(16))
    assert requests.authorization(one) == iso2.AuthorizationReq()


def test_dc_asks_for_what_battery_and_station_bear():
    one = drive("mode: dc, battery: {soc_percent: 50}")
    one.see_limits(current_a=Decimal(60), power_w=Decimal(50_000))
    body = requests.current_demand(one)

    assert body.ev_target_voltage.to_decimal() == Decimal("372.5")
    assert body.ev_target_current.to_decimal() == 60


def test_dc_asks_for_no_current_when_it_stops():
    one = drive("mode: dc")
    one.stopping = True

    assert requests.current_demand(one).ev_target_current.to_decimal() == 0


@pytest.mark.parametrize(("mode", "phases"), [("ac", 3), ("dc", None)])
def test_a_start_carries_the_profile_the_car_keeps_to(mode, phases):
    one = drive(f"mode: {mode}")
    one.schedule = Schedule(schedule_id=3, entries=((0, Decimal(500)), (60, Decimal(10**6))), began=NOON)
    body = requests.power_start(one)
    powers = [
        entry.charging_profile_entry_max_power.to_decimal() for entry in body.charging_profile.profile_entry
    ]

    assert body.sa_schedule_tuple_id == 3
    assert powers == [500, 120_000 if mode == "dc" else 11_040]
    assert body.charging_profile.profile_entry[0].charging_profile_entry_max_number_of_phases_in_use == phases
    assert (body.ev_power_delivery_parameter is None) is (mode == "ac")


def test_a_stop_carries_no_profile():
    one = drive()
    one.schedule = Schedule(schedule_id=3, entries=((0, Decimal(500)),), began=NOON)

    assert requests.power_stop(one).charging_profile is None
    assert requests.power_renegotiate(one).charge_progress is iso2.ChargeProgress.RENEGOTIATE


def test_a_session_is_paused_or_ended():
    one = drive()
    kinds = [requests.session_stop(one).charging_session]
    one.paused = True

    assert [*kinds, requests.session_stop(one).charging_session] == ["Terminate", "Pause"]


def test_a_receipt_is_possible_without_a_reading():
    one = drive()
    one.session_id = b"12345678"

    assert requests.metering_receipt(one).meter_info.meter_id == "none"
