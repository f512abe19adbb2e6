"""The link as an actor: real sockets on loopback, one thread, and a clock that the tests turn."""

import os

import pytest

from actors.ocpp.csms_link_actor import ADDRESS_S, GOODBYE_S, NEWS_S, OPEN_S, STALL_S
from actors.ocpp.messages import Called, LinkOrders, Outcome, Trouble
from protocols.ocpp.version import Version
from tests.support.ocpp_csms import Csms, accept, refuse
from tests.support.ocpp_links import SecurityActor as Security
from tests.support.ocpp_links import Stage, orders, profile
from tests.support.ocpp_tls import csms_files, roots_file, server_context, station_files

pytestmark = pytest.mark.timeout(60)
OFFLINE = LinkOrders(online=False, close_code=1000)
NOW = {"currentTime": "2026-01-01T00:00:00Z"}


@pytest.fixture
def make():
    """Makes servers, which are closed in the end."""
    made = []

    def csms(**how):
        made.append(Csms(**how))
        return made[-1]

    yield csms
    Stage.close_all()
    for each in made:
        each.close()


@pytest.fixture
def csms(make):
    return make()


@pytest.fixture
def stage(csms):
    """A link that has no orders yet."""
    return Stage(csms)


@pytest.fixture
def station(stage, csms):
    """The CSMS's end of a connection."""
    return stage.connected(orders(profile(csms.url), wait_minimum_s=10.0))


def trouble_of(stage):
    """Why there is no connection; waits until it is said."""
    stage.until(lambda: stage.state.trouble)
    return stage.state.trouble


# -- calls -------------------------------------------------------------------------------------------------


def test_before_any_order_nobody_is_called(stage, csms):
    stage.step()

    assert stage.state.connection == 0
    assert csms.stations == []


def test_a_call_is_answered_by_the_csms(stage, station):
    stage.call("1")
    stage.until(lambda: station.frames)
    station.send([3, "1", NOW])
    stage.until(lambda: stage.point.replies)

    assert station.frames == [[2, "1", "Heartbeat", {}]]
    assert stage.point.replies[0].outcome is Outcome.ANSWERED
    assert [each.sent for each in stage.point.frames] == [True, False]


def test_a_call_asked_for_twice_is_sent_once_and_answered_twice(stage, station):
    stage.call("1")
    stage.call("1")
    stage.until(lambda: station.frames)
    station.send([3, "1", NOW])
    stage.until(lambda: len(stage.point.replies) == 2)

    assert len(station.frames) == 1


def test_a_call_without_answer_times_out_and_a_late_one_is_counted(stage, station):
    stage.call("1")
    stage.advance(30.1)
    stage.until(lambda: stage.point.replies)
    station.send([3, "1", NOW])
    stage.until(lambda: stage.counts.get("answer_late"))

    assert [each.outcome for each in stage.point.replies] == [Outcome.TIMEOUT]
    assert stage.state.connection


def test_a_call_of_the_csms_is_answered_by_the_charge_point(stage, station):
    station.send([2, "a", "ClearCache", {}])
    stage.until(lambda: stage.point.asked)
    stage.answer('{"status":"Accepted"}')
    stage.until(lambda: station.frames)

    called = stage.point.asked[0][0]
    assert isinstance(called, Called)
    assert (called.connection, called.action) == (stage.state.connection, "ClearCache")
    assert station.frames == [[3, "a", {"status": "Accepted"}]]


def test_a_charge_point_that_died_is_asked_again_over_the_same_socket(stage, station):
    station.send([2, "a", "ClearCache", {}])
    stage.until(lambda: stage.point.asked)
    connection = stage.state.connection

    stage.site.kill("site/point")
    stage.advance(1.0)
    stage.until(lambda: stage.point.asked)
    stage.answer('{"status":"Accepted"}')
    stage.until(lambda: station.frames)

    assert station.frames == [[3, "a", {"status": "Accepted"}]]
    assert (stage.state.connection, station.gone) == (connection, False)


