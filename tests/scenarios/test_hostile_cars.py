"""What a hostile car sends over real sockets ends its connection, is counted, and nobody else notices."""

import contextlib
import functools
import random
import socket
import struct
import threading
from pathlib import Path

import pytest

from actors.engine.faults import Faults
from actors.engine.messages import GetMetrics
from actors.simulation.ev import exchange
from actors.simulation.ev.wallet import V2G_ROOTS
from protocols.iso15118 import app_protocol, exi, iso2, sdp, v2gtp, xmldsig
from tests.support import charging, tls_hello
from tests.support.engine import eventually, pids, running
from tests.support.kill_matrix import MODES, Charge, Site, drive, yaml_of
from tests.support.links import AGREED, HELLO, HandCar, Root, charger_of, module_of, ports

pytestmark = pytest.mark.timeout(240)

LINKS = 5
DATAGRAMS, TALKS, RESET, RESET_TOO, BYSTANDER = range(LINKS)
"""Links by what comes to them: each lets ten connections in within ten seconds."""
CARD = {mode.name: mode for mode in MODES}["-2 AC EIM"]
PATIENT = 40
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """Links in one system."""
    directory = tmp_path_factory.mktemp("stand")
    config = charging.furnish(directory) | {"links": LINKS, "parameters": {"tls_timeout": 1500}}
    with running(Root, config) as (_system, client):
        yield Site(client, directory, LINKS, Faults((), 0))


@pytest.fixture(autouse=True)
def unnoticed(stand):
    """A car that charges beside whatever the test does, and notices nothing of it."""
    beside = Charge(stand, BYSTANDER, CARD, yaml_of(CARD, patience=PATIENT, lapse=200), lambda *_: None)
    driving = threading.Thread(target=drive, args=([beside],))
    driving.start()
    yield
    driving.join()
    assert beside.problems() == []


def counted(stand, number):
    return stand.client.ask(charger_of(number), GetMetrics()).counted


def rss(stand, number):
    """Bytes of a link and its session."""
    found = eventually(lambda: pids(stand.client))
    paths = (f"site/{module_of(number)}", f"site/{module_of(number)}.session")
    return sum(int(Path(f"/proc/{found[path]}/statm").read_text().split()[1]) * 4096 for path in paths)


# -- datagrams ---------------------------------------------------------------------------------------------


def test_thousands_of_datagrams_are_counted_and_cost_no_memory(stand):
    noise = random.Random(5)
    where = ("::1", ports(stand.client, DATAGRAMS).sdp)
    request = sdp.Request(security=sdp.Security.NO_TLS).encode()

    def flood(count):
        for _ in range(count):
            asking.sendto(noise.randbytes(noise.randrange(1400)), where)
            asking.sendto(request, where)

    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.25)
        flood(250)
        before = rss(stand, DATAGRAMS)
        flood(2500)
        answer = eventually(lambda: asked_again(asking, request, where))

    assert sdp.decode(answer).port == ports(stand.client, DATAGRAMS).plain
    seen = counted(stand, DATAGRAMS)
    assert seen["sdp_throttled"] > 100
    assert seen["sdp_ignored"] > 0
    assert rss(stand, DATAGRAMS) - before < 4 * MIB


def asked_again(asking, request, where):
    asking.sendto(request, where)
    with contextlib.suppress(TimeoutError):
        return asking.recv(2048)


# -- the handshake -----------------------------------------------------------------------------------------

NO_HANDSHAKES = {
    "a web browser": b"GET / HTTP/1.1\r\nHost: station\r\n\r\n",
    "a frame in clear": v2gtp.encode(v2gtp.PayloadType.EXI, HELLO),
    "zeros": bytes(20_000),
    "an endless hello": tls_hello.records(b"\x01\xff\xff\xff" + bytes(60_000)),
    "no common suite": tls_hello.hello(suites=(0x0005,)),
}


