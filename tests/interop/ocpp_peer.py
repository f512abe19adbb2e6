"""Lets a whole site of ours work with two back-ends that are not ours, in both versions of OCPP 2.

    python -m tests.interop.ocpp_peer [--venv .venv-interop] [--only TEXT] [--keep DIR]

The back-ends are small programs around the npm package `ocpp-rpc` in its strict mode and the PyPI package
`ocpp` with its validation on; each of them boots, reports, charges, certifies and resets one `evsite run`
(`ocpp_scenario`). A step fails when something is not as the standard wants it, when the back-end refuses a
frame of the station, when its library reads something else than was sent, or when the two sides count
differently; and every kind of message is judged by both validations, whole and broken (`ocpp_verdicts`).
Where the back-end is not right the table says why; everything else that is seen makes the run fail. The npm
package is installed where it is missing (npm needs its index then); without Node.js its part is skipped.
Exit code: 1 for any difference that is not known.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import functools
import os
import pathlib
import signal
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from protocols.ocpp.version import Version
from tests.interop import ocpp_back_ends, ocpp_verdicts
from tests.interop.exi_java import ROOT, SkippedError, say
from tests.interop.ocpp_back_ends import ENDING, BackEnd, Program, SilentError, back_end
from tests.interop.ocpp_run import Run
from tests.interop.ocpp_scenario import ANSWERS, STEPS
from tests.interop.ocpp_service import SERVED, Service
from tests.interop.ocpp_site import running_site
from tests.interop.table import keep_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LIBRARY, RPC = "ocpp (PyPI)", "ocpp-rpc (npm)"
PROGRAMS: Final[Mapping[str, Callable[[pathlib.Path], Program]]] = {
    LIBRARY: lambda _folder: ocpp_back_ends.library(),
    RPC: ocpp_back_ends.rpc,
}
LIMIT_S: Final = 150.0
"""No step begins later."""
AT_ONCE: Final = 2
"""Sites; they mostly wait."""
VERSIONS: Final = {"2.0.1": Version.V201, "2.1": Version.V21}


class Difference(NamedTuple):
    """Of a refusal's code: what breaks, what we answer and what the peer would."""

    broken: str
    ours: str
    theirs: str


VALUE: Final = "a value that is not allowed: PropertyConstraintViolation"
NUMBER: Final = "how many there may be: OccurrenceConstraintViolation"
CODES: Final[Mapping[str, Mapping[Difference, str]]] = {
    LIBRARY: {
        Difference("enum", "PropertyConstraintViolation", "FormatViolation"): VALUE,
        Difference("maxLength", "PropertyConstraintViolation", "TypeConstraintViolation"): VALUE,
        Difference("minimum", "PropertyConstraintViolation", "TypeConstraintViolation"): VALUE,
        Difference("maximum", "PropertyConstraintViolation", "TypeConstraintViolation"): VALUE,
        Difference("maximum", "PropertyConstraintViolation", "FormatViolation"): VALUE,
        Difference("minItems", "OccurrenceConstraintViolation", "FormatViolation"): NUMBER,
        Difference("required", "OccurrenceConstraintViolation", "ProtocolError"): NUMBER,
    },
    RPC: {
        Difference("enum", "PropertyConstraintViolation", "FormatViolation"): VALUE,
        Difference("maxLength", "PropertyConstraintViolation", "FormatViolation"): VALUE,
        Difference("minimum", "PropertyConstraintViolation", "FormatViolation"): VALUE,
        Difference("maximum", "PropertyConstraintViolation", "FormatViolation"): VALUE,
        Difference("additionalProperties", "FormatViolation", "PropertyConstraintViolation"): (
            "a field that the schema has not is a matter of form, and no value is wrong"
        ),
        Difference("minItems", "OccurrenceConstraintViolation", "OccurenceConstraintViolation"): (
            "its spelling is that of OCPP 1.6"
        ),
        Difference("required", "OccurrenceConstraintViolation", "OccurenceConstraintViolation"): (
            "its spelling is that of OCPP 1.6"
        ),
    },
}
"""Both refuse what we refuse; where they give another code the meaning that part 4, section 4.3, gives to
each code decides."""


class Case(NamedTuple):
    """One back-end in one version."""

    name: str
    version: str
    program: Program
    keep: str
    ends_s: float
    """No step begins after this."""

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.name}, OCPP {self.version}"


class Row(NamedTuple):
    """A line of the table."""

    name: str
    seconds: float
    found: list[str]
    """What is not known; empty if all is well."""
    note: str = ""


