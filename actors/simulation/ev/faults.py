"""What a faulty car makes of its requests. Pure."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev.exchange import Drop, SendRaw
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from actors.simulation.ev.exchange import Effect
    from actors.simulation.ev.language import Language
    from actors.simulation.ev.script import Fault

_GARBAGE_BYTES: Final = 64


class Spoiler:
    """The faults of a script, each done once."""

    def __init__(self, faults: Sequence[Fault], random: Callable[[int], bytes]) -> None:
        self._faults = list(faults)
        self._random = random
        self._requests: Counter[str] = Counter()
        self.done = False
        """Whether the car has done anything wrong yet."""

    def at(self, phase: str) -> Fault | None:
        """A request of this phase is about to be sent: the fault that is due, if any."""
        self._requests[phase] += 1
        for fault in self._faults:
            if fault.at == phase and fault.occurrence == self._requests[phase]:
                self._faults.remove(fault)
                self.done = True
                return fault
        return None

    @property
    def left(self) -> tuple[str, ...]:
        """The faults that were not done."""
        return tuple(f"{fault.kind} at {fault.at}" for fault in self._faults)

    def instead(self, fault: Fault | None, language: Language, phase: str) -> str | None:
        """The phase whose request is sent, if it is another than the car is in. TalkError SCRIPT."""
        if fault is None or fault.kind is not FaultKind.WRONG_SEQUENCE:
            return None
        if fault.instead is not None:
            if fault.instead not in language.table:
                raise TalkError(Reason.SCRIPT, f"{language.name} has no {fault.instead}"[:100])
            return fault.instead
        return language.first if phase == language.loop else language.loop

    def tamper(self, fault: Fault | None, message: Any) -> Any:
        """The message with a wrong session id or signature. TalkError SCRIPT if it bears none."""
        header = getattr(message, "header", None)
        if fault is None or header is None:
            return message
        if fault.kind is FaultKind.WRONG_SESSION_ID:
            wrong = bytes(byte ^ 0xA5 for byte in header.session_id.rjust(8, b"\0"))
            header = dataclasses.replace(header, session_id=wrong)
        elif fault.kind is FaultKind.BAD_SIGNATURE:
            if header.signature is None:
                raise TalkError(Reason.SCRIPT, f"no signature to spoil at {fault.at}")
            value = header.signature.signature_value.value
            broken = dataclasses.replace(
                header.signature.signature_value, value=value[:-1] + bytes((value[-1] ^ 1,))
            )
            header = dataclasses.replace(
                header, signature=dataclasses.replace(header.signature, signature_value=broken)
            )
        return dataclasses.replace(message, header=header)

    def effects(self, fault: Fault, frame: bytes) -> tuple[Effect, ...] | None:
        """What is done in place of sending the frame; None: it is sent."""
        match fault.kind:
            case FaultKind.SILENCE:
                return ()
            case FaultKind.GARBAGE:
                return (SendRaw(data=frame[:8] + self._random(len(frame) - 8)),)
            case FaultKind.NO_FRAME:
                return (SendRaw(data=b"\xff" + self._random(_GARBAGE_BYTES)),)
            case FaultKind.SLOW:
                return (SendRaw(data=frame, chunk_bytes=fault.chunk_bytes, every_s=float(fault.every_s)),)
            case FaultKind.ABRUPT_CLOSE:
                return (Drop(),)
        return None
