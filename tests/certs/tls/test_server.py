import random
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from certs import pki
from certs.errors import CertificateError
from certs.keys import KeyKind
from certs.revocation import Evidence
from certs.tls import Alert, Edition, Fault, IdentifierType, Identity, ServerMaterial, State
from certs.verdict import Reason
from protocols.iso15118.capture.tcp import Side
from tests.support.examples import few
from tests.support.tls import (
    LATER,
    NOW,
    both_open,
    car,
    decrypt,
    identity_of,
    meet,
    oem_roots,
    pump,
    secc,
    station,
    talk,
    v2g_roots,
    vehicle,
    world,
)
from tests.support.tls_hello import ISO2_EXTENSIONS, hello, hello_body, message, records

BOTH = pytest.mark.parametrize("edition", list(Edition))
ONE_PORT = station()


class RawClient:
    """pyOpenSSL without our rules around it, with the face of an endpoint."""

    def __init__(self, context, session=None):
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()
        if session is not None:
            self.connection.set_session(session)
        self.errors = []
        self.step()

    def step(self):
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self.errors.append(error)

    def receive_data(self, data):
        self.connection.bio_write(data)
        self.step()

    def data_to_send(self):
        try:
            return self.connection.bio_read(2**16)
        except SSL.WantReadError:
            return b""


def raw_context(*, lowest=SSL.TLS1_2_VERSION, highest=SSL.TLS1_3_VERSION, suites=b"DEFAULT", suites_13=None):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(lowest)
    context.set_max_proto_version(highest)
    context.set_cipher_list(suites)
    if suites_13:
        context.set_tls13_ciphersuites(suites_13)
    return context


def show_vehicle(context, *, groups=b"P-521"):
    """Make it a car of -20."""
    assert SSL._lib.SSL_CTX_set1_curves_list(context._context, groups) == 1
    context.use_certificate(vehicle().leaf)
    context.use_privatekey(vehicle().key)
    for certificate in vehicle().certificates[1:]:
        context.add_extra_chain_cert(certificate)


def refused(context):
    server = station().accept(now=NOW)
    client = RawClient(context)
    pump(client, server)
    return client, server


def test_a_car_of_iso2_gets_the_suite_of_its_edition():
    _, server = meet()

    assert (server.suite, server.group) == ("ECDHE-ECDSA-AES128-SHA256", "secp256r1")
    assert server.identity is not None
    assert server.peer is None


def test_a_car_of_iso20_shows_its_certificate():
    _, server = meet(context=car(Edition.ISO20))

    assert (server.suite, server.group) == ("TLS_AES_256_GCM_SHA384", "secp521r1")
    assert server.peer.path[0] == vehicle().leaf


def test_a_car_that_speaks_both_gets_the_newer_edition():
    _, server = meet(context=car(*Edition))

    assert server.edition is Edition.ISO20


def test_a_car_that_speaks_both_gets_what_the_station_has():
    client, server = meet(station(secc()), car(*Edition))

    assert server.edition is Edition.ISO2
    assert talk(client, server)


def test_one_port_serves_cars_of_both_editions():
    assert [meet(ONE_PORT, car(edition))[1].edition for edition in Edition] == list(Edition)


def test_edwards_certificates_serve_the_newer_edition():
    # given
    made = world("ed", KeyKind.ED448)
    material = ServerMaterial(
        identities=(identity_of(made["SECC_LEAF_20"]),), vehicle_roots=made.roots(pki.hierarchies.Domain.OEM)
    )
    contexts = station()
    contexts.update(material)
    context = car(
        Edition.ISO20,
        identity=identity_of(made["VEHICLE_LEAF_20"]),
        roots=made.roots(pki.hierarchies.Domain.V2G),
    )

    # when
    client, server = meet(contexts, context)

    # then
    assert talk(client, server)
    assert server.peer.profile.name == "vehicle -20"


def test_x448_is_agreed_on_where_the_car_prefers_it():
    context = raw_context(lowest=SSL.TLS1_3_VERSION)
    show_vehicle(context, groups=b"X448")

    _, server = refused(context)

    assert (server.state, server.group) == (State.OPEN, "x448")


