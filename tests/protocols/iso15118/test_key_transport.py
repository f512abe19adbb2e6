"""Both directions of the contract key transport, with fixed keys; the oracle for the layout is hashlib."""

import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118 import key_transport as kt
from protocols.iso15118.identifiers import Pcid

PCID = Pcid.parse("HUBPP7YDYE44KWS7N1")
SKI = bytes.fromhex("0123456789abcdef")
P256_CAR = ec.derive_private_key(0x1234567, ec.SECP256R1())
P256_CONTRACT = ec.derive_private_key(0x89ABCDEF << 100, ec.SECP256R1())
P521_CAR = ec.derive_private_key(0x7654321, ec.SECP521R1())
P521_CONTRACT = ec.derive_private_key((1 << 520) + 12345, ec.SECP521R1())
X448_CAR = x448.X448PrivateKey.from_private_bytes(bytes(range(56)))
ED448_CONTRACT = kt.ed448_contract_key(lambda count: bytes(range(1, count + 1)))


def seeded(seed=1):
    return random.Random(seed).randbytes


def seal20(contract=P521_CONTRACT, car=P521_CAR, **options):
    return kt.seal_iso20(
        contract, car.public_key(), pcid=PCID, contract_key_identifier=SKI, random=seeded(), **options
    )


def open20(sealed, contract=P521_CONTRACT, car=P521_CAR, pcid=PCID, ski=SKI):
    return kt.open_iso20(
        sealed.encrypted_private_key,
        sealed.dh_public_key,
        car,
        contract.public_key(),
        pcid=pcid,
        contract_key_identifier=ski,
    )


def test_a_minus2_contract_key_arrives_at_its_car():
    sealed = kt.seal_iso2(P256_CONTRACT, P256_CAR.public_key(), random=seeded())
    opened = kt.open_iso2(
        sealed.encrypted_private_key, sealed.dh_public_key, P256_CAR, P256_CONTRACT.public_key()
    )
    assert opened.private_numbers() == P256_CONTRACT.private_numbers()


def test_the_minus2_fields_are_laid_out_as_the_standard_says():
    # given a key sealed for the car
    sealed = kt.seal_iso2(P256_CONTRACT, P256_CAR.public_key(), random=seeded())
    assert (len(sealed.encrypted_private_key), len(sealed.dh_public_key)) == (48, 65)
    # when it is opened by hand, with hashlib as key derivation
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sealed.dh_public_key)
    shared = P256_CAR.exchange(ec.ECDH(), peer)
    key = hashlib.sha256(b"\0\0\0\1" + shared + b"\x01\x55\x56").digest()[:16]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(sealed.encrypted_private_key[:16])).decryptor()
    # then the contract key comes out, big-endian
    secret = decryptor.update(sealed.encrypted_private_key[16:])
    assert int.from_bytes(secret, "big") == P256_CONTRACT.private_numbers().private_value


@settings(derandomize=True, max_examples=60)
@given(st.integers(0, 112), st.integers(1, 255))
def test_a_damaged_minus2_envelope_never_gives_a_key(place, change):
    sealed = kt.seal_iso2(P256_CONTRACT, P256_CAR.public_key(), random=seeded())
    both = bytearray(sealed.encrypted_private_key + sealed.dh_public_key)
    both[place] ^= change
    with pytest.raises(kt.KeyTransportError):
        kt.open_iso2(bytes(both[:48]), bytes(both[48:]), P256_CAR, P256_CONTRACT.public_key())


@pytest.mark.parametrize(
    ("key_bytes", "dh_bytes"), [(47, 65), (49, 65), (0, 65), (48, 64), (48, 66), (48, 0)]
)
def test_a_minus2_envelope_of_wrong_length_is_refused(key_bytes, dh_bytes):
    with pytest.raises(kt.KeyTransportError):
        kt.open_iso2(bytes(key_bytes), b"\4" * dh_bytes, P256_CAR, P256_CONTRACT.public_key())


def test_the_key_of_another_contract_is_refused():
    sealed = kt.seal_iso2(P256_CONTRACT, P256_CAR.public_key(), random=seeded())
    with pytest.raises(kt.KeyTransportError, match="not that of the contract"):
        kt.open_iso2(sealed.encrypted_private_key, sealed.dh_public_key, P256_CAR, P256_CAR.public_key())


def test_a_number_that_is_no_private_key_is_refused():
    # given an envelope that decrypts well, to a number above the order of the curve
    sealed = kt.seal_iso2(P256_CONTRACT, P256_CAR.public_key(), random=seeded())
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sealed.dh_public_key)
    key = hashlib.sha256(b"\0\0\0\1" + P256_CAR.exchange(ec.ECDH(), peer) + b"\x01UV").digest()[:16]
    forged = bytes(16) + Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor().update(b"\xff" * 32)
    with pytest.raises(kt.KeyTransportError, match="not that of the contract"):
        kt.open_iso2(forged, sealed.dh_public_key, P256_CAR, P256_CONTRACT.public_key())


def test_keys_on_other_curves_are_refused_in_minus2():
    with pytest.raises(kt.KeyTransportError, match="secp521r1, not secp256r1"):
        kt.seal_iso2(P521_CONTRACT, P256_CAR.public_key(), random=seeded())
    with pytest.raises(kt.KeyTransportError, match="receiver"):
        kt.open_iso2(bytes(48), bytes(65), P521_CAR, P256_CONTRACT.public_key())


