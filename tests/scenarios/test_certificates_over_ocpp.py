"""Certificates that a back-end manages, over mutual TLS: what a station asks for, takes and refuses.

One site and three back-ends. The first, over plain TCP, sends the station on to two others with mutual TLS:
one whose CA nobody knows here, and the right one, which has everything done.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from actors.simulation.csms.authority import Use
from certs.names import common_name
from certs.pem import load_certificates
from certs.requests import load_request
from tests.support.certificate_story import DOMAINS, KINDS, LISTED, Told, asked, hash_data, play
from tests.support.multiplexed import living_pki
from tests.support.short_leaves import LEFT

if TYPE_CHECKING:
    from tests.support.story import Said

pytestmark = pytest.mark.timeout(300)
LINK_TO_CSMS: Final = "site/ocpp/csms_link"
CHARGE_POINT: Final = "site/ocpp/charge_point"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return play(tmp_path_factory.mktemp("certificates"))


def replies(told: Told, tag: str, sender: str, **content: Any) -> list[Said]:
    """What a sender was answered to such commands to the certificate manager."""
    story = told.story
    commands = story.trace(kind="command", name="certificates/main", tag=f"evse_security.{tag}")
    wanted = content.items()
    return [
        story.reply(each) for each in commands if each.sender == sender and wanted <= each.content.items()
    ]


@pytest.mark.rows("S13.13")
def test_a_back_end_whose_ca_is_not_known_is_refused_and_reported(told: Told) -> None:
    # given: the file of the CAs, from the certificate manager
    file = told.story.certs / "ca/csms/CSMS_ROOT_CA.pem"
    asked_for = replies(told, "get_verify_file", LINK_TO_CSMS, certificate_type="CSMS")
    assert {each.content["path"] for each in asked_for} == {str(file)}
    # then: the stranger's handshakes fail, the other one's do not, and it is told
    assert {each["text"] for each in told.foreign.entries()} == {"TLS: tlsv1 alert unknown ca"}
    assert told.foreign.said("BootNotification") == []
    assert told.good.said("BootNotification")
    assert told.events("InvalidCsmsCertificate")


@pytest.mark.rows("S13.12")
def test_the_certificate_of_the_manager_is_shown_to_the_back_end(told: Told) -> None:
    # given: whose names stand in the leaf that the station came with, and in the renewed one
    found = replies(told, "get_leaf_certificate_info", LINK_TO_CSMS, certificate_type="CSMS")
    infos = [each.content["result"]["info"] for each in found]
    names = [_name_in(info.get("certificate") or info["certificate_single"]) for info in infos]
    # then: with its key, which lies where the manager says, the back-end has seen them in that order
    folder = told.story.certs / "client/csms"
    assert {Path(info["key"]).parent for info in infos} == {folder}
    shown = [text.rpartition(" certificate of ")[2] for text in told.greeted()]
    assert shown[0] == names[0]
    assert shown[-1] == names[-1] != names[0]


def _name_in(path: str) -> str:
    return common_name(load_certificates(Path(path).read_bytes())[0]) or ""


@pytest.mark.rows("S18.1", "S18.3", "S18.4", "S13.11", "S13.14")
def test_both_leaves_are_renewed_each_by_a_request_of_its_own(told: Told) -> None:
    # given: both will soon have ended
    leaves = {Use.V2G: "V2G", Use.STATION: "CSMS"}
    for kind in leaves.values():
        (days,) = replies(told, "get_leaf_expiry_days_count", CHARGE_POINT, certificate_type=kind)
        assert days.content["days"] == LEFT.days - 1
    # then: a key and a request for each
    requests = {use: load_request(asked(told, use)[0]["csr"]) for use in leaves}
    assert requests[Use.V2G].public_key() != requests[Use.STATION].public_key()
    # and: cars see the one, and the back-end the other
    assert told.shown_later is not None
    assert told.shown_later.public_key() == requests[Use.V2G].public_key()
    assert told.shown_later != told.shown
    name = common_name(requests[Use.STATION])
    assert told.greeted()[-1].endswith(f" certificate of {name}")


@pytest.mark.rows("S13.4")
def test_certificates_that_were_signed_are_taken_or_refused_with_an_event(told: Told) -> None:
    # given: those of the right CA
    answers = [
        each["frame"][2]["status"]
        for each in told.good.entries()
        if each.get("action") == "CertificateSigned" and each["direction"] == "in"
    ]
    assert answers.count("Accepted") == len(KINDS)
    # then: those of another one for the same requests
    assert {each["status"] for each in told.signed.values()} == {"Rejected"}
    assert answers.count("Rejected") == len(told.signed)
    events = told.events("InvalidChargingStationCertificate")
    assert [each["techInfo"].partition(":")[0] for each in events] == list(told.signed)


@pytest.mark.rows("S13.2")
def test_roots_are_installed_unless_they_are_none(told: Told) -> None:
    made = living_pki()
    for name, file in (("MO_ROOT_CA", "MORootCertificate"), ("MF_ROOT_CA", "ManufacturerRootCertificate")):
        assert told.installed[name] == {"status": "Accepted"}
        assert made[name].certificate in told.kept[file]
    for name, why in (("no root", "InvalidCertificateChain"), ("no certificate", "InvalidFormat")):
        assert told.installed[name]["status"] == "Rejected"
        assert told.installed[name]["statusInfo"]["additionalInfo"] == why


@pytest.mark.rows("S13.3")
def test_a_root_is_deleted_once(told: Told) -> None:
    assert told.deleted["there"]["status"] == "Accepted"
    assert told.deleted["gone"]["status"] == "NotFound"
    left = (told.story.certs / "ca/mf").glob("*.pem")
    assert not any(b"CERTIFICATE" in file.read_bytes() for file in left)


@pytest.mark.rows("S13.6")
@pytest.mark.parametrize("kind", LISTED)
def test_what_is_installed_is_listed_by_its_hashes(told: Told, kind: str) -> None:
    kept = told.kept[kind]
    if kind == "V2GCertificateChain":
        above = [*kept[1:], living_pki()["V2G_ROOT_CA"].certificate]
        first, *children = [hash_data(*pair) for pair in zip(kept, above, strict=True)]
        wanted = [{"certificateHashData": first, "childCertificateHashData": children}]
    else:
        wanted = [{"certificateHashData": hash_data(each, each)} for each in kept]

    found = told.listed[kind]["certificateHashDataChain"]

    assert sorted(found, key=repr) == sorted([each | {"certificateType": kind} for each in wanted], key=repr)


@pytest.mark.rows("S13.10")
def test_of_each_domain_it_is_known_whether_there_is_a_root(told: Told) -> None:
    first, after_installing, after_deleting = told.has_root

    assert first == {"V2G": True, "MO": False, "CSMS": True, "MF": False}
    assert after_installing == dict.fromkeys(DOMAINS, True)
    assert after_deleting == {"V2G": False, "MO": True, "CSMS": True, "MF": False}


@pytest.mark.rows("S13.5")
def test_contracts_and_signers_of_firmware_are_verified(told: Told) -> None:
    verified = [each.content["result"] for each in replies(told, "verify_certificate", CHARGE_POINT)]

    assert verified == ["Valid", "InvalidLeafSignature", "IssuerNotFound", "Valid"]
    tokens = {name: each["validation_result"] for name, each in told.tokens.items()}
    assert tokens["good"]["authorization_status"] == "Accepted"
    assert tokens["forged"]["authorization_status"] == "Invalid"
    assert tokens["forged"]["certificate_status"] == "SignatureError"
    assert told.updates["bad"]["status"] == "InvalidCertificate"
    assert told.updates["good"]["status"] != "InvalidCertificate"
    passed_on = told.story.trace(kind="command", name="system/main", tag="system.update_firmware")
    assert [each.content["firmware_update_request"]["request_id"] for each in passed_on] == [1]


@pytest.mark.rows("S13.8")
def test_the_hashes_of_a_contract_go_into_its_authorization(told: Told) -> None:
    path = [*living_pki()["MO_LEAF"].path]
    pairs = itertools.pairwise(path)
    url = {"responderURL": living_pki().options.ocsp_url}

    (authorize,) = told.good.said("Authorize")

    assert authorize["iso15118CertificateHashData"] == [hash_data(*pair) | url for pair in pairs]
    (found,) = replies(told, "get_mo_ocsp_request_data", CHARGE_POINT)
    data = found.content["request_data"]["ocsp_request_data_list"]
    assert len(data) == len(authorize["iso15118CertificateHashData"])
