"""What the request of the trunk says of the whole tree at one moment: who wants what, and what is in its way
(rows M15.1 to M15.3). Pure.

Both sides of a node count: its leaves side limits what its children take together, its root side what that
makes of it behind the losses of the node. A power that a DC EVSE takes makes a current in the fuses above it,
a current of an AC EVSE a power; every current is taken to flow in all phases at once.

Whatever a request says, what comes of it can be reckoned with: what has no phase has nothing, nothing is less
than nothing, and no number is so large that others are lost beside it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from actors.energy.schedule import Plan, lower, lowest
from actors.energy.sharing import NOTHING, Cap, Claim, Key, Quantity, Wish
from actors.energy.switching import NEVER, WITHOUT_SESSION
from protocols.types.energy import EvseState, LimitsReq, NodeType, NumberWithSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from actors.energy.schedule import E
    from actors.energy.switching import Switches
    from protocols.types.energy import EnergyFlowRequest, ScheduleReqEntry, SetpointType

PHASES: Final = 3
"""Where nobody says how many there are, and the most there can be."""
MOST: Final = 1e9
"""No limit counts for more, in ampere or watt: sums stay exact to less than a slice."""
FAINT: Final = 1e-9
"""No efficiency counts for less."""
HEAVY: Final = 1e18
"""No weight counts for more; nothing worth a slice passes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How a tree is measured."""

    voltage_v: float = 230.0
    """Between phase and neutral."""
    slice_a: float = 0.5
    slice_w: float = 500.0


class Step(NamedTuple):
    """A node on the way from a leaf to the root."""

    node: str
    """Its place, as in `Key`."""
    weight: float
    """What the leaf's root side makes of itself below this node: more than 1 where energy is lost between."""
    phases: int
    """How many there are at most, here and further up."""


class Side(NamedTuple):
    """What a node lets through in one direction, towards its children."""

    current: NumberWithSource | None
    power: NumberWithSource | None
    phases: int
    efficiency: float
    least_a: float
    few: int
    """The least number of phases."""


class Leaf(NamedTuple):
    """An EVSE and the way to it."""

    request: EnergyFlowRequest
    way: tuple[Step, ...]
    """From the root on."""


def leaves(request: EnergyFlowRequest) -> Iterator[EnergyFlowRequest]:
    """The EVSEs of a tree, in its order."""
    if request.node_type is NodeType.EVSE:
        yield request
    for child in request.children:
        yield from leaves(child)


def schedules(request: EnergyFlowRequest) -> Iterator[tuple[ScheduleReqEntry, ...]]:
    """Every schedule of limits in a tree."""
    yield from (request.schedule_import, request.schedule_export)
    for child in request.children:
        yield from schedules(child)


class Sides:
    """The sides of every node of one request. What is found out once holds for each moment at which the same
    entries do.
    """

    def __init__(self) -> None:
        self._plans: dict[int, Plan[Any]] = {}
        self._known: dict[tuple[int, bool, int, int], tuple[object, Side]] = {}

    def at(self, schedule: Sequence[E], moment: datetime) -> E | None:
        """The entry that holds at a moment."""
        plan = self._plans.get(id(schedule))
        if plan is None:
            plan = self._plans[id(schedule)] = Plan(schedule)
        return plan.at(moment)

    def side(self, node: EnergyFlowRequest, moment: datetime, *, export: bool = False) -> Side:
        """What a node lets through then; nothing in a direction for which an EVSE says nothing."""
        entry = self.at(node.schedule_export if export else node.schedule_import, moment)
        point = self.at(node.schedule_setpoints, moment)
        key = (id(node), export, id(entry), id(point))
        if key not in self._known:  # the node is kept beside, so that its id remains its own
            found = _limited(node, entry)
            setpoint = None if point is None else point.setpoint
            self._known[key] = node, found if setpoint is None else _set(node, found, setpoint, export=export)
        return self._known[key][1]


