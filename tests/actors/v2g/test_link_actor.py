import base64
import os
import signal
import socket
from datetime import UTC, datetime

import pytest

from actors.engine.base import handles
from actors.engine.messages import GetMetrics
from actors.module_actor import ModuleActor
from actors.v2g import messages, parcel, snapshot
from actors.v2g.secc.exchange import (
    CancelTimer,
    Close,
    Disconnected,
    Expired,
    Publish,
    Received,
    Send,
    StartTimer,
)
from actors.v2g.session_actor import V2gSessionActor
from certs import pki
from certs.hashes import hash_data
from certs.store.hash_types import to_message
from protocols.interfaces import evse_security, kvs
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import sdp, v2gtp
from protocols.message import Failure, FailureReason, Reply
from protocols.types import iso15118
from tests.support.engine import eventually, pids
from tests.support.links import AGREED, CHARGER, HELLO, LINK, SESSION, HandCar, Root, heard, ports
from tests.support.managers import living_world
from tests.support.multiplexed import certify
from tests.support.stores import provision

POISON = charger.UpdateAcMaxCurrent(max_current_a=16.0)

pytestmark = pytest.mark.timeout(90)


class PoisonedSession(ModuleActor):
    """Dies on frames and on commands that set a current; for tests of who has to live with it."""

    @handles(messages.Step)
    def handle_step(self, step):
        """Die, or agree without deciding anything."""
        for given in map(parcel.unpack_input, step.given):
            if isinstance(given, Received) or getattr(given, "command", None) == POISON:
                raise RuntimeError("poison")
        nothing = snapshot.pack({}), (parcel.pack(()),) * len(step.given)
        return messages.Stepped(mark=b"always", changes=nothing[0], effects=nothing[1])


class SpeechlessSession(V2gSessionActor):
    """Decides as every session does, save on the end of a talk, where it dies."""

    @handles(messages.Step)
    def handle_step(self, step):
        """Die, or decide."""
        if any(isinstance(parcel.unpack_input(each), Disconnected) for each in step.given):
            raise RuntimeError("speechless")
        return super().handle_step(step)


class PickySession(V2gSessionActor):
    """Decides as every session does, save on frames that are no first greeting, of which it dies."""

    @handles(messages.Step)
    def handle_step(self, step):
        """Die, or decide."""
        for given in map(parcel.unpack_input, step.given):
            if isinstance(given, Received) and given.payload != HELLO:
                raise RuntimeError("picky")
        return super().handle_step(step)


class ThoughtfulSession(ModuleActor):
    """Waits for the next frame with a timer that is soon over, and takes longer than that to answer it."""

    @handles(messages.Step)
    def handle_step(self, step):
        """Decide, on frames that are to be answered after a while."""
        (given,) = map(parcel.unpack_input, step.given)
        effects = ()
        if isinstance(given, Expired):
            effects = (Close(reason="sequence_timeout"),)
        elif isinstance(given, Received):
            answer = Send(payload_type=v2gtp.PayloadType.EXI, payload=AGREED)
            starts = StartTimer(timer="sequence", after_s=0.01)
            effects = (starts,) if given.payload != HELLO else (CancelTimer(timer="sequence"), answer)
        packed = parcel.pack(effects)
        stepped = messages.Stepped(mark=b"always", changes=snapshot.pack({}), effects=(packed,))
        deferred = self.defer()
        thinks_s = 0.5 if isinstance(given, Received) and given.payload == HELLO else 0.0
        self.start_timer("think", thinks_s, lambda: deferred.answer(stepped))
        return deferred


@pytest.fixture
def link(evsite_system):
    """A client of a link on plain TCP."""
    _system, client = evsite_system(Root)
    return client


@pytest.fixture
def secured(evsite_system, tmp_path):
    """A client of a link with certificates, and the file with the roots."""
    provision(tmp_path / "certs", made=living_world())
    _system, client = evsite_system(Root, {"directory": str(tmp_path)})
    eventually(lambda: ports(client).tls, within_s=20)
    return client, tmp_path / "certs/ca/v2g/V2G_ROOT_CA.pem"


