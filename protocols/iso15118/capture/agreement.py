"""Which schema the next message of a connection follows: what car and station have agreed on. Pure.

Before anything was agreed, and where the agreement was not seen, messages are guessed (`guess`); a guess
that finds DIN or -2 holds for the rest of the connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from protocols.iso15118 import app_protocol, exi, guess, v2gtp

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMESPACES: Final = frozenset(protocol.value for protocol in v2gtp.Protocol)
_BY_SCHEMA: Final[Mapping[str, v2gtp.Protocol]] = {
    "iso2_msgdef": v2gtp.Protocol.ISO2,
    "din_msgdef": v2gtp.Protocol.DIN,
}


class Agreement:
    """Feed it the payloads of a connection in order, those of both sides; it reads them."""

    def __init__(self) -> None:
        self._offers: dict[int, str] = {}
        self.namespace: str | None = None
        """The namespace that was agreed on, also one that nobody knows; None while there is none."""
        self.protocol: v2gtp.Protocol | None = None
        """The protocol that was agreed on, or found by guessing."""

    def candidates(self, payload_type: int) -> tuple[str, ...]:
        """The schemas a payload of that type may follow now; none where the type has no place on TCP."""
        agreed = v2gtp.SCHEMAS[self.protocol].get(payload_type)
        if agreed is not None and (self.protocol is not None or (self._offers and self.namespace is None)):
            return (agreed,)
        return guess.BY_PAYLOAD_TYPE.get(payload_type, ())

    def read(self, payload_type: int, payload: bytes) -> guess.Guess:
        """The message in a payload. Raises guess.UnknownMessageError, with no reasons for a wrong type."""
        candidates = self.candidates(payload_type)
        found = _certain(payload, *candidates) if len(candidates) == 1 else guess.guess(payload, candidates)
        self._learn(found)
        return found

    def _learn(self, found: guess.Guess) -> None:
        message = found.message
        if isinstance(message, app_protocol.SupportedAppProtocolReq):
            self._offers = {one.schema_id: one.protocol_namespace for one in message.app_protocol}
        elif isinstance(message, app_protocol.SupportedAppProtocolRes):
            self.namespace = self._offers.get(message.schema_id) if message.schema_id is not None else None
            if self.namespace in _NAMESPACES:
                self.protocol = v2gtp.Protocol(self.namespace)
        elif self.protocol is None:
            self.protocol = _BY_SCHEMA.get(found.schema)


def _certain(payload: bytes, schema: str) -> guess.Guess:
    """The message, where only one schema is possible: nothing needs to be ranked."""
    try:
        decoded = exi.decode_with_rest(payload, schema)
    except exi.ExiError as error:
        raise guess.UnknownMessageError({schema: str(error)}) from None
    return guess.Guess(schema, decoded.message, certain=True, alternatives=())
