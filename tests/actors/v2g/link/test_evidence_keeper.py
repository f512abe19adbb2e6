"""A keeper beside a real socket; the timers are run by hand."""

import dataclasses
import json
import socket
from datetime import timedelta
from types import SimpleNamespace

import pytest

from actors.engine.clock import ManualClock
from actors.engine.timers import Timers
from actors.v2g import messages, snapshot
from actors.v2g.link.car import Car
from actors.v2g.link.channel import Channel
from actors.v2g.link.evidence_keeper import EvidenceKeeper, facts_of
from actors.v2g.secc.exchange import Note
from actors.v2g.secc.state import Authorization, Contract, Dialect, State, Talk, Verdict
from actors.v2g.secc.station import Station
from certs.tls import Edition
from protocols.iso15118 import v2gtp
from protocols.iso15118.capture.dialogue import Dialogue
from protocols.iso15118.capture.keylog import KeyLog
from protocols.iso15118.capture.packets import read
from protocols.message import Reply
from protocols.types import iso15118
from tests.support.links import AGREED, HELLO
from tests.support.tls import NOW, car, station

EVSE_ID = iso15118.EVSEID(evse_id="DE*EVS*E1", evse_id_din="49A80737A45678")
LATER = NOW + timedelta(seconds=5)
IDLE = snapshot.parts_of(State(station=Station(evse_id=EVSE_ID)))


class Log(list):
    """Keeps what is written down."""

    def warning(self, event, **facts):
        self.append((event, facts))


class House:
    """What a keeper wants of its actor."""

    def __init__(self, **parameters):
        self.parameters, self.module_id, self.evse = parameters, "v2g_1", 1
        self.port = SimpleNamespace(clock=ManualClock(NOW))
        self.timers, self.log, self.counted = Timers(), Log(), []

    def count(self, event):
        self.counted.append(event)

    def start_timer(self, name, after_s, action):
        self.timers.start(name, self.port.clock.monotonic_s() + after_s, action)

    def rest(self):
        """Let timers run until none is left."""
        while (due_s := self.timers.next_s()) is not None:
            self.port.clock.advance(max(0.0, due_s - self.port.clock.monotonic_s()))
            while (action := self.timers.due(self.port.clock.monotonic_s())) is not None:
                action()


class Scene:
    """A keeper, a car's end of a connection, and the link's."""

    def __init__(self, endpoint=None, **parameters):
        self.house = House(**parameters)
        self.keeper = EvidenceKeeper(self.house, lambda: IDLE)
        self.keeper.start()
        self.endpoint = endpoint

    def connect(self):
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
            self.far = socket.create_connection(server.getsockname()[:2])
            self.car = self.keeper.car(server.accept()[0], self.endpoint)
        return self.car

    def talk(self, count=1):
        self.connect()
        list(self.car.channel.start())
        for _ in range(count):
            self.far.sendall(v2gtp.encode(0x8001, HELLO))
            list(self.car.read())
            self.car.channel.send(0x8001, AGREED)
            assert self.car.flush()
        self.hang_up()

    def hang_up(self, reason="closed_by_car"):
        self.far.close()
        self.car.close()
        self.keeper.end(reason)

    def rest(self):
        self.house.rest()
        while not self.keeper._files.idle:
            self.house.rest()


@pytest.fixture
def scene(tmp_path):
    made = []

    def make(endpoint=None, **parameters):
        made.append(Scene(endpoint, **{"evidence_path": str(tmp_path)} | parameters))
        return made[-1]

    yield make
    for each in made:
        each.keeper.close()


def bundles(directory):
    return sorted(directory.glob("v2g-v2g_1-*"))


def told(bundle):
    return [json.loads(line) for line in (bundle / "talk.jsonl").read_text().splitlines()]


def test_a_talk_leaves_lines_and_packets(scene, tmp_path):
    one = scene()
    one.talk()
    one.rest()
    (bundle,) = bundles(tmp_path)

    assert [each.get("name", each["kind"]) for each in told(bundle)] == [
        "talk",
        "supportedAppProtocolReq",
        "supportedAppProtocolRes",
        "end",
    ]
    assert {path.name for path in bundle.iterdir()} == {"talk.jsonl", "talk.pcap"}
    assert told(bundle)[-1]["evse_id"] == "DE*EVS*E1"


