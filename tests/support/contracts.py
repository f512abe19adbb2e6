"""Cars like the first one of a test PKI whose contracts are others: good ones, and forged ones."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.keys import KeyKind, generate_key, key_to_pem
from tests.support.multiplexed import living_pki
from tests.support.stores import leaf_for, put, text

if TYPE_CHECKING:
    from pathlib import Path

    from certs.keys import PrivateKey

EMAID: Final = "DE8EVSC0000001X"
"""Of the contract that every test PKI comes with."""
CONTRACT_CA: Final = "MO_SUB_CA2"
STATION_CA: Final = "CPO_SUB_CA2"
DAY: Final = timedelta(days=1)


def another_contract(state: Path, wallet: str, emaid: str) -> None:
    """Give a car, its folder below a state directory, a good contract of another name."""
    leaf, key = _leaf(emaid)
    _write(state, wallet, leaf, key)


def station_contract(state: Path, wallet: str, emaid: str) -> None:
    """The same from a CA below the V2G root, as a contract may be: no MO root leads to it."""
    leaf, key = _leaf(emaid, STATION_CA)
    _write(state, wallet, leaf, key, STATION_CA)


def forged_contract(state: Path, wallet: str, emaid: str) -> None:
    """The same with a certificate that nobody has signed: the last byte of the signature is another."""
    leaf, key = _leaf(emaid)
    der = bytearray(leaf.public_bytes(Encoding.DER))
    der[-1] ^= 1
    _write(state, wallet, x509.load_der_x509_certificate(bytes(der)), key)


def _leaf(emaid: str, issuer: str = CONTRACT_CA) -> tuple[x509.Certificate, PrivateKey]:
    key, now, made = generate_key(KeyKind.P256), datetime.now(UTC), living_pki()
    leaf = leaf_for(
        key, name="MO_LEAF", made=made, issuer=made[issuer], common_name=emaid, component="MO",
        start=now - DAY, end=now + DAY,
    )  # fmt: skip
    return leaf, key


def _write(
    state: Path, wallet: str, leaf: x509.Certificate, key: PrivateKey, issuer: str = CONTRACT_CA
) -> None:
    other = state / wallet
    shutil.copytree(state / "car", other)
    put(other / "client/mo/MO_LEAF.key", key_to_pem(key), 0o600)
    put(other / "client/mo/MO_CERT_CHAIN.pem", text(leaf, *living_pki()[issuer].chain))
