"""Reports of the device model arrive complete, in order, once (B07, B08; S5.8, S5.9, S20.1 to S20.4)."""

import json
from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp import queue
from actors.ocpp.blocks import boot, reports
from actors.ocpp.blocks.variable_entries import Report
from actors.ocpp.device_model import reports as made
from actors.ocpp.device_model import variables as known
from actors.ocpp.device_model.connected_ev import connected_ev
from actors.ocpp.device_model.names import ComponentName
from actors.ocpp.entries import Queued, Rank
from actors.ocpp.inputs import Resumed, SendCall
from actors.ocpp.messages import CalledReply, Outcome
from protocols.ocpp.version import Version
from tests.support.ocpp_station import Station

BLOCKS = (boot.BLOCK, reports.BLOCK)
VERSIONS = pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
Base = enums.ReportBaseEnumType
Criterion = enums.ComponentCriterionEnumType
RECEIVED = call_result.NotifyReport()
FULL = call.GetBaseReport(report_base=Base.full_inventory, request_id=7)


def registered(version: Version = Version.V21) -> Station:
    station = Station(blocks=BLOCKS, version=version)
    station.turn(lambda turn: turn.put(boot.Registration(site_life="", accepted=True)))
    station.feed(Resumed())
    station.connect()
    return station


@pytest.fixture
def station() -> Station:
    return registered()


def status(station: Station, request: Any, message_id: str | None = None) -> str:
    answer = station.request(request, message_id)
    assert isinstance(answer, dict)
    found: str = answer["status"]
    return found


def receive(station: Station) -> None:
    """The CSMS acknowledges every part."""
    while station.open is not None:
        station.answered(RECEIVED)


def parts(station: Station) -> list[dict[str, Any]]:
    """Every part that went out, once for each message."""
    return station.sent("NotifyReport")


def rows(sent: list[dict[str, Any]]) -> list[str]:
    return [row_name(row) for part in sent for row in part.get("reportData", ())]


def row_name(row: dict[str, Any]) -> str:
    component, variable = row["component"], row["variable"]
    where = ".".join(str(each) for each in component.get("evse", {}).values())
    instances = [f"[{each['instance']}]" if "instance" in each else "" for each in (component, variable)]
    return f"{component['name']}{instances[0]}@{where}.{variable['name']}{instances[1]}"


def is_whole(sent: list[dict[str, Any]]) -> bool:
    """Numbered from 0 without a gap, and only the last one says that it is."""
    numbers = [each["seqNo"] for each in sent]
    more = [each.get("tbc", False) for each in sent]
    return numbers == list(range(len(sent))) and more == [True] * (len(sent) - 1) + [False]


# -- base reports --------------------------------------------------------------------------------------------


@VERSIONS
def test_a_full_report_has_every_variable_once(version: Version) -> None:
    # B07.FR.01, B07.FR.07, B07.FR.10, S20.1 to S20.4
    station = registered(version)

    assert status(station, FULL) == "Accepted"
    receive(station)

    sent = parts(station)
    assert is_whole(sent)
    assert len(sent) > 1
    assert {each["requestId"] for each in sent} == {7}
    declared = [name for each in station.model.components.values() for name in each.variables]
    assert len(rows(sent)) == len(set(rows(sent))) == len(declared)
    assert not station.tables.all(Report)


def test_a_row_tells_what_a_variable_is_and_holds(station: Station) -> None:
    # S20.3, B07.FR.11
    status(station, FULL)
    receive(station)

    found = {row_name(row): row for part in parts(station) for row in part["reportData"]}
    assert found["EVSE@1.Power"]["variableCharacteristics"] == {
        "dataType": "decimal",
        "unit": "W",
        "minLimit": 0,
        "maxLimit": 22000,
        "supportsMonitoring": True,
    }
    attributes = found["EVSE@1.Power"]["variableAttribute"]
    assert [(each["type"], each["mutability"]) for each in attributes] == [
        ("Actual", "ReadOnly"),
        ("MaxSet", "ReadOnly"),
    ]
    assert found["ClockCtrlr@.DateTime"]["variableAttribute"][0]["value"] == "2026-03-01T12:00:00.000Z"
    (password,) = found["SecurityCtrlr@.BasicAuthPassword"]["variableAttribute"]
    assert "value" not in password


