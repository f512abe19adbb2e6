"""Who is hung, and who only waits for a core."""

import pytest

from actors.engine.hang import MAX_PATIENCE, Vitals, hung

DEADLINE_S = 0.4


def vitals(state="S", ran_s=1.0, waited_s=1.0):
    return Vitals(state, ran_s, waited_s)


@pytest.mark.parametrize("state", ["T", "t", "Z", "X"])
def test_a_stopped_or_dead_process_is_hung_at_its_deadline(state):
    assert hung(DEADLINE_S, DEADLINE_S, vitals(), vitals(state=state, waited_s=9.0))


def test_a_process_that_ran_all_the_time_is_hung():
    assert hung(DEADLINE_S, DEADLINE_S, vitals("R"), vitals("R", ran_s=1.5))


def test_a_process_that_slept_all_the_time_is_hung():
    assert hung(DEADLINE_S, DEADLINE_S, vitals(), vitals())


def test_a_process_that_mostly_waited_for_a_core_is_not_hung():
    assert not hung(DEADLINE_S, DEADLINE_S, vitals("R"), vitals("R", waited_s=1.3))


@pytest.mark.parametrize("state", ["R", "D"])
def test_a_process_whose_wait_is_not_over_yet_is_not_hung(state):
    assert not hung(DEADLINE_S, DEADLINE_S, vitals("S"), vitals(state))


def test_patience_with_a_process_that_waits_for_a_disk_ends():
    assert hung(DEADLINE_S * MAX_PATIENCE, DEADLINE_S, vitals("S"), vitals("D"))


def test_a_process_that_got_a_little_of_a_busy_core_is_not_hung():
    assert not hung(1.2, DEADLINE_S, vitals("R"), vitals("R", ran_s=1.1, waited_s=1.5))


def test_a_process_that_spins_on_half_a_core_is_hung_at_its_deadline():
    assert hung(DEADLINE_S, DEADLINE_S, vitals("R"), vitals("R", ran_s=1.201, waited_s=1.201))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_a_process_that_spins_on_less_is_hung_when_it_had_half_a_deadline(share):
    before = Vitals("R", 0.0, 0.0)
    for had_s, expected in ((0.199, False), (0.201, True)):
        silent_s = had_s / share
        now = Vitals("R", had_s, silent_s - had_s)
        assert hung(silent_s, DEADLINE_S, before, now) is expected


def test_patience_with_a_starved_process_ends():
    silent_s = DEADLINE_S * MAX_PATIENCE

    assert hung(silent_s, DEADLINE_S, vitals("R"), vitals("R", waited_s=1.0 + silent_s))


@pytest.mark.parametrize(("before", "now"), [(None, vitals()), (vitals(), None), (None, None)])
def test_without_the_kernels_word_the_deadline_decides(before, now):
    assert hung(DEADLINE_S, DEADLINE_S, before, now)
