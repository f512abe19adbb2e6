"""What the CSMS answers to an event, and what follows from it (rows S8.5, S8.17, S8.21, M10.12)."""

from decimal import Decimal

import pytest
from ocpp.v21 import call_result, datatypes
from ocpp.v21.enums import AuthorizationStatusEnumType as Status
from ocpp.v21.enums import MessageFormatEnumType as Format

from actors.ocpp.blocks import metering, transactions
from actors.ocpp.blocks.authorization_entries import CachedToken
from actors.ocpp.blocks.transaction_entries import Transaction
from actors.ocpp.device_model import variables
from actors.ocpp.messages import Outcome
from protocols.interfaces import auth_token_validator, evse_manager, ocpp, session_cost
from protocols.types import ocpp as types
from protocols.types.authorization import AuthorizationStatus, IdTokenType
from protocols.types.evse_manager import StopTransactionReason
from protocols.types.money import CurrencyCode
from protocols.types.session_cost import SessionStatus
from protocols.types.text_message import MessageFormat
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import Evse, kinds


def running():
    made = Station(blocks=(metering.BLOCK, transactions.BLOCK))
    made.restart()
    made.connect()
    made.core.live.accepted = True
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    return made, evse


def answer(made, **fields):
    made.answered(call_result.TransactionEvent(**fields))


def judged(made, **fields):
    answer(made, id_token_info=datatypes.IdTokenInfoType(**({"status": Status.accepted} | fields)))
    (update,) = made.published(auth_token_validator.ValidateResultUpdate)
    return update.update


def test_each_answer_is_told_to_the_site_once():  # S8.17
    made, evse = running()
    evse.charge()
    answer(made)
    answer(made)

    told = [each.response for each in made.published(ocpp.OcppTransactionEventResponse)]
    assert [each.original_transaction_event.transaction_event for each in told] == [
        types.TransactionEvent.STARTED,
        types.TransactionEvent.UPDATED,
    ]


def test_an_event_that_was_given_up_is_no_answer():
    made, _evse = running()
    made.set(variables.MESSAGE_ATTEMPTS, 1)
    made.ended(Outcome.REFUSED, code="InternalError")

    assert made.published(ocpp.OcppTransactionEventResponse) == []
    assert len(made.tables.all(Transaction)) == 1


def test_an_end_that_was_given_up_is_the_end_all_the_same():
    made, evse = running()
    made.set(variables.MESSAGE_ATTEMPTS, 1)
    evse.unplug()
    answer(made)
    made.ended(Outcome.REFUSED, code="InternalError")

    assert not made.tables.all(Transaction)


def test_an_answer_that_cannot_be_read_is_logged():
    made, _evse = running()
    made.ended(Outcome.ANSWERED, payload='{"totalCost": "much"}')

    assert "transaction_answer_unreadable" in made.notes()
    assert made.open is None


@pytest.mark.parametrize("status", Status)
def test_every_verdict_is_told_to_the_validator(status):  # S8.5
    made, _evse = running()
    update = judged(made, status=status)

    assert update.connector_id == 1
    assert update.validation_result.authorization_status is AuthorizationStatus(status.value)
    stops = made.asks(evse_manager.StopTransaction)
    assert [each.request.reason for each in stops] == (
        [] if status is Status.accepted else [StopTransactionReason.DE_AUTHORIZED]
    )


def test_a_verdict_comes_with_all_that_was_said():
    made, _evse = running()
    group = datatypes.IdTokenType(id_token="GROUP", type="Central")
    text = datatypes.MessageContentType(content="hello", format=Format.utf8, language="en")
    update = judged(
        made,
        cache_expiry_date_time="2026-04-01T00:00:00Z",
        group_id_token=group,
        personal_message=text,
        evse_id=[1, 2],
    )

    result = update.validation_result
    assert (result.parent_id_token.value, result.parent_id_token.type) == ("GROUP", IdTokenType.CENTRAL)
    assert result.expiry_time.isoformat() == "2026-04-01T00:00:00+00:00"
    assert [each.content for each in result.tariff_messages] == ["hello"]
    assert result.evse_ids == (1, 2)


