import json

import pytest

from actors.ocpp.device_model.component import MonitorKind
from actors.ocpp.device_model.names import ComponentName, Place, VariableName
from actors.ocpp.device_model.reports import (
    ENVELOPE_BYTES,
    Criterion,
    Filter,
    Limits,
    ReportBase,
    base_report,
    custom_report,
    monitors,
    parts,
    row_of,
    wire,
)
from tests.support.device_model import component, model, name, prop, shipped

WIDE = Limits(items=1000, bytes=1_000_000)
SWITCHES = ("Active", "Available", "Enabled", "Problem")


def switch(name, **states):
    return component(*(prop(key, "boolean", value=value) for key, value in states.items()), name=name)


def places(selection):
    return [str(place) for place in selection.places]


def components(selection):
    return sorted({place.component.name for place in selection.places})


STATION = model(
    component(prop("AvailabilityState", mutability="ReadOnly"), name="ChargingStation"),
    component(prop("AvailabilityState", mutability="ReadOnly"), name="EVSE", evse_id=1),
    component(
        prop("Active", "boolean", value=True, mutability="ReadOnly"),
        prop("Problem", "boolean", value=True, mutability="ReadOnly"),
        prop("Tripped", "boolean", value=False, mutability="ReadOnly"),
        prop("Colour"),
        name="Lamp",
    ),
    component(prop("Key", mutability="WriteOnly"), prop("Maker", constant=True), name="Door"),
)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (ReportBase.CONFIGURATION, ["Door.Key", "Lamp.Colour"]),
        (
            ReportBase.SUMMARY,
            [
                "ChargingStation.AvailabilityState",
                "Lamp.Active",
                "Lamp.Problem",
                "EVSE at 1.AvailabilityState",
            ],
        ),
        (
            ReportBase.FULL,
            [
                "ChargingStation.AvailabilityState",
                "Door.Key",
                "Door.Maker",
                "Lamp.Active",
                "Lamp.Colour",
                "Lamp.Problem",
                "Lamp.Tripped",
                "EVSE at 1.AvailabilityState",
            ],
        ),
    ],
)
def test_each_base_report_is_about_its_variables(base, expected):
    selection = base_report(STATION, base)

    assert (selection.status.value, places(selection)) == ("Accepted", expected)


def test_the_full_report_of_the_shipped_files_has_every_variable():
    # S5.8, S20.1
    device = shipped()

    assert len(base_report(device, ReportBase.FULL).places) == sum(
        len(one.variables) for one in device.components.values()
    )


def test_a_report_about_nothing_is_answered_as_empty():
    assert base_report(model(), ReportBase.FULL).status.value == "EmptyResultSet"


CRITERIA = model(
    switch("Bare", Colour=True),
    switch("Off", **dict.fromkeys(SWITCHES, False)),
    switch("On", **dict.fromkeys(SWITCHES, True)),
)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ((), ["Bare", "Off", "On"]),
        ((Criterion.ACTIVE,), ["Bare", "On"]),
        ((Criterion.AVAILABLE,), ["Bare", "On"]),
        ((Criterion.ENABLED,), ["Bare", "On"]),
        ((Criterion.PROBLEM,), ["On"]),
        ((Criterion.PROBLEM, Criterion.ACTIVE), ["Bare", "On"]),
    ],
)
def test_a_component_is_reported_that_meets_one_criterion(criteria, expected):
    # B08.FR.07 to B08.FR.10
    assert components(custom_report(CRITERIA, criteria)) == expected


def test_a_criterion_that_the_station_does_not_judge_by_is_not_supported():
    device = model(component(prop("SupportedCriteria", "MemberList", value="Active"), name="InternalCtrlr"))

    assert custom_report(device, [Criterion.PROBLEM]).status.value == "NotSupported"
    assert custom_report(device, [Criterion.ACTIVE]).status.value == "Accepted"


FILTERED = model(
    component(
        prop("Power", instance="L1"), prop("Power", instance="L2"), prop("Size"), name="EVSE", evse_id=1
    ),
    component(prop("Power"), name="EVSE", evse_id=2),
    component(prop("Power"), name="EVSE", instance="spare", evse_id=2),
    component(prop("Power"), name="Plug", evse_id=1, connector_id=1),
    component(prop("Power"), name="Plug", evse_id=1, connector_id=2),
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            Filter(component=ComponentName("evse"), variable=VariableName("power")),
            ["EVSE at 1.Power[L1]", "EVSE at 1.Power[L2]", "EVSE at 2.Power", "EVSE[spare] at 2.Power"],
        ),
        (
            Filter(component=ComponentName("EVSE", evse_id=1), variable=VariableName("Size")),
            ["EVSE at 1.Size"],
        ),
        (
            Filter(component=ComponentName("EVSE", evse_id=1), variable=VariableName("Power", "l2")),
            ["EVSE at 1.Power[L2]"],
        ),
        (Filter(component=ComponentName("EVSE", "Spare")), ["EVSE[spare] at 2.Power"]),
        (Filter(component=ComponentName("Plug", evse_id=1)), ["Plug at 1.1.Power", "Plug at 1.2.Power"]),
        (Filter(component=ComponentName("Plug", None, 1, 2)), ["Plug at 1.2.Power"]),
        (Filter(component=ComponentName("Plug", evse_id=2)), []),
    ],
)
def test_what_a_filter_leaves_out_matches_everything(wanted, expected):
    assert places(custom_report(FILTERED, (), [wanted])) == expected