def test_no_report_tells_the_password(station: Station) -> None:
    # B07.FR.12
    station.set(known.BASIC_AUTH_PASSWORD, "correct horse battery")

    status(station, FULL)
    receive(station)

    assert "correct horse" not in str(station.effects)
    assert "correct horse" not in str(station.tables.snapshot())


@pytest.mark.parametrize(
    ("base", "within", "without"),
    [
        (Base.configuration_inventory, "OCPPCommCtrlr@.HeartbeatInterval", "EVSE@1.AvailabilityState"),
        (Base.summary_inventory, "EVSE@1.AvailabilityState", "OCPPCommCtrlr@.HeartbeatInterval"),
    ],
)
def test_each_base_has_its_variables(station: Station, base: Base, within: str, without: str) -> None:
    assert status(station, call.GetBaseReport(report_base=base, request_id=1)) == "Accepted"
    receive(station)

    found = rows(parts(station))
    assert within in found
    assert without not in found
    assert is_whole(parts(station))


def test_a_part_keeps_to_the_size_of_a_message(station: Station) -> None:
    station.set(known.MAX_MESSAGE_SIZE, 2000)

    status(station, FULL)
    receive(station)

    assert is_whole(parts(station))
    sizes = [len(each.payload.encode()) for each in messages(station)]
    assert max(sizes) <= 2000


def test_the_answer_goes_out_before_the_report(station: Station) -> None:
    status(station, FULL)

    kinds = [type(each).__name__ for each in station.effects]
    assert kinds.index("AnswerCall") < kinds.index("SendCall")


# -- custom reports ------------------------------------------------------------------------------------------


def wanted(component: str, variable: str | None = None, evse: int | None = None) -> Any:
    return datatypes.ComponentVariableType(
        component=datatypes.ComponentType(
            name=component, evse=None if evse is None else datatypes.EVSEType(id=evse)
        ),
        variable=None if variable is None else datatypes.VariableType(name=variable),
    )


def custom(
    filters: list[Any] | None = None, criteria: list[Criterion] | None = None, request_id: int = 3
) -> call.GetReport:
    return call.GetReport(request_id=request_id, component_variable=filters, component_criteria=criteria)


CUSTOM = {
    "one variable": (custom([wanted("TxCtrlr", "TxStartPoint")]), ["TxCtrlr@.TxStartPoint"]),
    "one variable of every EVSE": (
        custom([wanted("EVSE", "Available")]),
        ["EVSE@1.Available", "EVSE@2.Available"],
    ),
    "at one EVSE": (custom([wanted("EVSE", "Available", 2)]), ["EVSE@2.Available"]),
    "every instance": (
        custom([wanted("DeviceDataCtrlr", "ItemsPerMessage")]),
        [
            f"DeviceDataCtrlr@.ItemsPerMessage[{each}]"
            for each in ("GetReport", "GetVariables", "SetVariables")
        ],
    ),
    "two filters": (
        custom([wanted("TxCtrlr", "TxStopPoint"), wanted("TxCtrlr", "TxStartPoint")]),
        ["TxCtrlr@.TxStartPoint", "TxCtrlr@.TxStopPoint"],
    ),
    "with trouble": (
        custom([wanted("EVSE", "Problem")], [Criterion.problem]),
        ["EVSE@2.Problem"],
    ),
    "in use": (custom([wanted("EVSE", "Problem")], [Criterion.active]), ["EVSE@1.Problem", "EVSE@2.Problem"]),
}


@VERSIONS
@pytest.mark.parametrize(("request_", "expected"), CUSTOM.values(), ids=CUSTOM)
def test_a_custom_report_has_what_was_asked_for(
    version: Version, request_: call.GetReport, expected: list[str]
) -> None:
    # B08.FR.01 to B08.FR.13
    station = registered(version)
    station.set(known.EVSE_PROBLEM, True, 2)  # noqa: FBT003  # the value of a variable

    assert status(station, request_) == "Accepted"
    receive(station)

    assert rows(parts(station)) == expected
    assert is_whole(parts(station))


