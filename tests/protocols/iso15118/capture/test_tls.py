"""Records of real TLS connections, made by OpenSSL over memory, opened with their key log."""

import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118.capture.keylog import KeyLog
from protocols.iso15118.capture.tcp import Side
from protocols.iso15118.capture.tls import TlsReader, looks_like_tls
from tests.support import captures
from tests.support.examples import few

EV, SECC = Side.CLIENT, Side.SERVER
SAID = [(EV, b"request"), (SECC, b"response" * 3000), (EV, b"x"), (SECC, b"bye")]
SUITES_12 = [
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
]
SUITES_13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]


def log_of(text):
    log = KeyLog()
    log.add(text)
    return log


def heard(reader, flights, size=1 << 20):
    out = []
    for sender, data in flights:
        for at in range(0, len(data), size):
            out += reader.feed(sender, data[at : at + size])
    return joined(out)


def joined(pairs):
    return {side: b"".join(data for where, data in pairs if where is side) for side in Side}


@pytest.mark.parametrize("suite", SUITES_12)
def test_tls12_gives_back_what_was_said(suite):
    talk = captures.converse(SAID, suite=suite)
    reader = TlsReader(log_of(talk.keylog))
    assert heard(reader, talk.flights) == joined(SAID)
    assert reader.error is None


def test_cbc_without_encrypt_then_mac_is_read_too():
    talk = captures.converse(SAID, suite=SUITES_12[0], options=captures.OP_NO_ENCRYPT_THEN_MAC)
    reader = TlsReader(log_of(talk.keylog))
    assert heard(reader, talk.flights) == joined(SAID)


@pytest.mark.parametrize("suite", SUITES_13)
def test_tls13_gives_back_what_was_said(suite):
    talk = captures.converse(SAID, suite=suite, tls13=True)
    reader = TlsReader(log_of(talk.keylog))
    assert heard(reader, talk.flights, size=7) == joined(SAID)
    assert reader.error is None


def test_a_hello_retry_does_not_disturb_the_reader():
    talk = captures.converse(SAID, suite=SUITES_13[0], tls13=True, curve=ec.SECP521R1())
    hellos = [data for sender, data in talk.flights if sender is EV and data[5] == 1]
    assert len(hellos) == 2
    assert heard(TlsReader(log_of(talk.keylog)), talk.flights) == joined(SAID)


def test_client_data_that_comes_before_the_keys_waits():
    talk = captures.converse([(EV, b"early")], suite=SUITES_13[0], tls13=True)
    client = [flight for flight in talk.flights if flight[0] is EV]
    server = [flight for flight in talk.flights if flight[0] is SECC]
    reader = TlsReader(log_of(talk.keylog))
    assert heard(reader, client) == {EV: b"", SECC: b""}
    assert heard(reader, server)[EV] == b"early"


@pytest.mark.parametrize(
    ("suite", "tls13"), [(SUITES_12[0], False), (SUITES_12[1], False), (SUITES_13[0], True)]
)
def test_without_a_secret_the_reader_says_so(suite, tls13):
    talk = captures.converse(SAID, suite=suite, tls13=tls13)
    reader = TlsReader(KeyLog())
    assert heard(reader, talk.flights) == {EV: b"", SECC: b""}
    assert "no secret" in str(reader.error)