def test_what_a_verdict_says_badly_is_left_out():
    made, _evse = running()
    group = datatypes.IdTokenType(id_token="GROUP", type="NewType")
    update = judged(made, cache_expiry_date_time="soon", group_id_token=group)

    assert update.validation_result.expiry_time is None
    assert update.validation_result.parent_id_token is None
    assert "time_unreadable" in made.notes()


def test_a_verdict_on_a_transaction_that_is_over_changes_nothing():
    made, evse = running()
    evse.unplug()
    answer(made, id_token_info=datatypes.IdTokenInfoType(status=Status.invalid))

    assert made.asks(evse_manager.StopTransaction) == []
    assert made.published(auth_token_validator.ValidateResultUpdate) == []


def test_a_refusal_does_not_hide_what_was_wanted_before():
    made, evse = running()
    made.turn(
        lambda turn: transactions.stop(turn, transactions.running(turn, 1), StopTransactionReason.REMOTE)
    )
    judged(made, status=Status.blocked)
    evse.finish(StopTransactionReason.DE_AUTHORIZED)

    assert kinds(made)[-1] == ("Ended", "Deauthorized")
    assert made.sent("TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == "Remote"


@pytest.mark.parametrize(("code", "known"), [("EUR", CurrencyCode.EUR), ("XX1", None)])
def test_costs_come_in_the_currency_of_the_station(code, known):  # S8.21
    made, _evse = running()
    made.set(variables.CURRENCY, code)
    answer(made, total_cost=3.456)

    (cost,) = made.published(session_cost.SessionCost)
    assert cost.cost.currency.code is known
    assert cost.cost.cost_chunks[0].cost.minor_units == 3456
    assert cost.cost.currency.decimals == 3
    assert cost.cost.status is SessionStatus.RUNNING


@pytest.mark.parametrize("total_cost", [1e30, -1e30])
def test_a_cost_that_no_amount_can_hold_is_told_to_nobody(total_cost):
    made, _evse = running()
    answer(made, total_cost=total_cost)

    assert made.published(session_cost.SessionCost) == []
    assert "cost_unreadable" in made.notes()


def test_the_cost_of_the_end_is_the_final_one():
    made, evse = running()
    evse.unplug()
    answer(made)
    answer(made, total_cost=5.0)

    (cost,) = made.published(session_cost.SessionCost)
    assert cost.cost.status is SessionStatus.FINISHED
    assert not made.tables.all(Transaction)


def test_a_cost_between_is_the_final_one_when_all_is_over():
    made, evse = running()
    evse.unplug()
    answer(made, total_cost=0.1)

    (response,) = made.published(ocpp.OcppTransactionEventResponse)
    assert response.response.total_cost == Decimal("0.1")
    assert made.published(session_cost.SessionCost)[0].cost.status is SessionStatus.FINISHED


@pytest.mark.parametrize("form", Format)
def test_a_text_for_the_driver_is_published(form):  # S8.22, S15.3
    made, evse = running()
    text = datatypes.MessageContentType(content="3 EUR", format=form)
    answer(made, updated_personal_message=text)

    (tariff,) = made.published(session_cost.TariffMessage)
    assert tariff.tariff.identifier_id == evse.session
    (message,) = tariff.tariff.messages
    known = {each.value for each in MessageFormat}
    assert message.format == (MessageFormat(form.value) if form.value in known else None)


@pytest.mark.parametrize("over", [True, False])
def test_a_verdict_goes_into_the_authorization_cache(over):  # C10
    made, evse = running()
    if over:
        evse.unplug()
    answer(made, id_token_info=datatypes.IdTokenInfoType(status=Status.accepted))

    assert [each.accepted for each in made.tables.all(CachedToken).values()] == [True]


def test_an_answer_without_our_token_teaches_nothing():
    made, evse = running()
    evse.charge()
    answer(made)
    answer(made, id_token_info=datatypes.IdTokenInfoType(status=Status.accepted))

    assert not made.tables.all(CachedToken)
