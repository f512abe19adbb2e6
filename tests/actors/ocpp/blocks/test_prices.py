"""What charging costs, as `session_cost` says it (rows S8.21, S8.22)."""

import pytest
from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import MessageFormatEnumType as Format

from actors.ocpp.blocks import metering, prices, transactions
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.names import ComponentName, VariableName
from actors.ocpp.device_model.requests import Origin, SetRequest
from protocols.interfaces import evse_manager, session_cost
from protocols.types.session_cost import SessionStatus
from tests.support.ocpp_station import Station, shipped
from tests.support.ocpp_transactions import Evse

TARIFF = ComponentName("TariffCostCtrlr")


def station(**options):
    return Station(blocks=(metering.BLOCK, transactions.BLOCK, prices.BLOCK), **options)


def connected():
    made = station()
    made.restart()
    made.connect()
    made.core.live.accepted = True
    return made


def say(made, text, variable="TariffFallbackMessage", language=None):
    """The CSMS sets a text."""

    def wish(turn):
        name = VariableName(variable, language)
        request = SetRequest(component=TARIFF, variable=name, value=text)
        assert turn.model.set_one(request, Origin.CSMS).done

    made.turn(wish)


def told(made):
    """What was published as the default so far: languages and texts."""
    return [
        [(each.language, each.content) for each in news.price.messages]
        for news in made.published(session_cost.DefaultPrice)
    ]


def test_nothing_is_said_while_there_is_no_text():
    assert told(connected()) == []


def test_the_default_is_published_when_it_changes():  # S8.22
    made = connected()

    say(made, "1 EUR")
    say(made, "1 EUR")
    say(made, "2 EUR")

    assert told(made) == [[(None, "1 EUR")], [(None, "2 EUR")]]


def test_the_default_comes_in_every_language_it_has():
    made = connected()
    say(made, "ein Euro", language="de")
    say(made, "1 EUR")

    assert told(made)[-1] == [(None, "1 EUR"), ("de", "ein Euro")]


def test_a_text_that_is_taken_back_is_published_as_none():
    made = connected()
    say(made, "1 EUR")
    say(made, "")

    assert told(made)[-1] == []


def test_a_successor_says_the_default_again():
    made = connected()
    say(made, "1 EUR")

    made.restart()

    assert told(made) == [[(None, "1 EUR")]]


def test_without_a_connection_the_text_for_that_counts():
    made = connected()
    say(made, "1 EUR")
    say(made, "5 EUR", "OfflineTariffFallbackMessage")
    made.disconnect()
    made.connect()

    assert told(made) == [[(None, "1 EUR")], [(None, "5 EUR")], [(None, "1 EUR")]]


def test_without_such_a_text_the_other_one_stays():
    made = connected()
    say(made, "1 EUR")
    made.disconnect()

    assert told(made) == [[(None, "1 EUR")]]


def test_tariffs_that_are_switched_off_are_not_told():
    made = connected()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    made.set(variables.TARIFF_ENABLED, value=False)
    say(made, "1 EUR")
    text = datatypes.MessageContentType(content="2 EUR", format=Format.utf8)
    made.answered(call_result.TransactionEvent(updated_personal_message=text))

    assert told(made) == []
    assert made.published(session_cost.TariffMessage) == []


def charging(made, **limits):
    """A transaction whose start the CSMS has answered; its id, and its EVSE."""
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    told = datatypes.TransactionLimitType(**limits) if limits else None
    made.answered(call_result.TransactionEvent(transaction_limit=told))
    return made.sent("TransactionEvent")[0]["transactionInfo"]["transactionId"], evse


def test_the_csms_may_say_at_any_time_what_a_session_costs():  # S8.21
    made = connected()
    transaction, evse = charging(made)

    assert made.request(call.CostUpdated(total_cost=1.25, transaction_id=transaction)) == {}

    (found,) = [each.cost for each in made.published(session_cost.SessionCost)]
    assert (found.session_id, found.status) == (evse.session, SessionStatus.RUNNING)
    assert [each.cost.minor_units for each in found.cost_chunks] == [1250]


def test_a_cost_that_comes_behind_the_end_is_the_last():
    made = connected()
    transaction, evse = charging(made)
    evse.unplug()
    made.request(call.CostUpdated(total_cost=2.0, transaction_id=transaction))

    (found,) = [each.cost for each in made.published(session_cost.SessionCost)]
    assert found.status is SessionStatus.FINISHED


def test_a_cost_counts_against_the_limit_of_costs():  # E16.FR.15
    made = connected()
    transaction, _evse = charging(made, max_cost=3.0)
    made.request(call.CostUpdated(total_cost=2.5, transaction_id=transaction))
    assert made.asks(evse_manager.PauseCharging) == []
    made.request(call.CostUpdated(total_cost=3.0, transaction_id=transaction))

    assert len(made.asks(evse_manager.PauseCharging)) == 1


def test_the_cost_of_a_transaction_nobody_knows_is_logged_only():
    made = connected()

    assert made.request(call.CostUpdated(total_cost=1.0, transaction_id="nobody's")) == {}
    assert "cost_of_no_transaction" in made.notes()
    assert made.published(session_cost.SessionCost) == []


def test_costs_that_are_switched_off_are_not_told():
    made = connected()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    made.set(variables.COST_ENABLED, value=False)
    say(made, "ask us", "TotalCostFallbackMessage")
    made.answered(call_result.TransactionEvent(total_cost=1.0))
    made.disconnect()
    evse.unplug()

    assert made.published(session_cost.SessionCost) == []


@pytest.mark.parametrize(
    ("text", "online", "expected"), [("ask us", False, 1), ("", False, 0), ("x", True, 0)]
)
def test_an_end_without_connection_gets_the_text_for_it(text, online, expected):
    made = connected()
    say(made, text, "TotalCostFallbackMessage")
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    if not online:
        made.disconnect()
    evse.unplug()

    found = [each.cost for each in made.published(session_cost.SessionCost)]
    assert len(found) == expected
    for each in found:
        assert (each.session_id, each.status) == (evse.session, SessionStatus.FINISHED)
        assert [one.content for one in each.message] == [text]


def test_a_station_without_such_texts_goes_on_without():
    others = tuple(each for each in shipped() if each.name != TARIFF)
    made = station(components=others)
    made.restart()
    made.connect()

    assert told(made) == []
