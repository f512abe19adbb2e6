from actors.v2g.secc.conversation import SEQUENCE
from actors.v2g.secc.iso2.limits import LIMIT_S, VAS_WITHIN_S, Timer

CAR_S = {Timer.CONTACTOR: 5, Timer.CERTIFICATE: 5, Timer.ONGOING: 60}
"""What the car's side waits (ISO 15118-2 Tables 109 and 110)."""


def test_the_station_gives_up_before_the_car_does():
    assert set(CAR_S) == set(LIMIT_S) == set(Timer)
    assert all(LIMIT_S[timer] < CAR_S[timer] for timer in Timer)
    assert VAS_WITHIN_S < 5


def test_no_timer_has_the_name_of_another():
    assert SEQUENCE not in set(Timer)
