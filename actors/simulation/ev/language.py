"""What the machine needs of a protocol: how it is written, and its table of phases. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.simulation.ev import timing
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import exi, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from actors.simulation.ev.drive import Drive, Schedule
    from actors.simulation.ev.wallet import Credential

END: Final = "End"
"""The phase after the last one."""
ANY_SESSION: Final = bytes(8)
"""The session id of a car that has none."""


class Said(NamedTuple):
    """A message of the station, decoded."""

    session_id: bytes
    code: str
    body: Any
    """What it says."""
    message: Any
    """The whole of it, with its signature."""


class Go(NamedTuple):
    """What comes after an answer."""

    phase: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One phase: what is asked, what has to be answered, what follows."""

    request: Callable[[Drive], Any]
    response: type
    then: Callable[[Drive, Said], Go]
    """TalkError where the answer is not as it has to be."""
    timeout_s: float = timing.MESSAGE_S
    phase_timeout_s: float | None = None
    """How long the phase may go on, however often the station answers."""
    source: str
    """Where the standard says so."""
    channel: int | None = None
    """The payload type, where it is not that of the message: the side channels of -20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One protocol in one energy mode."""

    name: str
    first: str
    """The phase after the handshake."""
    loop: str
    """The phase in which energy flows."""
    table: Mapping[str, Row]
    message: Callable[[Drive, Any], Any]
    """The whole message around a body, signed where the standard wants it."""
    encode: Callable[[Any], tuple[int, bytes]]
    """Payload type and payload of a message."""
    decode: Callable[[int, bytes], Said]
    """TalkError UNDECODABLE for whatever is no message."""


def decode_exi(payload: bytes, schema: exi.Schema) -> Any:
    """The message in a payload. TalkError UNDECODABLE."""
    try:
        return exi.decode(payload, schema)
    except exi.ExiError as error:
        raise TalkError(Reason.UNDECODABLE, str(error)[:100]) from None


def signed(message: Any, credential: Credential | None, scheme: signature.Scheme) -> Any:
    """The message with the signature of a credential. TalkError where it has no key that fits."""
    key = credential.signing_key if credential is not None else None
    if key is None:
        raise TalkError(Reason.CERTIFICATE, "no key to sign with")
    try:
        return signature.sign(message, key, scheme)
    except signature.SignatureError as error:
        raise TalkError(Reason.CERTIFICATE, str(error)) from None


def check_schedule(entries: tuple[tuple[int, Decimal], ...]) -> tuple[tuple[int, Decimal], ...]:
    """The entries, if they begin at once, rise in time and are not negative. TalkError SCHEDULE."""
    starts = [start_s for start_s, _ in entries]
    if not entries or starts[0] != 0 or any(later <= one for one, later in itertools.pairwise(starts)):
        raise TalkError(Reason.SCHEDULE, f"entries at {starts[:8]}")
    if any(power_w < 0 for _, power_w in entries):
        raise TalkError(Reason.SCHEDULE, "a negative power limit")
    return entries


def profile_of(schedule: Schedule, own_limit_w: Decimal, count: int) -> list[tuple[int, Decimal]]:
    """What the car means to draw: the schedule, no more than it can take, in at most so many entries."""
    return [(start_s, min(power_w, own_limit_w)) for start_s, power_w in schedule.entries[:count]]
