import asyncio
import pickle
import socket
import ssl
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from certs import pki
from certs.errors import CertificateError, Problem
from certs.keys import key_to_pem
from certs.pem import to_der, to_pem
from certs.pki.hierarchies import contents
from certs.profiles import Domain
from certs.revocation import Evidence
from certs.tls.csms import (
    SECURITY_EVENTS,
    ClientFiles,
    CsmsContext,
    CsmsFault,
    CsmsTlsError,
    CsmsTrust,
    classify,
    csms_context,
    pin_of,
)
from certs.verdict import Reason, Refused
from tests.support.tls import LATER, NOW, world


def clock():
    return NOW


ROOTS = world().roots(Domain.CSMS)
PASSWORD = b"hunter2"


def trust(**changes):
    return CsmsTrust(**{"roots": ROOTS, "clock": clock} | changes)


def files_of(folder, name, certificates, key, password=None):
    """The files of a chain and its key."""
    chain, secret = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(to_pem(certificates))
    secret.write_bytes(key_to_pem(key, password))
    return ClientFiles(chain=chain, key=secret, password=password)


@pytest.fixture
def csms(tmp_path):
    """Makes the server's context of a chain."""

    def make(certificates=None, key=None, *, mutual=False):
        made = world()["CSMS_SERVER"]
        files = files_of(tmp_path, "server", certificates or made.chain, key or made.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.chain, files.key)
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=to_pem(ROOTS).decode())
            context.verify_flags |= 0x200000  # the test has its own clock
        return context

    return make


@pytest.fixture
def files(tmp_path):
    """The client certificate of the station."""
    made = world()["CSMS_LEAF"]
    return files_of(tmp_path, "CSMS_LEAF", made.chain, made.key, PASSWORD)


