"""Tests for actors/evse/grants.py: verdicts and what the car is told (rows M6.5 to M6.8, M6.12, M6.17)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from actors.connector.messages import Supply
from actors.evse.messages import EvseCondition
from actors.v2g.progress import Waits
from protocols.interfaces import auth_token_provider, evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType
from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState
from protocols.types.iso15118 import PaymentOption
from tests.support.evse import CARD, CONTRACT, Bench

DISABLE = EnableDisableSource(
    enable_source=EnableSource.CSMS, enable_state=EnableState.DISABLE, enable_priority=1
)
EIM, PNC = charger.RequireAuthEim(), charger.RequireAuthPnc(token=CONTRACT)


def speaking(**changes: Any) -> Bench:
    """A car that speaks ISO 15118 on AC, plugged in."""
    bench = Bench(ac_hlc_enabled=True, **changes)
    bench.ready()
    bench.plug()
    return bench


def tokens(bench: Bench) -> list[tuple[str, tuple[int, ...] | None]]:
    found = [each.token for each in bench.published(auth_token_provider.ProvidedToken)]
    return [(each.id_token.value, each.connectors) for each in found]


def test_a_contract_goes_to_authorization_for_its_own_evse_and_once() -> None:
    """Rows S3.8, S3.9."""
    bench = speaking()

    bench.car(PNC)
    bench.read()
    bench.car(PNC)

    assert tokens(bench) == [(CONTRACT.id_token.value, (1,))]
    assert bench.answers == []


@pytest.mark.parametrize(("status", "shown"), [(None, True), ("Accepted", False), ("Blocked", False)])
def test_a_contract_stands_in_the_condition_until_it_is_answered(status: str | None, *, shown: bool) -> None:
    """Whoever decides may have been away when it was published."""
    bench = speaking()
    bench.car(PNC)
    published = bench.published(auth_token_provider.ProvidedToken)[-1].token
    if status is not None:
        bench.verdict(status, CONTRACT)

    assert bench.published(EvseCondition)[-1].presented == (published if shown else None)


def test_the_condition_tells_which_grant_a_transaction_began_with() -> None:
    """Also of one that began and ended while nobody was listening."""
    bench = Bench()
    bench.ready()
    bench.grant()
    bench.unplug()
    before = bench.published(EvseCondition)[-1]
    bench.plug()
    bench.unplug()
    after = bench.published(EvseCondition)[-1]

    assert (before.grants_taken, before.grants_used) == (1, 0)
    assert (after.grants_taken, after.grants_used) == (1, 1)


def test_a_car_that_chose_external_payment_gives_no_token() -> None:
    """Row S3.5."""
    bench = speaking()

    bench.car(charger.SelectedPaymentOption(payment_option=PaymentOption.EXTERNAL_PAYMENT), EIM)

    assert tokens(bench) == []


@pytest.mark.parametrize(
    ("asked", "token", "answer"),
    [
        (PNC, CONTRACT, ("Accepted", "Accepted")),
        (EIM, CARD, ("Accepted", "NoCertificateAvailable")),
    ],
)
def test_the_car_is_told_of_its_grant_once(asked: object, token: object, answer: tuple[str, str]) -> None:
    """Rows M6.7, S3.15."""
    bench = speaking()
    bench.car(asked)  # type: ignore[arg-type]  # a variable

    bench.grant(token)  # type: ignore[arg-type]  # a token
    bench.read()

    assert bench.answers == [answer]


def test_a_card_while_the_car_waits_with_its_contract_has_no_effect() -> None:
    """Row M6.5."""
    bench = speaking()
    bench.car(PNC)

    bench.grant(CARD)

    assert bench.answers == []
    assert bench.session.token is None
    assert bench.core.record.grants_taken == 1


def test_the_contract_of_another_car_has_no_effect() -> None:
    bench = speaking()
    bench.car(PNC)

    foreign = type(CONTRACT.id_token)(value="DEABCC987654321", type=IdTokenType.EMAID)
    bench.grant(type(CONTRACT)(id_token=foreign, authorization_type=AuthorizationType.PLUG_AND_CHARGE))

    assert bench.answers == []
    assert bench.session.token is None


def test_a_refused_contract_is_told_with_its_reason() -> None:
    """Row M2.15: the car leaves its loop within one exchange."""
    bench = speaking()
    bench.car(PNC)

    bench.verdict("Invalid", CONTRACT, certificate="CertificateRevoked")

    assert bench.answers == [("Invalid", "CertificateRevoked")]


def test_after_a_refusal_the_contract_may_be_shown_again() -> None:
    bench = speaking()
    bench.car(PNC)
    bench.verdict("Invalid", CONTRACT)

    bench.car(PNC)

    assert len(tokens(bench)) == 2


def test_a_refused_card_is_not_told_and_another_may_follow() -> None:
    """Row M6.6."""
    bench = speaking()
    bench.car(EIM)

    bench.verdict("Invalid", CARD)
    assert bench.answers == []
    bench.grant(CARD)

    assert bench.answers == [("Accepted", "NoCertificateAvailable")]


def test_a_contract_shown_again_while_authorized_is_answered_and_not_published() -> None:
    """Row M6.8: after a pause."""
    bench = speaking()
    bench.car(PNC)
    bench.grant(CONTRACT)
    bench.forget()

    bench.car(PNC)

    assert tokens(bench) == []
    assert bench.answers == [("Accepted", "Accepted")]


def test_a_card_before_the_plug_answers_the_car_at_once_and_withdraws_the_contract() -> None:
    """Row M6.9."""
    bench = Bench(ac_hlc_enabled=True, ac_enforce_hlc=True)
    bench.ready()
    bench.grant(CARD)
    bench.plug()

    offered = bench.told(charger.SessionSetup)[-1]
    assert offered.payment_options == (PaymentOption.EXTERNAL_PAYMENT,)
    assert not offered.supported_certificate_service
    bench.car(EIM)
    assert bench.answers == [("Accepted", "NoCertificateAvailable")]

    bench.stop()
    bench.pass_s(21)
    bench.unplug()
    assert PaymentOption.CONTRACT in bench.told(charger.SessionSetup)[-1].payment_options


def test_a_grant_after_the_end_of_its_session_is_ignored() -> None:
    """Row M6.12."""
    bench = speaking()
    bench.car(EIM)
    bench.command(evse_manager.WithdrawAuthorization())
    bench.forget()

    bench.grant(CARD)

    assert bench.events == []
    assert bench.core.record.grants_taken == 1


def test_nobody_is_granted_twice_in_one_session() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant(CARD)
    bench.forget()

    other = type(CARD)(
        id_token=type(CARD.id_token)(value="CARD2", type=IdTokenType.ISO14443),
        authorization_type=AuthorizationType.RFID,
    )
    bench.grant(other)

    assert bench.events == []
    assert bench.session.token == CARD


def test_a_grant_for_an_evse_out_of_service_begins_nothing() -> None:
    bench = Bench()
    bench.ready()
    bench.take([])
    bench.core.record = type(bench.core.record)(sources=(DISABLE,))

    bench.grant()

    assert bench.events == []
    assert bench.core.record.grants_taken == 1


@pytest.mark.parametrize("by_slac", [True, False])
def test_autocharge_makes_a_token_of_the_address(by_slac: object) -> None:
    """Row M6.17."""
    bench = speaking(enable_autocharge=True, autocharge_by_slac=by_slac)

    if by_slac:
        bench.take(bench.core.mac_address("00:7D:FA:01:02:03", bench.now))
    else:
        bench.car(charger.EvccId(evcc_id="00:7D:FA:01:02:03"))

    assert tokens(bench) == [("VID:007DFA010203", (1,))]
    found = bench.published(auth_token_provider.ProvidedToken)[0].token
    assert found.id_token.type is IdTokenType.MAC_ADDRESS


def test_without_autocharge_an_address_is_no_token() -> None:
    bench = speaking()

    bench.car(charger.EvccId(evcc_id="00:7D:FA:01:02:03"))

    assert tokens(bench) == []


def test_without_authentication_whoever_plugs_in_may_charge() -> None:
    """Row M5.6."""
    bench = Bench(disable_authentication=True)
    bench.ready()

    bench.plug()
    bench.wants()

    assert bench.state == "Charging"
    assert tokens(bench) == []


@pytest.mark.parametrize("next_car", [False, True])
def test_a_contract_granted_after_its_car_left_is_of_no_use(next_car: object) -> None:
    """Who comes next does not charge for the car before."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthPnc(token=CONTRACT))
    bench.unplug()
    if next_car:
        bench.plug()
        bench.car(charger.RequireAuthEim())
    bench.forget()

    bench.grant(CONTRACT)

    assert bench.events == []
    assert bench.answers == []
    if next_car:
        assert bench.session.token is None
    else:
        assert bench.state == "Idle"


