"""Finds out what a piece of EXI is, when nobody says which schema it follows.

Every candidate is tried. Those that decode are ranked: first whether encoding the result gives the same
bytes again, then by how little stands behind the message, then whether its last byte is filled up with
zeros, then by the order of the candidates. A short message may fit several schemas; the runners-up are
given too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118 import exi
from protocols.iso15118.exi.codec import codec_of
from protocols.iso15118.v2gtp import PayloadType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FRAGMENT: Final = "/fragment"
"""The suffix of a schema name that asks for the fragment instead of the document."""

DOCUMENTS: Final = (
    "app_protocol",
    "iso2_msgdef",
    "din_msgdef",
    "iso20_common",
    "iso20_dc",
    "iso20_ac",
    "iso20_wpt",
    "iso20_acdp",
)
CANDIDATES: Final = (*DOCUMENTS, "xmldsig/fragment", *(f"{name}{FRAGMENT}" for name in DOCUMENTS[1:]))
"""Everything that can be tried, the likely first."""

BY_PAYLOAD_TYPE: Final[Mapping[int, tuple[str, ...]]] = {
    PayloadType.EXI: ("app_protocol", "iso2_msgdef", "din_msgdef"),
    PayloadType.COMMON: ("iso20_common",),
    PayloadType.AC: ("iso20_ac",),
    PayloadType.DC: ("iso20_dc",),
    PayloadType.ACDP: ("iso20_acdp",),
    PayloadType.WPT: ("iso20_wpt",),
    PayloadType.SCHEDULE_RENEGOTIATION: ("iso20_common",),
    PayloadType.METERING_CONFIRMATION: ("iso20_common",),
    PayloadType.ACDP_SYSTEM_STATUS: ("iso20_acdp",),
    PayloadType.PARKING_STATUS: ("iso20_common",),
}


class UnknownMessageError(ValueError):
    """Bytes that follow none of the candidate schemas.

    `reasons` says for each why not, those first that could be followed furthest; `str` gives the first.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(next((f"{schema}: {reason}" for schema, reason in reasons.items()), "no candidates"))
        self.reasons = dict(reasons)

    def __reduce__(self) -> tuple[type[UnknownMessageError], tuple[dict[str, str]]]:
        return type(self), (self.reasons,)


@dataclass(frozen=True, slots=True)
class Guess:
    """What some bytes most likely are."""

    schema: str
    message: Any
    """The message, or for a fragment an `exi.Fragment`."""
    certain: bool
    """Encoding it again gives the same bytes, and no other candidate does that."""
    alternatives: tuple[str, ...]
    """Other schemas that fit too, best first."""


def decode(data: bytes, schema: str) -> Any:
    """Decode by a schema name, which may end in `/fragment`. Raises exi.ExiError."""
    if schema.endswith(FRAGMENT):
        return exi.decode_fragment(data, schema.removesuffix(FRAGMENT))
    return exi.decode(data, schema)


def encode(message: Any, schema: str) -> bytes:
    """Encode by a schema name, which may end in `/fragment`. Raises exi.ExiError."""
    if schema.endswith(FRAGMENT):
        return exi.encode_fragment(message, schema.removesuffix(FRAGMENT))
    return exi.encode(message, schema)


def from_json(tree: Any, schema: str) -> Any:
    """The message of a JSON tree by a schema name, which may end in `/fragment`. Raises exi.ExiError."""
    if schema.endswith(FRAGMENT):
        return exi.fragment_from_json(tree, schema.removesuffix(FRAGMENT))
    return exi.from_json(tree, schema)


def guess(data: bytes, candidates: Iterable[str] = CANDIDATES) -> Guess:
    """What the bytes most likely are. Raises UnknownMessageError when no candidate fits."""
    found: list[tuple[tuple[bool, int, bool, int], str, Any]] = []
    failed: list[tuple[int, int, str, str]] = []
    for place, schema in enumerate(candidates):
        try:
            decoded = _decode_with_rest(data, schema)
            again = encode(decoded.message, schema)
        except exi.ExiError as error:
            offset = error.bit_offset if isinstance(error, exi.DecodeError) else 0
            failed.append((-offset, place, schema, str(error)))
            continue
        rank = (again != data, len(decoded.trailing), not decoded.zero_padding, place)
        found.append((rank, schema, decoded.message))
    if not found:
        raise UnknownMessageError({schema: reason for _, _, schema, reason in sorted(failed)})
    found.sort(key=lambda one: one[0])
    (inexact, *_), schema, message = found[0]
    rivals = [name for (differs, *_), name, _ in found[1:] if not differs]
    return Guess(schema, message, not inexact and not rivals, tuple(name for _, name, _ in found[1:]))


def _decode_with_rest(data: bytes, schema: str) -> exi.Decoded:
    if schema.endswith(FRAGMENT):
        return codec_of(schema.removesuffix(FRAGMENT)).decode_fragment(data)
    return exi.decode_with_rest(data, schema)
