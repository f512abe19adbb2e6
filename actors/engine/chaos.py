"""Seeded destruction of a running system, from outside: for storm tests, demonstrations and users' own tests.

Everything is repeatable from its seed as far as the machine's timing allows: the same seed picks the same
victims in the same order.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.engine.messages import TreeNode


@dataclass(frozen=True, slots=True)
class Living:
    """An actor with a process."""

    path: str
    pid: int
    state: str


def living(node: TreeNode) -> Iterator[Living]:
    """Every actor of a tree that has a process on the host of its root, parents before children."""
    return _living(node, node.host, "")


def _living(node: TreeNode, host: str | None, prefix: str) -> Iterator[Living]:
    path = f"{prefix}{node.name}"
    if node.pid is not None and node.host == host:
        yield Living(path, node.pid, node.state)
    for child in node.children:
        yield from _living(child, host, f"{path}/")


def find(node: TreeNode, path: str) -> Living | None:
    """The actor at a path, or with that last part of its path where only one has it."""
    everybody = list(living(node))
    exact = [each for each in everybody if each.path == path]
    tails = [each for each in everybody if each.path.endswith(f"/{path}")]
    found = exact or tails
    return found[0] if len(found) == 1 else None


def send_signal(pid: int, number: int) -> bool:
    """Send a signal; return whether the process was still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


class Chaos:
    """Picks victims by a seed and kills or stops them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._random = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.struck: list[str] = []

    def victims(self, node: TreeNode, count: int, pattern: str = "*") -> list[Living]:
        """Up to `count` different actors whose path fits the pattern; never the root."""
        fitting = [each for each in living(node) if "/" in each.path and fnmatchcase(each.path, pattern)]
        return self._random.sample(fitting, min(count, len(fitting)))

    def kill(self, victims: list[Living], number: int = signal.SIGKILL) -> int:
        """Signal all of them at once; return how many were still there."""
        hit = [each.path for each in victims if send_signal(each.pid, number)]
        self.struck += hit
        return len(hit)

    def chance(self, below: int) -> int:
        """A number from 0 up to but not including `below`."""
        return self._random.randrange(below)
