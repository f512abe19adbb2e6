import pytest

from actors.v2g.link.relay import MAX_DEATHS, MAX_WAITING, Overflow, Relay
from actors.v2g.secc.exchange import Connected, Disconnected, Expired, Received, Told
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols import codec
from protocols.interfaces import iso15118_charger as charger

STOP = Told(command=charger.StopCharging(stop=True))
GONE = Disconnected(reason="closed_by_car")


def frame(number):
    return Received(payload_type=0x8001, payload=bytes([number]))


@pytest.fixture
def relay():
    made = Relay(b"first")
    made.begin_talk()
    return made


def test_one_input_at_a_time_in_the_order_they_came(relay):
    relay.put(frame(1), talk=1)
    relay.put(frame(2), talk=1)

    assert relay.next().given == frame(1)
    assert relay.next() is None
    relay.done(b"second")
    assert relay.next().given == frame(2)
    assert relay.state == b"second"


def test_an_input_stays_until_its_state_is_there(relay):
    relay.put(frame(1), talk=1)
    relay.next()

    assert relay.died() is None
    assert relay.state == b"first"
    assert relay.next().given == frame(1)


def test_a_poisonous_input_is_given_up_after_its_last_try(relay):
    relay.put(frame(1), talk=1)
    relay.put(frame(2), talk=1)
    for _ in range(MAX_DEATHS - 1):
        relay.next()
        assert relay.died() is None
    relay.next()

    assert relay.died().given == frame(1)
    assert relay.next().given == frame(2)


def test_inputs_of_an_earlier_talk_are_dropped_unseen(relay):
    relay.put(frame(1), talk=1)
    relay.put(Expired(timer="sequence"), talk=1)
    relay.put(STOP, ticket=5)
    relay.end_talk()

    found = relay.next()

    assert (found.given, found.ticket) == (STOP, 5)
    relay.done(b"second")
    assert relay.next() is None


def test_the_end_of_a_talk_is_told_even_when_the_next_has_begun(relay):
    relay.put(GONE)
    relay.end_talk()
    second = relay.begin_talk()
    relay.put(Connected(tls=None), talk=second)

    assert relay.next().given == GONE
    relay.done(b"second")
    assert relay.next().given == Connected(tls=None)


def test_talks_have_numbers_of_their_own(relay):
    relay.end_talk()

    assert (relay.talk, relay.begin_talk(), relay.begin_talk()) == (0, 2, 3)


@pytest.mark.parametrize(("given", "talk"), [(frame(1), 1), (STOP, 0)])
def test_the_queue_is_bounded_but_has_room_for_the_end(relay, given, talk):
    for _ in range(MAX_WAITING[type(given)]):
        relay.put(given, talk=talk)

    with pytest.raises(Overflow):
        relay.put(given, talk=talk)
    relay.put(GONE)
    assert relay.depth == MAX_WAITING[type(given)] + 1


def test_a_car_that_does_not_wait_takes_no_room_from_the_station(relay):
    for _ in range(MAX_WAITING[Received]):
        relay.put(frame(1), talk=1)

    for ticket in range(MAX_WAITING[Told]):
        relay.put(STOP, ticket=ticket)


def test_what_is_decided_concerns_the_car_from_its_connection_to_its_end(relay):
    found = [relay.concerns_car]
    for given in (Connected(tls=None), frame(1), STOP, GONE, STOP):
        relay.put(given, talk=1 if isinstance(given, Connected | Received) else 0)
        relay.next()
        relay.done(b"state")
        found.append(relay.concerns_car)

    assert found == [False, True, True, True, False, False]


def test_a_command_decided_on_one_talk_does_not_concern_the_next(relay):
    relay.put(Connected(tls=None), talk=1)
    relay.next()
    relay.done(b"first talk")
    relay.put(STOP)
    relay.next()
    # when one car goes and another comes while the session has the command in hand
    relay.end_talk()
    relay.put(GONE)
    relay.put(Connected(tls=None), talk=relay.begin_talk())
    relay.done(b"still the first talk")

    assert not relay.concerns_car
    relay.next()
    relay.done(b"no talk")
    relay.next()
    relay.done(b"second talk")
    assert relay.concerns_car


def test_a_decision_nobody_asked_for_is_a_defect(relay):
    with pytest.raises(RuntimeError):
        relay.done(b"second")


def test_a_forgotten_talk_leaves_what_the_station_has_told():
    station = Station(debug_mode=True)
    relay = Relay(codec.encode(State(station=station, talk=Talk(phase="x"))))

    assert relay.forget_talk() == Talk(phase="x")

    assert codec.decode(relay.state) == State(station=station)
