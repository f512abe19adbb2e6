"""What is particular to AC in ISO 15118-20: parameters and charging loop, both directions. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from actors.simulation.ev.iso20.loop import after_loop
from actors.simulation.ev.iso20.numbers import decimal, header, rational
from actors.simulation.ev.iso20.phases import Phase
from actors.simulation.ev.iso20.requests import display, is_dynamic
from actors.simulation.ev.language import Go, Said
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118.iso20 import ac

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive


def charge_parameters(drive: Drive) -> ac.AcChargeParameterDiscoveryReq:
    """What the onboard charger takes, and gives back."""
    limits = drive.car.ac
    shared: dict[str, Any] = {
        "ev_maximum_charge_power": rational(limits.max_power_w),
        "ev_minimum_charge_power": rational(_least_w(drive)),
    }
    if not drive.car.mode.is_bpt:
        return ac.AcChargeParameterDiscoveryReq(
            header=header(drive), ac_cpd_req_energy_transfer_mode=ac.AcCpdReqEnergyTransferMode(**shared)
        )
    return ac.AcChargeParameterDiscoveryReq(
        header=header(drive),
        ac_cpd_req_energy_transfer_mode=ac.BptAcCpdReqEnergyTransferMode(
            **shared,
            ev_maximum_discharge_power=rational(_most_back_w(drive)),
            ev_minimum_discharge_power=rational(0),
        ),
    )


def _least_w(drive: Drive) -> int:
    limits = drive.car.ac
    return limits.phases * limits.voltage_v * limits.min_current_a


def _most_back_w(drive: Drive) -> int:
    return min(drive.battery.discharge_w, drive.car.ac.max_power_w)


def see_parameters(drive: Drive, said: Said) -> Go:
    """What the outlet gives."""
    given = said.body.ac_cpd_res_energy_transfer_mode
    wanted = ac.BptAcCpdResEnergyTransferMode if drive.car.mode.is_bpt else ac.AcCpdResEnergyTransferMode
    if type(given) is not wanted:
        raise TalkError(Reason.LIMITS, f"{type(given).__name__} instead of {wanted.__name__}")
    phases = (
        given.evse_maximum_charge_power,
        given.evse_maximum_charge_power_l2,
        given.evse_maximum_charge_power_l3,
    )
    known = [power.to_decimal() for power in phases if power is not None]
    back = decimal(getattr(given, "evse_maximum_discharge_power", None))
    drive.see_limits(
        # by phase where more than the first is given, else of all together
        power_w=sum(known, Decimal()) if len(known) > 1 else known[0],
        discharge_w=abs(back) if back is not None else None,  # some stations send it negative
    )
    return Go(Phase.SCHEDULE_EXCHANGE)


def charge_loop(drive: Drive) -> ac.AcChargeLoopReq:
    """What the car draws and wants."""
    return ac.AcChargeLoopReq(
        header=header(drive),
        display_parameters=display(drive),
        meter_info_requested=True,
        cl_req_control_mode=_dynamic(drive) if is_dynamic(drive) else _scheduled(drive),
    )


def _back(drive: Drive) -> dict[str, Any]:
    if not drive.car.mode.is_bpt:
        return {}
    return {
        "ev_maximum_discharge_power": rational(_most_back_w(drive)),
        "ev_minimum_discharge_power": rational(0),
    }


def _scheduled(drive: Drive) -> ac.ScheduledAcClReqControlMode:
    kind = ac.BptScheduledAcClReqControlMode if drive.car.mode.is_bpt else ac.ScheduledAcClReqControlMode
    return kind(
        ev_target_energy_request=rational(drive.wanted_wh),
        ev_maximum_charge_power=rational(drive.car.ac.max_power_w),
        ev_minimum_charge_power=rational(_least_w(drive)),
        ev_present_active_power=rational(drive.flowing_w),
        **_back(drive),
    )


def _dynamic(drive: Drive) -> ac.DynamicAcClReqControlMode:
    kind = ac.BptDynamicAcClReqControlMode if drive.car.mode.is_bpt else ac.DynamicAcClReqControlMode
    return kind(
        departure_time_s=drive.car.departure_s,
        ev_target_energy_request=rational(drive.wanted_wh),
        ev_maximum_energy_request=rational(drive.battery.missing_wh()),
        ev_minimum_energy_request=rational(0),
        ev_maximum_charge_power=rational(drive.car.ac.max_power_w),
        ev_minimum_charge_power=rational(_least_w(drive)),
        ev_present_active_power=rational(drive.flowing_w),
        ev_present_reactive_power=rational(0),
        **_back(drive),
    )


def see_loop(drive: Drive, said: Said) -> Go:
    """Draw what the station wants, or what the car may; then go on or end."""
    mode = said.body.cl_res_control_mode
    expected = ac.DynamicAcClResControlMode if is_dynamic(drive) else ac.ScheduledAcClResControlMode
    if not isinstance(mode, expected):
        raise TalkError(Reason.SERVICE, f"{type(mode).__name__} in another control mode")
    _flow(drive, _target(mode))
    return after_loop(drive, said, drive.car.ac.loop_s)


def _target(mode: Any) -> Decimal | None:
    phases = (
        mode.evse_target_active_power,
        mode.evse_target_active_power_l2,
        mode.evse_target_active_power_l3,
    )
    known = [power.to_decimal() for power in phases if power is not None]
    return sum(known, Decimal()) if known else None


def start_flow(drive: Drive) -> None:
    """Energy begins to flow: as much as the car may draw, until the station says otherwise."""
    _flow(drive, None)


def _flow(drive: Drive, target_w: Decimal | None) -> None:
    if drive.measured:
        return
    most = drive.charge_power_w(drive.car.ac.max_power_w)
    back = drive.discharge_power_w(drive.car.ac.max_power_w)
    wanted = -back if drive.discharging else most
    if target_w is not None and (is_dynamic(drive) or abs(target_w) < abs(wanted)):
        wanted = target_w
    lowest = -back if drive.car.mode.is_bpt else Decimal()
    drive.flow(max(lowest, min(most, wanted)))
