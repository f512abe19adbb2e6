"""Cable check, pre-charge and the loop of DC, which DIN 70121 and ISO 15118-2 have alike. Pure.

A protocol gives its `Words`; the messages of both have the same fields. Source: ISO 15118-2 8.4.5.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc import car, flow
from actors.v2g.secc.outlet import DcOutlet, must_stop
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.types.iso15118 import NoEnergyPauseMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn

CABLE_CHECK: Final = "cable check"
"""The timer of the cable check."""
CABLE_CHECK_S: Final = 38.0
"""From the first CableCheckReq on: V2G_SECC_CableCheck_Performance_Time (ISO 15118-2 Table 110)."""


class DcPhase(enum.StrEnum):
    """The phases of DC that both protocols have, by the same names."""

    CABLE_CHECK = "CableCheck"
    CHECKED = "Checked"
    PRE_CHARGE = "PreCharge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What differs between the protocols."""

    protocol: Any
    """The module of the messages."""
    outlet: DcOutlet
    kept: Callable[[Turn], Any]
    """What the protocol keeps in the talk: `cable_check`, `pre_charge`, `closed`, `late` among it."""
    keep: Callable[..., None]
    answer: Callable[..., Any]


class DirectCurrent:
    """The handlers for one protocol; holds nothing but its words."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def handle_cable_check(self, request: Any, turn: Turn) -> Any:
        """Have the cable checked, `Ongoing` until it is; in a renegotiation the cable is live and checked.

        Nothing is checked for a car that may not charge: a check puts the cable under voltage.
        """
        words, failed = self._words, self._words.protocol.ResponseCode.FAILED
        car.dc_says(turn, request.dc_ev_status)
        found = turn.station.cable_check
        if not words.kept(turn).cable_check:
            waits = turn.station.no_energy is NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK
            if waits or must_stop(turn) or turn.authorization.verdict is not Verdict.GRANTED:
                return failed
            words.keep(turn, cable_check=True, closed=True)
            turn.tell_station(cable_check=None)
            turn.publish(charger.StartCableCheck())
            turn.start(CABLE_CHECK, CABLE_CHECK_S)
            found = None
        if found is False or words.kept(turn).late == CABLE_CHECK:
            return failed
        turn.change(phase=(DcPhase.CABLE_CHECK if found is None else DcPhase.CHECKED).value)
        if found is None:
            ongoing = words.protocol.EvseProcessing.ONGOING
            return words.answer(request, turn, evse_processing=ongoing)
        turn.cancel(CABLE_CHECK)
        return words.answer(request, turn)

    def handle_pre_charge(self, request: Any, turn: Turn) -> Any:
        """Have the output brought to the car's voltage, and tell how far it is."""
        words = self._words
        car.dc_says(turn, request.dc_ev_status)
        car.dc_target(turn, float(request.ev_target_voltage), float(request.ev_target_current))
        if not words.kept(turn).pre_charge:
            words.keep(turn, pre_charge=True)
            turn.publish(charger.StartPreCharge())
        turn.change(phase=DcPhase.PRE_CHARGE.value)
        return words.answer(request, turn)

    def demanded(self, request: Any, turn: Turn) -> Mapping[str, Any]:
        """Pass on what the car wants in the loop; the fields of the response that say what it may have."""
        car.dc_says(turn, request.dc_ev_status)
        wanted_v, wanted_a = float(request.ev_target_voltage), float(request.ev_target_current)
        flow.begin(turn)
        car.dc_target(turn, wanted_v, wanted_a)
        car.dc_limits(
            turn,
            current_a=car.number(request.ev_maximum_current_limit),
            power_w=car.number(request.ev_maximum_power_limit),
            voltage_v=car.number(request.ev_maximum_voltage_limit),
        )
        car.dc_complete(
            turn, complete=request.charging_complete, bulk_complete=request.bulk_charging_complete
        )
        car.dc_remaining(
            turn,
            full_s=car.number(request.remaining_time_to_full_soc),
            bulk_s=car.number(request.remaining_time_to_bulk_soc),
        )
        return self._words.outlet.limits(turn, wanted_v, wanted_a)