def test_a_charge_point_that_does_not_answer_is_answered_for(stage, station):
    station.send([2, "a", "ClearCache", {}])
    stage.until(lambda: stage.point.asked)
    stage.advance(61.0)
    stage.until(lambda: station.frames)

    assert station.frames[0][:3] == [4, "a", "InternalError"]


def test_an_answer_after_the_connection_ended_goes_nowhere(stage, station):
    station.send([2, "a", "ClearCache", {}])
    stage.until(lambda: stage.point.asked)
    station.cut()
    trouble_of(stage)
    stage.answer('{"status":"Accepted"}')

    assert stage.state.trouble is Trouble.LOST


def test_nonsense_is_a_security_event_now_and_then(stage, station):
    for _ in range(3):
        station.send("garbage")
    stage.until(lambda: len(station.frames) == 3)
    stage.advance(NEWS_S)
    station.send("garbage")
    stage.until(lambda: len(station.frames) == 4)

    assert [each.event for each in stage.point.news] == ["InvalidMessages"] * 2
    assert "(3 since the last one)" in stage.point.news[1].detail


def test_fragments_and_binary_frames_are_taken(stage, station):
    station.send_fragments('[2,"a","ClearCache",{}]', 7)
    stage.until(lambda: stage.point.asked)
    stage.answer('{"status":"Accepted"}')
    station.send([2, "b", "ClearCache", {}], binary=True)
    stage.until(lambda: len(stage.point.asked) == 2)

    assert stage.state.connection
    assert station.pongs


# -- connections -------------------------------------------------------------------------------------------


def test_the_state_tells_of_the_connection(stage, station):
    state = stage.state

    assert (state.ocpp_version, state.slot, state.security_profile) == (Version.V21, 1, 0)
    assert (state.trouble, state.attempts) == (None, 0)


def test_numbers_of_connections_are_never_the_same(stage, csms, station):
    numbers = [stage.state.connection]
    for _ in range(2):
        csms.station.close(1001)
        stage.until(lambda: not stage.state.connection)
        stage.clock.jump(-3600)
        stage.advance(stage.link.timers.next_s() - stage.clock.monotonic_s())
        stage.wait_connected()
        numbers.append(stage.state.connection)

    assert sorted(set(numbers)) == numbers


def test_who_goes_offline_says_good_bye(stage, station):
    stage.order(OFFLINE)
    stage.until(lambda: not stage.state.connection)

    assert station.closed == 1000
    assert stage.state.trouble is None


def test_a_csms_that_does_not_say_good_bye_is_left(stage, station):
    station.deaf = True
    stage.order(OFFLINE)
    stage.advance(GOODBYE_S + 0.1)

    assert stage.state.connection == 0


def test_a_renewal_dials_anew_at_once(stage, csms, station):
    before = stage.state.connection
    stage.order(orders(profile(csms.url), renewal=1))
    stage.until(lambda: stage.state.connection not in (0, before))

    assert (station.closed, len(csms.stations)) == (1000, 2)


@pytest.mark.parametrize(
    ("end", "trouble"),
    [
        (lambda station: station.close(1008, "unknown"), Trouble.CLOSED),
        (lambda station: station.cut(), Trouble.LOST),
        (lambda station: station.send_raw(b"\xff\xff"), Trouble.CLOSED),
        (lambda station: station.send("a" * (1024 * 1024 + 1)), Trouble.CLOSED),
    ],
    ids=["closed", "cut", "garbage", "too large"],
)
def test_an_end_is_told_and_dialled_after_a_wait(stage, csms, station, end, trouble):
    end(station)

    assert trouble_of(stage) is trouble
    stage.advance(9.9)
    stage.step()
    assert len(csms.stations) == 1
    stage.advance(0.2)
    stage.wait_connected()


def test_a_storm_of_good_byes_is_answered_with_longer_and_longer_waits(make):
    csms = make(upgrade=lambda station: (accept(station), station.protocol.send_close(1001)))
    stage = Stage(csms)
    stage.order(orders(profile(csms.url), wait_minimum_s=10.0, attempts=1))
    for _ in range(4):
        stage.until(lambda: not stage.state.connection and stage.link.timers.running("dial"))
        stage.advance(stage.link.timers.next_s() - stage.clock.monotonic_s())

    assert stage.clock.monotonic_s() - 1000.0 >= 10.0 + 20.0 + 40.0 + 80.0


