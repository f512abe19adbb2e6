import pytest

from protocols.iso15118.signature import ISO2, ISO20_ED448, ISO20_SECP521, Problem, SignatureError
from tests.support.signed_messages import ED448, KEYS, P256, P521

SCHEMES = [ISO2, ISO20_SECP521, ISO20_ED448]


@pytest.mark.parametrize(("scheme", "size"), [(ISO2, 64), (ISO20_SECP521, 132), (ISO20_ED448, 114)])
def test_a_signature_value_has_its_fixed_length(scheme, size):
    for number in range(20):
        value = scheme.sign(KEYS[scheme], bytes([number]))
        assert len(value) == size
        scheme.verify(KEYS[scheme].public_key(), value, bytes([number]))


@pytest.mark.parametrize(("scheme", "size"), [(ISO2, 32), (ISO20_SECP521, 64), (ISO20_ED448, 64)])
def test_a_digest_has_the_length_of_its_hash(scheme, size):
    assert len(scheme.digest(b"")) == size


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("key", [P256, P521, ED448])
def test_a_key_of_another_kind_is_refused_both_ways(scheme, key):
    if key is KEYS[scheme]:
        return
    for use in (lambda: scheme.sign(key, b""), lambda: scheme.verify(key.public_key(), b"", b"")):
        with pytest.raises(SignatureError) as caught:
            use()
        assert caught.value.problem is Problem.WRONG_KEY


@pytest.mark.parametrize("scheme", SCHEMES)
def test_other_data_other_value_and_other_length_do_not_verify(scheme):
    key = KEYS[scheme]
    value = scheme.sign(key, b"data")
    flipped = bytes([value[0] ^ 1]) + value[1:]
    for wrong, data in [
        (value, b"Data"),
        (flipped, b"data"),
        (value[:-1], b"data"),
        (bytes(len(value)), b"data"),
        (b"", b""),
    ]:
        with pytest.raises(SignatureError) as caught:
            scheme.verify(key.public_key(), wrong, data)
        assert caught.value.problem is Problem.INVALID_SIGNATURE
