"""The authorization cache: what the CSMS has said about tokens before (C10, C11, M10.11).

It is durable. When it is full, entries go that are not accepted or have expired, then those that
`AuthCacheCtrlr.Policy` names first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks.authorization_entries import (
    CachedToken,
    bound_of,
    fingerprint,
    size_bytes,
    text_of,
    token_of,
)
from actors.ocpp.blocks.authorization_results import moment_of
from actors.ocpp.device_model import variables
from protocols.types.authorization import IdTokenType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ocpp.v21 import datatypes

    from actors.ocpp.turn import Turn
    from protocols.types.authorization import IdToken

LARGEST_BYTES: Final = 1024 * 1024
"""Where the device model declares no bound for `AuthCacheCtrlr.Storage`."""
SHED_TO: Final = 0.9
"""When something must go, so much stays: making room costs a walk over all."""
NOBODY: Final[frozenset[str]] = frozenset({IdTokenType.CENTRAL, IdTokenType.NO_AUTHORIZATION})
"""Types that are accepted without anybody's word (M10.7)."""
POLICIES: Final[Mapping[str, Callable[[CachedToken], Any]]] = MappingProxyType(
    {
        "LRU": lambda entry: entry.used_at,
        "LFU": lambda entry: (entry.uses, entry.used_at),
        "FIFO": lambda entry: entry.stored_at,
    }
)
"""What goes first; any other policy is that of the vendor, and ours is the first."""


@dataclass(slots=True)
class Fill:
    """How full it is."""

    total_bytes: int = 0


def works(turn: Turn) -> bool:
    """Whether there is one."""
    return turn.model.read(variables.CACHE_AVAILABLE) and turn.model.read(variables.CACHE_ENABLED)


def learn(turn: Turn, id_token: datatypes.IdTokenType, info: datatypes.IdTokenInfoType) -> None:
    """The CSMS has said something about a token, in whatever answer: it replaces what was known.

    For every block that asks with one: `id_token` is that of the request (Authorize, TransactionEvent).
    """
    if not works(turn) or id_token.type in NOBODY:
        return
    token = fingerprint(id_token.id_token, id_token.type)
    before = turn.get(CachedToken, token)
    entry = CachedToken(
        token=token,
        info=text_of(info),
        accepted=info.status == enums.AuthorizationStatusEnumType.accepted,
        expires_at=moment_of(turn, info.cache_expiry_date_time),
        stored_at=turn.now if before is None else before.stored_at,
        used_at=turn.now,
        uses=1 if before is None else before.uses + 1,
    )
    turn.put(entry)
    _filled(turn, size_bytes(entry) - (0 if before is None else size_bytes(before)), entry.key)


def find(turn: Turn, token: IdToken) -> CachedToken | None:
    """What is known of a token; what nobody has used for `LifeTime` is not known any more (C10.FR.08)."""
    entry = turn.get(CachedToken, token_of(token)) if works(turn) else None
    if entry is None:
        return None
    life_s = turn.model.find(variables.CACHE_LIFE_TIME)
    if life_s is not None and turn.now - entry.used_at >= timedelta(seconds=life_s):
        forget(turn, token)
        return None
    return entry


def use(turn: Turn, entry: CachedToken) -> None:
    """A token was judged by its entry."""
    turn.put(replace(entry, used_at=turn.now, uses=entry.uses + 1))


def forget(turn: Turn, token: IdToken) -> None:
    """Nothing is known of a token any more."""
    entry = turn.get(CachedToken, token_of(token))
    if entry is not None:
        turn.drop(CachedToken, entry.key)
        _filled(turn, -size_bytes(entry))


def _filled(turn: Turn, by_bytes: int, newest: str = "") -> None:
    fill = turn.live.of(Fill)
    fill.total_bytes += by_bytes
    bound = bound_of(turn, variables.CACHE_STORAGE, LARGEST_BYTES)
    if fill.total_bytes > bound:
        _shed(turn, fill, bound * SHED_TO, newest)
    turn.model.put(variables.CACHE_STORAGE, fill.total_bytes)


def _shed(turn: Turn, fill: Fill, to_bytes: float, newest: str) -> None:
    """Make room, useless entries first (C10.FR.07) and the newest last."""
    first = POLICIES.get(turn.model.read(variables.CACHE_POLICY), POLICIES["LRU"])

    def useful(entry: CachedToken) -> bool:
        return entry.accepted and (entry.expires_at is None or entry.expires_at > turn.now)

    ranked = sorted(turn.all(CachedToken), key=lambda each: (each.key == newest, useful(each), first(each)))
    for entry in ranked:
        if fill.total_bytes <= to_bytes:
            break
        turn.drop(CachedToken, entry.key)
        fill.total_bytes -= size_bytes(entry)


def _clear(turn: Turn, tag: int, _request: call.ClearCache) -> None:
    """C11."""
    status = enums.ClearCacheStatusEnumType.rejected  # C11.FR.04
    if works(turn):
        status = enums.ClearCacheStatusEnumType.accepted
        for entry in list(turn.all(CachedToken)):
            turn.drop(CachedToken, entry.key)
        _filled(turn, -turn.live.of(Fill).total_bytes)
    turn.respond(tag, call_result.ClearCache(status))


def _resumed(turn: Turn) -> None:
    _filled(turn, sum(size_bytes(each) for each in turn.all(CachedToken)))


BLOCK: Final = Block(name="authorization_cache", resumed=_resumed, requests={call.ClearCache: _clear})
