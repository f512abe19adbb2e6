"""Certificates for the TLS server, out of what the certificate manager answers (S3.3, M7.13). Pure.

The manager says where the files lie, as EVerest's does; `read` gives a file's bytes and raises OSError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from certs.crl import load_crl
from certs.errors import CertificateError, Problem
from certs.pem import load_certificate, load_certificates
from certs.revocation import Evidence
from certs.tls import Edition, Identity, ServerMaterial, load_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from cryptography import x509

    from protocols.types.evse_security import CertificateInfo


class Gathered(NamedTuple):
    """What could be used, and what could not."""

    material: ServerMaterial | None
    """None: there is nothing to serve TLS with."""
    problems: tuple[str, ...]
    """For people; never a secret."""


def gather(
    infos: Sequence[CertificateInfo],
    roots: bytes,
    read: Callable[[str], bytes],
    *,
    editions: Collection[Edition] = frozenset(Edition),
    lists: Sequence[str] = (),
) -> Gathered:
    """The material of all chains that can be used; one that cannot is left out and named.

    `roots` is a PEM with the roots that vehicle certificates of -20 may lead to; chains of -20 are left out
    when it is empty, and those of an edition that is not among `editions` in any case. `lists`: paths of the
    revocation lists that vehicle certificates are held against.
    """
    problems: list[str] = []
    identities: list[Identity] = []
    vehicle_roots = _roots(roots, problems)
    for info in infos:
        try:
            identity = _identity(info, read)
        except (CertificateError, OSError) as error:
            problems.append(f"{info.certificate or info.certificate_single}: {error}")
            continue
        if identity.edition is None or (identity.edition is Edition.ISO20 and not vehicle_roots):
            why = "no edition allows its key" if identity.edition is None else "no roots for vehicles"
            problems.append(f"{info.certificate or info.certificate_single}: {why}")
        elif identity.edition in editions:
            identities.append(identity)
    if not identities:
        return Gathered(None, tuple(problems))
    revocation = Evidence(crls=tuple(_revocations(lists, read, problems)))
    return Gathered(
        ServerMaterial(identities=tuple(identities), vehicle_roots=vehicle_roots, revocation=revocation),
        tuple(problems),
    )


def _revocations(
    lists: Sequence[str], read: Callable[[str], bytes], problems: list[str]
) -> Iterator[x509.CertificateRevocationList]:
    """What can be read of the lists: one that cannot revokes nothing, as everywhere in the store."""
    for path in lists:
        try:
            yield load_crl(read(path))
        except (CertificateError, OSError) as error:
            problems.append(f"{path}: {error}")


def _roots(pem: bytes, problems: list[str]) -> tuple[x509.Certificate, ...]:
    if not pem:
        return ()
    try:
        return load_certificates(pem)
    except CertificateError as error:
        problems.append(f"roots for vehicles: {error}")
        return ()


def _identity(info: CertificateInfo, read: Callable[[str], bytes]) -> Identity:
    path = info.certificate or info.certificate_single
    if path is None:
        raise CertificateError(Problem.EMPTY, "the certificate manager names no file")
    root = load_certificate(info.certificate_root) if info.certificate_root else None
    password = info.password.encode() if info.password else None
    chain, key = read(path), read(info.key)
    staple = _staple(info, read)
    try:
        return load_identity(chain, key, password, root=root, staple=staple)
    except CertificateError:
        if staple is None:
            raise
        return load_identity(chain, key, password, root=root)  # the staple is worth less than the chain


def _staple(info: CertificateInfo, read: Callable[[str], bytes]) -> bytes | None:
    """The response about the leaf, which is the first one listed."""
    first = info.ocsp[0].ocsp_path if info.ocsp else None
    if first is None:
        return None
    try:
        return read(first)
    except OSError:
        return None