def send_signal(client, number):
    pid = pids(client)[SESSION]
    os.kill(pid, number)
    return pid


def test_a_car_on_plain_tcp_gets_its_answer(link):
    with HandCar(ports(link).plain) as car:
        car.send(HELLO)

        assert car.receive() == AGREED


def test_a_car_over_tls_gets_its_answer(secured):
    client, roots = secured

    with HandCar(ports(client).tls, roots=roots) as car:
        car.send(HELLO)
        assert car.receive() == AGREED


def test_a_new_answer_of_the_responder_is_stapled_in_the_next_handshake(secured):
    client, roots = secured
    leaf = living_world()["SECC_LEAF"]
    with HandCar(ports(client).tls, roots=roots) as car:
        assert car.staple is None
    response = pki.ocsp_response(leaf.certificate, leaf.issuer, period=pki.Period.around(datetime.now(UTC)))

    reply = client.ask("certificates/main", about(leaf, response))

    assert reply == Reply()
    eventually(lambda: staple_shown(client, roots) == response, within_s=30)


def staple_shown(client, roots):
    with HandCar(ports(client).tls, roots=roots) as car:
        return car.staple


def about(identity, response):
    """The command that stores a response about a certificate."""
    return evse_security.UpdateOcspCache(
        certificate_hash_data=to_message(hash_data(identity.certificate, identity.issuer.certificate)),
        ocsp_response=base64.b64encode(response).decode(),
    )


def test_a_car_whose_answer_takes_long_has_not_been_silent(evsite_system):
    _system, client = evsite_system(Root, {"session": f"{__name__}.ThoughtfulSession"})
    with HandCar(ports(client).plain) as car:
        # when the time for a request runs out while the session has that request in hand
        car.send_raw(v2gtp.encode(v2gtp.PayloadType.EXI, b"?") + v2gtp.encode(v2gtp.PayloadType.EXI, HELLO))
        assert car.receive() == AGREED

        # then the talk goes on
        car.send(HELLO)
        assert car.receive() == AGREED


def test_a_request_is_answered_though_its_session_was_killed_before(link):
    with HandCar(ports(link).plain) as car:
        first = send_signal(link, signal.SIGKILL)
        car.send(HELLO)

        assert car.receive() == AGREED
    assert eventually(lambda: pids(link))[SESSION] != first


def test_a_request_is_answered_though_its_session_hangs(link):
    with HandCar(ports(link).plain) as car:
        first = send_signal(link, signal.SIGSTOP)
        car.send(HELLO)

        assert car.receive() == AGREED
    assert eventually(lambda: pids(link))[SESSION] != first


def test_commands_are_answered_once_though_the_session_dies_meanwhile(link):
    send_signal(link, signal.SIGSTOP)

    replies = [link.ask(CHARGER, charger.StopCharging(stop=True)) for _ in range(3)]

    assert replies == [Reply()] * 3


def test_narrowed_protocols_are_confirmed_and_hold(link):
    narrow = charger.UpdateSupportedAppProtocols(
        supported_app_protocols=iso15118.SupportedAppProtocols(
            app_protocols=(iso15118.SupportedAppProtocol.DIN70121,)
        )
    )

    assert link.ask(CHARGER, narrow) == charger.UpdateSupportedAppProtocolsReply(updated=True)
    with HandCar(ports(link).plain) as car:
        car.send(HELLO)
        assert car.receive() not in (AGREED, None)
        assert car.receive() is None


