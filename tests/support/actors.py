"""Actors whose behaviour a test decides. In one process with the test: for simulations.

What a life of an actor has noted down survives it in `RECORDS`, and what it is to do is taken from `SCRIPTS`;
both by path, so that a successor does as its predecessor. `reset` forgets everything.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from actors.engine import branch
from actors.engine.base import SiteActor, handles
from actors.engine.root import RootSupervisor
from actors.engine.supervision import ChildSpec, Strategy
from protocols import codec
from protocols.message import Reply
from tests.support.actors_messages import Answer, Event, Level, Note, Order, Poke, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from protocols.message import Var

RECORDS: defaultdict[str, list[Any]] = defaultdict(list)
SCRIPTS: dict[tuple[str, str], Callable[[Any], Any]] = {}
"""By path and hook (`on_start`, `on_ready`, `on_stop`, `question`, `order`, `init` by class name)."""


def reset() -> None:
    """Forget what the last test has left."""
    RECORDS.clear()
    SCRIPTS.clear()


class Puppet(SiteActor):
    """Notes down what it hears. Its successor recovers nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.todo: deque[Callable[[Puppet], object]] = deque()
        if (script := SCRIPTS.get((type(self).__name__, "init"))) is not None:
            script(self)

    @property
    def record(self) -> list[Any]:
        """What all lives under this path have noted down."""
        return RECORDS[self.path]

    def note(self, item: Any) -> None:
        """Note something down."""
        self.record.append(item)

    def play(self, hook: str, otherwise: Any = None) -> Any:
        """Do what the test wants here."""
        script = SCRIPTS.get((self.path, hook))
        return otherwise if script is None else script(self)

    def on_start(self) -> None:
        """As scripted."""
        self.play("on_start")

    def on_ready(self) -> None:
        """As scripted."""
        self.play("on_ready")

    def on_stop(self) -> None:
        """As scripted."""
        self.note("stopped")
        self.play("on_stop")

    @handles(Poke)
    def handle_poke(self, _news: Poke) -> None:
        """Do the next thing the test has thought of."""
        self.todo.popleft()(self)

    @handles(Question)
    def handle_question(self, command: Question) -> Any:
        """Answer, unless scripted otherwise."""
        self.note(command.text)
        return self.play("question", Answer(text=f"{command.text}!"))

    @handles(Order)
    def handle_order(self, command: Order) -> Any:
        """Obey, unless scripted otherwise."""
        self.note(command.number)
        return self.play("order", Reply())

    @handles(Note)
    def handle_note(self, news: Note) -> None:
        """Note it down."""
        self.note(news.number)
        self.play("note")

    def heard(self, reply: Reply) -> None:
        """Note down an answer."""
        self.note(reply)

    def listen(self, name: str, kind: type[Var] = Event) -> None:
        """Note down what a name publishes."""
        self.subscribe(name, kind, lambda item: self.note((name, getattr(item, "number", None))))

    def tell_everybody(self, number: int) -> None:
        """Publish an event."""
        self.publish(Event(number=number))

    def show(self, number: int) -> None:
        """Publish a state."""
        self.publish(Level(number=number), retain=True)


class Slow(Puppet):
    """Has not started before the test says `release("test")`."""

    def on_start(self) -> None:
        """Hold the start."""
        super().on_start()
        self.hold("test")


class Branch(branch.Branch):
    """Supervises what its configuration says, and notes down how that goes."""

    def on_gave_up(self, child_id: str, reason: str) -> None:
        """Note it down."""
        RECORDS[self.path].append(("gave up", child_id, reason))

    def on_all_started(self) -> None:
        """Note it down."""
        RECORDS[self.path].append("all started")


class OneForAllBranch(Branch):
    """Whose children cannot be told apart."""

    strategy = Strategy.ONE_FOR_ALL


class RestForOneBranch(Branch):
    """Whose later children depend on earlier ones."""

    strategy = Strategy.REST_FOR_ONE


class Site(RootSupervisor):
    """The root, with the branches its configuration says."""

    def branches(self) -> Sequence[ChildSpec]:
        """From the configuration, as a branch."""
        return [codec.from_plain(ChildSpec, each) for each in self.config.get(branch.CHILDREN, [])]
