from actors.v2g.secc.din.limits import LIMIT_S, Timer

CAR_S = {Timer.ONGOING: 60}


def test_the_station_gives_up_before_the_car_does():
    assert set(CAR_S) == set(LIMIT_S) == set(Timer)
    assert all(LIMIT_S[timer] < CAR_S[timer] for timer in Timer)
