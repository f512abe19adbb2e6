"""What is kept of tokens: the cache, and the list of the CSMS. Declarations.

A token is kept as a fingerprint: who reads the disk learns no card number. Ids are compared without regard to
case (M2.16), contract ids without their hyphens too; the type belongs to the id.
"""

import hashlib
from typing import TYPE_CHECKING, Final

from ocpp.v21 import datatypes

from protocols.message import Timestamp, message
from protocols.ocpp import payloads
from protocols.types.authorization import IdTokenType

if TYPE_CHECKING:
    from actors.ocpp.device_model.steering import Steering
    from actors.ocpp.turn import Turn
    from protocols.types.authorization import IdToken

OVERHEAD_BYTES: Final = 320
"""What an entry takes beside its `info`, at most."""


@message
class CachedToken:
    """What the CSMS has said about a token, until it is forgotten (C10)."""

    token: str
    info: str
    """Its `IdTokenInfoType`, as JSON."""
    accepted: bool
    expires_at: Timestamp | None = None
    """`cacheExpiryDateTime`."""
    stored_at: Timestamp
    used_at: Timestamp
    uses: int = 0

    @property
    def key(self) -> str:
        """By the token."""
        return self.token


@message
class ListedToken:
    """What the CSMS has laid down about a token (D01)."""

    token: str
    info: str
    """Its `IdTokenInfoType`, as JSON."""
    accepted: bool
    expires_at: Timestamp | None = None
    """`cacheExpiryDateTime`."""

    @property
    def key(self) -> str:
        """By the token."""
        return self.token


@message
class ListVersion:
    """Which list of the CSMS is installed."""

    number: int

    @property
    def key(self) -> str:
        """There is one."""
        return ""


def token_of(id_token: "IdToken") -> str:
    """The fingerprint of a token that somebody presents."""
    return fingerprint(id_token.value, id_token.type.value)


def fingerprint(value: str, kind: str) -> str:
    """The fingerprint of an id of a type."""
    if kind == IdTokenType.EMAID:
        value = value.replace("-", "")
    return hashlib.sha256(f"{kind}:{value}".casefold().encode()).hexdigest()


def text_of(info: datatypes.IdTokenInfoType) -> str:
    """A verdict as it is kept."""
    return payloads.to_text(info)


def info_of(entry: CachedToken | ListedToken) -> datatypes.IdTokenInfoType:
    """A verdict that was kept."""
    return payloads.of_text(datatypes.IdTokenInfoType, entry.info)


def size_bytes(entry: CachedToken | ListedToken) -> int:
    """What an entry takes."""
    return len(entry.info) + OVERHEAD_BYTES


def bound_of(turn: "Turn", counter: "Steering[int]", otherwise: int) -> int:
    """How far a variable that counts may go by its declaration; `otherwise` where it declares nothing."""
    component, name = counter.at()
    declared = turn.model.components.get(component)
    variable = declared.variables.get(name) if declared is not None else None
    limit = variable.characteristics.max_limit if variable is not None else None
    return otherwise if limit is None else int(limit)
