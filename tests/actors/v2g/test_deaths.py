"""A charge goes the same way wherever its sessions die: relay, session and core in memory, in every mode."""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc.exchange import Note, Publish
from actors.v2g.secc.settings import Settings
from tests.support.ev_cars import wallet
from tests.support.examples import few
from tests.support.kill_matrix import MODES, yaml_of
from tests.support.mortal import Mortal

SETTINGS = Settings(scheduled_mode=True)
PATIENT = 40


def charge(mode, seed, percent):
    tls = "TLSv1.3" if "iso20" in mode.car else "TLSv1.2" if "contract" in mode.car else None
    text = yaml_of(mode, patience=PATIENT)
    return Mortal(text, seed=seed, percent=percent, settings=SETTINGS, tls=tls, wallet=wallet())


def course(charge):
    """The variables published, each where it comes first, and what was noted."""
    effects = charge.bench.history
    said = dict.fromkeys(type(each.variable).__name__ for each in effects if isinstance(each, Publish))
    return [*said], [each.event for each in effects if isinstance(each, Note)]


def counts(charge, mode):
    """How often the EVSE was told what it must be told once."""
    said = [
        type(each.variable).__name__.lower() for each in charge.bench.history if isinstance(each, Publish)
    ]
    return {name: said.count(name.replace("_", "")) for name in mode.once}


@functools.cache
def undisturbed(mode):
    return course(charge(mode, 0, 0))


@pytest.mark.parametrize("mode", MODES, ids=[mode.name for mode in MODES])
@few(6)
@given(seed=st.integers(0, 2**32), percent=st.integers(1, 100))
def test_a_charge_takes_its_course_wherever_sessions_die(mode, seed, percent):
    disturbed = charge(mode, seed, percent)

    assert str(disturbed.outcome) == "completed"
    assert disturbed.state.talk is None
    assert course(disturbed) == undisturbed(mode)
    assert counts(disturbed, mode) == dict.fromkeys(mode.once, 1)


def test_sessions_do_die_of_two_thirds_of_all_steps():
    assert charge(MODES[0], 1, 100).deaths > 40
