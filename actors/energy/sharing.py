"""How power is shared among those who want it: minimum first, then slice by slice in turn (row M15.2). Pure.

A claim draws on the caps between its leaf and the root, each with a weight of its own: currents add up per
phase, powers by phases and voltage. Nobody is given more than every cap on its way has left, so whatever the
tree, no cap is ever exceeded. Nobody is given more than its minimum before all have been offered their own.

Source: what EVerest's EnergyManager (BrokerFastCharging) does with the same parameters.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOTHING: Final = 1e-6
"""Less is not worth a slice, and is no excess."""


class Quantity(enum.StrEnum):
    """What a cap limits."""

    CURRENT_A = "A"
    """Per phase."""
    POWER_W = "W"


class Key(NamedTuple):
    """Names a cap."""

    node: str
    """Where its node stands, from the root on (`grid/fuse_1`): each of two of one name has its own cap."""
    quantity: Quantity
    export: bool = False


class Cap(NamedTuple):
    """What may pass a node towards its children."""

    amount: float
    source: str
    """Who has set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one leaf wants, in ampere per phase (AC) or watt (DC)."""

    uuid: str
    most: float
    source: str
    """Where `most` comes from."""
    least: float = 0.0
    """Less than that is of no use to it."""
    slice: float
    """How much it is given at a time."""
    draws: tuple[tuple[Key, float], ...] = ()
    """The caps on its way, and what one ampere or watt of it takes from each."""
    ac: bool = False
    """Whether it is for a current."""
    phases: int = 3
    unit_w: float = 1.0
    """The power of one ampere or watt of it."""

    def loads(self, amount: float) -> dict[Key, float]:
        """What it takes from each cap when it is given so much."""
        return {key: weight * amount for key, weight in self.draws}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one leaf wants where it could be served on several numbers of phases."""

    rank: int
    """Who comes first where not everybody's minimum can be served: the lower."""
    claims: Mapping[int, Claim]
    """By number of phases."""
    choose: Callable[[float], int] = field(compare=False)
    """Which of them, given the power that is there, in watt."""

    @property
    def uuid(self) -> str:
        """Whose it is."""
        return next(iter(self.claims.values())).uuid


class Share(NamedTuple):
    """What a leaf is given."""

    claim: Claim
    amount: float
    source: str
    """Who keeps it from having more."""
    back: bool = False
    """It is for energy out of the car."""

    @property
    def loads(self) -> dict[Key, float]:
        """What it takes from each cap."""
        return self.claim.loads(self.amount)


class Pool:
    """What is left below each cap."""

    def __init__(self, caps: Mapping[Key, Cap]) -> None:
        self.caps = caps
        self.left = {key: max(0.0, cap.amount) for key, cap in caps.items()}

    def room(self, claim: Claim) -> tuple[float, str]:
        """How much more a claim could have, and who keeps it from having still more."""
        rooms = [
            (self.left[key] / weight, self.caps[key].source) for key, weight in claim.draws if weight > 0.0
        ]
        return min(rooms, default=(math.inf, claim.source))

    def power_w(self, claim: Claim) -> float:
        """How much power is there for a claim, as far as power is limited at all."""
        rooms = [
            self.left[key] / weight * claim.unit_w
            for key, weight in claim.draws
            if key.quantity is Quantity.POWER_W
        ]
        return min(rooms, default=math.inf)

    def take(self, loads: Mapping[Key, float]) -> None:
        """Have so much taken; caps that are no more do not count."""
        for key, load in loads.items():
            if key in self.left:
                self.left[key] -= load

    def give_back(self, loads: Mapping[Key, float]) -> None:
        """Undo that."""
        self.take({key: -load for key, load in loads.items()})


def share(wishes: Sequence[Wish], caps: Mapping[Key, Cap]) -> list[Share]:
    """What everybody is given, in the order of the wishes."""
    pool = Pool(caps)
    chosen = [_minimum(wish, pool) for wish in sorted(wishes, key=lambda wish: wish.rank)]
    given = {claim.uuid: amount for claim, amount in chosen}
    claims = {claim.uuid: claim for claim, _amount in chosen}
    starved = {uuid for uuid, claim in claims.items() if given[uuid] < claim.least}
    order = [claims[wish.uuid] for wish in wishes]
    _slices([claim for claim in order if claim.uuid not in starved], given, pool)
    return [Share(claim, given[claim.uuid], _reason(claim, given[claim.uuid], pool)) for claim in order]


def _minimum(wish: Wish, pool: Pool) -> tuple[Claim, float]:
    """Choose the number of phases, and give what is needed to begin with: all of it or nothing."""
    widest = wish.claims[max(wish.claims)]
    claim = wish.claims[wish.choose(pool.power_w(widest))]
    fits = claim.least <= min(claim.most, pool.room(claim)[0]) + NOTHING
    amount = claim.least if fits else 0.0
    pool.take(claim.loads(amount))
    return claim, amount


def _slices(claims: Sequence[Claim], given: dict[str, float], pool: Pool) -> None:
    """Give everybody a slice in turn until nobody can have another one."""
    active = list(claims)
    while active:
        rounds = _whole_rounds(active, given, pool)
        for claim in list(active):
            amount = rounds * claim.slice
            if not rounds:
                amount = min(claim.most - given[claim.uuid], claim.slice, pool.room(claim)[0])
            if amount <= NOTHING:
                active.remove(claim)
            else:
                pool.take(claim.loads(amount))
                given[claim.uuid] += amount


def _whole_rounds(claims: Sequence[Claim], given: Mapping[str, float], pool: Pool) -> int:
    """How many times everybody can have a whole slice; so many are given at once."""
    most = min((claim.most - given[claim.uuid]) / claim.slice for claim in claims)
    loads: dict[Key, float] = {}
    for claim in claims:
        for key, load in claim.loads(claim.slice).items():
            loads[key] = loads.get(key, 0.0) + load
    rooms = [pool.left[key] / load for key, load in loads.items() if load > 0.0]
    return max(0, math.floor(min([most, *rooms])))


def _reason(claim: Claim, amount: float, pool: Pool) -> str:
    """Who keeps a claim from having more than that."""
    room, source = pool.room(claim)
    return claim.source if claim.most - amount <= NOTHING or math.isinf(room) else source
