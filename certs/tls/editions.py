"""What each edition of ISO 15118 asks of TLS between car and station: one row each. Pure.

ISO 15118-2 (7.7.3) names two suites: ECDHE with ECDSA, and static ECDH with ECDSA. OpenSSL has
dropped static ECDH, as it lacks forward secrecy; so has EVerest. The first one is mandatory for cars.
ISO 15118-20 (7.7.3) asks for TLS 1.3 with two suites and for curves of at least 448 bits.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certs.keys import KeyKind
from certs.profiles import SECC_ISO2, SECC_ISO20, VEHICLE_ISO20, Profile
from certs.tls.client_hello import TLS12, TLS13

if TYPE_CHECKING:
    from collections.abc import Mapping


class Edition(enum.StrEnum):
    """The editions whose TLS we speak."""

    ISO2 = "ISO 15118-2"
    ISO20 = "ISO 15118-20"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRules:
    """What one edition asks for. Names are OpenSSL's, numbers IANA's, in order of preference."""

    edition: Edition
    version: int
    suites: Mapping[str, int]
    groups: Mapping[str, int]
    signatures: Mapping[str, int]
    keys: Mapping[KeyKind, int]
    """The kinds of leaf keys, and the signature scheme each signs the handshake with."""
    server: Profile
    client: Profile | None
    """What the car's certificate must fulfil; None: it shows none."""


ISO2: Final = TlsRules(
    edition=Edition.ISO2,
    version=TLS12,
    suites={"ECDHE-ECDSA-AES128-SHA256": 0xC023},
    groups={"P-256": 0x0017},
    signatures={"ECDSA+SHA256": 0x0403},
    keys={KeyKind.P256: 0x0403},
    server=SECC_ISO2,
    client=None,
)
ISO20: Final = TlsRules(
    edition=Edition.ISO20,
    version=TLS13,
    suites={"TLS_AES_256_GCM_SHA384": 0x1302, "TLS_CHACHA20_POLY1305_SHA256": 0x1303},
    groups={"P-521": 0x0019, "X448": 0x001E},
    signatures={"ecdsa_secp521r1_sha512": 0x0603, "ed448": 0x0808},
    keys={KeyKind.P521: 0x0603, KeyKind.ED448: 0x0808},
    server=SECC_ISO20,
    client=VEHICLE_ISO20,
)
RULES: Final[Mapping[Edition, TlsRules]] = {Edition.ISO20: ISO20, Edition.ISO2: ISO2}
"""The newer one first: it is taken where car and station can both speak it."""


def edition_of(kind: KeyKind | None) -> Edition | None:
    """The edition that a leaf with this kind of key serves."""
    return next((edition for edition, rules in RULES.items() if kind in rules.keys), None)
