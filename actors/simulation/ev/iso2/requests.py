"""The requests of a car in ISO 15118-2. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

from actors.simulation.ev.drive import Wish
from actors.simulation.ev.language import profile_of
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Pay
from actors.simulation.ev.targets import dc_target
from protocols.iso15118 import iso2, xmldsig
from protocols.iso15118.iso2 import PhysicalValue as Value
from protocols.iso15118.iso2 import UnitSymbol

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive

MAX_SCHEDULE_ENTRIES: Final = 24
"""What a charging profile holds; a car that asks for more schedule entries could not follow them."""
CERTIFICATE_SERVICE: Final = 2
INSTALLATION: Final = 1
"""Parameter set of the certificate service: installation."""
_STEP: Final = Decimal("0.1")


def physical(value: Decimal | int, unit: UnitSymbol) -> Value:
    """A value in steps of a tenth."""
    return Value.nearest(Decimal(value).quantize(_STEP), unit)


def session_setup(drive: Drive) -> iso2.SessionSetupReq:
    """Open or join a session [V2G2-879]."""
    return iso2.SessionSetupReq(evcc_id=drive.car.mac)


def service_discovery(_drive: Drive) -> iso2.ServiceDiscoveryReq:
    """Ask for every service."""
    return iso2.ServiceDiscoveryReq()


def service_detail(drive: Drive) -> iso2.ServiceDetailReq:
    """Ask about the next of the services to be read."""
    to_read = drive.notes.get("to_read") or (CERTIFICATE_SERVICE,)
    return iso2.ServiceDetailReq(service_id=to_read[0])


def payment_selection(drive: Drive) -> iso2.PaymentServiceSelectionReq:
    """Choose payment and services."""
    option = (
        iso2.PaymentOption.CONTRACT if drive.payment is Pay.CONTRACT else iso2.PaymentOption.EXTERNAL_PAYMENT
    )
    selected = [iso2.SelectedService(service_id=drive.notes.get("charge_service", 1))]
    for service, variant in drive.notes.get("chosen", {}).items():
        selected.append(iso2.SelectedService(service_id=service, parameter_set_id=variant))
    if drive.notes.get("install"):
        selected.append(iso2.SelectedService(service_id=CERTIFICATE_SERVICE, parameter_set_id=INSTALLATION))
    return iso2.PaymentServiceSelectionReq(
        selected_payment_option=option,
        selected_service_list=iso2.SelectedServiceList(selected_service=tuple(selected)),
    )


def certificate_installation(drive: Drive) -> iso2.CertificateInstallationReq:
    """Ask for a contract certificate; signed with the provisioning key."""
    provisioning = drive.wallet.provisioning
    if provisioning is None or not drive.wallet.v2g_roots:
        raise TalkError(Reason.CERTIFICATE, "no provisioning certificate, or no root to trust")
    roots = tuple(
        xmldsig.X509IssuerSerial(
            x509_issuer_name=root.issuer.rfc4514_string(), x509_serial_number=root.serial_number
        )
        for root in drive.wallet.v2g_roots[:20]
    )
    return iso2.CertificateInstallationReq(
        id="id1",
        oem_provisioning_cert=provisioning.leaf.public_bytes(Encoding.DER),
        list_of_root_certificate_ids=iso2.ListOfRootCertificateIds(root_certificate_id=roots),
    )


def payment_details(drive: Drive) -> iso2.PaymentDetailsReq:
    """Show the contract."""
    if drive.contract is None:
        raise TalkError(Reason.PAYMENT, "the car has no contract")
    leaf, *subs = drive.contract.der
    return iso2.PaymentDetailsReq(
        emaid=drive.contract.name.replace("-", "")[:15].ljust(14, "0"),
        contract_signature_cert_chain=iso2.CertificateChain(
            certificate=leaf,
            sub_certificates=iso2.SubCertificates(certificate=tuple(subs[:4])) if subs else None,
        ),
    )


def authorization(drive: Drive) -> iso2.AuthorizationReq:
    """Ask to be authorized; the challenge is signed once, repetitions are empty [V2G2-684]."""
    if drive.payment is Pay.CONTRACT and drive.challenge:
        return iso2.AuthorizationReq(id="id1", gen_challenge=drive.challenge)
    return iso2.AuthorizationReq()


def dc_status(drive: Drive, *, ready: bool = True) -> iso2.DcEvStatus:
    """The car in DC charging."""
    return iso2.DcEvStatus(
        ev_ready=ready, ev_error_code=iso2.DcEvErrorCode.NO_ERROR, ev_ress_soc_percent=drive.soc_percent
    )


def ac_parameters(drive: Drive) -> iso2.ChargeParameterDiscoveryReq:
    """What the onboard charger takes."""
    ac = drive.car.ac
    three = iso2.EnergyTransferMode.AC_THREE_PHASE_CORE
    return iso2.ChargeParameterDiscoveryReq(
        max_entries_sa_schedule_tuple=MAX_SCHEDULE_ENTRIES,
        requested_energy_transfer_mode=drive.notes.get("energy_mode", three),
        ev_charge_parameter=iso2.AcEvChargeParameter(
            departure_time_s=drive.car.departure_s,
            e_amount=physical(drive.wanted_wh, UnitSymbol.WH),
            ev_max_voltage=physical(ac.voltage_v, UnitSymbol.V),
            ev_max_current=physical(ac.max_current_a, UnitSymbol.A),
            ev_min_current=physical(ac.min_current_a, UnitSymbol.A),
        ),
    )


def dc_parameters(drive: Drive) -> iso2.ChargeParameterDiscoveryReq:
    """What battery and inlet take."""
    dc, battery = drive.car.dc, drive.battery
    extended = iso2.EnergyTransferMode.DC_EXTENDED
    return iso2.ChargeParameterDiscoveryReq(
        max_entries_sa_schedule_tuple=MAX_SCHEDULE_ENTRIES,
        requested_energy_transfer_mode=drive.notes.get("energy_mode", extended),
        ev_charge_parameter=iso2.DcEvChargeParameter(
            departure_time_s=drive.car.departure_s,
            dc_ev_status=dc_status(drive, ready=False),
            ev_maximum_current_limit=physical(dc.max_current_a, UnitSymbol.A),
            ev_maximum_power_limit=physical(dc.max_power_w, UnitSymbol.W),
            ev_maximum_voltage_limit=physical(dc.max_voltage_v, UnitSymbol.V),
            ev_energy_capacity=physical(battery.capacity_wh, UnitSymbol.WH),
            ev_energy_request=physical(drive.wanted_wh, UnitSymbol.WH),
            full_soc_percent=100,
            bulk_soc_percent=80,
        ),
    )


def cable_check(drive: Drive) -> iso2.CableCheckReq:
    """Ask for the isolation test."""
    return iso2.CableCheckReq(dc_ev_status=dc_status(drive))


def pre_charge(drive: Drive) -> iso2.PreChargeReq:
    """Ask for the battery's voltage at the outlet."""
    return iso2.PreChargeReq(
        dc_ev_status=dc_status(drive),
        ev_target_voltage=physical(drive.battery.present_voltage_v, UnitSymbol.V),
        ev_target_current=physical(2, UnitSymbol.A),
    )


