"""A tree of many simple actors, to be killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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
class Pound(Command):
    """Ask another member of the crowd that many times, one after the other, then answer with the time."""

    answer: ClassVar[type[Reply]] = Reply
    name: str
    times: int


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


class Member(SiteActor):
    """One of many. Its successor recovers nothing: it has no state."""

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


class Group(Supervisor):
    """Keeps some members alive; `config["members"]` says how many."""

    def specs(self) -> Sequence[ChildSpec]:
        mine = self.path.rpartition("/")[2]
        return [
            ChildSpec(
                id=f"m{number}",
                actor="tests.support.crowd.Member",
                grants={f"{mine}_m{number}/main": "crowd"},
                intensity=10_000,
                **self.config.get("spec", {}),
            )
            for number in range(int(self.config["members"]))
        ]


class CrowdRoot(RootSupervisor):
    """Groups of members; `config` says how many of each."""

    def branches(self) -> Sequence[ChildSpec]:
        return [
            ChildSpec(
                id=f"g{number}",
                actor="tests.support.crowd.Group",
                config={"members": self.config["members"], "spec": self.config.get("spec", {})},
                intensity=10_000,
                start_s=30.0,
                shutdown_s=3.0,
            )
            for number in range(int(self.config["groups"]))
        ]