@pytest.mark.parametrize(
    ("how", "trouble"),
    [
        ({"upgrade": refuse(401)}, Trouble.CREDENTIALS),
        ({"upgrade": refuse(404)}, Trouble.REFUSED),
        ({"upgrade": refuse(503)}, Trouble.REFUSED),
        ({"upgrade": lambda station: station.cut()}, Trouble.REFUSED),
        ({"upgrade": lambda station: accept(station, lambda _offered: None)}, Trouble.VERSION),
    ],
    ids=["401", "404", "503", "dropped", "no version"],
)
def test_a_refused_connection_is_told(make, how, trouble):
    csms = make(**how)
    stage = Stage(csms)
    stage.order(orders(profile(csms.url)))

    assert trouble_of(stage) is trouble
    assert stage.state.attempts == 1


def test_a_port_nobody_listens_on_is_unreachable(make):
    csms = make()
    csms.close()
    stage = Stage()
    stage.order(orders(profile(csms.url)))

    assert trouble_of(stage) is Trouble.UNREACHABLE
    assert "refused" in stage.state.detail


def test_a_failure_that_repeats_is_logged_now_and_then(make, capsys):
    csms = make()
    csms.close()
    stage = Stage()
    stage.order(orders(profile(csms.url), wait_minimum_s=1.0, repeat_times=0))
    for count in range(1, 11):
        stage.until(lambda so_many=count: stage.state.attempts == so_many)
        stage.advance(stage.link.timers.next_s() - stage.clock.monotonic_s())

    said = capsys.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if "csms_not_connected" in line]
    assert len(lines) == 4  # the 1st, 2nd, 4th and 8th time
    assert all(f"{csms.url}/" in line for line in lines)


def test_a_csms_that_does_not_answer_the_upgrade_is_given_up(stage, csms):
    csms.mute = True
    stage.order(orders(profile(csms.url)))
    stage.until(lambda: csms.stations and csms.station.raw)
    stage.advance(OPEN_S + 0.1)

    assert stage.state.trouble is Trouble.UNREACHABLE
    assert "answer to the upgrade" in stage.state.detail


def test_a_name_is_looked_up(make):
    csms = make()
    stage = Stage(csms)
    stage.connected(orders(profile(f"ws://localhost:{csms.port}")))

    assert csms.station.request.headers["Host"].startswith("localhost")


def test_without_a_profile_that_can_be_used_the_reason_is_told(stage, capsys):
    stage.order(orders(profile("ws://x", identity="a:b")))

    said = capsys.readouterr()
    assert stage.state.trouble is Trouble.NOT_READY
    assert "colon" in stage.state.detail
    assert "InternalCtrlr.NetworkConnectionProfiles" in said.out + said.err


def test_a_profile_beside_a_good_one_is_left_out_aloud(stage, csms, capsys):
    stage.order(orders(profile("http://x"), profile(csms.url, slot=2)))

    said = capsys.readouterr()
    assert "slot 1: the URL is not one of a websocket" in said.out + said.err


def test_the_second_profile_is_dialled_when_the_first_has_failed(make):
    gone, there = make(), make()
    gone.close()
    stage = Stage(there)
    stage.order(orders(profile(gone.url), profile(there.url, slot=2), attempts=1))
    stage.until(lambda: stage.state.trouble)
    assert stage.state.slot == 2
    stage.advance(0.0)
    stage.wait_connected()

    assert stage.state.slot == 2


def test_an_address_that_does_not_answer_gives_way_to_the_next(stage, csms):
    stage.order(orders(profile(csms.url)))
    stage.link._connect()  # as its timer does, with no address left
    stage.site.run()

    assert ADDRESS_S < OPEN_S
    assert stage.state.trouble is Trouble.UNREACHABLE


