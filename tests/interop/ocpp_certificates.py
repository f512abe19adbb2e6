"""The certificate messages of `ocpp_scenario`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from actors.simulation.csms.authority import Use
from certs.names import common_name
from certs.pem import to_pem
from certs.profiles import Domain
from tests.interop.ocpp_service import foreign, signed
from tests.support.multiplexed import living_pki

if TYPE_CHECKING:
    from tests.interop.ocpp_back_ends import Payload
    from tests.interop.ocpp_run import Run


def certificates(run: Run) -> None:
    """M03 to M05, A02: a root comes and goes; a certificate is asked for, signed wrongly, and rightly."""
    root = foreign().roots(Domain.MO)[0]
    before = _installed(run)
    data = hash_data(root, root)
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
    known, csr = _asked(run, "SignChargingStationCertificate", Use.STATION)
    for made, wanted in ((foreign(), "Rejected"), (living_pki(), "Accepted")):
        chain = signed(csr, Use.STATION, made)
        run.status("CertificateSigned", known | {"certificateChain": chain}, wanted)
    run.back_end.awaited(
        "SecurityEventNotification", lambda each: each["type"] == "InvalidChargingStationCertificate"
    )
    run.check(run.site.has_certificate_for(csr), "the signed certificate is not in the store")


def _asked(run: Run, trigger: str, use: Use) -> tuple[Payload, str]:
    """Have the station ask for a certificate; what CertificateSigned has to name, and the request in PEM."""
    run.status("TriggerMessage", {"requestedMessage": trigger}, "Accepted")
    asked = run.back_end.awaited("SignCertificate", lambda each: each.get("certificateType") == use)
    request = x509.load_pem_x509_csr(asked["csr"].encode())
    run.check(request.is_signature_valid, f"{use}: the request has not been signed with its key")
    known = {"requestId": asked["requestId"]} if "requestId" in asked else {}
    run.same(bool(known), run.version == "2.1", "SignCertificate has a requestId")
    return known | {"certificateType": use.value}, asked["csr"]


# -- certificates that cars see ----------------------------------------------------------------------------


def responders(run: Run) -> None:
    """M06: what responders say of the station's chains is fetched as soon as it may be, and kept."""
    _refreshed(run, 0, living_pki()["SECC_LEAF"].certificate.serial_number)


def leaves_for_cars(run: Run) -> None:
    """A02, M06: certificates to show to cars are asked for, and responders are asked about the new ones."""
    kinds = [("SignV2GCertificate", Use.V2G)]
    if run.version == "2.1":
        kinds.append(("SignV2G20Certificate", Use.V2G20))
    for trigger, use in kinds:
        known, csr = _asked(run, trigger, use)
        strange, chain = (signed(csr, use, made) for made in (foreign(), living_pki()))
        before = len(run.site.logged("ocsp_refreshed"))
        run.status("CertificateSigned", known | {"certificateChain": strange}, "Rejected")
        run.status("CertificateSigned", known | {"certificateChain": chain}, "Accepted")
        run.check(run.site.has_certificate_for(csr, "cso"), f"{use}: not in the store")
        _refreshed(run, before, x509.load_pem_x509_certificate(chain.encode()).serial_number)


def _refreshed(run: Run, before: int, serial: int) -> None:
    """Responders are asked about this one, and what they have answered in that round is kept."""
    run.back_end.awaited(
        "GetCertificateStatus", lambda each: int(each["ocspRequestData"]["serialNumber"], 16) == serial
    )
    kept = run.back_end.until(lambda: run.site.logged("ocsp_refreshed")[before:], "the answers to be kept")
    run.check(kept[-1]["answers"] > 0, f"{kept[-1]}")
    run.same(run.site.logged("ocsp_not_refreshed"), [], "rounds that came to nothing")


def contract(run: Run) -> None:
    """M01, C07: a car without a contract gets one from the back-end and charges with it."""
    run.site.charge(3)
    asked = run.back_end.awaited("Get15118EVCertificate")
    run.same(asked["action"], "Install", "action")
    run.same(asked["iso15118SchemaVersion"], "urn:iso:15118:2:2013:MsgDef", "iso15118SchemaVersion")
    emaid = common_name(living_pki()["MO_LEAF"].certificate)
    authorize = run.back_end.awaited("Authorize", lambda each: each["idToken"]["type"] == "eMAID")
    run.same(authorize["idToken"]["idToken"], emaid, "token")
    run.check(authorize.get("iso15118CertificateHashData"), "Authorize without the hashes of the chain")
    token = run.back_end.awaited(
        "TransactionEvent", lambda each: each.get("idToken", {}).get("type") == "eMAID", 60.0
    )
    run.same(token["idToken"]["idToken"], emaid, "token of the transaction")
    ended = run.back_end.awaited(
        "TransactionEvent",
        lambda each: each["eventType"] == "Ended" and each["transactionInfo"]["transactionId"] == _of(token),
        60.0,
    )
    reason = ended["transactionInfo"].get("stoppedReason")  # the plug is pulled as soon as the talk is over
    run.check(reason in {"StoppedByEV", "EVDisconnected"}, f"stoppedReason: {reason}")


def _of(event: Payload) -> str:
    transaction: str = event["transactionInfo"]["transactionId"]
    return transaction


def _installed(run: Run) -> list[Payload]:
    answer = run.call("GetInstalledCertificateIds", {"certificateType": ["MORootCertificate"]})
    return [each["certificateHashData"] for each in answer.get("certificateHashDataChain", ())]


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate) -> Payload:
    """As the package `cryptography` makes it for OCSP."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": asked.issuer_name_hash.hex(),
        "issuerKeyHash": asked.issuer_key_hash.hex(),
        "serialNumber": f"{certificate.serial_number:x}",
    }