@pytest.mark.parametrize("car", [P521_CAR, X448_CAR], ids=["secp521", "x448"])
@pytest.mark.parametrize("padded", [False, True])
def test_a_p521_contract_key_arrives_over_either_agreement(car, padded):
    opened = open20(seal20(car=car, pad_dh_public_key=padded), car=car)
    assert opened.private_numbers() == P521_CONTRACT.private_numbers()


@pytest.mark.parametrize("car", [P521_CAR, X448_CAR], ids=["secp521", "x448"])
def test_an_ed448_contract_key_arrives_over_either_agreement(car):
    opened = open20(seal20(ED448_CONTRACT, car), ED448_CONTRACT, car)
    assert opened.private_bytes_raw() == ED448_CONTRACT.private_bytes_raw()


@pytest.mark.parametrize(
    ("contract", "car", "padded", "expected"),
    [
        (P521_CONTRACT, P521_CAR, False, ("SECP521", 133, "SECP521_EncryptedPrivateKey", 94)),
        (P521_CONTRACT, X448_CAR, False, ("X448", 57, "SECP521_EncryptedPrivateKey", 94)),
        (ED448_CONTRACT, X448_CAR, True, ("X448", 133, "X448_EncryptedPrivateKey", 84)),
    ],
)
def test_the_minus20_fields_have_the_lengths_of_the_standard(contract, car, padded, expected):
    sealed = seal20(contract, car, pad_dh_public_key=padded)
    found = (sealed.ecdh_curve, len(sealed.dh_public_key), sealed.element, len(sealed.encrypted_private_key))
    assert found == expected


def test_the_minus20_fields_are_laid_out_as_the_standard_says():
    sealed = seal20()
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP521R1(), sealed.dh_public_key)
    shared = P521_CAR.exchange(ec.ECDH(), peer)
    key = hashlib.sha512(b"\0\0\0\1" + shared + b"\x01\x55\x56").digest()[:32]
    blob = sealed.encrypted_private_key
    secret = AESGCM(key).decrypt(blob[:12], blob[12:], b"HUBPP7YDYE44KWS7N10123456789ABCDEF")
    assert secret == P521_CONTRACT.private_numbers().private_value.to_bytes(66, "big")


@settings(derandomize=True, max_examples=60)
@given(st.integers(0, 93 + 133), st.integers(1, 255))
def test_a_damaged_minus20_envelope_never_gives_a_key(place, change):
    sealed = seal20()
    both = bytearray(sealed.encrypted_private_key + sealed.dh_public_key)
    both[place] ^= change
    with pytest.raises(kt.KeyTransportError):
        open20(kt.SealedIso20("SECP521", bytes(both[94:]), "SECP521_EncryptedPrivateKey", bytes(both[:94])))


def test_a_key_meant_for_another_car_does_not_open():
    with pytest.raises(kt.KeyTransportError, match="tag"):
        open20(seal20(), pcid=Pcid.parse("HUBPP7YDYE44KWS7N"))
    with pytest.raises(kt.KeyTransportError, match="tag"):
        open20(seal20(), ski=bytes(8))


@pytest.mark.parametrize("dh", [b"", b"\4" + bytes(56), b"\4" * 57, b"\4" * 133, b"\3" + b"\1" * 56])
def test_a_bad_x448_public_key_is_refused(dh):
    sealed = kt.SealedIso20("X448", dh, "X448_EncryptedPrivateKey", bytes(84))
    with pytest.raises(kt.KeyTransportError):
        open20(sealed, ED448_CONTRACT, X448_CAR)


def test_a_minus20_envelope_of_wrong_length_is_refused():
    sealed = seal20()
    for contract, size in ((ED448_CONTRACT, 94), (P521_CONTRACT, 84), (P521_CONTRACT, 0)):
        with pytest.raises(kt.KeyTransportError, match="no encrypted key"):
            open20(kt.SealedIso20("SECP521", sealed.dh_public_key, "", bytes(size)), contract)


def test_an_ed448_key_of_another_contract_is_refused():
    other = ed448.Ed448PrivateKey.from_private_bytes(bytes(57))
    with pytest.raises(kt.KeyTransportError, match="not that of the contract"):
        open20(seal20(ED448_CONTRACT), other)


def test_an_ed448_key_of_57_bytes_does_not_fit_the_field():
    with pytest.raises(kt.KeyTransportError, match="does not fit"):
        seal20(ed448.Ed448PrivateKey.from_private_bytes(b"\1" * 57))


def test_keys_on_other_curves_are_refused_in_minus20():
    with pytest.raises(kt.KeyTransportError, match="contract key"):
        seal20(P256_CONTRACT)
    with pytest.raises(kt.KeyTransportError, match="receiver"):
        seal20(car=P256_CAR)
    with pytest.raises(kt.KeyTransportError, match="receiver"):
        open20(seal20(), car=P256_CAR)
    with pytest.raises(kt.KeyTransportError, match="contract certificate"):
        open20(seal20(), contract=P256_CONTRACT)


def test_a_broken_source_of_randomness_is_found_out():
    with pytest.raises(RuntimeError, match="randomness"):
        kt.seal_iso2(P256_CONTRACT, P256_CAR.public_key(), random=bytes)


def test_no_secret_shows_in_repr_or_error():
    sealed = kt.seal_iso2(P256_CONTRACT, P256_CAR.public_key(), random=seeded())
    assert repr(sealed.encrypted_private_key)[2:20] not in repr(sealed)
    with pytest.raises(kt.KeyTransportError) as caught:
        kt.open_iso2(sealed.encrypted_private_key, sealed.dh_public_key, P256_CAR, P256_CAR.public_key())
    assert caught.value.__cause__ is None
    assert not any(character.isdigit() for character in str(caught.value))
