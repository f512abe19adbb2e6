"""What certificates are called by OCPP and by the store, and what results mean in OCPP. Declarations.

Rows S13.2 to S13.6, M8.5, M8.7, M8.8, M8.13, M8.14, M11.4, M11.8.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ocpp.v21 import datatypes
from ocpp.v21.enums import (
    DeleteCertificateStatusEnumType,
    GetCertificateIdUseEnumType,
    HashAlgorithmEnumType,
    InstallCertificateStatusEnumType,
    InstallCertificateUseEnumType,
)

from actors.ocpp.device_model import steering, variables
from protocols.types.evse_security import (
    CaCertificateType,
    CertificateHashData,
    CertificateHashDataChain,
    CertificateType,
    DeleteCertificateResult,
    HashAlgorithm,
    InstallCertificateResult,
    LeafCertificateType,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.device_model.steering import Steering

MOST_CHILDREN: Final = 4
"""So many certificates of a chain have a place beside its leaf."""


class Kind(enum.StrEnum):
    """The leaves that the CSMS signs, in OCPP's words; a mirror of its enumeration that may be kept."""

    STATION = "ChargingStationCertificate"
    """For the CSMS to know us by (security profile 3)."""
    V2G = "V2GCertificate"
    """For cars, by ISO 15118-2."""
    V2G20 = "V2G20Certificate"
    """For cars, by ISO 15118-20. Since OCPP 2.1."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is known of one kind."""

    type: LeafCertificateType
    """Where the store has it."""
    common_name: Steering[str]
    organization: Steering[str]
    country: Steering[str]
    in_chip: Steering[bool]
    """Whether its key shall be kept in a security chip."""


IN_CHIP: Final = steering.boolean("InternalCtrlr", "UseTPM", default=False)
IN_CHIP_V2G: Final = steering.boolean("InternalCtrlr", "UseTPMSeccLeafCertificate", default=False)
_SECC: Final = Leaf(
    LeafCertificateType.V2G,
    variables.SECC_ID,
    variables.SECC_ORGANIZATION,
    variables.SECC_COUNTRY,
    IN_CHIP_V2G,
)
LEAVES: Final[Mapping[Kind, Leaf]] = MappingProxyType(
    {
        Kind.STATION: Leaf(
            LeafCertificateType.CSMS,
            variables.BOX_SERIAL_NUMBER,
            variables.CSMS_ORGANIZATION,
            variables.SECC_COUNTRY,
            IN_CHIP,
        ),
        Kind.V2G: _SECC,
        Kind.V2G20: _SECC,
    }
)
"""M11.4: whose names stand in the subject."""

_Use = InstallCertificateUseEnumType
AUTHORITIES: Final[Mapping[_Use, CaCertificateType]] = MappingProxyType(
    {
        _Use.v2g_root_certificate: CaCertificateType.V2G,
        _Use.mo_root_certificate: CaCertificateType.MO,
        _Use.csms_root_certificate: CaCertificateType.CSMS,
        _Use.manufacturer_root_certificate: CaCertificateType.MF,
    }
)
"""Roots the CSMS may install; those of vehicle makers are no business of the store's (M8.5, M11.8)."""
UNSECURED: Final[Mapping[CaCertificateType, Steering[bool]]] = MappingProxyType(
    {
        CaCertificateType.CSMS: variables.CSMS_ROOT_UNSECURED,
        CaCertificateType.MF: variables.MF_ROOT_UNSECURED,
    }
)
"""M11.8: which of them somebody who listens on the line must not be able to install unless this allows it."""

_Id = GetCertificateIdUseEnumType
INSTALLED: Final[Mapping[_Id, CertificateType]] = MappingProxyType(
    {
        _Id.v2g_root_certificate: CertificateType.V2G_ROOT_CERTIFICATE,
        _Id.mo_root_certificate: CertificateType.MO_ROOT_CERTIFICATE,
        _Id.csms_root_certificate: CertificateType.CSMS_ROOT_CERTIFICATE,
        _Id.v2g_certificate_chain: CertificateType.V2G_CERTIFICATE_CHAIN,
        _Id.manufacturer_root_certificate: CertificateType.MF_ROOT_CERTIFICATE,
    }
)
"""What can be asked for; roots of vehicle makers are in no list (M8.14)."""
REPORTED: Final[Mapping[CertificateType, _Id]] = MappingProxyType(
    {kept: said for said, kept in INSTALLED.items()}
)

