"""Variables set and read by the CSMS, and what follows from a change (B05, B06, M9.8, M11.12, S20.19)."""

from types import MappingProxyType
from typing import Any

import pytest
from ocpp.v21 import call, datatypes, enums

from actors.ocpp.blocks import boot, metering, network, network_orders, security, startup, variables
from actors.ocpp.blocks.transaction_entries import Standing, Transaction
from actors.ocpp.blocks.variable_entries import AwaitsRestart
from actors.ocpp.device_model import variables as known
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.component import Attribute as Declared
from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.requests import Origin, SetRequest
from actors.ocpp.device_model.steering import Steering
from actors.ocpp.inputs import Note, Order, Resumed
from actors.ocpp.messages import CalledReply, LinkOrders
from protocols.interfaces import auth, evse_manager, ocpp
from protocols.ocpp.version import Version
from protocols.types.ocpp import AttributeEnum
from tests.support.ocpp_station import START, Station, altered

BLOCKS = (boot.BLOCK, metering.BLOCK, startup.BLOCK, network.BLOCK, security.BLOCK, variables.BLOCK)
PASSWORD = "correct horse battery staple"
VERSIONS = pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
Attribute = enums.AttributeEnumType
Entry = datatypes.SetVariableDataType


@pytest.fixture
def station() -> Station:
    made = Station(blocks=BLOCKS)
    made.feed(Resumed())
    made.connect()
    return made


def names(component: str, variable: str, *, evse: int | None = None, instance: str | None = None) -> Any:
    where = None if evse is None else datatypes.EVSEType(id=evse)
    return {
        "component": datatypes.ComponentType(name=component, evse=where),
        "variable": datatypes.VariableType(name=variable, instance=instance),
    }


def entry(
    name: str, value: str, kind: Attribute = Attribute.actual, **more: Any
) -> datatypes.SetVariableDataType:
    return Entry(attribute_value=value, attribute_type=kind, **names(*name.split("."), **more))


LATER = "TxCtrlr.TxBeforeAcceptedEnabled"
"""As an operator may declare it: of the shipped ones the CSMS sets none that waits for a restart."""
WITH_LATER = altered(LATER, reboot_required=True)


def change(station: Station, *entries: Entry, message_id: str | None = None) -> Any:
    answer = station.request(call.SetVariables(list(entries)), message_id)
    assert isinstance(answer, dict)
    return answer["setVariableResult"]


def read(station: Station, name: str, kind: Attribute = Attribute.actual, **more: Any) -> Any:
    entry = datatypes.GetVariableDataType(attribute_type=kind, **names(*name.split("."), **more))
    answer = station.request(call.GetVariables([entry]))
    assert isinstance(answer, dict)
    (result,) = answer["getVariableResult"]
    return result


# -- set -----------------------------------------------------------------------------------------------------

SET = {
    "accepted": (("OCPPCommCtrlr.HeartbeatInterval", "120"), "Accepted", None),
    "whatever the case": (("ocppcommctrlr.heartbeatINTERVAL", "120"), "Accepted", None),
    "no component": (("Nothing.HeartbeatInterval", "1"), "UnknownComponent", "NotFound"),
    "no variable": (("OCPPCommCtrlr.Nothing", "1"), "UnknownVariable", "NotFound"),
    "no number": (("OCPPCommCtrlr.HeartbeatInterval", "often"), "Rejected", "InvalidValue"),
    "too low": (("OCPPCommCtrlr.HeartbeatInterval", "0"), "Rejected", "ValueTooLow"),
    "more than 32 bits": (("AlignedDataCtrlr.Interval", "9" * 18), "Rejected", "ValueTooHigh"),
    "all of 32 bits": (("AlignedDataCtrlr.Interval", "2147483647"), "Accepted", None),
    "read only": (("OCPPCommCtrlr.ActiveNetworkProfile", "1"), "Rejected", "ReadOnly"),
    "no such attribute": (
        ("OCPPCommCtrlr.HeartbeatInterval", "1", Attribute.target),
        "NotSupportedAttributeType",
        "UnsupportedParam",
    ),
    "after a restart": ((LATER, "true"), "RebootRequired", None),
    "a time-out that Auth does not take": (("TxCtrlr.EVConnectionTimeOut", "9"), "Rejected", "ValueTooLow"),
    "one that is too long": (("TxCtrlr.EVConnectionTimeOut", "301"), "Rejected", "ValueTooHigh"),
    "one that fits": (("TxCtrlr.EVConnectionTimeOut", "300"), "Accepted", None),
    "a group": (("AuthCtrlr.MasterPassGroupId", "POLICE"), "Accepted", None),
}


