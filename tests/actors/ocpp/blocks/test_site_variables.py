"""Other modules set, read and watch variables (rows S8.13, S8.14, S8.16, S8.20)."""

import pytest

from actors.ocpp.blocks import boot, metering, network, security, site_variables, startup, variables
from actors.ocpp.blocks.variable_entries import Watched
from actors.ocpp.device_model import variables as known
from actors.ocpp.device_model.connected_ev import connected_ev
from actors.ocpp.device_model.names import ComponentName
from actors.ocpp.device_model.requests import Origin, SetRequest
from actors.ocpp.inputs import Resumed
from protocols.interfaces import evse_manager, ocpp
from protocols.message import Reply
from protocols.types.ocpp import (
    EVSE,
    AttributeEnum,
    Component,
    ComponentVariable,
    EventNotificationType,
    EventTriggerEnum,
    GetVariableRequest,
    SetVariableRequest,
    Variable,
)
from protocols.types.ocpp import GetVariableStatusEnumType as Got
from protocols.types.ocpp import SetVariableStatusEnumType as Set
from tests.support.ocpp_station import Station

BLOCKS = (
    boot.BLOCK,
    metering.BLOCK,
    startup.BLOCK,
    network.BLOCK,
    security.BLOCK,
    variables.BLOCK,
    site_variables.BLOCK,
)


@pytest.fixture
def station() -> Station:
    made = Station(blocks=BLOCKS)
    made.feed(Resumed())
    return made


def named(text: str, evse: int | None = None) -> ComponentVariable:
    component, _, variable = text.partition(".")
    place = None if evse is None else EVSE(id=evse)
    return ComponentVariable(
        component=Component(name=component, evse=place), variable=Variable(name=variable)
    )


def change(station: Station, *entries: tuple[str, str]) -> list[Set]:
    requests = tuple(
        SetVariableRequest(component_variable=named(name), value=value) for name, value in entries
    )
    (reply,) = station.ask(ocpp.SetVariables(requests=requests, source="operator"))
    assert [each.component_variable for each in reply.results] == [named(name) for name, _ in entries]
    return [each.status for each in reply.results]


def test_values_are_read_in_the_order_of_the_requests(station: Station) -> None:
    # S8.13
    wanted = [
        ("OCPPCommCtrlr.HeartbeatInterval", None, Got.ACCEPTED, "1800"),
        ("Nothing.X", None, Got.UNKNOWN_COMPONENT, None),
        ("TxCtrlr.X", None, Got.UNKNOWN_VARIABLE, None),
        ("SecurityCtrlr.BasicAuthPassword", None, Got.REJECTED, None),
        ("TxCtrlr.TxStartPoint", AttributeEnum.TARGET, Got.NOT_SUPPORTED_ATTRIBUTE_TYPE, None),
        ("ClockCtrlr.DateTime", AttributeEnum.ACTUAL, Got.ACCEPTED, "2026-03-01T12:00:00.000Z"),
    ]
    requests = tuple(
        GetVariableRequest(component_variable=named(name), attribute_type=kind) for name, kind, _, _ in wanted
    )

    (reply,) = station.ask(ocpp.GetVariables(requests=requests))

    found = [
        (each.component_variable, each.attribute_type, each.status, each.value) for each in reply.results
    ]
    assert found == [(named(name), *rest) for name, *rest in wanted]


def test_the_site_sets_what_the_csms_sees(station: Station) -> None:
    # S8.14, M11.12: also what the CSMS can only read
    statuses = change(
        station,
        ("OCPPCommCtrlr.HeartbeatInterval", "77"),
        ("OCPPCommCtrlr.ResetRetries", "never"),
        ("InternalCtrlr.LogMessages", "false"),
        ("ChargingStation.Nothing", "x"),
        ("OCPPCommCtrlr.MessageTimeout", "1"),
        ("Nothing.X", "x"),
    )

    assert statuses == [
        Set.ACCEPTED,
        Set.REJECTED,
        Set.REBOOT_REQUIRED,
        Set.UNKNOWN_VARIABLE,
        Set.UNKNOWN_VARIABLE,  # it has the instance Default alone
        Set.UNKNOWN_COMPONENT,
    ]
    assert station.model.read(known.HEARTBEAT_INTERVAL) == 77
    assert "variables_set" in station.notes()


def test_what_the_site_sets_has_the_same_consequences(station: Station) -> None:
    change(station, ("ISO15118Ctrlr.PnCEnabled", "false"))

    assert len(station.asks(evse_manager.SetPlugAndChargeConfiguration)) == 2


# -- watching ------------------------------------------------------------------------------------------------


def watch(station: Station, *names: ComponentVariable) -> None:
    assert station.ask(ocpp.MonitorVariables(component_variables=names)) == [Reply()]


