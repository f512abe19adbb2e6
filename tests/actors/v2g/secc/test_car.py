from datetime import timedelta

import pytest

from actors.v2g.messages import DischargeWanted
from actors.v2g.secc import car
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import din, iso2
from protocols.types import iso15118
from tests.support.secc import NOW, counted_random

PROTOCOL = iso15118.AppProtocol(
    protocol_namespace="urn:x", version_number_major=2, version_number_minor=0, schema_id=1, priority=1
)
OTHER = iso15118.AppProtocol(
    protocol_namespace="urn:y", version_number_major=2, version_number_minor=0, schema_id=2, priority=2
)
READY = iso15118.DcEvStatus(
    dc_ev_ready=True, dc_ev_error_code=iso15118.DcEvErrorCode.NO_ERROR, dc_ev_ress_soc_percent=40.0
)


@pytest.fixture
def turn():
    talk = Talk(offered=(OTHER, PROTOCOL), namespace="urn:x")
    return Turn(State(station=Station(), talk=talk), Settings(), NOW, counted_random())


def published(turn, kind=object):
    found = [each.variable for each in turn.effects if hasattr(each, "variable")]
    turn.effects.clear()
    return [each for each in found if isinstance(each, kind)]


@pytest.mark.parametrize("raw", ["0a1b2c3d4e5f", "0a1b2c3d4e5f0000"])
def test_a_mac_address_is_published_with_what_the_car_offered(turn, raw):
    car.named(turn, bytes.fromhex(raw))

    evcc_id, info = published(turn)
    assert evcc_id == charger.EvccId(evcc_id="0A:1B:2C:3D:4E:5F")
    assert isinstance(info, extensions.EvInfo)
    assert info.ev_info.selected_protocol == PROTOCOL
    assert turn.talk.evcc_id == "0A1B2C3D4E5F"


def test_without_a_namespace_of_the_car_only_its_name_is_published(turn):
    turn.change(namespace="urn:z")

    car.named(turn, bytes(range(6)))

    assert published(turn) == [charger.EvccId(evcc_id="00:01:02:03:04:05")]


@pytest.mark.parametrize(("raw", "kept"), [("0a1b2c3d4e5f6071", "0A1B2C3D4E5F6071"), ("0a", ""), ("", "")])
def test_what_is_no_mac_address_is_not_published(turn, raw, kept):
    car.named(turn, bytes.fromhex(raw))

    assert not published(turn)
    assert turn.talk.evcc_id == kept


def test_status_and_limits_are_published_when_they_change(turn):
    for _ in range(2):
        car.dc_status(turn, READY)
        car.dc_limits(turn, current_a=20000.0, power_w=None, voltage_v=-5.0)

    status, limits = published(turn)
    assert status.status == READY
    assert limits.limits == iso15118.DcEvMaximumLimits(dc_ev_maximum_current_limit_a=10000.0)


def test_a_car_without_limits_has_nothing_published(turn):
    car.dc_limits(turn, current_a=None, power_w=None, voltage_v=None)

    assert not published(turn)


def test_energies_are_clipped_and_goals_are_passed_on(turn):
    car.dc_energy(turn, capacity_wh=10.0e6, request_wh=-1.0)
    car.dc_goals(turn, full_percent=100, bulk_percent=80)

    assert published(turn) == [
        charger.DcEvEnergyCapacity(capacity_wh=200000.0),
        charger.DcFullSoc(full_soc_percent=100.0),
        charger.DcBulkSoc(bulk_soc_percent=80.0),
    ]


def test_an_energy_request_is_passed_on_and_missing_values_are_not(turn):
    car.dc_energy(turn, capacity_wh=None, request_wh=5.0)
    car.dc_goals(turn, full_percent=None, bulk_percent=None)

    assert published(turn) == [charger.DcEvEnergyRequest(energy_wh=5.0)]


def test_a_target_is_published_each_time_and_clipped(turn):
    car.dc_target(turn, 9000.0, -500.0)
    car.dc_target(turn, 9000.0, -500.0)

    target = iso15118.DcEvTargetValues(dc_ev_target_voltage_v=1500.0, dc_ev_target_current_a=-2.0)
    assert published(turn) == [charger.DcEvTargetVoltageCurrent(target=target)] * 2


def test_a_target_out_of_the_car_needs_a_station_that_takes_part():
    """SAE J2847/2 (row M5.18)."""
    station = Station(sae_j2847_mode=iso15118.SaeJ2847BidiMode.V2G)
    turn = Turn(State(station=station, talk=Talk()), Settings(), NOW, counted_random())

    car.dc_target(turn, 400.0, -50.0)
    car.dc_target(turn, 400.0, -2.0)  # "not known"

    assert published(turn) == [
        DischargeWanted(voltage_v=400.0, current_a=50.0),
        charger.DcEvTargetVoltageCurrent(
            target=iso15118.DcEvTargetValues(dc_ev_target_voltage_v=400.0, dc_ev_target_current_a=-2.0)
        ),
    ]


def test_completion_is_published_when_it_changes(turn):
    car.dc_complete(turn, complete=False, bulk_complete=None)
    car.dc_complete(turn, complete=False, bulk_complete=True)
    car.dc_complete(turn, complete=True, bulk_complete=True)
    car.dc_complete(turn, complete=True, bulk_complete=None)

    assert published(turn) == [
        charger.DcChargingComplete(complete=False),
        charger.DcBulkChargingComplete(complete=True),
        charger.DcChargingComplete(complete=True),
    ]


@pytest.mark.parametrize(("full_s", "bulk_s", "count"), [(60.0, 30.0, 1), (-1.0, None, 0), (None, -1.0, 0)])
def test_remaining_times_are_moments_to_come(turn, full_s, bulk_s, count):
    car.dc_remaining(turn, full_s=full_s, bulk_s=bulk_s)

    found = published(turn)
    assert len(found) == count
    if found:
        assert found[0].remaining_time.ev_remaining_time_to_full_soc == NOW + timedelta(seconds=60)


def test_what_a_car_does_not_say_stays_unsaid():
    assert car.number(None) is None
    assert car.number(din.PhysicalValue(multiplier=1, unit=None, value=23)) == 230


@pytest.mark.parametrize(("conditioning", "said"), [(True, True), (None, None)])
def test_only_din_speaks_of_conditioning(turn, conditioning, said):
    status = din.DcEvStatus(
        ev_ready=True,
        ev_cabin_conditioning=conditioning,
        ev_error_code=din.DcEvErrorCode.NO_ERROR,
        ev_ress_soc_percent=40,
    )
    car.dc_says(turn, status)
    bare = iso2.DcEvStatus(ev_ready=True, ev_error_code=iso2.DcEvErrorCode.NO_ERROR, ev_ress_soc_percent=41)
    car.dc_says(turn, bare)

    first, second = published(turn)
    assert (first.status.dc_ev_cabin_conditioning, second.status.dc_ev_cabin_conditioning) == (said, None)


def test_a_departure_time_of_zero_is_none(turn):
    car.leaves_in(turn, 0)

    assert published(turn) == []


def test_a_departure_time_counts_from_now(turn):
    car.leaves_in(turn, None)
    car.leaves_in(turn, 90)

    assert published(turn) == [charger.DepartureTime(departure_time=NOW + timedelta(seconds=90))]