def test_a_link_that_died_is_followed_by_one_that_dials_at_once(stage, csms, station):
    before = stage.state.connection
    stage.link._line.close()  # as the kernel does with the sockets of a process that died
    stage.site.kill("site/link")
    stage.advance(1.0)
    stage.until(lambda: stage.state.connection not in (0, before))

    assert stage.state.connection > before
    assert len(csms.stations) == 2


# -- half-dead and slow peers ------------------------------------------------------------------------------


def test_a_ping_without_pong_ends_the_connection(stage, csms):
    station = stage.connected(orders(profile(csms.url), ping_interval_s=10.0, pong_timeout_s=3.0))
    for _ in range(2):
        stage.advance(10.0)
        stage.until(lambda: station.pings)
        stage.until(lambda: stage.link._watchdog._pong_by is None)
        station.pings.clear()
    csms.pongless = True
    stage.advance(10.0)
    stage.advance(3.0)

    assert stage.state.trouble is Trouble.PONG


def test_a_csms_that_never_reads_is_left(stage, csms, station):
    station.deaf = True
    big = '{"vendorId":"v","data":"' + "a" * 1_000_000 + '"}'
    for number in range(20):
        stage.call(str(number), "DataTransfer", big)
        stage.advance(30.5)
        if stage.state.trouble:
            break

    assert stage.state.trouble is Trouble.LOST
    assert STALL_S == 30.0


# -- TLS ---------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, monkeypatch):
    """What the certificate manager knows of."""
    known = {"roots": roots_file(tmp_path)}
    monkeypatch.setattr(Security, "files", known)
    return known


def secure(csms, level=2, **changes):
    return orders(profile(csms.url, security_profile=level, basic_auth_password="a" * 16), **changes)


@pytest.fixture
def tls(make, tmp_path):
    """A CSMS with TLS."""
    return lambda **how: make(tls=server_context(csms_files(tmp_path), **how))


def test_profile_two_is_tls_with_a_password(tls, files):
    csms = tls()
    station = Stage(csms).connected(secure(csms))

    assert station.request.headers["Authorization"].startswith("Basic ")


def test_profile_three_is_tls_with_our_certificate(tls, files, tmp_path):  # S13.12
    csms, own = tls(mutual=True), station_files(tmp_path)
    files.update(chain=own.chain, key=own.key)
    station = Stage(csms).connected(secure(csms, 3))

    assert "Authorization" not in station.request.headers


@pytest.mark.parametrize(
    ("known", "level", "trouble"),
    [
        ({}, 3, Trouble.NOT_READY),
        ({"roots": ""}, 2, Trouble.NOT_READY),
        ({"broken": True}, 2, Trouble.NOT_READY),
        ({"roots": "/nowhere/to/be/found"}, 2, Trouble.NOT_READY),
        ({"stranger": True}, 2, Trouble.CERTIFICATE),
    ],
    ids=["no certificate", "no roots", "no manager", "no file", "stranger"],
)
def test_without_certificates_that_fit_the_reason_is_told(tls, files, tmp_path, known, level, trouble):
    csms = tls()
    files.update(known)
    if "stranger" in known:
        files["roots"] = roots_file(tmp_path, "stranger")
    stage = Stage(csms)
    stage.order(secure(csms, level))

    assert trouble_of(stage) is trouble  # S13.13
    assert "nothing of the kind" not in stage.state.detail


def test_secrets_are_written_only_where_asked_and_only_for_us(tls, files, tmp_path):
    csms, path = tls(), tmp_path / "keys.log"
    Stage(csms).connected(secure(csms, key_log_file=str(path)))

    assert "CLIENT_TRAFFIC_SECRET_0" in path.read_text()
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_no_secret_is_logged(make, capsys):
    csms = make()
    stage = Stage(csms)
    secret = "Tr0ub4dor&3Tr0ub4dor"
    stage.connected(orders(profile(csms.url, security_profile=1, basic_auth_password=secret)))
    csms.station.cut()
    trouble_of(stage)

    said = capsys.readouterr()
    assert "csms_connected" in said.out + said.err
    assert secret not in said.out + said.err + repr(stage.point.states)
