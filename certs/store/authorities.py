"""CA bundles: install into them, and hand them to OpenSSL."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes
from OpenSSL import crypto

from certs import pem
from certs.errors import CertificateError
from certs.facts import Facts, read
from certs.store import files
from certs.store.decisions import Installed, judge_authority
from certs.store.errors import StoreError, StoreProblem
from certs.store.files import Write
from certs.store.texts import with_certificate
from certs.store.upkeep import Limits, is_full

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from certs.profiles import Domain
    from certs.store.settings import Bundle
    from certs.store.vault import Vault

_COPIES: Final = "verify"
_DIGITS: Final = 16


def install(vault: Vault, text: str, domain: Domain, now: datetime, limits: Limits) -> Installed:
    """Add one CA certificate to a bundle; the same one again is accepted and changes nothing (M8.7)."""
    try:
        facts = read(pem.load_certificate(text))
    except CertificateError:
        return Installed.INVALID_FORMAT
    try:
        with vault.writing() as index:
            result = judge_authority(facts, index, domain, now)
            if result is not Installed.ACCEPTED or facts.certificate in index.certificates(domain):
                return result
            step = _addition(vault.layout.bundles[domain], facts)
            room = len(index.certificates(domain)) < pem.MAX_CERTIFICATES
            if is_full(vault.scan, limits) or not room or len(step.content) > pem.MAX_BYTES:
                return Installed.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED
            vault.commit([step])
    except (OSError, StoreError):
        return Installed.WRITE_ERROR
    return Installed.ACCEPTED


def _addition(bundle: Bundle, facts: Facts) -> Write:
    certificate = facts.certificate
    if bundle.is_folder:
        kind = "ROOT" if facts.self_issued else "SUB"
        digest = certificate.fingerprint(hashes.SHA256()).hex()[:_DIGITS]
        path = bundle.path / f"{bundle.domain}_{kind}_CA_{digest}.pem"
        return Write(path, pem.to_pem([certificate]))
    try:
        old = files.read(bundle.path, pem.MAX_BYTES)
    except FileNotFoundError:
        old = b""
    return Write(bundle.path, with_certificate(old, certificate), files.mode_of(bundle.path))


def verify_file(vault: Vault, domain: Domain) -> str:
    """A file with all CA certificates of a domain; empty if there is none.

    The bundle itself where it is a sound file, else a copy that the store keeps up to date. StoreError if
    the copy cannot be written.
    """
    index, bundle = vault.index, vault.layout.bundles[domain]
    certificates = index.certificates(domain)
    if not certificates:
        return ""
    troubled = {path for path, _ in index.troubles()}
    if not bundle.is_folder and bundle.path not in troubled and not bundle.path.is_symlink():
        return str(bundle.path)
    path = vault.layout.state / _COPIES / f"{domain}.pem"
    _mirror(vault, path.parent, {path.name: pem.to_pem(certificates)}, prefix=path.name)
    return str(path)


def verify_location(vault: Vault, domain: Domain) -> str:
    """A folder with the CA certificates of a domain under their names' hashes, as OpenSSL looks for them.

    Empty if there is none. The folder is a copy: nothing is put among files that belong to people.
    StoreError if it cannot be written.
    """
    certificates = vault.index.certificates(domain)
    if not certificates:
        return ""
    folder = vault.layout.state / _COPIES / domain
    _mirror(vault, folder, _hashed(certificates))
    return str(folder)


def _hashed(certificates: tuple[x509.Certificate, ...]) -> dict[str, bytes]:
    counts: dict[str, int] = {}
    wanted: dict[str, bytes] = {}
    for certificate in certificates:
        name = f"{crypto.X509.from_cryptography(certificate).subject_name_hash():08x}"
        wanted[f"{name}.{counts.setdefault(name, 0)}"] = pem.to_pem([certificate])
        counts[name] += 1
    return wanted


def _mirror(vault: Vault, folder: Path, wanted: dict[str, bytes], prefix: str = "") -> None:
    """Make the files of a folder, whose names begin so, these; touch only what differs, remove at the end.

    Under the lock, so that nobody takes files another process is about to put there for left behind.
    """
    try:
        if _present(folder, prefix) == wanted:
            return
        with files.locked(vault.layout.state):
            folder.mkdir(parents=True, exist_ok=True)
            present = _present(folder, prefix)
            for name, content in wanted.items():
                if present.get(name) != content:
                    files.replace(Write(folder / name, content))
            for name in present.keys() - wanted.keys():
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(StoreProblem.UNWRITABLE, f"{folder}: {error.strerror or error}") from None


def _present(folder: Path, prefix: str) -> dict[str, bytes]:
    """The files of a folder whose names begin so. OSError."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith(prefix)]  # noqa: PTH208  # names are wanted
    except FileNotFoundError:
        return {}
    found = {}
    for name in names:
        found[name] = b""  # what cannot be read is not what is wanted
        with suppress(OSError):
            found[name] = files.read(folder / name, pem.MAX_BYTES)
    return found