def test_what_is_no_handshake_is_closed_and_counted(stand):
    where = ports(stand.client, DATAGRAMS).tls
    before = counted(stand, DATAGRAMS).get("tls_failed", 0)

    for data in NO_HANDSHAKES.values():
        with HandCar(where) as car:
            car.send_raw(data)
            assert closes(car)
    with HandCar(where) as car:
        car.send_raw(tls_hello.hello()[:40])
        reset(car._socket)

    after = len(NO_HANDSHAKES) + before
    seen = eventually(lambda: found if (found := counted(stand, DATAGRAMS)).get("connection_lost") else None)
    assert (seen["tls_failed"], seen["connection_lost"]) == (after, 1)


def test_a_handshake_that_drips_is_cut_off_in_time(stand):
    with HandCar(ports(stand.client, DATAGRAMS).tls) as car, contextlib.suppress(OSError):
        car._socket.settimeout(0.1)
        for byte in tls_hello.hello()[:-1]:
            car.send_raw(bytes([byte]))
            if is_closed(car._socket):
                break

    assert counted(stand, DATAGRAMS)["tls_timeout"] == 1


def test_what_is_no_record_ends_a_connection_that_was_secured(stand):
    roots = stand.directory / "car" / V2G_ROOTS
    before = counted(stand, TALKS).get("tls_failed", 0)

    with HandCar(ports(stand.client, TALKS).tls, roots=roots) as car:
        car.send(HELLO)
        assert car.receive() == AGREED
        car._socket.sendall(FRAME)
        assert closes(car)

    assert counted(stand, TALKS)["tls_failed"] == before + 1


def is_closed(connection):
    """Whether the other side has closed; waits a little."""
    try:
        return connection.recv(4096) == b""
    except TimeoutError:
        return False


def closes(car):
    """Whether nothing but alerts comes until the station has closed."""
    with contextlib.suppress(ConnectionResetError):
        while car._socket.recv(4096):
            pass
    return True


