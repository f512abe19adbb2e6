"""What one file of the store holds: certificates, a private key's public half, trouble."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs import pem
from certs.errors import CertificateError
from certs.facts import Facts
from certs.facts import read as read_facts
from certs.keys import MAX_KEY_BYTES, load_key, public_bytes
from certs.store import files
from certs.store.scan import KEY_SUFFIXES, Stamp
from certs.store.texts import certificates_in

if TYPE_CHECKING:
    from cryptography import x509

_KEY_MARK: Final = b"PRIVATE KEY-----"
_ENCRYPTED_MARKS: Final = (b"ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED")
_PEM_MARK: Final = b"-----BEGIN "
_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Content:
    """One file, read. The key itself is not kept."""

    path: Path
    stamp: Stamp
    certificates: tuple[Facts, ...] = ()
    public_key: bytes | None = None
    """SubjectPublicKeyInfo of the private key inside."""
    encrypted: bool = False
    """Whether the private key needs the password."""
    is_pem: bool = True
    trouble: str = ""
    """What is wrong with it; empty if nothing is."""


def read_content(path: Path, stamp: Stamp, password: bytes | None, *, may_hold_key: bool) -> Content:
    """Read a file; whatever is wrong with it is in the answer. A key others may read is taken from them."""
    try:
        data = files.read(Path(os.path.realpath(path)), pem.MAX_BYTES)
    except OSError as error:
        return Content(path=path, stamp=stamp, trouble=error.strerror or str(error))
    is_pem = _PEM_MARK in data
    if may_hold_key and (_KEY_MARK in data or (not is_pem and path.suffix.lower() in KEY_SUFFIXES)):
        return _with_key(path, stamp, data, password)
    facts, trouble = _facts(data)
    return Content(path=path, stamp=stamp, certificates=facts, is_pem=is_pem, trouble=trouble)


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
        trouble=trouble or _secured(path, stamp),
    )


def _secured(path: Path, stamp: Stamp) -> str:
    """Let nobody but the owner read a key; say so where that is not in our power."""
    if not stamp[4] & _OTHERS:
        return ""
    try:
        Path(os.path.realpath(path)).chmod(files.KEY_MODE)
    except OSError:
        return "a private key that others may read"
    return ""


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