def test_a_whole_component_can_be_asked_for(station: Station) -> None:
    status(station, custom([wanted("TxCtrlr")]))
    receive(station)

    component = station.model.components[ComponentName("TxCtrlr")]
    assert sorted(rows(parts(station))) == sorted(f"TxCtrlr@.{each}" for each in component.variables)


def test_without_filters_and_criteria_everything_is_reported(station: Station) -> None:
    status(station, custom())
    status(station, FULL)
    receive(station)

    ours = [each for each in parts(station) if each["requestId"] == 3]
    full = [each for each in parts(station) if each["requestId"] == 7]
    assert rows(ours) == rows(full)


@VERSIONS
@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (custom([wanted("Nothing")]), "EmptyResultSet"),
        (custom([wanted("TxCtrlr", "Nothing")]), "EmptyResultSet"),
        (custom([wanted("EVSE", None, 9)]), "EmptyResultSet"),
        (custom(None, [Criterion.problem]), "NotSupported"),
    ],
)
def test_a_report_about_nothing_is_not_sent(
    version: Version, request_: call.GetReport, expected: str
) -> None:
    # B08.FR.15, B08.FR.16
    station = registered(version)
    station.set(known.SUPPORTED_CRITERIA, ("Enabled", "Active"))

    assert status(station, request_) == expected

    assert station.open is None
    assert not station.tables.all(Report)


@pytest.mark.parametrize(
    ("bound", "code"),
    [(known.REPORT_ITEMS, "OccurrenceConstraintViolation"), (known.REPORT_BYTES, "FormatViolation")],
    ids=str,
)
def test_a_request_that_is_too_large_is_refused(station: Station, bound: Any, code: str) -> None:
    # B08.FR.17, B08.FR.18
    station.set(bound, 1)

    answer = station.request(custom([wanted("TxCtrlr"), wanted("AuthCtrlr")]))

    assert isinstance(answer, CalledReply)
    assert answer.code == code


# -- complete, in order, once --------------------------------------------------------------------------------


def messages(station: Station) -> list[SendCall]:
    return [each for each in station.effects if isinstance(each, SendCall) and each.action == "NotifyReport"]


@pytest.mark.parametrize("moment", ["before the answer", "after the answer"])
def test_kills_at_every_part_leave_the_report_whole(station: Station, moment: str) -> None:
    station.set(known.MAX_MESSAGE_SIZE, 20_000)
    status(station, FULL)
    received: dict[str, dict[str, Any]] = {}

    while station.open is not None:
        if moment == "before the answer":
            before = station.open.message_id
            station.restart()
            assert station.open is not None
            assert station.open.message_id == before
        received[station.open.payload] = json.loads(station.open.payload)
        station.answered(RECEIVED)
        if moment == "after the answer":
            station.restart()

    sent = list(received.values())
    assert is_whole(sent)
    assert len(sent) > 3
    assert len(rows(sent)) == sum(len(each.variables) for each in station.model.components.values())


def test_a_report_goes_on_over_the_next_connection(station: Station) -> None:
    station.set(known.MAX_MESSAGE_SIZE, 20_000)
    status(station, FULL)
    station.answered(RECEIVED)
    station.ended(Outcome.LOST)
    station.disconnect()
    station.connect()
    station.later(1)
    station.fire("queue")

    receive(station)

    numbers = [each["seqNo"] for each in parts(station)]
    assert numbers == [0, 1, 1, *range(2, numbers[-1] + 1)]
    assert messages(station)[1] == messages(station)[2]  # under the same id


def test_a_request_that_comes_twice_is_reported_once(station: Station) -> None:
    first = status(station, FULL, message_id="same")
    assert status(station, FULL, message_id="same") == first

    receive(station)

    assert is_whole(parts(station))


def test_reports_follow_one_another(station: Station) -> None:
    # a request id may be used again
    status(station, custom([wanted("TxCtrlr")], request_id=1))
    status(station, custom([wanted("AuthCtrlr")], request_id=1))

    receive(station)

    assert [{row.partition("@")[0] for row in rows([each])} for each in parts(station)] == [
        {"TxCtrlr"},
        {"AuthCtrlr"},
    ]


