"""Our server against clients that are not ours: the standard library's, and `openssl s_client`."""

import re
import selectors
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from certs import pki
from certs.keys import KeyKind, key_to_pem
from certs.pem import to_pem
from certs.profiles import Domain
from certs.tls import Edition, Fault, Identity, ServerContexts, ServerMaterial, State
from tests.support.tls import NOW, pump, secc, station, v2g_roots, vehicle, world

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command here")


class StdlibClient:
    """A client of the standard library with the face of an endpoint."""

    def __init__(self, context):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.error, self.done = None, False
        self.receive_data(b"")

    def receive_data(self, data):
        self.incoming.write(data)
        try:
            if not self.done:
                self.tls.do_handshake()
                self.done = True
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self.error = error

    def data_to_send(self):
        return self.outgoing.read()


def stdlib_context(edition, *, seed="tls"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= 0x200000  # the world has its own time
    context.load_verify_locations(cadata=to_pem(v2g_roots(seed)).decode())
    if edition is Edition.ISO2:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_ecdh_curve("secp521r1")
    return context


@pytest.mark.parametrize("edition", list(Edition))
def test_the_standard_library_talks_to_our_server(edition, tmp_path):
    # given
    context = stdlib_context(edition)
    if edition is Edition.ISO20:
        (tmp_path / "chain").write_bytes(to_pem(vehicle().certificates))
        (tmp_path / "key").write_bytes(key_to_pem(vehicle().key))
        context.load_cert_chain(tmp_path / "chain", tmp_path / "key")

    # when
    client, server = StdlibClient(context), station().accept(now=NOW)
    pump(client, server)
    client.tls.write(b"request")
    pump(client, server)
    server.write(b"response")
    pump(client, server)

    # then
    assert (server.edition, server.read(), client.tls.read()) == (edition, b"request", b"response")


def test_the_standard_library_is_refused_without_certificate():
    client, server = StdlibClient(stdlib_context(Edition.ISO20)), station().accept(now=NOW)

    pump(client, server)

    assert server.failure.fault is Fault.NO_PEER_CERTIFICATE


def test_the_standard_library_refuses_a_station_it_does_not_know():
    client = StdlibClient(stdlib_context(Edition.ISO2, seed="other"))
    server = station().accept(now=NOW)

    pump(client, server)

    assert client.error.verify_code in {19, 20}  # by version of OpenSSL
    assert server.failure.fault is Fault.PEER_ALERT


def serve_once(server, arguments, *, say=b"", seconds=20):
    """Our server on loopback while `openssl s_client` calls; gives what that has printed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(seconds)
        command = [OPENSSL, "s_client", "-connect", f"127.0.0.1:{listener.getsockname()[1]}", *arguments]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            connection, _ = listener.accept()
            with connection:
                carry(connection, server, say, time.monotonic() + seconds)
            output, _ = process.communicate(timeout=seconds)
    return output.decode(errors="replace")


def carry(connection, server, say, deadline):
    """What a link actor does, until the connection is over or silent after our last word."""
    said = False
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            with suppress(OSError):
                connection.sendall(server.data_to_send())
            if server.state in {State.CLOSED, State.FAILED}:
                return
            if server.state is State.OPEN and not said:
                said = True
                server.write(say)
                server.close()
                continue
            if selector.select(timeout=1):
                try:
                    server.receive_data(connection.recv(65536))
                except OSError:
                    return


@pytest.fixture
def files(tmp_path):
    """Writes PEM files and gives their paths."""

    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


@pytest.fixture
def now_world():
    """A world of today: `openssl` reads the clock of the system."""
    return pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint("today"))


def contexts_of(made):
    now = made.options.now
    identities = []
    for name in ("SECC_LEAF", "SECC_LEAF_20"):
        leaf = made[name]
        staple = pki.ocsp_response(leaf.certificate, leaf.issuer, period=pki.Period.around(now))
        identities.append(Identity(certificates=leaf.chain, key=leaf.key, root=leaf.path[-1], staple=staple))
    return ServerContexts(ServerMaterial(identities=tuple(identities), vehicle_roots=made.roots(Domain.OEM)))


@needs_openssl
def test_s_client_sees_chain_and_staple_of_the_older_edition(files, now_world):
    roots = files("roots.pem", to_pem(now_world.roots(Domain.V2G)))
    server = contexts_of(now_world).accept(now=now_world.options.now)

    said = serve_once(
        server, ["-tls1_2", "-status", "-CAfile", roots, "-verify_return_error"], say=b"hello car"
    )

    assert "Cipher is ECDHE-ECDSA-AES128-SHA256" in said
    assert "Verify return code: 0 (ok)" in said
    assert "OCSP Response Status: successful" in said
    assert "Cert Status: good" in said
    assert "hello car" in said
    assert (server.state, server.stapled) == (State.CLOSED, True)


@needs_openssl
def test_s_client_sees_chain_and_staple_of_the_newer_edition(files, now_world):
    leaf = now_world["VEHICLE_LEAF_20"]
    roots = files("roots.pem", to_pem(now_world.roots(Domain.V2G)))
    shown = [
        *("-cert", files("leaf.pem", to_pem([leaf.certificate]))),
        *("-key", files("key.pem", key_to_pem(leaf.key))),
        *("-cert_chain", files("chain.pem", to_pem(leaf.chain))),
    ]
    server = contexts_of(now_world).accept(now=now_world.options.now)

    said = serve_once(
        server,
        ["-tls1_3", "-groups", "P-521", "-status", "-CAfile", roots, "-verify_return_error", *shown],
        say=b"hello car",
    )

    assert re.search(r"Cipher is TLS_AES_256_GCM_SHA384", said)
    assert "OCSP Response Status: successful" in said
    assert "Acceptable client certificate CA names" in said
    assert "hello car" in said
    assert server.peer.path[0] == leaf.certificate


@needs_openssl
@pytest.mark.parametrize(
    ("arguments", "fault", "alert"),
    [
        (["-tls1_3", "-groups", "P-521"], Fault.NO_PEER_CERTIFICATE, "certificate required"),
        (["-tls1_3", "-groups", "X25519"], Fault.GROUP, "handshake failure"),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], Fault.SUITE, "handshake failure"),
        (["-tls1_2", "-curves", "X25519"], Fault.GROUP, "handshake failure"),
        (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], Fault.VERSION, "protocol version"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_s_client_is_refused_with_the_alert_that_fits(arguments, fault, alert):
    server = station().accept(now=NOW)

    said = serve_once(server, arguments)

    assert server.failure.fault is fault
    assert f"alert {alert}" in said


@needs_openssl
def test_s_client_with_another_vehicle_root_is_refused(files):
    stranger = vehicle("other")
    server = station().accept(now=NOW)

    serve_once(
        server,
        [
            *("-tls1_3", "-groups", "P-521"),
            *("-cert", files("leaf.pem", to_pem([stranger.leaf]))),
            *("-key", files("key.pem", key_to_pem(stranger.key))),
        ],
    )

    assert server.failure.fault is Fault.PEER_CERTIFICATE


@needs_openssl
def test_s_client_chooses_the_chain_by_its_authorities(files):
    chains = secc("SECC_LEAF_20"), secc("SECC_LEAF_20", "second root")
    wanted = files("wanted.pem", to_pem([chains[1].root]))
    server = station(*chains).accept(now=NOW)

    serve_once(server, ["-tls1_3", "-groups", "P-521", "-requestCAfile", wanted])

    assert server.identity is chains[1]
    assert server.hello.certificate_authorities == (chains[1].root.subject.public_bytes(),)


@needs_openssl
def test_s_client_agrees_on_edwards_curves():
    made = world("ed", KeyKind.ED448)
    leaf = made["SECC_LEAF_20"]
    material = ServerMaterial(
        identities=(Identity(certificates=leaf.chain, key=leaf.key),), vehicle_roots=made.roots(Domain.OEM)
    )
    server = ServerContexts(material).accept(now=NOW)

    said = serve_once(server, ["-tls1_3", "-groups", "X448", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"])

    assert "Peer signature type: Ed448" in said or "Peer signature type: ed448" in said
    assert "TLS_CHACHA20_POLY1305_SHA256" in said
    assert server.failure.fault is Fault.NO_PEER_CERTIFICATE
