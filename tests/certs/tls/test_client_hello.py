import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.tls import Alert, Fault, HelloError, HelloReader
from certs.tls.authorities import IdentifierType, TrustedAuthority, write_trusted_ca_keys
from certs.tls.client_hello import (
    MAX_EXTENSIONS,
    MAX_HELLO_BYTES,
    MAX_RECORDS,
    TLS12,
    TLS13,
    ClientHello,
    parse_client_hello,
)
from certs.tls.wire import vector
from tests.support.examples import few
from tests.support.tls_hello import (
    ISO2_EXTENSIONS,
    ISO20_EXTENSIONS,
    extension,
    groups,
    hello,
    hello_body,
    message,
    records,
    schemes,
    versions,
)

HINT = TrustedAuthority(IdentifierType.CERT_SHA1_HASH, bytes(20))


def read(data):
    return HelloReader().feed(data)


def test_a_hello_says_what_the_client_offers():
    said = read(hello(suites=(0xC023, 0x1302), extensions=ISO20_EXTENSIONS))

    assert said.suites == (0xC023, 0x1302)
    assert (said.supported_versions, said.groups, said.signature_schemes) == ((0x0304,), (0x19,), (0x0603,))
    assert said.extensions == (43, 10, 13)
    assert said.random == bytes(range(32))


def test_a_hello_without_extensions_says_nothing_more():
    said = read(hello(extensions=None))

    assert (said.extensions, said.groups, said.trusted_authorities) == ((), None, None)


@pytest.mark.parametrize(
    ("version", "extensions", "offered"),
    [
        (0x0303, b"", {TLS12}),
        (0x0302, b"", set()),
        (0x0304, b"", {TLS12}),
        (0x0303, versions(0x0304), {TLS13}),
        (0x0303, versions(0x7A7A, 0x0304, 0x0303), {TLS12, TLS13}),
    ],
)
def test_the_versions_offered_are_understood(version, extensions, offered):
    said = read(hello(version=version, extensions=extensions))

    assert {each for each in (TLS12, TLS13) if said.offers(each)} == offered


def test_requests_for_status_are_seen():
    said = read(hello(extensions=extension(5, b"\x01\0\0\0\0")))

    assert (said.wants_status, said.wants_status_of_all) == (True, False)


def test_the_authorities_the_client_trusts_are_read():
    names = vector(vector(b"DER", 2), 2)
    said = read(hello(extensions=extension(3, write_trusted_ca_keys([HINT])) + extension(47, names)))

    assert said.trusted_authorities == (HINT,)
    assert said.certificate_authorities == (b"DER",)
    assert not said.hints_unreadable


@pytest.mark.parametrize("kind", [3, 47])
def test_hints_that_cannot_be_read_are_no_reason_to_refuse(kind):
    said = read(hello(extensions=extension(kind, b"\0\x01\x09")))

    assert said.hints_unreadable
    assert (said.trusted_authorities, said.certificate_authorities) == (None, None)


@pytest.mark.parametrize("size", [4, 7, 40])
def test_a_hello_cut_into_many_records_is_read(size):
    assert read(records(message(hello_body()), size=size)) == read(hello())


def test_a_hello_that_comes_byte_by_byte_is_read():
    reader = HelloReader()

    said = [reader.feed(bytes((byte,))) for byte in hello()]

    assert said[:-1] == [None] * (len(said) - 1)
    assert said[-1] == read(hello())


def test_the_reader_keeps_all_bytes_for_openssl():
    reader = HelloReader()

    reader.feed(hello() + b"more")

    assert bytes(reader.raw) == hello() + b"more"


OVERSIZED = message(bytes(MAX_HELLO_BYTES + 1))


