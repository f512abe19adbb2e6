"""The requests of a car in DIN SPEC 70121. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.simulation.ev.language import profile_of
from actors.simulation.ev.targets import dc_target
from protocols.iso15118 import din
from protocols.iso15118.din import PhysicalValue as Value
from protocols.iso15118.din import UnitSymbol

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive

_STEP: Final = Decimal("0.1")
_PROFILE_ENTRIES: Final = 24
MOST_W: Final = 32_767
"""The highest power that schedules and profiles of DIN can name."""
BULK_PERCENT: Final = 80


def physical(value: Decimal | int, unit: UnitSymbol) -> Value:
    """A value in steps of a tenth."""
    return Value.nearest(Decimal(value).quantize(_STEP), unit)


def session_setup(drive: Drive) -> din.SessionSetupReq:
    """Open a session."""
    return din.SessionSetupReq(evcc_id=drive.car.mac)


def service_discovery(_drive: Drive) -> din.ServiceDiscoveryReq:
    """Ask how energy is transferred."""
    return din.ServiceDiscoveryReq(service_category=din.ServiceCategory.EV_CHARGING)


def payment_selection(drive: Drive) -> din.ServicePaymentSelectionReq:
    """Charging, paid for by other means: DIN has nothing else in use."""
    selected = din.SelectedService(service_id=drive.notes.get("charge_service", 1))
    return din.ServicePaymentSelectionReq(
        selected_payment_option=din.PaymentOption.EXTERNAL_PAYMENT,
        selected_service_list=din.SelectedServiceList(selected_service=(selected,)),
    )


def authorization(_drive: Drive) -> din.ContractAuthenticationReq:
    """Ask to be authorized."""
    return din.ContractAuthenticationReq()


def dc_status(drive: Drive, *, ready: bool = True) -> din.DcEvStatus:
    """The car in DC charging."""
    return din.DcEvStatus(
        ev_ready=ready, ev_error_code=din.DcEvErrorCode.NO_ERROR, ev_ress_soc_percent=drive.soc_percent
    )


def charge_parameters(drive: Drive) -> din.ChargeParameterDiscoveryReq:
    """What battery and inlet take."""
    dc, extended = drive.car.dc, din.EvRequestedEnergyTransfer.DC_EXTENDED
    return din.ChargeParameterDiscoveryReq(
        ev_requested_energy_transfer_type=drive.notes.get("energy_mode", extended),
        ev_charge_parameter=din.DcEvChargeParameter(
            dc_ev_status=dc_status(drive, ready=False),
            ev_maximum_current_limit=physical(dc.max_current_a, UnitSymbol.A),
            ev_maximum_power_limit=physical(dc.max_power_w, UnitSymbol.W),
            ev_maximum_voltage_limit=physical(dc.max_voltage_v, UnitSymbol.V),
            ev_energy_capacity=physical(drive.battery.capacity_wh, UnitSymbol.WH),
            ev_energy_request=physical(drive.wanted_wh, UnitSymbol.WH),
            full_soc_percent=100,
            bulk_soc_percent=BULK_PERCENT,
        ),
    )


def cable_check(drive: Drive) -> din.CableCheckReq:
    """Ask for the isolation test."""
    return din.CableCheckReq(dc_ev_status=dc_status(drive))


def pre_charge(drive: Drive) -> din.PreChargeReq:
    """Ask for the battery's voltage at the outlet."""
    return din.PreChargeReq(
        dc_ev_status=dc_status(drive),
        ev_target_voltage=physical(drive.battery.present_voltage_v, UnitSymbol.V),
        ev_target_current=physical(2, UnitSymbol.A),
    )


def _delivery(drive: Drive, *, ready: bool) -> din.PowerDeliveryReq:
    profile = None
    if ready and drive.schedule is not None:
        profile = din.ChargingProfile(
            sa_schedule_tuple_id=drive.schedule.schedule_id,
            profile_entry=tuple(
                din.ProfileEntry(
                    charging_profile_entry_start_s=start_s,
                    charging_profile_entry_max_power_w=min(int(power_w), MOST_W),
                )
                for start_s, power_w in profile_of(
                    drive.schedule, Decimal(drive.car.dc.max_power_w), _PROFILE_ENTRIES
                )
            ),
        )
    return din.PowerDeliveryReq(
        ready_to_charge_state=ready,
        charging_profile=profile,
        ev_power_delivery_parameter=din.DcEvPowerDeliveryParameter(
            dc_ev_status=dc_status(drive),
            bulk_charging_complete=drive.soc_percent >= BULK_PERCENT,
            charging_complete=not ready,
        ),
    )


def power_start(drive: Drive) -> din.PowerDeliveryReq:
    """Let energy flow."""
    return _delivery(drive, ready=True)


def power_stop(drive: Drive) -> din.PowerDeliveryReq:
    """Let no more energy flow."""
    return _delivery(drive, ready=False)


def current_demand(drive: Drive) -> din.CurrentDemandReq:
    """DC charging loop: what the battery wants now."""
    voltage_v, current_a = dc_target(drive)
    dc = drive.car.dc
    return din.CurrentDemandReq(
        dc_ev_status=dc_status(drive),
        ev_target_current=physical(current_a, UnitSymbol.A),
        ev_maximum_voltage_limit=physical(dc.max_voltage_v, UnitSymbol.V),
        ev_maximum_current_limit=physical(dc.max_current_a, UnitSymbol.A),
        ev_maximum_power_limit=physical(dc.max_power_w, UnitSymbol.W),
        bulk_charging_complete=drive.soc_percent >= BULK_PERCENT,
        charging_complete=drive.stopping,
        ev_target_voltage=physical(voltage_v, UnitSymbol.V),
    )


def welding_detection(drive: Drive) -> din.WeldingDetectionReq:
    """Ask for the voltage that is left at the outlet."""
    return din.WeldingDetectionReq(dc_ev_status=dc_status(drive, ready=False))


def session_stop(_drive: Drive) -> din.SessionStopReq:
    """End the session."""
    return din.SessionStopReq()
