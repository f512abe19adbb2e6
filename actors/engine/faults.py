"""Fault injection: rules that every actor process consults, seeded and repeatable.

For users' tests as much as for ours. `enable` is called before the actor system is started; the rules and
their counters are inherited by every process (the counters live in shared memory, so that "the third message"
or "twice" also holds across restarts; two processes that count at the same instant may count once). Running
actors take new rules with `messages.Inject`. Without `enable` nothing here does anything and injection is
refused.

What needs no rule: killing and stopping processes is done from outside (`chaos`, `evsite kill`).
"""

from __future__ import annotations

import enum
import mmap
import os
import random
import resource
import signal
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Protocol

from actors.engine.envelope import Kind
from protocols import codec
from protocols.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.engine.envelope import Envelope
    from actors.engine.messages import Grant
    from actors.engine.port import Port

ANY: Final = "*"
KINDS: Final = (ANY, *(kind.name.lower() for kind in Kind))
FLUSH_S: Final = 1.0
"""How long a fault after an answer waits until the receiver's process has taken the answer."""
ENGINE: Final = "actors.engine."
"""How the tags of the engine's own messages begin."""
MAX_RULES: Final = 256
_SLOT: Final = 8
REORDER_S: Final = 0.02


class Fault(enum.StrEnum):
    """What goes wrong."""

    CRASH = "crash"
    """The handler of the message raises."""
    KILL = "kill"
    """The process that handles the message is killed (SIGKILL): it has no last words."""
    FAIL_CONSTRUCTOR = "fail_constructor"
    """The constructor of the actor raises."""
    FAIL_START = "fail_start"
    """The start of the actor raises."""
    HANG_BUSY = "hang_busy"
    """The handler of the message never returns and burns its core."""
    HANG_STOPPED = "hang_stopped"
    """The process is stopped (SIGSTOP) while it handles the message."""
    DROP = "drop"
    """The message is not sent."""
    DELAY = "delay"
    """The message is sent `seconds` later."""
    DUPLICATE = "duplicate"
    """The message is sent twice."""
    REORDER = "reorder"
    """The message is sent a little later, so that others overtake it."""
    DISK_FULL = "disk_full"
    """From now on the process can write nothing to any file."""
    JUMP_CLOCK = "jump_clock"
    """The process's time of day jumps by `seconds`, which may be negative."""


class Moment(enum.StrEnum):
    """When a fault of a handler strikes."""

    BEFORE = "before"
    """The message has arrived, and nothing has been done with it."""
    DECIDED = "decided"
    """The handler of a command has returned, and what it has returned is not sent: all its work is lost."""
    ANSWERED = "answered"
    """The message has been handled, and the receiver's process has its answer, if there is one."""


ON_RECEIVE: Final = frozenset({Fault.CRASH, Fault.KILL, Fault.HANG_BUSY, Fault.HANG_STOPPED})
ON_SEND: Final = frozenset({Fault.DROP, Fault.DELAY, Fault.DUPLICATE, Fault.REORDER})
ON_BIRTH: Final = frozenset({Fault.FAIL_CONSTRUCTOR, Fault.FAIL_START})
AT_ONCE: Final = frozenset({Fault.DISK_FULL, Fault.JUMP_CLOCK})


@message
class Rule:
    """One thing that goes wrong, and when.

    `actor` is a pattern (fnmatch) for the path or class of the actor that is hit: the receiver for faults of
    handlers, the sender for faults of sending. The others are about the message, and say nothing of births:

    - `kind` is one of `KINDS`;
    - `sender` is a pattern for the path or a name of who says it (a receiver knows the names of a sender only
      from what it answers or publishes);
    - `target` is a pattern for the name that a request or a tell is addressed to. An answer goes back to
      whoever asked, and a publication to whoever subscribed: both only fit `*`;
    - `tag` is a pattern for the tag. What the engine itself says (starts, pings, registrations, answers to
      them) is hit only by patterns that begin with `actors.engine.`.

    The first `after` matches pass unharmed, the following `times` are hit, each with `probability`. Only the
    faults of handlers have a `moment`.
    """

    fault: Fault
    actor: str = "*"
    kind: str = ANY
    sender: str = ANY
    target: str = ANY
    tag: str = ANY
    after: int = 0
    times: int = 1
    probability: float = 1.0
    seconds: float = 0.0
    moment: Moment = Moment.BEFORE


