"""The log's actor hears what it is to write down, tells of a bad disk once, and lives on whatever happens."""

import errno
import threading

import pytest

from actors.ocpp import message_log_files
from actors.ocpp.message_log import HTML, LOG, SECURITY
from actors.ocpp.message_log_actor import LOOK_S
from actors.ocpp.message_log_files import RETRY_S
from actors.ocpp.messages import LogOrders
from protocols.interfaces import ocpp
from protocols.types.ocpp import SecurityEvent
from tests.support.ocpp_message_log import Scene

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def make(tmp_path):
    made = []

    def scene(**orders):
        made.append(Scene(tmp_path, **orders))
        return made[-1]

    yield scene
    for each in made:
        if (actor := each.site.actors().get("site/log")) is not None:
            actor.close_owned()


@pytest.fixture
def lines(make, monkeypatch):
    """What is logged, by level, event and fields; call it with a scene."""
    found = []

    class Logger:
        def bind(self, **_bound):
            return self

        def info(self, event, **fields):
            found.append(("info", event, fields))

        def warning(self, event, **fields):
            found.append(("warning", event, fields))

        error = debug = warning

    def listen(scene):
        scene.actor("log").log = Logger()
        return found

    return listen


def look(scene):
    scene.written()
    scene.site.advance(LOOK_S)


def test_messages_and_events_get_into_their_files(make):
    scene = make(formats=("log", "html", "security"))

    scene.frame()
    scene.frame('[3,"1",{"currentTime":"2026-03-01T12:00:00Z"}]', sent=False)
    scene.event("MemoryExhaustion")
    scene.written()

    assert scene.text(LOG).count("Heartbeat") == 3  # the name, the message, the name of its answer
    assert "HeartbeatResponse" in scene.text(HTML)
    assert "MemoryExhaustion" in scene.text(SECURITY)
    assert scene.actor("log").own_metrics().counted == {"logged": 3, "missing": 0}


@pytest.mark.parametrize(
    ("formats", "heard"),
    [((), 0), (("callback",), 0), (("security",), 0), (("log",), 1), (("console",), 1)],
)
def test_the_link_speaks_to_nobody_without_need(make, formats, heard):
    scene = make(formats=formats)
    assert scene.actor("link").listeners() == heard


def test_without_orders_nothing_is_touched(make):
    scene = make()
    scene.frame()
    assert not scene.path.exists()


def test_events_that_are_not_wanted_any_more_are_left_out(make):
    scene = make(formats=("log", "security"))
    scene.event("One")
    scene.order(formats=())
    scene.event("Two")
    scene.frame()
    scene.written()

    assert "Two" not in scene.text(SECURITY)
    assert not (scene.path / LOG).exists()


def test_an_event_right_after_the_orders_is_not_missed(make):
    scene = make()
    point = scene.actor("point")
    point.publish(LogOrders(formats=("security",)), "ocpp/charge_point", retain=True)
    point.publish(ocpp.SecurityEventVar(event=SecurityEvent(type="StartupOfTheDevice")))
    scene.site.run()
    scene.written()

    assert "StartupOfTheDevice" in scene.text(SECURITY)


@pytest.mark.parametrize(("format_", "shown"), [("console", False), ("console_detailed", True)])
def test_the_console_is_the_log_of_the_site(make, lines, format_, shown):
    scene = make(formats=(format_,))
    found = lines(scene)

    scene.frame()

    ((level, event, fields),) = found
    assert (level, event, fields["message"]) == ("info", "ocpp_message", "Heartbeat")
    assert ("text" in fields) is shown
    assert not scene.path.exists()


def test_orders_say_how_large_files_become(make):
    scene = make(formats=("log",), max_bytes=1, max_files=2)
    for _ in range(3):
        scene.frame()
    scene.written()

    assert {each.name for each in scene.path.iterdir()} == {LOG, f"{LOG}.0"}


def test_a_disk_that_refuses_is_told_of_once_until_it_works(make, lines, monkeypatch):
    scene = make(formats=("log", "html"))
    found = lines(scene)

    def refuse(_number, _data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(message_log_files.os, "write", refuse)
        for _ in range(3):
            scene.frame()
            look(scene)
            scene.site.advance(RETRY_S)
    assert [(level, event) for level, event, _ in found] == [("warning", "message_log_not_written")]
    assert found[0][2]["files"] == [HTML, LOG]
    assert found[0][2]["reason"] == "No space left on device"

    scene.frame()
    look(scene)
    assert found[1:] == [("info", "message_log_written_again", {"missing": 6})]
    assert "3 missing here" in scene.text(LOG)


def test_the_next_trouble_after_a_good_time_is_told_again(make, lines, monkeypatch):
    scene = make(formats=("log",))
    found = lines(scene)

    def refuse(_number, _data):
        raise OSError(errno.EROFS, "Read-only file system")

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(message_log_files.os, "write", refuse)
            scene.frame()
            look(scene)
        scene.site.advance(RETRY_S)
        scene.frame()
        look(scene)

    events = [event for _, event, _ in found]
    assert events == ["message_log_not_written", "message_log_written_again"] * 2


def test_a_kill_costs_no_entry_that_was_written(make):
    scene = make(formats=("log", "html"))
    scene.frame()
    scene.written()
    before = scene.text(LOG)
    with (scene.path / LOG).open("a") as file:
        file.write("2026-03-01T12:00:00.000Z: ChargePoint>CentralSystem Hea")  # and then it was killed

    scene.site.kill("site/log")
    scene.site.advance(5)
    scene.frame()
    scene.written()

    assert scene.text(LOG) == before + before.replace("12:00:00", "12:00:05")
    assert scene.text(HTML).count("<title>") == 1


def test_a_hung_log_is_replaced_and_nobody_else_notices(make):
    scene = make(formats=("log",))
    others = [scene.actor(name) for name in ("point", "link")]

    scene.site.hang("site/log")
    scene.frame()
    scene.site.advance(5)
    scene.frame()
    scene.written()

    assert [scene.actor(name) for name in ("point", "link")] == others
    assert scene.text(LOG).count(": ChargePoint>CentralSystem") == 1


def test_a_dead_disk_does_not_hang_the_actor(make, monkeypatch):
    scene = make(formats=("log",))
    life, go_on = scene.actor("log"), threading.Event()
    real = message_log_files.os.write

    def dead(number, data):
        assert go_on.wait(20)
        return real(number, data)

    monkeypatch.setattr(message_log_files.os, "write", dead)
    scene.frame()
    scene.site.advance(30)  # heartbeats go on
    scene.frame()

    assert scene.actor("log") is life
    go_on.set()
    scene.written()
    assert scene.text(LOG).count("ChargePoint>CentralSystem") == 2


def test_a_mistake_of_ours_ends_this_life_and_not_the_log(make, monkeypatch):
    scene = make(formats=("log",))
    with monkeypatch.context() as patch:
        patch.setattr(message_log_files.LogFile, "append", lambda *_: 1 / 0)
        scene.frame()
        scene.until(lambda: scene.actor("log")._files._fault is not None)
    scene.site.advance(5)
    scene.frame()
    scene.written()

    assert "Heartbeat" in scene.text(LOG)
