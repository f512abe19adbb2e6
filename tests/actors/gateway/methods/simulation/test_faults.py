"""Tests for actors/gateway/methods/simulation/faults.py: what breaks for each error."""

from __future__ import annotations

import dataclasses

import pytest

from actors.gateway.methods.simulation.faults import CAUSES, HARDWARE, cause, simulated_name
from actors.gateway.rpc import Code, RpcError
from actors.simulation.plant.messages import DeviceError, Fault, SetError, SetFault
from protocols import errors
from protocols.errors import ERROR_TYPES
from protocols.types.error_history import Severity
from tests.support.gateway_simulation import DEPLOY, map_of

SIL = map_of(DEPLOY / "sil-2evse.yaml")
REAL = dataclasses.replace(SIL, evses=tuple(dataclasses.replace(each, plant=None) for each in SIL.evses))
NOBODY = {
    "evse_manager/Inoperative", "evse_manager/Internal", "evse_manager/MREC9AuthorizationTimeout",
    "evse_manager/VoltagePlausibilityFault",
}  # fmt: skip
"""Errors that follow from what happens, not from hardware that is broken."""
ELSEWHERE = (
    "payment_terminal/",
    "system/",
    "over_voltage_monitor/",
    "isolation_monitor/",
    "power_supply_DC/",
)
"""Lists of devices that the AC EVSE does not have."""
DC_ONLY = {
    "evse_manager/MREC5OverVoltage", "evse_manager/MREC11CableCheckFault",
    "evse_manager/MREC22ResistanceFault",
}  # fmt: skip


@pytest.mark.parametrize("kind", HARDWARE)
def test_every_part_of_the_hardware_can_break(kind: str) -> None:
    fault = Fault(kind.removeprefix("hardware/"))

    assert cause(SIL, 1, kind) == SetFault(fault=fault, active=True)
    assert cause(SIL, 1, kind, active=False) == SetFault(fault=fault, active=False)


@pytest.mark.parametrize("kind", ERROR_TYPES)
def test_every_error_of_the_framework_is_caused_or_refused(kind: str) -> None:
    if kind in NOBODY | DC_ONLY or kind.startswith(ELSEWHERE):
        with pytest.raises(RpcError, match="not simulated here") as refused:
            cause(SIL, 1, kind)
        assert refused.value.code is Code.NOT_SIMULATED
    elif ERROR_TYPES[kind] in CAUSES:
        assert isinstance(cause(SIL, 1, kind), SetFault)
    else:
        device = "board_1/powermeter" if kind.startswith("generic/") else None
        assert isinstance(cause(SIL, 1, kind, device=device), SetError)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("power_supply_DC/HardwareFault", Fault.SUPPLY_BROKEN),
        ("evse_manager/MREC22ResistanceFault", Fault.LOW_ISOLATION),
        ("evse_manager/MREC5OverVoltage", Fault.OVER_VOLTAGE),
    ],
)
def test_a_dc_evse_has_more_that_can_break(kind: str, fault: Fault) -> None:
    assert cause(SIL, 2, kind) == SetFault(fault=fault, active=True)


def test_a_device_says_what_nothing_breaks_for() -> None:
    told = cause(
        SIL, 1, "ac_rcd/DC", sub_type="6mA", message="a test", severity=Severity.LOW, vendor_id="acme"
    )

    assert told == SetError(
        error=DeviceError(
            origin="board_1/rcd", type="ac_rcd/DC", sub_type="6mA", message="a test", severity=Severity.LOW,
            vendor_id="acme",
        ),
        active=True,
    )  # fmt: skip


@pytest.mark.parametrize("given", [{"sub_type": "a"}, {"device": "board_1/rcd"}])
def test_who_names_a_device_or_sub_type_breaks_nothing(given: dict[str, str]) -> None:
    told = cause(SIL, 1, "ac_rcd/MREC2GroundFailure", **given)  # type: ignore[arg-type]  # texts all of them

    assert isinstance(told, SetError)


def test_of_several_devices_one_has_to_be_named() -> None:
    with pytest.raises(RpcError, match="several can say generic/VendorError") as refused:
        cause(SIL, 2, "generic/VendorError")

    assert refused.value.data is not None
    assert set(refused.value.data["known"]) >= {"board_2/powermeter", "supply_2/powermeter"}
    told = cause(SIL, 2, "generic/VendorError", device="supply_2/powermeter")
    assert isinstance(told, SetError)
    assert told.error.origin == "supply_2/powermeter"


@pytest.mark.parametrize(
    ("kind", "device", "text"),
    [
        ("ac_rcd/AD", None, "no such fault"),
        ("hardware/Wings", None, "no such fault"),
        ("ac_rcd/DC", "board_1/connector_lock", "no such device that says ac_rcd/DC"),
    ],
)
def test_what_is_not_there_is_no_cause(kind: str, device: str | None, text: str) -> None:
    with pytest.raises(RpcError, match=text) as refused:
        cause(SIL, 1, kind, device=device)

    assert refused.value.code is Code.NO_SUCH


def test_real_hardware_is_broken_by_nobody() -> None:
    with pytest.raises(RpcError, match="the hardware of EVSE 1") as refused:
        cause(REAL, 1, "hardware/Welded")

    assert refused.value.code is Code.NOT_SIMULATED


def test_a_cause_needs_its_device() -> None:
    assert simulated_name(SIL, 1, "connector_lock") == "board_1/connector_lock"
    with pytest.raises(RpcError, match="isolation_monitor at EVSE 1"):
        simulated_name(SIL, 1, "isolation_monitor")


def test_causes_are_of_interfaces_and_faults_that_exist() -> None:
    assert {each.interface for each in CAUSES.values()} <= set(SIL.names.values()) | {"over_voltage_monitor"}
    assert errors.AcRcd.DC not in CAUSES
