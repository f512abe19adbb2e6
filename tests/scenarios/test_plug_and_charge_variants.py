"""Each switch of Plug & Charge takes effect as it is written: one site, each EVSE with another one set (S4).

Most cars come for a charge by contract, all at the same time. What is written down then is looked at: talks,
the actors' trace, the back-end's record, and what the links answer to clients of our own.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

import pytest
from OpenSSL import SSL

from actors.gateway.client import CallError
from certs.pki.layout import ROOT_BUNDLES
from certs.profiles import Domain
from protocols.iso15118.v2gtp import RemoteProtocolError
from tests.support.charging_site import Car
from tests.support.contracts import EMAID, another_contract, forged_contract
from tests.support.links import AGREED, HELLO, HandCar
from tests.support.story import Story
from tests.support.talks import Recording, Talk, keep_evidence, talks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)
SILENT, PROHIBITED, FORCED, VERIFIED, UNLISTED = range(1, 6)
"""EVSEs, all of AC: without ISO 15118; without TLS; with TLS alone, and no contracts; with chains verified
here; with tokens that nobody takes. In all else they are as everybody's: test_plug_and_charge.py.
"""
CARS = {
    SILENT: Car(speaks=True),
    PROHIBITED: Car(speaks=True),
    FORCED: Car(speaks=True),
    VERIFIED: Car(speaks=True, wallet="verified"),
    UNLISTED: Car(speaks=True, wallet="unlisted"),
}
BY_CONTRACT = {SILENT, VERIFIED, UNLISTED}
FORGED, UNHEARD = "DE8EVSC0000002X", "DE8EVSC0000003X"
CARD = "CARD1"
PROVIDED = "auth_token_provider.provided_token"
VALIDATE = "auth_token_validator.validate_token"
BUILT = "iso15118_charger.require_auth_pnc"
TIMEOUT_S = 2


def configure(modules: dict[str, Any], evidence: Path) -> None:
    """Every EVSE another switch."""
    keep_evidence(modules, evidence)
    modules[f"evse_{SILENT}"]["config_module"]["ac_hlc_enabled"] = False
    modules[f"v2g_{PROHIBITED}"]["config_module"]["tls_security"] = "prohibit"
    modules[f"car_{PROHIBITED}_v2g"]["config_module"]["tls_active"] = False
    modules[f"v2g_{FORCED}"]["config_module"]["tls_security"] = "force"
    modules[f"evse_{FORCED}"]["config_module"]["payment_enable_contract"] = False
    modules[f"v2g_{VERIFIED}"]["config_module"]["verify_contract_cert_chain"] = True
    modules[f"v2g_{UNLISTED}"]["config_module"]["auth_timeout_pnc"] = TIMEOUT_S
    auth = modules["auth"]["connections"]
    auth["token_provider"].remove({"module_id": f"evse_{UNLISTED}", "implementation_id": "token_provider"})
    modules["second"] = {
        "module": "DummyTokenValidator",
        "config_implementation": {"main": {"validation_result": "Invalid", "sleep": 0.1}},
    }
    auth["token_validator"].append({"module_id": "second", "implementation_id": "main"})


def give_contracts(state: Path) -> None:
    forged_contract(state, "verified", FORGED)
    another_contract(state, "unlisted", UNHEARD)


class Recorded(Recording):
    """What is left of the story, and how it is looked at here."""

    def tokens(self, tag: str) -> list[str]:
        """The values of the tokens that messages of this tag were about."""
        found = (each.content.get("token") or each.content["provided_token"] for each in self.said(tag))
        return [each["id_token"]["value"] for each in found]

    def ports(self, evse: int) -> tuple[int | None, int | None]:
        """Where the link of an EVSE listens: plain, TLS."""
        opened = [each for each in self.story.logged("v2g_ports_open") if each["evse"] == evse]
        return opened[-1]["plain"], opened[-1]["tls"]

    def authorize(self, token: str) -> list[dict[str, Any]]:
        """What the back-end was asked of a token."""
        return [each for each in self.story.csms.said("Authorize") if each["idToken"]["idToken"] == token]


def tell(story: Story, evidence: Path) -> None:
    """All cars come, and get as far as they may; the one that does not speak charges by card."""
    for evse in CARS:
        pay = "contract" if evse in BY_CONTRACT else "external"
        story.gateway.call("ev.plug_in", evse=evse, behaviour="iso15118-2", payment=pay, duration_s=1)
    story.until(lambda: talks(evidence, VERIFIED))
    story.until(lambda: finished(evidence, UNLISTED))
    for evse in (PROHIBITED, FORCED):
        asked = {"tag": "iso15118_charger.require_auth_eim", "name": f"v2g_{evse}/charger"}
        story.until(lambda asked=asked: story.trace(**asked))
    story.present(CARD, SILENT)
    story.until(lambda: story.transactions(SILENT, "Started"))
    for evse in CARS:
        with contextlib.suppress(CallError):  # it may have left by itself
            story.gateway.call("ev.plug_out", evse=evse)
    for evse in (PROHIBITED, FORCED):
        story.until(lambda evse=evse: talks(evidence, evse))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    directory = tmp_path_factory.mktemp("variants")
    evidence = directory / "evidence"
    with Story(
        directory, CARS, change=lambda modules: configure(modules, evidence), prepare=give_contracts
    ) as story:
        tell(story, evidence)
        yield Recorded(story, evidence, CARS)


def finished(evidence: Path, evse: int) -> list[dict[str, Any]]:
    """The last words on authorization in the talks of an EVSE that are over."""
    found = (each for talk in talks(evidence, evse) for each in talk.said("AuthorizationRes"))
    return [each for each in found if each["EVSEProcessing"] == "Finished"]


def options(talk: Talk) -> list[str]:
    """The payment options that the station has offered."""
    (discovered,) = talk.said("ServiceDiscoveryRes")
    found: list[str] = discovered["PaymentOptionList"]["PaymentOption"]
    return found


# -- EvseManager -------------------------------------------------------------------------------------------


@pytest.mark.rows("S4.3")
def test_ac_without_iso15118_has_no_talk_and_no_contract(recorded: Recorded) -> None:
    assert recorded.said("slac.enter_bcd", name=f"slac_{SILENT}/evse") == []
    modem = recorded.said("slac.state", name=f"slac_{SILENT}/evse")
    assert {each.content["state"] for each in modem} == {"UNMATCHED"}
    assert recorded.talks[SILENT] == []
    assert recorded.said("iso15118_charger.session_setup", name=f"v2g_{SILENT}/charger") == []
    # its car would pay by contract, and can be charged by card alone
    assert EMAID not in recorded.tokens(PROVIDED)
    (started,) = recorded.story.transactions(SILENT, "Started")
    assert started["idToken"] == {"idToken": CARD, "type": "ISO14443"}


@pytest.mark.rows("S4.4")
def test_without_the_switch_contract_is_not_offered(recorded: Recorded) -> None:
    talk = recorded.talks[FORCED][0]
    assert talk.secured
    assert options(talk) == ["ExternalPayment"]
    setups = recorded.said("iso15118_charger.session_setup", name=f"v2g_{FORCED}/charger")
    assert {tuple(each.content["payment_options"]) for each in setups} == {("ExternalPayment",)}
    assert recorded.said(BUILT, name=f"v2g_{FORCED}/charger") == []


# -- EvseV2G -----------------------------------------------------------------------------------------------


@pytest.mark.rows("S4.5")
def test_where_tls_is_prohibited_a_tls_client_is_refused(recorded: Recorded) -> None:
    plain, tls = recorded.ports(PROHIBITED)
    assert plain is not None
    assert tls is None
    with pytest.raises(SSL.Error), handshake(recorded, plain):
        pass
    # and who speaks plainly is not offered a contract
    talk = recorded.talks[PROHIBITED][0]
    assert not talk.secured
    assert options(talk) == ["ExternalPayment"]
    setup = recorded.said("iso15118_charger.session_setup", name=f"v2g_{PROHIBITED}/charger")[-1]
    assert setup.content["payment_options"] == ["Contract", "ExternalPayment"]


@pytest.mark.rows("S4.5")
def test_where_tls_is_forced_plain_tcp_is_refused(recorded: Recorded) -> None:
    plain, tls = recorded.ports(FORCED)
    assert plain is None
    assert tls is not None
    assert all(talk.secured for talk in recorded.talks[FORCED])
    assert not speaks_plainly(tls)
    with handshake(recorded, tls) as client:
        assert client.get_protocol_version_name() == "TLSv1.2"


@pytest.mark.rows("S4.5")
def test_where_tls_is_allowed_both_are_taken(recorded: Recorded) -> None:
    plain, tls = recorded.ports(VERIFIED)
    assert plain is not None
    assert tls is not None
    assert speaks_plainly(plain)
    with handshake(recorded, tls) as client:
        assert client.get_protocol_version_name() == "TLSv1.2"


def speaks_plainly(port: int) -> bool:
    """Whether a car without TLS is answered there; a TLS server says an alert, which is no V2G message."""
    with HandCar(port) as car, contextlib.suppress(RemoteProtocolError):
        car.send(HELLO)
        return car.receive() == AGREED
    return False


@contextlib.contextmanager
def handshake(recorded: Recorded, port: int) -> Iterator[SSL.Connection]:
    """A client of OpenSSL that trusts the V2G root, once its handshake is done. Raises SSL.Error."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.load_verify_locations(str(recorded.story.certs / ROOT_BUNDLES[Domain.V2G]))
    context.set_verify(SSL.VERIFY_PEER)
    with socket.create_connection(("::1", port), timeout=30) as plain:
        plain.settimeout(None)  # what comes next is OpenSSL's own reading
        client = SSL.Connection(context, plain)
        client.set_connect_state()
        client.do_handshake()
        yield client