@VERSIONS
@pytest.mark.parametrize(("given", "status", "reason"), SET.values(), ids=SET)
def test_each_entry_has_its_result(
    version: Version, given: tuple[Any, ...], status: str, reason: str | None
) -> None:
    # B05.FR.01 to B05.FR.10, M11.12
    station = Station(blocks=BLOCKS, version=version, components=WITH_LATER)
    station.feed(Resumed())
    station.connect()

    (result,) = change(station, entry(*given))

    assert result["attributeStatus"] == status
    assert result.get("attributeStatusInfo", {}).get("reasonCode") == reason
    component, _, variable = given[0].partition(".")
    assert (result["component"], result["variable"]) == ({"name": component}, {"name": variable})
    assert result["attributeType"] == (given[2].value if len(given) > 2 else "Actual")  # B05.FR.12


@pytest.mark.parametrize(
    ("points", "status"), [("", "Rejected"), (" ", "Rejected"), ("Authorized", "Accepted")]
)
def test_a_station_keeps_some_start_point(station: Station, points: str, status: str) -> None:
    (result,) = change(station, entry("TxCtrlr.TxStartPoint", points))

    assert result["attributeStatus"] == status


def test_a_station_without_stop_points_ends_with_the_session(station: Station) -> None:
    (result,) = change(station, entry("TxCtrlr.TxStopPoint", ""))

    assert result["attributeStatus"] == "Accepted"


def test_one_bad_entry_does_not_stop_the_others(station: Station) -> None:
    # S20.19
    results = change(
        station,
        entry("OCPPCommCtrlr.HeartbeatInterval", "120"),
        entry("Nothing.X", "1"),
        entry("TxCtrlr.MaxEnergyOnInvalidId", "500"),
    )

    assert [each["attributeStatus"] for each in results] == ["Accepted", "UnknownComponent", "Accepted"]
    assert station.model.read(known.HEARTBEAT_INTERVAL) == 120
    assert station.model.read(known.MAX_ENERGY_INVALID_ID) == 500


def test_of_two_entries_for_one_variable_the_last_holds(station: Station) -> None:
    # B05.FR.13 forbids the CSMS to send this
    results = change(
        station,
        entry("OCPPCommCtrlr.HeartbeatInterval", "120"),
        entry("OCPPCommCtrlr.HeartbeatInterval", "240"),
    )

    assert [each["attributeStatus"] for each in results] == ["Accepted", "Accepted"]
    assert station.model.read(known.HEARTBEAT_INTERVAL) == 240


def test_a_variable_of_one_evse_is_set_there_alone(station: Station) -> None:
    (result,) = change(station, entry("EVSE.ISO15118EvseId", "DE*EVS*E7", evse=2))

    assert result["component"] == {"name": "EVSE", "evse": {"id": 2}}
    assert result["attributeStatus"] == "Accepted"
    assert station.model.find(known.EVSE_ID, 2) == "DE*EVS*E7"
    assert station.model.find(known.EVSE_ID, 1) != "DE*EVS*E7"


def test_a_long_reason_is_cut_to_what_a_message_holds(station: Station) -> None:
    (result,) = change(station, entry("SampledDataCtrlr.TxUpdatedMeasurands", "Temper" * 60))

    assert len(result["attributeStatusInfo"]["additionalInfo"]) == variables.MAX_INFO


def test_a_password_can_be_written_and_never_read(station: Station) -> None:
    (result,) = change(station, entry("SecurityCtrlr.BasicAuthPassword", PASSWORD))

    assert result["attributeStatus"] == "Accepted"
    assert station.model.read(known.BASIC_AUTH_PASSWORD) == PASSWORD
    found = read(station, "SecurityCtrlr.BasicAuthPassword")
    assert (found["attributeStatus"], "attributeValue" in found) == ("Rejected", False)
    assert found["attributeStatusInfo"]["reasonCode"] == "WriteOnly"
    told = [each for each in station.effects if not isinstance(each, Note)]
    assert PASSWORD not in str(told)
    assert PASSWORD not in str([each for each in station.effects if isinstance(each, Note)])
    assert "variable_set" in station.notes()


# -- after a restart -----------------------------------------------------------------------------------------


def set_later(station: Station) -> str:
    (result,) = change(station, entry(LATER, "true"))
    status: str = result["attributeStatus"]
    return status


def test_the_same_value_again_still_needs_the_restart() -> None:
    station = Station(blocks=BLOCKS, components=WITH_LATER)
    assert set_later(station) == "RebootRequired"
    assert set_later(station) == "RebootRequired"

    station.restart()  # of this actor, not of the site

    assert set_later(station) == "RebootRequired"


