from datetime import UTC, datetime, timedelta

import pytest

from actors.v2g.secc.iso20 import needs
from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso20 import common
from protocols.types.iso15118 import ControlMode, EnergyTransferMode, MobilityNeedsMode
from tests.support.secc_iso20 import STATION, Car20, car_in, number


def told(car):
    (needed,) = car.bench.published(extensions.ChargingNeeds)
    return needed.needs


def test_the_back_end_learns_what_the_car_needs():
    car = car_in(Phase.SCHEDULE)

    car.schedule(target_soc_percent=80)

    needed = told(car)
    assert needed.requested_energy_transfer is EnergyTransferMode.DC
    assert needed.available_energy_transfer == STATION.energy_transfer_modes
    assert needed.control_mode is ControlMode.DYNAMIC_CONTROL
    assert needed.mobility_needs_mode is MobilityNeedsMode.EVCC
    assert needed.departure_time == car.bench.now + timedelta(hours=2)
    assert needed.v2x_charging_parameters.ev_target_energy_request_wh == 40000
    assert needed.v2x_charging_parameters.target_soc_percent == 80


def test_the_back_end_learns_what_both_dc_sides_can_do():
    car = car_in(Phase.SCHEDULE, 6)

    car.schedule()

    both = told(car).v2x_charging_parameters
    assert (both.min_charge_power_w, both.max_charge_power_w) == (100, 100000)
    assert (both.min_charge_current_a, both.max_charge_current_a) == (1, 250)
    assert (both.min_voltage_v, both.max_voltage_v) == (200, 450)
    assert (both.max_discharge_power_w, both.max_discharge_current_a) == (10000, 25)


def test_a_dc_outlet_without_a_least_leaves_the_least_to_the_car():
    import dataclasses

    car = Car20(service=6, station=dataclasses.replace(STATION, dc_minimum=None)).go_to(Phase.SCHEDULE)

    car.schedule()

    assert told(car).v2x_charging_parameters.min_voltage_v == 200


def test_the_back_end_learns_what_both_ac_sides_can_do():
    car = car_in(Phase.PARAMETERS, 5)
    car.parameters(ev_maximum_charge_power_l2=number(3, 3), ev_maximum_charge_power_l3=number(11, 3))

    car.schedule()

    both = told(car).v2x_charging_parameters
    assert (both.max_charge_power_w, both.max_charge_power_l2_w, both.max_charge_power_l3_w) == (
        7360, 3000, 7360,
    )  # fmt: skip
    assert both.max_discharge_power_w == 5000


def test_a_car_without_phases_is_compared_by_the_sum():
    car = car_in(Phase.SCHEDULE, 1)

    car.schedule()

    both = told(car).v2x_charging_parameters
    assert (both.max_charge_power_w, both.max_charge_power_l2_w) == (11000, None)
    assert both.max_discharge_power_w is None


@pytest.mark.parametrize(("service", "kind"), [(1, charger.AcEamount), (2, charger.DcEvEnergyRequest)])
def test_the_energy_wanted_is_published_within_bounds(service, kind):
    car = car_in(Phase.SCHEDULE, service)

    car.schedule(ev_target_energy_request=number(300, 3))

    assert car.bench.published(kind) == [kind(energy_wh=200000.0)]


@pytest.mark.parametrize("departure_time_s", [None, 0])
def test_a_scheduled_car_may_say_nothing_of_its_wishes(departure_time_s):
    car = car_in(Phase.SCHEDULE, scheduled=True)

    car.schedule(departure_time_s=departure_time_s, ev_target_energy_request=None)

    assert car.bench.published(charger.DepartureTime) == []
    assert car.bench.published(charger.DcEvEnergyRequest) == []
    assert told(car).departure_time is None


def offer(**price):
    power = common.EvPowerSchedule(
        time_anchor=UnixTime(1_700_000_000),
        ev_power_schedule_entries=common.EvPowerScheduleEntryList(
            ev_power_schedule_entry=(common.EvPowerScheduleEntry(duration_s=60, power=number(-5, 3)),)
        ),
    )
    rule = common.EvPriceRule(energy_fee=number(25, -2), power_range_start=number(0))
    stack = common.EvPriceRuleStack(duration_s=60, ev_price_rule=(rule,))
    prices = common.EvAbsolutePriceSchedule(
        time_anchor=price.get("time_anchor", UnixTime(1_700_000_000_000_000)),
        currency="EUR",
        price_algorithm="urn:x",
        ev_price_rule_stacks=common.EvPriceRuleStackList(ev_price_rule_stack=(stack,)),
    )
    return common.EvEnergyOffer(ev_power_schedule=power, ev_absolute_price_schedule=prices)


def test_the_energy_a_car_offers_reaches_the_back_end():
    car = car_in(Phase.SCHEDULE, 6, scheduled=True)

    car.schedule(ev_energy_offer=offer())

    given = told(car).ev_energy_offer
    assert given.ev_power_schedule.ev_power_schedule_entries[0].power_w == -5000
    (entry,) = given.ev_absolute_price_schedule.ev_absolute_price_schedule_entries
    assert float(entry.ev_price_rule[0].energy_fee_per_kwh) == 0.25
    assert given.ev_power_schedule.time_anchor == given.ev_absolute_price_schedule.time_anchor


def test_a_time_no_calendar_holds_becomes_its_end():
    car = car_in(Phase.SCHEDULE, 6, scheduled=True)

    car.schedule(ev_energy_offer=offer(time_anchor=UnixTime(2**64 - 1)))

    assert told(car).ev_energy_offer.ev_absolute_price_schedule.time_anchor.year == 9999


def test_seconds_and_microseconds_are_told_apart():
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    seconds = int(moment.timestamp())

    assert needs.moment(seconds) == needs.moment(seconds * 10**6) == moment
