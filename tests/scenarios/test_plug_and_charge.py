"""Plug & Charge from outside: one site, four EVSEs, and all that was said (rows S1 and S3).

The story is told once: a contract and a card, a contract that the back-end refuses and a remote start, a card
in a talk over TLS, and the first contract again while the back-end is away. Then each test looks at what was
written down: the trace of the actors, the back-end's record, the evidence of the talks. Hardware and cars are
simulated; sockets, TLS, EXI, certificates, websocket, actors and processes are not.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from OpenSSL import SSL

from actors.gateway.client import CallError
from certs.pki.layout import ROOT_BUNDLES
from certs.profiles import Domain
from tests.support.charging_site import Car
from tests.support.contracts import EMAID, another_contract
from tests.support.links import AGREED, HELLO, HandCar
from tests.support.story import READER, Said, Story, transaction_of
from tests.support.talks import Recording, Talk, keep_evidence, talks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)
CARD, REMOTE, SECURED, PLAIN, REFUSED = 1, 3, 2, 3, 4
"""EVSEs: for cards, remote starts (the car there speaks over plain TCP), contracts, and one refused."""
CARS = {
    CARD: Car(),
    SECURED: Car(dc=True, speaks=True),
    PLAIN: Car(speaks=True),
    REFUSED: Car(dc=True, speaks=True, wallet="refused"),
}
BLOCKED = "DE8EVSC0000002X"
TOKENS = {"CARD1": CARD, "REMOTE": REMOTE, EMAID: SECURED}
PROVIDED = "auth_token_provider.provided_token"
VALIDATE = "auth_token_validator.validate_token"
GRANTED = "evse_manager.authorize_response"
BUILT = "iso15118_charger.require_auth_pnc"
ANSWERED = "iso15118_charger.authorization_response"
CHAINS = "actors.certificates.messages.get_secc_certificates"
OCSP_DATA = "evse_security.get_mo_ocsp_request_data"


class Recorded(Recording):
    """What is left of the story, and how it is looked at here."""

    def about(self, tag: str, token: str) -> list[Said]:
        """The messages of this tag about a token."""
        return [each for each in self.said(tag) if token_of(each)["id_token"]["value"] == token]

    def token(self, tag: str, token: str) -> Said:
        """The first of them."""
        return self.about(tag, token)[0]

    def event(self, evse: int, name: str) -> int:
        """Where the first session event of this name stands in the trace."""
        return next(order for order, event in events_of(self.trace, evse) if event == name)

    @property
    def contract(self) -> Talk:
        """The first talk by contract."""
        return self.talks[SECURED][0]


def token_of(said: Said) -> dict[str, Any]:
    found: dict[str, Any] = said.content.get("token") or said.content["provided_token"]
    return found


def tell(story: Story, evidence: Path) -> None:
    """All that happens."""
    call = story.gateway.call
    speaks = {"behaviour": "iso15118-2", "duration_s": 1}

    def over(evse: int, count: int = 1) -> None:
        """The talk is over, the car leaves if it has not left, and the back-end has heard of it."""
        story.until(lambda: len(talks(evidence, evse)) >= count)
        with contextlib.suppress(CallError):  # it has left by itself
            call("ev.plug_out", evse=evse)
        story.until(
            lambda: sum(event == "SessionFinished" for _, event in events_of(story.trace(), evse)) >= count
        )

    # a contract and a card, side by side
    call("ev.plug_in", evse=SECURED, payment="contract", **speaks)
    call("ev.plug_in", evse=CARD, duration_s=1)
    story.present("CARD1", CARD)
    story.until(lambda: story.transactions(CARD, "Ended"))
    over(SECURED)
    # a contract that the back-end refuses, and a remote start
    call("ev.plug_in", evse=REFUSED, payment="contract", **speaks)
    token = {"idToken": "REMOTE", "type": "Central"}
    asked = story.csms.call(
        "RequestStartTransaction", {"remoteStartId": 7, "evseId": REMOTE, "idToken": token}
    )
    assert asked["status"] == "Accepted"
    call("ev.plug_in", evse=PLAIN, **speaks)
    over(PLAIN)
    over(REFUSED)
    # a card where the car talks over TLS
    call("ev.plug_in", evse=REFUSED, **speaks)
    story.until(lambda: story.trace(tag="iso15118_charger.require_auth_eim", name=f"v2g_{REFUSED}/charger"))
    story.present("CARD2", REFUSED)
    story.until(lambda: story.transactions(REFUSED, "Started"))
    # the contract again, while the back-end is away
    call("link.set", up=False)
    call("ev.plug_in", evse=SECURED, payment="contract", **speaks)
    over(SECURED, 2)
    call("link.set", up=True)
    over(REFUSED, 2)
    story.until(lambda: "ExternalPayment" in chosen(talks(evidence, REFUSED)))
    story.until(lambda: len(story.transactions(SECURED, "Ended")) == 2)


def identification(talk: Talk, code: str) -> bool:
    """Whether the station has said this before it came to energy."""
    names = {"ServiceDiscoveryRes", "PaymentServiceSelectionRes", "PaymentDetailsRes", "AuthorizationRes"}
    return code in {each.get("code") for each in talk.messages if each["name"] in names}


def chosen(found: list[Talk]) -> list[str]:
    """What these cars wanted to pay by."""
    wishes = (one for talk in found for one in talk.said("PaymentServiceSelectionReq"))
    return [str(each["SelectedPaymentOption"]) for each in wishes]


def events_of(trace: list[Said], evse: int) -> list[tuple[int, str]]:
    """The session events of an EVSE, each once, with its place in the trace."""
    found: dict[tuple[str, str], int] = {}
    for each in trace:
        if each.tag == "evse_manager.session_event" and each.name == f"evse_{evse}/evse":
            event = each.content["event"]
            found.setdefault((event["uuid"], event["event"]), each.order)
    return [(order, event) for (_uuid, event), order in found.items()]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    directory = tmp_path_factory.mktemp("story")
    evidence = directory / "evidence"

    def change(modules: dict[str, Any]) -> None:
        keep_evidence(modules, evidence)
        modules[f"car_{PLAIN}_v2g"]["config_module"]["tls_active"] = False

    script = {"contracts": [{"emaid": EMAID}, {"emaid": BLOCKED, "status": "Blocked"}]}
    prepare = lambda state: another_contract(state, "refused", BLOCKED)  # noqa: E731  # it reads better here
    with Story(directory, CARS, change=change, prepare=prepare, script=script) as story:
        tell(story, evidence)
        yield Recorded(story, evidence, CARS)


# -- S1: one way for all authorization ---------------------------------------------------------------------


@pytest.mark.rows("S1.1")
def test_card_remote_start_and_contract_go_the_same_way(recorded: Recorded) -> None:
    ways = {}
    for token, evse in TOKENS.items():
        steps = [recorded.token(tag, token) for tag in (PROVIDED, VALIDATE, GRANTED)]
        assert [each.order for each in steps] == sorted(each.order for each in steps)
        assert [token_of(each) for each in steps] == [token_of(steps[0])] * 3
        assert steps[2].name == f"evse_{evse}/evse"
        asked, granted = steps[1], steps[2]
        ways[token] = (asked.kind, asked.name, asked.sender.partition("_")[0], granted.kind, granted.sender)
    assert set(ways.values()) == {
        ("command", "ocpp/auth_validator", "site/auth/request", "command", "site/auth/auth")
    }
    providers = {recorded.token(PROVIDED, token).name for token in TOKENS}
    assert providers == {f"{READER}/main", "ocpp/auth_provider", f"evse_{SECURED}/token_provider"}


@pytest.mark.rows("S1.2")
def test_car_and_back_end_are_told_of_one_session(recorded: Recorded) -> None:
    session = recorded.said("evse_manager.session_event", name=f"evse_{SECURED}/evse")[0].content["event"][
        "uuid"
    ]
    news = (each.content["event"] for each in recorded.said("ocpp.ocpp_transaction_event"))
    names = {each["transaction_id"] for each in news if each["session_id"] == session}
    events = [each for each in recorded.story.csms.said("TransactionEvent") if transaction_of(each) in names]
    # then the talk's evidence is kept under the session, and the back-end knows it by its transaction
    assert recorded.contract.name.endswith(session.replace("-", "_"))
    assert [each["eventType"] for each in events][:1] == ["Started"]
    assert events[0]["idToken"]["idToken"] == recorded.contract.said("PaymentDetailsReq")[0]["eMAID"] == EMAID
    assert events[-1]["eventType"] == "Ended"
    shown = recorded.story.gateway.call("sessions.get", session=session)
    assert {shown["transaction"]} == names


@pytest.mark.rows("S1.4")
def test_the_steps_of_plug_and_charge_come_in_order(recorded: Recorded) -> None:
    chains = recorded.said(f"{CHAINS}_reply", name="certificates/main")
    steps = {
        "0 certificates installed": chains[0].order,
        "1 car connected": recorded.said("iso15118_charger.selected_protocol")[0].order,
        "2 contract received": recorded.token(BUILT, EMAID).order,
        "3 token handed on": recorded.token(PROVIDED, EMAID).order,
        "4 validators asked": recorded.token(VALIDATE, EMAID).order,
        "5 EVSE authorized": recorded.token(GRANTED, EMAID).order,
        "6 car told": recorded.said(ANSWERED, name=f"v2g_{SECURED}/charger")[0].order,
    }
    assert list(steps.values()) == sorted(steps.values())
    between = {each.tag for each in recorded.trace[min(steps.values()) : max(steps.values())]}
    assert len(between) > len(steps)
    session = next(
        each for each in recorded.story.gateway.call("sessions.list")["sessions"] if each["evse"] == SECURED
    )
    assert [each["step"] for each in session["steps"] if each["at"] is not None] == list(range(len(steps)))


# -- S2: what needs a contract to be seen ------------------------------------------------------------------


@pytest.mark.rows("S2.12")
def test_a_contract_is_verified_against_roots_of_both_kinds(recorded: Recorded) -> None:
    asked = recorded.said("evse_security.verify_certificate", kind="command", name="certificates/main")
    assert {tuple(each.content["certificate_types"]) for each in asked} == {("MO", "V2G")}
    assert {recorded.story.reply(each).content["result"] for each in asked} == {"Valid"}
    assert recorded.token(BUILT, EMAID).content["token"]["certificate"] in {
        each.content["certificate_chain"] for each in asked
    }


@pytest.mark.rows("S2.13")
def test_authorize_carries_hash_data_of_the_chain_without_its_root(recorded: Recorded) -> None:
    authorize = next(
        each for each in recorded.story.csms.said("Authorize") if each["idToken"]["idToken"] == EMAID
    )
    chain = x509.load_pem_x509_certificates(
        recorded.token(BUILT, EMAID).content["token"]["certificate"].encode()
    )
    roots = x509.load_pem_x509_certificates((recorded.story.certs / ROOT_BUNDLES[Domain.MO]).read_bytes())
    shown = {int(each["serialNumber"], 16) for each in authorize["iso15118CertificateHashData"]}
    assert shown == {each.serial_number for each in chain}
    assert not shown & {each.serial_number for each in roots}
    assert recorded.said(OCSP_DATA, kind="command", sender=f"site/evse_{SECURED}/v2g_{SECURED}")


# -- S3: step 1, the connection ----------------------------------------------------------------------------


@pytest.mark.rows("S3.1")
def test_the_plug_and_nothing_before_begins_the_talk(recorded: Recorded) -> None:
    for evse in (SECURED, PLAIN, REFUSED):
        plugged = next(
            each.order
            for each in recorded.said("evse_board_support.event", name=f"board_{evse}/board_support")
            if each.content["event"]["event"] == "B"
        )
        protocols = recorded.said("iso15118_charger.selected_protocol", name=f"v2g_{evse}/charger")
        assert plugged < recorded.event(evse, "SessionStarted") < protocols[0].order
        assert len(protocols) == len(recorded.talks[evse])
    # and the server, whose certificates are loaded ahead, is reached by whoever connects to it
    with hand_car(recorded) as car:
        car.send(HELLO)
        assert car.receive() == AGREED


@pytest.mark.rows("S3.2")
def test_a_car_on_plain_tcp_never_sees_contract(recorded: Recorded) -> None:
    (plain,) = recorded.talks[PLAIN]
    assert not plain.secured
    assert recorded.contract.secured
    assert options(plain) == ["ExternalPayment"]
    assert options(recorded.contract) == ["Contract", "ExternalPayment"]
    assert "Ended" in {each["eventType"] for each in recorded.story.transactions(PLAIN, "Ended")}


def options(talk: Talk) -> list[str]:
    """The payment options that the station has offered."""
    (discovered,) = talk.said("ServiceDiscoveryRes")
    found: list[str] = discovered["PaymentOptionList"]["PaymentOption"]
    return found


@pytest.mark.rows("S3.3")
def test_a_link_fetches_its_chain_once_for_each_change(recorded: Recorded) -> None:
    link = f"site/evse_{SECURED}/v2g_{SECURED}"
    asked = recorded.said(CHAINS, sender=link, kind="command", name="certificates/main")
    changes = [
        each.order
        for each in recorded.trace
        if each.tag
        in {"evse_security.certificate_store_update", "actors.certificates.messages.revocation_changed"}
    ]
    # at the start, when it is told its EVSE's id, and when something has changed
    assert 2 <= len(asked) <= 2 + len(changes)
    told = recorded.said(f"{CHAINS}_reply", name="certificates/main")[-1].content["result"]["info"]
    assert {each["key"].startswith(f"{recorded.story.certs}/") for each in told} == {True}
    assert {each.sender for each in recorded.said(CHAINS, kind="command", name="certificates/main")} == {
        f"site/evse_{evse}/v2g_{evse}" for evse in (SECURED, PLAIN, REFUSED)
    }
    site = recorded.story.file.read_text(encoding="utf-8")
    assert "SECC_LEAF" not in site


@pytest.mark.rows("S3.4")
def test_a_tls_client_gets_the_chain_leaf_first(recorded: Recorded) -> None:
    chain = received_chain(recorded)
    kept = recorded.story.certs / "client/cso"
    leaf = x509.load_pem_x509_certificate((kept / "SECC_LEAF.pem").read_bytes())
    assert chain[0] == leaf
    for child, parent in itertools.pairwise(chain):
        assert child.issuer == parent.subject
    assert len(chain) == 3
    assert all(each.issuer != each.subject for each in chain)


def hand_car(recorded: Recorded) -> HandCar:
    return HandCar(tls_port(recorded), roots=recorded.story.certs / ROOT_BUNDLES[Domain.V2G])


def tls_port(recorded: Recorded) -> int:
    opened = recorded.story.logged("v2g_ports_open")
    return [int(each["tls"]) for each in opened if each["evse"] == SECURED and each["tls"]][-1]


def received_chain(recorded: Recorded) -> list[x509.Certificate]:
    """What the station shows to a client of OpenSSL that trusts the V2G root, as it comes."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.load_verify_locations(str(recorded.story.certs / ROOT_BUNDLES[Domain.V2G]))
    context.set_verify(SSL.VERIFY_PEER)
    with socket.create_connection(("::1", tls_port(recorded)), timeout=30) as plain:
        plain.settimeout(None)  # what comes next is OpenSSL's own reading
        client = SSL.Connection(context, plain)
        client.set_connect_state()
        client.do_handshake()
        return list(client.get_peer_cert_chain(as_cryptography=True) or ())


