"""The hierarchies of a Plug & Charge world as tables, and how one is built.

Names: `V2G_ROOT_CA`, `CPO_SUB_CA1`, `CPO_SUB_CA2`, `SECC_LEAF` and so on for ISO 15118-2; the same with `_20`
behind it for ISO 15118-20; `CSMS_*` and `MF_*` for OCPP. Source: the profiles' clauses, see `certs.profiles`.
"""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from certs import profiles
from certs.keys import KeyKind
from certs.names import subject
from certs.pki.issuing import CA_USAGES, Contents, Identity, Mint, validity
from certs.profiles import Domain, Profile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Edition(enum.StrEnum):
    """The editions of ISO 15118 whose hierarchies can be made."""

    ISO2 = "2"
    ISO20 = "20"


SUFFIXES: Final = {Edition.ISO2: "", Edition.ISO20: "_20"}
"""What names end with."""


def suffix_of(name: str) -> str:
    """The end of a name that tells the edition."""
    return SUFFIXES[Edition.ISO20] if name.endswith(SUFFIXES[Edition.ISO20]) else ""


def edition_of(name: str) -> Edition | None:
    """The edition a certificate of this name belongs to; None for those of OCPP."""
    if name.startswith(("CSMS_", "MF_")):
        return None
    return Edition.ISO20 if suffix_of(name) else Edition.ISO2


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate of a hierarchy."""

    name: str
    issuer: str | None
    domain: Domain
    """The hierarchy it stands in."""
    component: str | None
    """DC of the subject."""
    depth: int = 2
    """0: root, 1: sub-CA, 2: leaf."""
    path_length: int | None = None
    usages: frozenset[str] = CA_USAGES
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    only: Edition | None = None


_SIGN: Final = frozenset({"digital_signature"})
_SIGN_AND_AGREE: Final = frozenset({"digital_signature", "key_agreement"})
_CONTRACT: Final = frozenset({"digital_signature", "content_commitment", "key_encipherment", "key_agreement"})
_WEB: Final = frozenset({"digital_signature", "key_encipherment"})

ISO_ROWS: Final[tuple[Row, ...]] = (
    Row("V2G_ROOT_CA", None, Domain.V2G, "V2G", 0),
    Row("CPO_SUB_CA1", "V2G_ROOT_CA", Domain.V2G, "V2G", 1, 1),
    Row("CPO_SUB_CA2", "CPO_SUB_CA1", Domain.V2G, "V2G", 1, 0),
    Row("SECC_LEAF", "CPO_SUB_CA2", Domain.V2G, "CPO", 2, None, _SIGN_AND_AGREE, (Purpose.SERVER_AUTH,)),
    Row("MO_ROOT_CA", None, Domain.MO, "MO", 0),
    Row("MO_SUB_CA1", "MO_ROOT_CA", Domain.MO, "MO", 1, 1),
    Row("MO_SUB_CA2", "MO_SUB_CA1", Domain.MO, "MO", 1, 0),
    Row("MO_LEAF", "MO_SUB_CA2", Domain.MO, "MO", 2, None, _CONTRACT),
    Row("OEM_ROOT_CA", None, Domain.OEM, "OEM", 0),
    Row("OEM_SUB_CA1", "OEM_ROOT_CA", Domain.OEM, "OEM", 1, 1),
    Row("OEM_SUB_CA2", "OEM_SUB_CA1", Domain.OEM, "OEM", 1, 0),
    Row("OEM_LEAF", "OEM_SUB_CA2", Domain.OEM, "OEM", 2, None, _SIGN_AND_AGREE),
    Row(
        "VEHICLE_LEAF",
        "OEM_SUB_CA2",
        Domain.OEM,
        "OEM",
        2,
        None,
        _SIGN,
        (Purpose.CLIENT_AUTH,),
        Edition.ISO20,
    ),
    Row("CPS_SUB_CA1", "V2G_ROOT_CA", Domain.CPS, "V2G", 1, 1),
    Row("CPS_SUB_CA2", "CPS_SUB_CA1", Domain.CPS, "CPS", 1, 0),
    Row("CPS_LEAF", "CPS_SUB_CA2", Domain.CPS, "CPS", 2, None, _SIGN),
)
"""Of both editions; an issuer stands above those it issues."""

OCPP_ROWS: Final[tuple[Row, ...]] = (
    Row("CSMS_ROOT_CA", None, Domain.CSMS, None, 0),
    Row("CSMS_SERVER", "CSMS_ROOT_CA", Domain.CSMS, None, 2, None, _WEB, (Purpose.SERVER_AUTH,)),
    Row("CSMS_LEAF", "CSMS_ROOT_CA", Domain.CSMS, None, 2, None, _SIGN, (Purpose.CLIENT_AUTH,)),
    Row("MF_ROOT_CA", None, Domain.MF, None, 0),
    Row("MF_LEAF", "MF_ROOT_CA", Domain.MF, None, 2, None, _SIGN, (Purpose.CODE_SIGNING,)),
)

_ISO2: Final = {
    "SECC_LEAF": profiles.SECC_ISO2,
    "MO_LEAF": profiles.CONTRACT_ISO2,
    "OEM_LEAF": profiles.OEM_ISO2,
    "CPS_LEAF": profiles.CPS_ISO2,
}
_ISO20: Final = {
    "SECC_LEAF_20": profiles.SECC_ISO20,
    "MO_LEAF_20": profiles.CONTRACT_ISO20,
    "OEM_LEAF_20": profiles.OEM_ISO20,
    "VEHICLE_LEAF_20": profiles.VEHICLE_ISO20,
    "CPS_LEAF_20": profiles.CPS_ISO20,
}
LEAF_PROFILES: Final[Mapping[str, Profile]] = {
    **_ISO2,
    **_ISO20,
    "CSMS_SERVER": profiles.CSMS_SERVER,
    "CSMS_LEAF": profiles.CSMS_CLIENT,
    "MF_LEAF": profiles.FIRMWARE,
}
"""What each leaf is made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user may choose."""

    now: datetime
    editions: tuple[Edition, ...] = (Edition.ISO2, Edition.ISO20)
    leaf_days: float = 365
    sub_days: float = 1460
    root_days: float = 14600
    organization: str = "EVSITE TEST"
    country: str = "DE"
    secc_id: str = "DE*EVS*E000001"
    emaid: str = "DE8EVSC0000001X"
    pcid: str = "WEVSITE0000000001"
    station: str = "evsite-0001"
    """CN of the leaf shown to the CSMS: the station's serial number."""
    csms_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    ocsp_url: str | None = "http://127.0.0.1:8888"
    """What certificates below a root name as their OCSP responder."""
    iso20_kind: KeyKind = KeyKind.P521
    """secp521r1 or Ed448."""
    ocpp_kind: KeyKind = KeyKind.P256


