"""A tree of many simple actors, to be killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from actors.engine.base import SiteActor, handles
from actors.engine.root import RootSupervisor
from actors.engine.supervision import ChildSpec
from actors.engine.supervisor import Supervisor
from protocols.message import Command, Reply, message

if TYPE_CHECKING:
    from collections.abc import Sequence


@message
class WhoReply(Reply):
    """An actor of the crowd and its process."""

    path: str
    pid: int


@message
class Who(Command):
    """Say who you are."""

    answer: ClassVar[type[Reply]] = WhoReply


@message
class NumberedReply(Reply):
    """Taken, and whether it came after everything this sender had said before."""

    in_order: bool


@message
class Numbered(Command):
    """The next in a row; `row` is one life of the sender."""

    answer: ClassVar[type[Reply]] = NumberedReply
    row: str
    number: int


@message
class TallyReply(Reply):
    """What a member has seen of its own asks."""

    asked: int
    answered: int
    answered_twice: int
    out_of_order: int
    failed: int


@message
class Tally(Command):
    """Tell what became of what you asked."""

    answer: ClassVar[type[Reply]] = TallyReply


@message
class TookReply(Reply):
    """How long each round trip took, in seconds."""

    each_s: tuple[float, ...]


@message
class Measure(Command):
    """Ask another member that many times and tell how long each round trip took."""

    answer: ClassVar[type[Reply]] = TookReply
    name: str
    times: int


@message
class Burst(Command):
    """Ask another member that many times at once and tell how long it took until all had answered."""

    answer: ClassVar[type[Reply]] = TookReply
    name: str
    times: int


class Member(SiteActor):
    """One of many. With `config["peer"]` it asks that name again and again and keeps count.

    Its successor recovers nothing: it counts anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = self.answered = self.answered_twice = self.out_of_order = self.failed = 0
        self._open: set[int] = set()
        self._last: dict[str, int] = {}

    def on_ready(self) -> None:
        if "peer" in self.config:
            self._ask_peer()

    def _ask_peer(self) -> None:
        self.start_timer("ask", float(self.config.get("every_s", 0.2)), self._ask_peer)
        for _ in range(3):
            self.asked += 1
            number = self.asked
            self._open.add(number)
            command = Numbered(row=f"{self.lineage} {self.port.pid}", number=number)
            self.ask(self.config["peer"], command, lambda reply, number=number: self._heard(number, reply))

    def _heard(self, number: int, reply: Reply) -> None:
        if number not in self._open:
            self.answered_twice += 1
        self._open.discard(number)
        self.answered += 1
        if isinstance(reply, NumberedReply):
            self.out_of_order += not reply.in_order
        else:
            self.failed += 1

    @handles(Numbered)
    def handle_numbered(self, command: Numbered) -> NumberedReply:
        last = self._last.get(command.row, 0)
        self._last[command.row] = command.number
        return NumberedReply(in_order=command.number > last)

    @handles(Tally)
    def handle_tally(self, _command: Tally) -> TallyReply:
        return TallyReply(
            asked=self.asked, answered=self.answered, answered_twice=self.answered_twice,
            out_of_order=self.out_of_order, failed=self.failed,
        )  # fmt: skip

    @handles(Who)
    def handle_who(self, _command: Who) -> WhoReply:
        return WhoReply(path=self.path, pid=self.port.pid)

    @handles(Measure)
    def handle_measure(self, command: Measure):
        deferred = self.defer()
        taken: list[float] = []
        clock = self.port.clock

        def again() -> None:
            begun_s = clock.monotonic_s()

            def then(_reply: Reply) -> None:
                taken.append(clock.monotonic_s() - begun_s)
                if len(taken) < command.times:
                    again()
                else:
                    deferred.answer(TookReply(each_s=tuple(taken)))

            self.ask(command.name, Who(), then)

        again()
        return deferred

    @handles(Burst)
    def handle_burst(self, command: Burst):
        deferred = self.defer()
        clock, begun_s = self.port.clock, self.port.clock.monotonic_s()
        left = command.times

        def then(_reply: Reply) -> None:
            nonlocal left
            left -= 1
            if not left:
                deferred.answer(TookReply(each_s=(clock.monotonic_s() - begun_s,)))

        for _ in range(command.times):
            self.ask(command.name, Who(), then)
        return deferred


class Group(Supervisor):
    """Keeps some members alive; `config["members"]` says how many."""

    def specs(self) -> Sequence[ChildSpec]:
        mine = self.path.rpartition("/")[2]
        count = int(self.config["members"])
        return [
            ChildSpec(
                id=f"m{number}",
                actor="tests.support.crowd.Member",
                grants={f"{mine}_m{number}/main": "crowd"},
                config=self._member_config(f"{mine}_m{(number + 1) % count}/main"),
                intensity=10_000,
                **self.config.get("spec", {}),
            )
            for number in range(count)
        ]

    def _member_config(self, peer: str) -> dict[str, Any]:
        return {"peer": peer, "every_s": self.config["every_s"]} if "every_s" in self.config else {}


class CrowdRoot(RootSupervisor):
    """Groups of members; `config` says how many of each."""

    def branches(self) -> Sequence[ChildSpec]:
        return [
            ChildSpec(
                id=f"g{number}",
                actor="tests.support.crowd.Group",
                config={key: value for key, value in self.config.items() if key != "groups"},
                intensity=10_000,
                start_s=30.0,
                shutdown_s=3.0,
            )
            for number in range(int(self.config["groups"]))
        ]
