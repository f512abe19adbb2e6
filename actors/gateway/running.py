"""The methods that are under way: drives their generators from step to step. Pure.

Whatever a method does wrong is the error -32603 of its caller and a line in the log: nobody else's call is to
suffer from it.
"""

from __future__ import annotations

import heapq
import itertools
import traceback
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from actors.gateway.effects import AskActor, Effect, Moment, Note
from actors.gateway.method import All, Ask, AskClient, Kill, Listen, Scene, Sleep, Step, Unlisten, Until
from actors.gateway.rpc import Answer, Code, RpcError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from protocols.message import Reply

    Outcome = Any | RpcError
    Done = Callable[[Outcome], Iterable[Effect]]
    AtOnce = Callable[[int, Listen | Unlisten | Kill], Iterable[Effect] | RpcError]
    ToClient = Callable[[AskClient, Callable[[Answer], None]], Iterable[Effect]]

_NOT_YET: Final = object()
"""A step that is not over."""


@dataclass(slots=True, eq=False)
class Task:
    """One method under way."""

    number: int
    scene: Scene
    steps: Generator[Step, Any, Any]
    done: Done
    step: int = 0
    """Goes up with every step; what came of an earlier one is too late."""
    until: Until | None = None
    replies: list[Any] = field(default_factory=list)
    """Of the asks of this step; `_NOT_YET` stands for those that are awaited."""
    alone: bool = False
    """Whether the step was one ask, not several."""
    asks: set[int] = field(default_factory=set)


