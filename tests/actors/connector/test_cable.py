"""What a cable can carry by its proximity resistor."""

import pytest

from actors.connector.cable import has_socket, rating_a
from protocols.types.board_support_common import Ampacity
from tests.support.outlet import CABLE, SOCKET


@pytest.mark.parametrize(
    ("ampacity", "phases", "rating"),
    [
        (None, 3, None),
        (Ampacity.NONE, 3, None),
        (Ampacity.A_13, 3, 13),
        (Ampacity.A_20, 1, 20),
        (Ampacity.A_32, 3, 32),
        (Ampacity.A_63_3PH_70_1PH, 3, 63),
        (Ampacity.A_63_3PH_70_1PH, 1, 70),
    ],
)
def test_a_cable_carries_what_its_resistor_says(ampacity, phases, rating):
    assert rating_a(ampacity, phases) == rating


def test_only_a_socket_has_a_cable_of_its_own():
    assert has_socket(SOCKET)
    assert not has_socket(CABLE)
