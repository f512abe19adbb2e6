"""The keeper of certificates and keys, for OCPP and ISO 15118 alike.

It alone reads and writes them, watches when leaves expire and has them renewed. Certificates travel as PEM.
"""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "evse_security"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class InstallCaCertificateReply(Reply):
    """Answer to `InstallCaCertificate`."""

    result: types.evse_security.InstallCertificateResult


@message
class InstallCaCertificate(Command):
    """Add a root or intermediate certificate."""

    answer: ClassVar[type[Reply]] = InstallCaCertificateReply

    certificate: str
    certificate_type: types.evse_security.CaCertificateType


@message
class DeleteCertificateReply(Reply):
    """Answer to `DeleteCertificate`."""

    result: types.evse_security.DeleteCertificateResult


@message
class DeleteCertificate(Command):
    """Remove a certificate."""

    answer: ClassVar[type[Reply]] = DeleteCertificateReply

    certificate_hash_data: types.evse_security.CertificateHashData


@message
class UpdateLeafCertificateReply(Reply):
    """Answer to `UpdateLeafCertificate`."""

    result: types.evse_security.InstallCertificateResult


@message
class UpdateLeafCertificate(Command):
    """Install a leaf, or a chain that begins with one; its key must be here already."""

    answer: ClassVar[type[Reply]] = UpdateLeafCertificateReply

    certificate_chain: str
    certificate_type: types.evse_security.LeafCertificateType


@message
class VerifyCertificateReply(Reply):
    """Answer to `VerifyCertificate`."""

    result: types.evse_security.CertificateValidationResult


@message
class VerifyCertificate(Command):
    """Verify a leaf, or a chain that begins with one."""

    answer: ClassVar[type[Reply]] = VerifyCertificateReply

    certificate_chain: str
    certificate_types: tuple[types.evse_security.LeafCertificateType, ...]
    """The hierarchies of which any may vouch for it."""


@message
class GetInstalledCertificatesReply(Reply):
    """Answer to `GetInstalledCertificates`."""

    result: types.evse_security.GetInstalledCertificatesResult


@message
class GetInstalledCertificates(Command):
    """Ask which certificates of some types are installed."""

    answer: ClassVar[type[Reply]] = GetInstalledCertificatesReply

    certificate_types: tuple[types.evse_security.CertificateType, ...]


@message
class GetV2gOcspRequestDataReply(Reply):
    """Answer to `GetV2gOcspRequestData`."""

    request_data: types.evse_security.OCSPRequestDataList


@message
class GetV2gOcspRequestData(Command):
    """Ask what OCSP requests the station's own chain needs, root excepted."""

    answer: ClassVar[type[Reply]] = GetV2gOcspRequestDataReply


@message
class GetMoOcspRequestDataReply(Reply):
    """Answer to `GetMoOcspRequestData`."""

    request_data: types.evse_security.OCSPRequestDataList


@message
class GetMoOcspRequestData(Command):
    """Ask what OCSP requests a contract chain needs, root excepted."""

    answer: ClassVar[type[Reply]] = GetMoOcspRequestDataReply

    certificate_chain: str


@message
class UpdateOcspCache(Command):
    """Store an OCSP response."""

    certificate_hash_data: types.evse_security.CertificateHashData
    """The certificate it speaks about."""
    ocsp_response: str
    """DER, in base64."""


@message
class IsCaCertificateInstalledReply(Reply):
    """Answer to `IsCaCertificateInstalled`."""

    installed: bool


@message
class IsCaCertificateInstalled(Command):
    """Ask whether there is any CA certificate of a hierarchy."""

    answer: ClassVar[type[Reply]] = IsCaCertificateInstalledReply

    certificate_type: types.evse_security.CaCertificateType


@message
class GenerateCertificateSigningRequestReply(Reply):
    """Answer to `GenerateCertificateSigningRequest`."""

    result: types.evse_security.GetCertificateSignRequestResult


@message
class GenerateCertificateSigningRequest(Command):
    """Make a new key, which never leaves, and a signing request for it."""

    answer: ClassVar[type[Reply]] = GenerateCertificateSigningRequestReply

    certificate_type: types.evse_security.LeafCertificateType
    country: str
    """C of the subject."""
    organization: str
    """O of the subject."""
    common: str
    """CN of the subject."""
    use_tpm: bool
    """Keep the key in the security chip."""


@message
class GetLeafCertificateInfoReply(Reply):
    """Answer to `GetLeafCertificateInfo`."""

    result: types.evse_security.GetCertificateInfoResult


@message
class GetLeafCertificateInfo(Command):
    """Ask where the newest valid leaf and its key lie."""

    answer: ClassVar[type[Reply]] = GetLeafCertificateInfoReply

    certificate_type: types.evse_security.LeafCertificateType
    encoding: types.evse_security.EncodingFormat
    include_ocsp: bool
    """Ask for OCSP responses, too."""


@message
class GetAllValidCertificatesInfoReply(Reply):
    """Answer to `GetAllValidCertificatesInfo`."""

    result: types.evse_security.GetCertificateFullInfoResult


@message
class GetAllValidCertificatesInfo(Command):
    """Ask where the newest valid leaf under each root and its key lie."""

    answer: ClassVar[type[Reply]] = GetAllValidCertificatesInfoReply

    certificate_type: types.evse_security.LeafCertificateType
    encoding: types.evse_security.EncodingFormat
    include_ocsp: bool
    """Ask for OCSP responses, too."""


@message
class GetVerifyFileReply(Reply):
    """Answer to `GetVerifyFile`."""

    path: str


@message
class GetVerifyFile(Command):
    """Ask for the file that holds a hierarchy's CA certificates."""

    answer: ClassVar[type[Reply]] = GetVerifyFileReply

    certificate_type: types.evse_security.CaCertificateType


@message
class GetVerifyLocationReply(Reply):
    """Answer to `GetVerifyLocation`."""

    path: str


@message
class GetVerifyLocation(Command):
    """Ask for the directory that holds a hierarchy's CA certificates by hash."""

    answer: ClassVar[type[Reply]] = GetVerifyLocationReply

    certificate_type: types.evse_security.CaCertificateType


@message
class GetLeafExpiryDaysCountReply(Reply):
    """Answer to `GetLeafExpiryDaysCount`."""

    days: int
    """0 also when there is none."""


@message
class GetLeafExpiryDaysCount(Command):
    """Ask how long a leaf is still valid."""

    answer: ClassVar[type[Reply]] = GetLeafExpiryDaysCountReply

    certificate_type: types.evse_security.LeafCertificateType


@message
class VerifyFileSignatureReply(Reply):
    """Answer to `VerifyFileSignature`."""

    valid: bool


@message
class VerifyFileSignature(Command):
    """Ask whether a file is what its maker signed."""

    answer: ClassVar[type[Reply]] = VerifyFileSignatureReply

    file_path: str
    signing_certificate: str
    """PEM."""
    signature: str
    """Base64."""


@message
class CertificateStoreUpdate(Var):
    """A certificate came or went."""

    update: types.evse_security.CertificateStoreUpdate
