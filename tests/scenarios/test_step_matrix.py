"""Steps 0 to 6 of Plug & Charge, the charge and its end, times the death of every kind of actor.

`make test` takes of each step one kind; EVSITE_EXAMPLES=2 has all steps times all kinds, at instants within
the steps that are drawn anew. docs/step-matrix.md tells what came of that.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.support.examples import TIMES
from tests.support.step_charge import Charge
from tests.support.step_matrix import MATRIX, NAMES, Case
from tests.support.step_site import Site, until
from tests.support.step_verdict import last_verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.timeout(300), pytest.mark.untraced]

SAMPLE = (
    (Case("step 0", "OcppSupervisor"), Case("step 5", "EvseManagerActor")),
    (Case("step 1", "V2gSessionActor"), Case("step 3", "AuthActor"), Case("stopping", "ChargePointActor")),
    (
        Case("step 2", "AuthSupervisor"),
        Case("step 4", "ChargePointActor"),
        Case("charging", "ConnectorActor"),
    ),
    (Case("step 4", "TokenRequestActor"), Case("step 6", "V2gLinkActor")),
)
"""Several deaths in each charge: of whoever has the most to do in that step, or the most to lose."""
CHARGES = SAMPLE if TIMES == 1 else tuple((case,) for case in MATRIX)
TRIES = 4
"""A death may come too late for its step, on a machine that does much else."""
STARVED = 0.2
"""Whoever waits for a core for such a part of its time may renew its word too late, and after half a second
of silence the contactor opens, rightly (docs/evse.md). A charge that goes wrong then says nothing of the
site; another one is tried.
"""
SEED = 20261121


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("steps"), SEED)
    yield site
    site.close()


def name_of(cases: tuple[Case, ...]) -> str:
    return " and ".join(f"{case.kind} in {case.step}" for case in cases)


def test_the_sample_has_a_death_in_every_step() -> None:
    assert {case.step for cases in SAMPLE for case in cases} == set(NAMES)


@pytest.mark.parametrize("cases", CHARGES, ids=name_of)
def test_a_car_charges_by_contract_whoever_dies_in_which_step(
    site: Site, cases: tuple[Case, ...], evsite_seed: int
) -> None:
    """One start, one end, contiguous, the energy that flowed; and the car beside is not touched."""
    seed = SEED if TIMES == 1 else evsite_seed
    until(site.whole, "everybody to run, and EVSE 1 to be free")
    for attempt in range(TRIES):
        charge = Charge(site, cases, random.Random(f"{seed} {cases} {attempt}"))
        seen = charge.run()
        found = verdict(seen)
        late = any(death.late for death in seen.deaths)
        if not found.findings and not late:
            return
        if found.findings and seen.starved < STARVED:
            break
        until(site.whole, "everybody to run, and EVSE 1 to be free")
    pytest.fail(f"{name_of(cases)}, try {attempt + 1}, seed {seed}, in {site.directory}: {late=}, {found}")


def test_at_last_all_transactions_are_whole(site: Site) -> None:
    site.call("ev.plug_out", evse=2)
    until(
        lambda: not any("no end" in each for each in last_verdict(site.record())), "the car beside to leave"
    )

    assert last_verdict(site.record()) == []
