"""A provisioning service of ISO 15118-20, as a car meets it through a station."""

from __future__ import annotations

import dataclasses
import secrets

from cryptography import x509

from certs.pem import to_der
from protocols.iso15118 import signature
from protocols.iso15118.identifiers import Pcid
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode
from protocols.iso15118.key_transport import seal_iso20
from tests.support.certificates import world
from tests.support.ev_iso20_station import HEADER


def _chain(kind, name):
    leaf, *subs = map(to_der, world()[name].chain)
    return kind(certificate=leaf, sub_certificates=common.SubCertificates(certificate=tuple(subs)))


def provisioning(*, sender="CPS_LEAF_20", signer="CPS_LEAF_20", receiver="OEM_LEAF_20", data=None, **changes):
    """An answer to CertificateInstallationReq as a provisioning service would make it."""
    contract = world()["MO_LEAF_20"]
    sealed = seal_iso20(
        contract.key,
        world()[receiver].key.public_key(),
        pcid=Pcid.parse("WEVSITE0000000001"),
        contract_key_identifier=contract.certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value.digest,
        random=secrets.token_bytes,
    )
    body = common.CertificateInstallationRes(
        header=HEADER,
        response_code=ResponseCode.OK,
        evse_processing=Processing.FINISHED,
        cps_certificate_chain=_chain(common.CertificateChain, sender),
        signed_installation_data=common.SignedInstallationData(
            id="id1",
            contract_certificate_chain=_chain(common.ContractCertificateChain, "MO_LEAF_20"),
            ecdh_curve=common.EcdhCurve.SECP521,
            dh_public_key=sealed.dh_public_key,
            secp521_encrypted_private_key=sealed.encrypted_private_key,
        ),
        remaining_contract_certificate_chains=0,
    )
    body = dataclasses.replace(
        body, signed_installation_data=dataclasses.replace(body.signed_installation_data, **(data or {}))
    )
    made = signature.sign(body, world()[signer].key, signature.ISO20_SECP521)
    return dataclasses.replace(made, **changes)
