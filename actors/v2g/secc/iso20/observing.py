"""What charging loops of both kinds of current tell beside their values. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.iso20 import contactors, notices
from actors.v2g.secc.iso20.needs import MAX_ENERGY_WH
from actors.v2g.secc.iso20.numbers import amount, clip, positive
from actors.v2g.secc.iso20.phases import keep, mine
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso20.types import MeterInfo
from protocols.types.iso15118 import DcEvRemainingTime, DisplayParameters

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.iso15118.iso20 import types
    from protocols.iso15118.iso20.types import ChargeLoopReq
    from protocols.types.units import Energy

MAX_METER_ID: Final = 32
_NO_METER_ID: Final = "-"


def observe(request: ChargeLoopReq, turn: Turn) -> None:
    """Publish what the car lets be seen, where it has changed, and whether it wants to see the meter."""
    if request.display_parameters is not None:
        _display(request.display_parameters, turn)
    if request.meter_info_requested is not mine(turn).meter_requested:
        keep(turn, meter_requested=request.meter_info_requested)
        if request.meter_info_requested:
            turn.publish(charger.MeterInfoRequested())


def _display(given: types.DisplayParameters, turn: Turn) -> None:
    shown = DisplayParameters(
        present_soc_percent=given.present_soc_percent,
        minimum_soc_percent=given.minimum_soc_percent,
        target_soc_percent=given.target_soc_percent,
        maximum_soc_percent=given.maximum_soc_percent,
        remaining_time_to_minimum_soc_s=given.remaining_time_to_minimum_soc_s,
        remaining_time_to_target_soc_s=given.remaining_time_to_target_soc_s,
        remaining_time_to_maximum_soc_s=given.remaining_time_to_maximum_soc_s,
        charging_complete=given.charging_complete,
        battery_energy_capacity_wh=positive(amount(given.battery_energy_capacity)),
        inlet_hot=given.inlet_hot,
    )
    before = mine(turn).display
    if shown == before:
        return
    keep(turn, display=shown)
    turn.publish(charger.DisplayParameters(parameters=shown))
    if not contactors.is_ac(turn):
        _dc_display(shown, before or DisplayParameters(), turn)


def _dc_display(shown: DisplayParameters, before: DisplayParameters, turn: Turn) -> None:
    """The variables of the older protocols that say the same."""
    capacity_wh = shown.battery_energy_capacity_wh
    if capacity_wh is not None and capacity_wh != before.battery_energy_capacity_wh:
        turn.publish(charger.DcEvEnergyCapacity(capacity_wh=clip(capacity_wh, 0.0, MAX_ENERGY_WH)))
    if shown.charging_complete is not None and shown.charging_complete is not before.charging_complete:
        turn.publish(charger.DcChargingComplete(complete=shown.charging_complete))
    remaining_s = shown.remaining_time_to_maximum_soc_s
    if remaining_s is not None and remaining_s != before.remaining_time_to_maximum_soc_s:
        full = turn.now + timedelta(seconds=remaining_s)
        turn.publish(
            charger.DcEvRemainingTime(remaining_time=DcEvRemainingTime(ev_remaining_time_to_full_soc=full))
        )


def meter(request: ChargeLoopReq, turn: Turn) -> MeterInfo | None:
    """The newest reading, if the car asks for it or has to sign it."""
    reading = turn.station.meter
    if reading is None or not (request.meter_info_requested or notices.receipt_due(turn)):
        return None
    charged_wh = _register(reading.energy_wh_import)
    keep(turn, metered_wh=charged_wh)
    given_back = reading.energy_wh_export
    return MeterInfo(
        meter_id=(reading.meter_id or _NO_METER_ID)[:MAX_METER_ID],
        charged_energy_reading_wh=charged_wh,
        bpt_discharged_energy_reading_wh=_register(given_back) if given_back is not None else None,
        meter_timestamp=max(UnixTime.of(reading.timestamp), UnixTime(0)),
    )


def _register(energy: Energy) -> int:
    return min(max(int(energy.total_wh), 0), 2**63 - 1)