@dataclass(frozen=True, slots=True, kw_only=True)
class Pki:
    """Everything of one world, by name."""

    options: Options
    identities: Mapping[str, Identity]
    rows: Mapping[str, Row]
    mint: Mint = field(repr=False)

    def __getitem__(self, name: str) -> Identity:
        return self.identities[name]

    def roots(self, *domains: Domain) -> tuple[x509.Certificate, ...]:
        """The roots of these hierarchies."""
        return tuple(
            self[name].certificate
            for name, row in self.rows.items()
            if row.depth == 0 and row.domain in domains
        )


def build(options: Options, mint: Mint | None = None) -> Pki:
    """Every certificate of the chosen hierarchies. CertificateError for names that cannot be written."""
    source = mint or Mint()
    identities: dict[str, Identity] = {}
    rows: dict[str, Row] = {}
    for edition in options.editions:
        kind = KeyKind.P256 if edition is Edition.ISO2 else options.iso20_kind
        for row in ISO_ROWS:
            if row.only in {None, edition}:
                _add(identities, rows, row, kind, options, source, edition)
    for row in OCPP_ROWS:
        _add(identities, rows, row, options.ocpp_kind, options, source, None)
    return Pki(options=options, identities=identities, rows=rows, mint=source)


def _add(
    identities: dict[str, Identity],
    rows: dict[str, Row],
    row: Row,
    kind: KeyKind,
    options: Options,
    mint: Mint,
    edition: Edition | None,
) -> None:
    suffix = SUFFIXES[edition] if edition is not None else ""
    name = row.name + suffix
    issuer = identities[row.issuer + suffix] if row.issuer is not None else None
    rows[name] = row
    identities[name] = mint.identity(name, contents(row, options, edition), issuer, kind=kind)


def contents(row: Row, options: Options, edition: Edition | None) -> Contents:
    """What the certificate of a row says."""
    days = (options.root_days, options.sub_days, options.leaf_days)[row.depth]
    not_before, not_after = validity(options.now, days)
    suffix = SUFFIXES[edition] if edition is not None else ""
    return Contents(
        subject=subject(
            common_name=_common_name(row, options, suffix),
            organization=options.organization,
            country=options.country,
            domain_component=row.component,
        ),
        not_before=not_before,
        not_after=not_after,
        ca=row.usages is CA_USAGES,
        path_length=row.path_length,
        usages=row.usages,
        purposes=() if edition is Edition.ISO2 else row.purposes,  # its profile has none
        names=_server_names(options) if row.name == "CSMS_SERVER" else (),
        ocsp_url=options.ocsp_url if row.depth else None,
    )


def _common_name(row: Row, options: Options, suffix: str) -> str:
    """An identifier for a leaf, where it has one; else the name of the row."""
    chosen = {
        "SECC_LEAF": options.secc_id,
        "MO_LEAF": options.emaid,
        "OEM_LEAF": options.pcid,
        "VEHICLE_LEAF": options.pcid,
        "CSMS_SERVER": options.csms_hosts[0],
        "CSMS_LEAF": options.station,
    }
    return chosen.get(row.name, (row.name + suffix).replace("_", " "))


def _server_names(options: Options) -> tuple[x509.GeneralName, ...]:
    return tuple(_server_name(host) for host in options.csms_hosts)


def _server_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
