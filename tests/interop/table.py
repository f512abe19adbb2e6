"""The table of a run against another program: what passed, what did not and is known not to, and why.

A case that is known not to pass says why, and what has to be seen when it does not; everything else that
happens is unexpected, also that it passes, and makes the run fail.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tests.interop.exi_java import ROOT, SkippedError, environment, say
from tests.support import network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Limit(NamedTuple):
    """Why a case does not pass with this peer."""

    reason: str
    shown_by: str
    """A pattern that is found in what was seen, in the log of the peer or of ours."""


class Case(Protocol):
    """What every case has."""

    @property
    def name(self) -> str:
        """As it is printed."""

    @property
    def limit(self) -> Limit | None:
        """Where the peer cannot do it."""


class Outcome(NamedTuple):
    """What became of a case."""

    good: bool
    seconds: float
    detail: str
    """In a line, for a case that has failed."""
    seen: str
    """Everything that a limit may be shown by."""


def verdict(limit: Limit | None, outcome: Outcome) -> tuple[str, bool]:
    """What is printed, and whether it was expected."""
    if outcome.good:
        return ("passes", True) if limit is None else (f"PASSES, though: {limit.reason}", False)
    if limit is None:
        return f"FAILED: {outcome.detail}", False
    if re.search(limit.shown_by, outcome.seen) is None:
        return f"FAILED otherwise than known ({limit.shown_by!r} is not seen): {outcome.detail}", False
    return f"limit: {limit.reason}", True


def run_all(
    cases: Sequence[Case],
    play: Callable[[Any, pathlib.Path, str], Outcome],
    about: str,
    untried: Mapping[str, str],
) -> int:
    """Run cases one after the other and print a line for each; the exit code.

    `play` is given a case, the Python of the peer and the directory for logs; `untried`: what the peer has no
    way to do at all, and why. A case raises SkippedError where this machine lacks something it needs.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--venv", default=str(ROOT / ".venv-interop"))
    parser.add_argument("--only", default="", help="part of the name of the cases to run")
    parser.add_argument("--keep", default="", help="directory for the peer's logs")
    arguments = parser.parse_args()
    if (reason := network.why_not()) is not None:
        say(f"skipped: {reason}")
        return 0
    try:
        python = environment(pathlib.Path(arguments.venv))
    except SkippedError as error:
        say(f"skipped: {error}")
        return 0
    begun_s, unexpected, passed, skipped = time.monotonic(), 0, 0, 0
    wanted = [case for case in cases if arguments.only in case.name]
    for case in wanted:
        try:
            outcome = play(case, python, arguments.keep)
        except SkippedError as reason:
            skipped += 1
            say(f"  {case.name:44}       -  skipped: {reason}")
            continue
        words, expected = verdict(case.limit, outcome)
        unexpected += not expected
        passed += outcome.good
        say(f"  {case.name:44} {outcome.seconds:5.1f} s  {words}")
    for name, why in untried.items():
        say(f"  {name:44}       -  not tried: {why}")
    without = f", {skipped} skipped" if skipped else ""
    say(
        f"{len(wanted)} cases: {passed} pass, {unexpected} unexpected{without}; "
        f"{time.monotonic() - begun_s:.0f} s, load {os.getloadavg()[0]:.1f}"
    )
    return 1 if unexpected else 0


def keep_log(directory: str, name: str, log: str) -> None:
    """Put a log where the user wants it."""
    if directory:
        pathlib.Path(directory, re.sub(r"\W+", "_", name) + ".log").write_text(log, encoding="utf-8")
