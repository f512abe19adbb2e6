"""What breaks in the simulated hardware for each error that the framework knows. Pure.

Three kinds of cause: a part of the hardware is broken (`hardware/Welded`), and whatever follows from that
follows; an error of a device that has such a part (`ac_rcd/MREC2GroundFailure`) is caused by breaking it; any
other error of a simulated device is said by that device, whatever its hardware does.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.gateway.method import no_such, not_simulated
from actors.gateway.rpc import Code, RpcError
from actors.simulation.placement import SIMULATED
from actors.simulation.plant.messages import DeviceError, Fault, SetError, SetFault
from protocols import errors, interfaces
from protocols.errors import ERROR_TYPES, ErrorType
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.gateway.site_map import SiteMap

HARDWARE: Final[Mapping[str, Fault]] = MappingProxyType({f"hardware/{each.value}": each for each in Fault})
"""Parts of the hardware by the names that callers use."""


class Cause(NamedTuple):
    """Why a device, or the station, has an error."""

    fault: Fault
    interface: str
    """What must be simulated at the EVSE for that."""


CAUSES: Final[Mapping[ErrorType, Cause]] = MappingProxyType(
    {
        errors.AcRcd.AC: Cause(Fault.GROUND_FAULT, "ac_rcd"),
        errors.AcRcd.MREC2_GROUND_FAILURE: Cause(Fault.GROUND_FAULT, "ac_rcd"),
        errors.ConnectorLock.MREC1_CONNECTOR_LOCK_FAILURE: Cause(Fault.LOCK_STUCK, "connector_lock"),
        errors.EvseBoardSupport.DIODE_FAULT: Cause(Fault.DIODE, "evse_board_support"),
        errors.EvseBoardSupport.MREC8_EMERGENCY_STOP: Cause(Fault.EMERGENCY_STOP, "evse_board_support"),
        errors.EvseManager.MREC4_OVER_CURRENT_FAILURE: Cause(Fault.OVER_CURRENT, "evse_board_support"),
        errors.EvseManager.MREC5_OVER_VOLTAGE: Cause(Fault.OVER_VOLTAGE, "power_supply_DC"),
        errors.EvseManager.MREC11_CABLE_CHECK_FAULT: Cause(Fault.LOW_ISOLATION, "isolation_monitor"),
        errors.EvseManager.MREC22_RESISTANCE_FAULT: Cause(Fault.LOW_ISOLATION, "isolation_monitor"),
        errors.EvseManager.POWERMETER_TRANSACTION_START_FAILED: Cause(Fault.METER_SILENT, "powermeter"),
        errors.Generic.COMMUNICATION_FAULT: Cause(Fault.METER_SILENT, "powermeter"),
        errors.OverVoltageMonitor.MREC5_OVER_VOLTAGE: Cause(Fault.OVER_VOLTAGE, "over_voltage_monitor"),
        errors.PowerSupplyDc.HARDWARE_FAULT: Cause(Fault.SUPPLY_BROKEN, "power_supply_DC"),
    }
)
"""Errors that come of a broken part, at once or when the part is needed."""


def cause(
    site: SiteMap,
    evse: int,
    kind: str,
    *,
    device: str | None = None,
    sub_type: str = "",
    message: str = "",
    severity: Severity = Severity.HIGH,
    vendor_id: str = "",
    active: bool = True,
) -> SetFault | SetError:
    """What the simulated hardware of an EVSE is to be told for an error. Raises RpcError."""
    site.plant(evse)
    if (fault := HARDWARE.get(kind)) is not None:
        return SetFault(fault=fault, active=active)
    if (error := ERROR_TYPES.get(kind)) is None:
        raise no_such("fault", kind, (*ERROR_TYPES, *HARDWARE))
    found = CAUSES.get(error)
    if found is not None and device is None and not sub_type:
        if found.interface not in _interfaces(site, evse).values():
            raise not_simulated(f"{kind} at EVSE {evse}: it needs a simulated {found.interface}")
        return SetFault(fault=found.fault, active=active)
    origin = _origin(site, evse, error, device)
    told = DeviceError(
        origin=origin, type=kind, sub_type=sub_type, message=message, severity=severity, vendor_id=vendor_id
    )
    return SetError(error=told, active=active)


def simulated_name(site: SiteMap, evse: int, interface: str) -> str:
    """The name of a simulated device of an EVSE. Raises RpcError."""
    for name, offered in _interfaces(site, evse).items():
        if offered == interface:
            return name
    raise not_simulated(f"{interface} at EVSE {evse}")


def _interfaces(site: SiteMap, evse: int) -> dict[str, str]:
    """The simulated devices of an EVSE: interface by name."""
    return {
        name: offered
        for module in site.modules
        if module.kind in SIMULATED and module.evse == evse
        for name, offered in module.provides.items()
    }


def _origin(site: SiteMap, evse: int, error: ErrorType, device: str | None) -> str:
    """The device that says an error: rather the one that its list is named after. Raises RpcError."""
    known = interfaces.load_all()
    sayers = {
        name: offered
        for name, offered in _interfaces(site, evse).items()
        if offered in known and error in known[offered].errors
    }
    if not sayers:
        raise not_simulated(f"{error.value} at EVSE {evse}: no simulated device says it")
    if device is not None and device not in sayers:
        raise no_such(f"device that says {error.value}", device, sayers)
    named = [name for name, offered in sayers.items() if offered == error.list_name] or list(sayers)
    if device is None and len(named) > 1:
        data = {"field": "device", "known": named}
        raise RpcError(Code.PARAMS, f"device: several can say {error.value}", data)
    return device or named[0]
