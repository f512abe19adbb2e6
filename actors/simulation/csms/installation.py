"""A provisioning service: what a car is answered that asks for a contract certificate. Pure.

The request is the car's own message in EXI, as Get15118EVCertificate carries it; the answer is the message
that the station passes back. ISO 15118-2: installation and update, -20: installation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448

from certs import chain, pki, profiles
from certs.errors import CertificateError
from certs.names import common_name
from certs.pem import load_der, to_der
from certs.verdict import Refused
from protocols.iso15118 import exi, iso2, signature
from protocols.iso15118.identifiers import IdentifierError, Pcid
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode
from protocols.iso15118.iso20.types import MessageHeader
from protocols.iso15118.key_transport import KeyTransportError, seal_iso2, seal_iso20

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from actors.simulation.csms.authority import Authority

ISO2: Final = pki.Edition.ISO2
ISO20: Final = pki.Edition.ISO20
_REQUESTS: Final = (
    iso2.CertificateInstallationReq,
    iso2.CertificateUpdateReq,
    common.CertificateInstallationReq,
)


class NoContractError(Exception):
    """The car gets no certificate; the text says why."""


def install(
    request: bytes,
    namespace: str,
    authority: Authority,
    emaid_of: Callable[[str], str | None],
    now: datetime,
) -> bytes:
    """The answer to a car's request, in EXI. NoContractError.

    `namespace` is the iso15118SchemaVersion of OCPP. `emaid_of` gives the contract of a PCID, None for the
    one the PKI came with; KeyError: it has none.
    """
    try:
        if "-20" in namespace:
            return exi.encode(
                _iso20(_asked(request, exi.Schema.ISO20_COMMON), authority, emaid_of, now),
                exi.Schema.ISO20_COMMON,
            )
        return exi.encode(_iso2(_asked(request, exi.Schema.ISO2), authority, emaid_of, now), exi.Schema.ISO2)
    except KeyError:
        raise NoContractError("no contract for this car") from None
    except (CertificateError, KeyTransportError, signature.SignatureError, IdentifierError) as error:
        raise NoContractError(str(error)) from None
    except (exi.ExiError, ValueError) as error:
        raise NoContractError(f"the request cannot be read: {error}") from None


def _asked(request: bytes, schema: exi.Schema) -> Any:
    """The request. NoContractError for a message that asks for no certificate."""
    message: Any = exi.decode(request, schema)
    wanted = message.body.body_element if isinstance(message, iso2.V2gMessage) else message
    if not isinstance(wanted, _REQUESTS):
        raise NoContractError("no request for a certificate")
    return message


def _verify(
    leaf: x509.Certificate,
    received: Sequence[x509.Certificate],
    authority: Authority,
    profile: profiles.Profile,
    now: datetime,
) -> None:
    """See that the car's certificate is one of the PKI. NoContractError."""
    domain = profile.domain
    verdict = chain.verify(
        leaf,
        [*received, *authority.intermediates(domain)],
        authority.roots(domain),
        profile=profile,
        now=now,
        revocation=authority,
    )
    if isinstance(verdict, Refused):
        raise NoContractError(f"the car's certificate: {verdict}")


