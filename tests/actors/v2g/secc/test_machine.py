import pytest

from actors.v2g.secc.exchange import Answered, Disconnected, Expired, Heard, Received, Tls, Told
from actors.v2g.secc.machine import DIALOGUES, decide
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import Dialect, Paused, State, Talk
from actors.v2g.secc.turn import Turn
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_vas as vas
from protocols.iso15118 import exi
from protocols.message import Reply
from protocols.types import iso15118, iso15118_vas
from tests.support.secc import NOW, Bench, counted_random
from tests.support.secc_iso2 import DEMAND, GRANT, SCHEMA, Iso2Bench, refusal

STATE = State()
SESSION_SETUP = charger.SessionSetup(
    payment_options=(iso15118.PaymentOption.EXTERNAL_PAYMENT,),
    supported_certificate_service=False,
    central_contract_validation_allowed=False,
)


@pytest.mark.parametrize(
    "given",
    [
        Received(payload_type=0x8001, payload=b"\x80"),
        Answered(ask="x", reply=Reply()),
        Expired(timer="x"),
        Told(command=charger.ResetError()),
        Disconnected(reason="x"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_without_a_car_nothing_happens(given):
    step = decide(STATE, given, Settings(), NOW, counted_random())

    assert step.state == STATE
    assert [type(each).__name__ for each in step.effects] in ([], ["Note"])


def test_each_dialect_has_its_dialogue():
    assert set(DIALOGUES) == set(Dialect)


def test_a_connection_brings_what_its_handshake_gave():
    bench = Bench()
    bench.connect("TLSv1.3", "TLS_AES_256_GCM_SHA384")

    assert (bench.talk.tls_version, bench.talk.tls_cipher) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert Tls(version="x", cipher="y").client_chain == ()


def test_a_talk_that_has_not_begun_ends_without_a_word():
    bench = Bench()
    bench.connect()

    bench.feed(Answered(ask="x", reply=Reply()))
    bench.feed(Expired(timer="x"))
    bench.tell(GRANT)
    bench.disconnect()

    assert bench.notes() == ["talk_ended"]
    assert bench.published(object) == []


def test_a_talk_that_is_closing_hears_nothing_more():
    bench = Iso2Bench()
    bench.to_loop()
    bench.receive(b"\x00")

    for given in (Expired(timer="sequence"), Answered(ask="x", reply=Reply()), Told(command=GRANT)):
        before = bench.talk.iso2
        bench.feed(given)
        assert bench.talk.iso2 == before
        assert bench.sent() is None


def test_a_car_that_has_not_spoken_yet_is_not_stopped_for_the_one_before_it():
    bench = Iso2Bench()
    bench.tell(charger.StopCharging(stop=True))
    bench.join()

    bench.tell(SESSION_SETUP)

    bench.to_loop()
    assert bench.ask(DEMAND).dc_evse_status.evse_notification == "None"


@pytest.mark.parametrize(("answer", "resumed"), [(GRANT, True), (refusal(), False)])
def test_a_pause_ends_when_its_grant_is_taken_back(answer, resumed):
    paused = Paused(session_id=b"12345678", dialect=Dialect.ISO20, paused_at=NOW)
    state = State(paused=paused)

    step = decide(state, Told(command=answer), Settings(), NOW, counted_random())

    assert step.state.paused == (paused if resumed else None)


def test_the_same_input_gives_the_same_decision():
    bench = Iso2Bench()
    bench.to_loop()
    given = Received(payload_type=0x8001, payload=exi.encode(bench.message(DEMAND), SCHEMA))

    steps = [
        decide(bench.state, given, bench.settings, bench.now, counted_random("successor")) for _ in range(2)
    ]

    assert steps[0] == steps[1]


def test_what_providers_offer_is_kept_in_the_order_of_their_connections():
    bench = Bench()
    offers = [
        iso15118_vas.OfferedServices(services=(iso15118_vas.OfferedService(service_id=each),))
        for each in (7, 8, 9)
    ]

    for index in (2, 0):
        bench.feed(
            Heard(requirement="iso15118_vas", index=index, variable=vas.OfferedVas(offered=offers[index]))
        )
    bench.feed(Heard(requirement="iso15118_vas", index=0, variable=charger.RequireAuthEim()))

    nothing = iso15118_vas.OfferedServices(services=())
    assert bench.state.station.value_added == (offers[0], nothing, offers[2])


def test_a_turn_without_a_car_has_no_talk():
    turn = Turn(STATE, Settings(), NOW, counted_random())

    with pytest.raises(RuntimeError, match="no car"):
        _ = turn.talk


def test_texts_of_a_note_are_cut():
    turn = Turn(State(talk=Talk()), Settings(), NOW, counted_random())

    turn.note("x", text="y" * 1000, number=3)

    assert turn.effects[0].facts == {"text": "y" * 100, "number": 3}
