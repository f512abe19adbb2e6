import pytest
from OpenSSL import SSL

from certs.keys import KeyKind
from certs.tls.editions import ISO2, ISO20, RULES, Edition, edition_of


@pytest.mark.parametrize(
    ("kind", "edition"),
    [
        (KeyKind.P256, Edition.ISO2),
        (KeyKind.P521, Edition.ISO20),
        (KeyKind.ED448, Edition.ISO20),
        (KeyKind.P384, None),
        (None, None),
    ],
)
def test_the_kind_of_key_tells_the_edition(kind, edition):
    assert edition_of(kind) is edition


def test_the_newer_edition_comes_first():
    assert list(RULES) == [Edition.ISO20, Edition.ISO2]


@pytest.mark.parametrize("rules", RULES.values(), ids=lambda rules: rules.edition)
def test_every_leaf_key_signs_with_an_allowed_signature(rules):
    assert set(rules.keys.values()) <= set(rules.signatures.values())


@pytest.mark.parametrize("rules", RULES.values(), ids=lambda rules: rules.edition)
def test_the_keys_are_those_of_the_certificate_profile(rules):
    assert frozenset(rules.keys) == rules.server.keys


def test_the_suites_are_those_that_openssl_knows():
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(":".join(ISO2.suites).encode())
    context.set_tls13_ciphersuites(":".join(ISO20.suites).encode())

    assert set(SSL.Connection(context).get_cipher_list()) == {*ISO2.suites, *ISO20.suites}


def test_openssl_still_has_no_static_ecdh():
    context = SSL.Context(SSL.TLS_METHOD)

    with pytest.raises(SSL.Error):
        context.set_cipher_list(b"ECDH-ECDSA-AES128-SHA256")
