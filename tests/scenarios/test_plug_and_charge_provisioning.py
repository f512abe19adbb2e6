"""Step 0 from outside: a station without certificates gets them, by files and by the back-end (rows S2).

One site whose certificates lie elsewhere than usual, and of which there are none at first. What is done to it
is done in the order of `tell`; the tests look at what was answered, shown, written and said.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from actors.gateway.client import CallError
from certs.keys import KeyKind, generate_key
from certs.names import describe
from certs.store import Settings, Store
from protocols.message import message_types
from protocols.types.evse_security import CertificateType
from tests.support.charging_site import Car
from tests.support.contracts import EMAID, station_contract
from tests.support.multiplexed import living_pki
from tests.support.stores import DAY, leaf_for, put, text, tree
from tests.support.story import Story
from tests.support.talks import Talk, keep_evidence, talks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)
OWN_ROOT, STATION_ROOT = 1, 2
"""EVSEs: whose car has a contract below an MO root, and below the V2G root."""
CARS = {OWN_ROOT: Car(speaks=True), STATION_ROOT: Car(speaks=True, wallet="below_v2g")}
ROOTED = "DE8EVSC0000002X"
USUAL = ("ca/v2g", "ca/mo", "client/cso")
"""Where these files would lie if nobody had said otherwise."""


@dataclasses.dataclass
class Seen:
    """What was there at some moments."""

    usual: dict[str, bytes] = dataclasses.field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    """Of the back-end's requests, and of commands to the certificate manager."""
    ports: dict[str, int | None] = dataclasses.field(default_factory=dict)
    """The port for TLS by moment."""
    shown: dict[str, list[x509.Certificate]] = dataclasses.field(default_factory=dict)
    """The chain in a handshake by moment."""
    listed: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    """What the Gateway listed of leaves when there was one without its key."""
    provisioned: int = 0
    """The line of the trace at which step 0 was over."""


