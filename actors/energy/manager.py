"""The core of the energy manager: from the request of the site to a grant for each EVSE (row M15.2). Pure.

A grant holds for ten intervals. Who is granted less has some time to obey before somebody else is granted
what that leaves, and who has disappeared from the tree is taken to draw what it was granted for as long as it
may. So nothing above is overloaded while grants change, either. A limit that falls waits for nobody.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from actors.energy.given import CHANGE_S, SETTLE_S, Given, larger
from actors.energy.node import without_usage
from actors.energy.schedule import changes
from actors.energy.sharing import NOTHING, Cap, Key, Pool, Quantity, Share, share
from actors.energy.switching import NEVER, WITHOUT_SESSION, Switches, SwitchSettings, switch_settings_of
from actors.energy.tree import Measure, Sides, Tree, leaves, schedules, unheeded
from protocols.message import message
from protocols.types.energy import (
    EnergyFlowRequest,
    EnforcedLimits,
    EvseState,
    IntegerWithSource,
    LimitsRes,
    NumberWithSource,
    ScheduleResEntry,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INTERVALS: Final = 10
"""A grant is valid for so many intervals."""
IDLE: Final = WITHOUT_SESSION | {EvseState.WAIT_FOR_AUTH, EvseState.WAIT_FOR_ENERGY}
"""Whatever it was granted, an EVSE draws nothing in these."""
MOST_SLOTS: Final = 100
"""A forecast has so many entries at most."""
SHARES_AT_ONCE: Final = 256
"""So many shares of the forecast are reckoned in one go at most, but those of one moment: an actor that
reckons longer is taken for one that hangs.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The parameters of the module as its core uses them."""

    update_interval_s: float = 1.0
    slot_s: float = 3600.0
    """`schedule_interval_duration`"""
    forecast_s: float = 3600.0
    """`schedule_total_duration`"""
    measure: Measure = field(default_factory=Measure)
    switches: SwitchSettings = field(default_factory=SwitchSettings)

    @property
    def valid_s(self) -> int:
        """So long a grant is valid."""
        return round(INTERVALS * self.update_interval_s)


def settings_of(parameters: Mapping[str, Any]) -> Settings:
    """From the site file's entry."""
    return Settings(
        update_interval_s=parameters["update_interval"],
        slot_s=parameters["schedule_interval_duration"] * 60.0,
        forecast_s=parameters["schedule_total_duration"] * 3600.0,
        measure=Measure(
            voltage_v=parameters["nominal_ac_voltage"],
            slice_a=parameters["slice_ampere"],
            slice_w=parameters["slice_watt"],
        ),
        switches=switch_settings_of(parameters),
    )


@message
class Load:
    """What is taken from one cap."""

    node: str
    quantity: Quantity
    export: bool
    amount: float


@message
class Drawing:
    """What an EVSE may be drawing, for a successor of the manager that has granted it."""

    uuid: str
    loads: tuple[Load, ...]