def shake(server_context, context, host="localhost"):
    """The client's end after its handshake over memory; raises what the handshake raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = context.wrap_bio(to_client, to_server, server_hostname=host)
    finished = set()
    server_error = None
    for _ in range(8):
        for end in (client, server):
            if end in finished or (end is server and server_error):
                continue
            try:
                end.do_handshake()
                finished.add(end)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                if end is client:
                    raise
                server_error = error
    with suppress(ssl.SSLWantReadError):
        client.read(1)  # in TLS 1.3 the server may refuse after the client has finished
    return client


def fault_of(*how, **more):
    with pytest.raises(ssl.SSLError) as caught:
        shake(*how, **more)
    return classify(caught.value)


def server_leaf(**changes):
    """A server certificate that differs from the good one."""
    made = world()["CSMS_SERVER"]
    said = replace(contents(world().rows["CSMS_SERVER"], world().options, None), **changes)
    return world().mint.identity("OTHER", said, made.issuer, key=made.key)


@pytest.mark.parametrize("profile", [0, 1])
def test_the_lower_security_profiles_use_no_tls(profile):
    assert csms_context(profile, trust()) is None


@pytest.mark.parametrize("profile", [-1, 4])
def test_other_security_profiles_do_not_exist(profile):
    with pytest.raises(ValueError, match="no security profile"):
        csms_context(profile, trust())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_good_server_is_believed(csms, host):
    client = shake(csms(), csms_context(2, trust()), host)

    assert client.version() == "TLSv1.3"


def test_the_client_certificate_is_shown_in_profile_three(csms, files):
    assert shake(csms(mutual=True), csms_context(3, trust(), files))


def test_without_client_certificate_the_server_refuses(csms):
    assert fault_of(csms(mutual=True), csms_context(2, trust())) is CsmsFault.REFUSED_BY_SERVER


def test_profile_two_does_not_show_the_client_certificate(csms, files):
    assert fault_of(csms(mutual=True), csms_context(2, trust(), files)) is CsmsFault.REFUSED_BY_SERVER


VARIANTS = [one for one in pki.variants_of(world(), "CSMS_SERVER") if one != "weak-curve"]
"""Python's server cannot sign with the weak curve."""
FAULTS = {
    Reason.EXPIRED: CsmsFault.EXPIRED,
    Reason.NOT_YET_VALID: CsmsFault.NOT_YET_VALID,
    Reason.REVOKED: CsmsFault.REVOKED,
    Reason.NO_TRUSTED_ROOT: CsmsFault.UNKNOWN_CA,
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_broken_server_certificate_is_told_by_its_fault(csms, variant):
    broken = pki.broken(world(), "CSMS_SERVER", variant)
    known = Evidence(responses=broken.responses, crls=broken.crls)

    fault = fault_of(
        csms((broken.leaf, *broken.received), broken.key), csms_context(2, trust(revocation=known))
    )

    assert fault is FAULTS.get(broken.reason, CsmsFault.INVALID)
    assert SECURITY_EVENTS[fault] == "InvalidCsmsCertificate"


def test_an_unknown_root_is_told_apart(csms):
    strangers = world("other").roots(Domain.CSMS)

    assert fault_of(csms(), csms_context(2, trust(roots=strangers))) is CsmsFault.UNKNOWN_CA


def test_the_clock_that_is_given_counts(csms):
    assert fault_of(csms(), csms_context(2, trust(clock=lambda: LATER))) is CsmsFault.EXPIRED


def test_the_clock_is_that_of_the_system_by_default():
    assert abs((CsmsTrust().clock() - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("names", "host", "rules", "fault"),
    [
        pytest.param(("csms.example",), "csms.example", {}, None, id="its name"),
        pytest.param(("csms.example",), "evil.example", {}, CsmsFault.WRONG_NAME, id="another name"),
        pytest.param(("csms.example",), "evil.example", {"check_name": False}, None, id="unchecked"),
        pytest.param((), "localhost", {}, None, id="no names: the CN"),
        pytest.param((), "csms.example", {}, CsmsFault.WRONG_NAME, id="no names: another CN"),
        pytest.param((), "csms.example", {"check_name": False}, None, id="no names, unchecked"),
        pytest.param(("csms.example",), "localhost", {}, CsmsFault.WRONG_NAME, id="names: no CN"),
        pytest.param(("*.example",), "csms.example", {}, CsmsFault.WRONG_NAME, id="top wildcard"),
        pytest.param(("*.ev.example",), "csms.ev.example", {}, CsmsFault.WRONG_NAME, id="wildcard"),
        pytest.param(
            ("*.ev.example",), "csms.ev.example", {"allow_wildcards": True}, None, id="wildcard allowed"
        ),
        pytest.param(
            ("*.ev.example", "csms.ev.example"), "csms.ev.example", {}, None, id="wildcard and name"
        ),
    ],
)
def test_the_name_rules_are_kept(csms, names, host, rules, fault):
    made = server_leaf(names=tuple(map(x509.DNSName, names)))
    context = csms_context(2, trust(**rules))

    if fault is None:
        assert shake(csms(made.chain, made.key), context, host)
    else:
        assert fault_of(csms(made.chain, made.key), context, host=host) is fault


def test_a_connection_that_names_no_server_is_refused(csms):
    assert fault_of(csms(), csms_context(2, trust()), host=None) is CsmsFault.WRONG_NAME


@pytest.mark.parametrize("name", ["CSMS_SERVER", "CSMS_ROOT_CA"])
def test_a_pinned_key_anywhere_in_the_path_is_enough(csms, name):
    pins = frozenset({pin_of(world()[name].certificate)})

    assert shake(csms(), csms_context(2, trust(pins=pins)))


def test_a_path_without_pinned_key_is_refused(csms):
    pins = frozenset({pin_of(world()["MO_ROOT_CA"].certificate)})

    assert fault_of(csms(), csms_context(2, trust(pins=pins))) is CsmsFault.NOT_PINNED


def test_old_versions_of_tls_are_told_apart(csms):
    server = csms()
    server.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        server.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        server.maximum_version = ssl.TLSVersion.TLSv1_1

    fault = fault_of(server, csms_context(2, trust()))

    assert SECURITY_EVENTS[fault] == "InvalidTLSVersion"


def test_suites_without_anything_in_common_are_told_apart(csms):
    server = csms()
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    server.set_ciphers("ECDHE-ECDSA-AES128-SHA256")

    fault = fault_of(server, csms_context(2, trust()))

    assert SECURITY_EVENTS[fault] == "InvalidTLSCipherSuite"


def test_a_suite_of_tls_1_2_is_one_of_ocpp(csms):
    server = csms()
    server.maximum_version = ssl.TLSVersion.TLSv1_2

    client = shake(server, csms_context(2, trust()))

    assert client.cipher()[0].startswith("ECDHE-ECDSA-AES")


def test_the_suites_of_tls_1_3_are_chosen_where_python_can(monkeypatch):
    chosen = []
    monkeypatch.setattr(
        CsmsContext, "set_ciphersuites", lambda _context, suites: chosen.append(suites), raising=False
    )

    csms_context(2, trust())

    assert chosen == ["TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"]


def test_the_path_is_asked_for_as_newer_pythons_give_it(csms, monkeypatch):
    path = [to_der(one) for one in world()["CSMS_SERVER"].path]
    monkeypatch.setattr(
        CsmsContext.sslobject_class, "get_verified_chain", lambda _connection: path, raising=False
    )

    assert shake(csms(), csms_context(2, trust()))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"password": None}, Problem.NOT_A_KEY, id="no password"),
        pytest.param({"password": b"hunter3"}, Problem.NOT_A_KEY, id="wrong password"),
        pytest.param({"key": "absent.key"}, Problem.EMPTY, id="no key file"),
        pytest.param({"key": "MO_LEAF.key", "password": None}, Problem.OTHER_CERTIFICATE, id="another key"),
    ],
)
def test_client_files_that_cannot_be_used_are_an_error(tmp_path, files, change, problem):
    files_of(tmp_path, "MO_LEAF", world()["MO_LEAF"].chain, world()["MO_LEAF"].key)
    given = {"chain": files.chain, "key": files.key, "password": PASSWORD} | change
    given["key"] = tmp_path / given["key"]

    with pytest.raises(CertificateError) as caught:
        csms_context(3, trust(), ClientFiles(**given))

    assert caught.value.problem is problem
    assert "hunter" not in repr(caught.value)


