"""How long a car waits for its answer when the session dies of its request, in every phase of every mode.

    python -m tests.benchmarks.kill_matrix [--rounds 1] [--only "-2 DC"] [--phases]

Our simulated car with the standards' own time-outs, real processes, loopback, TLS where the mode has it, a
played EVSE manager; one car at a time. In a charge the session dies one kind of death, at every fourth
request, beginning with another one in each charge, so that each request of a charge meets each death; it
hangs in the charging loop, and between the check of a contract's signature and its answer.
"""

from __future__ import annotations

import argparse
import collections
import os
import pathlib
import sys
import tempfile
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.engine import faults
from tests.benchmarks import bars
from tests.benchmarks.machine import describe, percentile
from tests.support.engine import running
from tests.support.kill_matrix import (
    DEATHS,
    HANGS,
    KILLS,
    LOOPS,
    MODES,
    SIGNED,
    Charge,
    Died,
    Site,
    drive,
    furnish,
    rules,
    yaml_of,
)
from tests.support.links import Root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.kill_matrix import Death

EVERY: Final = 4
"""Requests from one death to the next: each is over before the next comes."""
P99_BAR_S: Final = 0.1
LONGEST_BAR_S: Final = 0.25
"""Of a session that is killed (DESIGN 9): as long as a DC car waits for an answer of its loop."""
MANY: Final = 100
"""Deaths of which one in a hundred can be told."""


class Row(NamedTuple):
    """What is said of a mode and a death."""

    name: str
    died: Sequence[Died]
    charged: int = 0
    cars: int = 0
    judged: bool = True
    """Whether the bars are for it."""

    @property
    def held(self) -> bool:
        """Whether every car has charged, and no bar was missed."""
        took = [each.took_s for each in self.died]
        if self.charged < self.cars:
            return False
        if not self.judged or not took:
            return True
        return max(took) <= LONGEST_BAR_S and (len(took) < MANY or percentile(took, 0.99) <= P99_BAR_S)

    def cells(self) -> tuple[str, ...]:
        """For a table."""
        took = [each.took_s for each in self.died]
        times = (percentile(took, 0.5), percentile(took, 0.99), max(took)) if took else ()
        cars = f"{self.charged} of {self.cars}" if self.cars else ""
        verdict = "held" if self.judged else "charged"
        found = "" if not (self.judged or self.cars) else verdict if self.held else "MISSED"
        return (self.name, str(len(took)), *(f"{each * 1e3:.1f} ms" for each in times), cars, found)


def main() -> int:
    """Measure and print; exit code 1 when a car did not charge or a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="charges of each mode, death and beginning")
    parser.add_argument("--only", default="", help="modes whose name contains this")
    parser.add_argument("--phases", action="store_true", help="print each phase of each mode as well")
    arguments = parser.parse_args()
    wanted = [number for number, mode in enumerate(MODES) if arguments.only in mode.name]
    title = describe()
    armed = faults.enable(rules(len(MODES)))
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with running(Root, furnish(directory, len(MODES))) as (_system, client):
            site = Site(client, directory, len(MODES), armed)
            charges = list(charge_all(site, wanted * arguments.rounds))
    rows = list(rows_of(charges, [MODES[number].name for number in wanted], phases=arguments.phases))
    print_rows(f"{title}, {os.getloadavg()[0]:.1f} at the end", rows)
    for row in rows:
        if row.name == IN_LOOP and row.died:
            _, deaths, _p50, p99, longest, *_ = row.cells()
            bars.note("session", f"{IN_LOOP} (n={deaths})", f"p99 {p99}, longest {longest}", row.held)
    for name, problems in collections.Counter(
        (f"{mode}, {death}: {'; '.join(found)}") for mode, death, _, found in charges if found
    ).items():
        print(f"{problems} x {name}")  # noqa: T201  # this is what it is for
    return 0 if all(row.held for row in rows) else 1


IN_LOOP: Final = "all modes: killed in the loop"
CAPTION: Final = f"bars of kills: max <= 250 ms, and p99 <= 100 ms where there are {MANY} or more"
Played = tuple[str, str, list[Died], list[str]]
"""Mode, death, what came of it, what was wrong."""


def charge_all(site: Site, numbers: Sequence[int]) -> Iterator[Played]:
    """One car after the other, the modes in turn."""
    plans = [(death, dying(death, offset)) for offset in range(EVERY) for death in KILLS]
    for death, choose in plans:
        for number in numbers:
            yield play(site, number, death, choose)
    for death in HANGS:
        for number in numbers:
            yield play(site, number, death, hanging(death))


def play(site: Site, number: int, death: Death, choose: Callable[[int, str], Death | None]) -> Played:
    """One car."""
    charge = Charge(site, number, MODES[number], yaml_of(MODES[number], energy_wh=600), choose)
    drive([charge])
    return MODES[number].name, death.name, charge.died, charge.problems()


def dying(death: Death, offset: int) -> Callable[[int, str], Death | None]:
    """One death at every fourth request."""
    return lambda number, _phase: death if number % EVERY == offset else None


def hanging(death: Death) -> Callable[[int, str], Death | None]:
    """One hang at the check of the signature, and one in the loop when it has begun."""
    left = [SIGNED, LOOPS, LOOPS]

    def choose(_number: int, phase: str) -> Death | None:
        if not left or phase not in left[0]:
            return None
        first = len(left) == 2  # the first request of the loop is let pass
        del left[0]
        return None if first else death

    return choose


def rows_of(charges: Sequence[Played], modes: Sequence[str], *, phases: bool) -> Iterator[Row]:
    """By mode and death, and all together."""
    for mode in modes:
        for death in DEATHS:
            mine = [each for each in charges if each[:2] == (mode, death.name)]
            died = [each for one in mine for each in one[2]]
            good = sum(not one[3] for one in mine)
            yield Row(f"{mode}: {death.name}", died, good, len(mine), judged=death in KILLS)
            found = collections.Counter(each.phase for each in died) if phases else ()
            for phase in found:
                yield Row(f"    {phase}", [each for each in died if each.phase == phase], judged=False)
    everything = [each for one in charges for each in one[2]]
    killed = [each for each in everything if each.death in KILLS]
    yield Row("all modes: killed", killed)
    yield Row(IN_LOOP, [each for each in killed if each.phase in LOOPS])
    hung = [each for each in everything if each.death in HANGS]
    yield Row("all modes: hung in the loop", [each for each in hung if each.phase in LOOPS], judged=False)


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """As a table."""
    from rich.console import Console  # only printing needs it
    from rich.table import Table  # as above

    table = Table(title=title, title_justify="left", caption=CAPTION)
    for column in ("mode: session", "deaths", "p50", "p99", "max", "cars", ""):
        table.add_column(column)
    for row in rows:
        table.add_row(*row.cells())
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main())