class Running:
    """Everything under way. `at_once` carries out the steps that take no time, or gives the error that the
    method is to have; `to_client` asks the program behind a connection.
    """

    def __init__(self, at_once: AtOnce, to_client: ToClient) -> None:
        self._at_once, self._to_client = at_once, to_client
        self._numbers = itertools.count(1)
        self._tasks: dict[int, Task] = {}
        self._asked: dict[int, tuple[Task, int]] = {}
        """By number of an ask: whose, and its place among the replies."""
        self._alarms: list[tuple[float, int, int]] = []
        """When, which task, in which step."""
        self._answers: list[tuple[int, int, Answer]] = []
        """Answers of clients that are to be handed on: which task, in which step."""

    def __len__(self) -> int:
        return len(self._tasks)

    def count(self, caller: int) -> int:
        """How many of one caller are under way."""
        return sum(task.scene.caller == caller for task in self._tasks.values())

    @property
    def next_s(self) -> float | None:
        """When `due` is to be called."""
        while self._alarms and not self._expects(*self._alarms[0][1:]):
            heapq.heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def start(self, steps: Generator[Step, Any, Any], scene: Scene, done: Done, now: Moment) -> list[Effect]:
        """Begin a method; `done` gets its result, or RpcError, and says what is to be done with it."""
        task = Task(next(self._numbers), scene, steps, done)
        self._tasks[task.number] = task
        return self._resume(task, partial(steps.send, None), now)

    def replied(self, number: int, reply: Reply, now: Moment) -> list[Effect]:
        """An actor has answered."""
        task, place = self._asked.pop(number, (None, 0))
        if task is None:
            return []
        task.asks.discard(number)
        task.replies[place] = reply
        if any(each is _NOT_YET for each in task.replies):
            return []
        value = reply if task.alone else tuple(task.replies)
        return self._resume(task, partial(task.steps.send, value), now)

    def looked(self, now: Moment) -> list[Effect]:
        """The picture has changed."""
        effects: list[Effect] = []
        for task in [each for each in self._tasks.values() if each.until is not None]:
            if task.until is not None:  # its caller may have been closed for what another one was told
                effects += self._look(task, task.until, now)
        return effects

    def due(self, now: Moment) -> list[Effect]:
        """Time has passed."""
        effects: list[Effect] = []
        while (next_s := self.next_s) is not None and next_s <= now.s:
            task = self._tasks[heapq.heappop(self._alarms)[1]]
            value = None if task.until is None else False
            effects += self._resume(task, partial(task.steps.send, value), now)
        return effects

    def answered(self, now: Moment) -> list[Effect]:
        """Clients have answered: hand it on to those who asked."""
        effects: list[Effect] = []
        while self._answers:
            number, step, answer = self._answers.pop(0)
            if self._expects(number, step):
                task = self._tasks[number]
                effects += self._resume(task, partial(task.steps.send, answer), now)
        return effects

    def drop(self, caller: int) -> list[Effect]:
        """A caller has gone: what runs for it ends where it stands."""
        effects: list[Effect] = []
        for task in [each for each in self._tasks.values() if each.scene.caller == caller]:
            self._forget(task)
            effects += _closed(task)
        return effects

    # -- one task ------------------------------------------------------------------------------------------

    def _expects(self, number: int, step: int) -> bool:
        task = self._tasks.get(number)
        return task is not None and task.step == step

    def _forget(self, task: Task) -> None:
        self._tasks.pop(task.number, None)
        self._clear(task)

    def _clear(self, task: Task) -> None:
        """The step in hand is over."""
        for number in task.asks:
            self._asked.pop(number, None)
        task.step += 1
        task.until, task.replies, task.alone, task.asks = None, [], False, set()

    def _resume(self, task: Task, give: Callable[[], Step], now: Moment) -> list[Effect]:
        """Go on with a method until it waits for something or ends."""
        effects: list[Effect] = []
        task.scene.now = now.at
        outcome: Outcome
        while True:
            self._clear(task)
            try:
                value = self._begin(task, give(), effects, now)
            except StopIteration as end:
                outcome = end.value
                break
            except RpcError as problem:
                outcome = problem
                break
            except Exception as error:  # noqa: BLE001  # see the module's docstring
                effects += [_note(error), *_closed(task)]
                outcome = RpcError(Code.INTERNAL, "a fault of the Gateway; its log has it")
                break
            if value is _NOT_YET:
                return effects
            give = partial(task.steps.throw if isinstance(value, RpcError) else task.steps.send, value)
        self._forget(task)
        return [*effects, *task.done(outcome)]

    def _begin(self, task: Task, step: Step, effects: list[Effect], now: Moment) -> Any:
        """Begin a step; gives what came of it if that is known at once."""
        match step:
            case Ask() | All():
                task.alone = isinstance(step, Ask)
                return self._ask(task, (step,) if isinstance(step, Ask) else step.asks, effects)
            case Sleep():
                return self._wait(task, step.seconds, now)
            case Until():
                task.until = step
                return True if step.what(task.scene.picture) else self._wait(task, step.within_s, now)
            case AskClient():
                effects += self._to_client(step, partial(self._take, task.number, task.step))
                return _NOT_YET
        found = self._at_once(task.scene.caller, step)
        effects += () if isinstance(found, RpcError) else found
        return found if isinstance(found, RpcError) else None

    def _ask(self, task: Task, asks: tuple[Ask, ...], effects: list[Effect]) -> Any:
        task.replies = [_NOT_YET] * len(asks)
        for place, ask in enumerate(asks):
            number = next(self._numbers)
            self._asked[number] = task, place
            task.asks.add(number)
            effects.append(AskActor(number, ask.name, ask.command, ask.deadline_s))
        return _NOT_YET if asks else ()

    def _wait(self, task: Task, seconds: float, now: Moment) -> Any:
        heapq.heappush(self._alarms, (now.s + seconds, task.number, task.step))
        return _NOT_YET

    def _take(self, number: int, step: int, answer: Answer) -> None:
        self._answers.append((number, step, answer))

    def _look(self, task: Task, until: Until, now: Moment) -> list[Effect]:
        try:
            so = until.what(task.scene.picture)
            give = partial(task.steps.send, so) if so else None
        except Exception as error:  # noqa: BLE001  # see the module's docstring
            give = partial(task.steps.throw, error)
        return [] if give is None else self._resume(task, give, now)


def _closed(task: Task) -> list[Effect]:
    """End a method where it stands."""
    try:
        task.steps.close()
    except Exception as error:  # noqa: BLE001  # see the module's docstring
        return [_note(error)]
    return []


def _note(error: Exception) -> Note:
    where = traceback.extract_tb(error.__traceback__)[-1:]
    return Note("method_failed", f"{type(error).__name__}: {error} ({where[0].name if where else '?'})")
