"""The car's certificates and keys, and reading them from a directory as `evsite pki init` or EVerest has it.

An encrypted key is opened with the password in the file beside it: `MO_LEAF.key`, `MO_LEAF_PASSWORD.txt`.
Keys stay inside: not in a repr, a log or an error. ContractError and PkiError name the file at fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding

from certs.chain import ordered
from certs.errors import CertificateError
from certs.keys import load_key
from certs.names import common_name
from certs.pem import load_certificates
from certs.tls import Identity

if TYPE_CHECKING:
    import pathlib

    from cryptography import x509

    from certs.keys import PrivateKey
    from protocols.iso15118.signature import PrivateKey as SigningKey

V2G_ROOTS: Final = "ca/v2g/V2G_ROOT_CA.pem"
MO_ROOTS: Final = "ca/mo/MO_ROOT_CA.pem"
_MAX_FILE_BYTES: Final = 1024 * 1024


class WalletError(Exception):
    """A directory of certificates that cannot be used; the text names the file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Credential:
    """A chain the car shows or signs by."""

    chain: tuple[x509.Certificate, ...]
    """The leaf first; without the root."""
    key: PrivateKey = field(repr=False)

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate itself."""
        return self.chain[0]

    @property
    def der(self) -> tuple[bytes, ...]:
        """The chain in DER."""
        return tuple(one.public_bytes(Encoding.DER) for one in self.chain)

    @property
    def name(self) -> str:
        """The common name of the leaf: eMAID or PCID; empty if it has none."""
        return common_name(self.leaf) or ""

    @property
    def signing_key(self) -> SigningKey | None:
        """The key, if it is of a kind that V2G messages are signed by."""
        fits = isinstance(self.key, (ec.EllipticCurvePrivateKey, ed448.Ed448PrivateKey))
        return self.key if fits else None  # type: ignore[return-value]  # as the line above says


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wallet:
    """Everything a car has; what is missing is None or empty."""

    v2g_roots: tuple[x509.Certificate, ...] = ()
    mo_roots: tuple[x509.Certificate, ...] = ()
    contract: Credential | None = None
    contract_20: Credential | None = None
    provisioning: Credential | None = None
    provisioning_20: Credential | None = None
    vehicle: Credential | None = None

    @property
    def vehicle_identity(self) -> Identity | None:
        """What a station of -20 is shown in the handshake."""
        if self.vehicle is None:
            return None
        return Identity(certificates=self.vehicle.chain, key=self.vehicle.key)


def load_wallet(
    directory: pathlib.Path,
    *,
    contract: str | None = None,
    contract_20: str | None = None,
) -> Wallet:
    """The wallet in a directory. `contract`: another directory in it with a chain and a key.

    WalletError for files that are damaged, and for a named contract that is not there; what merely is
    missing is left out.
    """
    return Wallet(
        v2g_roots=_certificates(directory / V2G_ROOTS),
        mo_roots=_certificates(directory / MO_ROOTS),
        contract=_contract(directory, contract, ""),
        contract_20=_contract(directory, contract_20, "_20"),
        provisioning=_credential(directory / "client/oem", "OEM_CERT_CHAIN.pem", "OEM_LEAF.key"),
        provisioning_20=_credential(directory / "client/oem", "OEM_CERT_CHAIN_20.pem", "OEM_LEAF_20.key"),
        vehicle=_credential(directory / "client/vehicle", "VEHICLE_CERT_CHAIN_20.pem", "VEHICLE_LEAF_20.key"),
    )


def _contract(directory: pathlib.Path, named: str | None, suffix: str) -> Credential | None:
    if named is None:
        chain, key = f"MO_CERT_CHAIN{suffix}.pem", f"MO_LEAF{suffix}.key"
        return _credential(directory / "client/mo", chain, key)
    folder = directory / named
    keys = sorted(folder.glob("*.key"))
    chains = sorted(folder.glob("*CHAIN*.pem")) or sorted(folder.glob("*.pem"))
    if len(keys) != 1 or not chains:
        raise WalletError(f"{folder}: has no chain with its key")
    return _credential(folder, chains[0].name, keys[0].name)


def _credential(folder: pathlib.Path, chain: str, key: str) -> Credential | None:
    certificates = _certificates(folder / chain)
    path = folder / key
    if not certificates or not path.exists():
        return None
    shown = [one for one in ordered(certificates) if one.issuer != one.subject]
    try:
        return Credential(chain=tuple(shown), key=load_key(_read(path), _password(path)))
    except CertificateError as error:
        raise WalletError(f"{path}: {error}") from None


def _password(key: pathlib.Path) -> bytes | None:
    """That of a key, in a file that is called as EVerest does; None where there is none."""
    path = key.with_name(f"{key.stem}_PASSWORD.txt")
    return (_read(path).strip() or None) if path.exists() else None


def _certificates(path: pathlib.Path) -> tuple[x509.Certificate, ...]:
    if not path.exists():
        return ()
    try:
        return load_certificates(_read(path))
    except CertificateError as error:
        raise WalletError(f"{path}: {error}") from None


def _read(path: pathlib.Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise WalletError(f"{path}: {error.strerror}") from None
