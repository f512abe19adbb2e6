"""Talks of our car at our station's core, recorded, and played to other ones in memory."""

import dataclasses
from datetime import timedelta

import pytest

from actors.simulation.ev.exchange import (
    Close,
    Connect,
    Connected,
    Disconnected,
    Expired,
    Order,
    Ordered,
    Plugged,
    Received,
    Send,
    StartTimer,
)
from actors.simulation.replay.machine import Options, Replayer, Verdict
from actors.simulation.replay.record import read
from actors.v2g.link import evidence_lines as lines
from protocols.iso15118 import app_protocol, exi, iso2
from protocols.types import authorization
from tests.support.ev_cars import wallet
from tests.support.evidence import (
    AGREED,
    DISCOVERY,
    NOON,
    REFUSED,
    SET_UP,
    SETUP,
    TALK,
    RecordedPairing,
    Told,
    iso2_payload,
)
from tests.support.pairing import Evse, Pairing

STEPS = "\nsteps: [plug, charge: {energy_wh: 300}, unplug]\n"
OVER_13 = {"tls": "TLSv1.3", "wallet": wallet()}
TALKS = {
    "-2 AC": ("car: {time_lapse: 3600}", {}),
    "-2 DC": ("car: {mode: dc, time_lapse: 600}", {}),
    "DIN": ("car: {mode: dc, protocols: [din], time_lapse: 600}", {}),
    "-20 AC": ("car: {protocols: [iso20], pay: eim, time_lapse: 600}", OVER_13),
    "-20 DC": ("car: {mode: dc, protocols: [iso20], pay: eim, time_lapse: 600}", OVER_13),
}
CHOSEN = exi.decode(AGREED, "app_protocol")


def recorded(text=TALKS["-2 AC"][0], **how):
    return read(RecordedPairing(text + STEPS, **how).lines)


def play(record, *, evse=None, tls=None, **options):
    car = Replayer(record, Options(**options))
    Pairing(car=car, evse=evse, tls=tls)
    return car


@pytest.mark.untraced
@pytest.mark.parametrize("name", TALKS)
@pytest.mark.parametrize("authorize_s", [0.3, 3.0, 0.0], ids=["same", "slower", "faster"])
def test_a_station_that_does_the_same_answers_the_same(name, authorize_s):
    text, how = TALKS[name]
    car = play(recorded(text, **how), evse=Evse(authorize_s=authorize_s), tls=how.get("tls"), fast=True)

    assert str(car.outcome).endswith("all answers as recorded"), car.outcome
    assert car.outcome.good
    verdicts = {row.verdict for row in car.rows}
    assert Verdict.DIFFERENT not in verdicts
    assert {0.3: Verdict.SAME, 3.0: Verdict.AGAIN, 0.0: Verdict.SKIPPED}[authorize_s] in verdicts


@pytest.mark.parametrize("name", ["-2 AC", "-2 DC", "DIN"])
def test_strictly_compared_the_same_station_is_the_same(name):
    assert play(recorded(TALKS[name][0]), strict=True).outcome.good


def test_the_recorded_pauses_are_kept_unless_it_is_to_be_fast():
    record = recorded()
    slow, fast = (play(record, fast=fast) for fast in (False, True))

    def took(car):
        return (car.rows[-1].sent_at - car.rows[0].sent_at).total_seconds()

    assert took(slow) == pytest.approx(sum(step.pause_s + 0.004 for step in record.steps[1:]), abs=0.5)
    assert took(fast) < took(slow)


def test_a_station_that_refuses_is_found_out():
    refusing = Evse(grant=authorization.AuthorizationStatus.INVALID)
    car = play(recorded(), evse=refusing)

    assert not car.outcome.good
    assert "has refused" in car.outcome.detail
    assert (car.rows[-1].request, car.rows[-1].recorded) == ("AuthorizationReq", "OK")
    assert car.rows[-1].details[0].startswith("FAILED")


def test_a_station_with_other_values_differs_strictly_only():
    other = Evse(contract=False)
    record = recorded("car: {time_lapse: 3600}", tls="TLSv1.2", wallet=wallet(contract=False))

    assert play(record, evse=other, tls="TLSv1.2").outcome.good
    strict = play(record, evse=other, tls="TLSv1.2", strict=True)
    assert "differ" in strict.outcome.detail
    assert any("PaymentOption" in detail for row in strict.rows for detail in row.details)