def test_the_chain_arrives_with_the_leaf_first():
    client = RawClient(raw_context(highest=SSL.TLS1_2_VERSION))

    pump(client, station(secc()).accept(now=NOW))

    shown = client.connection.get_peer_cert_chain(as_cryptography=True)
    assert tuple(shown) == secc().certificates


@pytest.mark.parametrize(
    ("context", "fault", "alert"),
    [
        pytest.param(
            raw_context(highest=SSL.TLS1_2_VERSION, suites=b"ECDHE-ECDSA-AES128-GCM-SHA256"),
            Fault.SUITE,
            Alert.HANDSHAKE_FAILURE,
            id="wrong suite of 1.2",
        ),
        pytest.param(
            raw_context(lowest=SSL.TLS1_3_VERSION, suites_13=b"TLS_AES_128_GCM_SHA256"),
            Fault.SUITE,
            Alert.HANDSHAKE_FAILURE,
            id="wrong suite of 1.3",
        ),
    ],
)
def test_a_client_with_nothing_in_common_is_told(context, fault, alert):
    client, server = refused(context)

    assert (server.failure.fault, server.failure.alert) == (fault, alert)
    assert client.errors


def test_old_versions_of_tls_are_refused():
    server = station().accept(now=NOW)

    server.receive_data(hello(version=0x0302))

    assert server.failure.fault is Fault.VERSION
    assert server.data_to_send() == bytes.fromhex("15 0303 0002 02 46")


def test_a_client_of_1_3_only_is_refused_by_an_older_station():
    server = station(secc()).accept(now=NOW)

    pump(RawClient(raw_context(lowest=SSL.TLS1_3_VERSION)), server)

    assert server.failure.fault is Fault.VERSION


@pytest.mark.parametrize(
    ("changes", "fault", "received"),
    [
        pytest.param({"identity": None}, Fault.NO_PEER_CERTIFICATE, Alert.CERTIFICATE_REQUIRED, id="none"),
        pytest.param({"identity": vehicle("other")}, Fault.PEER_CERTIFICATE, Alert.UNKNOWN_CA, id="unknown"),
    ],
)
def test_a_car_without_a_known_certificate_is_refused(changes, fault, received):
    client, server = meet(context=car(Edition.ISO20, **changes))

    assert server.failure.fault is fault
    assert (client.failure.fault, client.failure.alert) == (Fault.PEER_ALERT, received)


ALERTS = {
    Reason.EXPIRED: Alert.CERTIFICATE_EXPIRED,
    Reason.NOT_YET_VALID: Alert.BAD_CERTIFICATE,
    Reason.REVOKED: Alert.CERTIFICATE_REVOKED,
    Reason.ISSUER_NOT_FOUND: Alert.UNKNOWN_CA,
    Reason.NO_TRUSTED_ROOT: Alert.UNKNOWN_CA,
    Reason.LEAF_SIGNATURE: Alert.DECRYPT_ERROR,
    Reason.KEY_USAGE: Alert.UNSUPPORTED_CERTIFICATE,
    Reason.EXTENDED_KEY_USAGE: Alert.UNSUPPORTED_CERTIFICATE,
}


UNSHOWABLE = {"weak-curve"}
"""With such a key our own car cannot sign by the rules of -20; test_exchange judges such chains."""


@pytest.mark.parametrize("variant", sorted({*pki.variants_of(world(), "VEHICLE_LEAF_20")} - UNSHOWABLE))
def test_a_broken_vehicle_certificate_is_refused_with_its_reason(variant):
    # given
    broken = pki.broken(world(), "VEHICLE_LEAF_20", variant)
    contexts = station(revocation=Evidence(responses=broken.responses, crls=broken.crls))
    shown = Identity(certificates=(broken.leaf, *broken.received), key=broken.key)

    # when
    client, server = meet(contexts, car(Edition.ISO20, identity=shown))

    # then
    assert server.failure.fault is Fault.PEER_CERTIFICATE
    assert server.failure.refused.reason is broken.reason
    assert server.failure.alert == ALERTS.get(broken.reason, Alert.BAD_CERTIFICATE)
    assert client.failure.alert == server.failure.alert
    assert server.read() == b""


