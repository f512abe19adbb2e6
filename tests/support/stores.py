"""Stores to try out: a small world of certificates, provisioned directories, leaves made to measure."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from certs import pem, pki
from certs.keys import KeyKind, PrivateKey, generate_key, key_to_pem
from certs.names import subject
from certs.pki.hierarchies import contents
from certs.requests import load_request
from certs.store import Settings, Store
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography import x509

    from certs.store import Limits

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
Leaf = types.LeafCertificateType
Ca = types.CaCertificateType
Kind = types.CertificateType
PEM: Final = types.EncodingFormat.PEM
STATION: Final = ("ca/v2g/", "ca/csms/", "ca/mf/", "ca/mo/MO_ROOT", "client/cso/", "client/csms/")
"""What a station has of a test PKI."""


@functools.cache
def world() -> pki.Pki:
    """The same certificates every time; ISO 15118-2 and OCPP."""
    options = pki.Options(now=NOW, editions=(pki.Edition.ISO2,))
    return pki.build(options, pki.insecure_mint("stores"))


@functools.cache
def other_world() -> pki.Pki:
    """Other certificates of the same names but for their organization."""
    options = pki.Options(now=NOW, editions=(pki.Edition.ISO2,), organization="OTHER")
    return pki.build(options, pki.insecure_mint("others", first_serial=1000))


def text(*certificates: x509.Certificate) -> str:
    """PEM."""
    return pem.to_pem(certificates).decode("ascii")


def chain_text(name: str, made: pki.Pki | None = None) -> str:
    """The chain of a leaf without its root."""
    return text(*(made or world())[name].chain)


def put(path: Path, content: bytes | str, mode: int = 0o644) -> Path:
    """A file provisioned by hand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("ascii") if isinstance(content, str) else content)
    path.chmod(mode)
    return path


@functools.cache
def files_of_world() -> dict[str, pki.File]:
    """What is written of `world` every time."""
    return pki.files(world(), with_broken=False)


def provision(
    root: Path, wanted: tuple[str, ...] = STATION, made: pki.Pki | None = None, password: bytes | None = None
) -> Path:
    """The files of a test PKI whose paths begin so; what responders say comes later."""
    known = made is None and password is None
    files = files_of_world() if known else pki.files(made or world(), password, with_broken=False)
    for name, file in files.items():
        if name.startswith(wanted) and "/ocsp/" not in name:
            put(root / name, file.content, file.mode)
    return root


def opened(root: Path, limits: Limits | None = None, **keys: str) -> Store:
    """The store in a folder, with other configuration keys."""
    return Store(Settings(root=root, **keys), limits)


def station(root: Path, **keys: str) -> Store:
    """A store with everything a station has."""
    return opened(provision(root), None, **keys)


def leaf_for(
    key: PrivateKey,
    *,
    name: str = "SECC_LEAF",
    made: pki.Pki | None = None,
    issuer: pki.Identity | None = None,
    common_name: str | None = None,
    component: str | None = "CPO",
    start: datetime = NOW - DAY,
    end: datetime = NOW + 30 * DAY,
    ocsp_url: str | None = "http://127.0.0.1:8888",
) -> x509.Certificate:
    """A leaf of one of the hierarchies for this key."""
    source = made or world()
    good = source[name]
    edition = None if name.startswith("CSMS") else pki.Edition.ISO2
    usual = contents(source.rows[name], source.options, edition)
    changed = replace(usual, not_before=start, not_after=end, ocsp_url=ocsp_url)
    if common_name is not None:
        changed = replace(
            changed,
            subject=subject(common_name=common_name, organization="EVSITE TEST", domain_component=component),
        )
    above = issuer or good.issuer
    assert above is not None
    return pki.issue(changed, key.public_key(), above, above.key, next(source.mint.serials))


def add_leaf(
    root: Path,
    name: str,
    *,
    with_key: bool = True,
    with_chain: bool = True,
    made: pki.Pki | None = None,
    issuer: pki.Identity | None = None,
    **changes: Any,
) -> x509.Certificate:
    """A SECC leaf provisioned by hand: certificate, chain, key. `changes` are those of `leaf_for`."""
    key = generate_key(KeyKind.P256)
    leaf = leaf_for(key, made=made, issuer=issuer, **changes)
    folder = root / "client/cso"
    put(folder / f"{name}.pem", text(leaf))
    above = issuer or (made or world())["CPO_SUB_CA2"]
    if with_chain:
        put(folder / f"{name}_CHAIN.pem", text(leaf, *above.chain))
    if with_key:
        put(folder / f"{name}.key", key_to_pem(key), 0o600)
    return leaf


def requested(store: Store, kind: types.LeafCertificateType = Leaf.V2G, now: datetime = NOW) -> str:
    """A request of the store."""
    made = store.generate_certificate_signing_request(
        kind, "DE", "EVSITE TEST", "DE*EVS*E000001", use_tpm=False, now=now
    )
    assert made.csr is not None
    return made.csr


def signed(csr: str, kind: types.LeafCertificateType = Leaf.V2G, *, with_chain: bool = True) -> str:
    """What a CSMS sends back for a request: the leaf and its sub-CAs."""
    row, issuer = {Leaf.V2G: ("SECC_LEAF", "CPO_SUB_CA2"), Leaf.CSMS: ("CSMS_LEAF", "CSMS_ROOT_CA")}[kind]
    made = world()
    leaf = pki.sign_request(
        load_request(csr),
        made[issuer],
        pki.LEAVES[row],
        options=made.options,
        edition=pki.Edition.ISO2 if kind is Leaf.V2G else None,
        mint=made.mint,
    )
    above = made[issuer].chain if made[issuer].issuer is not None and with_chain else ()
    return text(leaf, *above)


def renewed(store: Store, kind: types.LeafCertificateType = Leaf.V2G) -> str:
    """Request, signature and installation in one; the chain that was installed."""
    chain = signed(requested(store, kind), kind)
    assert store.update_leaf_certificate(chain, kind, now=NOW) is types.InstallCertificateResult.ACCEPTED
    return chain


def listed(store: Store, *kinds: types.CertificateType) -> list[types.CertificateHashData]:
    """The hash data of what is installed."""
    found = store.get_installed_certificates(kinds, now=NOW)
    return [one.certificate_hash_data for one in found.certificate_hash_data_chain]


def tree(root: Path, keep: Callable[[str], bool] | None = None) -> dict[str, bytes]:
    """Every file below a folder and its content; by default not what the store keeps for itself."""
    wanted = keep or (lambda name: not name.startswith(".evsite"))
    found = {str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if wanted(name)}
