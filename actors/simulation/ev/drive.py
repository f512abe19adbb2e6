"""What a car knows and does while its script runs, whatever the protocol: wishes, limits, energy. Pure.

The requests of each protocol are made from it; what the station answers is put into it.
"""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev.battery import UJ_PER_WH
from actors.simulation.ev.exchange import Pilot
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Charge, Pause, Pay, Plug, Renegotiate, Resume, Unplug
from actors.simulation.ev.wallet import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from actors.simulation.ev.exchange import Tls
    from actors.simulation.ev.script import Script
    from actors.simulation.ev.wallet import Credential

_MS: Final = timedelta(milliseconds=1)
_ZERO: Final = Decimal()


class Wish(enum.Enum):
    """What the car wants next, asked in the charging loop."""

    CHARGE = "charge"
    RENEGOTIATE = "renegotiate"
    PAUSE = "pause"
    STOP = "stop"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The power limit that the car has chosen to keep to."""

    schedule_id: int
    entries: tuple[tuple[int, Decimal], ...]
    """Seconds after `began`, watts from then on."""
    began: datetime

    def power_w(self, now: datetime) -> Decimal:
        """The limit now; the last entry holds on."""
        elapsed_s = (now - self.began).total_seconds()
        limit = self.entries[0][1]
        for start_s, power_w in self.entries:
            if start_s <= elapsed_s:
                limit = power_w
        return limit


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StationLimits:
    """What the station gives; None where it has not said."""

    power_w: Decimal | None = None
    current_a: Decimal | None = None
    voltage_v: Decimal | None = None
    discharge_w: Decimal | None = None


class Drive:
    """One car, from plugging in to unplugging. `random(n)` gives n unpredictable bytes."""

    def __init__(self, script: Script, wallet: Wallet | None, random: Callable[[int], bytes]) -> None:
        self.script, self.car = script, script.car
        self.wallet = wallet or Wallet()
        self.random = random
        self.battery = script.car.battery.build()
        self._first_uj = self.battery.stored_uj
        self.now = datetime.min.replace(tzinfo=UTC)
        self.tls: Tls | None = None
        self.pilot = Pilot.UNPLUGGED
        self.session_id = b""
        """Of the session at hand, or of the one that is paused."""
        self.paused = False
        """Whether the session that is ending, or has ended, is to be joined again."""
        self.evse_id = ""
        self.payment = Pay.EIM
        self.contract: Credential | None = None
        """The contract of the protocol's edition; one that was installed on the way counts."""
        self.challenge = b""
        self.schedule: Schedule | None = None
        self.station = StationLimits()
        self.stopping = False
        """Energy shall flow no more: the car, or the station, wants to end."""
        self.notes: dict[str, Any] = {}
        """What a protocol keeps between two messages; emptied at each connection."""
        self.agreed: dict[str, Any] = {}
        """What holds for a session of -20 over its pauses; becomes notes when it is joined."""
        self.suspended = False
        """The car takes no energy for now, whatever it could."""
        self._orders: list[Wish] = []
        self._steps: Sequence[object] = [step.what for step in script.steps]
        self._step = 0
        self._step_began_uj = self.battery.stored_uj
        self._step_ms = 0
        self._limit_w: int | None = None
        self._power_w = _ZERO
        self._charging = False
        self._flow_at = self.now
        self.measured = False

    # Time and energy

    def at(self, now: datetime) -> None:
        """Let time pass: what flows goes into the battery."""
        self.now = now
        elapsed_ms = (now - self._flow_at) // _MS if self._charging else 0
        if elapsed_ms > 0:
            lapsed_ms = elapsed_ms * self.car.time_lapse
            self.battery = self.battery.after(self._power_w, lapsed_ms)
            self._step_ms += lapsed_ms
            self._flow_at += elapsed_ms * _MS

    def flow(self, power_w: Decimal) -> None:
        """From now on this power flows into the battery, negative out of it; 0 is charging too."""
        if not self._charging:
            self._flow_at = self.now
        self._power_w, self._charging = power_w, True

    def rest(self) -> None:
        """No more energy flows, and the time of charging stands still."""
        self._power_w, self._charging = _ZERO, False

    @property
    def flowing_w(self) -> Decimal:
        """The power that flows now."""
        return self._power_w

    @property
    def taken_wh(self) -> int:
        """The energy into the battery since the script began, whole watt hours."""
        return int(Decimal(self.battery.stored_uj - self._first_uj) / UJ_PER_WH)

    @property
    def soc_percent(self) -> int:
        """The state of charge as the messages carry it."""
        return int(self.battery.soc_percent)

    @property
    def discharging(self) -> bool:
        """Whether the script wants energy to flow back."""
        step = self._current()
        return isinstance(step, Charge) and step.discharge_to_soc_percent is not None

    @property
    def target_soc_percent(self) -> Decimal:
        """Up to where the car means to charge."""
        step = self._current()
        wanted = step.to_soc_percent if isinstance(step, Charge) else None
        return Decimal(100) if wanted is None else wanted

    @property
    def wanted_wh(self) -> Decimal:
        """The energy it still wants."""
        step = self._current()
        if isinstance(step, Charge) and step.energy_wh is not None:
            return max(_ZERO, step.energy_wh - Decimal(self._moved_uj()) / UJ_PER_WH)
        return self.battery.missing_wh(self.target_soc_percent)

    def charge_power_w(self, own_limit_w: Decimal | int) -> Decimal:
        """The power the car may and can take now, given the limit of its own charger or inlet."""
        if self.suspended:
            return _ZERO
        limits = [self.battery.takes_w, Decimal(own_limit_w), self.station.power_w, self._limit_w]
        if self.schedule is not None:
            limits.append(self.schedule.power_w(self.now))
        return max(_ZERO, min(Decimal(one) for one in limits if one is not None))

    def discharge_power_w(self, own_limit_w: Decimal | int) -> Decimal:
        """The same for giving energy back; a positive number."""
        limits = [self.battery.gives_w, Decimal(own_limit_w), self.station.discharge_w]
        return max(_ZERO, min(one for one in limits if one is not None))

    # The script

    def wish(self) -> Wish:
        """What the car wants now; steps that are done are passed by."""
        if self._orders:
            return self._orders[0]
        if self.stopping:
            return Wish.STOP
        while True:
            step = self._current()
            if not isinstance(step, Charge):
                break
            if not self._reached(step):
                return Wish.CHARGE
            self._next_step()
        if isinstance(step, Renegotiate):
            return Wish.RENEGOTIATE
        return Wish.PAUSE if isinstance(step, Pause) else Wish.STOP

    @property
    def undone(self) -> tuple[str, ...]:
        """The steps that have never been carried out; none are missed where somebody has ordered the end."""
        if Wish.STOP in self._orders:
            return ()
        left = list(self._steps[self._step :])
        if left and isinstance(left[0], Charge) and self._reached(left[0]):
            left.pop(0)
        return tuple(type(step).__name__.lower() for step in left if not isinstance(step, Unplug))

    def order(self, wish: Wish) -> None:
        """Somebody wants something of the car; it goes before the script."""
        self._orders.append(wish)

    def renegotiated(self) -> None:
        """The wish to renegotiate is being carried out."""
        step = self._current()
        if self._orders:
            self._orders.pop(0)
        elif isinstance(step, Renegotiate):
            self._limit_w = step.max_power_w
            self._next_step()

    def begin(self) -> Plug | None:
        """The car is about to be plugged in: the step that says so, passed by."""
        step = self._current()
        if not isinstance(step, Plug):
            return None
        self._next_step()
        return step

    def pausing(self) -> Decimal | None:
        """The session has been paused: for how many seconds, or None if it is never resumed."""
        step = self._current()
        seconds = Decimal(1)
        if self._orders:
            self._orders.pop(0)
        elif isinstance(step, Pause):
            seconds = step.seconds
            self._next_step()
        following = self._current()
        if isinstance(following, Resume):
            self._next_step()
            return seconds
        return None if following is None or isinstance(following, Unplug) else seconds

    def _current(self) -> object | None:
        return self._steps[self._step] if self._step < len(self._steps) else None

    def _next_step(self) -> None:
        self._step += 1
        self._step_began_uj, self._step_ms = self.battery.stored_uj, 0

    def _moved_uj(self) -> int:
        return abs(self.battery.stored_uj - self._step_began_uj)

    def _reached(self, step: Charge) -> bool:
        soc = self.battery.soc_percent
        down = step.discharge_to_soc_percent
        if down is not None:
            return soc <= down or not self.battery.gives_w
        ends = (
            soc >= self.target_soc_percent,
            step.energy_wh is not None and self._moved_uj() >= step.energy_wh * UJ_PER_WH,
            step.minutes is not None and self._step_ms >= step.minutes * 60_000,
            not self.battery.takes_w,
        )
        return any(ends)

    # What all protocols check alike

    def connected(self, tls: Tls | None) -> None:
        """A new connection: what was said on the last one counts no more."""
        self.tls = tls
        self.notes.clear()
        self.schedule = None
        self.challenge = b""
        self.stopping = False
        self.station = StationLimits()

    def joined(self, session_id: bytes, *, old: bool) -> None:
        """The station has opened a session, or joined the one that was paused. TalkError SESSION_ID."""
        if not 0 < len(session_id) <= 8 or not any(session_id):  # noqa: PLR2004  # bytes of a session id
            raise TalkError(Reason.SESSION_ID, f"no session id: {session_id.hex()}")
        if old and session_id != self.session_id:
            raise TalkError(Reason.SESSION_ID, "an old session that is not ours was joined")
        self.session_id = session_id
        self.paused = False

    def see_evse_id(self, evse_id: str) -> None:
        """The station names its outlet: always the same one. TalkError EVSE_ID."""
        if self.evse_id and evse_id != self.evse_id:
            raise TalkError(Reason.EVSE_ID, f"{evse_id!r} instead of {self.evse_id!r}"[:100])
        self.evse_id = evse_id

    def see_limits(
        self,
        *,
        power_w: Decimal | None = None,
        current_a: Decimal | None = None,
        voltage_v: Decimal | None = None,
        discharge_w: Decimal | None = None,
    ) -> None:
        """The station says what it gives; what is None stays as it was. TalkError LIMITS below zero."""
        given = {
            "power_w": power_w,
            "current_a": current_a,
            "voltage_v": voltage_v,
            "discharge_w": discharge_w,
        }
        said = {name: value for name, value in given.items() if value is not None}
        for name, value in said.items():
            if value < 0:
                raise TalkError(Reason.LIMITS, f"{name} {value}")
        self.station = dataclasses.replace(self.station, **said)

    def choose_payment(self, *, contract: bool, eim: bool, holds: Credential | None) -> None:
        """Choose among what is offered. TalkError PAYMENT."""
        can_get = self.car.install.value != "never"
        wanted = self.car.pay
        if wanted is None:
            wanted = Pay.CONTRACT if contract and self.tls and (holds or can_get) else Pay.EIM
        if wanted is Pay.CONTRACT and not (holds or can_get):
            raise TalkError(Reason.PAYMENT, "the car has no contract")
        if not (contract if wanted is Pay.CONTRACT else eim):
            raise TalkError(Reason.PAYMENT, f"{wanted} is not offered")
        self.payment = wanted
        self.contract = holds