# -- S3: step 2, the contract ------------------------------------------------------------------------------


@pytest.mark.rows("S3.5")
def test_only_who_has_chosen_contract_gives_a_contract_token(recorded: Recorded) -> None:
    tokens = {
        evse: [
            token_of(each)["authorization_type"]
            for each in recorded.said(PROVIDED, name=f"evse_{evse}/token_provider")
        ]
        for evse in CARS
    }
    wishes = {evse: chosen(recorded.talks[evse]) for evse in CARS}
    assert "ExternalPayment" in wishes[REFUSED]
    assert wishes[SECURED] == ["Contract", "Contract"]
    assert wishes[PLAIN] == ["ExternalPayment"]
    assert tokens == {evse: ["PlugAndCharge"] * each.count("Contract") for evse, each in wishes.items()}


@pytest.mark.rows("S3.6")
def test_a_chain_and_a_signed_request_are_accepted(recorded: Recorded) -> None:
    (details,) = recorded.contract.said("PaymentDetailsReq")
    (challenge,) = recorded.contract.said("PaymentDetailsRes")
    assert details["ContractSignatureCertChain"]["Certificate"]
    assert challenge["ResponseCode"] == "OK"
    first, *later = [each for each in recorded.contract.messages if each["name"] == "AuthorizationReq"]
    assert "Signature" in first["message"]["V2G_Message"]["Header"]
    assert recorded.contract.said("AuthorizationReq")[0]["GenChallenge"] == challenge["GenChallenge"]
    assert all("Signature" not in each["message"]["V2G_Message"]["Header"] for each in later)
    assert not any(identification(recorded.contract, code) for code in recorded.contract.codes())


