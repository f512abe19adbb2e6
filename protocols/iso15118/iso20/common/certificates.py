"""ISO 15118-20 common messages: certificates and the keys that come with them."""

from protocols.iso15118.exi.datatypes import String
from protocols.iso15118.exi.declare import attribute, element, xml_type
from protocols.iso15118.iso20.common.simple import (
    COMMON_MESSAGES,
    CertificateType,
    DhPublicKeyType,
    EcdhCurve,
    Secp521EncryptedPrivateKeyType,
    TpmEncryptedPrivateKeyType,
    X448EncryptedPrivateKeyType,
)
from protocols.iso15118.iso20.simple import IdentifierType


@xml_type(COMMON_MESSAGES)
class SubCertificates:
    """The sub-CA certificates of a chain, in DER."""

    certificate: tuple[CertificateType, ...] = element(max_occurs=3)


@xml_type(COMMON_MESSAGES)
class ContractCertificateChain:
    """A contract certificate and the sub-CA certificates above it, each in DER."""

    certificate: CertificateType
    sub_certificates: SubCertificates


@xml_type(COMMON_MESSAGES)
class EmaidList:
    """Contracts in the order in which the car wants them."""

    emaid: tuple[IdentifierType, ...] = element("EMAID", max_occurs=8)


@xml_type(COMMON_MESSAGES)
class SignedCertificateChain:
    """A certificate chain that the sender signs by its Id."""

    certificate: CertificateType
    sub_certificates: SubCertificates | None = None
    id: String = attribute()


@xml_type(COMMON_MESSAGES, element="SignedInstallationData")
class SignedInstallationData:
    """A contract certificate chain with its encrypted private key, signed by the provisioning service."""

    contract_certificate_chain: ContractCertificateChain
    ecdh_curve: EcdhCurve = element("ECDHCurve")
    dh_public_key: DhPublicKeyType = element("DHPublicKey")
    secp521_encrypted_private_key: Secp521EncryptedPrivateKeyType | None = element(
        "SECP521_EncryptedPrivateKey", choice="encrypted_private_key", default=None
    )
    x448_encrypted_private_key: X448EncryptedPrivateKeyType | None = element(
        "X448_EncryptedPrivateKey", choice="encrypted_private_key", default=None
    )
    tpm_encrypted_private_key: TpmEncryptedPrivateKeyType | None = element(
        "TPM_EncryptedPrivateKey", choice="encrypted_private_key", default=None
    )
    id: String = attribute()


@xml_type(COMMON_MESSAGES)
class CertificateChain:
    """A leaf certificate and the sub-CA certificates above it, each in DER."""

    certificate: CertificateType
    sub_certificates: SubCertificates | None = None