def test_nothing_is_kept_where_nobody_has_asked(tmp_path):
    one = Scene()
    made = one.connect()
    one.keeper.noted(Note(event="said"))
    one.hang_up()

    assert type(made.channel) is Channel
    assert one.house.timers.next_s() is None
    assert not bundles(tmp_path)


def test_nothing_of_a_talk_is_decoded_before_its_pause(scene):
    one = scene()
    one.talk(10)

    (recorder, _bundle), *_ = one.keeper._talks

    assert recorder.pending == 1 + 10 * 4 + 1
    assert one.house.timers.running("evidence")


def test_a_pause_of_the_talk_is_used_and_its_end_waited_for(scene, tmp_path):
    one = scene(evidence_max_mb=0)
    one.connect()
    one.far.sendall(v2gtp.encode(0x8001, HELLO))
    list(one.car.read())
    one.rest()
    (recorder, _bundle), *_ = one.keeper._talks
    assert recorder.pending == 0

    one.hang_up()
    one.rest()

    assert [each["kind"] for each in told(*bundles(tmp_path))] == ["talk", "gap", "message", "end"]


def test_a_clock_that_is_set_changes_no_time_within_a_talk(scene, tmp_path):
    one = scene()
    one.connect()
    list(one.car.channel.start())
    one.far.sendall(v2gtp.encode(0x8001, HELLO))
    list(one.car.read())
    one.house.port.clock.advance(0.25)
    one.house.port.clock.jump(-7200)
    one.car.channel.send(0x8001, AGREED)
    one.hang_up()
    one.rest()

    assert told(*bundles(tmp_path))[2]["took_ms"] == 250.0


def test_a_message_says_where_the_next_talk_is_kept(scene, tmp_path):
    one = scene()
    one.keeper.follow(messages.Evidence(path=str(tmp_path / "session"), suffix="42", in_full=False))
    one.talk()
    one.rest()
    (bundle,) = bundles(tmp_path / "session")

    assert bundle.name.endswith("-42")
    assert not any("message" in each for each in told(bundle))
    assert not bundles(tmp_path)


def test_a_message_without_a_path_goes_back_to_the_parameters(scene, tmp_path):
    one = scene()
    one.keeper.follow(messages.Evidence(path=str(tmp_path / "session")))
    one.keeper.follow(messages.Evidence())
    one.talk()
    one.rest()

    assert len(bundles(tmp_path)) == 1
    assert messages.Evidence.answer is Reply


def test_a_message_with_a_suffix_alone_changes_nothing_else(scene, tmp_path):
    one = scene()
    one.keeper.follow(messages.Evidence(path=str(tmp_path / "asked"), suffix="mine", in_full=False))
    one.keeper.follow(messages.Evidence(path=None, suffix="42"))  # a car is plugged in
    one.talk()
    one.house.port.clock.advance(0.001)
    one.keeper.follow(messages.Evidence(path=None))  # it is gone again
    one.talk()
    one.rest()

    theirs, nobodys = bundles(tmp_path / "asked")
    assert theirs.name.endswith("-42")
    assert not nobodys.name.endswith(("-42", "-mine"))
    assert not any("message" in each for each in told(theirs) + told(nobodys))
    assert not bundles(tmp_path)


def test_a_suffix_alone_has_nothing_written_down(scene, tmp_path):
    one = scene(evidence_path="")
    one.keeper.follow(messages.Evidence(path=None, suffix="42"))
    one.talk()
    one.rest()

    assert not list(tmp_path.rglob("v2g-*"))


def test_talks_behind_each_other_are_told_each_in_its_own_bundle(scene, tmp_path):
    one = scene(evidence_keep=2)
    for count in (5, 3, 1):
        one.talk(count)
        one.house.port.clock.advance(0.001)
    one.rest()

    assert [len(told(bundle)) for bundle in bundles(tmp_path)] == [2 + 2 * 3, 2 + 2 * 1]


def test_a_disk_that_is_slow_is_looked_at_again(scene, monkeypatch):
    one = scene()
    monkeypatch.setattr(
        type(one.keeper._files), "idle", property(lambda _files: one.house.port.clock.now() > LATER)
    )
    one.talk()
    one.house.rest()

    assert one.house.port.clock.now() > LATER
    assert not one.keeper._ended


