"""What a fault makes of an answer. Pure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.simulation.csms.effects import Close, Cut, Effect, Say
from actors.simulation.csms.script import FaultKind
from protocols.ocpp.frames import CallError, CallResult, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.simulation.csms.script import Fault
    from protocols.ocpp.version import Version

GARBAGE: Final = '[3,"4c5]{'
STRAY_ID: Final = "stray-1"
WRONG_ID: Final = "wrong-1"

Answer = CallResult | CallError


class Plan(NamedTuple):
    """What is done in place of sending the answer, and when."""

    after_s: float
    effects: tuple[Effect, ...]


class _Sending(NamedTuple):
    """An answer on its way."""

    connection: int
    answer: Answer
    version: Version
    fault: Fault

    @property
    def usual(self) -> Say:
        """As it would be sent without a fault."""
        return Say(self.connection, encode(self.answer, self.version))

    def other(self, answer: Answer) -> Say:
        """Another one."""
        return Say(self.connection, encode(answer, self.version))


def spoil(connection: int, answer: Answer, version: Version, fault: Fault | None) -> Plan:
    """What becomes of an answer under a fault; without one it is sent."""
    if fault is None:
        return Plan(0, (Say(connection, encode(answer, version)),))
    sending = _Sending(connection, answer, version, fault)
    after_s = fault.seconds if fault.kind in _LATE else 0
    return Plan(after_s, _TABLE[fault.kind](sending))


def _refused(sending: _Sending) -> tuple[Effect, ...]:
    return (sending.other(CallError(sending.answer.message_id, sending.fault.error, "as the script wants")),)


def _invalid(sending: _Sending) -> tuple[Effect, ...]:
    return (sending.other(CallResult(sending.answer.message_id, dict(sending.fault.payload))),)


def _renamed(sending: _Sending, message_id: str) -> Say:
    return sending.other(dataclasses.replace(sending.answer, message_id=message_id))


_LATE: Final = frozenset({FaultKind.DELAY, FaultKind.CLOSE, FaultKind.DROP})
"""These wait for the fault's `seconds` first."""

_TABLE: Final[Mapping[FaultKind, Callable[[_Sending], tuple[Effect, ...]]]] = {
    FaultKind.DROP: lambda it: (Cut(it.connection),),
    FaultKind.DROP_AFTER: lambda it: (it.usual, Cut(it.connection)),
    FaultKind.CLOSE: lambda it: (Close(it.connection, it.fault.code, "as the script wants"),),
    FaultKind.DELAY: lambda it: (it.usual,),
    FaultKind.SILENCE: lambda _it: (),
    FaultKind.CALL_ERROR: _refused,
    FaultKind.DUPLICATE: lambda it: (it.usual, it.usual),
    FaultKind.STRAY: lambda it: (_renamed(it, STRAY_ID), it.usual),
    FaultKind.WRONG_ID: lambda it: (_renamed(it, WRONG_ID),),
    FaultKind.GARBAGE: lambda it: (Say(it.connection, GARBAGE),),
    FaultKind.INVALID: _invalid,
    FaultKind.BINARY: lambda it: (dataclasses.replace(it.usual, data=str(it.usual.data).encode()),),
    FaultKind.FRAGMENTS: lambda it: (dataclasses.replace(it.usual, fragments=it.fault.pieces),),
}
"""By fault, what is done."""
