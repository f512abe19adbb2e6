"""The composite schedules of this station: what `compose` makes of its profiles, variables and transactions.

OCPP 2.1 part 2, K08; rows S9.12, S9.14, S10.2, S19.8. Functions of a turn, for those that publish, tell and
hand out; they change nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from actors.ocpp.blocks import charging_profiles
from actors.ocpp.blocks.transaction_entries import online, running
from actors.ocpp.charging_profiles.composite import STATION, Composite, Supply, compose
from actors.ocpp.charging_profiles.profile import Purpose, Unit
from actors.ocpp.charging_profiles.timeline import Window
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target

if TYPE_CHECKING:
    from collections.abc import Collection

    from actors.ocpp.turn import Turn


def composite_of(
    turn: Turn, evse_id: int, unit: Unit, duration_s: int, *, without: Collection[Purpose] = ()
) -> Composite:
    """The composite schedule of an EVSE, or of the station (0), from now on, without some purposes."""
    left_out = {*ignored(turn), *(each.value for each in without)}
    profiles = charging_profiles.understood(turn) if charging_profiles.works(turn) else []
    there = running(turn, evse_id) if evse_id else None
    return compose(
        evse_id,
        [each for each in profiles if each.purpose.value not in left_out],
        Window(turn.now.replace(microsecond=0), duration_s),
        unit,
        _supply(turn, evse_id),
        transaction=None if there is None else (there.transaction_id, there.started_at),
    )


def ignored(turn: Turn) -> tuple[str, ...]:
    """Purposes that do not count while the CSMS cannot be reached."""
    return () if online(turn) else turn.model.read(variables.IGNORED_OFFLINE)


def _supply(turn: Turn, evse_id: int) -> Supply:
    """Values that make no sense are taken for the nearest that do: files of others may allow them."""
    model = turn.model
    phases = (
        model.find(variables.EVSE_SUPPLY_PHASES, evse_id)
        if evse_id
        else model.find(variables.STATION_SUPPLY_PHASES)
    )
    return Supply(
        phases=phases if phases and phases > 0 else None,
        voltage_v=Decimal(max(1, model.read(variables.SUPPLY_VOLTAGE))),
        default_phases=max(1, model.read(variables.DEFAULT_PHASES)),
        default_a=Decimal(max(0, model.read(variables.DEFAULT_LIMIT_A))),
        default_w=Decimal(max(0, model.read(variables.DEFAULT_LIMIT_W))),
    )


def wanted(turn: Turn, evse_id: int) -> Composite:
    """The same as the site file wants it: S9.12, S9.14, S19.8."""
    settings = turn.settings
    unit = Unit(settings.composite_schedule_unit)
    return composite_of(turn, evse_id, unit, settings.composite_schedule_duration_s)


def for_sink(turn: Turn, shown: Composite) -> Composite:
    """What of it goes to the sink of its EVSE: where the station has a sink as well, that alone is told of
    the station's maximum, which energy management shares among the EVSEs (S10.2).
    """
    if shown.evse_id == STATION or not turn.is_connected(Target.ENERGY_SINK, STATION):
        return shown
    maximum = Purpose.charging_station_max_profile
    if all(each.purpose is not maximum for each in charging_profiles.understood(turn)):
        return shown
    return composite_of(
        turn,
        shown.evse_id,
        shown.unit,
        turn.settings.composite_schedule_duration_s,
        without=(maximum,),
    )
