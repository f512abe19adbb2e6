"""Talking to a running actor system from outside: the command line, tests, tools."""

from __future__ import annotations

import itertools
import time
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
        """Send a command to a name ("" is the root) and return its reply, or Failure."""
        end_s = time.monotonic() + deadline_s
        address = self._address(target, end_s)
        if address is None:
            return Failure(reason=FailureReason.UNKNOWN_NAME, detail=f"nobody serves {target}")
        reply = self._exchange(address, target, command, end_s)
        if isinstance(reply, Failure) and reply.reason is FailureReason.UNAVAILABLE:
            self._resolved.pop(target, None)
        return reply

    def tell(self, target: str, item: Command | Var, *, deadline_s: float = DEADLINE_S) -> bool:
        """Send a message to a name; return whether it was taken over by the receiver's process."""
        end_s = time.monotonic() + deadline_s
        address = self._address(target, end_s)
        return address is not None and self._send(address, Kind.TELL, target, item, 0, end_s)

    def tree(self, *, deadline_s: float = DEADLINE_S) -> messages.TreeNode | None:
        """The supervision tree, or None when the root does not answer."""
        reply = self.ask("", messages.GetTree(), deadline_s=deadline_s)
        return reply.node if isinstance(reply, messages.GetTreeReply) else None

    def _address(self, target: str, end_s: float) -> ActorAddress | None:
        if not target:
            return self._root
        if target not in self._resolved:
            registry = self._resolve(self._root, REGISTRY, end_s)
            found = registry and self._resolve(registry, target, end_s)
            if not found:
                return None
            self._resolved[target] = found
        return self._resolved[target]

    def _resolve(self, whom: ActorAddress, name: str, end_s: float) -> ActorAddress | None:
        reply = self._exchange(whom, "", messages.Resolve(name=name), end_s)
        if isinstance(reply, messages.Resolved) and reply.address:
            return address_of(reply.address)
        return None

    def _exchange(self, address: ActorAddress, about: str, command: Command, end_s: float) -> Reply:
        number = next(self._numbers)
        if not self._send(address, Kind.REQUEST, about, command, number, end_s):
            return Failure(reason=FailureReason.UNAVAILABLE, detail=f"{about or 'the root'} is gone")
        while (left_s := end_s - time.monotonic()) > 0:
            letter = self._take(self._transport.run(None, left_s))
            if letter is not None and letter.kind is Kind.RESPONSE and letter.id == number:
                reply: Reply = codec.decode(letter.payload)
                return reply
        return Failure(reason=FailureReason.TIMEOUT, detail=f"{about or 'the root'} did not answer in time")

    def _take(self, received: Any) -> Envelope | None:
        if isinstance(received, ReceiveEnvelope) and isinstance(received.message, bytes):
            try:
                return unpack(received.message)
            except EnvelopeError:
                return None
        return None

    def _send(
        self, address: ActorAddress, kind: Kind, about: str, item: object, number: int, end_s: float
    ) -> bool:
        frame = Envelope(kind, number, "outside", about, patient=False, payload=codec.encode(item)).pack()
        outcome: list[Any] = []
        intent = TransmitIntent(address, frame)
        intent.addCallback(
            lambda status, _i: outcome.append(status), lambda status, _i: outcome.append(status)
        )
        self._transport.scheduleTransmit(None, intent)
        while not outcome and time.monotonic() < end_s:
            self._transport.pump(min(0.05, end_s - time.monotonic()))
        return bool(outcome) and outcome[0] is SendStatus.Sent