def test_after_the_restart_of_the_site_it_is_accepted() -> None:
    station = Station(blocks=BLOCKS, components=WITH_LATER)
    set_later(station)

    station.options["site_life"] = "next"
    station.restart()

    assert set_later(station) == "Accepted"
    assert not station.tables.all(AwaitsRestart)


# -- kills and doubles ---------------------------------------------------------------------------------------


def test_a_request_that_comes_twice_is_carried_out_once(station: Station) -> None:
    first = change(station, entry("OCPPCommCtrlr.HeartbeatInterval", "120"), message_id="same")
    station.model.put(known.HEARTBEAT_INTERVAL, 60)

    again = change(station, entry("OCPPCommCtrlr.HeartbeatInterval", "120"), message_id="same")

    assert again == first
    assert station.model.read(known.HEARTBEAT_INTERVAL) == 60


def test_a_request_whose_answer_was_not_durable_is_carried_out_again(station: Station) -> None:
    # the storage of the device model has it, the journal of the charge point has not
    component, variable = known.HEARTBEAT_INTERVAL.at()
    value = SetRequest(component=component, variable=variable, value="120")
    assert station.model.set_one(value, Origin.CSMS).done
    station.restart()

    (result,) = change(station, entry("OCPPCommCtrlr.HeartbeatInterval", "120"))

    assert result["attributeStatus"] == "Accepted"
    assert station.model.read(known.HEARTBEAT_INTERVAL) == 120


def test_a_value_of_the_csms_outlives_the_actor(station: Station) -> None:
    change(station, entry("OCPPCommCtrlr.HeartbeatInterval", "120"))

    station.restart()

    assert read(station, "OCPPCommCtrlr.HeartbeatInterval")["attributeValue"] == "120"


# -- get -----------------------------------------------------------------------------------------------------

GOT = {
    "accepted": (("OCPPCommCtrlr.HeartbeatInterval",), "Accepted", "1800", None),
    "no value, a text": (("TariffCostCtrlr.TariffFallbackMessage",), "Accepted", "", None),
    "no value, a number": (("TxCtrlr.MaxEnergyOnInvalidId",), "Rejected", None, "NotFound"),
    "no component": (("Nothing.X",), "UnknownComponent", None, "NotFound"),
    "no variable": (("TxCtrlr.Nothing",), "UnknownVariable", None, "NotFound"),
    "write only": (("SecurityCtrlr.BasicAuthPassword",), "Rejected", None, "WriteOnly"),
    "no such attribute": (
        ("OCPPCommCtrlr.HeartbeatInterval", Attribute.max_set),
        "NotSupportedAttributeType",
        None,
        "UnsupportedParam",
    ),
    "the time": (("ClockCtrlr.DateTime",), "Accepted", "2026-03-01T12:00:05.000Z", None),
}


@VERSIONS
@pytest.mark.parametrize(("given", "status", "value", "reason"), GOT.values(), ids=GOT)
def test_each_value_is_read_with_its_result(
    version: Version, given: tuple[Any, ...], status: str, value: str | None, reason: str | None
) -> None:
    # B06.FR.01 to B06.FR.15
    station = Station(blocks=BLOCKS, version=version)
    station.feed(Resumed())
    station.connect()
    station.later(5)

    result = read(station, *given)

    assert result["attributeStatus"] == status
    assert result.get("attributeValue") == value
    assert result.get("attributeStatusInfo", {}).get("reasonCode") == reason
    assert result["attributeType"] == (given[1].value if len(given) > 1 else "Actual")


def test_an_attribute_other_than_the_actual_one_is_read(station: Station) -> None:
    result = read(station, "EVSE.Power", Attribute.max_set, evse=1)

    assert (result["attributeStatus"], result["attributeValue"]) == ("Accepted", "22000")


def test_values_come_in_the_order_of_the_request(station: Station) -> None:
    wanted = ["OCPPCommCtrlr.HeartbeatInterval", "TxCtrlr.TxStartPoint", "OCPPCommCtrlr.HeartbeatInterval"]
    entries = [datatypes.GetVariableDataType(**names(*each.split("."))) for each in wanted]

    answer = station.request(call.GetVariables(entries))

    assert isinstance(answer, dict)
    found = [
        f"{each['component']['name']}.{each['variable']['name']}" for each in answer["getVariableResult"]
    ]
    assert found == wanted


# -- too much ------------------------------------------------------------------------------------------------