class Tree:
    """A tree as it is at one moment. `sides` is what other moments of the same request have found out."""

    def __init__(
        self, root: EnergyFlowRequest, moment: datetime, measure: Measure, sides: Sides | None = None
    ) -> None:
        self._moment, self._measure, self._sides = moment, measure, sides or Sides()
        self.caps: dict[Key, Cap] = {}
        self._found: dict[str, Leaf] = {}
        self._enter(root, _called(root.uuid), ())
        self.leaves = tuple(self._found.values())

    def _enter(self, node: EnergyFlowRequest, place: str, way: tuple[Step, ...]) -> None:
        if node.node_type is NodeType.EVSE:
            known = self._found.get(node.uuid)
            self._found[node.uuid] = Leaf(node, way if known is None else _both(known.way, way))
            return
        side = self._sides.side(node, self._moment)
        for export in (False, True):
            found = self._sides.side(node, self._moment, export=export)
            caps = {Quantity.CURRENT_A: found.current, Quantity.POWER_W: found.power}
            self.caps |= {
                Key(place, quantity, export): Cap(limit.value, limit.source)
                for quantity, limit in caps.items()
                if limit is not None
            }
        above = tuple(each._replace(weight=min(HEAVY, each.weight / side.efficiency)) for each in way)
        phases = min(side.phases, way[-1].phases) if way else side.phases
        here, twins = (*above, Step(place, 1.0, phases)), Counter[str]()
        for child in node.children:
            twins[child.uuid] += 1
            self._enter(child, f"{place}/{_called(child.uuid, twins[child.uuid])}", here)

    def tightens(self, before: Tree) -> bool:
        """Whether less may pass than before: through a node, or on the way to an EVSE."""
        for key, cap in self.caps.items():
            if key not in before.caps or cap.amount < before.caps[key].amount - NOTHING:
                return True
        known = {(leaf.request.uuid, step.node): step for leaf in before.leaves for step in leaf.way}
        for leaf in self.leaves:
            for step in leaf.way:
                old = known.get((leaf.request.uuid, step.node), step)
                if step.weight > old.weight or step.phases < old.phases:
                    return True
        return False

    # -- wishes --------------------------------------------------------------------------------------------

    def wishes(self, switches: Switches | None = None) -> list[Wish]:
        """What the EVSEs want to take. `switches` decides on the number of phases where it may change."""
        return [self._wish(leaf, switches) for leaf in self.leaves]

    def exports(self) -> list[Wish]:
        """What the EVSEs can give back."""
        return [self._wish(leaf, None, export=True) for leaf in self.leaves]

    def _wish(self, leaf: Leaf, switches: Switches | None, *, export: bool = False) -> Wish:
        request = leaf.request
        side = self._sides.side(request, self._moment, export=export)
        many = min([side.phases, *(step.phases for step in leaf.way)])
        ac = side.current is not None
        counts = {many}
        choose = _always(many)
        limits = self._sides.at(request.schedule_import, self._moment)
        can = limits is not None and limits.limits_to_root.ac_supports_changing_phases_during_charging
        if switches is not None and ac and can and switches.settings.mode != NEVER and side.few < many:
            counts.add(side.few)
            choose = self._chooser(leaf, side, many, switches)
        claims = {count: self._claim(leaf, side, count, export=export) for count in counts}
        return Wish(rank=rank(request.evse_state), claims=claims, choose=choose)

    def _chooser(self, leaf: Leaf, side: Side, many: int, switches: Switches) -> Callable[[float], int]:
        entry = self._sides.at(leaf.request.schedule_import, self._moment)
        active = entry.limits_to_root.ac_number_of_active_phases if entry is not None else None
        own_w = side.power.value if side.power is not None else float("inf")
        three_w = side.least_a * many * self._measure.voltage_v
        return lambda power_w: switches.choose(
            leaf.request.uuid,
            min(power_w, own_w),
            three_w=three_w,
            few=side.few,
            many=many,
            active=active or many,
            now=self._moment,
        )

    def _claim(self, leaf: Leaf, side: Side, phases: int, *, export: bool) -> Claim:
        volt = self._measure.voltage_v
        if side.current is not None:
            unit_w = phases * volt
            most, source = side.current.value, side.current.source
            if side.power is not None and side.power.value / unit_w < most:
                most, source = side.power.value / unit_w, side.power.source
            piece, least = self._measure.slice_a, side.least_a
        else:
            unit_w, piece, least = 1.0, self._measure.slice_w, 0.0
            most = side.power.value if side.power is not None else 0.0
            source = side.power.source if side.power is not None else leaf.request.uuid
        return Claim(
            uuid=leaf.request.uuid,
            most=max(0.0, most),
            source=source,
            least=least,
            slice=piece,
            draws=tuple(self._draws(leaf, phases, unit_w, export=export)),
            ac=side.current is not None,
            phases=phases,
            unit_w=unit_w,
        )

    def _draws(self, leaf: Leaf, phases: int, unit_w: float, *, export: bool) -> Iterator[tuple[Key, float]]:
        """What one ampere or watt of a leaf takes from each cap on its way."""
        for step in leaf.way:
            current_a = unit_w / (min(phases, step.phases) * self._measure.voltage_v)
            loads = {Quantity.CURRENT_A: current_a, Quantity.POWER_W: unit_w}
            for quantity, load in loads.items():
                if (key := Key(step.node, quantity, export)) in self.caps:
                    yield key, step.weight * load