def reset(connection):
    """Close with an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# -- frames and messages -----------------------------------------------------------------------------------


def setup_with(signature):
    header = iso2.MessageHeader(session_id=bytes(8), signature=signature)
    body = iso2.Body(body_element=iso2.SessionSetupReq(evcc_id=bytes(6)))
    return exi.encode(iso2.V2gMessage(header=header, body=body), exi.Schema.ISO2)


def bomb():
    """Lists in lists, as long as the schema and a frame allow."""
    transform = xmldsig.Transform(algorithm="", xpath=("",) * 70)
    reference = xmldsig.Reference(
        transforms=xmldsig.Transforms(transform=(transform,) * 2),
        digest_method=xmldsig.DigestMethod(algorithm=""),
        digest_value=b"",
    )
    signed = xmldsig.SignedInfo(
        canonicalization_method=xmldsig.CanonicalizationMethod(algorithm=""),
        signature_method=xmldsig.SignatureMethod(algorithm=""),
        reference=(reference,) * 1024,
    )
    return setup_with(
        xmldsig.Signature(signed_info=signed, signature_value=xmldsig.SignatureValue(value=b""))
    )


def protocols(count):
    offered = tuple(
        app_protocol.AppProtocol(
            protocol_namespace=f"urn:{number}:{'x' * 90}",
            version_number_major=2,
            version_number_minor=0,
            schema_id=number,
            priority=number + 1,
        )
        for number in range(count)
    )
    return exi.encode(app_protocol.SupportedAppProtocolReq(app_protocol=offered), exi.Schema.APP_PROTOCOL)


FRAME = v2gtp.encode(v2gtp.PayloadType.EXI, HELLO)
UNKNOWN = b"\x01\xfe\xaa\xaa\x00\x00\x00\x01x"
RAW = {
    "a length of 4 GiB": (b"\x01\xfe\x80\x01\xff\xff\xff\xff", "framing_broken"),
    "another version": (b"\x02\xfd\x80\x01\x00\x00\x00\x01\x80", "framing_broken"),
    "an SDP request": (b"\x01\xfe\x90\x00\x00\x00\x00\x02\x10\x00", "payload_type_unexpected"),
    "no content": (b"\x01\xfe\x80\x01\x00\x00\x00\x00", "framing_broken"),
    "no message": (v2gtp.encode(v2gtp.PayloadType.EXI, b"\x80\xff\xff"), "message_undecodable"),
    "twenty protocols, none of ours": (v2gtp.encode(0x8001, protocols(20)), "no_common_protocol"),
    "a flood": (FRAME * 2000, "car_does_not_wait"),
}


def test_what_is_no_conversation_is_closed_with_its_reason(stand):
    where = ports(stand.client, TALKS).plain

    for data, _reason in RAW.values():
        with HandCar(where) as car, contextlib.suppress(ConnectionResetError, BrokenPipeError):
            car.send_raw(data)
            assert closes(car)

    seen = eventually(lambda: found if "car_does_not_wait" in (found := counted(stand, TALKS)) else None)
    assert {reason for _data, reason in RAW.values()} <= set(seen)


def test_a_bomb_ends_its_talk_and_takes_no_memory_along(stand):
    where, data = ports(stand.client, TALKS).plain, bomb()
    before = rss(stand, TALKS)

    with HandCar(where) as car:
        car.send_raw(UNKNOWN * 1000)
        car.send(HELLO)
        assert car.receive() == AGREED
        car.send(data)
        car.receive()
        car._socket.shutdown(socket.SHUT_WR)
        assert car.receive() is None

    assert rss(stand, TALKS) - before < 32 * MIB


# -- in every phase ----------------------------------------------------------------------------------------

PHASES = (
    "SupportedAppProtocol", "SessionSetup", "ServiceDiscovery", "PaymentServiceSelection", "Authorization",
    "ChargeParameterDiscovery", "PowerDeliveryStart", "ChargingStatus", "PowerDeliveryStop", "SessionStop",
)  # fmt: skip


class Rude(Charge):
    """Resets its connection right behind its first request of a phase."""

    def __init__(self, stand, number, phase):
        self.sent = []
        super().__init__(stand, number, CARD, yaml_of(CARD, patience=PATIENT), self.note)
        self.phase, self.gone = phase, False

    def note(self, _number, phase):
        self.sent.append(phase)

    @property
    def over(self):
        return self.gone or super().over

    def step(self):
        super().step()
        if self.phase in self.sent:
            reset(self.runner._link._socket)
            self.runner._link.over = self.gone = True


def test_a_reset_in_every_phase_leaves_nothing_connected(stand):
    for ended, (first, second) in enumerate(zip(PHASES[::2], PHASES[1::2], strict=True), start=1):
        rude = [Rude(stand, RESET, first), Rude(stand, RESET_TOO, second)]
        drive(rude)
        assert all(each.gone for each in rude)
        eventually(functools.partial(have_ended, stand, ended))

    for heard in (stand.ever_heard(RESET), stand.ever_heard(RESET_TOO)):
        assert heard.count("ac_close_contactor") == heard.count("ac_open_contactor") > 0
    assert sum(counted(stand, number)["connection_lost"] for number in (RESET, RESET_TOO)) == len(PHASES)


def have_ended(stand, talks):
    return all(counted(stand, number).get("talk_ended") == talks for number in (RESET, RESET_TOO))


class Impatient(Charge):
    """Sends one request many times over, without waiting for its answer."""

    def __init__(self, stand, number):
        super().__init__(stand, number, CARD, yaml_of(CARD, patience=PATIENT), lambda *_: None)
        feed = self._car.feed

        def many(given, now):
            effects = feed(given, now)
            held = self._car.phase == "PowerDeliveryStart"
            return effects + 5 * tuple(each for each in effects if held and isinstance(each, exchange.Send))

        self._car.feed = many


def test_requests_while_one_is_held_end_the_talk(stand):
    charge = Impatient(stand, TALKS)

    drive([charge])

    assert not charge.outcome.completed
    heard = eventually(lambda: stand.heard(TALKS))
    assert heard.count("ac_close_contactor") == heard.count("ac_open_contactor") == 1
    assert counted(stand, TALKS)["request_while_held"] == 1