def _iso2(asked: Any, authority: Authority, emaid_of: Callable[[str], str | None], now: datetime) -> Any:
    wanted = asked.body.body_element
    if isinstance(wanted, iso2.CertificateInstallationReq):
        leaf, received, profile = load_der(wanted.oem_provisioning_cert), [], profiles.OEM_ISO2
    else:
        leaf, *received = _certificates(wanted.contract_signature_cert_chain)
        profile = profiles.CONTRACT_ISO2
    _verify(leaf, received, authority, profile, now)
    signature.verify(asked, leaf.public_key(), [signature.ISO2])  # type: ignore[arg-type]  # the profile has seen to it
    name = common_name(leaf) or ""
    contract = authority.contract(emaid_of(name) if profile is profiles.OEM_ISO2 else name, ISO2, now)
    sender = authority.leaf("CPS_LEAF", ISO2)
    sealed = seal_iso2(contract.key, leaf.public_key(), random=authority.random)  # type: ignore[arg-type]  # as above
    parts: dict[str, Any] = {
        "response_code": iso2.ResponseCode.OK,
        "sa_provisioning_certificate_chain": _chain(
            iso2.CertificateChain, iso2.SubCertificates, sender.chain
        ),
        "contract_signature_cert_chain": _chain(
            iso2.CertificateChain, iso2.SubCertificates, contract.chain, id="id1"
        ),
        "contract_signature_encrypted_private_key": iso2.ContractSignatureEncryptedPrivateKey(
            id="id2", value=sealed.encrypted_private_key
        ),
        "dh_public_key": iso2.DiffieHellmanPublicKey(id="id3", value=sealed.dh_public_key),
        "emaid": iso2.Emaid(id="id4", value=common_name(contract.certificate) or ""),
    }
    installs = profile is profiles.OEM_ISO2
    body = iso2.CertificateInstallationRes(**parts) if installs else iso2.CertificateUpdateRes(**parts)
    header = iso2.MessageHeader(session_id=asked.header.session_id)
    message = iso2.V2gMessage(header=header, body=iso2.Body(body_element=body))
    return signature.sign(message, sender.key, signature.ISO2)  # type: ignore[arg-type]  # as above


def _iso20(asked: Any, authority: Authority, emaid_of: Callable[[str], str | None], now: datetime) -> Any:
    leaf, *received = _certificates(asked.oem_provisioning_certificate_chain)
    _verify(leaf, received, authority, profiles.OEM_ISO20, now)
    schemes = [signature.ISO20_SECP521, signature.ISO20_ED448]
    signature.verify(asked, leaf.public_key(), schemes)  # type: ignore[arg-type]  # the profile has seen to it
    receiver = _receiver(leaf)
    pcid = common_name(leaf) or ""
    contract = authority.contract(emaid_of(pcid), ISO20, now)
    sender = authority.leaf("CPS_LEAF", ISO20)
    identifier = contract.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    sealed = seal_iso20(
        contract.key,  # type: ignore[arg-type]  # as above
        receiver,
        pcid=Pcid.parse(pcid),
        contract_key_identifier=identifier.value.digest,
        random=authority.random,
    )
    data = common.SignedInstallationData(
        id="id1",
        contract_certificate_chain=_chain(
            common.ContractCertificateChain, common.SubCertificates, contract.chain
        ),
        ecdh_curve=common.EcdhCurve(sealed.ecdh_curve),
        dh_public_key=sealed.dh_public_key,
        **{_FIELDS[sealed.element]: sealed.encrypted_private_key},
    )
    body = common.CertificateInstallationRes(
        header=MessageHeader(
            session_id=asked.header.session_id, time_stamp=exi.UnixTime(int(now.timestamp()))
        ),
        response_code=ResponseCode.OK,
        evse_processing=Processing.FINISHED,
        cps_certificate_chain=_chain(common.CertificateChain, common.SubCertificates, sender.chain),
        signed_installation_data=data,
        remaining_contract_certificate_chains=0,
    )
    is_448 = isinstance(sender.key, ed448.Ed448PrivateKey)
    scheme = signature.ISO20_ED448 if is_448 else signature.ISO20_SECP521
    return signature.sign(body, sender.key, scheme)  # type: ignore[arg-type]  # as above


def _receiver(leaf: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The key that a contract is sealed for. NoContractError: an Edwards key signs and does nothing else."""
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise NoContractError("the car's certificate has no key that a contract can be sealed for")
    return key


_FIELDS: Final = {
    "SECP521_EncryptedPrivateKey": "secp521_encrypted_private_key",
    "X448_EncryptedPrivateKey": "x448_encrypted_private_key",
}


def _certificates(sent: Any) -> list[x509.Certificate]:
    subs = sent.sub_certificates.certificate if sent.sub_certificates is not None else ()
    return [load_der(one) for one in (sent.certificate, *subs)]


def _chain(kind: Any, subs: Any, certificates: Sequence[x509.Certificate], **more: str) -> Any:
    leaf, *above = map(to_der, certificates)
    return kind(certificate=leaf, sub_certificates=subs(certificate=tuple(above)), **more)