@pytest.mark.rows("S3.7")
def test_the_token_holds_contract_and_ocsp_request_data(recorded: Recorded) -> None:
    built = recorded.token(BUILT, EMAID)
    token = token_of(built)
    assert token["id_token"] == {"value": EMAID, "type": "eMAID"}
    assert token["authorization_type"] == "PlugAndCharge"
    assert built.sender == f"site/evse_{SECURED}/v2g_{SECURED}"
    chain = x509.load_pem_x509_certificates(token["certificate"].encode())
    assert chain[0].subject.rfc4514_string().find(EMAID) >= 0
    assert len(chain) == len(token["iso15118CertificateHashData"]) == 3
    reply = recorded.said(f"{OCSP_DATA}_reply", name="certificates/main")[0]
    assert reply.order < built.order


@pytest.mark.rows("S3.8")
def test_the_token_goes_to_the_manager_of_its_own_evse(recorded: Recorded) -> None:
    handed = {
        (each.name, token_of(each)["id_token"]["value"])
        for each in recorded.said(PROVIDED)
        if each.name.startswith("evse_")
    }
    built = {(each.name, token_of(each)["id_token"]["value"]) for each in recorded.said(BUILT)}
    assert built == {(f"v2g_{SECURED}/charger", EMAID), (f"v2g_{REFUSED}/charger", BLOCKED)}
    assert handed == {(f"evse_{SECURED}/token_provider", EMAID), (f"evse_{REFUSED}/token_provider", BLOCKED)}


