"""Profiles that the CSMS sets variable by variable (OCPP 2.1, B09.FR.10 to FR.35)."""

import json
from dataclasses import replace

import pytest
from ocpp.v21 import call, datatypes, enums

from actors.ocpp.blocks import (
    boot,
    metering,
    network,
    network_configuration,
    network_profile,
    security,
    startup,
)
from actors.ocpp.blocks import variables as variable_block
from actors.ocpp.device_model import network_profiles, variables
from actors.ocpp.inputs import Order, Resumed
from protocols.interfaces import ocpp
from tests.support.device_model import component, prop
from tests.support.ocpp_station import Station, altered, shipped

BLOCKS = (
    boot.BLOCK,
    metering.BLOCK,
    startup.BLOCK,
    network.BLOCK,
    network_configuration.BLOCK,
    network_profile.BLOCK,
    security.BLOCK,
    variable_block.BLOCK,
)
WHOLE = {
    "OcppCsmsUrl": "ws://other.example/ocpp",
    "MessageTimeout": "45",
    "SecurityProfile": "1",
    "Identity": "cp2",
    "BasicAuthPassword": "a password of its own",
}


def made(**options):
    station = Station(blocks=BLOCKS, **options)
    station.feed(Resumed())
    station.fire("network dial")
    station.connect()
    return station


def change(station, values, slot=2, component="NetworkConfiguration"):
    data = [
        datatypes.SetVariableDataType(
            attribute_value=value,
            component=datatypes.ComponentType(name=component, instance=str(slot) if slot else None),
            variable=datatypes.VariableType(name=name),
        )
        for name, value in values.items()
    ]
    results = station.request(call.SetVariables(data))["setVariableResult"]
    return [
        (each["attributeStatus"], each.get("attributeStatusInfo", {}).get("reasonCode")) for each in results
    ]


def prioritize(station, value):
    (result,) = change(station, {"NetworkConfigurationPriority": value}, 0, "OCPPCommCtrlr")
    return result


def value(station, name, slot=2):
    request = datatypes.GetVariableDataType(
        component=datatypes.ComponentType(name="NetworkConfiguration", instance=str(slot)),
        variable=datatypes.VariableType(name=name),
    )
    (result,) = station.request(call.GetVariables([request]))["getVariableResult"]
    return result["attributeStatus"], result.get("attributeValue")


def test_a_profile_is_shown_by_its_component():
    station = made()

    assert value(station, "OcppCsmsUrl", 1) == ("Accepted", "ws://localhost:9000")
    assert value(station, "SecurityProfile", 1) == ("Accepted", "1")
    assert value(station, "OcppInterface", 1) == ("Accepted", "Wired0")
    assert value(station, "BasicAuthPassword", 1) == ("Rejected", None)
    assert value(station, "VpnEnabled", 1) == ("Accepted", "false")
    assert value(station, "OcppCsmsUrl", 2) == ("Accepted", "")


def test_a_profile_is_set_part_by_part_and_used():
    station = made()
    assert change(station, WHOLE) == [("Accepted", None)] * len(WHOLE)
    assert value(station, "Identity") == ("Accepted", "cp2")

    assert prioritize(station, "2,1") == ("Accepted", None)

    orders = [each.orders for each in station.effects if isinstance(each, Order)][-1]
    first = orders.profiles[0]
    assert (first.slot, first.url, first.identity) == (2, "ws://other.example/ocpp", "cp2")
    assert (first.message_timeout_s, first.basic_auth_password) == (45.0, "a password of its own")
    events = [each.event.type for each in station.published(ocpp.SecurityEventVar)]
    assert "ReconfigurationOfSecurityParameters" in events


def test_one_request_may_make_a_profile_and_bring_it_into_use():
    station = made()
    data = [
        datatypes.SetVariableDataType(
            attribute_value=value,
            component=datatypes.ComponentType(name="NetworkConfiguration", instance="2"),
            variable=datatypes.VariableType(name=name),
        )
        for name, value in WHOLE.items()
    ]
    priority = datatypes.SetVariableDataType(
        attribute_value="1,2",
        component=datatypes.ComponentType(name="OCPPCommCtrlr"),
        variable=datatypes.VariableType(name="NetworkConfigurationPriority"),
    )
    answer = station.request(call.SetVariables([*data, priority]))

    assert {each["attributeStatus"] for each in answer["setVariableResult"]} == {"Accepted"}


def test_what_was_set_survives_a_kill():
    station = made()
    change(station, WHOLE)

    station.restart()

    assert value(station, "OcppCsmsUrl") == ("Accepted", "ws://other.example/ocpp")