@pytest.mark.parametrize("options", [0, captures.OP_NO_ENCRYPT_THEN_MAC])
@pytest.mark.parametrize(("suite", "tls13"), [*((suite, False) for suite in SUITES_12), (SUITES_13[0], True)])
def test_a_wrong_secret_is_an_error_and_never_garbage(suite, tls13, options):
    talk = captures.converse(SAID, suite=suite, tls13=tls13, options=options)
    wrong = "".join(
        " ".join([label, where, "00" * (len(secret) // 2)]) + "\n"
        for label, where, secret in (line.split() for line in talk.keylog.splitlines())
    )
    reader = TlsReader(log_of(wrong))
    assert heard(reader, talk.flights) == {EV: b"", SECC: b""}
    assert "secret" in str(reader.error)


def test_a_connection_without_its_beginning_cannot_be_read():
    talk = captures.converse(SAID, suite=SUITES_12[1])
    reader = TlsReader(log_of(talk.keylog))
    assert heard(reader, talk.flights[2:])[EV] == b""
    assert "beginning" in str(reader.error)


def expand(secret, label, length):
    info = length.to_bytes(2, "big") + bytes([6 + len(label)]) + b"tls13 " + label + b"\0"
    return hmac.digest(secret, info + b"\x01", "sha256")[:length]


def client_secret(talk):
    lines = [line.split() for line in talk.keylog.splitlines()]
    return next(bytes.fromhex(line[2]) for line in lines if line[0] == "CLIENT_TRAFFIC_SECRET_0")


def record_13(secret, number, content):
    nonce = bytes(
        a ^ b for a, b in zip(expand(secret, b"iv", 12), bytes(4) + number.to_bytes(8, "big"), strict=True)
    )
    header = b"\x17\x03\x03" + (len(content) + 16).to_bytes(2, "big")
    return header + AESGCM(expand(secret, b"key", 16)).encrypt(nonce, content, header)


def test_a_key_update_changes_the_keys_of_its_direction():
    # given a connection on which the client has said one thing
    talk = captures.converse([(EV, b"one")], suite=SUITES_13[0], tls13=True)
    reader = TlsReader(log_of(talk.keylog))
    heard(reader, talk.flights)
    secret = client_secret(talk)
    # when it updates its keys and goes on (records written by hand, from RFC 8446)
    update = record_13(secret, 1, b"\x18\0\0\x01\0" + b"\x16")
    after = record_13(expand(secret, b"traffic upd", 32), 0, b"two" + b"\x17" + bytes(5))
    # then what it says is read on, its padding taken off
    assert reader.feed(EV, update + after) == [(EV, b"two")]


def test_a_record_of_nothing_but_padding_is_refused():
    talk = captures.converse([], suite=SUITES_13[0], tls13=True)
    reader = TlsReader(log_of(talk.keylog))
    heard(reader, talk.flights)
    secret = client_secret(talk)
    assert reader.feed(EV, record_13(secret, 0, bytes(5))) == []
    assert "content type" in str(reader.error)


def test_alerts_and_empty_records_say_nothing():
    talk = captures.converse([], suite=SUITES_13[0], tls13=True)
    reader = TlsReader(log_of(talk.keylog))
    heard(reader, talk.flights)
    secret = client_secret(talk)
    for number, content in enumerate([b"\x17", b"\x01\x00\x15"]):
        assert reader.feed(EV, record_13(secret, number, content)) == []
    assert reader.error is None


@pytest.mark.parametrize("options", [0, captures.OP_NO_ENCRYPT_THEN_MAC])
@pytest.mark.parametrize(("suite", "tls13"), [*((suite, False) for suite in SUITES_12), (SUITES_13[0], True)])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 33])
def test_a_record_too_short_to_be_protected_is_refused(suite, tls13, options, size):
    talk = cached((suite, tls13, options))
    reader = TlsReader(log_of(talk.keylog))
    heard(reader, talk.flights)
    assert reader.feed(EV, b"\x17\x03\x03" + size.to_bytes(2, "big") + bytes(size)) == []
    assert reader.error is not None


def test_a_key_update_has_no_place_in_tls12():
    # given the keys of a connection, and a record of its client written by hand
    talk = cached((SUITES_12[1], False))
    log = log_of(talk.keylog)
    reader = TlsReader(log)
    heard(reader, talk.flights)
    opener = reader._streams[EV].openers[0]
    content, number = b"\x18\0\0\x01\0", (3).to_bytes(8, "big")
    covered = number + b"\x16\x03\x03" + len(content).to_bytes(2, "big")
    sealed = number + opener._aead.encrypt(opener._iv + number, content, covered)
    # when the record is a KeyUpdate
    reader.feed(EV, b"\x16\x03\x03" + len(sealed).to_bytes(2, "big") + sealed)
    # then it is refused as such
    assert "KeyUpdate" in str(reader.error)


def test_bytes_that_wait_are_counted():
    reader = TlsReader(KeyLog())
    reader.feed(EV, b"\x16\x03\x03\x00\x05ab")
    assert reader.pending_bytes == 7


SERVER_HELLO = "0303" + "11" * 32 + "00"


@pytest.mark.parametrize(
    ("sender", "data", "problem"),
    [
        (EV, "160303ffff", "header"),
        (EV, "1702000001", "header"),
        (EV, "4745542f20", "header"),
        (SECC, "1603030005" + "02" + "000001" + "03", "ServerHello"),
        (SECC, "160303002a" + "02" + "000026" + SERVER_HELLO + "000a00", "suite 0x000a"),
        (SECC, "140303000101", "beginning"),
    ],
)
def test_bytes_that_are_no_tls_end_the_reading(sender, data, problem):
    reader = TlsReader(KeyLog())
    assert reader.feed(sender, bytes.fromhex(data)) == []
    assert problem in str(reader.error)
    assert reader.feed(sender, b"more") == []


def test_a_handshake_that_never_ends_is_cut_short():
    reader = TlsReader(KeyLog())
    for _ in range(20):
        reader.feed(EV, b"\x16\x03\x03\x40\x00" + b"\x0b\xff\xff\xff" + bytes(0x3FFC))
    assert "never ends" in str(reader.error)


def test_data_before_the_end_of_the_handshake_is_an_error():
    talk = captures.converse(SAID, suite=SUITES_12[0], tls13=False)
    reader = TlsReader(log_of(talk.keylog))
    heard(reader, talk.flights[:2])

    assert reader.feed(EV, b"\x17\x03\x03\x00\x01x") == []
    assert "before the handshake" in str(reader.error)


KINDS = [(SUITES_12[0], False), (SUITES_13[0], True)]
CACHE = {}


@pytest.mark.untraced
@few(50)
@given(
    st.integers(0, 10**6), st.integers(1, 255), st.sampled_from([(SUITES_12[0], False), (SUITES_13[0], True)])
)
def test_a_flipped_byte_never_gives_other_data(place, change, kind):
    talk = cached(kind)
    flights = [(side, bytearray(data)) for side, data in talk.flights]
    _side, data = flights[place % len(flights)]
    data[place // 7 % len(data)] ^= change
    out = heard(TlsReader(log_of(talk.keylog)), [(side, bytes(data)) for side, data in flights])
    expected = joined(SAID)
    assert all(expected[side].startswith(out[side]) for side in Side)


def cached(kind):
    if kind not in CACHE:
        CACHE[kind] = captures.converse(
            SAID, suite=kind[0], tls13=kind[1], options=kind[2] if len(kind) > 2 else 0
        )
    return CACHE[kind]


@pytest.mark.untraced
@settings(derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(Side), st.binary(max_size=60)), max_size=8))
def test_random_bytes_never_raise(flights):
    reader = TlsReader(KeyLog())
    for sender, data in flights:
        assert reader.feed(sender, b"\x16\x03\x03" + data) == []


def test_tls_is_told_from_v2gtp_by_its_first_bytes():
    assert looks_like_tls(b"\x16\x03\x01\x00\x05")
    assert not looks_like_tls(b"\x01\xfe\x80\x01")
