"""Certificates, hashes of certificates and what became of requests about them.

V2G is the hierarchy of charging stations, MO that of contracts, CSMS that of the back-end, MF that of the
station's maker.

Mirror of EVerest's types file `evse_security`.
"""

import enum
from dataclasses import field
from typing import Annotated

from pydantic import Field

from protocols.message import message


class EncodingFormat(enum.StrEnum):
    """How a certificate or key is written."""

    DER = "DER"
    PEM = "PEM"


class CaCertificateType(enum.StrEnum):
    """The hierarchy a CA certificate belongs to."""

    V2G = "V2G"
    MO = "MO"
    CSMS = "CSMS"
    MF = "MF"


class LeafCertificateType(enum.StrEnum):
    """The hierarchy and so the use of a leaf certificate."""

    CSMS = "CSMS"
    V2G = "V2G"
    MF = "MF"
    MO = "MO"


class CertificateType(enum.StrEnum):
    """Roots, and the station's own chain, in OCPP's terms."""

    V2G_ROOT_CERTIFICATE = "V2GRootCertificate"
    MO_ROOT_CERTIFICATE = "MORootCertificate"
    CSMS_ROOT_CERTIFICATE = "CSMSRootCertificate"
    V2G_CERTIFICATE_CHAIN = "V2GCertificateChain"
    MF_ROOT_CERTIFICATE = "MFRootCertificate"


class HashAlgorithm(enum.StrEnum):
    """The hash over parts of a certificate."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


class InstallCertificateResult(enum.StrEnum):
    """Whether a certificate was installed, and if not why not."""

    INVALID_SIGNATURE = "InvalidSignature"
    INVALID_CERTIFICATE_CHAIN = "InvalidCertificateChain"
    INVALID_FORMAT = "InvalidFormat"
    INVALID_COMMON_NAME = "InvalidCommonName"
    """The subject does not name this station."""
    NO_ROOT_CERTIFICATE_INSTALLED = "NoRootCertificateInstalled"
    """Nothing to verify it against."""
    EXPIRED = "Expired"
    CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED = "CertificateStoreMaxLengthExceeded"
    """The store is full."""
    WRITE_ERROR = "WriteError"
    """The store could not be written."""
    ACCEPTED = "Accepted"


class CertificateValidationResult(enum.StrEnum):
    """Whether a certificate is good, and if not why not."""

    VALID = "Valid"
    EXPIRED = "Expired"
    INVALID_SIGNATURE = "InvalidSignature"
    ISSUER_NOT_FOUND = "IssuerNotFound"
    """No trusted certificate has issued it."""
    INVALID_LEAF_SIGNATURE = "InvalidLeafSignature"
    """The leaf is not what its issuer signed."""
    INVALID_CHAIN = "InvalidChain"
    """The certificates do not form a chain."""
    UNKNOWN = "Unknown"


class DeleteCertificateResult(enum.StrEnum):
    """Whether a certificate was removed."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    NOT_FOUND = "NotFound"


class GetInstalledCertificatesStatus(enum.StrEnum):
    """Whether any certificate of the wanted types is installed."""

    ACCEPTED = "Accepted"
    NOT_FOUND = "NotFound"


class GetCertificateSignRequestStatus(enum.StrEnum):
    """Whether a signing request could be made."""

    ACCEPTED = "Accepted"
    INVALID_REQUESTED_TYPE = "InvalidRequestedType"
    KEY_GEN_ERROR = "KeyGenError"
    GENERATION_ERROR = "GenerationError"


class GetCertificateInfoStatus(enum.StrEnum):
    """Whether a leaf with its key could be found, and if not what is missing."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_FOUND = "NotFound"
    """No leaf at all."""
    NOT_FOUND_VALID = "NotFoundValid"
    """None that is valid now."""
    PRIVATE_KEY_NOT_FOUND = "PrivateKeyNotFound"
    """A leaf, but not its key."""


@message
class CertificateHashData:
    """What identifies a certificate to an OCSP responder."""

    hash_algorithm: HashAlgorithm
    issuer_name_hash: Annotated[str, Field(max_length=128)]
    """Over the DER form of the issuer's name; hexadecimal."""
    issuer_key_hash: Annotated[str, Field(max_length=128)]
    """Over the issuer's public key, without tag and length; hexadecimal."""
    serial_number: Annotated[str, Field(max_length=40)]
    """Hexadecimal, without prefix and leading zeros."""


@message
class CertificateHashDataChain:
    """The hashes of an installed certificate and of those it has issued."""

    certificate_type: CertificateType
    certificate_hash_data: CertificateHashData
    child_certificate_hash_data: tuple[CertificateHashData, ...] | None = None
    """The other certificates of the chain, at most four."""


@message
class GetInstalledCertificatesResult:
    """The installed certificates of the wanted types."""

    status: GetInstalledCertificatesStatus
    certificate_hash_data_chain: tuple[CertificateHashDataChain, ...]


@message
class OCSPRequestData:
    """What to ask about one certificate, and whom."""

    certificate_hash_data: CertificateHashData | None = None
    responder_url: Annotated[str | None, Field(max_length=512)] = None


@message
class OCSPRequestDataList:
    """What to ask about each certificate of a chain, the root excepted."""

    ocsp_request_data_list: tuple[OCSPRequestData, ...]


@message
class CertificateOCSP:
    """Where the OCSP response for one certificate lies."""

    hash: CertificateHashData
    """Names the certificate."""
    ocsp_path: str | None = None
    """File with the response; absent when there is none."""


@message
class GetCertificateSignRequestResult:
    """A certificate signing request, or why there is none."""

    status: GetCertificateSignRequestStatus
    csr: str | None = None
    """PEM."""


@message
class CertificateInfo:
    """Where a leaf certificate, its chain and its private key lie."""

    key: str
    """Path of the private key."""
    certificate_root: str | None = None
    """The root itself, PEM, not a path."""
    certificate: str | None = None
    """Path of the file with the chain."""
    certificate_single: str | None = None
    """Path of the file with the leaf alone."""
    certificate_count: int
    """Length of the chain."""
    password: str | None = field(default=None, repr=False)
    """Opens the private key; absent when it is not encrypted. Never log it; `repr` does not show it."""
    ocsp: tuple[CertificateOCSP, ...] | None = None
    """One entry for each certificate, when asked for."""


@message
class GetCertificateInfoResult:
    """The newest valid leaf, or why there is none."""

    status: GetCertificateInfoStatus
    info: CertificateInfo | None = None


@message
class GetCertificateFullInfoResult:
    """The newest valid leaf under each root, or why there is none."""

    status: GetCertificateInfoStatus
    info: tuple[CertificateInfo, ...]


class CertificateStoreUpdateOperation(enum.StrEnum):
    """What was done to the certificate store."""

    INSTALLED = "Installed"
    DELETED = "Deleted"


@message
class CertificateStoreUpdate:
    """A certificate came or went; one of the two types tells which kind."""

    operation: CertificateStoreUpdateOperation
    leaf_certificate_type: LeafCertificateType | None = None
    ca_certificate_type: CaCertificateType | None = None