@pytest.mark.parametrize(
    ("data", "fault", "alert"),
    [
        pytest.param(b"\x01\xfe\x80\x01", Fault.NOT_TLS, Alert.UNEXPECTED_MESSAGE, id="v2gtp"),
        pytest.param(b"G", Fault.NOT_TLS, Alert.UNEXPECTED_MESSAGE, id="http"),
        pytest.param(b"\x16\x02", Fault.NOT_TLS, Alert.UNEXPECTED_MESSAGE, id="version 2"),
        pytest.param(b"\x16\x03\x01\x40\x01", Fault.OVERSIZED, Alert.RECORD_OVERFLOW, id="long record"),
        pytest.param(b"\x16\x03\x01\0\0", Fault.MALFORMED, Alert.UNEXPECTED_MESSAGE, id="empty record"),
        pytest.param(
            b"\x16\x03\x01\0\x20\x02", Fault.MALFORMED, Alert.UNEXPECTED_MESSAGE, id="another message"
        ),
        pytest.param(
            records(OVERSIZED)[:9], Fault.OVERSIZED, Alert.ILLEGAL_PARAMETER, id="long hello, begun"
        ),
        pytest.param(
            records(OVERSIZED, size=100)[:105], Fault.OVERSIZED, Alert.ILLEGAL_PARAMETER, id="long hello"
        ),
        pytest.param(
            records(message(hello_body(session=bytes(32))), size=1),
            Fault.OVERSIZED,
            Alert.ILLEGAL_PARAMETER,
            id="too many records",
        ),
        pytest.param(records(message(b"\x03\x03")), Fault.MALFORMED, Alert.DECODE_ERROR, id="cut short"),
        pytest.param(hello(session=bytes(33)), Fault.MALFORMED, Alert.DECODE_ERROR, id="session id"),
        pytest.param(hello(suites=()), Fault.MALFORMED, Alert.DECODE_ERROR, id="no suites"),
        pytest.param(
            records(message(hello_body() + b"\0")), Fault.MALFORMED, Alert.DECODE_ERROR, id="surplus"
        ),
        pytest.param(
            hello(extensions=ISO2_EXTENSIONS * 2), Fault.MALFORMED, Alert.ILLEGAL_PARAMETER, id="twice"
        ),
        pytest.param(
            hello(extensions=b"".join(extension(1000 + n, b"") for n in range(MAX_EXTENSIONS + 1))),
            Fault.OVERSIZED,
            Alert.ILLEGAL_PARAMETER,
            id="too many extensions",
        ),
        pytest.param(hello(extensions=groups()), Fault.MALFORMED, Alert.DECODE_ERROR, id="no groups"),
        pytest.param(
            hello(extensions=extension(13, b"\0\x03abc")), Fault.MALFORMED, Alert.DECODE_ERROR, id="odd"
        ),
    ],
)
def test_what_is_no_acceptable_hello_is_refused(data, fault, alert):
    with pytest.raises(HelloError) as caught:
        read(data)

    assert (caught.value.failure.fault, caught.value.failure.alert) == (fault, alert)


def test_a_hello_in_as_many_records_as_allowed_is_read():
    whole = message(hello_body(extensions=schemes(0x0403)))

    assert read(records(whole, size=-(-len(whole) // MAX_RECORDS))) is not None


@few(50)
@given(st.binary(max_size=300))
def test_any_body_is_a_hello_or_a_hello_error(body):
    try:
        said = parse_client_hello(body)
    except HelloError:
        return
    assert isinstance(said, ClientHello)


@few(50)
@given(st.data())
def test_a_damaged_hello_is_a_hello_or_an_error(data):
    damaged = bytearray(hello(extensions=ISO20_EXTENSIONS + extension(3, write_trusted_ca_keys([HINT]))))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        said = read(bytes(damaged))
    except HelloError:
        return
    assert said is None or isinstance(said, ClientHello)


@few(50)
@given(st.lists(st.binary(max_size=40), max_size=30))
def test_a_stream_of_anything_never_holds_more_than_was_fed(chunks):
    reader = HelloReader()
    try:
        for chunk in chunks:
            reader.feed(b"\x16\x03\x01\0\x04" + chunk if not reader.raw else chunk)
    except HelloError:
        return
    assert len(reader.raw) <= sum(map(len, chunks)) + 5


@few(50)
@given(st.lists(st.integers(1, 60), min_size=1), st.integers(4, 60))
def test_how_the_bytes_are_cut_makes_no_difference(cuts, record):
    whole, at, reader, said = records(message(hello_body()), size=record), 0, HelloReader(), None
    for cut in [*cuts, len(hello()) * 3]:
        said = reader.feed(whole[at : at + cut]) if said is None else said
        at += cut

    assert said == read(hello())