@pytest.mark.parametrize("signed", [False, True])
def test_a_signed_challenge_is_not_played_unless_it_is_to_be_refused(signed):
    text = "car: {mode: dc, pay: contract, time_lapse: 600}"
    record = recorded(text, tls="TLSv1.2", wallet=wallet())
    car = Replayer(record, Options(signed=signed, tls=True))
    Pairing(car=car, tls="TLSv1.2")

    assert car.needs_tls
    assert not car.outcome.good
    assert car.rows[-1].request == "AuthorizationReq"
    if signed:
        assert car.rows[-1].answer == "FAILED_ChallengeInvalid"
    else:
        assert (car.rows[-1].verdict, car.rows[-1].took_s) == (Verdict.STALE, None)
        assert "cannot be replayed: it is signed" in car.outcome.detail


# By hand, for what no station of ours does


def by_hand(*pairs, reason="session_stopped", **options):
    """A replayer of a talk made by hand, connected."""
    told = Told()
    for request, answer in pairs:
        told.request(request)
        if answer is not None:
            told.answer(answer)
    told.end(reason)
    car = Replayer(read(told.files[lines.LINES].splitlines()), Options(fast=True, **options))
    assert car.feed(Plugged(), NOON) == (Connect(),)
    car.feed(Connected(tls=None), NOON)
    return car


def say(car, payload, after_s=0.01):
    return car.feed(Received(payload_type=0x8001, payload=payload), NOON + timedelta(seconds=after_s))


def sent(effects):
    return [effect.payload for effect in effects if isinstance(effect, Send)]


def waits(effects):
    return {effect.timer: effect.after_s for effect in effects if isinstance(effect, StartTimer)}


def expire(car, timer="answer", after_s=0.01):
    return car.feed(Expired(timer=timer), NOON + timedelta(seconds=after_s))


def test_a_request_goes_out_when_the_answer_before_it_is_there():
    car = by_hand(*TALK)
    effects = say(car, AGREED)

    assert len(sent(effects)) == 1
    assert waits(effects) == {"answer": 10.0}
    assert isinstance(say(car, SET_UP)[-1], Close)
    assert car.outcome.good
    assert car.rows[0].took_s == 0.01


def test_nothing_more_comes_of_it_when_it_is_over():
    car = by_hand(*TALK[:1])
    say(car, AGREED)

    assert say(car, AGREED) == ()


def test_orders_for_cars_change_nothing():
    assert by_hand(*TALK).feed(Ordered(order=Order.STOP), NOON) == ()


def test_a_station_that_is_not_there_is_named():
    car = Replayer(by_hand(*TALK)._record, Options())
    car.feed(Plugged(), NOON)
    car.feed(Disconnected(reason="refused"), NOON)

    assert (car.outcome.good, car.rows) == (False, [])
    assert "no connection: refused" in str(car.outcome)


def test_an_answer_that_does_not_come_is_a_difference():
    car = by_hand(*TALK)
    expire(car)

    assert car.rows[-1].details == ("no answer, it was OK_SuccessfulNegotiation",)
    assert not car.outcome.good


@pytest.mark.parametrize("asked", [True, False])
def test_a_connection_that_ends_is_a_difference(asked):
    car = by_hand(*TALK)
    if not asked:
        car._options = dataclasses.replace(car._options, fast=False)
        assert waits(say(car, AGREED)) == {"next": 0.001}
    car.feed(Disconnected(reason="gone"), NOON)

    assert "the connection has ended: gone" in car.outcome.detail
    assert car.rows[-1].verdict is (Verdict.DIFFERENT if asked else Verdict.SAME)


def test_an_answer_nobody_has_asked_for_ends_it():
    car = by_hand(*TALK)
    car._options = dataclasses.replace(car._options, fast=False)
    say(car, AGREED)
    say(car, SET_UP)

    assert "nobody had asked for" in car.outcome.detail


def test_an_answer_that_is_no_message_is_a_difference():
    car = by_hand(*TALK)
    say(car, b"\x80\xff\xff")

    assert car.rows[-1].details == ("no message: 80ffff",)
    assert not car.outcome.good


