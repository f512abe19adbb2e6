"""What is particular to DC in ISO 15118-20: parameters, cable, pre-charge, loop, welding detection. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from actors.simulation.ev import timing
from actors.simulation.ev.iso20.loop import after_loop
from actors.simulation.ev.iso20.numbers import decimal, header, rational
from actors.simulation.ev.iso20.phases import Phase
from actors.simulation.ev.iso20.requests import display, is_dynamic
from actors.simulation.ev.language import Go, Said
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.targets import (
    after_welding,
    check_flow,
    check_range,
    check_voltage,
    dc_target,
    pre_charged,
)
from protocols.iso15118.iso20 import dc
from protocols.iso15118.iso20.enumerations import Processing

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive


def _limits(drive: Drive) -> dict[str, Any]:
    inlet = drive.car.dc
    return {
        "ev_maximum_charge_power": rational(inlet.max_power_w),
        "ev_minimum_charge_power": rational(0),
        "ev_maximum_charge_current": rational(inlet.max_current_a),
        "ev_maximum_voltage": rational(inlet.max_voltage_v),
        "ev_minimum_voltage": rational(drive.battery.voltage_v[0][1]),
    }


def _back(drive: Drive) -> dict[str, Any]:
    """What the car can give back; nothing without BPT."""
    if not drive.car.mode.is_bpt:
        return {}
    power_w = min(drive.battery.discharge_w, drive.car.dc.max_power_w)
    return {
        "ev_maximum_discharge_power": rational(power_w),
        "ev_minimum_discharge_power": rational(0),
        "ev_maximum_discharge_current": rational(drive.car.dc.max_current_a),
    }


def charge_parameters(drive: Drive) -> dc.DcChargeParameterDiscoveryReq:
    """What battery and inlet take, and give back."""
    shared = {**_limits(drive), "ev_minimum_charge_current": rational(0)}
    if not drive.car.mode.is_bpt:
        mode = dc.DcCpdReqEnergyTransferMode(**shared, target_soc_percent=int(drive.target_soc_percent))
    else:
        mode = dc.BptDcCpdReqEnergyTransferMode(
            **shared,
            **_back(drive),
            target_soc_percent=int(drive.target_soc_percent),
            ev_minimum_discharge_current=rational(0),
        )
    return dc.DcChargeParameterDiscoveryReq(header=header(drive), dc_cpd_req_energy_transfer_mode=mode)


def see_parameters(drive: Drive, said: Said) -> Go:
    """What the outlet gives."""
    given = said.body.dc_cpd_res_energy_transfer_mode
    wanted = dc.BptDcCpdResEnergyTransferMode if drive.car.mode.is_bpt else dc.DcCpdResEnergyTransferMode
    if type(given) is not wanted:
        raise TalkError(Reason.LIMITS, f"{type(given).__name__} instead of {wanted.__name__}")
    highest_v = given.evse_maximum_voltage.to_decimal()
    check_range(drive, given.evse_minimum_voltage.to_decimal(), highest_v)
    back = decimal(getattr(given, "evse_maximum_discharge_power", None))
    drive.see_limits(
        power_w=given.evse_maximum_charge_power.to_decimal(),
        current_a=given.evse_maximum_charge_current.to_decimal(),
        voltage_v=highest_v,
        discharge_w=abs(back) if back is not None else None,  # some stations send it negative
    )
    return Go(Phase.SCHEDULE_EXCHANGE)


def cable_check(drive: Drive) -> dc.DcCableCheckReq:
    """Ask for the isolation test."""
    return dc.DcCableCheckReq(header=header(drive))


def see_cable_check(_drive: Drive, said: Said) -> Go:
    """The cable is tested."""
    if said.body.evse_processing is not Processing.FINISHED:
        return Go(Phase.CABLE_CHECK, timing.POLL_S)
    return Go(Phase.PRE_CHARGE)


def pre_charge(drive: Drive) -> dc.DcPreChargeReq:
    """Ask for the battery's voltage at the outlet; say so once it is there."""
    voltage = rational(drive.battery.present_voltage_v)
    done = drive.notes.get("pre_charged")
    return dc.DcPreChargeReq(
        header=header(drive),
        ev_processing=Processing.FINISHED if done else Processing.ONGOING,
        ev_present_voltage=voltage,
        ev_target_voltage=voltage,
    )


