"""What OCPP201 offers the rest of the site, seen from outside: rows S8.

One site and its back-end go through the scenes of `tests.support.ocpp_scenes`; each test looks at what was
written down: the trace of the actors, the record of the back-end, the answers to commands.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from protocols import codec
from protocols.interfaces import auth_token_provider, auth_token_validator, ocpp, session_cost
from protocols.message import Reply
from tests.support.ocpp_scenes import READ, WATCHED, performed
from tests.support.ocpp_stage import TARIFF, Stage, place
from tests.support.story import transaction_of

if TYPE_CHECKING:
    from tests.support.story import Said

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return performed(tmp_path_factory.getbasetemp() / "ocpp")


def contents(stage: Stage, tag: str, begin: str = "", end: str = "") -> list[Any]:
    """What was published under a tag."""
    return [each.content for each in stage.said(begin, end, kind="variable", tag=tag)]


def reply(stage: Stage, command: Said) -> Said:
    """The reply to a command."""
    return next(
        each
        for each in stage.trace[command.order :]
        if (each.kind, each.name, each.id) == ("reply", command.name, command.id)
    )


# -- auth_validator, auth_provider ---------------------------------------------------------------------------


def of_token(stage: Stage, token: str) -> list[Said]:
    """The commands to judge a token."""
    asked = stage.said(kind="command", tag="auth_token_validator.validate_token")
    return [each for each in asked if each.content["provided_token"]["id_token"]["value"] == token]


@pytest.mark.rows("S8.1")
def test_a_card_at_the_reader_is_put_to_the_csms(stage: Stage) -> None:
    (asked,) = of_token(stage, "CARD3")

    assert (asked.name, asked.sender[:18]) == ("ocpp/auth_validator", "site/auth/request_")
    assert stage.calls("Authorize")[0] == {"idToken": {"idToken": "CARD3", "type": "ISO14443"}}
    assert reply(stage, asked).content["validation_result"]["authorization_status"] == "Accepted"


@pytest.mark.rows("S8.2")
def test_cache_and_list_are_asked_before_the_csms(stage: Stage) -> None:
    """The second part of each is how often the CSMS was asked about that token by then."""
    found = {each: stage.told[each] for each in ("unknown", "cached", "listed", "nobody's")}

    assert {name: asked for name, (_, asked) in found.items()} == {
        "unknown": 1, "cached": 1, "listed": 0, "nobody's": 1,
    }  # fmt: skip
    assert [each["authorization_status"] for each, _ in found.values()] == [
        "Accepted", "Accepted", "Accepted", "Unknown",
    ]  # fmt: skip


@pytest.mark.rows("S8.3")
def test_a_contract_goes_to_the_csms_with_its_hashes(stage: Stage) -> None:
    result, _asked = stage.told["contract"]
    asked = [each for each in stage.calls("Authorize") if each["idToken"]["type"] == "eMAID"]

    assert (result["authorization_status"], result["certificate_status"]) == ("Accepted", "Accepted")
    assert [each["idToken"]["idToken"] for each in asked] == [stage.told["emaid"]]
    assert len(asked[0]["iso15118CertificateHashData"]) >= 2


@pytest.mark.rows("S8.4")
def test_every_token_is_answered_with_a_validation_result(stage: Stage) -> None:
    asked = stage.said(kind="command", tag="auth_token_validator.validate_token")

    assert len({each.sender for each in asked}) >= 3  # Auth's requests and the test itself
    for each in asked:
        answer = reply(stage, each)
        assert answer.tag == "auth_token_validator.validate_token_reply"
        codec.from_plain(auth_token_validator.ValidateTokenReply, answer.content)


@pytest.mark.rows("S8.5")
def test_a_token_refused_in_a_transaction_is_told_for_its_evse(stage: Stage) -> None:
    (update,) = contents(stage, "auth_token_validator.validate_result_update", "remote start", "charge")

    assert update["update"]["connector_id"] == 1
    assert update["update"]["validation_result"]["authorization_status"] == "Invalid"


@pytest.mark.rows("S8.6")
def test_a_remote_start_is_provided_as_a_token(stage: Stage) -> None:
    said = stage.said(kind="variable", name="ocpp/auth_provider", tag="auth_token_provider.provided_token")
    (token,) = {each.content["token"]["request_id"]: each.content["token"] for each in said}.values()

    assert stage.told["start"]["status"] == "Accepted"
    assert (token["authorization_type"], token["request_id"]) == ("OCPP", 4711)
    assert (token["id_token"]["value"], token["connectors"]) == ("REGRETTED", [1])


@pytest.mark.rows("S8.7")
def test_what_it_provides_is_a_token_of_the_interface(stage: Stage) -> None:
    said = stage.said(kind="variable", name="ocpp/auth_provider")

    tokens = [each for each in said if each.tag.startswith("auth_token_provider.")]
    assert [codec.from_plain(auth_token_provider.ProvidedToken, each.content) for each in tokens]


# -- data_transfer -------------------------------------------------------------------------------------------


@pytest.mark.rows("S8.8")
def test_a_vendors_message_goes_out_or_is_offline(stage: Stage) -> None:
    assert stage.calls("DataTransfer") == [
        {"vendorId": "org.example", "messageId": "greeting", "data": "hello"}
    ]
    assert stage.told["data online"] == {"status": "Accepted", "data": '{"says":"hello"}'}
    assert stage.told["data offline"] == {"status": "Offline"}


# -- ocpp_generic --------------------------------------------------------------------------------------------

COMMANDS: dict[str, type[Reply]] = {
    "stop": ocpp.StopReply,
    "restart": ocpp.RestartReply,
    "security_event": Reply,
    "get_variables": ocpp.GetVariablesReply,
    "set_variables": ocpp.SetVariablesReply,
    "change_availability": ocpp.ChangeAvailabilityReply,
    "monitor_variables": Reply,
}
VARIABLES = {
    "boot_notification_response": ocpp.BootNotificationResponse,
    "charging_schedules": ocpp.ChargingSchedules,
    "event_data": ocpp.EventData,
    "is_connected": ocpp.IsConnected,
    "ocpp_message": ocpp.OcppMessage,
    "ocpp_transaction_event": ocpp.OcppTransactionEvent,
    "ocpp_transaction_event_response": ocpp.OcppTransactionEventResponse,
    "security_event_var": ocpp.SecurityEventVar,
}
WAYS = {"in": "ChargingStationToCSMS", "out": "CSMSToChargingStation"}
"""By direction as the back-end sees it."""


@pytest.mark.rows("S8.9")
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_answered_by_its_reply(stage: Stage, command: str) -> None:
    asked = stage.said(kind="command", name="ocpp/ocpp_generic", tag=f"ocpp.{command}")

    assert asked
    for each in asked:
        answer = reply(stage, each)
        assert not answer.tag.startswith("message.failure")
        codec.from_plain(COMMANDS[command], answer.content)


@pytest.mark.rows("S8.9")
@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_is_published_in_its_form(stage: Stage, variable: str) -> None:
    said = stage.said(kind="variable", tag=f"ocpp.{variable}")

    assert {each.name for each in said} == {"ocpp/ocpp_generic"}
    for each in said:
        codec.from_plain(VARIABLES[variable], each.content)


@pytest.mark.rows("S8.10")
def test_what_happens_while_it_is_stopped_is_never_told(stage: Stage) -> None:
    """The event behind the restart has arrived, so an earlier one would have come before it."""
    assert (stage.told["stop"], stage.told["stop again"]) == ({"stopped": True}, {"stopped": False})
    infos = [each.get("techInfo") for each in stage.calls("SecurityEventNotification")]
    assert "while it was stopped" not in infos
    assert "behind the restart" in infos
    noted = [each["event"].get("info") for each in contents(stage, "ocpp.security_event_var")]
    assert "while it was stopped" in noted  # it did happen
    assert stage.calls("TransactionEvent", "stopping", "restarted") == []
    told = contents(stage, "ocpp.ocpp_transaction_event")
    assert stage.told["silent session"] not in {each["event"]["session_id"] for each in told}
    assert {each.content["event"]["uuid"] for each in stage.said(tag="evse_manager.session_event")} >= {
        stage.told["silent session"]
    }


@pytest.mark.rows("S8.11")
def test_a_restart_connects_again_after_a_stop(stage: Stage) -> None:
    assert stage.told["restart"] == {"restarted": True}
    assert stage.told["restart again"] == {"restarted": False}
    since, until = stage.marks["stopping"][0], stage.marks["restarted"][0]
    kinds = [each["kind"] for each in stage.record[since:until] if each["kind"] != "frame"]
    assert kinds == ["closed", "connected"]
    assert stage.calls("SecurityEventNotification", "restarted")


@pytest.mark.rows("S8.12")
def test_of_security_events_only_critical_ones_are_told(stage: Stage) -> None:
    infos = [each.get("techInfo") for each in stage.calls("SecurityEventNotification")]
    logged = {each["detail"]: each["critical"] for each in stage.story.logged("security_event")}

    assert "critical" in infos
    assert "harmless" not in infos
    assert (logged["critical"], logged["harmless"]) == (True, False)


@pytest.mark.rows("S8.13")
def test_variables_are_read_in_the_order_asked(stage: Stage) -> None:
    results = stage.told["read"]["results"]

    assert [each["component_variable"] for each in results] == [place(*each) for each in READ]
    assert [each.get("value") for each in results] == ["Heartbeat", "true", None, "10", "true"]
    assert [each["status"] for each in results][2] == "UnknownComponent"


@pytest.mark.rows("S8.14")
def test_what_the_site_sets_the_csms_reads(stage: Stage) -> None:
    results = stage.told["set"]["results"]

    assert [each["status"] for each in results] == ["Accepted", "UnknownComponent"]
    assert stage.told["seen"] == "77"


@pytest.mark.rows("S8.15")
def test_the_site_changes_availability_as_the_csms_would(stage: Stage) -> None:
    told = stage.calls("StatusNotification", "out of service", "by the CSMS")

    assert stage.told["change_availability"] == {"response": {"status": "Accepted"}}
    assert [(each["evseId"], each["connectorStatus"]) for each in told] == [(1, "Unavailable")]


@pytest.mark.rows("S8.16")
def test_a_second_call_watches_more_variables(stage: Stage) -> None:
    def seen(begin: str, end: str) -> list[tuple[str, str]]:
        found = [each["event_data"] for each in contents(stage, "ocpp.event_data", begin, end)]
        return [(each["component_variable"]["variable"]["name"], each["actual_value"]) for each in found]

    (_, first), (_, second) = WATCHED
    assert seen("monitored 0", "monitored 1") == [(first, "600")]
    assert seen("monitored 1", "measured") == [(first, "601"), (second, "601")]


@pytest.mark.rows("S8.17")
def test_each_transaction_event_and_its_answer_is_published_once(stage: Stage) -> None:
    sent = Counter((transaction_of(each), each["eventType"]) for each in stage.calls("TransactionEvent"))
    events = [each["event"] for each in contents(stage, "ocpp.ocpp_transaction_event")]
    answers = [
        each["response"]["original_transaction_event"]
        for each in contents(stage, "ocpp.ocpp_transaction_event_response")
    ]

    assert len({transaction for transaction, _ in sent}) == 3
    for published in (events, answers):
        assert Counter((each["transaction_id"], each["transaction_event"]) for each in published) == sent


@pytest.mark.rows("S8.18")
def test_a_schedule_is_published_for_the_station_and_each_evse(stage: Stage) -> None:
    published = contents(stage, "ocpp.charging_schedules")

    assert published
    for each in published:
        assert [one["evse"] for one in each["schedules"]["schedules"]] == [0, 1, 2]


@pytest.mark.rows("S8.19")
def test_it_says_whether_the_csms_can_be_reached(stage: Stage) -> None:
    said = [each["connected"] for each in contents(stage, "ocpp.is_connected", end="end")]
    kinds = [each["kind"] for each in stage.record[: stage.marks["end"][0]]]

    assert said == [True, False, True, False, True]
    assert [each == "connected" for each in kinds if each in {"connected", "closed"}] == said


@pytest.mark.rows("S8.20")
def test_events_and_the_boot_are_published_when_they_happen(stage: Stage) -> None:
    (boot,) = contents(stage, "ocpp.boot_notification_response")
    events = [each["event"]["type"] for each in contents(stage, "ocpp.security_event_var")]

    assert (boot["response"]["status"], boot["response"]["interval"]) == ("Accepted", 300)
    assert (events.count("StartupOfTheDevice"), events.count("OrderOfTheTest")) == (1, 4)
    assert len(contents(stage, "ocpp.event_data", end="measured")) == 3


@pytest.mark.rows("S8.20")
def test_every_message_is_published_raw_and_once(stage: Stage) -> None:
    """Up to the last charge: the very last messages may be on their way when everything ends."""
    messages = [each["message"] for each in contents(stage, "ocpp.ocpp_message")]
    published = Counter((each["direction"], json.dumps(json.loads(each["message"]))) for each in messages)
    seen = {(WAYS[each.direction], json.dumps(each.whole)) for each in stage.frames(end="charge")}

    assert {each["version"] for each in messages} == {"ocpp2.1"}
    assert len(seen) > 100
    assert {published[each] for each in seen} == {1}


# -- session_cost --------------------------------------------------------------------------------------------


def costs(stage: Stage, begin: str, end: str) -> list[tuple[str, int]]:
    """What sessions were said to cost, in thousandths: the number of decimals that is shipped is 3."""
    said = stage.said(begin, end, kind="variable", name="ocpp/session_cost", tag="session_cost.session_cost")
    found = [codec.from_plain(session_cost.SessionCost, each.content).cost for each in said]
    return [
        (each.status.value, chunk.cost.minor_units)
        for each in found
        for chunk in each.cost_chunks or ()
        if chunk.cost is not None
    ]


@pytest.mark.rows("S8.21")
def test_costs_that_the_csms_tells_are_published(stage: Stage) -> None:
    """The meter of the program has counted 200 Wh, at 0.50 a kWh; then CostUpdated says 1.25."""
    assert stage.told["cost updated"] == {}
    assert costs(stage, "the car tells its SoC", "measured")[-1] == ("Finished", 100)
    assert ("Running", 1250) in costs(stage, "charge", "remote stop")


@pytest.mark.rows("S8.22")
def test_default_price_tariff_and_cost_are_published(stage: Stage) -> None:
    (price,) = contents(stage, "session_cost.default_price")
    (tariff,) = contents(stage, "session_cost.tariff_message")

    assert [each["content"] for each in price["price"]["messages"]] == ["0.60 EUR/kWh"]
    assert tariff["tariff"]["ocpp_transaction_id"] == stage.told["transaction"]
    assert [each["content"] for each in tariff["tariff"]["messages"]] == [TARIFF["content"]]
    assert {status for status, _ in costs(stage, "charge", "end")} == {"Running", "Finished"}
