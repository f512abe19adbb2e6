"""A charge point's core with the blocks of smart charging, and a sink for each EVSE and for the station."""

from typing import Any

from ocpp.v21 import call

from actors.ocpp import inputs
from actors.ocpp.blocks import (
    charging_limits,
    charging_profiles,
    charging_schedules,
    evse_conditions,
    metering,
    transactions,
)
from actors.ocpp.inputs import Peer, Target
from protocols.interfaces import ocpp
from protocols.interfaces.external_energy_limits import SetExternalLimits
from protocols.types.ocpp import ChargingSchedule
from tests.support.charging_profiles import typed
from tests.support.ocpp_station import PEERS, Station

BLOCKS = (
    evse_conditions.BLOCK,
    metering.BLOCK,
    transactions.BLOCK,
    charging_profiles.BLOCK,
    charging_schedules.BLOCK,
    charging_limits.BLOCK,
)
SINKS = frozenset(Peer(Target.ENERGY_SINK, number) for number in (0, 1, 2))


def made(*, sinks: frozenset[Peer] = SINKS, **options: Any) -> Station:
    fields = {name: options.pop(name) for name in ("version", "components") if name in options}
    station = Station(blocks=BLOCKS, peers=PEERS | sinks, options=options, **fields)
    station.feed(inputs.Resumed())
    station.connect()
    station.core.live.accepted = True
    station.effects.clear()
    return station


def put(station: Station, *args: Any, evse: int = 1, **fields: Any) -> None:
    answer = station.request(call.SetChargingProfile(typed(*args, **fields), evse))
    assert answer == {"status": "Accepted"}


def published(station: Station) -> list[tuple[ChargingSchedule, ...]]:
    return [each.schedules.schedules for each in station.published(ocpp.ChargingSchedules)]


def limits(schedule: ChargingSchedule) -> list[tuple[int, float]]:
    return [(each.start_period_s, each.limit) for each in schedule.charging_schedule_period]


def handed(station: Station) -> dict[int, list[SetExternalLimits]]:
    """By EVSE: what its sink was given."""
    found: dict[int, list[SetExternalLimits]] = {}
    for each in station.effects:
        if isinstance(each, inputs.Ask) and isinstance(each.command, SetExternalLimits):
            assert each.peer.target is Target.ENERGY_SINK
            found.setdefault(each.peer.number, []).append(each.command)
    return found