class Speaking(Protocol):
    """An actor, as far as rules look at it."""

    path: str

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The names it serves."""

    @property
    def port(self) -> Port:
        """Its surroundings."""


_expected = ""
"""The path of the actor that is being constructed."""


class InjectedFault(Exception):  # noqa: N818  # it is a fault, injected
    """Raised in a handler because a rule said so."""


class FaultRuleError(ValueError):
    """A rule that makes no sense."""


def check(rule: Rule) -> None:
    """Raises FaultRuleError when a value of the rule is out of its range."""
    if rule.kind not in KINDS:
        raise FaultRuleError(f"kind is none of {', '.join(KINDS)}: {rule}")
    if rule.after < 0 or rule.times < 0:
        raise FaultRuleError(f"{'after' if rule.after < 0 else 'times'} is negative: {rule}")
    if not 0.0 <= rule.probability <= 1.0:
        raise FaultRuleError(f"probability is not in 0...1: {rule}")
    if rule.seconds < 0 and rule.fault is not Fault.JUMP_CLOCK:
        raise FaultRuleError(f"seconds are negative: {rule}")
    if rule.moment is not Moment.BEFORE and rule.fault not in ON_RECEIVE:
        raise FaultRuleError(f"moment is for faults of handlers: {rule}")


class _What(NamedTuple):
    """A message as rules see it; empty at a birth."""

    kind: str = ""
    senders: tuple[str, ...] = ()
    target: str = ""
    tag: str = ""
    internal: bool = False
    moment: Moment = Moment.BEFORE


def _message(kind: Kind, path: str, names: tuple[str, ...], about: str, tag: str) -> _What:
    """What is said by the actor at `path`, of which these names are known."""
    internal = tag.startswith(ENGINE) or (kind is Kind.RESPONSE and not about)
    if kind in (Kind.RESPONSE, Kind.PUBLISH):
        return _What(kind.name.lower(), (path, about), "", tag, internal)
    return _What(kind.name.lower(), (path, *names), about, tag, internal)


@dataclass(slots=True)
class _Armed:
    """A rule with its shared counter."""

    rule: Rule
    slot: int


class Faults:
    """The rules in force in this process and the processes forked from it."""

    current: ClassVar[Faults | None] = None

    def __init__(self, rules: Sequence[Rule], seed: int) -> None:
        self.seed = seed
        self.replace(rules)

    def replace(self, rules: Sequence[Rule]) -> None:
        """Put other rules in force, in this process and those it forks from now on. Raises FaultRuleError.

        They count in memory of their own: the processes that keep the old rules keep their counters.
        """
        if len(rules) > MAX_RULES:
            raise FaultRuleError(f"{len(rules)} rules are more than the {MAX_RULES} there is room for")
        for rule in rules:
            check(rule)
        self._counters = mmap.mmap(-1, MAX_RULES * _SLOT)
        self._armed = [_Armed(rule, slot) for slot, rule in enumerate(rules)]

    def count(self, slot: int) -> int:
        """Matches of a rule so far, in all processes."""
        return int.from_bytes(self._counters[slot * _SLOT : (slot + 1) * _SLOT], "little")

    def arm(self, slot: int) -> None:
        """Have the next match of a rule be the first that is hit, in whatever process it happens.

        For tests that know the moment better than a number: with a large `after` a rule rests until then.
        """
        self._set(slot, self._armed[slot].rule.after)

    def _set(self, slot: int, count: int) -> None:
        self._counters[slot * _SLOT : (slot + 1) * _SLOT] = count.to_bytes(_SLOT, "little")

    def strike(self, kinds: frozenset[Fault], actor: tuple[str, str], what: _What) -> Rule | None:
        """The rule that hits now, if any; counts the match."""
        for armed in self._armed:
            rule = armed.rule
            if rule.fault not in kinds or not _matches(rule, actor, what):
                continue
            seen = self.count(armed.slot) + 1
            self._set(armed.slot, seen)
            in_turn = rule.after < seen <= rule.after + rule.times
            if in_turn and self._chance(armed.slot, seen) < rule.probability:
                return rule
        return None

    def _chance(self, slot: int, seen: int) -> float:
        """In 0...1, of the match and not of the process: else every fork would throw the same dice again."""
        return random.Random(f"{self.seed} {slot} {seen}").random()  # noqa: S311  # repeatable on purpose


def _matches(rule: Rule, actor: tuple[str, str], what: _What) -> bool:
    return (
        any(fnmatchcase(each, rule.actor) for each in actor)
        and rule.kind in (ANY, what.kind)
        and (rule.sender == ANY or any(fnmatchcase(each, rule.sender) for each in what.senders))
        and fnmatchcase(what.target, rule.target)
        and fnmatchcase(what.tag, rule.tag)
        and rule.moment is what.moment
        and (not what.internal or rule.tag.startswith(ENGINE))
    )


def enable(rules: Sequence[Rule] = (), *, seed: int = 0) -> Faults:
    """Switch fault injection on for the actor system that is started next. Raises FaultRuleError."""
    for rule in rules:
        if rule.fault in AT_ONCE:
            raise FaultRuleError(f"{rule.fault} can only be injected into a running actor: {rule}")
    Faults.current = Faults(rules, seed)
    return Faults.current


def disable() -> None:
    """Switch fault injection off for actor systems started later."""
    Faults.current = None


def constructing(path: str) -> None:
    """Say for whom the next constructor runs, in this process or one that is forked from it."""
    global _expected  # noqa: PLW0603  # a constructor has no arguments to tell it
    _expected = path


def on_construct(kind: str) -> None:
    """Raises InjectedFault when a rule says that this constructor fails."""
    if Faults.current is not None and (
        rule := Faults.current.strike(frozenset({Fault.FAIL_CONSTRUCTOR}), (_expected, kind), _What())
    ):
        raise InjectedFault(f"constructor of {_expected} fails: {rule}")


def on_start(path: str, kind: str) -> None:
    """Raises InjectedFault when a rule says that this start fails."""
    if Faults.current is not None and (
        rule := Faults.current.strike(frozenset({Fault.FAIL_START}), (path, kind), _What())
    ):
        raise InjectedFault(f"start of {path} fails: {rule}")


def on_receive(actor: Speaking, letter: Envelope, tag: str, moment: Moment = Moment.BEFORE) -> None:
    """Crash, be killed or hang here when a rule says so."""
    if Faults.current is None:
        return
    what = _message(letter.kind, letter.sender, (), letter.about, tag)._replace(moment=moment)
    rule = Faults.current.strike(ON_RECEIVE, (actor.path, type(actor).__name__), what)
    if rule is None:
        return
    if moment is Moment.ANSWERED:
        actor.port.flush(FLUSH_S)
    if rule.fault is Fault.CRASH:
        raise InjectedFault(f"{tag} at {actor.path}")
    if rule.fault is Fault.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    if rule.fault is Fault.HANG_STOPPED:
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    while True:  # a hang that only SIGKILL ends is what was asked for
        pass


def on_send(actor: Speaking, kind: Kind, about: str, tag: str) -> list[float] | None:
    """Delays, in seconds, of the copies to send: none when dropped. None: send as usual."""
    if Faults.current is None:
        return None
    names = tuple(grant.name for grant in actor.grants)
    what = _message(kind, actor.path, names, about, tag)
    rule = Faults.current.strike(ON_SEND, (actor.path, type(actor).__name__), what)
    if rule is None:
        return None
    return {
        Fault.DROP: [],
        Fault.DELAY: [rule.seconds],
        Fault.DUPLICATE: [0.0, 0.0],
        Fault.REORDER: [rule.seconds or REORDER_S],
    }[rule.fault]


def inject(plain: Sequence[dict[str, Any]], port: Port) -> str | None:
    """Put rules in force in this process; return what is wrong with them."""
    if Faults.current is None:
        return "this site was started without fault injection"
    try:
        rules = [codec.from_plain(Rule, each) for each in plain]
        Faults.current.replace(rules)
    except (codec.DecodeError, FaultRuleError) as error:
        return str(error)
    for rule in rules:
        if rule.fault is Fault.JUMP_CLOCK:
            port.clock.jump(rule.seconds)
        elif rule.fault is Fault.DISK_FULL:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return None