def test_filters_and_criteria_must_both_be_met():
    wanted = Filter(component=ComponentName("Off"))

    assert custom_report(CRITERIA, [Criterion.ACTIVE], [wanted]).status.value == "EmptyResultSet"


def test_a_row_says_everything_that_ocpp_reports():
    limits = {"unit": "W", "minLimit": 0.5, "maxLimit": 10, "maxElements": 2}
    attributes = [{"mutability": "ReadOnly", "value": 1.5}, {"type": "MaxSet", "constant": True}]
    power = prop("Power", "decimal", instance="L1", limits=limits, attributes=attributes)
    device = model(component(power, name="Plug", instance="left", evse_id=1, connector_id=2))
    row = row_of(device, base_report(device, ReportBase.FULL).places[0])

    assert row is not None
    assert wire(row) == {
        "component": {"name": "Plug", "instance": "left", "evse": {"id": 1, "connectorId": 2}},
        "variable": {"name": "Power", "instance": "L1"},
        "variableAttribute": [
            {
                "type": "Actual",
                "value": "1.5",
                "mutability": "ReadOnly",
                "persistent": True,
                "constant": False,
            },
            {"type": "MaxSet", "mutability": "ReadWrite", "persistent": True, "constant": True},
        ],
        "variableCharacteristics": {
            "dataType": "decimal",
            "supportsMonitoring": True,
            "unit": "W",
            "minLimit": 0.5,
            "maxLimit": 10,
            "maxElements": 2,
        },
    }


def test_a_value_that_may_only_be_written_is_not_reported():
    device = model(component(prop("Key", mutability="WriteOnly", value="secret")))
    row = row_of(device, name("Key").place)

    assert row is not None
    assert "secret" not in json.dumps(wire(row))


MANY = model(component(*(prop(f"V{number}", value="x" * number) for number in range(8))))
ALL = base_report(MANY, ReportBase.FULL).places


def reported(found):
    return [[row.place.variable.name for row in part.rows] for part in found]


def test_a_report_is_cut_by_its_number_of_rows():
    found = list(parts(MANY, ALL, Limits(items=3, bytes=1_000_000)))

    assert [len(part.rows) for part in found] == [3, 3, 2]
    assert [(part.seq_no, part.tbc) for part in found] == [(0, True), (1, True), (2, False)]


def test_a_report_is_cut_by_its_bytes():
    limit = 900

    found = list(parts(MANY, ALL, Limits(items=100, bytes=limit)))

    assert len(found) > 1
    assert [row for part in reported(found) for row in part] == [place.variable.name for place in ALL]
    assert all(
        len(part.rows) == 1 or sum(len(json.dumps(wire(row))) for row in part.rows) <= limit - ENVELOPE_BYTES
        for part in found
    )


def test_a_row_larger_than_a_message_is_sent_alone():
    assert [len(part.rows) for part in parts(MANY, ALL, Limits(items=100, bytes=1))] == [1] * 8


@pytest.mark.parametrize("sent", [1, 2])
def test_a_resumed_report_goes_on_behind_what_was_sent(sent):
    limits = Limits(items=3, bytes=1_000_000)
    whole = list(parts(MANY, ALL, limits))

    last = whole[sent - 1].rows[-1].place
    rest = list(parts(MANY, ALL, limits, after=last, seq_no=sent))

    assert rest == whole[sent:]


def test_a_part_has_the_values_of_its_moment():
    device = shipped()
    wanted = custom_report(device, (), [Filter(component=ComponentName("EVSE", evse_id=1))]).places
    running = parts(device, wanted, Limits(items=1, bytes=1_000_000))
    next(running)
    state = next(place for place in wanted if place.variable == VariableName("AvailabilityState"))

    from actors.ocpp.device_model import variables

    device.put(variables.EVSE_AVAILABILITY, "Faulted", 1)

    rows = [row for part in running for row in part.rows]
    values = [row.attributes[0].value for row in rows if row.place == state]
    assert values == ["Faulted"]


def test_what_has_gone_meanwhile_is_left_out_and_the_report_ends():
    gone = [
        Place(ComponentName("Ghost"), VariableName("A")),
        Place(ComponentName("Thing"), VariableName("B")),
    ]

    (part,) = parts(MANY, gone, WIDE)

    assert (part.rows, part.tbc) == ((), False)


def test_monitors_of_the_files_are_numbered_in_order():
    # M11.13
    one = {"type": "Periodic", "value": 5, "severity": 1}
    device = model(
        component(prop("B", monitors=[one, one | {"type": "PeriodicClockAligned"}]), prop("C")),
        component(prop("A", monitors=[one]), name="Another"),
    )

    found = list(monitors(device))

    assert [(one.id, str(one.place), one.monitor.kind) for one in found] == [
        (1, "Another.A", MonitorKind.PERIODIC),
        (2, "Thing.B", MonitorKind.PERIODIC),
        (3, "Thing.B", MonitorKind.PERIODIC_CLOCK_ALIGNED),
    ]
