import pytest

from actors.v2g.secc.iso20 import contactors
from actors.v2g.secc.iso20.phases import Phase, keep
from actors.v2g.secc.turn import Turn
from protocols.interfaces import iso15118_charger as charger
from tests.support.secc_iso20 import car_in


def turn(car):
    return Turn(car.bench.state, car.bench.settings, car.bench.now, car.bench.random)


@pytest.mark.parametrize(("service", "kind"), [(1, charger.AcOpenContactor), (2, charger.DcOpenContactor)])
def test_a_car_is_parted_once(service, kind):
    made = turn(car_in(Phase.LOOP, service))

    contactors.part(made)
    contactors.part(made)

    assert [type(each.variable) for each in made.effects] == [charger.CurrentDemandFinished, kind]


def test_a_car_that_was_never_connected_is_not_parted():
    made = turn(car_in(Phase.PARAMETERS))

    contactors.part(made)

    assert made.effects == []


def test_energy_that_flowed_ends_even_if_the_contactors_are_open():
    made = turn(car_in(Phase.LOOP))
    keep(made, connected=False)

    contactors.part(made)

    assert [type(each.variable) for each in made.effects] == [charger.CurrentDemandFinished]
