import pytest

from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso2 import ResponseCode
from tests.support.secc_iso2 import EVCC, GRANT, PAUSE, TERMINATE, Iso2Bench, iso2


def paused():
    bench = Iso2Bench()
    bench.to_loop()
    session = bench.session
    bench.ask(PAUSE)
    bench.disconnect()
    bench.join()
    return bench, session


def test_a_new_session_gets_an_id_and_the_outlets_name():
    bench = Iso2Bench()

    response = bench.set_up()

    assert response.response_code is ResponseCode.OK_NEW_SESSION_ESTABLISHED
    assert response.evse_id == "DE*EVS*E1"
    assert response.evse_time_stamp == int(bench.now.timestamp())
    assert len(bench.session) == 8
    assert any(bench.session)
    assert "communication setup" not in bench.timers


def test_a_car_joins_the_session_it_has_paused():
    bench, session = paused()
    assert bench.published(charger.DlinkPause, ever=True)

    response = bench.set_up(session=session)

    assert response.response_code is ResponseCode.OK_OLD_SESSION_JOINED
    assert bench.session == session
    assert bench.state.paused is None


@pytest.mark.parametrize(
    ("evcc", "change"), [(bytes(6), 0), (EVCC, 1)], ids=["another car", "another session"]
)
def test_nobody_else_joins_a_paused_session(evcc, change):
    bench, session = paused()
    wanted = bytes([session[0] ^ change]) + session[1:]

    response = bench.set_up(evcc, wanted)

    assert response.response_code is ResponseCode.OK_NEW_SESSION_ESTABLISHED
    assert bench.session not in (session, wanted)
    assert bench.state.paused is None


def test_a_resumed_session_has_to_be_authorized_again():
    bench, session = paused()

    bench.set_up(session=session)

    assert bench.talk.authorization.verdict == "None"
    bench.tell(GRANT)
    assert bench.talk.authorization.verdict == "None"


def test_a_session_that_ends_terminates_the_data_link():
    bench = Iso2Bench()
    bench.to_services()

    response = bench.ask(TERMINATE)

    assert isinstance(response, iso2.SessionStopRes)
    assert bench.closed.failed is None
    bench.disconnect()
    assert bench.published(object) == [charger.DlinkTerminate()]
    assert bench.state.paused is None


def test_stopping_a_session_in_the_loop_opens_the_contactors():
    bench = Iso2Bench(dc=False)
    bench.to_loop()

    bench.ask(TERMINATE)

    assert bench.published(object) == [charger.CurrentDemandFinished(), charger.AcOpenContactor()]