def test_a_second_car_is_refused_and_the_first_not_disturbed(link):
    where = ports(link).plain

    with HandCar(where) as first, HandCar(where) as second:
        assert second.receive() is None
        first.send(HELLO)
        assert first.receive() == AGREED
    assert link.ask(CHARGER, GetMetrics()).counted["car_refused"] == 1


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x01\xfe\x80\x01\xff\xff\xff\xff",
        b"\x01\xfe\x80\x01\0\0\0\x02\xff\xff",
    ],
)
def test_garbage_ends_its_connection_and_the_next_car_is_served(link, data):
    where = ports(link).plain
    with HandCar(where) as car:
        car.send_raw(data)
        assert car.receive() is None

    with HandCar(where) as car:
        car.send(HELLO)
        assert car.receive() == AGREED


def test_a_car_that_does_not_wait_for_answers_is_let_go(link):
    with HandCar(ports(link).plain) as car:
        car.send_raw(v2gtp.encode(v2gtp.PayloadType.EXI, HELLO) * 300)

        assert link.ask(CHARGER, charger.StopCharging(stop=True)) == Reply()
        assert eventually(lambda: car.receive() is None)


def test_a_car_that_never_shakes_hands_is_let_go(evsite_system, tmp_path):
    provision(tmp_path / "certs", made=living_world())
    _system, client = evsite_system(Root, {"directory": str(tmp_path), "parameters": {"tls_timeout": 300}})
    eventually(lambda: ports(client).tls, within_s=20)

    with HandCar(ports(client).tls) as car:
        assert car.receive() is None
    assert client.ask(CHARGER, GetMetrics()).counted == {"tls_timeout": 1}


def test_discovery_names_the_port_that_answers(secured):
    client, _roots = secured
    where = ports(client)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asking.settimeout(10)
        asking.sendto(sdp.Request(security=sdp.Security.TLS).encode(), ("::1", where.sdp))

        response = sdp.decode(asking.recv(2048))

    assert (str(response.address), response.port, response.security) == ("::1", where.tls, sdp.Security.TLS)


@pytest.mark.parametrize(("policy", "plain", "tls"), [("prohibit", True, False), ("force", False, True)])
def test_only_the_ports_of_the_policy_are_open(evsite_system, tmp_path, policy, plain, tls):
    provision(tmp_path / "certs", made=living_world())
    _system, client = evsite_system(
        Root, {"directory": str(tmp_path), "parameters": {"tls_security": policy}}
    )
    eventually(lambda: not tls or ports(client).tls, within_s=20)

    found = ports(client)

    assert (found.plain is not None, found.tls is not None) == (plain, tls)


def test_certificates_that_come_later_open_the_tls_port(evsite_system, tmp_path):
    (tmp_path / "certs").mkdir()
    _system, client = evsite_system(Root, {"directory": str(tmp_path)})
    assert ports(client).tls is None

    provision(tmp_path / "certs", made=living_world())

    assert eventually(lambda: ports(client).tls, within_s=60)


def test_an_input_that_kills_every_session_ends_only_its_talk(evsite_system):
    _system, client = evsite_system(Root, {"session": f"{__name__}.PoisonedSession"})
    with HandCar(ports(client).plain) as car:
        car.send(HELLO)
        assert car.receive() is None
    assert eventually(lambda: heard(client).failures) == ("UnexpectedSessionEnd",)

    with HandCar(ports(client).plain) as car:
        car.send(HELLO)
        assert car.receive() is None


def test_a_request_that_kills_every_session_fails_its_talk_once(evsite_system):
    _system, client = evsite_system(Root, {"session": f"{__name__}.PickySession"})
    with HandCar(ports(client).plain) as car:
        car.send(HELLO)
        assert car.receive() == AGREED
        car.send(HELLO + b"\0")
        assert car.receive() is None

    assert eventually(lambda: "dlink_error" in heard(client).tags)
    assert heard(client).failures == ("UnexpectedSessionEnd",)