@pytest.mark.rows("S4.6")
def test_a_chain_verified_here_is_refused_before_anybody_is_asked(recorded: Recorded) -> None:
    talk = recorded.talks[VERIFIED][0]
    assert talk.codes() == ["FAILED_CertChainError"]
    assert talk.messages[-1]["name"] == "PaymentDetailsRes"
    asked = recorded.said(
        "evse_security.verify_certificate", sender=f"site/evse_{VERIFIED}/v2g_{VERIFIED}", kind="command"
    )
    assert {tuple(each.content["certificate_types"]) for each in asked} == {("MO", "V2G")}
    assert recorded.authorize(FORGED) == []
    assert FORGED not in recorded.tokens(BUILT)


# -- Auth --------------------------------------------------------------------------------------------------


@pytest.mark.rows("S4.8")
def test_a_token_of_a_manager_that_is_not_listed_reaches_nobody(recorded: Recorded) -> None:
    assert UNHEARD in recorded.tokens(PROVIDED)
    assert UNHEARD not in recorded.tokens(VALIDATE)
    assert recorded.authorize(UNHEARD) == []
    talk = recorded.talks[UNLISTED][0]
    assert talk.codes() == ["FAILED"]
    assert talk.facts["end"]["authorization"]["verdict"] == "TimedOut"
    statuses = recorded.said("auth.token_validation_status")
    assert UNHEARD not in {each.content["status"]["token"]["id_token"]["value"] for each in statuses}


@pytest.mark.rows("S3.11", "S4.9")
def test_every_validator_is_asked_and_the_second_is_warned_of(recorded: Recorded) -> None:
    asked = [
        each.name
        for each in recorded.said(VALIDATE, kind="command")
        if each.content["provided_token"]["id_token"]["value"] == CARD
    ]
    assert sorted(asked) == ["ocpp/auth_validator", "second/main"]
    assert "'second/main' judges contracts besides 'ocpp/auth_validator'" in recorded.story.log.read_text()