_Result = InstallCertificateResult
_Status = InstallCertificateStatusEnumType
INSTALL_STATUS: Final[Mapping[_Result, _Status]] = MappingProxyType(
    {
        _Result.ACCEPTED: _Status.accepted,
        _Result.INVALID_SIGNATURE: _Status.rejected,
        _Result.INVALID_CERTIFICATE_CHAIN: _Status.rejected,
        _Result.INVALID_FORMAT: _Status.rejected,
        _Result.INVALID_COMMON_NAME: _Status.rejected,
        _Result.NO_ROOT_CERTIFICATE_INSTALLED: _Status.rejected,
        _Result.EXPIRED: _Status.rejected,
        _Result.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED: _Status.rejected,
        _Result.WRITE_ERROR: _Status.failed,
    }
)
"""S13.2: Rejected for a certificate that is no good, Failed where a good one could not be kept (M05)."""
REASONS: Final[Mapping[_Result, str]] = MappingProxyType(
    {
        _Result.INVALID_SIGNATURE: "InvalidCertificate",
        _Result.INVALID_CERTIFICATE_CHAIN: "InvalidCertificate",
        _Result.INVALID_FORMAT: "InvalidCertificate",
        _Result.INVALID_COMMON_NAME: "InvalidCertificate",
        _Result.NO_ROOT_CERTIFICATE_INSTALLED: "InvalidCertificate",
        _Result.EXPIRED: "InvalidCertificate",
        _Result.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED: "OutOfStorage",
        _Result.WRITE_ERROR: "InternalError",
    }
)
"""Reason codes of OCPP's appendix for what was not accepted."""
DELETE_STATUS: Final[Mapping[DeleteCertificateResult, DeleteCertificateStatusEnumType]] = MappingProxyType(
    {
        DeleteCertificateResult.ACCEPTED: DeleteCertificateStatusEnumType.accepted,
        DeleteCertificateResult.FAILED: DeleteCertificateStatusEnumType.failed,
        DeleteCertificateResult.NOT_FOUND: DeleteCertificateStatusEnumType.not_found,
    }
)
"""S13.3."""


def status_info(reason: str, text: str = "") -> datatypes.StatusInfoType:
    """Why something was not done; `text` is for people."""
    return datatypes.StatusInfoType(reason_code=reason, additional_info=text or None)


def not_installed(result: InstallCertificateResult) -> datatypes.StatusInfoType | None:
    """Why a certificate was not installed; None if it was."""
    reason = REASONS.get(result)
    return None if reason is None else status_info(reason, result.value)


def to_wire(data: CertificateHashData) -> datatypes.CertificateHashDataType:
    """Hashes as OCPP writes them."""
    return datatypes.CertificateHashDataType(
        hash_algorithm=HashAlgorithmEnumType(data.hash_algorithm.value),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
    )


def from_wire(data: datatypes.CertificateHashDataType) -> CertificateHashData:
    """Hashes as the store takes them, which minds neither case nor leading zeros."""
    return CertificateHashData(
        hash_algorithm=HashAlgorithm(str(data.hash_algorithm)),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
    )


def chain_to_wire(chain: CertificateHashDataChain) -> datatypes.CertificateHashDataChainType:
    """An installed certificate and what stands above it (M03.FR.05)."""
    children = [to_wire(each) for each in chain.child_certificate_hash_data or ()][:MOST_CHILDREN]
    return datatypes.CertificateHashDataChainType(
        certificate_hash_data=to_wire(chain.certificate_hash_data),
        certificate_type=REPORTED[chain.certificate_type],
        child_certificate_hash_data=children or None,
    )