@pytest.mark.parametrize("next_car", [False, True])
def test_an_address_granted_after_its_car_left_is_of_no_use(next_car: object) -> None:
    bench = Bench(ac_hlc_enabled=True, enable_autocharge=True)
    bench.ready()
    bench.plug()
    bench.car(charger.EvccId(evcc_id="00:11:22:33:44:55"))
    (provided,) = bench.published(auth_token_provider.ProvidedToken)
    bench.unplug()
    if next_car:
        bench.plug()
    bench.forget()

    bench.grant(provided.token)

    assert "Authorized" not in bench.events


def test_an_address_stands_in_the_condition_until_it_is_answered() -> None:
    bench = Bench(ac_hlc_enabled=True, enable_autocharge=True)
    bench.ready()
    bench.plug()
    bench.car(charger.EvccId(evcc_id="00:11:22:33:44:55"))
    (provided,) = bench.published(auth_token_provider.ProvidedToken)

    shown = [each.presented for each in bench.published(EvseCondition)]
    bench.verdict("Invalid", provided.token)

    assert shown[-1] == provided.token
    assert bench.published(EvseCondition)[-1].presented is None


def test_a_plugged_car_is_not_authorized_while_its_evse_is_out_of_service() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.command(evse_manager.EnableDisable(connector_id=0, cmd_source=DISABLE))

    bench.grant()
    bench.wants()

    assert bench.state == "WaitingForAuthentication"
    assert bench.order is not None
    assert bench.order.supply is Supply.OFF