def rows(case: Case) -> list[Row]:
    """Everything with one back-end in one version, as far as it goes."""
    made: list[Row] = []
    try:
        _play(case, made)
    except Exception as error:  # noqa: BLE001  # whatever it is, the table says it and the other cases are run
        made.append(Row("run", 0.0, [f"{type(error).__name__}: {error}"]))
    return made


def _play(case: Case, made: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as directory, back_end(case.program, case.version) as running:
        made.append(verdicts(case.name, running, case.version))
        for action, payloads in ANSWERS.items():
            running.answer(action, *payloads)
        service = Service(VERSIONS[case.version])
        for action in SERVED:
            running.serve(action, functools.partial(service.answer, action))
        with running_site(pathlib.Path(directory), running.port) as site:
            run = Run(running, site, case.version)
            made.extend(played(run, step, does, case.ends_s) for step, does in STEPS)
        keep_log(case.keep, case.title, site.log.read_text(encoding="utf-8", errors="replace"))
        keep_log(case.keep, f"{case.title} frames", "\n".join(map(str, running.frames)))
    heard = sum(each.incoming for each in running.frames)
    told = f"{heard} from the station, {len(running.frames) - heard} to it, {len(running.heard())} actions"
    made.append(Row("frames", 0.0, [], told))


def played(run: Run, name: str, does: Callable[[Run], None], ends_s: float) -> Row:
    """One step of the scenario."""
    begun_s = time.monotonic()
    if begun_s > ends_s or ENDING.is_set():
        return Row(name, 0.0, [f"not tried: {LIMIT_S:g} s have gone, or somebody has ended this"])
    run.found = []
    try:
        does(run)
    except SilentError as error:
        run.found.append(str(error))
    except Exception as error:  # noqa: BLE001  # whatever it is, the table says it and the next step is tried
        run.found.append(f"{type(error).__name__}: {error}")
    found = [*run.found, *(each for each in run.back_end.complaints if not expected(run, each))]
    run.back_end.complaints.clear()
    return Row(name, time.monotonic() - begun_s, found)


def expected(run: Run, complaint: str) -> bool:
    """Whether it complains of what was done on purpose: answers it has not asked for, and its refusal."""
    unasked = "unrecognised message ID" in complaint or "unknown unique id" in complaint
    return (unasked and any(each in complaint for each in run.raw)) or "not today" in complaint


def verdicts(name: str, running: BackEnd, version: str) -> Row:
    """Every message of the version, as both validations judge it."""
    begun_s = time.monotonic()
    given = list(ocpp_verdicts.judged(VERSIONS[version]))
    theirs = running.judge((each.action, each.answer, each.payload) for each in given)
    found: list[str] = []
    known: collections.Counter[Difference] = collections.Counter()
    for ours, result in zip(given, theirs, strict=True):
        code = result.error[0] if result.error else ""
        difference = Difference(ours.broken, ours.ours, code)
        if difference in CODES[name]:
            known[difference] += 1
        elif ours.ours != code:
            found.append(f"{ours.action}{' answer' * ours.answer}: {difference} {result.error}")
    note = f"{len(given)} payloads, every verdict the same; {known.total()} refused with another code:"
    lines = (
        f"\n        {count:4} {each.broken}: {each.theirs}; we are right: {CODES[name][each]}"
        for each, count in sorted(known.items())
    )
    return Row("verdicts", time.monotonic() - begun_s, found, note + "".join(lines))


def shown(row: Row) -> str:
    """A line for people."""
    verdict = "FAILED: " + "\n        ".join(row.found) if row.found else f"passes {row.note}".rstrip()
    return f"  {row.name:30} {row.seconds:5.1f} s  {verdict}"


def cases(arguments: argparse.Namespace, ends_s: float) -> Iterator[Case]:
    """Those that can be run here; says which cannot."""
    for name, program in PROGRAMS.items():
        try:
            made = program(arguments.venv)
        except SkippedError as reason:
            say(f"{name}: skipped: {reason}")
            continue
        for version in VERSIONS:
            case = Case(name, version, made, arguments.keep, ends_s)
            if arguments.only in case.title:
                yield case


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / ".venv-interop")
    parser.add_argument("--only", default="", help="part of the name and version of the back-ends to run")
    parser.add_argument("--keep", default="", help="directory for logs and frames")
    begun_s = time.monotonic()
    wanted = list(cases(parser.parse_args(), begun_s + LIMIT_S))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ENDING.set())
    all_rows: list[Row] = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for case, found in zip(wanted, pool.map(rows, wanted), strict=True):
            say(f"our charge point at a back-end of {case.title}:")
            for row in found:
                say(shown(row))
            all_rows += found
    failed = sum(bool(row.found) for row in all_rows)
    seconds = time.monotonic() - begun_s
    say(f"{len(all_rows) - failed} pass, {failed} unexpected; {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