def shake_hands(one, edition):
    """A car's end after the handshake; what the link has to say goes to it."""
    made, client = one.connect(), car(edition).connect(now=NOW)
    while data := client.data_to_send():
        one.far.sendall(data)
        list(made.read())
        made.flush()
        client.receive_data(one.far.recv(65536))
    assert made.channel.key_log_lines()
    return client


@pytest.mark.parametrize("switch", ["tls_key_logging", "enable_tls_key_logging", None])
def test_secrets_are_in_it_only_where_a_key_log_is_asked_for(scene, tmp_path, switch):
    one = scene(station(key_log=True).accept(now=NOW), **({switch: True} if switch else {}))
    shake_hands(one, Edition.ISO2)
    one.hang_up()
    one.rest()
    (bundle,) = bundles(tmp_path)

    assert (bundle / "keys.log").exists() is (switch is not None)
    assert [each["kind"] for each in told(bundle)] == ["talk", "tls", "end"]


@pytest.mark.parametrize("edition", [Edition.ISO2, Edition.ISO20])
def test_secrets_and_packets_together_give_what_was_said(scene, tmp_path, edition):
    one = scene(station(key_log=True).accept(now=NOW), tls_key_logging=True)
    client = shake_hands(one, edition)
    client.write(v2gtp.encode(0x8001, HELLO))
    one.far.sendall(client.data_to_send())
    list(one.car.read())
    one.hang_up()
    one.rest()
    (bundle,) = bundles(tmp_path)
    secrets = KeyLog()
    secrets.add((bundle / "keys.log").read_text())
    dialogue = Dialogue(secrets)

    (said,) = [each for one in read((bundle / "talk.pcap").read_bytes()) for each in dialogue.feed(one)]

    assert (said.payload, said.error, said.transport) == (HELLO, None, "TLS")
    assert ("subject" in told(bundle)[1]) is (edition is Edition.ISO20)


def test_a_connection_that_is_gone_again_leaves_nothing(scene, tmp_path):
    one = scene()
    connection, other = socket.socketpair()
    other.close()
    closed = socket.socket(socket.AF_INET6)
    made = one.keeper.car(closed, None)
    made.close()
    connection.close()

    assert isinstance(made, Car)
    assert not bundles(tmp_path)


def test_a_bundle_that_cannot_be_written_is_told_of_once(tmp_path):
    (tmp_path / "file").write_text("")
    one = Scene(evidence_path=str(tmp_path / "file"))
    one.talk()
    one.talk()
    one.rest()
    one.keeper.close()

    assert [event for event, _facts in one.house.log] == ["evidence_not_written"] * 2
    assert one.house.log[0][1]["error"]
    assert one.house.counted == ["evidence_not_written"] * 2


def test_the_end_of_the_link_writes_what_it_has(scene, tmp_path):
    one = scene()
    one.connect()
    one.far.sendall(v2gtp.encode(0x8001, HELLO))
    list(one.car.read())
    one.keeper.end("station_stops")
    one.keeper.close()
    one.far.close()
    one.car.close()
    (bundle,) = bundles(tmp_path)

    assert told(bundle)[-1]["reason"] == "station_stops"


def test_what_is_known_of_a_talk_comes_from_the_last_state():
    granted = Authorization(verdict=Verdict.GRANTED, option=iso15118.PaymentOption.CONTRACT)
    contract = Contract(chain=(), emaid="DE8EVSC0000001X")
    talk = Talk(dialect=Dialect.ISO2, session_id=b"\1\2", phase="Ended", authorization=granted)
    state = State(talk=dataclasses.replace(talk, contract=contract))

    found = json.loads(json.dumps(facts_of(snapshot.parts_of(state))))

    assert (found["session_id"], found["dialect"], found["emaid"]) == (
        "0102",
        "ISO15118-2",
        "DE8EVSC0000001X",
    )
    assert found["authorization"]["verdict"] == "Granted"
    assert facts_of(snapshot.parts_of(State())) == {}


@pytest.mark.parametrize(("path", "where"), [("kept", "logs/kept"), ("{}/kept", "kept")])
def test_a_relative_path_begins_where_the_module_keeps_its_logs(path, where, tmp_path):
    house = House(evidence_path=path.format(tmp_path), logging_path=str(tmp_path / "logs"))
    keeper = EvidenceKeeper(house, lambda: IDLE)

    keeper.start()

    assert keeper._path == str(tmp_path / where)