def seen(station: Station) -> list[tuple[str, str]]:
    return [
        (each.event_data.component_variable.variable.name, each.event_data.actual_value)
        for each in station.published(ocpp.EventData)
    ]


def test_changes_of_watched_variables_are_published(station: Station) -> None:
    # S8.16, S8.20
    watch(station, named("evse.availabilitystate", 1))
    station.later(5)

    station.turn(lambda turn: turn.model.put(known.EVSE_AVAILABILITY, "Occupied", 1))
    station.turn(lambda turn: turn.model.put(known.EVSE_AVAILABILITY, "Occupied", 2))
    station.turn(lambda turn: turn.model.put(known.EVSE_AVAILABILITY, "Occupied", 1))

    (event,) = (each.event_data for each in station.published(ocpp.EventData))
    assert event.component_variable == named("EVSE.AvailabilityState", 1)
    assert (event.actual_value, event.timestamp) == ("Occupied", station.now)
    assert event.trigger is EventTriggerEnum.DELTA
    assert event.event_notification_type is EventNotificationType.CUSTOM_MONITOR


def test_a_second_call_extends_the_set(station: Station) -> None:
    # S8.16
    watch(station, named("OCPPCommCtrlr.HeartbeatInterval"))
    watch(station, named("TxCtrlr.MaxEnergyOnInvalidId"))

    change(station, ("OCPPCommCtrlr.HeartbeatInterval", "77"), ("TxCtrlr.MaxEnergyOnInvalidId", "5"))

    assert seen(station) == [("HeartbeatInterval", "77"), ("MaxEnergyOnInvalidId", "5")]
    ids = [each.event_data.event_id for each in station.published(ocpp.EventData)]
    assert len(set(ids)) == 2


def test_a_successor_goes_on_watching(station: Station) -> None:
    watch(station, named("OCPPCommCtrlr.HeartbeatInterval"))
    station.restart()

    change(station, ("OCPPCommCtrlr.HeartbeatInterval", "77"))

    assert seen(station) == [("HeartbeatInterval", "77")]


def test_who_watched_before_the_site_began_anew_asks_again(station: Station) -> None:
    watch(station, named("OCPPCommCtrlr.HeartbeatInterval"))
    station.options["site_life"] = "next"
    station.restart()

    change(station, ("OCPPCommCtrlr.HeartbeatInterval", "77"))

    assert seen(station) == []
    assert not station.tables.all(Watched)


def test_a_password_is_not_published(station: Station) -> None:
    watch(station, named("SecurityCtrlr.BasicAuthPassword"))

    assert change(station, ("SecurityCtrlr.BasicAuthPassword", "correct horse battery")) == [Set.ACCEPTED]

    assert seen(station) == []
    assert "correct horse" not in str(station.effects)


def test_another_attribute_than_the_actual_one_is_not_watched(station: Station) -> None:
    watch(station, named("EVSE.Power", 1))
    component, variable = known.EVSE_POWER.at(1)
    maximum = SetRequest(
        component=component, variable=variable, value="11000", attribute=AttributeEnum.MAX_SET
    )

    station.turn(lambda turn: turn.model.set_one(maximum, Origin.INTERNAL))

    assert seen(station) == []


def test_what_comes_with_a_car_can_be_watched_before_it_is_there(station: Station) -> None:
    watch(station, named("ConnectedEV.Available", 1))

    station.turn(lambda turn: turn.model.add(connected_ev(1)))

    assert seen(station) == [("Available", "true")]


def test_what_has_gone_again_within_the_turn_is_not_published(station: Station) -> None:
    watch(station, named("ConnectedEV.Available", 1))

    def come_and_go(turn: object) -> None:
        station.model.add(connected_ev(1))
        station.model.remove(ComponentName("ConnectedEV", evse_id=1))

    station.turn(come_and_go)

    assert seen(station) == []


@pytest.mark.parametrize(
    ("variable", "value", "tells"),
    [
        ("TxCtrlr.TxStartPoint", "Authorized", True),
        ("TxCtrlr.TxStartPoint", "PowerPathClosed", False),  # as it was
        ("InternalCtrlr.MeterType", "M", False),  # the CSMS may not set it
    ],
)
def test_a_configuration_changed_by_the_site_is_dated(
    station: Station,
    variable: str,
    value: str,
    tells: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    assert change(station, (variable, value)) == [Set.ACCEPTED]

    expected = "2026-03-01T12:00:00.000Z" if tells else None
    assert station.model.find(known.EXTERNAL_CHANGE) == expected


def test_what_the_csms_changes_is_no_external_change(station: Station) -> None:
    name = ComponentName("TxCtrlr")
    request = SetRequest(component=name, variable=known.START_POINTS.variable, value="Authorized")
    station.turn(lambda turn: turn.model.set_one(request, Origin.CSMS))

    assert station.model.find(known.EXTERNAL_CHANGE) is None
