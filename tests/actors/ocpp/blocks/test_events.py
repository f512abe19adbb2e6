"""Errors as events (N07; rows S17.1 to S17.12, S21.13, M9.7, M14.9, M14.10)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ocpp.v21 import call_result

from actors.errors.messages import Standing, StandingErrors
from actors.ocpp.blocks import events, security, status
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.names import ComponentName
from actors.ocpp.entries import Queued
from actors.ocpp.error_mapping import ErrorRule
from actors.ocpp.inputs import Target
from protocols.interfaces import ocpp
from protocols.ocpp.version import Version
from protocols.types.error_history import ErrorObject, ImplementationIdentifier, Severity, State
from tests.support.ocpp_station import START, Station

BLOCKS = (events.BLOCK, security.BLOCK, status.BLOCK)
LOCK = "connector_lock/MREC1ConnectorLockFailure"


def error(
    uuid: str = "u1", kind: str = LOCK, evse: int | None = 1, connector: int | None = None, **fields: Any
) -> Standing:
    values: dict[str, Any] = {
        "type": kind,
        "description": "It does not lock.",
        "message": "motor stuck",
        "severity": Severity.HIGH,
        "origin": ImplementationIdentifier(module_id="lock", implementation_id="main"),
        "timestamp": START - timedelta(seconds=1),
        "uuid": uuid,
        "state": State.ACTIVE,
    }
    return Standing(error=ErrorObject(**(values | fields)), evse=evse, connector=connector)


def station_of(version: Version = Version.V21, **options: Any) -> Station:
    made = Station(blocks=BLOCKS, version=version, options={"site_life": "one"} | options)
    made.connect()
    made.turn(lambda turn: setattr(turn.live, "accepted", True))
    return made


@pytest.fixture
def station() -> Station:
    return station_of()


def stand(station: Station, *errors: Standing) -> None:
    """The framework says what stands."""
    station.say(Target.SYSTEM, StandingErrors(errors=errors))


def sent(station: Station) -> list[dict[str, Any]]:
    """The event of each NotifyEvent, all answered."""
    while station.open is not None:
        station.answered(call_result.NotifyEvent())
    frames = station.sent("NotifyEvent")
    assert all(len(each["eventData"]) == 1 and each["seqNo"] == 0 for each in frames)
    return [each["eventData"][0] for each in frames]


def short(station: Station) -> list[tuple[int, str, bool]]:
    return [(each["eventId"], each["actualValue"], each["cleared"]) for each in sent(station)]


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_an_error_is_told_as_the_rows_say(version: Version) -> None:  # M14.10
    station = station_of(version)

    stand(station, error(connector=1))

    assert sent(station) == [
        {
            "eventId": 1,
            "timestamp": "2026-03-01T11:59:59.000Z",
            "trigger": "Alerting",
            "actualValue": "true",
            "cleared": False,
            "techCode": "CX001",
            "techInfo": "It does not lock.",
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
            "variable": {"name": "Problem"},
            "severity": 3,
        }
    ]
    assert station.sent("StatusNotification") == []  # S17.4


def test_its_end_is_told_of_the_same_place(station: Station) -> None:
    stand(station, error())
    station.later(5)

    stand(station)

    raised, cleared = sent(station)
    assert (cleared["eventId"], cleared["actualValue"], cleared["cleared"]) == (2, "false", True)
    assert cleared["timestamp"] == "2026-03-01T12:00:05.000Z"
    assert cleared["component"] == raised["component"] == {"name": "EVSE", "evse": {"id": 1}}
    assert cleared["techCode"] == raised["techCode"]


@pytest.mark.parametrize("evse", [None, 0])
def test_an_error_of_the_station_has_no_evse(station: Station, evse: int | None) -> None:  # S17.8
    stand(station, error(evse=evse, connector=3))

    assert sent(station)[0]["component"] == {"name": "ChargingStation"}


@pytest.mark.parametrize(
    ("severity", "expected"), [(Severity.HIGH, 3), (Severity.MEDIUM, 4), (Severity.LOW, 6)]
)
def test_a_severity_has_its_number(station: Station, severity: Severity, expected: int) -> None:
    stand(station, error(severity=severity))

    assert sent(station)[0]["severity"] == expected


def test_texts_are_cut_to_what_the_schema_allows(station: Station) -> None:
    stand(station, error(kind=f"generic/{'x' * 60}", description="d" * 600))

    (found,) = sent(station)
    assert (len(found["techCode"]), len(found["techInfo"])) == (50, 500)


def test_each_raise_and_each_clear_is_one_frame(station: Station) -> None:  # S17.6
    stand(station, error("ua"))
    stand(station, error("ua"), error("ub"))
    stand(station, error("ua"), error("ub"))
    stand(station, error("ub"))
    stand(station)

    assert short(station) == [
        (1, "true", False),
        (2, "true", False),
        (3, "false", True),
        (4, "false", True),
    ]


def test_an_error_that_came_again_is_cleared_and_raised(station: Station) -> None:
    stand(station, error("ua"))

    stand(station, error("ub"))

    assert short(station) == [(1, "true", False), (2, "false", True), (3, "true", False)]


# -- lives and outages ---------------------------------------------------------------------------------------


def test_a_successor_tells_nothing_twice(station: Station) -> None:
    stand(station, error())
    sent(station)

    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    stand(station, error())
    assert sent(station) == []

    stand(station)
    assert short(station) == [(2, "false", True)]


def test_what_happened_while_nobody_listened_is_told(station: Station) -> None:
    stand(station, error("ua"))
    sent(station)
    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))

    stand(station, error("ub"))

    assert short(station) == [(2, "false", True), (3, "true", False)]


def test_an_error_between_commit_and_sending_is_not_lost(station: Station) -> None:
    stand(station, error())

    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))

    assert short(station) == [(1, "true", False)]


def test_errors_before_the_boot_wait_for_it() -> None:  # M9.7
    station = Station(blocks=BLOCKS)
    stand(station, error())
    stand(station)
    station.connect()
    assert station.sent() == []

    station.turn(lambda turn: setattr(turn.live, "accepted", True))

    assert short(station) == [(1, "true", False), (2, "false", True)]


def test_errors_of_an_outage_are_told_after_it(station: Station) -> None:
    station.disconnect()
    stand(station, error())
    station.later(3600)

    station.connect()

    frames = station.sent("NotifyEvent")
    assert [each["generatedAt"] for each in frames] == ["2026-03-01T12:00:00.000Z"]


def test_nothing_is_kept_while_the_site_wants_no_connection(station: Station) -> None:  # S8.10
    station.turn(lambda turn: setattr(turn.live, "stopped", True))

    stand(station, error())

    assert not station.tables.all(Queued)


# -- the device model ----------------------------------------------------------------------------------------


def test_the_device_model_shows_where_something_is_wrong(station: Station) -> None:
    stand(station, error("ua", connector=1), error("ub", connector=1), error("uc", evse=None))
    assert station.model.read(variables.CONNECTOR_PROBLEM, 1, 1)
    assert station.model.read(variables.STATION_PROBLEM)
    assert not station.model.read(variables.EVSE_PROBLEM, 1)

    stand(station, error("ub", connector=1))
    assert station.model.read(variables.CONNECTOR_PROBLEM, 1, 1)
    assert not station.model.read(variables.STATION_PROBLEM)

    stand(station)
    assert not station.model.read(variables.CONNECTOR_PROBLEM, 1, 1)


def test_a_successors_device_model_shows_it_too(station: Station) -> None:
    stand(station, error(evse=2))

    station.restart()

    assert station.model.read(variables.EVSE_PROBLEM, 2)


def test_a_component_nobody_declares_is_told_of_nevertheless(station: Station) -> None:
    stand(station, error(evse=9, connector=9))

    assert sent(station)[0]["component"]["evse"] == {"id": 9, "connectorId": 9}


# -- rules (S17.12, S21.13) ----------------------------------------------------------------------------------


def test_a_rule_of_the_operator_names_another_place() -> None:
    rule = ErrorRule(error=LOCK, component="EVSE", variable=variables.EVSE_POWER.variable)
    station = station_of(error_rules=(rule,))

    stand(station, error(connector=1))

    (found,) = sent(station)
    assert found["component"] == {"name": "EVSE", "evse": {"id": 1}}
    assert found["variable"] == {"name": "Power"}


def test_instances_are_told(station: Station) -> None:
    rule = ErrorRule(error=LOCK, component="DeviceDataCtrlr", variable=variables.REPORT_ITEMS.variable)
    station = station_of(error_rules=(rule,))

    stand(station, error())

    (found,) = sent(station)
    assert found["component"] == {"name": "DeviceDataCtrlr"}
    assert found["variable"] == {"name": "ItemsPerMessage", "instance": "GetReport"}


def test_an_error_ends_where_it_began_whatever_rules_say_by_then(station: Station) -> None:
    stand(station, error())
    sent(station)
    station.options["error_rules"] = (ErrorRule(error=LOCK, component="ChargingStation"),)
    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))

    stand(station)

    assert sent(station)[0]["component"] == {"name": "EVSE", "evse": {"id": 1}}


def test_inoperative_is_told_as_an_event_unless_a_rule_says_no() -> None:
    inoperative = error(kind="evse_manager/Inoperative")
    loud, quiet = (
        station_of(),
        station_of(error_rules=(ErrorRule(error=inoperative.error.type, report=False),)),
    )

    for each in (loud, quiet):
        stand(each, inoperative)
        assert each.model.read(variables.EVSE_PROBLEM, 1)
        stand(each)
        assert not each.model.read(variables.EVSE_PROBLEM, 1)

    assert short(loud) == [(1, "true", False), (2, "false", True)]
    assert short(quiet) == []


def test_an_open_door_is_a_security_event_besides(station: Station) -> None:
    station.disconnect()
    open_door = error(kind="evse_board_support/EnclosureOpen", message="lid")

    stand(station, open_door)
    stand(station, open_door)
    stand(station)

    queued = [(each.action, json.loads(each.payload)) for each in station.tables.all(Queued).values()]
    assert [name for name, _payload in queued] == ["NotifyEvent", "SecurityEventNotification", "NotifyEvent"]
    assert queued[1][1]["type"] == "TamperDetectionActivated"
    assert queued[1][1]["timestamp"] == "2026-03-01T11:59:59.000Z"
    (told,) = station.published(ocpp.SecurityEventVar)
    assert told.event.info == "lid"


def test_an_entry_remembers_what_it_was_told_of_as(station: Station) -> None:
    stand(station, error(connector=1))

    (entry,) = station.tables.all(events.Reported).values()

    assert entry.teller.component == ComponentName("Connector", None, 1, 1)
    assert replace(entry, connector_id=None, component="EVSE").teller.component == ComponentName(
        "EVSE", None, 1
    )