class Recorded:
    """The site while it still runs, and what was seen."""

    def __init__(self, directory: Path) -> None:
        self.store = directory / "elsewhere"
        self.evidence = directory / "evidence"
        self.seen = Seen()
        self.story: Story

    @property
    def v2g_roots(self) -> Path:
        return self.store / "v2g" / "roots.pem"

    @property
    def mo_roots(self) -> Path:
        return self.store / "mo" / "roots.pem"

    def configure(self, modules: dict[str, Any]) -> None:
        """Everything lies elsewhere; the first car speaks over plain TCP, unless it pays by contract."""
        keep_evidence(modules, self.evidence)
        modules["certificates"]["config_module"] = {
            "store_watch_s": 0.2,
            "v2g_ca_bundle": str(self.v2g_roots),
            "mo_ca_bundle": str(self.mo_roots),
            "secc_leaf_cert_directory": str(self.store / "leaves"),
            "secc_leaf_key_directory": str(self.store / "keys"),
        }
        modules[f"car_{OWN_ROOT}_v2g"]["config_module"]["tls_active"] = False

    def tls_port(self) -> int | None:
        opened = [each for each in self.story.logged("v2g_ports_open") if each["evse"] == OWN_ROOT]
        return opened[-1]["tls"] if opened else None

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """The certificate manager's reply over the Gateway."""
        found: dict[str, Any] = self.story.gateway.ask("certificates/main", command, **arguments)
        return found

    def leaf_status(self) -> str:
        """What is said of the leaf for cars."""
        told = self.ask(
            "get_leaf_certificate_info", certificate_type="V2G", encoding="PEM", include_ocsp=False
        )
        return str(told["result"]["status"])

    def leaves_listed(self) -> list[dict[str, Any]]:
        """What the Gateway lists of leaves for cars."""
        listed = self.story.gateway.call("certificates.list")["certificates"]
        return [each for each in listed if each["kind"] == "SECC leaf"]

    def handshake(self) -> list[x509.Certificate]:
        """The chain that the first link shows to a client of OpenSSL that trusts the V2G root."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.load_verify_locations(str(self.story.state / "car/ca/v2g/V2G_ROOT_CA.pem"))
        context.set_verify(SSL.VERIFY_PEER)
        with socket.create_connection(("::1", self.tls_port() or 0), timeout=30) as plain:
            plain.settimeout(None)  # what comes next is OpenSSL's own reading
            client = SSL.Connection(context, plain)
            client.set_connect_state()
            client.do_handshake()
            return list(client.get_peer_cert_chain(as_cryptography=True) or ())

    def charge(self, evse: int) -> Talk:
        """A car comes for a charge by contract; its talk, once that is over."""
        before = len(talks(self.evidence, evse))
        call = self.story.gateway.call
        call("ev.plug_in", evse=evse, behaviour="iso15118-2", payment="contract", duration_s=1)
        self.story.until(lambda: len(talks(self.evidence, evse)) > before)
        with contextlib.suppress(CallError):  # it may have left by itself
            call("ev.plug_out", evse=evse)
        self.story.until(lambda: session_ended(self.story, evse))
        return talks(self.evidence, evse)[before]

    def install(self, kind: str, name: str) -> dict[str, Any]:
        """The back-end installs a root."""
        root = text(living_pki()[name].certificate)
        return self.story.csms.call("InstallCertificate", {"certificateType": kind, "certificate": root})

    def renew(self) -> x509.CertificateSigningRequest:
        """The back-end has the station ask for a leaf, and signs it; the request, once cars see the leaf."""
        csms, seen = self.story.csms, len(self.story.csms.said("SignCertificate"))
        answer = csms.call("TriggerMessage", {"requestedMessage": "SignV2GCertificate"})
        assert answer["status"] == "Accepted"
        self.story.until(lambda: len(csms.said("SignCertificate")) > seen)
        request = x509.load_pem_x509_csr(csms.said("SignCertificate")[-1]["csr"].encode())
        self.story.until(lambda: self.tls_port() and self.handshake()[0].public_key() == request.public_key())
        return request

    # -- what happens --------------------------------------------------------------------------------------

    def tell(self) -> None:
        """No certificates; a leaf without its key; all by the back-end; charges; no V2G root any more."""
        seen, story = self.seen, self.story
        seen.usual = usual_files(story)
        story.until(lambda: story.logged("v2g_ports_open"))
        seen.ports["without certificates"] = self.tls_port()
        story.gateway.call("ev.plug_in", evse=OWN_ROOT, behaviour="iso15118-2")
        story.until(lambda: story.trace(tag="iso15118_charger.require_auth_eim"))
        story.gateway.call("ev.plug_out", evse=OWN_ROOT)
        story.until(lambda: talks(self.evidence, OWN_ROOT))
        story.until(lambda: session_ended(story, OWN_ROOT))

        key, now = generate_key(KeyKind.P256), datetime.now(UTC)
        leaf = leaf_for(key, made=living_pki(), start=now - DAY, end=now + 30 * DAY)
        put(self.store / "leaves" / "LEAF.pem", text(leaf))
        story.until(lambda: self.leaf_status() == "PrivateKeyNotFound")
        seen.listed = story.until(self.leaves_listed)
        seen.ports["without the key"] = self.tls_port()

        seen.answers["V2G root"] = self.install("V2GRootCertificate", "V2G_ROOT_CA")
        seen.answers["first request"] = {"csr": self.renew()}
        seen.shown["first"] = self.handshake()
        story.csms.post("script", {"certificates": {"leaf_days": 180}})  # the leaf that ends last is shown
        seen.answers["second request"] = {"csr": self.renew()}
        seen.shown["second"] = self.handshake()
        seen.provisioned = len(story.trace())

        self.charge(OWN_ROOT)
        seen.answers["MO root"] = self.install("MORootCertificate", "MO_ROOT_CA")
        self.charge(STATION_ROOT)
        seen.answers["installed"] = story.csms.call("GetInstalledCertificateIds", {})

        central = {
            "component": {"name": "ISO15118Ctrlr"},
            "variable": {"name": "CentralContractValidationAllowed"},
        }
        story.csms.call("SetVariables", {"setVariableData": [{**central, "attributeValue": "false"}]})
        self.v2g_roots.write_bytes(b"")
        story.until(lambda: not self.ask("is_ca_certificate_installed", certificate_type="V2G")["installed"])
        self.charge(STATION_ROOT)


def usual_files(story: Story) -> dict[str, bytes]:
    return tree(story.certs, lambda name: name.startswith(USUAL))


def session_ended(story: Story, evse: int) -> bool:
    events = story.trace(tag="evse_manager.session_event", name=f"evse_{evse}/evse")
    return bool(events) and events[-1].content["event"]["event"] == "SessionFinished"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    directory = tmp_path_factory.mktemp("provisioning")
    found = Recorded(directory)
    story = Story(
        directory, CARS, change=found.configure,
        prepare=lambda state: station_contract(state, "below_v2g", ROOTED),
        script={"certificates": {"leaf_days": 90}},
    )  # fmt: skip
    with story:
        found.story = story
        found.tell()
        yield found


# -- what is missing ---------------------------------------------------------------------------------------


@pytest.mark.rows("S2.1")
def test_without_its_v2g_root_a_contract_is_refused_for_that(recorded: Recorded) -> None:
    *before, without = recorded_talks(recorded, STATION_ROOT)
    assert before[0].codes() == []
    assert without.codes() == ["FAILED_CertChainError"]
    assert without.facts["end"]["authorization"]["certificate_status"] == "CertChainError"
    asked = [each for each in recorded.story.csms.said("Authorize") if each["idToken"]["idToken"] == ROOTED]
    assert len(asked) == 1


@pytest.mark.rows("S2.2")
def test_without_a_leaf_there_is_plain_tcp_and_no_contract(recorded: Recorded) -> None:
    assert recorded.seen.ports["without certificates"] is None
    first = recorded_talks(recorded, OWN_ROOT)[0]
    assert not first.secured
    assert first.said("ServiceDiscoveryRes")[0]["PaymentOptionList"] == {"PaymentOption": ["ExternalPayment"]}
    assert {each["status"] for each in recorded.story.logged("v2g_without_tls")} >= {"NotFound"}


@pytest.mark.rows("S2.3")
def test_a_leaf_without_its_key_is_told_and_not_used(recorded: Recorded) -> None:
    replies = recorded.story.trace(kind="reply", name="certificates/main")
    told = {each.content["result"]["status"] for each in replies if "get_leaf_certificate_info" in each.tag}
    assert "PrivateKeyNotFound" in told
    assert recorded.seen.ports["without the key"] is None
    shown = {each[0].serial_number for each in recorded.seen.shown.values()}
    orphan = x509.load_pem_x509_certificate((recorded.store / "leaves" / "LEAF.pem").read_bytes())
    assert orphan.serial_number not in shown
    (listed,) = recorded.seen.listed
    assert (listed["subject"], listed["problem"]) == (describe(orphan.subject), "its private key is missing")


@pytest.mark.rows("S2.4")
def test_without_an_mo_root_the_back_end_decides(recorded: Recorded) -> None:
    talk = recorded_talks(recorded, OWN_ROOT)[1]
    (asked,) = [each for each in recorded.story.csms.said("Authorize") if each["idToken"]["idToken"] == EMAID]
    assert talk.secured
    assert talk.codes() == []
    assert recorded.story.transactions(OWN_ROOT, "Started")
    # it is given the chain itself: nobody here can make hash data of a chain that ends nowhere
    assert asked["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "iso15118CertificateHashData" not in asked
    verified = recorded.story.trace(tag="evse_security.verify_certificate_reply", name="certificates/main")
    assert verified[0].content["result"] == "IssuerNotFound"


def recorded_talks(recorded: Recorded, evse: int) -> list[Talk]:
    return talks(recorded.evidence, evse)


# -- how it arrives ----------------------------------------------------------------------------------------


@pytest.mark.rows("S2.5")
def test_files_and_messages_lead_to_the_same_store(recorded: Recorded) -> None:
    by_files = Store(Settings(root=recorded.story.certs))
    kinds = (CertificateType.V2G_ROOT_CERTIFICATE, CertificateType.MO_ROOT_CERTIFICATE)
    files = {
        (each.certificate_type.value, each.certificate_hash_data.serial_number.lower())
        for each in by_files.get_installed_certificates(
            kinds, now=datetime.now(UTC)
        ).certificate_hash_data_chain
    }
    living = {"V2G_ROOT_CA": "V2GRootCertificate", "MO_ROOT_CA": "MORootCertificate"}
    sent = {(kind, f"{living_pki()[name].certificate.serial_number:x}") for name, kind in living.items()}
    messages = {
        (each["certificateType"], each["certificateHashData"]["serialNumber"].lower())
        for each in recorded.seen.answers["installed"]["certificateHashDataChain"]
        if each["certificateType"] in living.values()
    }
    assert messages == sent <= files
    leaf = x509.load_pem_x509_certificate((recorded.story.certs / "client/cso/SECC_LEAF.pem").read_bytes())
    assert recorded.seen.shown["second"][0].issuer == leaf.issuer


@pytest.mark.rows("S2.6", "S4.10")
def test_files_appear_where_the_configuration_says_and_nowhere_else(recorded: Recorded) -> None:
    assert usual_files(recorded.story) == recorded.seen.usual
    files = [path.relative_to(recorded.store) for path in recorded.store.rglob("*") if path.is_file()]
    assert {path.parts[0] for path in files} == {"v2g", "mo", "leaves", "keys"}
    assert len(list((recorded.store / "keys").glob("*.key"))) == 2
    told = recorded.ask("get_verify_file", certificate_type="MO")
    assert told["path"] == str(recorded.mo_roots)


@pytest.mark.rows("S2.7")
def test_all_of_step_0_happens_while_no_car_is_there(recorded: Recorded) -> None:
    events = recorded.story.trace(tag="evse_manager.session_event")
    last = [each.content["event"]["event"] for each in events if each.order < recorded.seen.provisioned][-1]
    assert last == "SessionFinished"
    done = {
        each.tag.partition(".")[2]
        for each in recorded.story.trace(
            kind="command", name="certificates/main", sender="site/ocpp/charge_point"
        )
        if each.order < recorded.seen.provisioned
    }
    assert done >= {
        "install_ca_certificate",
        "generate_certificate_signing_request",
        "update_leaf_certificate",
    }
    for command in ("install_ca_certificate", "update_leaf_certificate"):
        replies = recorded.story.trace(tag=f"evse_security.{command}_reply", name="certificates/main")
        assert {each.content["result"] for each in replies} == {"Accepted"}


# -- what the back-end has done ----------------------------------------------------------------------------


@pytest.mark.rows("S2.9")
def test_a_root_of_the_back_end_is_in_the_bundle(recorded: Recorded) -> None:
    assert recorded.seen.answers["V2G root"] == recorded.seen.answers["MO root"] == {"status": "Accepted"}
    bundle = x509.load_pem_x509_certificates(recorded.mo_roots.read_bytes())
    assert bundle == [living_pki()["MO_ROOT_CA"].certificate]
    asked = recorded.story.trace(tag="evse_security.install_ca_certificate", name="certificates/main")
    assert [each.content["certificate_type"] for each in asked] == ["V2G", "MO"]


@pytest.mark.rows("S2.10")
def test_the_next_handshake_shows_the_new_leaf(recorded: Recorded) -> None:
    first, second = (recorded.seen.shown[which][0] for which in ("first", "second"))
    sent = [
        x509.load_pem_x509_certificates(each["frame"][3]["certificateChain"].encode())[0].serial_number
        for each in recorded.story.csms.entries()
        if each.get("action") == "CertificateSigned" and each["direction"] == "out"
    ]
    assert [first.serial_number, second.serial_number] == sent
    assert first.serial_number != second.serial_number


@pytest.mark.rows("S2.11")
def test_a_request_is_made_with_a_new_key_of_the_store(recorded: Recorded) -> None:
    requests = [recorded.seen.answers[which]["csr"] for which in ("first request", "second request")]
    keys = [
        load_pem_private_key(path.read_bytes(), None).public_key()
        for path in (recorded.store / "keys").glob("*.key")
    ]
    assert all(each.is_signature_valid for each in requests)
    assert requests[0].public_key() != requests[1].public_key()
    assert all(each.public_key() in keys for each in requests)
    said = recorded.story.csms.said("SignCertificate")
    assert {each["certificateType"] for each in said} == {"V2GCertificate"}


@pytest.mark.rows("S2.12")
def test_a_leaf_that_does_not_hold_is_not_installed(recorded: Recorded) -> None:
    before = sorted((recorded.store / "leaves").iterdir())
    now = datetime.now(UTC)
    foreign = leaf_for(generate_key(KeyKind.P256), made=living_pki(), start=now - DAY, end=now + DAY)
    chain = text(foreign, *living_pki()["CPO_SUB_CA2"].chain)
    payload = {"certificateType": "V2GCertificate", "certificateChain": chain}

    assert recorded.story.csms.call("CertificateSigned", payload)["status"] == "Rejected"

    assert sorted((recorded.store / "leaves").iterdir()) == before
    recorded.story.until(
        lambda: [
            each
            for each in recorded.story.csms.said("SecurityEventNotification")
            if each["type"] == "InvalidChargingStationCertificate"
        ]
    )


# -- the whole interface -----------------------------------------------------------------------------------

ANY_HASH = {
    "hash_algorithm": "SHA256",
    "issuer_name_hash": hashlib.sha256(b"name").hexdigest(),
    "issuer_key_hash": hashlib.sha256(b"key").hexdigest(),
    "serial_number": "1",
}
ASKED: dict[str, dict[str, Any]] = {
    "install_ca_certificate": {"certificate": "none", "certificate_type": "MO"},
    "delete_certificate": {"certificate_hash_data": ANY_HASH},
    "update_leaf_certificate": {"certificate_chain": "none", "certificate_type": "V2G"},
    "verify_certificate": {"certificate_chain": "none", "certificate_types": ["MO"]},
    "get_installed_certificates": {"certificate_types": ["MORootCertificate"]},
    "get_v2g_ocsp_request_data": {},
    "get_mo_ocsp_request_data": {"certificate_chain": "none"},
    "is_ca_certificate_installed": {"certificate_type": "MO"},
    "generate_certificate_signing_request": {
        "certificate_type": "MF", "country": "DE", "organization": "EVSITE", "common": "cp001",
        "use_tpm": False,
    },
    "get_leaf_certificate_info": {"certificate_type": "V2G", "encoding": "PEM", "include_ocsp": False},
    "get_all_valid_certificates_info": {"certificate_type": "V2G", "encoding": "PEM", "include_ocsp": True},
    "get_verify_file": {"certificate_type": "MO"},
    "get_verify_location": {"certificate_type": "MO"},
    "get_leaf_expiry_days_count": {"certificate_type": "V2G"},
    "verify_file_signature": {"file_path": "/dev/null", "signing_certificate": "none", "signature": "none"},
}  # fmt: skip
ANSWERED: dict[str, Any] = {
    "install_ca_certificate": {"result": "InvalidFormat"},
    "delete_certificate": {"result": "NotFound"},
    "update_leaf_certificate": {"result": "InvalidFormat"},
    "verify_certificate": {"result": "Unknown"},
    "get_mo_ocsp_request_data": {"request_data": {"ocsp_request_data_list": []}},
    "is_ca_certificate_installed": {"installed": True},
    "verify_file_signature": {"valid": False},
}
"""What some of them answer to that, whole."""


@pytest.mark.rows("S2.14")
@pytest.mark.parametrize("command", ASKED)
def test_every_command_of_the_interface_is_answered(recorded: Recorded, command: str) -> None:
    answer = recorded.ask(command, **ASKED[command])

    assert answer == ANSWERED.get(command, answer)
    assert set(answer) & {"result", "request_data", "installed", "path", "days", "valid"}


@pytest.mark.rows("S2.14")
def test_an_ocsp_answer_about_nobody_is_refused(recorded: Recorded) -> None:
    with pytest.raises(CallError, match="it is about no certificate of the store"):
        recorded.ask("update_ocsp_cache", certificate_hash_data=ANY_HASH, ocsp_response="none")


@pytest.mark.rows("S2.14")
def test_these_are_all_commands_of_the_interface() -> None:
    commands = {
        tag.removeprefix("evse_security.") for tag in message_types() if tag.startswith("evse_security.")
    }
    named = {each.removesuffix("_reply") for each in commands if f"{each}_reply" in commands}

    assert named | {"update_ocsp_cache"} == {*ASKED, "update_ocsp_cache"}
    assert len(ASKED) + 1 == 16