def test_an_end_that_kills_every_session_is_told_all_the_same(evsite_system):
    _system, client = evsite_system(Root, {"session": f"{__name__}.SpeechlessSession"})
    with HandCar(ports(client).plain) as car:
        car.send(HELLO)
        assert car.receive() == AGREED

    assert eventually(lambda: "dlink_error" in heard(client).tags)
    assert heard(client).failures == ("UnexpectedSessionEnd",)


def test_a_command_that_kills_every_session_is_answered_with_failure(evsite_system):
    _system, client = evsite_system(Root, {"session": f"{__name__}.PoisonedSession"})

    reply = client.ask(CHARGER, POISON, deadline_s=30)

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.CRASHED


def test_what_the_session_publishes_is_heard_once_and_in_order(link):
    with HandCar(ports(link).plain) as car:
        send_signal(link, signal.SIGSTOP)
        car.send(HELLO)
        assert car.receive() == AGREED

    assert eventually(lambda: "dlink_error" in heard(link).tags)
    assert heard(link).tags == ("ev_app_protocol", "selected_protocol", "hlc_session_failed", "dlink_error")


def test_a_link_that_was_killed_says_so_and_serves_the_next_car(link):
    with HandCar(ports(link).plain) as car:
        first = pids(link)[LINK]
        os.kill(first, signal.SIGKILL)
        assert car.receive() is None
    eventually(lambda: pids(link).get(LINK, first) != first)

    assert eventually(lambda: heard(link).failures) == ("UnexpectedSessionEnd",)
    with HandCar(ports(link).plain) as car:
        car.send(HELLO)
        assert car.receive() == AGREED


def test_a_device_that_is_not_there_does_not_keep_the_link_from_starting(evsite_system):
    _system, client = evsite_system(Root, {"parameters": {"device": "nosuch0"}})

    assert ports(client) == messages.Ports(device="nosuch0", address="::")
    assert client.ask(CHARGER, charger.ResetError()) == Reply()


def test_a_command_of_another_interface_is_unsupported(link):
    reply = link.ask(CHARGER, kvs.Load(key="x"))

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNSUPPORTED


def test_a_station_that_enforces_tls_1_3_refuses_older_cars_and_logs_why(evsite_system, tmp_path, capfd):
    certify(tmp_path)
    newer_only = {
        "supported_ISO15118_20": True,
        "tls_negotiation_strategy": "ENFORCE_TLS",
        "enforce_tls_1_3": True,
        "enable_ssl_logging": True,
    }
    _system, client = evsite_system(Root, {"directory": str(tmp_path), "parameters": newer_only})
    eventually(lambda: ports(client).tls, within_s=20)

    with pytest.raises(ConnectionRefusedError, match="protocol_version"):
        HandCar(ports(client).tls, roots=tmp_path / "certs/ca/v2g/V2G_ROOT_CA.pem")

    logged = []
    eventually(lambda: logged.append(capfd.readouterr().out) or "tls_handshake" in "".join(logged))
    assert "alert=protocol_version" in "".join(logged)


class TellingSession(ModuleActor):
    """Decides nothing but to publish, on each frame, what EVerest's interface does not have."""

    @handles(messages.Step)
    def handle_step(self, step):
        """Say that the car gives energy back and may charge."""
        said = (
            Publish(variable=messages.DischargeWanted(voltage_v=400.0, current_a=10.0)),
            Publish(variable=messages.CarAuthorized()),
        )
        effects = tuple(
            parcel.pack(said if isinstance(each, Received) else ())
            for each in map(parcel.unpack_input, step.given)
        )
        return messages.Stepped(mark=b"always", changes=snapshot.pack({}), effects=effects)


def test_what_everest_does_not_have_is_said_under_the_charger_name(evsite_system):
    _system, client = evsite_system(Root, {"session": f"{__name__}.TellingSession"})

    with HandCar(ports(client).plain) as car:
        car.send(HELLO)
        eventually(lambda: "frames_seen" in heard(client).ours)

    assert {"discharge_wanted", "car_authorized", "milestones"} <= set(heard(client).ours)
    assert pids(client)[LINK]