def test_the_password_is_not_shown(files):
    assert "hunter" not in repr(files)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"trust": CsmsTrust()}, "no root"),
        ({"security_profile": 3}, "needs a client certificate"),
        ({"suites": ("ROT13",)}, "no such cipher suites"),
    ],
)
def test_settings_that_cannot_work_are_an_error(how, message):
    with pytest.raises(CertificateError, match=message):
        csms_context(**{"security_profile": 2, "trust": trust()} | how)


def test_the_roots_of_the_system_may_be_believed_too():
    context = csms_context(2, CsmsTrust(system_roots=True))

    assert isinstance(context, CsmsContext)
    assert context.verify_mode is ssl.CERT_REQUIRED


def shake_in_turns(*ends):
    """The handshake of two sockets that do not block."""
    for _ in range(4):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()


def test_a_socket_is_judged_as_well(csms):
    raw = socket.socketpair()
    for each in raw:
        each.settimeout(0)
    how = {"do_handshake_on_connect": False}
    ours = csms_context(2, trust(clock=lambda: LATER)).wrap_socket(raw[0], server_hostname="localhost", **how)
    theirs = csms().wrap_socket(raw[1], server_side=True, **how)

    with closing(ours), closing(theirs), pytest.raises(CsmsTlsError, match="expired"):
        shake_in_turns(ours, theirs)


SENDING_OR_RECEIVING = {
    "send": lambda one: one.send(b"secret"),
    "sendall": lambda one: one.sendall(b"secret"),
    "write": lambda one: one.write(b"secret"),
    "read": lambda one: one.read(9),
    "recv": lambda one: one.recv(9),
    "recv_into": lambda one: one.recv_into(bytearray(9)),
}


@pytest.mark.parametrize("how", SENDING_OR_RECEIVING)
def test_nothing_passes_a_socket_before_the_server_is_judged(csms, how):
    # given a server that would be refused, and a caller who forgets the handshake
    raw = socket.socketpair()
    for each in raw:
        each.settimeout(0)
    context = csms_context(2, trust(pins=frozenset({b"x" * 32})))
    ours = context.wrap_socket(raw[0], server_hostname="localhost", do_handshake_on_connect=False)
    # then
    with closing(ours), closing(raw[1]):
        with pytest.raises(CsmsTlsError, match="nobody has judged"):
            SENDING_OR_RECEIVING[how](ours)
        with pytest.raises(BlockingIOError):
            raw[1].recv(1)


