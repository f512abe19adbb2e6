from actors.v2g.secc.iso20.timers import LOOP_SEQUENCE_S, SCHEDULE_ONGOING_S, SECONDS, VALUE_ADDED_S, Timer


def test_every_timer_has_its_time():
    assert set(SECONDS) == set(Timer)


def test_the_station_gives_up_before_its_car_does():
    cars = {Timer.CONTACTOR: 5, Timer.CERTIFICATE: 5}

    assert all(SECONDS[timer] < waits_s for timer, waits_s in cars.items())
    assert SCHEDULE_ONGOING_S < 60
    assert VALUE_ADDED_S < 1.5


def test_silence_is_borne_less_while_energy_flows():
    assert 0.53 < LOOP_SEQUENCE_S < SECONDS[Timer.SEQUENCE]
