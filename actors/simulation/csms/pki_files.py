"""Reads the test PKI that `evsite pki init` has made: CAs with keys, leaves, and revocation lists."""

from __future__ import annotations

import dataclasses
import secrets
from typing import TYPE_CHECKING, Final, TypeVar

from actors.config.problems import did_you_mean
from actors.simulation.csms.authority import Authority
from certs.crl import load_crl
from certs.errors import CertificateError, Problem
from certs.facts import read
from certs.keys import load_key
from certs.pem import load_certificates
from certs.pki import Identity
from certs.tls import load_identity

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

    from cryptography import x509

    from actors.simulation.csms.script import Certificates

LEAVES: Final = (("client/cps", "CPS_CERT_CHAIN", "CPS_LEAF"), ("client/mo", "MO_CERT_CHAIN", "MO_LEAF"))
SUFFIXES: Final = ("", "_20")
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
T = TypeVar("T")


def load_authority(
    directory: pathlib.Path, settings: Certificates, password: bytes | None = None
) -> Authority:
    """The authority of a directory. CertificateError, OSError: something is damaged, or no CA is there."""
    identities = _authorities(directory)
    if not identities:
        raise CertificateError(Problem.EMPTY, f"{directory}: no keys of test CAs; make some: evsite pki init")
    by_key = {read(one.certificate).spki: one for one in identities.values()}
    for folder, chain, leaf in LEAVES:
        for suffix in SUFFIXES:
            found = _leaf(directory / folder, f"{chain}{suffix}", f"{leaf}{suffix}", by_key, password)
            if found is not None:
                identities[found.name] = found
    lists = tuple(
        _read(path, load_crl)
        for pattern in ("crl/*.pem", "broken/*/*/CRL.pem")
        for path in sorted(directory.glob(pattern))
    )
    serials = {
        path.stem: _read(path, load_certificates)[0].serial_number
        for pattern in ("client/*/*_LEAF*.pem", "server/*/*.pem")
        for path in sorted(directory.glob(pattern))
    }
    made = Authority(
        identities=identities, serials=serials, lists=lists, settings=settings, random=secrets.token_bytes
    )
    check_names(made, settings)
    return made


def check_names(authority: Authority, settings: Certificates) -> None:
    """See that everything to be revoked is known. CertificateError."""
    for name in settings.revoked:
        if authority.serial_of(name) is None:
            known = [*authority.identities, *authority.serials]
            text = f"certificates.revoked: no certificate is called {name}. {did_you_mean(name, known)}"
            raise CertificateError(Problem.EMPTY, text.strip())


def _authorities(directory: pathlib.Path) -> dict[str, Identity]:
    """The CAs, each with its issuer."""
    found: dict[str, tuple[tuple[x509.Certificate, ...], Identity]] = {}
    for path in sorted((directory / "authorities").glob("*.pem")):
        above = _read(path, load_certificates)
        key = _read(path.with_suffix(".key"), load_key)
        found[path.stem] = above, Identity(name=path.stem, certificate=above[0], key=key)
    made: dict[str, Identity] = {}
    for name, (above, identity) in sorted(found.items(), key=lambda item: len(item[1][0])):
        issuer = next((one for one in made.values() if one.certificate in above[1:2]), None)
        made[name] = dataclasses.replace(identity, issuer=issuer)
    return made


def _leaf(
    folder: pathlib.Path, chain: str, name: str, by_key: dict[bytes, Identity], password: bytes | None
) -> Identity | None:
    """A leaf with its key and issuer; None: there is none, or not of a CA that is here."""
    if not (folder / f"{chain}.pem").is_file():
        return None
    certificates = _bytes(folder / f"{chain}.pem")
    found = _read(folder / f"{name}.key", lambda key: load_identity(certificates, key, password))
    leaf, *above = found.certificates
    issuer = by_key.get(read(above[0]).spki) if above else None
    if issuer is None:
        return None
    return Identity(name=name, certificate=leaf, key=found.key, issuer=issuer)


def _read(path: pathlib.Path, load: Callable[[bytes], T]) -> T:
    """What is in a file. CertificateError names it."""
    try:
        return load(_bytes(path))
    except CertificateError as error:
        raise CertificateError(error.problem, f"{path}: {error.detail}".removesuffix(": ")) from None


def _bytes(path: pathlib.Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_FILE_BYTES)