def test_what_set_network_profile_says_is_shown():
    station = made()
    data = datatypes.NetworkConnectionProfileType(
        message_timeout=20,
        ocpp_csms_url="wss://third.example",
        ocpp_interface=enums.OCPPInterfaceEnumType.any,
        ocpp_transport=enums.OCPPTransportEnumType.json,
        security_profile=2,
    )
    station.request(call.SetNetworkProfile(2, data))

    assert value(station, "OcppCsmsUrl") == ("Accepted", "wss://third.example")
    assert value(station, "SecurityProfile") == ("Accepted", "2")


def test_a_part_that_is_emptied_is_taken_away():
    station = made()
    change(station, WHOLE)
    change(station, {"Identity": "", "BasicAuthPassword": ""})

    data = network_profiles.data_of(station.model, 2)
    assert "identity" not in data
    assert "basicAuthPassword" not in data


@pytest.mark.parametrize("variable", ["OcppCsmsUrl", "Identity"])
def test_a_slot_in_use_cannot_be_changed(variable):  # B09.FR.22
    station = made()

    assert change(station, {variable: "x"}, slot=1) == [("Rejected", "PriorityNetworkConf")]


def test_a_slot_that_is_connected_cannot_be_changed():
    station = made()
    station.set(variables.ACTIVE_NETWORK_PROFILE, 2)

    assert change(station, {"Identity": "x"}) == [("Rejected", "PriorityNetworkConf")]


@pytest.mark.parametrize(
    ("active", "downgrade", "wanted", "expected"),
    [
        (2, False, "1", ("Rejected", "NoSecurityDowngrade")),  # B09.FR.35
        (3, True, "2", ("Accepted", None)),
        (3, True, "1", ("Rejected", "NoSecurityDowngrade")),  # B09.FR.32
        (1, False, "3", ("Accepted", None)),
    ],
)
def test_security_goes_down_by_leave_alone(active, downgrade, wanted, expected):
    station = made()
    station.set(variables.SECURITY_PROFILE, active)
    station.set(variables.ALLOW_DOWNGRADE, downgrade)

    assert change(station, {"SecurityProfile": wanted}) == [expected]


@pytest.mark.parametrize(
    "values",
    [{}, {"Identity": "cp2"}, {**WHOLE, "SecurityProfile": "2"}, {**WHOLE, "Identity": "a:b"}],
    ids=["no profile", "no URL", "no TLS", "a colon"],
)
def test_a_profile_has_to_be_whole_when_it_comes_into_use(values):  # B09.FR.34
    station = made()
    change(station, values)

    assert prioritize(station, "1,2") == ("Rejected", "InvalidNetworkConf")


def test_a_component_that_files_declare_shows_the_profile_as_well():
    declared = component(
        prop("OcppCsmsUrl", mutability="ReadWrite"), name="NetworkConfiguration", instance="2"
    )
    station = made(components=(*shipped(), declared))
    change(station, {"OcppCsmsUrl": "ws://other.example"})

    assert network_profiles.data_of(station.model, 2)["ocppCsmsUrl"] == "ws://other.example"
    assert value(station, "OcppInterface") == ("UnknownVariable", None)


def test_slots_that_nothing_bounds_are_those_with_a_profile():
    priority = "OCPPCommCtrlr.NetworkConfigurationPriority"
    declared = variables.NETWORK_PRIORITY.at()
    kind = (
        Station(blocks=()).model.components[declared.component].variables[declared.variable].characteristics
    )
    free = Station(blocks=(), components=altered(priority, characteristics=replace(kind, values_list=None)))
    rows = [{"configurationSlot": each} for each in (7, -1, "x", 3)]
    free.set(variables.NETWORK_PROFILES, json.dumps(rows))

    assert network_profiles.slots(free.model) == (3, 7)
    assert network_profiles.data_of(free.model, 7) is None


def test_a_component_without_a_slot_has_no_profile():
    declared = component(
        prop("OcppCsmsUrl", mutability="ReadWrite"), name="NetworkConfiguration", instance="x"
    )
    station = made(components=(*shipped(), declared))

    assert change(station, {"OcppCsmsUrl": "ws://x"}, slot="x") == [("Accepted", None)]


def test_other_variables_of_such_a_component_are_nobodys_business():
    declared = component(prop("Colour", mutability="ReadWrite"), name="NetworkConfiguration", instance="2")
    station = made(components=(*shipped(), declared))

    assert change(station, {"Colour": "red"}) == [("Accepted", None)]
    assert network_profiles.data_of(station.model, 2) is None
