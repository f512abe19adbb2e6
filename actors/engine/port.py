"""What an actor needs from its surroundings, whether it has a process of its own or shares one in a test."""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from actors.engine import vitals
from actors.engine.address import host_of
from actors.engine.clock import Clock, SystemClock
from actors.engine.manager import Manager

if TYPE_CHECKING:
    from collections import Counter

    from thespian.actors import ActorAddress

    from actors.engine.supervision import Vitals

clock = SystemClock()
"""The clock of this process."""


class Port(Protocol):
    """The surroundings of one actor."""

    clock: Clock
    pid: int

    def send(self, target: ActorAddress, frame: bytes, *, urgent: bool = False) -> bool:
        """Send to an actor; return False when too much waits for it already.

        What is urgent is handled before all that waits at the receiver.
        """

    def give_up(self, target: ActorAddress) -> None:
        """A process of this host is dead, or is being killed: what it has not taken comes back at once."""

    def flush(self, within_s: float) -> None:
        """Wait until all that was sent has been taken over by its receivers, for so long at most."""

    def wake_after(self, seconds: float) -> None:
        """Deliver a wake-up after that time."""

    def leave(self, code: int) -> None:
        """End this actor as soon as what it has said is sent."""

    def kill(self, pid: int, signal_number: int) -> None:
        """Send a signal to a child's process; one that has ended already is no error."""

    def exit_note(self, pid: int | None) -> str | None:
        """Why a child's process ended, once known."""

    def reap(self) -> None:
        """Look after children that have ended, in case a notice was lost."""

    def children_alive(self) -> frozenset[int]:
        """Process ids of the children not yet reaped; empty where children have no processes."""

    def vitals(self, pid: int | None) -> Vitals | None:
        """What the kernel knows of a child's process; None when it cannot be told."""

    def first_words(self, frame: bytes) -> None:
        """Offer a message to the next child that is created: one with a process here is born with it."""

    def first_words_said(self) -> bool:
        """Whether a child was born with what was offered; the offer has ended."""

    def where(self, child: ActorAddress) -> str | None:
        """The address of the host a child runs on, once it is known."""

    def end_ward(self, child: ActorAddress) -> None:
        """Have a child on another host killed."""

    def follow_hosts(self) -> None:
        """Have the actor told (`on_host`) which other hosts there are, now and when one joins or leaves."""

    @property
    def admin(self) -> ActorAddress | None:
        """The admin of this actor's host; None where there is none."""

    @property
    def arrived_s(self) -> float:
        """Monotonic time since when the message in hand may have waited; it has not waited longer."""

    @property
    def refused(self) -> Counter[str]:
        """Frames the transport dropped, by reason."""


class ProcessPort:
    """The surroundings of an actor with a process of its own."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self.clock: Clock = clock
        self.pid = os.getpid()

    def send(self, target: ActorAddress, frame: bytes, *, urgent: bool = False) -> bool:
        """As Port."""
        return self._manager.send(target, frame, urgent=urgent)

    def give_up(self, target: ActorAddress) -> None:
        """As Port."""
        self._manager.transport.give_up(target)

    def flush(self, within_s: float) -> None:
        """As Port."""
        self._manager.transport.flush(within_s)

    def wake_after(self, seconds: float) -> None:
        """As Port."""
        self._manager.transport.addWakeup(timedelta(seconds=seconds), None)

    def leave(self, code: int) -> None:
        """As Port; children are ended by the kernel."""
        self._manager.actorInst.exit_code = code
        self._manager.leave()

    def kill(self, pid: int, signal_number: int) -> None:
        """As Port."""
        if pid in self._manager.child_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)

    def exit_note(self, pid: int | None) -> str | None:
        """As Port."""
        return self._manager.exit_notes.get(pid) if pid is not None else None

    def reap(self) -> None:
        """As Port."""
        self._manager.childDied()

    def children_alive(self) -> frozenset[int]:
        """As Port."""
        return frozenset(self._manager.child_pids())

    def vitals(self, pid: int | None) -> Vitals | None:
        """As Port."""
        return vitals.read(pid)

    def first_words(self, frame: bytes) -> None:
        """As Port."""
        self._manager.first_words = frame

    def first_words_said(self) -> bool:
        """As Port."""
        offered, self._manager.first_words = self._manager.first_words, None
        return offered is None

    def where(self, child: ActorAddress) -> str | None:
        """As Port."""
        known = self._manager.known_address(child)
        return host_of(known) if known is not None else None

    def end_ward(self, child: ActorAddress) -> None:
        """As Port."""
        self._manager.end_ward(child)

    def follow_hosts(self) -> None:
        """As Port."""
        self._manager.notifyOnSystemRegistrationChanges(self._manager.myAddress, True)  # noqa: FBT003  # Thespian's

    @property
    def admin(self) -> ActorAddress | None:
        """As Port."""
        return self._manager._adminAddr  # noqa: SLF001  # Thespian has no other name for it

    @property
    def arrived_s(self) -> float:
        """As Port."""
        return self._manager.arrived_s

    @property
    def refused(self) -> Counter[str]:
        """As Port."""
        counted: Counter[str] = self._manager.transport.refused
        return counted


def port_of(reference: Any) -> Port:
    """The surroundings behind the reference that Thespian gives an actor."""
    if isinstance(reference, Manager):
        return ProcessPort(reference)
    port: Port = reference._system._systemBase.port_for(reference)  # noqa: SLF001  # Thespian's simple base
    return port