@VERSIONS
@pytest.mark.parametrize("action", ["set", "get"])
@pytest.mark.parametrize(
    ("limit", "code"), [("items", "OccurrenceConstraintViolation"), ("bytes", "FormatViolation")]
)
def test_a_request_that_is_too_large_is_refused_whole(
    version: Version, action: str, limit: str, code: str
) -> None:
    # B05.FR.11, B06.FR.16, B06.FR.17
    station = Station(blocks=BLOCKS, version=version)
    bounds: dict[tuple[str, str], Steering[int]] = {
        ("set", "items"): known.SET_ITEMS,
        ("set", "bytes"): known.SET_BYTES,
        ("get", "items"): known.GET_ITEMS,
        ("get", "bytes"): known.GET_BYTES,
    }
    station.set(bounds[action, limit], 1)
    sets = [entry("OCPPCommCtrlr.HeartbeatInterval", "120")] * 2
    gets = [datatypes.GetVariableDataType(**names("OCPPCommCtrlr", "HeartbeatInterval"))] * 2

    answer = station.request(call.SetVariables(sets) if action == "set" else call.GetVariables(gets))

    assert isinstance(answer, CalledReply)
    assert answer.code == code
    assert station.model.read(known.HEARTBEAT_INTERVAL) == 1800


# -- what follows --------------------------------------------------------------------------------------------


def test_a_new_heartbeat_interval_counts_from_now_on(station: Station) -> None:
    station.turn(lambda turn: setattr(turn.live, "accepted", True))

    change(station, entry("OCPPCommCtrlr.HeartbeatInterval", "120"))

    assert station.timers()["heartbeat"] == 120


@pytest.mark.parametrize(("online", "accepted"), [(False, True), (True, False)])
def test_without_a_registered_connection_no_heart_beats(online: bool, accepted: bool) -> None:  # noqa: FBT001  # parameters
    station = Station(blocks=BLOCKS)
    if online:
        station.connect()
    station.turn(lambda turn: setattr(turn.live, "accepted", accepted))

    station.turn(boot.reschedule)

    assert "heartbeat" not in station.timers()


def charge(station: Station) -> None:
    """A transaction runs on EVSE 1."""
    running = Transaction(evse_id=1, transaction_id="t", started_at=START, session_id="s")
    station.turn(lambda turn: turn.put(running))
    station.turn(lambda turn: turn.put(Standing(evse_id=1, transaction_id="t")))


def test_new_intervals_time_the_samples_of_a_transaction_anew(station: Station) -> None:
    charge(station)

    change(
        station,
        entry("SampledDataCtrlr.TxUpdatedInterval", "30"),
        entry("AlignedDataCtrlr.Interval", "60"),
    )

    assert 29 < station.timers()["sampled 1"] <= 30.5
    assert 59 < station.timers()["aligned"] <= 60.5
    starts = [each for each in station.effects if getattr(each, "timer", "") == "sampled 1"]
    assert len(starts) == 2  # one cancel, one start: the block is told once


def test_samples_that_are_switched_off_are_timed_no_more(station: Station) -> None:
    charge(station)
    station.turn(metering.reschedule)

    change(station, entry("SampledDataCtrlr.Enabled", "false"))

    assert "sampled 1" not in station.timers()


@pytest.mark.parametrize(
    "variable", ["PnCEnabled", "CentralContractValidationAllowed", "ContractCertificateInstallationEnabled"]
)
def test_flags_of_plug_and_charge_go_to_every_evse(station: Station, variable: str) -> None:
    # M9.8
    change(station, entry(f"ISO15118Ctrlr.{variable}", "false"))

    told = station.asks(evse_manager.SetPlugAndChargeConfiguration)
    assert len(told) == 2
    for each in told:
        wish = each.plug_and_charge_configuration
        flags = [
            wish.pnc_enabled,
            wish.central_contract_validation_allowed,
            wish.contract_certificate_installation_enabled,
        ]
        assert sorted(map(str, flags)) == ["False", "True", "True"]


@pytest.mark.parametrize(
    ("variable", "value", "command"),
    [
        ("TxCtrlr.EVConnectionTimeOut", "60", auth.SetConnectionTimeout(connection_timeout_s=60)),
        ("AuthCtrlr.MasterPassGroupId", "POLICE", auth.SetMasterPassGroupId(master_pass_group_id="POLICE")),
    ],
)
@pytest.mark.parametrize("source", ["OCPP", "SITE"])
def test_auth_is_told_of_its_variables_unless_the_actor_does(
    variable: str, value: str, command: Any, source: str
) -> None:
    # S11.3, S11.4; the shipped files have source SITE, EVerest's have OCPP
    station = Station(blocks=BLOCKS, components=altered(variable, source=Source(source)))
    station.feed(Resumed())
    station.connect()

    (result,) = change(station, entry(variable, value))

    assert result["attributeStatus"] == "Accepted"
    assert station.asks(type(command)) == ([command] if source == "OCPP" else [])