@BOTH
def test_the_staple_reaches_the_car(edition):
    client, server = meet(context=car(edition, staple_required=True))

    assert client.peer_staple == server.identity.staple is not None
    assert server.stapled


def test_a_client_that_does_not_ask_gets_no_staple():
    server = station(secc()).accept(now=NOW)

    pump(RawClient(raw_context(highest=SSL.TLS1_2_VERSION)), server)

    assert (server.state, server.stapled) == (State.OPEN, False)


@pytest.mark.parametrize("kind", list(IdentifierType))
def test_the_car_gets_the_chain_of_the_root_it_trusts(kind):
    contexts = station(secc(seed="second root"), secc())

    client, server = meet(contexts, car(hints=kind))

    fits = kind is not IdentifierType.PRE_AGREED
    assert both_open(client, server) is fits
    assert server.identity is (secc() if fits else secc(seed="second root"))
    assert server.hello.trusted_authorities[0].kind is kind


@pytest.mark.parametrize(("seed", "answered"), [("tls", True), ("second root", False)])
def test_trusted_ca_keys_are_acknowledged_only_where_used(seed, answered):
    server = station(secc(seed=seed)).accept(now=NOW)
    client = car().connect(now=NOW)
    server.receive_data(client.data_to_send())

    said = server.data_to_send()

    acknowledgement = bytes.fromhex("0003 0000")
    assert (acknowledgement in said[: said.index(bytes.fromhex("160303"), 1)]) is answered


def test_without_hints_the_first_chain_is_shown():
    _, server = meet(station(secc(seed="second root"), secc()), car(hints=None))

    assert server.identity is secc(seed="second root")


@BOTH
def test_the_key_log_opens_the_capture(edition):
    # given
    flights = []
    client, server = meet(
        station(key_log=True), car(edition), tap=lambda side, data: flights.append((side, data))
    )

    # when
    client.write(b"supportedAppProtocolReq")
    flights.append((Side.CLIENT, client.data_to_send()))
    server.receive_data(flights[-1][1])
    server.write(b"supportedAppProtocolRes")
    flights.append((Side.SERVER, server.data_to_send()))

    # then
    assert decrypt(flights, server.key_log_lines()) == [
        (Side.CLIENT, b"supportedAppProtocolReq"),
        (Side.SERVER, b"supportedAppProtocolRes"),
    ]


@BOTH
def test_an_update_leaves_running_sessions_alone(edition):
    # given a running session, and one in the middle of its handshake
    contexts = station()
    running = meet(contexts, car(edition))
    client, server = car(edition).connect(now=NOW), contexts.accept(now=NOW)
    server.receive_data(client.data_to_send())

    # when the store gets another chain
    others = secc(seed="second root"), secc("SECC_LEAF_20", "second root")
    contexts.update(ServerMaterial(identities=others, vehicle_roots=oem_roots()))
    pump(client, server)

    # then both go on with the old one, and the next car gets the new one
    assert talk(*running)
    assert talk(client, server)
    client, server = meet(contexts, car(edition, roots=v2g_roots("second root")))
    assert server.identity in others
    assert talk(client, server)


def test_an_update_that_cannot_be_used_changes_nothing():
    contexts = station()
    before = contexts.material
    broken = pki.broken(world(), "SECC_LEAF", "weak-curve")

    with pytest.raises(CertificateError):
        contexts.update(ServerMaterial(identities=(Identity(certificates=(broken.leaf,), key=broken.key),)))

    assert contexts.material is before
    assert both_open(*meet(contexts))


def test_a_station_whose_chains_have_expired_says_so():
    _, server = meet(now=LATER)

    assert server.failure.fault is Fault.NO_CHAIN


def test_a_time_without_zone_is_a_mistake():
    with pytest.raises(ValueError, match="time zone"):
        station().accept(now=datetime(2026, 1, 1))  # noqa: DTZ001  # the point


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\x01\xfe\x80\x01\0\0\0\x08", Fault.NOT_TLS),
        (b"GET / HTTP/1.1\r\n", Fault.NOT_TLS),
        (records(message(bytes(20000)))[:20], Fault.OVERSIZED),
        (records(message(hello_body()[:-1])), Fault.MALFORMED),
    ],
)
def test_what_is_no_tls_gets_an_alert_and_an_end(data, fault):
    server = station().accept(now=NOW)

    assert server.receive_data(data) is State.FAILED
    assert server.failure.fault is fault
    assert server.data_to_send()[:1] == b"\x15"


