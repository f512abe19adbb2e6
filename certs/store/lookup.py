"""Answers questions about what is installed. Pure: it asks the index, not the disk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from certs import pem
from certs.facts import read
from certs.profiles import Domain
from certs.store.hash_types import to_message
from certs.store.leaves import covered_until, newest_first, per_root, usable
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from certs.store.index import Index
    from certs.store.leaves import Leaf

Status = types.GetCertificateInfoStatus

ROOT_TYPES: Final[Mapping[types.CertificateType, Domain]] = {
    types.CertificateType.V2G_ROOT_CERTIFICATE: Domain.V2G,
    types.CertificateType.MO_ROOT_CERTIFICATE: Domain.MO,
    types.CertificateType.CSMS_ROOT_CERTIFICATE: Domain.CSMS,
    types.CertificateType.MF_ROOT_CERTIFICATE: Domain.MF,
}
_MAX_CHILDREN: Final = 4
"""What the message can hold; no profile has as many sub-CAs."""
_DAY_S: Final = 86400


def installed(
    index: Index, wanted: Iterable[types.CertificateType], now: datetime
) -> types.GetInstalledCertificatesResult:
    """Roots that have signed themselves, and the station's own V2G chains: leaf, then sub-CAs (M8.14).

    Without any type: of every type, as OCPP has it. Chains that are in use come first. A certificate whose
    issuer is not in the store has no hash data and is left out.
    """
    types_wanted = tuple(dict.fromkeys(wanted)) or tuple(types.CertificateType)
    found: list[types.CertificateHashDataChain] = []
    for kind in types_wanted:
        found += _roots(index, kind) if kind in ROOT_TYPES else _chains(index, kind, now)
    status = types.GetInstalledCertificatesStatus
    return types.GetInstalledCertificatesResult(
        status=status.ACCEPTED if found else status.NOT_FOUND, certificate_hash_data_chain=tuple(found)
    )


def _roots(index: Index, kind: types.CertificateType) -> Iterator[types.CertificateHashDataChain]:
    for certificate in index.roots(ROOT_TYPES[kind]):
        if (data := index.hash_of(read(certificate))) is not None:
            yield types.CertificateHashDataChain(
                certificate_type=kind, certificate_hash_data=to_message(data)
            )


def _chains(
    index: Index, kind: types.CertificateType, now: datetime
) -> Iterator[types.CertificateHashDataChain]:
    leaves = index.leaves[Domain.V2G]
    current = usable(leaves, now)
    others = [leaf for leaf in newest_first(leaves) if leaf not in current]
    for leaf in (*current, *others):
        first, *above = (index.hash_of(read(certificate)) for certificate in leaf.issuers)
        if first is not None:
            children = tuple(to_message(one) for one in above if one is not None)
            yield types.CertificateHashDataChain(
                certificate_type=kind,
                certificate_hash_data=to_message(first),
                child_certificate_hash_data=children[:_MAX_CHILDREN] or None,
            )


def _choose(
    index: Index,
    kind: types.LeafCertificateType,
    encoding: types.EncodingFormat,
    now: datetime,
    secc_id: str | None,
) -> tuple[types.GetCertificateInfoStatus, list[Leaf]]:
    """The leaves that may be used, the best first, or what is missing (M8.11)."""
    domain = Domain(kind.value)
    if domain not in index.leaves:
        return Status.REJECTED, []
    leaves = index.leaves[domain]
    if not leaves:
        return Status.NOT_FOUND, []
    if not any(leaf.is_valid(now) for leaf in leaves):
        return Status.NOT_FOUND_VALID, []
    if not (found := usable(leaves, now, secc_id)):
        return Status.PRIVATE_KEY_NOT_FOUND, []
    as_asked = [leaf for leaf in found if leaf.is_pem is (encoding is types.EncodingFormat.PEM)]
    return (Status.ACCEPTED, as_asked) if as_asked else (Status.REJECTED, [])


def leaf_info(
    index: Index,
    kind: types.LeafCertificateType,
    encoding: types.EncodingFormat,
    now: datetime,
    *,
    include_ocsp: bool,
    password: str,
    secc_id: str | None,
) -> types.GetCertificateInfoResult:
    """The newest valid leaf with its key; for an EVSE, one made out to its SeccId if there is any."""
    status, found = _choose(index, kind, encoding, now, secc_id)
    info = _info(index, found[0], now, password, include_ocsp=include_ocsp) if found else None
    return types.GetCertificateInfoResult(status=status, info=info)


def all_valid(
    index: Index,
    kind: types.LeafCertificateType,
    encoding: types.EncodingFormat,
    now: datetime,
    *,
    include_ocsp: bool,
    password: str,
    secc_id: str | None,
) -> types.GetCertificateFullInfoResult:
    """The newest valid leaf with its key below each root (M8.12)."""
    status, found = _choose(index, kind, encoding, now, secc_id)
    info = tuple(_info(index, leaf, now, password, include_ocsp=include_ocsp) for leaf in per_root(found))
    return types.GetCertificateFullInfoResult(
        status=status if info or not found else Status.NOT_FOUND_VALID, info=info
    )


def _info(
    index: Index, leaf: Leaf, now: datetime, password: str, *, include_ocsp: bool
) -> types.CertificateInfo:
    chain = leaf.chains[0][0] if leaf.chains else leaf.singles[-1] if len(leaf.singles) > 1 else None
    single = leaf.singles[0] if leaf.singles else None
    return types.CertificateInfo(
        key=str(leaf.key),
        certificate_root=pem.to_pem(leaf.path[-1:]).decode("ascii") if leaf.path else None,
        certificate=str(chain) if chain is not None else None,
        certificate_single=str(single) if single is not None else None,
        certificate_count=len(leaf.chains[0][1]) if leaf.chains else 1,
        password=password if leaf.key_is_encrypted else None,
        ocsp=tuple(_answers(index, leaf, now)) if include_ocsp else None,
    )


def _answers(index: Index, leaf: Leaf, now: datetime) -> Iterator[types.CertificateOCSP]:
    """Where the answer about each certificate of the chain lies, if there is a fresh one."""
    for certificate in leaf.issuers:
        if (data := index.hash_of(read(certificate))) is None:
            continue
        cached = index.ocsp.get(data)
        fresh = cached is not None and cached.entry is not None and cached.entry.is_fresh(now)
        yield types.CertificateOCSP(
            hash=to_message(data), ocsp_path=str(cached.answer) if cached is not None and fresh else None
        )


def expiry_days(index: Index, kind: types.LeafCertificateType, now: datetime) -> int:
    """For how many whole days there will be a valid leaf with its key, without a gap; 0 if there is none.

    A renewed leaf that is here already counts, even if its time has not come: no other one is needed. None
    counts longer than the certificates above it.
    """
    leaves = index.leaves.get(Domain(kind.value), ())
    return math.floor((covered_until(leaves, now, with_chain=True) - now).total_seconds() / _DAY_S)
