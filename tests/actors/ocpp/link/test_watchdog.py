import pytest

from actors.ocpp.link.watchdog import MIN_PONG_S, Act, Watchdog


@pytest.fixture
def dog():
    """Pings every 10 s, waits 3 s for a pong, and has begun at 100."""
    made = Watchdog()
    made.set(10.0, 3.0, 100.0)
    return made


@pytest.mark.parametrize("interval_s", [0.0, -1.0])
def test_without_an_interval_nothing_is_ever_due(interval_s):
    dog = Watchdog()
    dog.set(interval_s, 3.0, 0.0)

    assert dog.next_s is None
    assert dog.due(1e9) is None


def test_the_first_ping_is_due_after_the_interval(dog):
    assert dog.next_s == 110.0
    assert dog.due(109.9) is None
    assert dog.due(110.0) is Act.PING


def test_a_ping_whose_pong_came_is_followed_by_the_next(dog):
    dog.due(110.0)
    dog.pong(dog.payload)

    assert dog.next_s == 120.0
    assert dog.due(120.0) is Act.PING


def test_a_ping_without_pong_ends_the_connection_once(dog):
    dog.due(110.0)

    assert dog.next_s == 113.0
    assert dog.due(112.9) is None
    assert dog.due(113.0) is Act.GIVE_UP
    assert dog.due(200.0) is None


def test_a_pong_to_another_ping_does_not_count(dog):
    dog.due(110.0)
    dog.pong(b"unasked")
    dog.pong(b"0")

    assert dog.due(113.0) is Act.GIVE_UP


def test_two_pings_never_carry_the_same(dog):
    payloads = set()
    for moment in (110.0, 120.0, 130.0):
        assert dog.due(moment) is Act.PING
        payloads.add(dog.payload)
        dog.pong(dog.payload)

    assert len(payloads) == 3


def test_while_a_pong_is_waited_for_no_second_ping_goes_out():
    dog = Watchdog()
    dog.set(1.0, 5.0, 0.0)
    dog.due(1.0)

    assert dog.due(2.0) is None
    assert dog.next_s == 3.0
    assert dog.due(6.0) is Act.GIVE_UP


def test_a_new_interval_does_not_save_a_dead_socket(dog):
    dog.due(110.0)
    dog.set(0.0, 60.0, 111.0)

    assert dog.next_s == 113.0
    assert dog.due(113.0) is Act.GIVE_UP


def test_a_stopped_watchdog_has_nothing_to_do(dog):
    dog.due(110.0)
    dog.stop()

    assert (dog.next_s, dog.due(1e9)) == (None, None)


def test_a_pong_always_has_some_time(dog):
    dog.set(10.0, 0.0, 0.0)
    dog.due(10.0)

    assert dog.next_s == 10.0 + MIN_PONG_S