def _called(uuid: str, which: int = 1) -> str:
    """What a node is called among its siblings, of which programs from outside may call several alike."""
    return quote(uuid, safe="") if which == 1 else f"{quote(uuid, safe='')}#{which}"


def _limited(node: EnergyFlowRequest, entry: ScheduleReqEntry | None) -> Side:
    """What an entry of a node's schedule lets through."""
    if entry is None:
        evse = node.node_type is NodeType.EVSE
        power = NumberWithSource(value=0.0, source=node.uuid) if evse else None
        return Side(None, power, PHASES, 1.0, 0.0, 1)
    root, below = entry.limits_to_root, entry.limits_to_leaves
    efficiency = 1.0 if entry.conversion_efficiency is None else entry.conversion_efficiency
    efficiency = min(1.0, max(FAINT, efficiency))
    if node.node_type is NodeType.EVSE:  # it is granted what its root side may take
        merged = lowest(root, _scaled(below, 1.0 / efficiency))
    else:
        merged = lowest(_scaled(root, efficiency), below)
    most, least, few = merged.ac_max_phase_count, merged.ac_min_current_a, merged.ac_min_phase_count
    found = Side(
        _counted(merged.ac_max_current_a),
        _counted(merged.total_power_w),
        min(PHASES, most.value) if most else PHASES,
        efficiency,
        max(0.0, least.value) if least else 0.0,
        max(1, few.value) if few else 1,
    )
    return _closed(node, found, most.source) if most is not None and most.value < 1 else found


def _set(node: EnergyFlowRequest, side: Side, point: SetpointType, *, export: bool) -> Side:
    """A set point lets its direction have that much at most, and the other one nothing."""
    ac = side.current is not None or node.node_type is not NodeType.EVSE
    current = _bound(point.ac_current_a, point, export=export) if ac else None
    power = _bound(point.total_power_w, point, export=export)
    return side._replace(current=lower(side.current, current), power=lower(side.power, power))


def _counted(limit: NumberWithSource | None) -> NumberWithSource | None:
    """A limit as it is reckoned with."""
    return None if limit is None else replace(limit, value=min(MOST, max(0.0, limit.value)))


def _closed(node: EnergyFlowRequest, side: Side, source: str) -> Side:
    """A side without a phase: nothing passes. It has one all the same, for whoever divides by them."""
    nothing = NumberWithSource(value=0.0, source=source)
    ac = side.current is not None or node.node_type is not NodeType.EVSE
    return side._replace(current=nothing if ac else None, power=nothing, phases=1)


def rank(state: EvseState | None) -> int:
    """Who keeps its minimum where not everybody's can be served: who charges, then who has a car."""
    if state is EvseState.CHARGING:
        return 0
    return 2 if state in WITHOUT_SESSION else 1


def _always(phases: int) -> Callable[[float], int]:
    """Where there is nothing to choose."""
    return lambda _power_w: phases


def _both(one: tuple[Step, ...], other: tuple[Step, ...]) -> tuple[Step, ...]:
    """The ways to an EVSE that stands in the tree twice: it may be fed through either."""
    steps = {step.node: step for step in one}
    for step in other:
        known = steps.get(step.node, step)
        steps[step.node] = Step(step.node, max(step.weight, known.weight), min(step.phases, known.phases))
    return tuple(steps.values())


def _scaled(limits: LimitsReq, factor: float) -> LimitsReq:
    """What limits on one side of a node are worth on its other side."""
    current, power = limits.ac_max_current_a, limits.total_power_w
    return replace(
        limits,
        ac_max_current_a=None if current is None else replace(current, value=current.value * factor),
        total_power_w=None if power is None else replace(power, value=power.value * factor),
    )


def _bound(value: float | None, point: SetpointType, *, export: bool) -> NumberWithSource | None:
    """What a set point leaves to one direction."""
    if value is None:
        return None
    return _counted(NumberWithSource(value=-value if export else value, source=point.source))


def unheeded(request: EnergyFlowRequest) -> Mapping[str, str]:
    """What of a tree is asked for in vain, by node: set points by frequency; nobody measures it."""
    found: dict[str, str] = {}
    for entry in request.schedule_setpoints:
        if entry.setpoint is not None and entry.setpoint.frequency_table:
            found[request.uuid] = "frequency_table"
    for child in request.children:
        found.update(unheeded(child))
    return found
