"""Actors for tests that need real processes: they are told by their configuration what to be."""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any, ClassVar

from actors.engine.base import SiteActor, handles
from actors.engine.root import RootSupervisor
from actors.engine.supervision import ChildSpec
from actors.engine.supervisor import Supervisor
from protocols.message import Command, Failure, Reply, Var, message

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = "tests.support.engine_actors"


@message
class WhoReply(Reply):
    """An actor and its process."""

    path: str
    pid: int
    host: str


@message
class Who(Command):
    """Say who you are."""

    answer: ClassVar[type[Reply]] = WhoReply


@message
class Burn(Command):
    """Compute for so long; nothing else is handled meanwhile."""

    seconds: float


@message
class Work(Command):
    """Compute until the process has been given so much of a core."""

    cpu_s: float


@message
class Load(Command):
    """Give somebody so much work at once; answered when all of it is done."""

    name: str
    count: int
    cpu_s: float


@message
class Crash(Command):
    """Raise."""


@message
class Spam(Command):
    """Send so many notes of a size to a name, at once."""

    name: str
    count: int
    size: int


@message
class Note(Var):
    """Take note."""

    text: str


@message
class NotesReply(Reply):
    """How many notes have arrived."""

    count: int


@message
class Notes(Command):
    """How many notes have arrived."""

    answer: ClassVar[type[Reply]] = NotesReply


@message
class Relay(Command):
    """Ask somebody else who they are, and answer what they answer."""

    answer: ClassVar[type[Reply]] = WhoReply
    name: str
    deadline_s: float = 5.0


@message
class Watch(Command):
    """Watch a socket that is closed and replaced under the same number; answer how much is read."""

    answer: ClassVar[type[Reply]] = NotesReply


class Plain(SiteActor):
    """Answers questions. Its successor recovers nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.notes = 0

    @handles(Who)
    def handle_who(self, _command: Who) -> WhoReply:
        return WhoReply(path=self.path, pid=self.port.pid, host=self.myAddress.addressDetails.host)

    @handles(Burn)
    def handle_burn(self, command: Burn) -> Reply:
        end = time.monotonic() + command.seconds
        while time.monotonic() < end:
            pass
        return Reply()

    @handles(Work)
    def handle_work(self, command: Work) -> Reply:
        end = time.process_time() + command.cpu_s
        while time.process_time() < end:
            pass
        return Reply()

    @handles(Load)
    def handle_load(self, command: Load) -> Any:
        deferred = self.defer()
        left = command.count

        def done(reply: Reply) -> None:
            nonlocal left
            left -= 1
            if not deferred.answered and (left == 0 or isinstance(reply, Failure)):
                deferred.answer(reply)

        for _ in range(command.count):
            self.ask(command.name, Work(cpu_s=command.cpu_s), done)
        return deferred

    @handles(Crash)
    def handle_crash(self, _command: Crash) -> Reply:
        raise RuntimeError("asked to")

    @handles(Spam)
    def handle_spam(self, command: Spam) -> Reply:
        note = Note(text="x" * command.size)
        for _ in range(command.count):
            self.tell(command.name, note)
        return Reply()

    @handles(Note)
    def handle_note(self, _note: Note) -> None:
        self.notes += 1

    @handles(Notes)
    def handle_notes(self, _command: Notes) -> NotesReply:
        return NotesReply(count=self.notes)

    @handles(Relay)
    def handle_relay(self, command: Relay) -> Any:
        deferred = self.defer()
        self.ask(command.name, Who(), deferred.answer, deadline_s=command.deadline_s, patient=False)
        return deferred

    @handles(Watch)
    def handle_watch(self, _command: Watch) -> Any:
        deferred = self.defer()
        first, first_end = socket.socketpair()
        number = first.fileno()

        def later() -> None:
            first.close()
            first_end.close()
            second, second_end = socket.socketpair()
            self.unwatch(number)
            if second.fileno() != number:
                os.dup2(second.fileno(), number)

            def read() -> None:
                self.unwatch(number)
                deferred.answer(NotesReply(count=len(os.read(number, 100))))

            self.watch(number, read)
            second_end.send(b"12345")
            self.kept = second, second_end

        self.watch(number, lambda: None)
        self.start_timer("later", 0.01, later)
        return deferred


class Stillborn(SiteActor):
    """Its constructor raises."""

    def __init__(self) -> None:
        super().__init__()
        raise ValueError("no such device")


class DeadBeforeBirth(SiteActor):
    """Ends in its constructor, before anybody has heard of it."""

    def __init__(self) -> None:
        super().__init__()
        os.kill(os.getpid(), signal.SIGKILL)


class Quitter(SiteActor):
    """Leaves with the exit code in its configuration as soon as it has started."""

    def on_ready(self) -> None:
        self.start_timer("leave", 0.01, lambda: self.leave(int(self.config["code"])))


class Stubborn(Plain):
    """Does not stop when it is asked to."""

    def _stop(self) -> None:
        return


def specs_of(config: dict[str, Any]) -> list[ChildSpec]:
    """Child specifications written as plain values."""
    children = []
    for number, plain in enumerate(config["children"]):
        given = {"id": f"c{number}", "actor": "Plain", **plain}
        given["actor"] = f"{HERE}.{given['actor']}"
        given.setdefault(
            "grants", {f"{given['id']}/main": "plain"} if given["actor"] != f"{HERE}.Floor" else {}
        )
        children.append(ChildSpec(**given))
    return children


class Floor(Supervisor):
    """Keeps the children its configuration names."""

    def specs(self) -> Sequence[ChildSpec]:
        return specs_of(self.config)


class House(RootSupervisor):
    """Keeps the children its configuration names."""

    def branches(self) -> Sequence[ChildSpec]:
        return specs_of(self.config)
