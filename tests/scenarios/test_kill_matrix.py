"""In every protocol and mode a car charges though its session dies of one request after the other.

How long the car waits is measured by `tests.benchmarks.kill_matrix`; in memory, where it costs less, sessions
die of far more in tests/actors/v2g/test_deaths.py.
"""

import pytest

from tests.support.examples import TIMES
from tests.support.kill_matrix import (
    HANGS,
    KILLS,
    LOOPS,
    MODES,
    SIGNED,
    Charge,
    Site,
    drive,
    furnish,
    rules,
    yaml_of,
)
from tests.support.links import Root

pytestmark = pytest.mark.timeout(300)

PATIENT = 40
"""So many times its usual time does a car wait here: the machine may be busy."""
LINKS = len(MODES) + 1
BYSTANDER = len(MODES)
TURNS = (*KILLS, None)
"""A request outlives two sessions, and is poison when it kills a third: after each turn one lives."""
ROUNDS = len(TURNS) // 2 if TIMES == 1 else len(TURNS)
"""With all of them each request of each mode meets each death; with half, what one mode leaves out its
neighbour takes. EVSITE_EXAMPLES=2 runs all, and so does the benchmark.
"""


@pytest.fixture
def site(evsite_faults, evsite_system, tmp_path):
    armed = evsite_faults(rules(LINKS))
    _system, client = evsite_system(Root, furnish(tmp_path, LINKS), within_s=60)
    return Site(client, tmp_path, LINKS, armed)


def die_in_turn(offset):
    return lambda number, _phase: TURNS[(number + offset) % len(TURNS)]


def hang():
    """Hang between the check of a signature and its answer, and twice in the loop."""
    stopped, undecided, busy = HANGS
    left = [(SIGNED, undecided), (LOOPS, stopped), (LOOPS, busy)]
    return lambda _number, phase: left.pop(0)[1] if left and phase in left[0][0] else None


def played(site, ways):
    """Cars of all modes at once, each at a link of its own, and one beside them whom nobody harms."""
    charges = [
        Charge(site, number, mode, yaml_of(mode, patience=PATIENT), way)
        for number, (mode, way) in enumerate(zip(MODES, ways, strict=True))
    ]
    beside = Charge(site, BYSTANDER, MODES[3], yaml_of(MODES[3], patience=PATIENT, lapse=60), lambda *_: None)
    drive([*charges, beside])
    return [*charges, beside]


def test_every_car_charges_once_whatever_its_session_dies_of(site):
    rounds = [[die_in_turn(offset + number) for number in range(len(MODES))] for offset in range(ROUNDS)]
    rounds.append([hang() for _ in MODES])

    problems, died = {}, 0
    for number, ways in enumerate(rounds):
        for charge in played(site, ways):
            died += len(charge.died)
            problems |= {(number, charge.mode.name): found} if (found := charge.problems()) else {}

    assert problems == {}
    assert sum(site.restarts()) >= died >= len(rounds) * len(MODES) * len(KILLS)
