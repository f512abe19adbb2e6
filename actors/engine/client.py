"""Talking to a running actor system from outside: the command line, tests, tools."""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from thespian.system.transport import ReceiveEnvelope, SendStatus, TransmitIntent

from actors.engine import messages
from actors.engine.address import address_of
from actors.engine.envelope import Envelope, EnvelopeError, Kind, unpack
from actors.engine.root import REGISTRY
from actors.engine.transport import ExternalCopy, Transport
from protocols import codec
from protocols.message import Failure, FailureReason, Reply

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from thespian.actors import ActorAddress

    from actors.engine.wiring import Wiring
    from protocols.message import Command, Var

DEADLINE_S: Final = 5.0
ATTEMPTS: Final = 2
"""A name is looked up again once when who served it is dead and has not taken the message."""
LOOK_EVERY_S: Final = 0.1
"""How often it is looked whether who has a command in hand still lives."""
MAX_TOLD: Final = 100
"""So much of what the root says is kept until somebody wants to hear it, the newest."""
GONE: Final = (FailureReason.UNAVAILABLE, FailureReason.CRASHED)
FATES: Final = {
    SendStatus.DeadTarget: (FailureReason.UNAVAILABLE, "is gone"),
    SendStatus.NotSent: (FailureReason.OVERLOADED, "has too much waiting for it"),
    SendStatus.Failed: (FailureReason.TIMEOUT, "cannot be reached; it may have got the command"),
}
"""What is said of a message that was not taken over."""