def test_another_protocol_than_then_ends_it():
    car = by_hand(*TALK)
    car._record = dataclasses.replace(car._record, namespace="urn:din:70121:2012:MsgDef")
    say(car, AGREED)

    assert "it was urn:din" in car.outcome.detail


class TestNoAnswerThen:
    """What the recorded station has not answered."""

    def test_silence_is_the_same(self):
        car = by_hand(*TALK[:1], (DISCOVERY, None))
        say(car, AGREED)
        expire(car)

        assert (car.outcome.good, car.rows[-1].answer) == (True, "no answer")

    def test_a_closed_connection_is_the_same(self):
        car = by_hand(*TALK[:1], (DISCOVERY, None))
        assert waits(say(car, AGREED)) == {"answer": 2.0}
        car.feed(Disconnected(reason="gone"), NOON)

        assert (car.outcome.good, car.rows[-1].answer) == (True, "closed")

    def test_an_answer_is_a_difference(self):
        car = by_hand(*TALK[:1], (DISCOVERY, None))
        say(car, AGREED)
        say(car, SET_UP)

        assert car.rows[-1].details == ("there was no answer",)

    def test_an_answer_counts_for_nothing_if_the_car_had_left(self):
        car = by_hand(*TALK[:1], (DISCOVERY, None), reason="closed_by_car")
        say(car, AGREED)
        say(car, SET_UP)

        assert car.outcome.good

    def test_the_request_behind_it_is_sent_after_the_silence(self):
        car = by_hand(*TALK[:1], (DISCOVERY, None), TALK[1])
        say(car, AGREED)

        assert sent(expire(car)) == [SETUP]

    def test_a_set_up_session_is_known_all_the_same(self):
        car = by_hand(*TALK[:1], (TALK[1][0], None), (DISCOVERY, REFUSED), reason="closed_by_car")
        say(car, AGREED)
        say(car, SET_UP)

        assert car._session == "0102030405060708"


def test_a_session_setup_nobody_could_decode_names_no_session():
    car = by_hand(*TALK[:1], (TALK[1][0], b"\x80\xff\xff"))
    say(car, AGREED)
    say(car, SET_UP)

    assert (car._session, car._recorded_session) == ("0102030405060708", "")


ONGOING, FINISHED = (
    iso2_payload(
        iso2.AuthorizationRes(response_code=iso2.ResponseCode.OK, evse_processing=iso2.EvseProcessing(one))
    )
    for one in ("Ongoing", "Finished")
)
ASK = iso2_payload(iso2.AuthorizationReq())


def test_a_station_that_is_never_ready_is_given_up():
    car = by_hand(*TALK, (ASK, FINISHED))
    say(car, AGREED)
    say(car, SET_UP)
    for second in range(0, 100, 10):
        say(car, ONGOING, second + 1)
        if car.outcome is not None:
            break
        expire(car, "next", second + 2)

    assert car.rows[-1].details == ("still not ready after 60 s",)
    assert [row.verdict for row in car.rows].count(Verdict.AGAIN) == 6


@pytest.mark.parametrize("following", [(), ((DISCOVERY, REFUSED),)], ids=["nothing", "something else"])
def test_a_car_that_gave_up_waiting_is_compared_with_its_last_answer(following):
    car = by_hand(*TALK, (ASK, ONGOING), (ASK, ONGOING), *following)
    say(car, AGREED)
    say(car, SET_UP)
    say(car, FINISHED)

    assert [row.verdict for row in car.rows[2:]] == [Verdict.SKIPPED, Verdict.SAME]


def test_a_car_that_asked_once_more_without_an_answer_is_followed():
    car = by_hand(*TALK, (ASK, ONGOING), (ASK, None), reason="closed_by_car")
    say(car, AGREED)
    say(car, SET_UP)
    say(car, FINISHED)

    assert car.outcome.good


def test_differences_that_end_no_session_do_not_end_the_replay():
    code = app_protocol.ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION
    other = dataclasses.replace(CHOSEN, response_code=code)
    car = by_hand(*TALK)
    say(car, exi.encode(other, "app_protocol"))
    say(car, SET_UP)

    assert str(car.outcome) == "2 requests replayed, 1 answers differ"
