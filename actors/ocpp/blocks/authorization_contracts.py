"""What the check of a contract means for its token (rows M10.8 to M10.10; C07): tables. Pure."""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ocpp.v21 import datatypes, enums

from protocols.types.authorization import AuthorizationStatus as Status
from protocols.types.authorization import CertificateStatus as Certificate
from protocols.types.evse_security import CertificateValidationResult as Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from protocols.types.authorization import ProvidedIdToken
    from protocols.types.evse_security import CertificateHashData, OCSPRequestData
    from protocols.types.iso15118 import CertificateHashDataInfo

MOST_HASHES: Final = 4
"""So many entries Authorize takes."""


class Refused(NamedTuple):
    """A contract that is not good."""

    status: Status
    certificate: Certificate


class Way(enum.Enum):
    """How a contract that is not refused goes on."""

    BY_HASHES = enum.auto()
    """The CSMS is told what to ask an OCSP responder (C07.FR.02)."""
    CENTRALLY = enum.auto()
    """The CSMS is given the chain, if it may be (C07.FR.06)."""
    BY_RULES = enum.auto()
    """As any other token: the list, the cache (C07.FR.09)."""


NOT_SHOWN: Final = Refused(Status.INVALID, Certificate.NO_CERTIFICATE_AVAILABLE)
"""An eMAID without a contract."""
NO_ROOT: Final = Refused(Status.INVALID, Certificate.CERT_CHAIN_ERROR)
"""Nothing here vouches for it, and the CSMS is not to be given the chain."""
NOT_OFFLINE: Final = Status.NOT_AT_THIS_TIME
"""Contracts are not judged without the CSMS (C07.FR.07)."""

ONLINE: Final[Mapping[Found, Way | Refused]] = MappingProxyType(
    {
        Found.VALID: Way.BY_HASHES,
        Found.UNKNOWN: Way.BY_HASHES,  # nobody could check it here
        Found.ISSUER_NOT_FOUND: Way.CENTRALLY,
        Found.EXPIRED: Refused(Status.EXPIRED, Certificate.CERTIFICATE_EXPIRED),
        Found.INVALID_SIGNATURE: Refused(Status.INVALID, Certificate.SIGNATURE_ERROR),
        Found.INVALID_LEAF_SIGNATURE: Refused(Status.INVALID, Certificate.SIGNATURE_ERROR),
        Found.INVALID_CHAIN: Refused(Status.INVALID, Certificate.CERT_CHAIN_ERROR),
    }
)
"""M10.9. A chain that is known to be bad here is refused here, where EVerest would ask all the same."""

OFFLINE: Final[Mapping[Found, Way | Refused]] = MappingProxyType(
    {
        Found.VALID: Way.BY_RULES,
        Found.UNKNOWN: Refused(Status.UNKNOWN, Certificate.NO_CERTIFICATE_AVAILABLE),
        Found.ISSUER_NOT_FOUND: Refused(Status.UNKNOWN, Certificate.CERT_CHAIN_ERROR),
        Found.EXPIRED: Refused(Status.EXPIRED, Certificate.CERTIFICATE_EXPIRED),
        Found.INVALID_SIGNATURE: Refused(Status.UNKNOWN, Certificate.SIGNATURE_ERROR),
        Found.INVALID_LEAF_SIGNATURE: Refused(Status.UNKNOWN, Certificate.SIGNATURE_ERROR),
        Found.INVALID_CHAIN: Refused(Status.UNKNOWN, Certificate.CERT_CHAIN_ERROR),
    }
)
"""M10.10. Without certificate, with hashes alone, nothing can be checked: UNKNOWN."""

Hashes = tuple[datatypes.OCSPRequestDataType, ...]


def hashes_of(token: ProvidedIdToken) -> Hashes:
    """What came with a token."""
    return tuple(_hash(each, each.responder_url) for each in token.iso15118_certificate_hash_data or ())


def hashes_from(found: Iterable[OCSPRequestData]) -> Hashes:
    """What was made of a chain, the leaf's first; nothing of a certificate that names no responder."""
    return tuple(
        _hash(each.certificate_hash_data, each.responder_url)
        for each in found
        if each.certificate_hash_data is not None and each.responder_url
    )[:MOST_HASHES]


def _hash(
    data: CertificateHashData | CertificateHashDataInfo, responder_url: str
) -> datatypes.OCSPRequestDataType:
    return datatypes.OCSPRequestDataType(
        hash_algorithm=enums.HashAlgorithmEnumType(data.hash_algorithm.value),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
        responder_url=responder_url,
    )
