"""The list of tokens that the CSMS lays down (D01, D02): SendLocalList and GetLocalListVersion.

A list is taken as a whole or not at all: one that is refused leaves the old one with its version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks.authorization_entries import (
    ListedToken,
    ListVersion,
    bound_of,
    fingerprint,
    size_bytes,
    text_of,
    token_of,
)
from actors.ocpp.blocks.authorization_results import moment_of
from actors.ocpp.blocks.excess import refuse_excess
from actors.ocpp.device_model import variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.turn import Turn
    from protocols.types.authorization import IdToken

MOST_ENTRIES: Final = 10_000
LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Where the device model declares no bounds for `LocalAuthListCtrlr.Entries` and `Storage`."""
_Status = enums.SendLocalListStatusEnumType


@dataclass(slots=True)
class Fill:
    """How much it has."""

    entries: int = 0
    total_bytes: int = 0


class Problem(NamedTuple):
    """Why a list is not taken."""

    reason: str
    """Of OCPP's appendix on reason codes."""
    info: str
    status: _Status = _Status.failed


def works(turn: Turn) -> bool:
    """Whether there is one."""
    return turn.model.read(variables.LIST_AVAILABLE) and turn.model.read(variables.LIST_ENABLED)


def find(turn: Turn, token: IdToken) -> ListedToken | None:
    """What the list says about a token."""
    return turn.get(ListedToken, token_of(token)) if works(turn) else None


def version(turn: Turn) -> int:
    """Of the list; 0: there is none (D02.FR.02, D02.FR.03)."""
    installed = turn.get(ListVersion) if works(turn) else None
    return 0 if installed is None else installed.number


def _get_version(turn: Turn, tag: int, _request: call.GetLocalListVersion) -> None:
    turn.respond(tag, call_result.GetLocalListVersion(version(turn)))


# -- a new list ----------------------------------------------------------------------------------------------


def _send(turn: Turn, tag: int, request: call.SendLocalList) -> None:
    items = request.local_authorization_list or []
    if refuse_excess(turn, tag, request, len(items), variables.LIST_ITEMS, variables.LIST_BYTES):  # D01.FR.11
        return
    full = request.update_type == enums.UpdateEnumType.full
    wanted = {fingerprint(each.id_token.id_token, each.id_token.type): _entry(turn, each) for each in items}
    before: dict[str, ListedToken | None] = {each.key: each for each in turn.all(ListedToken)} if full else {}
    changes = {**dict.fromkeys(before), **wanted}
    after = _after(turn, changes)
    problem = _problem(turn, request, items, wanted) or _no_room(turn, after)
    if problem is not None:
        status_info = datatypes.StatusInfoType(reason_code=problem.reason, additional_info=problem.info)
        turn.respond(tag, call_result.SendLocalList(problem.status, status_info=status_info))
        return
    _install(turn, request.version_number, changes, after)
    turn.respond(tag, call_result.SendLocalList(_Status.accepted))


def _entry(turn: Turn, item: datatypes.AuthorizationData) -> ListedToken | None:
    """An entry; None: the token is to be taken off the list."""
    info = item.id_token_info
    if info is None:
        return None
    expires = turn.model.read(variables.LIST_EXPIRY)
    return ListedToken(
        token=fingerprint(item.id_token.id_token, item.id_token.type),
        info=text_of(info),
        accepted=info.status == enums.AuthorizationStatusEnumType.accepted,
        expires_at=moment_of(turn, info.cache_expiry_date_time) if expires else None,
    )


def _problem(
    turn: Turn,
    request: call.SendLocalList,
    items: list[datatypes.AuthorizationData],
    wanted: Mapping[str, ListedToken | None],
) -> Problem | None:
    differential = request.update_type == enums.UpdateEnumType.differential
    installed = turn.get(ListVersion)
    if not works(turn):
        return Problem("NotEnabled", "there is no local authorization list")
    if request.version_number <= 0:  # D01.FR.18
        return Problem("ValuePositiveOnly", "the version of a list is above 0")
    if differential and installed is not None and request.version_number <= installed.number:  # D01.FR.19
        info = f"version {installed.number} is installed"
        return Problem("ValueTooLow", info, _Status.version_mismatch)
    if len(wanted) < len(items):
        return Problem("InvalidValue", "a token is there twice")
    if not differential and None in wanted.values():
        return Problem("MissingParam", "a full list needs idTokenInfo of every token")
    return None


def _after(turn: Turn, changes: Mapping[str, ListedToken | None]) -> Fill:
    """How much it would have after changes."""
    fill = turn.live.of(Fill)
    after = Fill(fill.entries, fill.total_bytes)
    for key, entry in changes.items():
        for each, sign in ((turn.get(ListedToken, key), -1), (entry, 1)):
            if each is not None:
                after.entries += sign
                after.total_bytes += sign * size_bytes(each)
    return after


def _no_room(turn: Turn, after: Fill) -> Problem | None:
    most = bound_of(turn, variables.LIST_ENTRIES, MOST_ENTRIES)
    largest = bound_of(turn, variables.LIST_STORAGE, LARGEST_BYTES)
    if after.entries > most or after.total_bytes > largest:
        return Problem("OutOfStorage", f"there is room for {most} entries and {largest} bytes")
    return None


def add(turn: Turn, item: datatypes.AuthorizationData) -> Problem | None:
    """Put one token on the list, or take it off, whoever wants that; the version stays. Return why not."""
    if not works(turn):
        return Problem("NotEnabled", "there is no local authorization list")
    changes = {fingerprint(item.id_token.id_token, item.id_token.type): _entry(turn, item)}
    after = _after(turn, changes)
    problem = _no_room(turn, after)
    if problem is None:
        _install(turn, version(turn) or 1, changes, after)
    return problem


def entries(turn: Turn) -> int:
    """How many tokens are on it."""
    return turn.live.of(Fill).entries


def _install(turn: Turn, number: int, changes: Mapping[str, ListedToken | None], after: Fill) -> None:
    for key, entry in changes.items():
        if entry is None:
            turn.drop(ListedToken, key)
        else:
            turn.put(entry)
    turn.put(ListVersion(number=number))
    _tell(turn, after)


def _tell(turn: Turn, fill: Fill) -> None:
    turn.live.blocks[Fill] = fill
    turn.model.put(variables.LIST_ENTRIES, fill.entries)
    turn.model.put(variables.LIST_STORAGE, fill.total_bytes)


def _resumed(turn: Turn) -> None:
    sizes = [size_bytes(each) for each in turn.all(ListedToken)]
    _tell(turn, Fill(len(sizes), sum(sizes)))


BLOCK: Final = Block(
    name="local_list",
    resumed=_resumed,
    requests={call.SendLocalList: _send, call.GetLocalListVersion: _get_version},
)
