"""What the car checks of a contract that is installed by ISO 15118-20. Pure."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448

from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.wallet import Credential
from certs import chain, profiles
from certs.errors import CertificateError
from certs.pem import load_der
from certs.verdict import Refused
from protocols.iso15118 import signature
from protocols.iso15118.identifiers import IdentifierError, Pcid
from protocols.iso15118.key_transport import KeyTransportError, open_iso20

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive
    from protocols.iso15118.iso20 import common

SCHEMES = (signature.ISO20_SECP521, signature.ISO20_ED448)


def scheme_of(credential: Credential | None) -> signature.Scheme:
    """How a credential signs."""
    edwards = credential is not None and isinstance(credential.key, ed448.Ed448PrivateKey)
    return signature.ISO20_ED448 if edwards else signature.ISO20_SECP521


def _certificates(given: Any) -> tuple[x509.Certificate, ...]:
    subs = given.sub_certificates.certificate if given.sub_certificates else ()
    try:
        return tuple(load_der(one) for one in (given.certificate, *subs))
    except CertificateError as error:
        raise TalkError(Reason.CERTIFICATE, str(error)) from None


def installed(drive: Drive, message: common.CertificateInstallationRes) -> Credential:
    """The contract in an answer: its sender verified, the signature, and the key opened."""
    sender = _certificates(message.cps_certificate_chain)
    verdict = chain.verify(
        sender[0],
        sender[1:],
        drive.wallet.v2g_roots,
        profile=profiles.CPS_ISO20,
        now=drive.now.astimezone(UTC),
    )
    if isinstance(verdict, Refused):
        raise TalkError(Reason.CERTIFICATE, f"provisioning service: {verdict}")
    _verify(message, sender[0])
    contract = _certificates(message.signed_installation_data.contract_certificate_chain)
    return Credential(chain=contract, key=_open(drive, message.signed_installation_data, contract[0]))


def _verify(message: Any, signer: x509.Certificate) -> None:
    key = signer.public_key()
    if not isinstance(key, (ec.EllipticCurvePublicKey, ed448.Ed448PublicKey)):
        raise TalkError(Reason.CERTIFICATE, "a signer with a key of another kind")
    try:
        signature.verify(message, key, SCHEMES)
    except signature.SignatureError as error:
        raise TalkError(Reason.SIGNATURE, str(error)) from None


def _open(drive: Drive, data: common.SignedInstallationData, contract: x509.Certificate) -> Any:
    provisioning, public = drive.wallet.provisioning_20, contract.public_key()
    key = provisioning.key if provisioning is not None else None
    if provisioning is None or not isinstance(key, (ec.EllipticCurvePrivateKey, x448.X448PrivateKey)):
        raise TalkError(Reason.CERTIFICATE, "no provisioning key that opens a contract")
    if not isinstance(public, (ec.EllipticCurvePublicKey, ed448.Ed448PublicKey)):
        raise TalkError(Reason.CERTIFICATE, "a contract with a key of another kind")
    sealed = data.secp521_encrypted_private_key or data.x448_encrypted_private_key
    if sealed is None:
        raise TalkError(Reason.CERTIFICATE, "the key is sealed for a TPM")
    try:
        identifier = contract.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        return open_iso20(
            sealed,
            data.dh_public_key,
            key,
            public,
            pcid=Pcid.parse(provisioning.name),
            contract_key_identifier=identifier,
        )
    except (KeyTransportError, IdentifierError, x509.ExtensionNotFound) as error:
        raise TalkError(Reason.CERTIFICATE, str(error)) from None