class Manager:
    """Shares the power of one site."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.switches = Switches(settings.switches)
        self.request: EnergyFlowRequest | None = None
        """What the trunk said last; without it nobody is granted anything."""
        self.drawing: tuple[Drawing, ...] = ()
        """What the EVSEs may be drawing since the last grants; for a successor."""
        self._given: dict[str, Given] = {}
        self._shared: Tree | None = None
        """The tree as it was when it was shared last."""
        self._sides = Sides()
        self._changes: list[datetime] = []
        """When anything in the request's schedules begins to hold."""
        self._forecast: dict[int, list[LimitsRes]] = {}
        """What the EVSEs will have after so many of the changes."""

    def hear(self, request: EnergyFlowRequest, now: datetime) -> bool:
        """The trunk says what the site needs; return whether that is urgent: somebody is in a hurry, or less
        may pass somewhere than when it was shared last.
        """
        request = without_usage(request)
        if request == self.request:
            return False
        first, self.request = self.request is None, request
        self._sides, self._forecast = Sides(), {}
        self._changes = sorted(changes(schedules(request)))
        if first or any(leaf.priority_request for leaf in leaves(request)):
            return True
        tree = Tree(request, now, self.settings.measure, self._sides)
        return self._shared is not None and tree.tightens(self._shared)

    def change_s(self, now: datetime) -> float | None:
        """How long until a schedule of the tree has something else hold; None: nothing will."""
        passed = bisect_right(self._changes, now)
        return (self._changes[passed] - now).total_seconds() if passed < len(self._changes) else None

    @property
    def unheeded(self) -> Mapping[str, str]:
        """What is asked for in vain, by node."""
        return {} if self.request is None else unheeded(self.request)

    def grants(self, now: datetime) -> tuple[EnforcedLimits, ...]:
        """What every EVSE of the tree is granted from now on."""
        if self.request is None:
            return ()
        tree = self._shared = Tree(self.request, now, self.settings.measure, self._sides)
        idle = {leaf.request.uuid for leaf in tree.leaves if leaf.request.evse_state in IDLE}
        self._given = {
            uuid: given for uuid, given in self._given.items() if uuid not in idle and given.loads(now)
        }
        shares = self._eased(_shares(tree, self.switches), tree.caps, now)
        self._remember(shares, tree, now)
        forecast = self._foreseen(now, len(shares))
        begun = _floor(now, self.settings.slot_s)
        return tuple(
            EnforcedLimits(
                uuid=one.claim.uuid,
                valid_for_s=self.settings.valid_s,
                limits_root_side=limits_of(one),
                schedule=(
                    ScheduleResEntry(timestamp=begun, limits_to_root=limits_of(one)),
                    *(
                        ScheduleResEntry(timestamp=moment, limits_to_root=later[index])
                        for moment, later in forecast
                    ),
                ),
            )
            for index, one in enumerate(shares)
        )

    # -- while grants change -------------------------------------------------------------------------------

    def _eased(self, shares: list[Share], caps: Mapping[Key, Cap], now: datetime) -> list[Share]:
        """The same shares, but that nobody is given more before those who are to have less have obeyed."""
        before = {uuid: given.loads(now) for uuid, given in self._given.items()}
        pool = Pool(caps)
        after = {one.claim.uuid: one.loads for one in shares if not _grows(one, before)}
        for uuid in {*before, *after}:
            pool.take(larger(before.get(uuid, {}), after.get(uuid, {})))
        return [self._let_grow(one, before, pool) if _grows(one, before) else one for one in shares]

    def _let_grow(self, one: Share, before: Mapping[str, Mapping[Key, float]], pool: Pool) -> Share:
        """As much of a larger share as there is room for now; at least what its EVSE may be drawing."""
        claim, loads = one.claim, before.get(one.claim.uuid, {})
        pool.give_back(loads)
        room, source = pool.room(claim)
        kept = min((loads.get(key, 0.0) / weight for key, weight in claim.draws if weight > 0.0), default=0.0)
        amount = min(one.amount, max(room, kept))
        if amount < claim.least - NOTHING:
            amount = 0.0
        pool.take(larger(loads, claim.loads(amount)))  # it may grow in one cap and shrink in another
        return one if amount >= one.amount else one._replace(amount=amount, source=source)

    def _remember(self, shares: Iterable[Share], tree: Tree, now: datetime) -> None:
        states = {leaf.request.uuid: leaf.request.evse_state for leaf in tree.leaves}
        until = now + timedelta(seconds=self.settings.valid_s + SETTLE_S)
        for one in shares:
            last = self._given.get(one.claim.uuid, Given(taken={}, until=now, free=now))
            self._given[one.claim.uuid] = last.followed_by(one, until, now)
            if self.settings.switches.mode != NEVER:
                self.switches.granted(one.claim.uuid, one.claim.phases, states[one.claim.uuid])
        self.drawing = tuple(_drawing(uuid, given.loads(now)) for uuid, given in self._given.items())

    def recover(self, drawing: Iterable[Drawing], now: datetime) -> None:
        """Go on from what a predecessor has granted, as if it had done so just now."""
        until = now + timedelta(seconds=self.settings.valid_s + SETTLE_S)
        free = now + 2 * timedelta(seconds=CHANGE_S)  # what was granted just now may have to wait, too
        self._given = {
            each.uuid: Given(
                taken={Key(load.node, load.quantity, load.export): load.amount for load in each.loads},
                until=until,
                free=free,
            )
            for each in drawing
        }

    # -- the forecast --------------------------------------------------------------------------------------

    def _moments(self, now: datetime) -> list[datetime]:
        """When something may change in the time that is forecast: at each step, and where a schedule does."""
        slot, end = timedelta(seconds=self.settings.slot_s), now + timedelta(seconds=self.settings.forecast_s)
        begin = bisect_right(self._changes, now)
        moments = set(self._changes[begin : min(begin + MOST_SLOTS, bisect_left(self._changes, end))])
        moment = _floor(now, self.settings.slot_s) + slot
        while moment < end and len(moments) < MOST_SLOTS:
            moments.add(moment)
            moment += slot
        return sorted(moments)[:MOST_SLOTS]

    def _foreseen(self, now: datetime, evses: int) -> list[tuple[datetime, list[LimitsRes]]]:
        """How it will be shared, if nobody says anything else, as far as that has been reckoned so far: the
        next moments first, the rest when it is asked for again.
        """
        when = [(moment, bisect_right(self._changes, moment)) for moment in self._moments(now)]
        present = {passed for _moment, passed in when}
        self._forecast = {passed: known for passed, known in self._forecast.items() if passed in present}
        more = max(1, SHARES_AT_ONCE // max(1, evses))
        for moment, passed in when:
            if passed not in self._forecast and more:
                self._forecast[passed] = self._at(moment)
                more -= 1
        known = itertools.takewhile(lambda each: each[1] in self._forecast, when)
        return [(moment, self._forecast[passed]) for moment, passed in known]

    def _at(self, moment: datetime) -> list[LimitsRes]:
        """How it will be shared then."""
        assert self.request is not None
        tree = Tree(self.request, moment, self.settings.measure, self._sides)
        return [limits_of(one) for one in _shares(tree, None)]


def _shares(tree: Tree, switches: Switches | None) -> list[Share]:
    """Who takes how much; who can take nothing may give back."""
    taken = share(tree.wishes(switches), tree.caps)
    idle = {one.claim.uuid for one in taken if one.amount <= NOTHING}
    exports = [wish for wish in tree.exports() if wish.uuid in idle]
    back = {one.claim.uuid: one for one in share(exports, tree.caps) if one.amount > NOTHING}
    return [back[one.claim.uuid]._replace(back=True) if one.claim.uuid in back else one for one in taken]


def _grows(one: Share, before: Mapping[str, Mapping[Key, float]]) -> bool:
    """Whether a share takes more from any cap than its EVSE may be drawing already."""
    loads = before.get(one.claim.uuid, {})
    return any(load > loads.get(key, 0.0) + NOTHING for key, load in one.loads.items())


def _drawing(uuid: str, loads: Mapping[Key, float]) -> Drawing:
    found = (
        Load(node=key.node, quantity=key.quantity, export=key.export, amount=amount)
        for key, amount in sorted(loads.items())
        if amount > 0.0
    )
    return Drawing(uuid=uuid, loads=tuple(found))


def _floor(moment: datetime, step_s: float) -> datetime:
    """The last multiple of a step since midnight."""
    return datetime.fromtimestamp(math.floor(moment.timestamp() / step_s) * step_s, UTC)


def limits_of(one: Share) -> LimitsRes:
    """A share as an EVSE is told of it."""
    claim, amount = one.claim, math.floor(one.amount * 1e6 + 1e-3) / 1e6
    if one.back:
        amount = -amount

    def value(number: float) -> NumberWithSource:
        return NumberWithSource(value=number, source=one.source)

    if not claim.ac:
        return LimitsRes(total_power_w=value(amount))
    in_watt = any(key.quantity is Quantity.POWER_W for key, _weight in claim.draws)
    return LimitsRes(
        ac_max_current_a=value(amount),
        ac_max_phase_count=IntegerWithSource(value=claim.phases, source=one.source),
        total_power_w=value(amount * claim.unit_w) if in_watt else None,
    )
