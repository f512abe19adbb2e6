"""Messages, the newest below."""

from __future__ import annotations

import pytest

from actors.view.timeline import detail, folded, plain, timeline
from tests.support.view_data import drawn, message


def test_a_message_is_told_with_its_direction_and_what_says_most() -> None:
    body = {"eventType": "Updated", "triggerReason": "MeterValuePeriodic", "seqNo": 4, "evse": {"id": 2}}

    (line,) = drawn(timeline([message("TransactionEvent", body=body)], 5), 80)

    assert line[8:] == " OCPP 2 → TransactionEvent  Updated MeterValuePeriodic #4"


def test_only_the_last_messages_that_fit_are_shown() -> None:
    lines = drawn(timeline([message(str(number)) for number in range(9)], 3), 80)

    assert [line.split()[-1] for line in lines] == ["6", "7", "8"]


def test_the_loop_of_a_charging_car_is_two_lines() -> None:
    talk = [message("AuthorizationReq", "v2g"), message("AuthorizationRes", "v2g")]
    loop = [message("CurrentDemandReq", "v2g"), message("CurrentDemandRes", "v2g")]

    found = folded([*talk, *loop, *loop, message("Heartbeat"), *loop])

    assert [(each.message["name"], each.times) for each in found] == [
        ("AuthorizationReq", 1), ("AuthorizationRes", 1), ("Heartbeat", 1),
        ("CurrentDemandReq", 3), ("CurrentDemandRes", 3),
    ]  # fmt: skip


def test_the_talks_of_two_cars_are_told_apart() -> None:
    found = folded([message("CurrentDemandReq", "v2g", evse) for evse in (1, 2, 1)])

    assert [(each.message["evse"], each.times) for each in found] == [(2, 1), (1, 2)]


def test_messages_of_the_back_end_are_not_folded() -> None:
    assert len(folded([message("Heartbeat"), message("Heartbeat")])) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [(None, ""), ([], ""), ({"x": 1}, ""), ({"idTokenInfo": {"status": "Accepted"}}, "Accepted"),
     ({"status": "a\x1bb"}, "a b"), ({"a": {"b": {"c": {"status": "too deep"}}}}, "")],
)  # fmt: skip
def test_a_payload_is_told_by_the_fields_that_say_most(body: object, told: str) -> None:
    assert detail(body) == told


def test_an_error_without_an_evse_is_shown_as_well() -> None:
    (line,) = drawn(timeline([message("NotSupported", kind="error", evse=None, direction="")], 5), 80)

    assert line.endswith("NotSupported")


def test_a_message_is_one_line_for_a_pipe() -> None:
    told = plain(message("Heartbeat", body={"a": "b\n"}, evse=None))

    assert told.endswith('ocpp -> Heartbeat {"a": "b\\n"}')


def test_how_often_a_message_came_stands_behind_its_name() -> None:
    (line,) = drawn(timeline([message("CurrentDemandReq", "v2g")] * 7, 5), 80)

    assert line.endswith("CurrentDemandReq x7")


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("response", {"idTokenInfo": {"status": "Accepted"}}, "Authorize ✓  eMAID = Accepted"),
        ("response", {}, "Authorize ✓  eMAID"),
        ("error", {"errorCode": "NotSupported"}, "Authorize ✗  eMAID = NotSupported"),
    ],
)
def test_an_answer_of_the_back_end_stands_behind_its_request(kind: str, body: object, told: str) -> None:
    request = message("Authorize", id="7", body={"idToken": {"type": "eMAID"}})
    answer = message("Authorize", id="7", kind=kind, body=body, direction="received")

    (line,) = drawn(timeline([request, answer], 5), 80)

    assert line.endswith(told)


def test_an_answer_whose_request_is_long_gone_has_a_line_of_its_own() -> None:
    (line,) = drawn(timeline([message("Authorize", id="7", kind="response", direction="received")], 5), 80)

    assert "← Authorize" in line
