"""DC from the car's side, as DIN SPEC 70121 and ISO 15118-2 have it alike: requests and answers. Pure.

The messages of both have the same fields and their enumerations the same values; so have the phases.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev import timing
from actors.simulation.ev.exchange import Pilot
from actors.simulation.ev.language import END, Go
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.targets import (
    after_welding,
    check_flow,
    check_range,
    check_voltage,
    dc_target,
    pre_charged,
)

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive
    from actors.simulation.ev.language import Said

BULK_PERCENT: Final = 80
_STEP: Final = Decimal("0.1")
_PRE_CHARGE_A: Final = 2
_DEAD: Final = frozenset({"EVSE_Malfunction", "EVSE_EmergencyShutdown", "EVSE_UtilityInterruptEvent"})
"""What a station says when it cannot go on."""
_ISOLATED: Final = frozenset({"Valid", "Warning", "No_IMD"})


class DcPhase(enum.StrEnum):
    """Where a talk about DC is, by what is asked next."""

    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    POWER_START = "PowerDeliveryStart"
    WELDING_DETECTION = "WeldingDetection"
    SESSION_STOP = "SessionStop"


class DcRequests:
    """The requests of one protocol; `protocol` is the module of its messages."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def physical(self, value: Decimal | int, unit: str) -> Any:
        """A value in steps of a tenth, in the unit of that name."""
        number = Decimal(value).quantize(_STEP)
        return self._protocol.PhysicalValue.nearest(number, self._protocol.UnitSymbol[unit])

    def status(self, drive: Drive, *, ready: bool = True) -> Any:
        """The car."""
        return self._protocol.DcEvStatus(
            ev_ready=ready,
            ev_error_code=self._protocol.DcEvErrorCode.NO_ERROR,
            ev_ress_soc_percent=drive.soc_percent,
        )

    def charge_parameter(self, drive: Drive, **more: Any) -> Any:
        """What battery and inlet take."""
        dc, physical = drive.car.dc, self.physical
        return self._protocol.DcEvChargeParameter(
            dc_ev_status=self.status(drive, ready=False),
            ev_maximum_current_limit=physical(dc.max_current_a, "A"),
            ev_maximum_power_limit=physical(dc.max_power_w, "W"),
            ev_maximum_voltage_limit=physical(dc.max_voltage_v, "V"),
            ev_energy_capacity=physical(drive.battery.capacity_wh, "WH"),
            ev_energy_request=physical(drive.wanted_wh, "WH"),
            full_soc_percent=100,
            bulk_soc_percent=BULK_PERCENT,
            **more,
        )

    def cable_check(self, drive: Drive) -> Any:
        """Ask for the isolation test."""
        return self._protocol.CableCheckReq(dc_ev_status=self.status(drive))

    def pre_charge(self, drive: Drive) -> Any:
        """Ask for the battery's voltage at the outlet."""
        return self._protocol.PreChargeReq(
            dc_ev_status=self.status(drive),
            ev_target_voltage=self.physical(drive.battery.present_voltage_v, "V"),
            ev_target_current=self.physical(_PRE_CHARGE_A, "A"),
        )

    def delivery(self, drive: Drive, *, complete: bool) -> Any:
        """What goes with PowerDelivery."""
        return self._protocol.DcEvPowerDeliveryParameter(
            dc_ev_status=self.status(drive),
            bulk_charging_complete=drive.soc_percent >= BULK_PERCENT,
            charging_complete=complete,
        )

    def current_demand(self, drive: Drive) -> Any:
        """The charging loop: what the battery wants now."""
        voltage_v, current_a = dc_target(drive)
        dc, physical = drive.car.dc, self.physical
        return self._protocol.CurrentDemandReq(
            dc_ev_status=self.status(drive),
            ev_target_current=physical(current_a, "A"),
            ev_maximum_voltage_limit=physical(dc.max_voltage_v, "V"),
            ev_maximum_current_limit=physical(dc.max_current_a, "A"),
            ev_maximum_power_limit=physical(dc.max_power_w, "W"),
            bulk_charging_complete=drive.soc_percent >= BULK_PERCENT,
            charging_complete=drive.stopping,
            ev_target_voltage=physical(voltage_v, "V"),
        )

    def welding_detection(self, drive: Drive) -> Any:
        """Ask for the voltage that is left at the outlet."""
        return self._protocol.WeldingDetectionReq(dc_ev_status=self.status(drive, ready=False))


