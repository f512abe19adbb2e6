import pytest

from actors.v2g.secc.iso20.phases import FAILURES, Phase, chosen, mine
from actors.v2g.secc.iso20.talk import Iso20Talk
from actors.v2g.secc.turn import Turn
from tests.support.secc_iso20 import Car20


def turn():
    car = Car20()
    car.arrive()
    return Turn(car.bench.state, car.bench.settings, car.bench.now, car.bench.random)


def test_every_phase_knows_what_its_failure_is():
    assert set(FAILURES) == set(Phase)


def test_a_talk_begins_with_nothing_of_its_own():
    assert mine(turn()) == Iso20Talk()


def test_nobody_asks_for_a_choice_before_it_was_made():
    with pytest.raises(RuntimeError):
        chosen(turn())
