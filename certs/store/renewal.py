"""New leaves: keys and requests for them, and what the CSMS sends back."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes

from certs import pem
from certs.errors import CertificateError
from certs.facts import read
from certs.keys import KeyKind, generate_key, key_to_pem
from certs.profiles import Domain
from certs.requests import Subject, build_request, request_to_pem
from certs.store.decisions import Installed, judge_leaf, read_any_order
from certs.store.errors import StoreError
from certs.store.files import KEY_MODE, Step, Write
from certs.store.upkeep import PREFIXES, Limits, is_full, key_name
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cryptography import x509

    from certs.store.index import Index
    from certs.store.settings import LeafPlace
    from certs.store.vault import Vault

CHAIN_PREFIXES: Final[Mapping[Domain, str]] = {
    Domain.V2G: "CPO_CERT_CHAIN",
    Domain.CSMS: "CSMS_CERT_CHAIN",
}
_DIGITS: Final = 16
_TOKEN_BYTES: Final = 4
Status = types.GetCertificateSignRequestStatus


def update_leaf(vault: Vault, text: str, domain: Domain, now: datetime, limits: Limits) -> Installed:
    """Install a leaf whose key is here: the leaf alone and its chain, both or none (M8.8)."""
    if domain not in vault.layout.leaves:
        return Installed.WRITE_ERROR
    try:
        received = read_any_order(text)
    except CertificateError:
        return Installed.INVALID_FORMAT
    try:
        with vault.writing() as index:
            result, path = judge_leaf(received, index, domain, now)
            if result is Installed.ACCEPTED:
                result = _install(vault, index, domain, path[:-1], limits)
    except (OSError, StoreError):
        return Installed.WRITE_ERROR
    return result


def _install(
    vault: Vault, index: Index, domain: Domain, chain: tuple[x509.Certificate, ...], limits: Limits
) -> Installed:
    if read(chain[0]).spki not in index.keys[domain]:
        return Installed.WRITE_ERROR
    steps = _additions(index, vault.layout.leaves[domain], chain)
    if steps and is_full(vault.scan, limits):
        return Installed.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED
    vault.commit(steps)
    return Installed.ACCEPTED


def _additions(index: Index, place: LeafPlace, chain: tuple[x509.Certificate, ...]) -> list[Step]:
    """The files that are missing or differ. A leaf that is here already keeps its files' names."""
    leaf = chain[0]
    stem = f"{leaf.not_valid_before_utc:%Y%m%d}_{leaf.fingerprint(hashes.SHA256()).hex()[:_DIGITS]}"
    single = place.certificates / f"{PREFIXES[place.domain]}_{stem}.pem"
    whole = place.certificates / f"{CHAIN_PREFIXES[place.domain]}_{stem}.pem"
    known = next((one for one in index.leaves[place.domain] if one.certificate == leaf), None)
    if known is None:
        return [Write(single, pem.to_pem([leaf])), Write(whole, pem.to_pem(chain))]
    steps: list[Step] = []
    if not known.singles:
        steps.append(Write(single, pem.to_pem([leaf])))
    if len(chain) > 1 and tuple(one.certificate for one in known.chain) != chain:
        steps.append(Write(known.chains[0][0] if known.chains else whole, pem.to_pem(chain)))
    return steps


def request(
    vault: Vault,
    domain: Domain,
    subject: Subject,
    now: datetime,
    limits: Limits,
    *,
    use_tpm: bool,
    kind: KeyKind,
) -> types.GetCertificateSignRequestResult:
    """A new key on the disk, and a request for it (M8.10). There is no security chip for `use_tpm`."""
    if domain not in vault.layout.leaves:
        return _refused(Status.INVALID_REQUESTED_TYPE)
    if use_tpm:
        return _refused(Status.KEY_GEN_ERROR)
    key = generate_key(kind)
    try:
        made = build_request(key, subject)
    except CertificateError:
        return _refused(Status.GENERATION_ERROR)
    name = key_name(domain, now, secrets.token_hex(_TOKEN_BYTES))
    step = Write(vault.layout.leaves[domain].keys / name, key_to_pem(key, vault.password), KEY_MODE)
    try:
        with vault.writing():
            if is_full(vault.scan, limits):
                return _refused(Status.GENERATION_ERROR)
            vault.commit([step])
    except (OSError, StoreError):
        return _refused(Status.KEY_GEN_ERROR)
    return types.GetCertificateSignRequestResult(
        status=Status.ACCEPTED, csr=request_to_pem(made).decode("ascii")
    )


def _refused(status: Status) -> types.GetCertificateSignRequestResult:
    return types.GetCertificateSignRequestResult(status=status)