@pytest.mark.parametrize("how", ["write", "read"])
def test_nothing_passes_over_memory_before_the_server_is_judged(how):
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = csms_context(2, trust()).wrap_bio(to_client, to_server, server_hostname="localhost")

    with pytest.raises(CsmsTlsError, match="nobody has judged"):
        SENDING_OR_RECEIVING[how](client)

    assert not to_server.pending


def test_a_server_that_was_refused_is_told_nothing(csms):
    raw = socket.socketpair()
    for each in raw:
        each.settimeout(0)
    how = {"do_handshake_on_connect": False}
    ours = csms_context(2, trust(clock=lambda: LATER)).wrap_socket(raw[0], server_hostname="localhost", **how)
    theirs = csms().wrap_socket(raw[1], server_side=True, **how)
    with closing(ours), closing(theirs):
        with suppress(CsmsTlsError):
            shake_in_turns(ours, theirs)

        with pytest.raises(CsmsTlsError, match="nobody has judged"):
            ours.sendall(b"secret")


def test_what_is_sent_over_a_judged_socket_arrives(csms):
    raw = socket.socketpair()
    for each in raw:
        each.settimeout(0)
    how = {"do_handshake_on_connect": False}
    ours = csms_context(2, trust()).wrap_socket(raw[0], server_hostname="localhost", **how)
    theirs = csms().wrap_socket(raw[1], server_side=True, **how)
    with closing(ours), closing(theirs):
        shake_in_turns(ours, theirs)

        ours.sendall(b"Boot")
        ours.write(b"Notification")
        theirs.sendall(b"Accepted")

        assert theirs.recv(4) + theirs.recv(20) == b"BootNotification"
        assert ours.recv(20) == b"Accepted"


async def greet(server_context, context):
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0, ssl=server_context) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"wss://127.0.0.1:{port}/station", ssl=context, proxy=None) as websocket:
            await websocket.send("BootNotification")
            return await websocket.recv()


def test_the_websocket_library_works_with_the_context(csms, files):
    said = asyncio.run(greet(csms(mutual=True), csms_context(3, trust(), files)))

    assert said == "BootNotification"


def test_the_websocket_library_hands_our_errors_through(csms):
    with pytest.raises(CsmsTlsError) as caught:
        asyncio.run(greet(csms(), csms_context(2, trust(clock=lambda: LATER))))

    assert caught.value.fault is CsmsFault.EXPIRED
    assert caught.value.refused.reason is Reason.EXPIRED


def test_a_tls_error_survives_pickling():
    error = CsmsTlsError(CsmsFault.REVOKED, "leaf", Refused(reason=Reason.REVOKED))

    copied = pickle.loads(pickle.dumps(error))

    assert (copied.fault, copied.detail, str(copied)) == (error.fault, error.detail, str(error))


def verification_error(code):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (10, CsmsFault.EXPIRED),
        (9, CsmsFault.NOT_YET_VALID),
        (20, CsmsFault.UNKNOWN_CA),
        (23, CsmsFault.REVOKED),
        (62, CsmsFault.WRONG_NAME),
        (26, CsmsFault.INVALID),
    ],
)
def test_what_openssl_finds_is_named_as_well(code, fault):
    assert classify(verification_error(code)) is fault


def test_an_error_is_found_behind_others():
    error = RuntimeError("connection lost")
    error.__cause__ = OSError("handshake failed")
    error.__cause__.__context__ = verification_error(10)

    assert classify(error) is CsmsFault.EXPIRED


def test_errors_that_are_not_about_tls_are_not_named():
    circle = OSError("refused")
    circle.__context__ = ValueError("again")
    circle.__context__.__context__ = circle

    assert classify(circle) is None
    assert classify(None) is None


def test_tls_errors_of_other_kinds_are_faults_of_the_protocol():
    assert classify(ssl.SSLError(1, "wrong version number")) is CsmsFault.PROTOCOL
