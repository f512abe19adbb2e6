"""Which messages a display keeps, for how long, and which of them may be shown. Pure.

Source: OCPP 2.0.1 part 2, O01-O06; requirement rows S15.3-S15.5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from protocols.types.display_message import (
    DisplayMessageStatusEnum,
    IdentifierType,
    MessagePriorityEnum,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from actors.display.messages import DisplayState, KnownSession
    from protocols.types.display_message import DisplayMessage, GetDisplayMessageRequest

MAX_MESSAGES: Final = 100
"""More are not kept."""
MAX_CONTENT: Final = 1024
"""Characters of a text, and of what a QR code holds; OCPP 2.1 allows so many."""
NORMAL: Final = MessagePriorityEnum.NORMAL_CYCLE
RANKS: Final[Mapping[MessagePriorityEnum, int]] = {
    MessagePriorityEnum.ALWAYS_FRONT: 0,
    MessagePriorityEnum.IN_FRONT: 1,
    MessagePriorityEnum.NORMAL_CYCLE: 2,
}


class Refused(NamedTuple):
    """Why a message is not kept."""

    status: DisplayMessageStatusEnum
    info: str


def put(
    state: DisplayState, new: Iterable[DisplayMessage], *, now: datetime, follows: bool
) -> DisplayState | Refused:
    """The state with these messages, all of them or none.

    One with a known id takes the place of the older; one without an id gets the first that is free. A newer
    one that is always in front takes the place of the older one in that rank and state. `follows`: whether
    we hear of sessions at all; only then can one be unknown.
    """
    kept = {each.id: each for each in state.messages}
    for message in new:
        if (refused := _refusal(state, message, now, follows=follows)) is not None:
            return refused
        number = _free(kept) if message.id is None else message.id
        if message.priority is MessagePriorityEnum.ALWAYS_FRONT:
            place = message.priority, message.state
            kept = {each.id: each for each in kept.values() if (each.priority, each.state) != place}
        kept[number] = replace(message, id=number)
    if len(kept) > MAX_MESSAGES:
        return Refused(DisplayMessageStatusEnum.REJECTED, f"no more than {MAX_MESSAGES} messages are kept")
    return replace(state, messages=tuple(kept.values()))


def _free(kept: Mapping[int | None, DisplayMessage]) -> int:
    return next(number for number in range(1, len(kept) + 2) if number not in kept)


def _refusal(state: DisplayState, message: DisplayMessage, now: datetime, *, follows: bool) -> Refused | None:
    rejected = DisplayMessageStatusEnum.REJECTED
    if len(message.message.content) > MAX_CONTENT or len(message.qr_code or "") > MAX_CONTENT:
        return Refused(rejected, f"a message has no more than {MAX_CONTENT} characters")
    if message.timestamp_to is not None and message.timestamp_to <= now:
        return Refused(rejected, "its time is over")
    known = message.identifier_id is None or any(_tied(message, each) for each in state.sessions)
    if follows and not known:
        return Refused(DisplayMessageStatusEnum.UNKNOWN_TRANSACTION, "nobody charges under that name")
    return None


def _tied(message: DisplayMessage, session: KnownSession) -> bool:
    names = {
        IdentifierType.SESSION_ID: session.session_id,
        IdentifierType.TRANSACTION_ID: session.transaction_id,
        IdentifierType.ID_TOKEN: session.token,
    }
    name = names[message.identifier_type or IdentifierType.SESSION_ID]
    return name is not None and message.identifier_id == name


def taken(state: DisplayState, number: int) -> DisplayState | None:
    """The state without a message, or None when there is none of that number."""
    rest = tuple(each for each in state.messages if each.id != number)
    return None if len(rest) == len(state.messages) else replace(state, messages=rest)


def found(state: DisplayState, wanted: GetDisplayMessageRequest) -> tuple[DisplayMessage, ...]:
    """The messages that pass a filter."""
    return tuple(
        each
        for each in state.messages
        if (wanted.id is None or each.id in wanted.id)
        and (wanted.priority is None or (each.priority or NORMAL) is wanted.priority)
        and (wanted.state is None or each.state is wanted.state)
    )


def joined(state: DisplayState, session: KnownSession) -> DisplayState:
    """The state in which a session is known, or more of it; an earlier one at its EVSE has ended."""
    before = next((each for each in state.sessions if each.evse == session.evse), None)
    if before is not None and before.session_id == session.session_id:
        session = replace(
            session,
            transaction_id=session.transaction_id or before.transaction_id,
            token=session.token or before.token,
        )
        return replace(state, sessions=tuple(session if each is before else each for each in state.sessions))
    left = state if before is None else ended(state, before.evse)
    return replace(left, sessions=(*left.sessions, session))


def ended(state: DisplayState, evse: str) -> DisplayState:
    """The state in which nobody charges at an EVSE; what was tied to who did is gone."""
    gone = [each for each in state.sessions if each.evse == evse]
    rest = tuple(each for each in state.sessions if each.evse != evse)
    messages = tuple(
        message
        for message in state.messages
        if message.identifier_id is None
        or not any(_tied(message, each) for each in gone)
        or any(_tied(message, each) for each in rest)
    )
    return replace(state, sessions=rest, messages=messages)


def aged(state: DisplayState, now: datetime) -> DisplayState:
    """The state without what has had its time."""
    messages = tuple(each for each in state.messages if each.timestamp_to is None or each.timestamp_to > now)
    return state if len(messages) == len(state.messages) else replace(state, messages=messages)


def showing(state: DisplayState, now: datetime) -> tuple[DisplayMessage, ...]:
    """What may be shown now, in order of priority; one that is always in front, in any state, alone."""
    begun = [each for each in state.messages if each.timestamp_from is None or each.timestamp_from <= now]
    begun.sort(key=lambda each: RANKS[each.priority or NORMAL])
    if begun and begun[0].priority is MessagePriorityEnum.ALWAYS_FRONT:
        first = [each for each in begun if each.priority is begun[0].priority and each.state is None]
        return tuple(first[:1] or begun)
    return tuple(begun)


def next_change(state: DisplayState, now: datetime) -> datetime | None:
    """When something begins or ends by time alone."""
    moments = [
        moment
        for each in state.messages
        for moment in (each.timestamp_from, each.timestamp_to)
        if moment is not None and moment > now
    ]
    return min(moments, default=None)
