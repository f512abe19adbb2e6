"""One phase or three: when a car that may be switched while it charges is (row M15.2). Pure.

Three phases need more power than one at the least current a car can take, so where little power is left one
phase charges and three do not. The change back waits until there has been enough for some time, and a session
sees so many changes at most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from protocols.message import message
from protocols.types.energy import EvseState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NEVER: Final = "Never"
ONE_WAY: Final = "Oneway"
BOTH: Final = "Both"
STICKS_TO_ONE: Final = "SinglePhase"
STICKS_TO_THREE: Final = "ThreePhase"
WITHOUT_SESSION: Final = frozenset({EvseState.UNPLUGGED, EvseState.FINISHED, EvseState.DISABLED})


@message
class Switched:
    """What is remembered of one EVSE for as long as its session lasts."""

    uuid: str
    phases: int
    """What it was granted last."""
    changes: int = 0
    """How often that was another number than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """The parameters `switch_3ph1ph_...`."""

    mode: str = NEVER
    most_changes: int = 0
    """In one session; 0: no limit."""
    afterwards: str = "DontChange"
    power_hysteresis_w: float = 200.0
    time_hysteresis_s: float = 600.0


def switch_settings_of(parameters: Mapping[str, Any]) -> SwitchSettings:
    """From the site file's entry."""
    return SwitchSettings(
        mode=parameters["switch_3ph1ph_while_charging_mode"],
        most_changes=parameters["switch_3ph1ph_max_nr_of_switches_per_session"],
        afterwards=parameters["switch_3ph1ph_switch_limit_stickyness"],
        power_hysteresis_w=parameters["switch_3ph1ph_power_hysteresis_W"],
        time_hysteresis_s=parameters["switch_3ph1ph_time_hysteresis_s"],
    )


class Switches:
    """What is known of every EVSE whose phases may change while it charges."""

    def __init__(self, settings: SwitchSettings) -> None:
        self.settings = settings
        self.known: dict[str, Switched] = {}
        self._one_was_best: dict[str, datetime] = {}
        """When one phase was the better choice last."""

    def choose(
        self, uuid: str, power_w: float, *, three_w: float, few: int, many: int, active: int, now: datetime
    ) -> int:
        """The number of phases for an EVSE that could be given `power_w`. `three_w` is what the `many` phases
        take at least; `few` are the alternative, `active` those it has now.
        """
        known = self.known.get(uuid)
        phases = few if (known.phases if known is not None else active) <= few else many
        best = self._best(power_w, three_w, few=few, many=many, phases=phases, settled=known is None)
        if best == few:
            self._one_was_best[uuid] = now
        if known is None:
            return best
        if self.settings.most_changes and known.changes >= self.settings.most_changes:
            return {STICKS_TO_ONE: few, STICKS_TO_THREE: many}.get(self.settings.afterwards, phases)
        since = self._one_was_best.setdefault(uuid, now)
        if best > phases and (now - since).total_seconds() < self.settings.time_hysteresis_s:
            return phases
        return best

    def _best(
        self, power_w: float, three_w: float, *, few: int, many: int, phases: int, settled: bool
    ) -> int:
        """What would be best, were it free. `settled`: no session would notice."""
        if power_w < three_w:
            return few
        back = self.settings.mode == BOTH or settled
        return many if back and power_w > three_w + self.settings.power_hysteresis_w else phases

    def granted(self, uuid: str, phases: int, state: EvseState | None) -> None:
        """An EVSE is granted so many phases now; without a session nothing is remembered of it."""
        if state is None or state in WITHOUT_SESSION:
            self.forget(uuid)
            return
        known = self.known.get(uuid)
        if known is None:
            self.known[uuid] = Switched(uuid=uuid, phases=phases)
        elif known.phases != phases:
            self.known[uuid] = replace(known, phases=phases, changes=known.changes + 1)

    def forget(self, uuid: str) -> None:
        """Its session is over."""
        self.known.pop(uuid, None)
        self._one_was_best.pop(uuid, None)

    @property
    def record(self) -> tuple[Switched, ...]:
        """All that a successor has to know."""
        return tuple(self.known.values())

    def recover(self, record: tuple[Switched, ...]) -> None:
        """Go on from what a predecessor remembered; how long power has sufficed begins anew."""
        self.known = {each.uuid: each for each in record}
