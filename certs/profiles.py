"""Which algorithms, usages and names each kind of leaf has to have: one row per kind, its source beside it.

A row speaks for the whole path: sub-CAs and root need the same algorithms, and at most `max_subs` sub-CAs
may stand between leaf and root. `dataclasses.replace` makes a row more lenient for a PKI that differs.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from certs.keys import KeyKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.x509 import ObjectIdentifier


MIN_RSA_BITS: Final = 2048
"""OCPP 2.0.1 part 2 A00."""


class Domain(enum.StrEnum):
    """The hierarchies. The first four are EVerest's CA domains, the others are those of cars."""

    V2G = "V2G"
    CSMS = "CSMS"
    MF = "MF"
    MO = "MO"
    OEM = "OEM"
    CPS = "CPS"


class Protocol(enum.StrEnum):
    """Where a certificate is shown."""

    ISO2 = "ISO 15118-2"
    ISO20 = "ISO 15118-20"
    OCPP = "OCPP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one kind of leaf, and the path above it, must be."""

    name: str
    domain: Domain
    protocol: Protocol
    source: str
    """The clause the row stands on."""
    keys: frozenset[KeyKind]
    """Allowed for every key of the path."""
    default_key: KeyKind
    """What a new key is made of."""
    hashes: frozenset[str]
    """Allowed for every signature of the path but the root's own; Edwards curves bring theirs."""
    min_rsa_bits: int = MIN_RSA_BITS
    max_subs: int
    usages: frozenset[str]
    """One of these key usages is needed, where a leaf names its usages at all."""
    purpose: ObjectIdentifier | None = None
    """The extended key usage that is needed, where a leaf names any."""
    domain_component: str | None = None
    """The DC the subject of the leaf must have."""
    common_name: bool = True
    """Whether the subject of the leaf must have a CN."""


_ISO2_KEYS: Final = frozenset({KeyKind.P256})
_ISO20_KEYS: Final = frozenset({KeyKind.P521, KeyKind.ED448})
_OCPP_KEYS: Final = frozenset(KeyKind)
_SHA256: Final = frozenset({"sha256"})
_SHA512: Final = frozenset({"sha512"})
_SHA2: Final = frozenset({"sha256", "sha384", "sha512"})
_SIGN: Final = frozenset({"digital_signature"})
_HANDSHAKE: Final = frozenset({"digital_signature", "key_encipherment", "key_agreement"})
_ISO_SUBS: Final = 3
"""Two sub-CAs, as both editions say, and one certificate by which another root has cross-signed a root."""
_OCPP_SUBS: Final = 6
"""OCPP sets no limit; a bound keeps the walk short."""
_ISO2: Final = "ISO 15118-2 7.9.2 and Annex F (certificate profiles)"
_ISO20: Final = "ISO 15118-20 7.9.2 and Annex B (certificate profiles)"
_OCPP: Final = "OCPP 2.0.1 part 2 A00 and the 1.6 security whitepaper (keys and certificates of the profiles)"


def _iso2(name: str, domain: Domain, component: str) -> Profile:
    return Profile(
        name=name,
        domain=domain,
        protocol=Protocol.ISO2,
        source=_ISO2,
        keys=_ISO2_KEYS,
        default_key=KeyKind.P256,
        hashes=_SHA256,
        max_subs=_ISO_SUBS,
        usages=_SIGN,
        domain_component=component,
    )


def _iso20(name: str, domain: Domain, component: str, purpose: ObjectIdentifier | None = None) -> Profile:
    return Profile(
        name=name,
        domain=domain,
        protocol=Protocol.ISO20,
        source=_ISO20,
        keys=_ISO20_KEYS,
        default_key=KeyKind.P521,
        hashes=_SHA512,
        max_subs=_ISO_SUBS,
        usages=_SIGN,
        purpose=purpose,
        domain_component=component,
    )


def _ocpp(name: str, domain: Domain, usages: frozenset[str], purpose: ObjectIdentifier) -> Profile:
    return Profile(
        name=name,
        domain=domain,
        protocol=Protocol.OCPP,
        source=_OCPP,
        keys=_OCPP_KEYS,
        default_key=KeyKind.P256,
        hashes=_SHA2,
        max_subs=_OCPP_SUBS,
        usages=usages,
        purpose=purpose,
        common_name=False,
    )


SECC_ISO2: Final = _iso2("SECC -2", Domain.V2G, "CPO")
CONTRACT_ISO2: Final = _iso2("contract -2", Domain.MO, "MO")
OEM_ISO2: Final = _iso2("OEM provisioning -2", Domain.OEM, "OEM")
CPS_ISO2: Final = _iso2("CPS -2", Domain.CPS, "CPS")
SECC_ISO20: Final = _iso20("SECC -20", Domain.V2G, "CPO", Purpose.SERVER_AUTH)
VEHICLE_ISO20: Final = _iso20("vehicle -20", Domain.OEM, "OEM", Purpose.CLIENT_AUTH)
CONTRACT_ISO20: Final = _iso20("contract -20", Domain.MO, "MO")
OEM_ISO20: Final = _iso20("OEM provisioning -20", Domain.OEM, "OEM")
CPS_ISO20: Final = _iso20("CPS -20", Domain.CPS, "CPS")
CSMS_SERVER: Final = _ocpp("CSMS server", Domain.CSMS, _HANDSHAKE, Purpose.SERVER_AUTH)
CSMS_CLIENT: Final = _ocpp("CSMS client", Domain.CSMS, _SIGN, Purpose.CLIENT_AUTH)
FIRMWARE: Final = _ocpp("firmware signer", Domain.MF, _SIGN, Purpose.CODE_SIGNING)

PROFILES: Final[tuple[Profile, ...]] = (
    SECC_ISO2,
    CONTRACT_ISO2,
    OEM_ISO2,
    CPS_ISO2,
    SECC_ISO20,
    VEHICLE_ISO20,
    CONTRACT_ISO20,
    OEM_ISO20,
    CPS_ISO20,
    CSMS_SERVER,
    CSMS_CLIENT,
    FIRMWARE,
)
"""Every row."""

STATION_LEAVES: Final = {
    Domain.V2G: (SECC_ISO2, SECC_ISO20),
    Domain.CSMS: (CSMS_CLIENT,),
}
"""The leaves a station holds itself, and may ask a CSMS to sign."""


def profiles_of(domains: Iterable[Domain]) -> tuple[Profile, ...]:
    """The rows of all these domains, as when the protocol a leaf was made for is not known.

    A car's contract is verified against the roots of MO and V2G but is still a contract (M8.9): pass its
    own domain here and the roots of both to `chain.verify`.
    """
    wanted = frozenset(domains)
    return tuple(row for row in PROFILES if row.domain in wanted)
