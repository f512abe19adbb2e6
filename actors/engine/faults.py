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
from typing import TYPE_CHECKING, Any, ClassVar, Final

from protocols import codec
from protocols.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.engine.port import Port

MAX_RULES: Final = 256
_SLOT: Final = 8
REORDER_S: Final = 0.02


class Fault(enum.StrEnum):
    """What goes wrong."""

    CRASH = "crash"
    """The handler of the message raises."""
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


ON_RECEIVE: Final = frozenset({Fault.CRASH, Fault.HANG_BUSY, Fault.HANG_STOPPED})
ON_SEND: Final = frozenset({Fault.DROP, Fault.DELAY, Fault.DUPLICATE, Fault.REORDER})
AT_ONCE: Final = frozenset({Fault.DISK_FULL, Fault.JUMP_CLOCK})


@message
class Rule:
    """One thing that goes wrong, and when.

    `actor` is a pattern (fnmatch) for the path or class of the actor that is hit: the receiver for faults of
    handlers, the sender for faults of sending. `target` is a pattern for the name it sends to, `tag` for the
    message. The first `after` matches pass unharmed, the following `times` are hit, each with `probability`.
    """

    fault: Fault
    actor: str = "*"
    target: str = "*"
    tag: str = "*"
    after: int = 0
    times: int = 1
    probability: float = 1.0
    seconds: float = 0.0


class InjectedFault(Exception):  # noqa: N818  # it is a fault, injected
    """Raised in a handler because a rule said so."""


class FaultRuleError(ValueError):
    """A rule that makes no sense."""


def check(rule: Rule) -> None:
    """Raises FaultRuleError when a number of the rule is out of its range."""
    if rule.after < 0 or rule.times < 0:
        raise FaultRuleError(f"{'after' if rule.after < 0 else 'times'} is negative: {rule}")
    if not 0.0 <= rule.probability <= 1.0:
        raise FaultRuleError(f"probability is not in 0...1: {rule}")
    if rule.seconds < 0 and rule.fault is not Fault.JUMP_CLOCK:
        raise FaultRuleError(f"seconds are negative: {rule}")


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

    def strike(self, kinds: frozenset[Fault], actor: tuple[str, str], target: str, tag: str) -> Rule | None:
        """The rule that hits now, if any; counts the match."""
        for armed in self._armed:
            rule = armed.rule
            if rule.fault not in kinds or not self._matches(rule, actor, target, tag):
                continue
            seen = self.count(armed.slot) + 1
            self._counters[armed.slot * _SLOT : (armed.slot + 1) * _SLOT] = seen.to_bytes(_SLOT, "little")
            in_turn = rule.after < seen <= rule.after + rule.times
            if in_turn and self._chance(armed.slot, seen) < rule.probability:
                return rule
        return None

    def _chance(self, slot: int, seen: int) -> float:
        """In 0...1, of the match and not of the process: else every fork would throw the same dice again."""
        return random.Random(f"{self.seed} {slot} {seen}").random()  # noqa: S311  # repeatable on purpose

    @staticmethod
    def _matches(rule: Rule, actor: tuple[str, str], target: str, tag: str) -> bool:
        return (
            any(fnmatchcase(each, rule.actor) for each in actor)
            and fnmatchcase(target, rule.target)
            and fnmatchcase(tag, rule.tag)
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


def on_start(path: str, kind: str) -> None:
    """Raises InjectedFault when a rule says that this start fails."""
    if Faults.current is not None and (
        rule := Faults.current.strike(frozenset({Fault.FAIL_START}), (path, kind), "", "")
    ):
        raise InjectedFault(f"start of {path} fails: {rule}")


def on_receive(path: str, kind: str, tag: str) -> None:
    """Crash or hang here when a rule says so."""
    if Faults.current is None:
        return
    rule = Faults.current.strike(ON_RECEIVE, (path, kind), "", tag)
    if rule is None:
        return
    if rule.fault is Fault.CRASH:
        raise InjectedFault(f"{tag} at {path}")
    if rule.fault is Fault.HANG_STOPPED:
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    while True:  # a hang that only SIGKILL ends is what was asked for
        pass


def on_send(path: str, kind: str, target: str, tag: str) -> list[float] | None:
    """Delays, in seconds, of the copies to send: none when dropped. None: send as usual."""
    if Faults.current is None:
        return None
    rule = Faults.current.strike(ON_SEND, (path, kind), target, tag)
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
