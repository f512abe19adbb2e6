"""What the back-end says of certificates, carried out by a real store and signed by real CAs.

Rows S2.9 to S2.11, S13.2 to S13.4, S13.6, S13.7, S13.9, S13.11, S13.14.
"""

import base64
from pathlib import Path
from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from actors.certificates.commands import ROWS
from actors.ocpp import inputs
from actors.ocpp.blocks import certificate_expiry, certificates, csr, ocsp, security
from actors.ocpp.blocks.certificate_tables import Kind
from actors.ocpp.device_model import variables
from actors.simulation.csms.authority import Use
from certs.hashes import HashAlgorithm, HashData
from protocols.ocpp.version import Version
from protocols.types import evse_security as types
from tests.support.certificates import NOW, Forge, world
from tests.support.csms_stage import authority
from tests.support.ocpp_station import Station
from tests.support.stores import opened, provision, text

BLOCKS = (certificates.BLOCK, csr.BLOCK, certificate_expiry.BLOCK, ocsp.BLOCK, security.BLOCK)
ROOTS = ("ca/v2g/", "ca/csms/")


class Site:
    """A station, its store, and a back-end with a PKI."""

    def __init__(self, root: Path, wanted: tuple[str, ...]) -> None:
        self.store = opened(provision(root, wanted, world()))
        self.authority = authority()
        self.station = Station(blocks=BLOCKS, version=Version.V21, now=NOW, security_profile=3)
        self._asked = 0
        self.station.connect()

        def accepted(turn: Any) -> None:
            turn.live.accepted = True

        self.station.turn(accepted)

    def settle(self) -> None:
        """Let the store answer, until it is asked no more."""
        effects = self.station.effects
        while self._asked < len(effects):
            each = effects[self._asked]
            self._asked += 1
            if isinstance(each, inputs.Ask) and (row := ROWS.get(type(each.command))) is not None:
                reply = row.run(self.store, each.command, self.station.now)
                self.station.feed(inputs.Replied(each.purpose, reply))

    def request(self, payload: object) -> dict[str, Any]:
        """The CSMS asks; how it was answered."""
        self.station.request(payload)
        self.settle()
        answer = self.station.response()
        assert isinstance(answer, dict)
        return answer

    def requested(self, kind: Kind) -> dict[str, Any]:
        """A request for a certificate, as the CSMS gets it, and takes it."""
        self.station.turn(lambda turn: csr.sign(turn, kind))
        self.settle()
        self.station.answered(call_result.SignCertificate(enums.GenericStatusEnumType.accepted))
        return self.station.sent("SignCertificate")[-1]

    def looked(self, kind: Kind) -> None:
        """It is time to look how long a leaf is still good."""
        self.station.fire(f"expiry {kind.value}")
        self.settle()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_leaf_that_the_back_end_signs_is_used(tmp_path: Path, kind: Kind) -> None:
    site = Site(tmp_path, ROOTS)
    asked = site.requested(kind)

    chain = site.authority.sign(asked["csr"], Use(asked["certificateType"]), NOW)
    signed = call.CertificateSigned(chain, request_id=asked["requestId"])

    assert site.request(signed) == {"status": "Accepted"}  # S13.4
    assert site.request(signed) == {"status": "Accepted"}  # it is there already
    csms = kind is Kind.STATION
    leaf = types.LeafCertificateType.CSMS if csms else types.LeafCertificateType.V2G
    assert site.store.get_leaf_expiry_days_count(leaf, now=NOW) > 0  # S2.10


def test_a_renewed_leaf_is_not_renewed_again(tmp_path: Path) -> None:
    site = Site(tmp_path, ROOTS)
    site.looked(Kind.V2G)
    site.station.answered(call_result.SignCertificate(enums.GenericStatusEnumType.accepted))
    (asked,) = site.station.sent("SignCertificate")  # S18.3
    chain = site.authority.sign(asked["csr"], Use.V2G, NOW)
    site.request(call.CertificateSigned(chain, request_id=asked["requestId"]))

    site.looked(Kind.V2G)

    assert len(site.station.sent("SignCertificate")) == 1  # S13.14


