"""A certificate provisioning service of ISO 15118-2 with the contract of one car: what is behind a CSMS."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any, Self

from cryptography import x509

from certs.names import common_name
from certs.pem import to_der
from certs.tls import load_identity
from protocols.iso15118 import exi, iso2, signature
from protocols.iso15118.key_transport import seal_iso2
from protocols.types import iso15118

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from certs.keys import PrivateKey


class ProvisioningService:
    """Answers a request of a car with the contract it has, sealed for that car."""

    def __init__(
        self,
        sender: tuple[Sequence[x509.Certificate], PrivateKey],
        contract: tuple[Sequence[x509.Certificate], PrivateKey],
    ) -> None:
        self._sender, self._contract = sender, contract

    @classmethod
    def of(cls, directory: Path) -> Self:
        """One with the certificates of a test PKI in EVerest's layout."""

        def held(folder: str, chain: str, leaf: str) -> tuple[Sequence[x509.Certificate], Any]:
            place = directory / "client" / folder
            found = load_identity((place / chain).read_bytes(), (place / f"{leaf}.key").read_bytes())
            return found.certificates, found.key

        return cls(held("cps", "CPS_CERT_CHAIN.pem", "CPS_LEAF"), held("mo", "MO_CERT_CHAIN.pem", "MO_LEAF"))

    def __call__(self, request: iso15118.RequestExiStreamSchema) -> iso15118.ResponseExiStreamStatus:
        """The answer, signed, as it travels through the CSMS."""
        asked: Any = exi.decode(base64.b64decode(request.exi_request), exi.Schema.ISO2)
        provisioned = x509.load_der_x509_certificate(asked.body.body_element.oem_provisioning_cert)
        certificates, key = self._contract
        sealed: Any = seal_iso2(key, provisioned.public_key(), random=secrets.token_bytes)  # type: ignore[arg-type]  # a wrong kind of key ends the test
        body = iso2.CertificateInstallationRes(
            response_code=iso2.ResponseCode.OK,
            sa_provisioning_certificate_chain=_chain(self._sender[0]),
            contract_signature_cert_chain=_chain(certificates, id="id1"),
            contract_signature_encrypted_private_key=iso2.ContractSignatureEncryptedPrivateKey(
                id="id2", value=sealed.encrypted_private_key
            ),
            dh_public_key=iso2.DiffieHellmanPublicKey(id="id3", value=sealed.dh_public_key),
            emaid=iso2.Emaid(id="id4", value=common_name(certificates[0]) or ""),
        )
        message = iso2.V2gMessage(
            header=iso2.MessageHeader(session_id=asked.header.session_id), body=iso2.Body(body_element=body)
        )
        signed = signature.sign(message, self._sender[1], signature.ISO2)  # type: ignore[arg-type]  # as above
        return iso15118.ResponseExiStreamStatus(
            status=iso15118.ExiResponseStatus.ACCEPTED,
            exi_response=base64.b64encode(exi.encode(signed, exi.Schema.ISO2)).decode(),
            certificate_action=request.certificate_action,
        )


def _chain(certificates: Sequence[x509.Certificate], **more: str) -> iso2.CertificateChain:
    leaf, *subs = map(to_der, certificates)
    return iso2.CertificateChain(
        certificate=leaf, sub_certificates=iso2.SubCertificates(certificate=tuple(subs)), **more
    )