# -- S3: steps 3 to 5, authorization -----------------------------------------------------------------------


@pytest.mark.rows("S3.9")
def test_the_manager_publishes_the_token_for_its_own_evse(recorded: Recorded) -> None:
    for evse in (SECURED, REFUSED):
        (built, *_), (published, *_) = (
            recorded.said(BUILT, name=f"v2g_{evse}/charger"),
            recorded.said(PROVIDED, name=f"evse_{evse}/token_provider"),
        )
        assert published.sender == f"site/evse_{evse}/evse_{evse}"
        assert published.order > built.order
        assert token_of(published) == token_of(built) | {"connectors": [evse]}


@pytest.mark.rows("S3.10")
def test_one_auth_decides_for_every_evse(recorded: Recorded) -> None:
    granted = recorded.said(GRANTED, kind="command")
    assert {each.sender for each in granted} == {"site/auth/auth"}
    assert {each.name for each in granted} == {f"evse_{evse}/evse" for evse in CARS}
    asked = recorded.said(VALIDATE, kind="command")
    assert {each.sender.rpartition("/")[0] for each in asked} == {"site/auth"}
    assert {token_of(each)["id_token"]["value"] for each in asked} == {
        "CARD1",
        "CARD2",
        "REMOTE",
        EMAID,
        BLOCKED,
    }


