"""A tree of many simple actors, to be killed.

What members count is in memory that they share with the test: it survives whoever counted it.
"""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING, Any, ClassVar, Final

from actors.engine.base import SiteActor, handles
from actors.engine.root import RootSupervisor
from actors.engine.supervision import ChildSpec
from actors.engine.supervisor import Supervisor
from protocols.message import Command, Failure, Reply, Var, message

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
    """Taken."""

    number: int


@message
class Numbered(Command):
    """The next in a row of what one life of a sender asks and tells a name; an answer repeats the number."""

    answer: ClassVar[type[Reply]] = NumberedReply
    row: str
    number: int


@message
class Said(Var):
    """The same, of which no answer is expected."""

    row: str
    number: int


@message
class Talk(Var):
    """Go on asking and telling, or stop it."""

    on: bool


@message
class TallyReply(Reply):
    """What a member has seen since it has started."""

    asked: int
    answered: int
    failed: int
    wrongly_answered: int
    """Asks that had a second answer, or that of another ask."""
    asked_late: int
    told_late: int
    """What was asked, and told, of this member after something that its sender has said later."""


@message
class Tally(Command):
    """Tell what became of what you asked, and of the order in which you were asked."""

    answer: ClassVar[type[Reply]] = TallyReply


@message
class Spin(Var):
    """Compute without end."""


@message
class TookReply(Reply):
    """How long each round trip took, in seconds."""

    each_s: tuple[float, ...]


@message
class Measure(Command):
    """Ask another member that many times and tell how long each round trip took, or the first Failure."""

    answer: ClassVar[type[Reply]] = TookReply
    name: str
    times: int


@message
class Burst(Command):
    """The same, all at once: how long it took until all had answered."""

    answer: ClassVar[type[Reply]] = TookReply
    name: str
    times: int


COUNTED: Final = tuple(TallyReply.__annotations__)
ROWS: Final = 256


class Ledger:
    """Counters of all lives of all members; a row has one writer at a time, the living holder of a name."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, ROWS * len(COUNTED) * 8)

    def add(self, row: int, kind: str) -> None:
        """Count one."""
        start = (row * len(COUNTED) + COUNTED.index(kind)) * 8
        count = int.from_bytes(self._memory[start : start + 8], "little") + 1
        self._memory[start : start + 8] = count.to_bytes(8, "little")

    def totals(self) -> dict[str, int]:
        """Of all rows."""
        counts = struct.unpack(f"<{ROWS * len(COUNTED)}q", self._memory[:])
        return {kind: sum(counts[place :: len(COUNTED)]) for place, kind in enumerate(COUNTED)}

    def clear(self) -> None:
        """Begin anew."""
        self._memory[:] = bytes(len(self._memory))


LEDGER: Final = Ledger()


class Member(SiteActor):
    """One of many. With `config["peer"]` it talks to that name again and again and keeps count.

    Its successor recovers nothing: it counts anew, and what it says is a row of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counted = dict.fromkeys(COUNTED, 0)
        self._said = 0
        self._open: set[int] = set()
        self._last: dict[str, int] = {}

    def on_ready(self) -> None:
        if "peer" in self.config:
            self._talk()

    @handles(Talk)
    def handle_talk(self, wish: Talk) -> None:
        if wish.on:
            self._talk()
        else:
            self.cancel_timer("talk")

    def _talk(self) -> None:
        self.start_timer("talk", float(self.config.get("every_s", 0.2)), self._talk)
        for _ in range(2):
            self._ask_peer()
            self._said += 1
            self.tell(self.config["peer"], Said(row=self._row, number=self._said))
        self._ask_peer()

    @property
    def _row(self) -> str:
        return f"{self.lineage} {self.port.pid}"

    def _ask_peer(self) -> None:
        self._count("asked")
        self._said += 1
        number = self._said
        self._open.add(number)
        command = Numbered(row=self._row, number=number)
        self.ask(self.config["peer"], command, lambda reply: self._heard(number, reply))

    def _heard(self, number: int, reply: Reply) -> None:
        taken = isinstance(reply, NumberedReply)
        if number not in self._open or (taken and reply.number != number):
            self._count("wrongly_answered")
        self._open.discard(number)
        self._count("answered" if taken else "failed")

    def _count(self, kind: str) -> None:
        self.counted[kind] += 1
        LEDGER.add(int(self.config.get("row", 0)), kind)

    def _take(self, row: str, number: int, late: str) -> None:
        last = self._last.get(row, 0)
        self._last[row] = max(last, number)
        if number <= last:
            self._count(late)

    @handles(Numbered)
    def handle_numbered(self, command: Numbered) -> NumberedReply:
        self._take(command.row, command.number, "asked_late")
        return NumberedReply(number=command.number)

    @handles(Said)
    def handle_said(self, news: Said) -> None:
        self._take(news.row, news.number, "told_late")

    @handles(Tally)
    def handle_tally(self, _command: Tally) -> TallyReply:
        return TallyReply(**self.counted)

    @handles(Who)
    def handle_who(self, _command: Who) -> WhoReply:
        return WhoReply(path=self.path, pid=self.port.pid)

    @handles(Spin)
    def handle_spin(self, _command: Spin) -> None:
        while True:
            pass

    @handles(Measure)
    def handle_measure(self, command: Measure):
        deferred = self.defer()
        taken: list[float] = []
        clock = self.port.clock

        def again() -> None:
            begun_s = clock.monotonic_s()

            def then(reply: Reply) -> None:
                if isinstance(reply, Failure):
                    deferred.answer(reply)
                    return
                taken.append(clock.monotonic_s() - begun_s)
                if len(taken) < command.times:
                    again()
                else:
                    deferred.answer(TookReply(each_s=tuple(taken)))

            self.ask(command.name, Who(), then, repeat=True)

        again()
        return deferred

    @handles(Burst)
    def handle_burst(self, command: Burst):
        deferred = self.defer()
        clock, begun_s = self.port.clock, self.port.clock.monotonic_s()
        left = command.times

        def then(reply: Reply) -> None:
            nonlocal left
            left -= 1
            if isinstance(reply, Failure) and not deferred.answered:
                deferred.answer(reply)
            if not left and not deferred.answered:
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
                config=self._member_config(number, count),
                intensity=10_000,
                **self.config.get("spec", {}),
            )
            for number in range(count)
        ]

    def _member_config(self, number: int, count: int) -> dict[str, Any]:
        if "every_s" not in self.config:
            return {}
        mine = self.path.rpartition("/")[2]
        return {
            "peer": f"{mine}_m{(number + 1) % count}/main",
            "every_s": self.config["every_s"],
            "row": int(mine.removeprefix("g")) * count + number,
        }


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