def _dc_delivery(drive: Drive) -> iso2.DcEvPowerDeliveryParameter | None:
    if not drive.car.mode.is_dc:
        return None
    return iso2.DcEvPowerDeliveryParameter(
        dc_ev_status=dc_status(drive),
        bulk_charging_complete=drive.soc_percent >= 80,  # noqa: PLR2004  # as in `dc_parameters`
        charging_complete=drive.wish() is Wish.STOP,
    )


def _schedule_id(drive: Drive) -> int:
    return drive.schedule.schedule_id if drive.schedule else 1


def _delivery(drive: Drive, progress: iso2.ChargeProgress) -> iso2.PowerDeliveryReq:
    profile = None
    if progress is iso2.ChargeProgress.START and drive.schedule is not None:
        dc = drive.car.mode.is_dc
        own_w = Decimal(drive.car.dc.max_power_w if dc else drive.car.ac.max_power_w)
        profile = iso2.ChargingProfile(
            profile_entry=tuple(
                iso2.ProfileEntry(
                    charging_profile_entry_start_s=start_s,
                    charging_profile_entry_max_power=physical(power_w, UnitSymbol.W),
                    charging_profile_entry_max_number_of_phases_in_use=None if dc else drive.car.ac.phases,
                )
                for start_s, power_w in profile_of(drive.schedule, own_w, MAX_SCHEDULE_ENTRIES)
            )
        )
    return iso2.PowerDeliveryReq(
        charge_progress=progress,
        sa_schedule_tuple_id=_schedule_id(drive),
        charging_profile=profile,
        ev_power_delivery_parameter=_dc_delivery(drive),
    )


def power_start(drive: Drive) -> iso2.PowerDeliveryReq:
    """Let energy flow."""
    return _delivery(drive, iso2.ChargeProgress.START)


def power_renegotiate(drive: Drive) -> iso2.PowerDeliveryReq:
    """Ask for new schedules."""
    return _delivery(drive, iso2.ChargeProgress.RENEGOTIATE)


def power_stop(drive: Drive) -> iso2.PowerDeliveryReq:
    """Let no more energy flow."""
    return _delivery(drive, iso2.ChargeProgress.STOP)


def charging_status(_drive: Drive) -> iso2.ChargingStatusReq:
    """AC charging loop."""
    return iso2.ChargingStatusReq()


def current_demand(drive: Drive) -> iso2.CurrentDemandReq:
    """DC charging loop: what the battery wants now."""
    voltage_v, current_a = dc_target(drive)
    dc = drive.car.dc
    return iso2.CurrentDemandReq(
        dc_ev_status=dc_status(drive),
        ev_target_current=physical(current_a, UnitSymbol.A),
        ev_maximum_voltage_limit=physical(dc.max_voltage_v, UnitSymbol.V),
        ev_maximum_current_limit=physical(dc.max_current_a, UnitSymbol.A),
        ev_maximum_power_limit=physical(dc.max_power_w, UnitSymbol.W),
        bulk_charging_complete=drive.soc_percent >= 80,  # noqa: PLR2004  # as in `dc_parameters`
        charging_complete=drive.stopping,
        ev_target_voltage=physical(voltage_v, UnitSymbol.V),
    )


def metering_receipt(drive: Drive) -> iso2.MeteringReceiptReq:
    """Sign the meter reading that the station has shown."""
    return iso2.MeteringReceiptReq(
        id="id1",
        session_id=drive.session_id,
        sa_schedule_tuple_id=_schedule_id(drive),
        meter_info=drive.notes.get("meter") or iso2.MeterInfo(meter_id="none"),
    )


def welding_detection(drive: Drive) -> iso2.WeldingDetectionReq:
    """Ask for the voltage that is left at the outlet."""
    return iso2.WeldingDetectionReq(dc_ev_status=dc_status(drive, ready=False))


def session_stop(drive: Drive) -> iso2.SessionStopReq:
    """End or pause the session."""
    kind = iso2.ChargingSession.PAUSE if drive.paused else iso2.ChargingSession.TERMINATE
    return iso2.SessionStopReq(charging_session=kind)
