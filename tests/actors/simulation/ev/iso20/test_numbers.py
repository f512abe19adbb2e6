from decimal import Decimal

from actors.simulation.ev.drive import Drive
from actors.simulation.ev.iso20 import numbers
from tests.support.ev_cars import script
from tests.support.ev_stations import NOON


def test_a_number_has_steps_of_a_tenth():
    assert numbers.rational(Decimal("3.14159")).to_decimal() == Decimal("3.1")


def test_what_is_not_there_is_no_number():
    assert numbers.decimal(None) is None
    assert numbers.decimal(numbers.rational(7)) == 7


def test_a_car_without_a_session_says_zeros():
    drive = Drive(script(), None, bytes)
    drive.at(NOON)

    assert numbers.header(drive).session_id == bytes(8)
    assert int(numbers.header(drive).time_stamp) == int(NOON.timestamp())
