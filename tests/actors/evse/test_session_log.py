"""Tests for actors/evse/session_log.py: the lines of a session's log (row M5.7)."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from actors.connector.messages import Condition, Contactor, Order, Pilot, Pin
from actors.evse import exchange
from actors.evse.session_log import HEADER, MAX_BYTES, MAX_DETAILS, SessionLog
from protocols import errors
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types.error_history import Severity
from protocols.types.iso15118 import DcEvsePresentVoltageCurrent
from tests.support.evse import CONTRACT, START, Bench, standing


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def row(data: bytes) -> tuple[str, str, Any]:
    """Who, what, and the details of one line."""
    ((_time, origin, event, details),) = rows(data)
    return origin, event, json.loads(details)


def test_a_log_begins_with_its_columns_and_what_is_known() -> None:
    head, first = rows(SessionLog().begin(START, {"session": "s1"}))

    assert tuple(head) == HEADER
    assert first == ["2026-03-01T12:00:00.000+00:00", "SYS", "log", '{"session":"s1"}']


def test_the_way_through_the_states_is_in_it() -> None:
    log = SessionLog()

    assert row(log.state(START, "Idle", "Charging")) == ("EVSE", "state", {"from": "Idle", "to": "Charging"})
    assert log.state(START, "Charging", "Charging") == b""


def test_session_events_are_in_it_but_not_who_is_charged() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    event = next(each for each in bench.session_events if each.transaction_started is not None)
    published = exchange.Publish(variable=evse_manager.SessionEvent(event=event))

    data = SessionLog().effect(START, published)

    origin, name, details = row(data)
    assert (origin, name) == ("SYS", "TransactionStarted")
    assert "meter_value" in details["transaction_started"]
    assert b"CARD1" not in data


def test_what_the_car_and_the_station_say_is_in_it_once() -> None:
    log, told = SessionLog(), exchange.Tell(requirement="hlc", command=charger.StopCharging(stop=True))

    assert row(log.effect(START, told)) == ("EVSE", "StopCharging", {"stop": True})
    assert log.effect(START, told) == b""
    assert row(log.car(START, charger.StartCableCheck())) == ("CAR", "StartCableCheck", {})


def test_a_contract_is_not_in_it() -> None:
    data = SessionLog().car(START, charger.RequireAuthPnc(token=CONTRACT))

    assert row(data) == ("CAR", "RequireAuthPnc", {})


def test_what_flows_all_the_time_is_left_to_the_evidence() -> None:
    present = DcEvsePresentVoltageCurrent(evse_present_voltage_v=400.0)
    told = charger.UpdateDcPresentValues(present_voltage_current=present)

    assert SessionLog().effect(START, exchange.Tell(requirement="hlc", command=told)) == b""


def test_of_a_connector_and_its_orders_only_changes_are_told() -> None:
    log, condition = SessionLog(), Condition(pin=Pin.B, contactor=Contactor.OPEN)
    order = Order(number=1, in_service=True, pilot=Pilot.DIGITAL)
    log.outlet(START, 1, condition)
    log.effect(START, exchange.Say(connector=1, order=order))

    moved = log.outlet(START, 1, replace(condition, pin=Pin.C, order=7))
    ordered = log.effect(START, exchange.Say(connector=1, order=replace(order, number=2, locked=True)))

    assert row(moved) == ("CAR", "connector 1", {"pin": "C"})
    assert row(ordered) == ("EVSE", "order to connector 1", {"locked": True})
    assert log.outlet(START, 1, replace(condition, pin=Pin.C, order=8)) == b""


OTHERS: list[tuple[Any, Any]] = [
    (
        exchange.Raise(error=errors.EvseManager.INTERNAL, message="why", severity=Severity.LOW),
        ("SYS", "error raised", {"error": "evse_manager/Internal", "message": "why"}),
    ),
    (exchange.Note(event="hard_stop", facts={"waited_s": 20.0}), ("SYS", "hard_stop", {"waited_s": 20.0})),
]


@pytest.mark.parametrize(("effect", "line"), OTHERS)
def test_errors_and_notes_are_in_it(effect: Any, line: Any) -> None:
    assert row(SessionLog().effect(START, effect)) == line


def test_timers_are_not_in_it() -> None:
    timer = exchange.CancelTimer(timer=exchange.Timer.METER)

    assert SessionLog().effect(START, timer) == b""


def test_the_errors_of_a_device_are_in_it_when_they_change() -> None:
    log, found = SessionLog(), (standing("evse_board_support/BrownOut"),)

    told = log.errors(START, "board", found)
    assert row(told) == ("SYS", "errors of board", {"errors": ["evse_board_support/BrownOut"]})
    assert log.errors(START, "board", found) == b""


def test_a_log_that_is_full_says_so_and_ends() -> None:
    log = SessionLog()
    long = exchange.Note(event="x", facts={"text": "y" * 10_000})
    data = b""
    for _ in range(MAX_BYTES // MAX_DETAILS):
        data = log.effect(START, long) or data

    assert rows(data)[-1][2] == "log full"
    assert log.effect(START, long) == b""
    assert len(rows(data)[0][3]) == MAX_DETAILS
