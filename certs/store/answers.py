"""OCSP: what to ask about, and where the answers are kept."""

from __future__ import annotations

import base64
import binascii
import enum
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes

from certs.errors import CertificateError
from certs.facts import read
from certs.hashes import OcspRequestData, ocsp_request_data
from certs.ocsp import MAX_RESPONSE_BYTES, Answer, Status, verify_response
from certs.ocsp_cache import write_hash_file
from certs.paths import LIMITS, search
from certs.profiles import Domain
from certs.store.decisions import read_chain
from certs.store.errors import StoreError
from certs.store.files import Step, Write
from certs.store.hash_types import from_message, to_message
from certs.store.leaves import relatives
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from certs.store.index import Held, Index
    from certs.store.vault import Vault

_DIGITS: Final = 16
_FOLDER_MODE: Final = 0o755
_MAX_URL: Final = 512


class OcspUpdate(enum.StrEnum):
    """What became of a responder's answer. EVerest's command has no result; this is for logs."""

    STORED = "stored"
    UNKNOWN_CERTIFICATE = "it is about no certificate of the store"
    REFUSED = "it cannot be relied on"
    SUPERSEDED = "what is kept already says more, or is newer"
    WRITE_ERROR = "the store could not be written"


def v2g_request_data(index: Index, now: datetime) -> types.OCSPRequestDataList:
    """What to ask about the station's own chains (M8.15).

    Those of leaves that have a key and have not expired: one whose time is still to come needs its answer
    the moment it is used.
    """
    leaves = (leaf for leaf in index.leaves[Domain.V2G] if leaf.key and now <= leaf.facts.not_after)
    return _request_data((leaf.path for leaf in leaves), now)


def mo_request_data(index: Index, text: str, now: datetime) -> types.OCSPRequestDataList:
    """What to ask about a contract, the first here; nothing if it reaches no installed, valid root (M8.15).

    Whether the contract itself has expired is not asked here.
    """
    try:
        received = read_chain(text)
    except CertificateError:
        return types.OCSPRequestDataList(ocsp_request_data_list=())
    return _request_data([_contract_path(index, received)], now)


def _contract_path(index: Index, received: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    facts = []
    for certificate in received:
        try:
            facts.append(read(certificate))
        except CertificateError:
            continue
    roots = [
        one.certificate
        for domain in (Domain.MO, Domain.V2G)
        for one in relatives(facts, index.anchors[domain])
    ]
    found = search(facts[0], received[1:], roots, LIMITS)
    return next((tuple(one.certificate for one in path) for path in found.paths()), ())


def _request_data(paths: Iterable[tuple[x509.Certificate, ...]], now: datetime) -> types.OCSPRequestDataList:
    wanted: dict[OcspRequestData, None] = {}
    for path in paths:
        issuers = [read(certificate) for certificate in path[1:]]
        if all(one.not_before <= now <= one.not_after for one in issuers):
            wanted |= dict.fromkeys(_about(path))
    return types.OCSPRequestDataList(
        ocsp_request_data_list=tuple(
            types.OCSPRequestData(
                certificate_hash_data=to_message(one.hash_data), responder_url=one.responder_url
            )
            for one in wanted
        )
    )


def _about(path: tuple[x509.Certificate, ...]) -> Iterator[OcspRequestData]:
    try:
        yield from (one for one in ocsp_request_data([path]) if len(one.responder_url) <= _MAX_URL)
    except CertificateError:  # a serial number that hash data cannot hold
        return


def update_cache(vault: Vault, data: types.CertificateHashData, answer: str, now: datetime) -> OcspUpdate:
    """Keep a responder's answer beside the certificate it is about (M8.16); an older one is overwritten.

    Only a verified one: whoever can write to the CSMS must not be able to revoke our certificates. Nor to
    take a revocation back with an older answer: while what is kept is fresh, none that was made before it is
    taken, and UNKNOWN replaces nothing that says more.
    """
    try:
        wanted = from_message(data)
        der = _decoded(answer)
    except CertificateError:
        return OcspUpdate.REFUSED
    except (binascii.Error, ValueError):
        return OcspUpdate.REFUSED
    try:
        with vault.writing() as index:
            found = index.find(wanted)
            outcome = _judged(index, found, der, now)
            if outcome is OcspUpdate.STORED:
                vault.commit(_steps(index, found, der))
    except (OSError, StoreError):
        return OcspUpdate.WRITE_ERROR
    return outcome


def _judged(index: Index, found: tuple[Held, ...], der: bytes, now: datetime) -> OcspUpdate:
    """Whether an answer is to be kept."""
    if not found:
        return OcspUpdate.UNKNOWN_CERTIFICATE
    new = next(_verified(index, found[0], der, now), None)
    if new is None:
        return OcspUpdate.REFUSED
    if any(_outweighs(old, new) for old in _kept(index, found[0], now)):
        return OcspUpdate.SUPERSEDED
    return OcspUpdate.STORED


def _decoded(answer: str) -> bytes:
    if len(answer) > 2 * MAX_RESPONSE_BYTES:
        raise ValueError("too long")
    return base64.b64decode("".join(answer.split()), validate=True)


def _verified(index: Index, held: Held, der: bytes, now: datetime) -> Iterator[Answer]:
    """What a response says about a certificate, once for each issuer of it by which it can be verified."""
    for issuer in index.issuers(held.facts):
        try:
            yield verify_response(der, held.facts.certificate, issuer, now=now)
        except CertificateError:
            continue


def _kept(index: Index, held: Held, now: datetime) -> Iterator[Answer]:
    """The fresh answers about a certificate that are here, whatever algorithm names it."""
    serial = f"{held.facts.certificate.serial_number:x}"
    for data, cached in index.ocsp.items():
        if data.serial_number == serial and cached.entry is not None:
            yield from _verified(index, held, cached.entry.der, now)


def _outweighs(old: Answer, new: Answer) -> bool:
    """Whether an answer that is kept counts for more than a new one."""
    if new.status is Status.UNKNOWN and old.status is not Status.UNKNOWN:
        return True
    if old.status is Status.UNKNOWN and new.status is not Status.UNKNOWN:
        return False
    revoked = old.status is Status.REVOKED and new.status is not Status.REVOKED
    return old.this_update > new.this_update or (revoked and old.this_update == new.this_update)


def _steps(index: Index, found: tuple[Held, ...], der: bytes) -> list[Step]:
    """Over the answer that is there, or a new pair of files beside a leaf if possible, else in its bundle."""
    data = index.hash_of(found[0].facts)
    assert data is not None  # its issuer is known, or it would not have been found
    if (old := index.ocsp.get(data)) is not None:
        return [Write(old.answer, der)]
    held = next((one for one in found if one.place is not None), found[0])
    folder = _folder(held)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    digest = held.facts.certificate.fingerprint(hashes.SHA256()).hex()[:_DIGITS]
    stem = f"{data.serial_number[:_DIGITS]}_{digest}"
    return [Write(folder / f"{stem}.der", der), Write(folder / f"{stem}.hash", write_hash_file(data))]


def _folder(held: Held) -> Path:
    owner = held.place or held.bundle
    assert owner is not None  # a certificate lies in one of the two
    return owner.ocsp
