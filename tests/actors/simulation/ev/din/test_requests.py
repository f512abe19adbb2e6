from decimal import Decimal

from actors.simulation.ev.din import requests
from actors.simulation.ev.drive import Drive, Schedule
from protocols.iso15118 import din
from tests.support.ev_cars import script
from tests.support.ev_stations import NOON


def drive(more=""):
    made = Drive(script(f"car: {{mode: dc, protocols: [din]{more}}}"), None, bytes)
    made.at(NOON)
    return made


def test_charging_is_paid_for_by_other_means():
    one = drive()
    one.notes["charge_service"] = 7
    body = requests.payment_selection(one)

    assert body.selected_payment_option is din.PaymentOption.EXTERNAL_PAYMENT
    assert body.selected_service_list.selected_service[0].service_id == 7


def test_a_profile_names_no_more_than_din_can_say():
    one = drive()
    one.schedule = Schedule(schedule_id=3, entries=((0, Decimal(10**6)), (60, Decimal(500))), began=NOON)
    profile = requests.power_start(one).charging_profile

    assert profile.sa_schedule_tuple_id == 3
    assert [entry.charging_profile_entry_max_power_w for entry in profile.profile_entry] == [32_767, 500]


def test_a_stop_carries_no_profile():
    one = drive()
    one.schedule = Schedule(schedule_id=3, entries=((0, Decimal(500)),), began=NOON)
    body = requests.power_stop(one)

    assert (body.ready_to_charge_state, body.charging_profile) == (False, None)
    assert requests.power_start(drive()).charging_profile is None


def test_the_loop_asks_for_what_the_battery_wants():
    one = drive(", battery: {soc_percent: 50}")
    one.see_limits(power_w=Decimal(50_000), current_a=Decimal(60))
    body = requests.current_demand(one)

    assert (body.ev_target_current.to_decimal(), body.bulk_charging_complete) == (60, False)