class Client:
    """One caller outside the tree. Not for several threads; use it as a context manager.

    `root` is the address text of the root supervisor. `wiring` is that of its system (`System.wiring`); by
    default what this process was wired with last (`transport.wire`), which is right for whoever has started
    one system.
    """

    def __init__(self, root: str, wiring: Wiring | None = None) -> None:
        self._root = address_of(root)
        self._transport = Transport(ExternalCopy(self._root, wiring))
        self._numbers = itertools.count(1)
        self._resolved: dict[str, ActorAddress] = {}
        self._registry: ActorAddress | None = None
        """Where it was when it answered last."""
        self._told: deque[bytes] = deque(maxlen=MAX_TOLD)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the connections."""
        self._transport.close()

    def ask(self, target: str, command: Command, *, deadline_s: float = DEADLINE_S) -> Reply:
        """Send a command to a name ("" is the root) and return its reply, or Failure.

        UNKNOWN_NAME, UNAVAILABLE and OVERLOADED say that the command was not carried out; CRASHED (the actor
        died with it in hand) and TIMEOUT leave that open, save that what has not left by then never will.
        """
        end_s = time.monotonic() + deadline_s
        for _ in range(ATTEMPTS):
            address = self._address(target, end_s)
            if address is None:
                return Failure(reason=FailureReason.UNKNOWN_NAME, detail=f"nobody serves {target}")
            reply = self._exchange(address, target, command, end_s)
            if not isinstance(reply, Failure) or reply.reason not in GONE:
                break
            # who had the address is dead: the next one asks where the name is served now
            known = self._resolved.pop(target, None)
            if reply.reason is not FailureReason.UNAVAILABLE or known is None:
                break
        return reply

    def tell(self, target: str, item: Command | Var, *, deadline_s: float = DEADLINE_S) -> bool:
        """Send a message to a name; return whether it was taken over by the receiver's process.

        False: it was not, or that is not known when the time is up; what has not left by then never will.
        """
        end_s = time.monotonic() + deadline_s
        for _ in range(ATTEMPTS):
            address = self._address(target, end_s)
            if address is None:
                return False
            fate = self._send(address, Kind.TELL, target, item, 0, end_s)
            if fate is not SendStatus.DeadTarget:
                break
            self._resolved.pop(target, None)
        return fate is SendStatus.Sent

    def tree(self, *, deadline_s: float = DEADLINE_S) -> messages.TreeNode | None:
        """The supervision tree, or None when the root does not answer."""
        reply = self.ask("", messages.GetTree(), deadline_s=deadline_s)
        return reply.node if isinstance(reply, messages.GetTreeReply) else None

    def told(self, within_s: float) -> list[Var]:
        """What the root has said of itself since this was asked last; waits so long while that is nothing.

        A root talks to who has started it, as every actor does to its supervisor.
        """
        end_s = time.monotonic() + within_s
        while not self._told and (left_s := end_s - time.monotonic()) > 0:
            self._take(self._transport.run(None, left_s))
        payloads, self._told = self._told, deque(maxlen=MAX_TOLD)
        return [codec.decode(each) for each in payloads]

    def _address(self, target: str, end_s: float) -> ActorAddress | None:
        if not target:
            return self._root
        if target not in self._resolved:
            found = self._look_up(target, end_s)
            if not found:
                return None
            self._resolved[target] = found
        return self._resolved[target]

    def _look_up(self, name: str, end_s: float) -> ActorAddress | None:
        """Ask the registry; the root tells where that is now, if it was not known or does not answer."""
        answered, found = self._resolve(self._registry, name, end_s)
        if not answered:
            _, self._registry = self._resolve(self._root, REGISTRY, end_s)
            _, found = self._resolve(self._registry, name, end_s)
        return found

    def _resolve(
        self, whom: ActorAddress | None, name: str, end_s: float
    ) -> tuple[bool, ActorAddress | None]:
        """Whether it was answered, and with which address."""
        if whom is None:
            return False, None
        reply = self._exchange(whom, "", messages.Resolve(name=name), end_s)
        if isinstance(reply, messages.Resolved):
            return True, address_of(reply.address) if reply.address else None
        return False, None

    def _exchange(self, address: ActorAddress, about: str, command: Command, end_s: float) -> Reply:
        number, whom = next(self._numbers), about or "the root"
        fate = self._send(address, Kind.REQUEST, about, command, number, end_s)
        if fate in FATES:
            reason, text = FATES[fate]
            return Failure(reason=reason, detail=f"{whom} {text}")
        while (left_s := end_s - time.monotonic()) > 0:
            letter = self._take(self._transport.run(None, min(left_s, LOOK_EVERY_S)))
            if letter is not None and letter.kind is Kind.RESPONSE and letter.id == number:
                reply: Reply = codec.decode(letter.payload)
                return reply
            if letter is None and fate is SendStatus.Sent and self._died(address, end_s):
                return Failure(reason=FailureReason.CRASHED, detail=f"{whom} died before it answered")
        return Failure(reason=FailureReason.TIMEOUT, detail=f"{whom} did not answer in time")

    def _died(self, address: ActorAddress, end_s: float) -> bool:
        """Whether who has taken a command is dead: it has hung up, and nobody is there when it is called."""
        if self._transport.knows(address):
            return False
        return self._send(address, Kind.REQUEST, "", messages.Tick(), 0, end_s) is SendStatus.DeadTarget

    def _take(self, received: Any) -> Envelope | None:
        if isinstance(received, ReceiveEnvelope) and isinstance(received.message, bytes):
            try:
                letter = unpack(received.message)
            except EnvelopeError:
                return None
            if letter.kind is Kind.TELL:
                self._told.append(letter.payload)
            return letter
        return None

    def _send(
        self, address: ActorAddress, kind: Kind, about: str, item: object, number: int, end_s: float
    ) -> Any:
        """What became of a message, as a SendStatus; None when that is not known in time."""
        frame = Envelope(kind, number, "outside", about, patient=False, payload=codec.encode(item)).pack()
        outcome: list[Any] = []
        intent = TransmitIntent(address, frame)
        intent.addCallback(
            lambda status, _i: outcome.append(status), lambda status, _i: outcome.append(status)
        )
        self._transport.scheduleTransmit(None, intent)
        while not outcome and time.monotonic() < end_s:
            self._transport.pump(min(0.05, end_s - time.monotonic()))
        if not outcome:
            self._transport.withdraw(intent)
            return None
        return outcome[0]