def test_a_leaf_for_somebody_elses_key_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path, ROOTS)
    site.requested(Kind.V2G)

    chain = text(*world()["SECC_LEAF"].chain)
    answer = site.request(call.CertificateSigned(chain, enums.CertificateSigningUseEnumType.v2g_certificate))

    assert answer["status"] == "Rejected"  # S13.4
    assert site.station.notes().count("security_event") == 1


def test_a_root_can_be_installed_listed_and_deleted(tmp_path: Path) -> None:
    site = Site(tmp_path, ())
    root = text(world()["MO_ROOT_CA"].certificate)
    use = enums.InstallCertificateUseEnumType.mo_root_certificate
    assert site.request(call.InstallCertificate(root, use)) == {"status": "Accepted"}  # S2.9, S13.2

    listed = site.request(call.GetInstalledCertificateIds())  # S13.6
    (chain,) = listed["certificateHashDataChain"]
    found = chain["certificateHashData"]
    data = datatypes.CertificateHashDataType(
        hash_algorithm=enums.HashAlgorithmEnumType(found["hashAlgorithm"]),
        issuer_name_hash=found["issuerNameHash"].upper(),
        issuer_key_hash=found["issuerKeyHash"].upper(),
        serial_number=f"00{found['serialNumber']}".upper(),
    )

    answers = [site.request(call.DeleteCertificate(data))["status"] for _ in range(2)]
    assert answers == ["Accepted", "NotFound"]  # S13.3
    assert site.request(call.GetInstalledCertificateIds())["status"] == "NotFound"


def test_a_root_of_the_back_end_is_replaced_by_its_leave_alone(tmp_path: Path) -> None:
    """AdditionalRootCertificateCheck: M05.FR.09 to FR.11."""
    site = Site(tmp_path, ("ca/csms/",))
    site.station.set(variables.ADDITIONAL_ROOT_CHECK, value=True)
    forge = Forge("other back-ends")
    wanted = (
        (world()["CSMS_ROOT_CA"], "Accepted"),  # it is there already
        (forge.root("Another"), "Rejected"),
        (forge.ca("Foreign", forge.root("Unknown")), "Rejected"),
        (forge.ca("Heir", world()["CSMS_ROOT_CA"]), "Accepted"),
    )
    use = enums.InstallCertificateUseEnumType.csms_root_certificate

    answers = [
        site.request(call.InstallCertificate(text(each.certificate), use))["status"] for each, _ in wanted
    ]

    assert answers == [expected for _, expected in wanted]


def test_what_responders_say_is_kept_beside_the_chain(tmp_path: Path) -> None:
    site = Site(tmp_path, ("ca/v2g/", "client/cso/"))
    site.station.fire("ocsp")
    site.settle()
    status = enums.GetCertificateStatusEnumType.accepted
    while site.station.open is not None:
        data = site.station.sent("GetCertificateStatus")[-1]["ocspRequestData"]
        der = site.authority.ocsp_response(
            HashData(
                algorithm=HashAlgorithm(data["hashAlgorithm"]),
                issuer_name_hash=data["issuerNameHash"],
                issuer_key_hash=data["issuerKeyHash"],
                serial_number=data["serialNumber"],
            ),
            NOW,
        )
        assert der is not None
        site.station.answered(
            call_result.GetCertificateStatus(status, ocsp_result=base64.b64encode(der).decode())
        )
        site.settle()

    assert site.station.timers()["ocsp"] == 3600.0  # looks whether it is due; S13.7
    info = site.store.get_leaf_certificate_info(
        types.LeafCertificateType.V2G, types.EncodingFormat.PEM, include_ocsp=True, now=NOW
    ).info
    assert info is not None
    assert info.ocsp is not None
    assert any(each.ocsp_path for each in info.ocsp)  # S13.9