def check(status: Any) -> None:
    """TalkError STATION_STATUS or ISOLATION where the outlet, of AC too, cannot go on."""
    if getattr(status, "rcd", False):
        raise TalkError(Reason.STATION_STATUS, "residual current")
    if (code := getattr(status, "evse_status_code", None)) in _DEAD:
        raise TalkError(Reason.STATION_STATUS, str(code))
    if getattr(status, "evse_isolation_status", None) == "Fault":
        raise TalkError(Reason.ISOLATION, "Fault")


def ends(drive: Drive, status: Any) -> bool:
    """Whether the station wants to stop. TalkError STATION_STATUS or ISOLATION where it cannot go on."""
    check(status)
    shutdown = getattr(status, "evse_status_code", None) == "EVSE_Shutdown"
    if shutdown or getattr(status, "evse_notification", None) == "StopCharging":
        drive.stopping = True
    return drive.stopping


def see_parameter(drive: Drive, given: Any, kind: type[Any]) -> None:
    """What the outlet can do, which has to be of that class. TalkError where it does not do for the car."""
    if not isinstance(given, kind):
        raise TalkError(Reason.LIMITS, f"{type(given).__name__} for DC")
    check(given.dc_evse_status)
    highest_v = given.evse_maximum_voltage_limit.to_decimal()
    check_range(drive, given.evse_minimum_voltage_limit.to_decimal(), highest_v)
    drive.see_limits(
        power_w=_decimal(given.evse_maximum_power_limit),
        current_a=given.evse_maximum_current_limit.to_decimal(),
        voltage_v=highest_v,
    )


def see_loop(drive: Drive, body: Any) -> None:
    """What flows, and the limits. TalkError LIMITS for what the car must not be exposed to."""
    voltage_v, current_a = body.evse_present_voltage.to_decimal(), body.evse_present_current.to_decimal()
    check_voltage(drive, voltage_v)
    check_flow(drive, current_a)
    if not drive.measured:
        drive.flow(voltage_v * current_a)
    drive.see_limits(
        power_w=_decimal(body.evse_maximum_power_limit), current_a=_decimal(body.evse_maximum_current_limit)
    )


def cable_check(_drive: Drive, said: Said) -> Go:
    """The cable is tested."""
    status = said.body.dc_evse_status
    check(status)
    if said.body.evse_processing != "Finished":
        return Go(DcPhase.CABLE_CHECK, timing.POLL_S)
    if status.evse_isolation_status not in _ISOLATED:
        raise TalkError(Reason.ISOLATION, str(status.evse_isolation_status))
    return Go(DcPhase.PRE_CHARGE)


def pre_charge(drive: Drive, said: Said) -> Go:
    """The outlet has, or has not yet, the voltage of the battery."""
    check(said.body.dc_evse_status)
    if pre_charged(drive, said.body.evse_present_voltage.to_decimal()):
        return Go(DcPhase.POWER_START)
    return Go(DcPhase.PRE_CHARGE, timing.POLL_S)


def power_stop(drive: Drive, _said: Said) -> Go:
    """No more energy flows."""
    drive.rest()
    drive.pilot = Pilot.PLUGGED
    return Go(DcPhase.WELDING_DETECTION if drive.car.mode.is_dc else DcPhase.SESSION_STOP)


def welding_detection(drive: Drive, said: Said) -> Go:
    """The voltage at the outlet has to go away, as the contactors are open."""
    voltage_v = said.body.evse_present_voltage.to_decimal()
    return after_welding(drive, voltage_v, DcPhase.WELDING_DETECTION, DcPhase.SESSION_STOP)


def session_stop(_drive: Drive, _said: Said) -> Go:
    """The session is over."""
    return Go(END)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else value.to_decimal()
