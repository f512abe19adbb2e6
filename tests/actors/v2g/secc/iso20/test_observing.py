from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20.types import DisplayParameters
from protocols.types.powermeter import Powermeter
from protocols.types.units import Energy
from tests.support.secc import NOW
from tests.support.secc_iso20 import car_in, number

SHOWN = DisplayParameters(
    present_soc_percent=40,
    target_soc_percent=80,
    remaining_time_to_maximum_soc_s=600,
    charging_complete=False,
    battery_energy_capacity=number(60, 3),
    inlet_hot=False,
)


def reading(total_wh, export_wh=None, **fields):
    return charger.UpdateMeterInfo(
        powermeter=Powermeter(
            timestamp=fields.pop("timestamp", NOW),
            energy_wh_import=Energy(total_wh=Decimal(total_wh)),
            energy_wh_export=Energy(total_wh=Decimal(export_wh)) if export_wh is not None else None,
            **fields,
        )
    )


@pytest.mark.parametrize("service", [1, 2])
def test_what_the_car_shows_is_published_when_it_changes(service):
    car = car_in(Phase.LOOP, service)

    car.loop(display_parameters=SHOWN)
    first = car.bench.published(charger.DisplayParameters)
    car.loop(display_parameters=SHOWN)

    assert first[0].parameters.present_soc_percent == 40
    assert first[0].parameters.battery_energy_capacity_wh == 60000
    assert car.bench.published(charger.DisplayParameters) == []


def test_a_dc_car_says_the_same_in_the_older_words():
    car = car_in(Phase.LOOP)

    car.loop(display_parameters=SHOWN)

    assert car.bench.published(charger.DcEvEnergyCapacity) == [charger.DcEvEnergyCapacity(capacity_wh=60000)]
    assert car.bench.published(charger.DcChargingComplete) == [charger.DcChargingComplete(complete=False)]
    (remaining,) = car.bench.published(charger.DcEvRemainingTime)
    assert remaining.remaining_time.ev_remaining_time_to_full_soc == car.bench.now + timedelta(minutes=10)


def test_older_words_are_not_repeated():
    car = car_in(Phase.LOOP)
    car.loop(display_parameters=SHOWN)

    car.loop(
        display_parameters=DisplayParameters(
            present_soc_percent=41,
            remaining_time_to_maximum_soc_s=600,
            charging_complete=False,
            battery_energy_capacity=number(60, 3),
        )
    )

    assert car.bench.published(charger.DisplayParameters)
    assert car.bench.published(charger.DcEvEnergyCapacity) == []
    assert car.bench.published(charger.DcChargingComplete) == []
    assert car.bench.published(charger.DcEvRemainingTime) == []


def test_an_absurd_battery_is_cut_to_what_can_be_told():
    car = car_in(Phase.LOOP)

    car.loop(display_parameters=DisplayParameters(battery_energy_capacity=number(-5)))
    assert car.bench.published(charger.DcEvEnergyCapacity) == [charger.DcEvEnergyCapacity(capacity_wh=0)]
    car.loop(display_parameters=DisplayParameters(battery_energy_capacity=number(1, 120)))

    assert car.bench.published(charger.DcEvEnergyCapacity) == [charger.DcEvEnergyCapacity(capacity_wh=200000)]


def test_the_wish_to_see_the_meter_is_published_when_it_begins():
    car = car_in(Phase.LOOP)

    told = [
        len(car.bench.published(charger.MeterInfoRequested))
        for meter in (True, True, False, True)
        if car.loop(meter=meter)
    ]

    assert told == [1, 0, 0, 1]


def test_the_meter_is_shown_only_on_request():
    car = car_in(Phase.LOOP)
    car.bench.tell(reading("1234.9", "55", meter_id="M" * 40))

    assert car.loop().meter_info is None
    info = car.loop(meter=True).meter_info

    assert info.meter_id == "M" * 32
    assert info.charged_energy_reading_wh == 1234
    assert info.bpt_discharged_energy_reading_wh == 55
    assert info.meter_timestamp == int(NOW.timestamp())


def test_a_meter_that_says_nonsense_is_shown_within_reason():
    car = car_in(Phase.LOOP)
    car.bench.tell(reading("-5", timestamp=datetime(1960, 1, 1, tzinfo=UTC)))

    info = car.loop(meter=True).meter_info

    assert (info.meter_id, info.charged_energy_reading_wh, info.meter_timestamp) == ("-", 0, 0)


def test_without_a_meter_none_is_shown():
    assert car_in(Phase.LOOP).loop(meter=True).meter_info is None
