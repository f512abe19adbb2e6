import pytest

from actors.v2g.secc.iso2.kept import is_dc, keep, kept
from actors.v2g.secc.iso2.talk import Iso2Talk
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols.types.iso15118 import EnergyTransferMode as Mode
from tests.support.secc import NOW, counted_random


def turn(mode=None, *offered):
    state = State(station=Station(energy_transfer_modes=offered), talk=Talk(energy_mode=mode))
    return Turn(state, Settings(), NOW, counted_random())


@pytest.mark.parametrize(
    ("mode", "offered", "dc"),
    [
        (None, (), False),
        (None, (Mode.DC_CORE,), True),
        (None, (Mode.DC_CORE, Mode.AC_SINGLE_PHASE_CORE), False),
        (Mode.DC_EXTENDED, (Mode.AC_SINGLE_PHASE_CORE,), True),
        (Mode.AC_THREE_PHASE_CORE, (Mode.DC_CORE,), False),
    ],
)
def test_what_the_car_has_chosen_decides_then_what_there_is(mode, offered, dc):
    assert is_dc(turn(mode, *offered)) is dc


def test_a_value_is_kept_beside_the_others():
    given = turn()
    assert kept(given) == Iso2Talk()

    keep(given, late="x")
    keep(given, closed=True)

    assert kept(given) == Iso2Talk(late="x", closed=True)
