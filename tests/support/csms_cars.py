"""Cars that ask a provisioning service for their contract, and what they make of its answer."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed448

from certs.pem import load_der, to_der
from protocols.iso15118 import exi, iso2, signature, xmldsig
from protocols.iso15118.identifiers import Pcid
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.types import ListOfRootCertificateIds, MessageHeader
from protocols.iso15118.key_transport import open_iso2, open_iso20
from tests.support.certificates import NOW, world

ISO2 = "urn:iso:15118:2:2013:MsgDef"
ISO20 = "urn:iso:std:iso:15118:-20:CommonMessages"
SESSION = bytes(range(8))
PCID = "WEVSITE0000000001"
EMAID = "DE8EVSC0000001X"


def roots(kind: Any = iso2.ListOfRootCertificateIds) -> Any:
    """The root that the car trusts."""
    root = world()["V2G_ROOT_CA"].certificate
    one = xmldsig.X509IssuerSerial(
        x509_issuer_name=root.issuer.rfc4514_string(), x509_serial_number=root.serial_number
    )
    return kind(root_certificate_id=(one,))


def chain(kind: Any, subs: Any, identity: Any, **more: Any) -> Any:
    """A chain as messages hold it."""
    leaf, *above = map(to_der, identity.chain)
    return kind(certificate=leaf, sub_certificates=subs(certificate=tuple(above)), **more)


def asks_iso2(identity: Any = None, *, signer: Any = None, update: bool = False) -> bytes:
    """A request of ISO 15118-2 in EXI, for a contract or to renew one."""
    known = identity or world()["MO_LEAF" if update else "OEM_LEAF"]
    body: Any = iso2.CertificateInstallationReq(
        id="id1", oem_provisioning_cert=to_der(known.certificate), list_of_root_certificate_ids=roots()
    )
    if update:
        sent = chain(iso2.CertificateChain, iso2.SubCertificates, known)
        body = iso2.CertificateUpdateReq(
            id="id1", contract_signature_cert_chain=sent, emaid=EMAID, list_of_root_certificate_ids=roots()
        )
    message = iso2.V2gMessage(
        header=iso2.MessageHeader(session_id=SESSION), body=iso2.Body(body_element=body)
    )
    signed = signature.sign(message, (signer or known).key, signature.ISO2)
    return exi.encode(signed, exi.Schema.ISO2)


def asks_iso20(identity: Any = None, *, signer: Any = None) -> bytes:
    """A request of ISO 15118-20 in EXI."""
    known = identity or world()["OEM_LEAF_20"]
    body = common.CertificateInstallationReq(
        header=MessageHeader(session_id=SESSION, time_stamp=exi.UnixTime(int(NOW.timestamp()))),
        oem_provisioning_certificate_chain=chain(
            common.SignedCertificateChain, common.SubCertificates, known, id="id1"
        ),
        list_of_root_certificate_ids=roots(ListOfRootCertificateIds),
        maximum_contract_certificate_chains=1,
    )
    key = (signer or known).key
    scheme = signature.ISO20_ED448 if isinstance(key, ed448.Ed448PrivateKey) else signature.ISO20_SECP521
    return exi.encode(signature.sign(body, key, scheme), exi.Schema.ISO20_COMMON)


def opened_iso2(answer: bytes, car: Any = None) -> tuple[x509.Certificate, Any, Any]:
    """The contract in an answer, its key, and the message, whose signature holds."""
    message: Any = exi.decode(answer, exi.Schema.ISO2)
    body = message.body.body_element
    sender = load_der(body.sa_provisioning_certificate_chain.certificate)
    signature.verify(message, sender.public_key(), [signature.ISO2])  # type: ignore[arg-type]  # a wrong kind of key ends the test
    contract = load_der(body.contract_signature_cert_chain.certificate)
    key = open_iso2(
        body.contract_signature_encrypted_private_key.value,
        body.dh_public_key.value,
        (car or world()["OEM_LEAF"]).key,
        contract.public_key(),  # type: ignore[arg-type]  # as above
    )
    return contract, key, message


def opened_iso20(answer: bytes) -> tuple[x509.Certificate, Any, Any]:
    """The same for ISO 15118-20."""
    message: Any = exi.decode(answer, exi.Schema.ISO20_COMMON)
    sender = load_der(message.cps_certificate_chain.certificate)
    schemes = [signature.ISO20_SECP521, signature.ISO20_ED448]
    signature.verify(message, sender.public_key(), schemes)  # type: ignore[arg-type]  # as above
    data = message.signed_installation_data
    contract = load_der(data.contract_certificate_chain.certificate)
    identifier = contract.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    key = open_iso20(
        data.secp521_encrypted_private_key or data.x448_encrypted_private_key,
        data.dh_public_key,
        world()["OEM_LEAF_20"].key,
        contract.public_key(),  # type: ignore[arg-type]  # as above
        pcid=Pcid.parse(PCID),
        contract_key_identifier=identifier,
    )
    return contract, key, message