def test_a_block_that_sets_a_variable_itself_is_not_told(station: Station) -> None:
    station.turn(lambda turn: setattr(turn.live, "accepted", True))

    station.turn(lambda turn: turn.model.put(known.HEARTBEAT_INTERVAL, 77))

    assert "heartbeat" not in station.timers()


def test_another_attribute_than_the_actual_one_tells_nobody() -> None:
    name = "ISO15118Ctrlr.PnCEnabled"
    both = MappingProxyType({kind: Declared() for kind in (AttributeEnum.ACTUAL, AttributeEnum.TARGET)})
    station = Station(blocks=BLOCKS, components=altered(name, attributes=both))

    (result,) = change(station, entry(name, "false", Attribute.target))

    assert result["attributeStatus"] == "Accepted"
    assert station.asks(evse_manager.SetPlugAndChargeConfiguration) == []


def test_whoever_a_predecessor_died_before_telling_is_told(station: Station) -> None:
    # the storage of the device model has the value, and the CSMS no answer
    component, variable = known.PNC_ENABLED.at()
    value = SetRequest(component=component, variable=variable, value="false")
    assert station.model.set_one(value, Origin.CSMS).done
    station.restart()

    change(station, entry("ISO15118Ctrlr.PnCEnabled", "false"))

    assert len(station.asks(evse_manager.SetPlugAndChargeConfiguration)) == 2


def dialled() -> Station:
    """A station whose link has its orders."""
    station = Station(blocks=BLOCKS)
    station.feed(Resumed())
    station.fire("network dial")
    station.connect()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    return station


def orders(station: Station) -> list[LinkOrders]:
    found = [each.orders for each in station.effects if isinstance(each, Order)]
    return [each for each in found if isinstance(each, LinkOrders)]


def test_a_new_ping_interval_is_an_order_to_the_link() -> None:
    station = dialled()

    change(station, entry("OCPPCommCtrlr.WebSocketPingInterval", "77"))

    dialling = orders(station)[-1].dialling
    assert dialling is not None
    assert dialling.ping_interval_s == 77
    assert orders(station)[-1].renewal == orders(station)[0].renewal


def test_a_new_password_is_used_once_the_answer_is_out() -> None:
    # A01.FR.11
    station = dialled()
    change(station, entry("SecurityCtrlr.BasicAuthPassword", PASSWORD))
    before = orders(station)[-1]

    station.fire("network renew")

    assert orders(station)[-1].renewal == before.renewal + 1
    assert [each.basic_auth_password for each in orders(station)[-1].profiles] == [PASSWORD]
    assert "ReconfigurationOfSecurityParameters" in security_events(station)


def security_events(station: Station) -> list[str]:
    return [each.event.type for each in station.published(ocpp.SecurityEventVar)]


def test_what_connections_have_to_fulfil_is_a_matter_of_security() -> None:
    station = dialled()

    change(station, entry("SecurityCtrlr.AllowSecurityProfileDowngrade", "true"))

    assert security_events(station)[-1] == "ReconfigurationOfSecurityParameters"


def test_a_priority_without_a_usable_profile_is_refused(station: Station) -> None:
    # B09.FR.03
    (result,) = change(station, entry("OCPPCommCtrlr.NetworkConfigurationPriority", "2,1"))

    assert result["attributeStatus"] == "Rejected"
    assert "slot '2'" in result["attributeStatusInfo"]["additionalInfo"]


def test_profiles_that_leave_the_station_without_any_are_refused(station: Station) -> None:
    (result,) = change(station, entry("InternalCtrlr.NetworkConnectionProfiles", "[]"))

    assert result["attributeStatus"] == "Rejected"
    assert len(network_orders.read_orders(station.model, 0).orders.profiles) == 1


@pytest.mark.parametrize("variable", list(variables.CHANGED), ids=str)
def test_each_variable_that_somebody_is_told_of_is_shipped(station: Station, variable: Steering[Any]) -> None:
    # S20.5
    component, name = variable.at()

    assert name in station.model.components[component].variables


def test_a_group_that_is_too_long_is_refused_by_its_guard(station: Station) -> None:
    check = variables.GUARDS[known.MASTER_PASS_GROUP]

    assert check(station.model, "x" * 36) is None
    assert check(station.model, "x" * 37) == Refusal(Reason.VALUE_TOO_HIGH, "longer than 36")