def see_pre_charge(drive: Drive, said: Said) -> Go:
    """The outlet has, or has not yet, the voltage of the battery."""
    if drive.notes.get("pre_charged"):
        return Go(Phase.POWER_START)
    drive.notes["pre_charged"] = pre_charged(drive, said.body.evse_present_voltage.to_decimal())
    return Go(Phase.PRE_CHARGE, 0.0 if drive.notes["pre_charged"] else timing.POLL_S)


def charge_loop(drive: Drive) -> dc.DcChargeLoopReq:
    """What the battery wants now."""
    return dc.DcChargeLoopReq(
        header=header(drive),
        display_parameters=display(drive),
        meter_info_requested=True,
        ev_present_voltage=rational(drive.battery.present_voltage_v),
        cl_req_control_mode=_dynamic(drive) if is_dynamic(drive) else _scheduled(drive),
    )


def _scheduled(drive: Drive) -> dc.ScheduledDcClReqControlMode:
    voltage_v, current_a = dc_target(drive)
    if drive.discharging and not drive.stopping:
        current_a = -drive.discharge_power_w(drive.car.dc.max_power_w) / voltage_v
        # a load takes current down to its voltage: at the present one, rounded up, it would take none
        voltage_v = drive.battery.reserve_voltage_v
    kind = dc.BptScheduledDcClReqControlMode if drive.car.mode.is_bpt else dc.ScheduledDcClReqControlMode
    return kind(
        ev_target_energy_request=rational(drive.wanted_wh),
        ev_target_current=rational(current_a),
        ev_target_voltage=rational(voltage_v),
        **_limits(drive),
        **_back(drive),
    )


def _dynamic(drive: Drive) -> dc.DynamicDcClReqControlMode:
    kind = dc.BptDynamicDcClReqControlMode if drive.car.mode.is_bpt else dc.DynamicDcClReqControlMode
    return kind(
        departure_time_s=drive.car.departure_s,
        ev_target_energy_request=rational(drive.wanted_wh),
        ev_maximum_energy_request=rational(drive.battery.missing_wh()),
        ev_minimum_energy_request=rational(0),
        **{**_limits(drive), "ev_maximum_charge_power": rational(_takes_w(drive))},
        **_back(drive),
    )


def _takes_w(drive: Drive) -> Decimal:
    """In dynamic control the car steers by its limits only."""
    return Decimal() if drive.stopping else drive.charge_power_w(drive.car.dc.max_power_w)


def see_loop(drive: Drive, said: Said) -> Go:
    """Take what flows; then go on or end."""
    body: dc.DcChargeLoopRes = said.body
    mode = body.cl_res_control_mode
    expected = dc.DynamicDcClResControlMode if is_dynamic(drive) else dc.ScheduledDcClResControlMode
    if not isinstance(mode, expected):
        raise TalkError(Reason.SERVICE, f"{type(mode).__name__} in another control mode")
    voltage_v = body.evse_present_voltage.to_decimal()
    check_voltage(drive, voltage_v)
    check_flow(drive, body.evse_present_current.to_decimal())
    if not drive.measured:
        drive.flow(voltage_v * body.evse_present_current.to_decimal())
    drive.see_limits(
        power_w=decimal(mode.evse_maximum_charge_power),
        current_a=decimal(mode.evse_maximum_charge_current),
    )
    return after_loop(drive, said, drive.car.dc.loop_s)


def welding_detection(drive: Drive) -> dc.DcWeldingDetectionReq:
    """Ask for the voltage that is left at the outlet; say so once it is gone."""
    done = drive.notes.get("parted")
    processing = Processing.FINISHED if done else Processing.ONGOING
    return dc.DcWeldingDetectionReq(header=header(drive), ev_processing=processing)


def see_welding_detection(drive: Drive, said: Said) -> Go:
    """The voltage at the outlet has to go away, as the contactors are open."""
    if drive.notes.get("parted"):
        return Go(Phase.SESSION_STOP)
    voltage_v = said.body.evse_present_voltage.to_decimal()
    following = after_welding(drive, voltage_v, Phase.WELDING_DETECTION, Phase.SESSION_STOP)
    drive.notes["parted"] = following.phase == Phase.SESSION_STOP
    return Go(Phase.WELDING_DETECTION, following.after_s)