def test_too_many_reports_at_once_are_rejected(station: Station) -> None:
    answers = [status(station, FULL) for _ in range(reports.AT_ONCE + 1)]

    assert answers == ["Accepted"] * reports.AT_ONCE + ["Rejected"]
    answer = station.response()
    assert isinstance(answer, dict)
    assert answer["statusInfo"]["reasonCode"] == "OutOfStorage"


def test_a_part_tells_the_values_of_its_moment(station: Station) -> None:
    station.set(known.MAX_MESSAGE_SIZE, 20_000)
    status(station, FULL)

    station.turn(lambda turn: turn.model.put(known.EVSE_AVAILABILITY, "Occupied", 2))
    receive(station)

    found = {row_name(row): row for part in parts(station) for row in part["reportData"]}
    assert found["EVSE@2.AvailabilityState"]["variableAttribute"][0]["value"] == "Occupied"


def test_what_goes_before_its_part_leaves_an_empty_last_one(station: Station) -> None:
    station.turn(lambda turn: turn.model.add(connected_ev(1)))
    station.set(known.MAX_MESSAGE_SIZE, made.ENVELOPE_BYTES + 1)  # a variable at a time
    status(station, custom([wanted("ConnectedEV", "VehicleCertificate")]))

    station.turn(lambda turn: turn.model.remove(ComponentName("ConnectedEV", evse_id=1)))
    receive(station)

    assert is_whole(parts(station))
    assert ["reportData" in each for each in parts(station)] == [True, False]


@VERSIONS
def test_while_registration_is_pending_reports_go_out(version: Version) -> None:
    # B02.FR.02
    station = Station(blocks=BLOCKS, version=version)
    station.connect()
    station.turn(lambda turn: setattr(turn.live, "pending", True))

    assert status(station, FULL) == "Accepted"
    receive(station)

    assert is_whole(parts(station))


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.TIMEOUT, Outcome.INVALID])
def test_a_report_that_the_csms_does_not_take_is_given_up(station: Station, outcome: Outcome) -> None:
    station.set(known.MESSAGE_ATTEMPTS, 1)
    status(station, FULL)
    status(station, custom([wanted("TxCtrlr")]))

    station.ended(outcome)

    assert "report_given_up" in station.notes()
    receive(station)
    assert [each["requestId"] for each in parts(station)] == [7, 3]
    assert not station.tables.all(Report)


def test_a_part_that_was_shed_is_made_again(station: Station) -> None:
    station.set(known.MAX_MESSAGE_SIZE, 20_000)
    status(station, FULL)
    station.answered(RECEIVED)
    station.ended(Outcome.LOST)
    station.disconnect()
    station.turn(lambda turn: [turn.unqueue(each) for each in list(turn.all(Queued))])  # as for want of room

    station.connect()
    station.later(1)
    station.fire(queue.TIMER)
    receive(station)

    numbers = [each["seqNo"] for each in parts(station)]
    assert numbers == [0, 1, 1, *range(2, numbers[-1] + 1)]
    again = parts(station)
    assert rows([again[1]]) == rows([again[2]])


def test_the_fate_of_a_part_of_no_report_changes_nothing(station: Station) -> None:
    stray = call.NotifyReport(generated_at="2026-03-01T12:00:00.000Z", request_id=1, seq_no=0)
    station.turn(lambda turn: turn.send(stray, rank=Rank.ASKED))

    station.answered(RECEIVED)

    assert station.open is None
    assert not station.tables.all(Queued)


def test_after_stop_nothing_is_promised_to_be_sent_later(station: Station) -> None:
    # S8.10
    station.turn(lambda turn: setattr(turn.live, "stopped", True))
    assert status(station, FULL) == "Accepted"
    station.turn(lambda turn: setattr(turn.live, "stopped", False))

    station.disconnect()
    station.connect()

    assert station.open is None


def test_a_report_that_was_begun_goes_on_after_restart_of_the_interface(station: Station) -> None:
    station.set(known.MAX_MESSAGE_SIZE, 20_000)
    status(station, FULL)
    station.turn(lambda turn: setattr(turn.live, "stopped", True))
    station.answered(RECEIVED)
    assert len(parts(station)) == 1

    station.turn(lambda turn: setattr(turn.live, "stopped", False))
    station.disconnect()
    station.connect()
    receive(station)

    assert is_whole(parts(station))
