"""Tokens: what people may see of one, and when it was handed over and judged. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from actors.gateway.picture.forms import Token
from protocols.types.authorization import (
    AuthorizationType,
    IdTokenType,
    TokenValidationStatus,
    TokenValidationStatusMessage,
)

if TYPE_CHECKING:
    from protocols.types.authorization import ProvidedIdToken

MOST: Final = 64
"""Tokens that are remembered, the newest."""
FRESH: Final = timedelta(minutes=10)
"""What was handed over earlier belongs to another session; a grant waits 5 minutes for its car at most."""
SLACK: Final = timedelta(seconds=1)
"""News of several actors may overtake one another by so much."""
LONG: Final = 8
SHOWN_HEAD: Final = 5
"""Of an eMAID: country and provider."""
SHOWN_TAIL: Final = 3
MASK: Final = "***"
TYPES: Final = {IdTokenType.ISO14443: "RFID", IdTokenType.ISO15693: "RFID"}
"""Card types as people call them; all others by their own names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """The last time a token was presented."""

    provided_at: datetime | None = None
    provider: str = ""
    asked_at: datetime | None = None


class Tokens:
    """The newest tokens, each by its value; case does not count."""

    def __init__(self) -> None:
        self._known: dict[str, Presented] = {}

    def provided(self, token: ProvidedIdToken, provider: str, now: datetime) -> None:
        """A provider has handed it over; that validators were asked may have been heard a moment before."""
        asked_at = self._known.get(_key(token), Presented()).asked_at
        if asked_at is not None and now - asked_at > SLACK:
            asked_at = None
        self._put(token, Presented(provided_at=now, provider=provider, asked_at=asked_at))

    def judged(self, news: TokenValidationStatusMessage, now: datetime) -> None:
        """Auth tells how far it is; that validators have been asked is what counts here."""
        if news.status is TokenValidationStatus.PROCESSING and not news.token.prevalidated:
            known = self._known.get(_key(news.token), Presented())
            self._put(news.token, dataclasses.replace(known, asked_at=now))

    def of(self, token: ProvidedIdToken, used_at: datetime) -> Presented:
        """How it came to be used at that moment: what was long before it, or after it, does not count."""
        known = self._known.get(_key(token), Presented())
        oldest, newest = used_at - FRESH, used_at + SLACK
        provided_at, asked_at = known.provided_at, known.asked_at
        if provided_at is not None and not oldest <= provided_at <= newest:
            known = dataclasses.replace(known, provided_at=None, provider="")
        if asked_at is not None and not oldest <= asked_at <= newest:
            known = dataclasses.replace(known, asked_at=None)
        return known

    def _put(self, token: ProvidedIdToken, presented: Presented) -> None:
        key = _key(token)
        self._known.pop(key, None)
        self._known[key] = presented
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]


def _key(token: ProvidedIdToken) -> str:
    return token.id_token.value.casefold()


def shown(token: ProvidedIdToken) -> Token:
    """What people may see of it."""
    kind, value = token.id_token.type, token.id_token.value
    if token.authorization_type is AuthorizationType.PLUG_AND_CHARGE and len(value) > LONG:
        masked = f"{value[:SHOWN_HEAD]}{MASK}{value[-SHOWN_TAIL:]}"
    elif len(value) >= LONG:
        masked = f"{MASK}{value[-SHOWN_TAIL:]}"
    else:
        masked = f"{value[:1]}{MASK}"
    return Token(type=TYPES.get(kind, kind.value), shown=masked)
