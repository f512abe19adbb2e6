"""What the car checks of signatures and certificates in ISO 15118-2. Pure."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.wallet import Credential
from certs import chain, profiles
from certs.errors import CertificateError
from certs.pem import load_der
from certs.verdict import Refused
from protocols.iso15118 import signature
from protocols.iso15118.key_transport import KeyTransportError, open_iso2

if TYPE_CHECKING:
    from cryptography import x509

    from actors.simulation.ev.drive import Drive
    from protocols.iso15118 import iso2


def certificates_of(chain_in: iso2.CertificateChain) -> tuple[x509.Certificate, ...]:
    """The certificates of a chain in a message. TalkError CERTIFICATE."""
    subs = chain_in.sub_certificates.certificate if chain_in.sub_certificates else ()
    try:
        return tuple(load_der(one) for one in (chain_in.certificate, *subs))
    except CertificateError as error:
        raise TalkError(Reason.CERTIFICATE, str(error)) from None


def installed(drive: Drive, message: Any) -> Credential:
    """The contract in a CertificateInstallationRes, its sender verified and its key opened [V2G2-823]."""
    body: iso2.CertificateInstallationRes = message.body.body_element
    sender = certificates_of(body.sa_provisioning_certificate_chain)
    now = drive.now.astimezone(UTC)
    verdict = chain.verify(sender[0], sender[1:], drive.wallet.v2g_roots, profile=profiles.CPS_ISO2, now=now)
    if isinstance(verdict, Refused):
        raise TalkError(Reason.CERTIFICATE, f"provisioning service: {verdict}")
    _verify(message, sender[0])
    contract = certificates_of(body.contract_signature_cert_chain)
    provisioning, public = drive.wallet.provisioning, contract[0].public_key()
    if provisioning is None or not isinstance(provisioning.key, ec.EllipticCurvePrivateKey):
        raise TalkError(Reason.CERTIFICATE, "no provisioning key")
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TalkError(Reason.CERTIFICATE, "a contract with a key of another kind")
    try:
        key = open_iso2(
            body.contract_signature_encrypted_private_key.value,
            body.dh_public_key.value,
            provisioning.key,
            public,
        )
    except KeyTransportError as error:
        raise TalkError(Reason.CERTIFICATE, str(error)) from None
    return Credential(chain=contract, key=key)


def _verify(message: Any, signer: x509.Certificate) -> None:
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TalkError(Reason.CERTIFICATE, "a signer with a key of another kind")
    try:
        signature.verify(message, key, [signature.ISO2])
    except signature.SignatureError as error:
        raise TalkError(Reason.SIGNATURE, str(error)) from None


def tariff_holds(drive: Drive, message: Any) -> bool:
    """Whether the tariffs in the answer may be relied on: signed by the operator's sub-CA [V2G2-908, -909].

    False without tariffs, or without a signature. TalkError SIGNATURE for one that does not hold.
    """
    if not signature.parts_of(message) or message.header.signature is None:
        return False
    if drive.contract is None or len(drive.contract.chain) < 2:  # noqa: PLR2004  # a leaf and its issuer
        return False
    _verify(message, drive.contract.chain[1])
    return True
