"""Known answers for the key derivations; the records themselves are tested against OpenSSL in test_tls."""

import pytest

from protocols.iso15118.capture.record_protection import SUITES, expand_label, opener_13, prf

AES128 = SUITES[0x1301]


def test_the_prf_of_tls12_gives_the_published_answer():
    # the P_SHA256 test vector circulated on the IETF TLS list
    secret = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
    seed = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
    out = prf(AES128, secret, b"test label", seed, 100)
    assert out[:32].hex() == "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
    assert len(out) == 100


def test_the_keys_of_tls13_are_those_of_the_example_trace():
    # RFC 8448 3: the server's handshake traffic secret and what is derived from it
    secret = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
    assert expand_label(AES128, secret, "key", 16).hex() == "3fce516009c21727d0f2e4e86ee403bc"
    assert expand_label(AES128, secret, "iv", 12).hex() == "5d313eb2671276ee13000b30"


@pytest.mark.parametrize("number", [0x1301, 0x1302, 0x1303])
def test_an_updated_opener_has_other_keys(number):
    opener = opener_13(SUITES[number], bytes(48))
    assert opener.updated()._iv != opener._iv


def test_only_cbc_suites_take_encrypt_then_mac():
    assert SUITES[0xC023].with_encrypt_then_mac(on=True).encrypt_then_mac
    assert not SUITES[0xC02B].with_encrypt_then_mac(on=True).encrypt_then_mac