@pytest.mark.rows("S3.12")
def test_the_back_end_is_asked_whether_a_contract_may_charge(recorded: Recorded) -> None:
    asked = {each["idToken"]["idToken"]: each for each in recorded.story.csms.said("Authorize")}
    for emaid in (EMAID, BLOCKED):
        assert asked[emaid]["idToken"]["type"] == "eMAID"
        assert asked[emaid]["iso15118CertificateHashData"]
    assert "iso15118CertificateHashData" not in asked["CARD1"]
    assert "REMOTE" not in asked or asked["REMOTE"]["idToken"]["type"] == "Central"
    names = {each.name for each in recorded.said(VALIDATE, kind="command")}
    assert names == {"ocpp/auth_validator"}


@pytest.mark.rows("S4.3", "S4.4", "S4.7")
def test_by_default_the_back_end_decides_on_a_contract(recorded: Recorded) -> None:
    # given a site file that says nothing of contracts and of verifying them
    site = recorded.story.file.read_text(encoding="utf-8")
    assert "payment_enable_contract" not in site
    assert "verify_contract_cert_chain" not in site

    # then no link has verified one, and cars were told what the back-end had said
    verified = recorded.said("evse_security.verify_certificate", kind="command", name="certificates/main")
    assert {each.sender for each in verified} == {"site/ocpp/charge_point"}
    assert recorded.talks[REFUSED][0].said("PaymentDetailsRes")[0]["ResponseCode"] == "OK"
    assert recorded.talks[REFUSED][0].codes() == ["FAILED_ContractCanceled"]
    assert not any(identification(recorded.contract, code) for code in recorded.contract.codes())
    # and on AC a car has spoken, where ac_hlc_enabled is true
    assert recorded.talks[PLAIN][0].said("SessionStopRes")


