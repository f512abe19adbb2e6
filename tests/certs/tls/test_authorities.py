import hashlib
from unittest import mock

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.pki import issue
from certs.pki.hierarchies import contents
from certs.tls.authorities import (
    MAX_AUTHORITIES,
    IdentifierType,
    TrustedAuthority,
    identify,
    names_one_of,
    parse_certificate_authorities,
    parse_trusted_ca_keys,
    write_trusted_ca_keys,
)
from certs.tls.wire import VectorError, vector
from tests.support.tls import world

AUTHORITIES = st.one_of(
    st.just(TrustedAuthority(IdentifierType.PRE_AGREED)),
    st.builds(
        TrustedAuthority,
        st.sampled_from((IdentifierType.KEY_SHA1_HASH, IdentifierType.CERT_SHA1_HASH)),
        st.binary(min_size=20, max_size=20),
    ),
    st.builds(TrustedAuthority, st.just(IdentifierType.X509_NAME), st.binary(min_size=1, max_size=300)),
)


@settings(derandomize=True)
@given(st.lists(AUTHORITIES, max_size=20))
def test_authorities_are_read_back_as_written(authorities):
    assert parse_trusted_ca_keys(write_trusted_ca_keys(authorities)) == tuple(authorities)


@settings(derandomize=True)
@given(st.binary(max_size=200))
def test_any_bytes_are_authorities_or_a_vector_error(data):
    for parse in (parse_trusted_ca_keys, parse_certificate_authorities):
        try:
            assert len(parse(data)) <= MAX_AUTHORITIES
        except VectorError:
            continue


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(vector(b"\x01" + bytes(19), 2), id="short hash"),
        pytest.param(vector(b"\x02\0\0", 2), id="empty name"),
        pytest.param(vector(b"\x04", 2), id="unknown type"),
        pytest.param(vector(b"\0", 2) + b"\0", id="surplus"),
        pytest.param(vector(bytes(MAX_AUTHORITIES + 1), 2), id="too many"),
    ],
)
def test_bad_trusted_ca_keys_are_refused(content):
    with pytest.raises(VectorError):
        parse_trusted_ca_keys(content)


@pytest.mark.parametrize(
    "content",
    [b"", vector(b"", 2), vector(b"\0\0\0", 2), vector(b"\0\x01a" * (MAX_AUTHORITIES + 1), 2)],
)
def test_bad_certificate_authorities_are_refused(content):
    with pytest.raises(VectorError):
        parse_certificate_authorities(content)


def test_names_of_certificate_authorities_are_read():
    assert parse_certificate_authorities(vector(vector(b"ab", 2) + vector(b"c", 2), 2)) == (b"ab", b"c")


@pytest.mark.parametrize("kind", [IdentifierType.KEY_SHA1_HASH, IdentifierType.PRE_AGREED])
def test_an_identifier_of_a_wrong_length_is_not_written(kind):
    with pytest.raises(ValueError, match=kind.name):
        write_trusted_ca_keys([TrustedAuthority(kind, b"x")])


def test_the_key_hash_is_that_of_the_point():
    root = world()["V2G_ROOT_CA"].certificate
    point = root.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )

    assert identify(root, IdentifierType.KEY_SHA1_HASH).identifier == hashlib.sha1(point).digest()


def test_the_key_hash_of_rsa_is_that_of_the_modulus():
    # given
    made = world()["CSMS_ROOT_CA"]
    said = contents(world().rows["CSMS_ROOT_CA"], world().options, None)
    key = rsa.generate_private_key(65537, 2048)

    # when
    root = issue(said, key.public_key(), made, made.key, 1)

    # then
    modulus = key.public_key().public_numbers().n.to_bytes(256, "big")
    assert identify(root, IdentifierType.KEY_SHA1_HASH).identifier == hashlib.sha1(modulus).digest()


@pytest.mark.parametrize("kind", [kind for kind in IdentifierType if kind is not IdentifierType.PRE_AGREED])
def test_each_kind_of_identifier_finds_its_certificate(kind):
    root, other = world()["V2G_ROOT_CA"].certificate, world()["MO_ROOT_CA"].certificate

    assert names_one_of([identify(root, kind)], [other, root])
    assert not names_one_of([identify(root, kind)], [other])


def test_pre_agreed_names_no_certificate():
    root = world()["V2G_ROOT_CA"].certificate

    assert not names_one_of([identify(root, IdentifierType.PRE_AGREED)], [root])


def test_a_key_that_cannot_be_read_is_named_by_nobody():
    root = mock.Mock()
    root.public_key.side_effect = UnsupportedAlgorithm("a new kind of key")

    assert not names_one_of([TrustedAuthority(IdentifierType.KEY_SHA1_HASH, bytes(20))], [root])
