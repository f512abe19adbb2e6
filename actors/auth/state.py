"""Everything authorization knows, what of it is durable, and what has changed. Pure.

A `State` is immutable; handlers replace it through a `Turn`. What stands in `entries` is durable; what a
successor learns anew (`EvseCondition`, the errand in hand) is in `Live` and is not.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from actors.auth.entries import Booking, Change, Everything, Evse, Request, Said, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.evse.messages import EvseCondition


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the site file says and no command changes (M1.1, M1.4 to M1.6)."""

    selection_algorithm: str = "FindFirst"
    prioritize_authorization: bool = True
    ignore_connector_faults: bool = False
    plug_in_timeout_enabled: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What is known of an EVSE's manager in this life alone."""

    condition: EvseCondition | None = None
    asked: int | None = None
    """The errand that its manager has been asked for and has not answered."""
    doubtful: int | None = None
    """The errand that may have been carried out or not."""
    paused: bool = False
    """Nobody was there for the last errand, which was not carried out; it is tried again later."""
    probing: bool = False
    """Its manager was asked for a sign of life that comes behind everything it has said."""
    failures: int = 0
    """How often in a row its manager was not there for an errand."""


NOTHING: Final = Live()
AWAY: Final = 10
"""After so many failures an EVSE is granted to nobody until its manager is back."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All of it."""

    rules: Rules
    settings: Settings
    evses: Mapping[int, Evse] = dataclasses.field(default_factory=dict)
    requests: Mapping[int, Request] = dataclasses.field(default_factory=dict)
    bookings: Mapping[int, Booking] = dataclasses.field(default_factory=dict)
    """By reservation id."""
    outbox: tuple[Said, ...] = ()
    numbered: int = 0
    live: Mapping[int, Live] = dataclasses.field(default_factory=dict)
    replies: Mapping[int, int] = dataclasses.field(default_factory=dict)
    """By reservation id: the command to be answered once its EVSE has answered; not durable."""


def difference(before: State, after: State) -> Change | None:
    """What is to be written down to get from one to the other; None: nothing durable has changed."""
    change = Change(
        evses=_new(before.evses, after.evses),
        requests=_new(before.requests, after.requests),
        ended=_gone(before.requests, after.requests),
        bookings=_new(before.bookings, after.bookings),
        unbooked=_gone(before.bookings, after.bookings),
        settings=None if after.settings == before.settings else after.settings,
        outbox=None if after.outbox == before.outbox else after.outbox,
        numbered=None if after.numbered == before.numbered else after.numbered,
    )
    return None if change == Change() else change


def _new(before: Mapping[int, Any], after: Mapping[int, Any]) -> tuple[Any, ...]:
    return tuple(entry for key, entry in after.items() if before.get(key) != entry)


def _gone(before: Mapping[int, Any], after: Mapping[int, Any]) -> tuple[int, ...]:
    return tuple(key for key in before if key not in after)


def applied(state: State, change: Change) -> State:
    """The state after a record of the journal."""
    return dataclasses.replace(
        state,
        evses={**state.evses, **{each.evse_id: each for each in change.evses}},
        requests=_without(
            {**state.requests, **{each.number: each for each in change.requests}}, change.ended
        ),
        bookings=_without(
            {**state.bookings, **{each.reservation.reservation_id: each for each in change.bookings}},
            change.unbooked,
        ),
        settings=change.settings or state.settings,
        outbox=state.outbox if change.outbox is None else change.outbox,
        numbered=state.numbered if change.numbered is None else change.numbered,
    )


def _without(entries: dict[int, Any], keys: Iterable[int]) -> dict[int, Any]:
    for key in keys:
        entries.pop(key, None)
    return entries


def everything(state: State) -> Everything:
    """The snapshot of a state."""
    return Everything(
        evses=tuple(state.evses.values()),
        requests=tuple(state.requests.values()),
        bookings=tuple(state.bookings.values()),
        settings=state.settings,
        outbox=state.outbox,
        numbered=state.numbered,
    )


def restored(fresh: State, snapshot: Everything) -> State:
    """A fresh state with what a snapshot tells."""
    return dataclasses.replace(
        fresh,
        evses={each.evse_id: each for each in snapshot.evses},
        requests={each.number: each for each in snapshot.requests},
        bookings={each.reservation.reservation_id: each for each in snapshot.bookings},
        settings=snapshot.settings,
        outbox=snapshot.outbox,
        numbered=snapshot.numbered,
    )


def configured(state: State, fresh: State) -> State:
    """A recovered state under today's site file, which `fresh` is made of.

    A value that the file has changed replaces what a command has set; EVSEs it has no more are forgotten.
    """
    settings, file = state.settings, fresh.settings
    if settings.configured_connection_timeout_s != file.configured_connection_timeout_s:
        timeout_s = file.connection_timeout_s
        settings = dataclasses.replace(
            settings, connection_timeout_s=timeout_s, configured_connection_timeout_s=timeout_s
        )
    if settings.configured_master_pass_group_id != file.configured_master_pass_group_id:
        group = file.master_pass_group_id
        settings = dataclasses.replace(
            settings, master_pass_group_id=group, configured_master_pass_group_id=group
        )
    evses = {each: state.evses.get(each, entry) for each, entry in fresh.evses.items()}
    return dataclasses.replace(state, settings=settings, evses=evses)


def initial(
    rules: Rules, connection_timeout_s: int, master_pass_group_id: str, evses: Iterable[int]
) -> State:
    """What is known before anything has happened."""
    return State(
        rules=rules,
        settings=Settings(
            connection_timeout_s=connection_timeout_s,
            master_pass_group_id=master_pass_group_id,
            configured_connection_timeout_s=connection_timeout_s,
            configured_master_pass_group_id=master_pass_group_id,
        ),
        evses={each: Evse(evse_id=each) for each in evses},
    )