@pytest.mark.rows("S3.13")
def test_without_the_back_end_the_station_judges_by_itself(recorded: Recorded) -> None:
    granted = recorded.about(GRANTED, EMAID)
    asked = [each for each in recorded.story.csms.said("Authorize") if each["idToken"]["idToken"] == EMAID]
    # given the back-end was asked once, the second verdict is the station's own
    assert len(asked) == 1
    assert [each.content["validation_result"] for each in granted] == [
        {"authorization_status": "Accepted", "certificate_status": "Accepted", "tariff_messages": []}
    ] * 2
    (verified,) = recorded.said("evse_security.verify_certificate", kind="command", name="certificates/main")
    assert granted[0].order < verified.order < granted[1].order
    started = recorded.story.transactions(SECURED, "Started")
    assert [each.get("offline", False) for each in started] == [False, True]


@pytest.mark.rows("S3.14")
def test_a_grant_is_followed_by_authorization_and_transaction(recorded: Recorded) -> None:
    for evse in (CARD, SECURED, REMOTE):
        granted = recorded.said(GRANTED, kind="command", name=f"evse_{evse}/evse")[0]
        assert granted.content["validation_result"]["authorization_status"] == "Accepted"
        assert granted.order < recorded.event(evse, "Authorized") < recorded.event(evse, "TransactionStarted")


# -- S3: step 6, the answer --------------------------------------------------------------------------------


@pytest.mark.rows("S3.15")
def test_the_verdict_goes_to_the_link_once_in_each_talk(recorded: Recorded) -> None:
    answers = {
        evse: [
            each.content["authorization_status"]
            for each in recorded.said(ANSWERED, name=f"v2g_{evse}/charger")
        ]
        for evse in (SECURED, REFUSED)
    }
    assert answers[SECURED] == ["Accepted"] * len(recorded.talks[SECURED])
    *refused, accepted = answers[REFUSED]
    assert accepted == "Accepted"
    assert set(refused) == {"Blocked"}
    told = [each for each in recorded.talks[REFUSED] if "FAILED_ContractCanceled" in each.codes()]
    assert len(told) <= len(refused) < len(recorded.talks[REFUSED])  # a talk may be cut short by the plug
    first = recorded.said(ANSWERED, name=f"v2g_{SECURED}/charger")[0]
    assert first.sender == f"site/evse_{SECURED}/evse_{SECURED}"
    assert first.order > recorded.token(GRANTED, EMAID).order


@pytest.mark.rows("S3.16")
def test_the_waiting_car_is_told_what_was_decided(recorded: Recorded) -> None:
    *waiting, told = recorded.contract.said("AuthorizationRes")
    assert {(each["ResponseCode"], each["EVSEProcessing"]) for each in waiting} <= {("OK", "Ongoing")}
    assert (told["ResponseCode"], told["EVSEProcessing"]) == ("OK", "Finished")
    refused = recorded.talks[REFUSED][0].said("AuthorizationRes")[-1]
    assert refused == {"ResponseCode": "FAILED_ContractCanceled", "EVSEProcessing": "Finished"}
    assert recorded.talks[REFUSED][0].said("ChargeParameterDiscoveryReq") == []