def test_a_real_hello_in_small_records_is_served():
    # given the hello of a real car, cut into records of 20 bytes
    client, server = car().connect(now=NOW), station().accept(now=NOW)
    whole = client.data_to_send()

    # when
    server.receive_data(records(whole[5:], size=20))
    pump(client, server)

    # then
    assert talk(client, server)


def test_renegotiation_is_refused():
    # given
    server = station(secc()).accept(now=NOW)
    client = RawClient(raw_context(highest=SSL.TLS1_2_VERSION))
    pump(client, server)
    before = server._connection.get_finished()

    # when
    assert client.connection.renegotiate()
    client.step()
    pump(client, server)

    # then the client is told, and its session is the one of before
    assert client.errors
    assert server._connection.get_finished() == before
    assert server._connection.total_renegotiations() == 0


@BOTH
def test_no_session_is_ever_resumed(edition):
    # given
    contexts = station()
    if edition is Edition.ISO2:
        context = raw_context(highest=SSL.TLS1_2_VERSION)
    else:
        context = raw_context(lowest=SSL.TLS1_3_VERSION)
        show_vehicle(context)
    first, server = RawClient(context), contexts.accept(now=NOW)
    pump(first, server)
    server.write(b"so that the client reads tickets, if any came")
    pump(first, server)
    assert first.connection.recv(100)
    session = first.connection.get_session()

    # when
    second = RawClient(context, session)
    server = contexts.accept(now=NOW)
    pump(second, server)

    # then
    assert server.state is State.OPEN
    assert SSL._lib.SSL_session_reused(server._connection._ssl) == 0
    assert (server.peer is None) is (edition is Edition.ISO2)


def test_a_client_that_gives_up_is_heard():
    server = station().accept(now=NOW)
    server.receive_data(hello())

    server.receive_data(bytes.fromhex("15 0303 0002 02 50"))

    assert (server.failure.fault, server.failure.alert) == (Fault.PEER_ALERT, Alert.INTERNAL_ERROR)


def test_a_client_that_closes_in_the_handshake_is_heard():
    server = station().accept(now=NOW)
    server.receive_data(hello())

    server.receive_data(bytes.fromhex("15 0303 0002 01 00"))

    assert server.state is State.FAILED
    assert server.failure.fault is Fault.PEER_ALERT


def test_the_vehicle_roots_are_named_to_the_car():
    context = raw_context(lowest=SSL.TLS1_3_VERSION)
    assert SSL._lib.SSL_CTX_set1_curves_list(context._context, b"P-521") == 1
    client = RawClient(context)

    pump(client, station().accept(now=NOW))

    names = client.connection.get_client_ca_list(as_cryptography=True)
    assert [name.public_bytes() for name in names] == [root.subject.public_bytes() for root in oem_roots()]


@few(50)
@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_make_the_server_raise(data, behind_a_hello):
    server = ONE_PORT.accept(now=NOW)
    if behind_a_hello:
        server.receive_data(hello(extensions=ISO2_EXTENSIONS))
    server.receive_data(data)
    server.receive_data(b"")

    assert server.state in {State.FAILED, State.CLOSED}


@BOTH
def test_no_damaged_flight_opens_a_connection(edition):
    rng = random.Random(20260101)
    for _ in range(40):
        client, server = car(edition).connect(now=NOW), ONE_PORT.accept(now=NOW)
        server.receive_data(client.data_to_send())
        client.receive_data(server.data_to_send())
        flight = bytearray(client.data_to_send())
        at = rng.randrange(5, len(flight))
        flight[at] ^= 1 << rng.randrange(8)
        server.receive_data(bytes(flight))

        assert server.state is not State.OPEN, at


def test_no_error_shows_a_key():
    _, server = meet(context=car(Edition.ISO20, identity=vehicle("other")))
    private = vehicle("other").key.private_numbers().private_value

    assert str(private) not in repr(server.failure)
    assert vehicle("other").leaf.public_bytes(Encoding.DER).hex() not in repr(server)