def test_a_grant_can_be_held_back_until_the_pilot_has_gone_through_its_step() -> None:
    """Parameter `dbg_hlc_auth_after_tstep` (row M5.5)."""
    bench = speaking(auth_after_tstep=True, ac_enforce_hlc=True)
    bench.car(charger.DlinkError())
    assert bench.order is not None
    assert bench.order.sequence is not None
    bench.car(EIM)

    bench.grant()
    before = list(bench.answers)
    bench.outlet(sequence_done=bench.order.sequence_number)

    assert (before, bench.answers) == ([], [("Accepted", "NoCertificateAvailable")])


def test_the_refusal_of_another_contract_is_not_told_to_the_car() -> None:
    """A verdict that comes late, on the contract that was shown before."""
    bench = speaking()
    bench.car(PNC)
    other = IdToken(value="DEABCC999999999", type=IdTokenType.EMAID)

    bench.verdict("Invalid", dataclasses.replace(CONTRACT, id_token=other), "CertificateRevoked")

    assert bench.answers == []


def test_a_contract_shown_too_late_is_not_in_the_condition() -> None:
    """Row M6.13: the car must be plugged in anew, and authorization is not asked."""
    bench = speaking()
    bench.command(evse_manager.WithdrawAuthorization())

    bench.car(PNC)

    assert bench.session.car.waits is Waits.PNC
    assert bench.published(EvseCondition)[-1].presented is None
    assert tokens(bench) == []
