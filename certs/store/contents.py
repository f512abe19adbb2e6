"""What one file of the store holds: certificates, a private key's public half, an answer, trouble."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs import crl, pem
from certs.errors import CertificateError
from certs.facts import Facts
from certs.facts import read as read_facts
from certs.keys import MAX_KEY_BYTES, load_key, public_bytes
from certs.ocsp import MAX_RESPONSE_BYTES
from certs.ocsp_cache import MAX_HASH_FILE_BYTES, CacheEntry, cache_entry, read_hash_file
from certs.store import files
from certs.store.scan import KEY_SUFFIXES, Stamp
from certs.store.texts import certificates_in

if TYPE_CHECKING:
    from cryptography import x509

    from certs.hashes import HashData

_KEY_MARK: Final = b"PRIVATE KEY-----"
_ENCRYPTED_MARKS: Final = (b"ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED")
_PEM_MARK: Final = b"-----BEGIN "
_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Content:
    """One file, read. The key itself is not kept."""

    path: Path
    stamp: Stamp
    digest: bytes = b""
    """Of the whole file; empty where it could not be read."""
    certificates: tuple[Facts, ...] = ()
    public_key: bytes | None = None
    """SubjectPublicKeyInfo of the private key inside."""
    encrypted: bool = False
    """Whether the private key needs the password."""
    is_pem: bool = True
    revocations: x509.CertificateRevocationList | None = None
    trouble: str = ""
    """What is wrong with it; empty if nothing is."""


@dataclass(frozen=True, slots=True)
class Cached:
    """A responder's answer in the store."""

    hash_data: HashData
    answer: Path
    hash_file: Path
    entry: CacheEntry | None
    """None for one that cannot be used."""


def read_content(
    path: Path,
    stamp: Stamp,
    password: bytes | None,
    *,
    may_hold_key: bool,
    known: Content | None = None,
    secures_keys: bool = True,
) -> Content:
    """Read a file; whatever is wrong with it is in the answer. `known`, if it is that still.

    `secures_keys`: a key that others may read is taken from them, else it is only told.
    """
    try:
        data = files.read(Path(os.path.realpath(path)), pem.MAX_BYTES)
    except OSError as error:
        return Content(path=path, stamp=stamp, trouble=error.strerror or str(error))
    digest = hashlib.sha256(data).digest()
    if known is not None and (known.stamp, known.digest) == (stamp, digest):
        return known
    is_pem = _PEM_MARK in data
    if may_hold_key and (_KEY_MARK in data or (not is_pem and path.suffix.lower() in KEY_SUFFIXES)):
        found = _with_key(path, stamp, data, password)
        if not found.trouble and stamp[4] & _OTHERS and not (secures_keys and _secured(path)):
            found = replace(found, trouble="a private key that others may read")
    else:
        facts, trouble = _facts(data)
        found = Content(path=path, stamp=stamp, certificates=facts, is_pem=is_pem, trouble=trouble)
    return replace(found, digest=digest)


def read_list(path: Path, stamp: Stamp, known: Content | None = None) -> Content:
    """Read a file with a revocation list; what is wrong with it is in the answer. `known`, if it is that."""
    try:
        data = files.read(Path(os.path.realpath(path)), crl.MAX_BYTES)
    except OSError as error:
        return Content(path=path, stamp=stamp, trouble=error.strerror or str(error))
    digest = hashlib.sha256(data).digest()
    if known is not None and (known.stamp, known.digest) == (stamp, digest):
        return known
    try:
        return Content(path=path, stamp=stamp, digest=digest, revocations=crl.load_crl(data))
    except CertificateError as error:
        return Content(path=path, stamp=stamp, digest=digest, trouble=str(error))


def read_answer(hash_file: Path, answer: Path) -> Cached | None:
    """A responder's answer beside its hash file; None if it cannot be told whose answer it is."""
    try:
        whose = read_hash_file(files.read(Path(os.path.realpath(hash_file)), MAX_HASH_FILE_BYTES))
    except (OSError, CertificateError):
        return None
    entry: CacheEntry | None
    try:
        entry = cache_entry(whose, files.read(Path(os.path.realpath(answer)), MAX_RESPONSE_BYTES))
    except (OSError, CertificateError):
        entry = None
    return Cached(whose, answer, hash_file, entry)


def _with_key(path: Path, stamp: Stamp, data: bytes, password: bytes | None) -> Content:
    is_pem = _PEM_MARK in data
    facts, trouble = _facts(data) if is_pem else ((), "")
    public = None
    try:
        public = public_bytes(load_key(data[: MAX_KEY_BYTES + 1], password).public_key())
    except CertificateError as error:
        trouble = trouble or str(error)
    return Content(
        path=path,
        stamp=stamp,
        certificates=facts,
        public_key=public,
        encrypted=any(mark in data for mark in _ENCRYPTED_MARKS),
        is_pem=is_pem,
        trouble=trouble,
    )


def _secured(path: Path) -> bool:
    """Let nobody but the owner read a key, if that is in our power."""
    try:
        Path(os.path.realpath(path)).chmod(files.KEY_MODE)
    except OSError:
        return False
    return True


def _facts(data: bytes) -> tuple[tuple[Facts, ...], str]:
    certificates, trouble = certificates_in(data)
    facts: list[Facts] = []
    for certificate in pem.unique(certificates):
        trouble = _read_into(facts, certificate) or trouble
    return tuple(facts), trouble


def _read_into(facts: list[Facts], certificate: x509.Certificate) -> str:
    try:
        facts.append(read_facts(certificate))
    except CertificateError as error:
        return str(error)
    return ""
