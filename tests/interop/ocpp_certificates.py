"""The certificate messages of `ocpp_scenario`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from certs.pem import to_pem
from certs.profiles import Domain
from tests.interop.ocpp_site import foreign, signed
from tests.support.multiplexed import living_pki

if TYPE_CHECKING:
    from tests.interop.ocpp_back_ends import Payload
    from tests.interop.ocpp_run import Run


def certificates(run: Run) -> None:
    """M03 to M05, A02: a root comes and goes; a certificate is asked for, signed wrongly, and rightly."""
    root = foreign().roots(Domain.MO)[0]
    before = _installed(run)
    data = _hash_data(root)
    run.check(data not in before, "the root is there already")
    install = {"certificateType": "MORootCertificate", "certificate": to_pem([root]).decode()}
    run.status("InstallCertificate", install, "Accepted")
    run.check(data in _installed(run), f"what is installed has no {data}")
    run.status("InstallCertificate", install | {"certificate": "nonsense"}, "Rejected")
    _signed(run)
    run.status("DeleteCertificate", {"certificateHashData": data}, "Accepted")
    run.status("DeleteCertificate", {"certificateHashData": data}, "NotFound")
    run.same(_installed(run), before, "what is installed at the end")


def _signed(run: Run) -> None:
    run.status("TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}, "Accepted")
    asked = run.back_end.awaited("SignCertificate")
    request = x509.load_pem_x509_csr(asked["csr"].encode())
    run.check(request.is_signature_valid, "the request has not been signed with its key")
    run.same(asked.get("certificateType"), "ChargingStationCertificate", "certificateType")
    known = {"requestId": asked["requestId"]} if "requestId" in asked else {}
    run.same(bool(known), run.version == "2.1", "SignCertificate has a requestId")
    for made, wanted in ((foreign(), "Rejected"), (living_pki(), "Accepted")):
        chain = signed(request, made)
        run.status("CertificateSigned", known | {"certificateChain": chain,
                   "certificateType": "ChargingStationCertificate"}, wanted)  # fmt: skip
    run.back_end.awaited(
        "SecurityEventNotification", lambda each: each["type"] == "InvalidChargingStationCertificate"
    )
    run.check(run.site.has_certificate_for(request), "the signed certificate is not in the store")


def _installed(run: Run) -> list[Payload]:
    answer = run.call("GetInstalledCertificateIds", {"certificateType": ["MORootCertificate"]})
    return [each["certificateHashData"] for each in answer.get("certificateHashDataChain", ())]


def _hash_data(root: x509.Certificate) -> Payload:
    """As the package `cryptography` makes it for OCSP."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(root, root, hashes.SHA256()).build()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": asked.issuer_name_hash.hex(),
        "issuerKeyHash": asked.issuer_key_hash.hex(),
        "serialNumber": f"{root.serial_number:x}",
    }
