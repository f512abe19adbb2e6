import pytest

from actors.v2g import snapshot
from actors.v2g.link.relay import MAX_DEATHS, MAX_WAITING, TOGETHER, Overflow, Relay
from actors.v2g.secc.exchange import Connected, Disconnected, Expired, Received, Told
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols.interfaces import iso15118_charger as charger

STOP = Told(command=charger.StopCharging(stop=True))
GO = Told(command=charger.StopCharging(stop=False))
GONE = Disconnected(reason="closed_by_car")


def frame(number):
    return Received(payload_type=0x8001, payload=bytes([number]))


@pytest.fixture
def relay():
    made = Relay(snapshot.parts_of(State()))
    made.begin_talk()
    return made


def inputs(chosen):
    return [each.given for each in chosen]


def done(relay, mark=b"mark", state=None):
    """What is in hand was decided on; the state is another one afterwards, or the same."""
    before = snapshot.state_of(relay.parts)
    relay.done(mark, snapshot.changes(before, state or before))


def test_a_cars_inputs_go_one_at_a_time_in_the_order_they_came(relay):
    relay.put(frame(1), talk=1)
    relay.put(frame(2), talk=1)

    assert inputs(relay.next()) == [frame(1)]
    assert relay.next() == ()
    done(relay, b"second", State(talk=Talk()))
    assert inputs(relay.next()) == [frame(2)]
    assert (relay.mark, snapshot.state_of(relay.parts)) == (b"second", State(talk=Talk()))


def test_what_the_station_says_goes_with_what_comes_behind_it(relay):
    for given, talk in ((STOP, 0), (GO, 0), (frame(1), 1), (STOP, 0), (frame(2), 1)):
        relay.put(given, talk=talk)

    assert inputs(relay.next()) == [STOP, GO, frame(1)]
    done(relay)
    assert inputs(relay.next()) == [STOP, frame(2)]


def test_not_more_than_so_many_go_together(relay):
    for _ in range(TOGETHER + 1):
        relay.put(STOP)

    assert inputs(relay.next()) == [STOP] * TOGETHER
    done(relay)
    assert inputs(relay.next()) == [STOP]


def test_inputs_stay_until_their_state_is_there(relay):
    relay.put(frame(1), talk=1)
    relay.next()

    assert relay.died() is None
    assert snapshot.state_of(relay.parts) == State()
    assert inputs(relay.next()) == [frame(1)]


def test_a_session_that_died_is_not_taken_to_have_the_state(relay):
    relay.put(frame(1), talk=1)
    relay.next()
    done(relay, b"second")
    relay.put(frame(2), talk=1)
    relay.next()

    relay.died()

    assert relay.mark == b""


def test_a_session_without_the_state_is_asked_the_same_again(relay):
    for given, talk in ((STOP, 0), (frame(1), 1)):
        relay.put(given, talk=talk)
    first = relay.next()
    relay.mark = b"of its predecessor"

    relay.unknown()

    assert relay.mark == b""
    assert relay.next() == first
    assert [each.deaths for each in first] == [0, 0]


def test_after_a_death_those_that_went_together_are_tried_one_by_one(relay):
    for given, talk in ((STOP, 0), (GO, 0), (frame(1), 1)):
        relay.put(given, talk=talk)
    relay.next()

    assert relay.died() is None
    relay.put(STOP)

    found = []
    while chosen := relay.next():
        found.append(inputs(chosen))
        done(relay)
    assert found == [[STOP], [GO], [frame(1)], [STOP]]


def test_only_the_one_that_kills_is_given_up(relay):
    for given, talk in ((STOP, 0), (frame(1), 1)):
        relay.put(given, talk=talk)
    relay.next()
    relay.died()
    relay.next()
    done(relay)
    for _ in range(MAX_DEATHS - 1):
        assert inputs(relay.next()) == [frame(1)]
        assert relay.died() is None
    relay.next()

    assert relay.died().given == frame(1)
    assert relay.next() == ()


def test_a_poisonous_input_is_given_up_after_its_last_try(relay):
    relay.put(frame(1), talk=1)
    relay.put(frame(2), talk=1)
    for _ in range(MAX_DEATHS - 1):
        relay.next()
        assert relay.died() is None
    relay.next()

    assert relay.died().given == frame(1)
    assert inputs(relay.next()) == [frame(2)]


def test_inputs_of_an_earlier_talk_are_dropped_unseen(relay):
    relay.put(frame(1), talk=1)
    relay.put(Expired(timer="sequence"), talk=1)
    relay.put(STOP, ticket=5, packed=b"as it came")
    relay.end_talk()

    (found,) = relay.next()

    assert (found.given, found.ticket, found.packed) == (STOP, 5, b"as it came")
    done(relay)
    assert relay.next() == ()


def test_the_end_of_a_talk_is_told_even_when_the_next_has_begun(relay):
    relay.put(GONE)
    relay.end_talk()
    second = relay.begin_talk()
    relay.put(Connected(tls=None), talk=second)

    assert inputs(relay.next()) == [GONE]
    done(relay)
    assert inputs(relay.next()) == [Connected(tls=None)]


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
        (each,) = relay.next()
        done(relay)
        relay.turn_to(each)
        found.append(relay.concerns_car)

    assert found == [False, True, True, True, False, False]


def decided(relay):
    """Have what is in hand decided on, and say of each input whether it concerned the car."""
    chosen = relay.next()
    done(relay)
    return [relay.turn_to(each) or relay.concerns_car for each in chosen]


def test_a_command_decided_on_one_talk_does_not_concern_the_next(relay):
    relay.put(Connected(tls=None), talk=1)
    assert decided(relay) == [True]
    relay.put(STOP)
    (command,) = relay.next()
    # when one car goes and another comes while the session has the command in hand
    relay.end_talk()
    relay.put(GONE)
    relay.put(Connected(tls=None), talk=relay.begin_talk())
    done(relay)
    relay.turn_to(command)

    assert not relay.concerns_car
    assert decided(relay) == [False]
    assert decided(relay) == [True]


def test_a_command_before_a_connection_does_not_concern_that_car(relay):
    relay.put(STOP)
    relay.put(Connected(tls=None), talk=1)

    assert decided(relay) == [False, True]


def test_a_decision_nobody_asked_for_is_a_defect(relay):
    with pytest.raises(RuntimeError):
        done(relay)


def test_a_timer_that_was_cancelled_has_not_run_down(relay):
    relay.put(frame(1), talk=1)
    relay.next()
    # given timers that run down while the session has the car's request in hand
    for timer, talk in (("sequence", 1), ("other", 1), ("sequence", 2)):
        relay.put(Expired(timer=timer), talk=talk)
    relay.put(frame(2), talk=1)
    done(relay)

    relay.expires_no_more("sequence")

    assert inputs(relay.next()) == [Expired(timer="other")]
    done(relay)
    assert inputs(relay.next()) == [frame(2)]
    done(relay)
    assert relay.next() == ()


def test_a_forgotten_talk_leaves_what_the_station_has_told():
    station = Station(debug_mode=True)
    relay = Relay(snapshot.parts_of(State(station=station, talk=Talk(phase="x"))))
    relay.mark = b"with the talk"

    assert relay.forget_talk() == Talk(phase="x")

    assert (relay.mark, snapshot.state_of(relay.parts)) == (b"", State(station=station))
