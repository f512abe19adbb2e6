"""The requests of a car in DIN SPEC 70121. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.simulation.ev.direct_current import DcRequests
from actors.simulation.ev.language import profile_of
from protocols.iso15118 import din

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive

_DC: Final = DcRequests(din)
_PROFILE_ENTRIES: Final = 24
MOST_W: Final = 32_767
"""The highest power that schedules and profiles of DIN can name."""
cable_check = _DC.cable_check
pre_charge = _DC.pre_charge
current_demand = _DC.current_demand
welding_detection = _DC.welding_detection


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


def charge_parameters(drive: Drive) -> din.ChargeParameterDiscoveryReq:
    """What battery and inlet take."""
    extended = din.EvRequestedEnergyTransfer.DC_EXTENDED
    return din.ChargeParameterDiscoveryReq(
        ev_requested_energy_transfer_type=drive.notes.get("energy_mode", extended),
        ev_charge_parameter=_DC.charge_parameter(drive),
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
        ev_power_delivery_parameter=_DC.delivery(drive, complete=not ready),
    )


def power_start(drive: Drive) -> din.PowerDeliveryReq:
    """Let energy flow."""
    return _delivery(drive, ready=True)


def power_stop(drive: Drive) -> din.PowerDeliveryReq:
    """Let no more energy flow."""
    return _delivery(drive, ready=False)


def session_stop(_drive: Drive) -> din.SessionStopReq:
    """End the session."""
    return din.SessionStopReq()
