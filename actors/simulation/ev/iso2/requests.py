"""The requests of a car in ISO 15118-2. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

from actors.simulation.ev.direct_current import DcRequests
from actors.simulation.ev.drive import Wish
from actors.simulation.ev.exchange import Pilot
from actors.simulation.ev.language import profile_of
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Pay
from protocols.iso15118 import iso2, xmldsig

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive

MAX_SCHEDULE_ENTRIES: Final = 24
"""What a charging profile holds; a car that asks for more schedule entries could not follow them."""
CERTIFICATE_SERVICE: Final = 2
INSTALLATION: Final = 1
"""Parameter set of the certificate service: installation."""
_DC: Final = DcRequests(iso2)
cable_check = _DC.cable_check
pre_charge = _DC.pre_charge
current_demand = _DC.current_demand
welding_detection = _DC.welding_detection


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


def ac_parameters(drive: Drive) -> iso2.ChargeParameterDiscoveryReq:
    """What the onboard charger takes."""
    ac = drive.car.ac
    three = iso2.EnergyTransferMode.AC_THREE_PHASE_CORE
    return iso2.ChargeParameterDiscoveryReq(
        max_entries_sa_schedule_tuple=MAX_SCHEDULE_ENTRIES,
        requested_energy_transfer_mode=drive.notes.get("energy_mode", three),
        ev_charge_parameter=iso2.AcEvChargeParameter(
            departure_time_s=drive.car.departure_s,
            e_amount=_DC.physical(drive.wanted_wh, "WH"),
            ev_max_voltage=_DC.physical(ac.voltage_v, "V"),
            ev_max_current=_DC.physical(ac.max_current_a, "A"),
            ev_min_current=_DC.physical(ac.min_current_a, "A"),
        ),
    )


def dc_parameters(drive: Drive) -> iso2.ChargeParameterDiscoveryReq:
    """What battery and inlet take."""
    extended = iso2.EnergyTransferMode.DC_EXTENDED
    return iso2.ChargeParameterDiscoveryReq(
        max_entries_sa_schedule_tuple=MAX_SCHEDULE_ENTRIES,
        requested_energy_transfer_mode=drive.notes.get("energy_mode", extended),
        ev_charge_parameter=_DC.charge_parameter(drive, departure_time_s=drive.car.departure_s),
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
                    charging_profile_entry_max_power=_DC.physical(power_w, "W"),
                    charging_profile_entry_max_number_of_phases_in_use=None if dc else drive.car.ac.phases,
                )
                for start_s, power_w in profile_of(drive.schedule, own_w, MAX_SCHEDULE_ENTRIES)
            )
        )
    parameter = _DC.delivery(drive, complete=drive.wish() is Wish.STOP) if drive.car.mode.is_dc else None
    return iso2.PowerDeliveryReq(
        charge_progress=progress,
        sa_schedule_tuple_id=_schedule_id(drive),
        charging_profile=profile,
        ev_power_delivery_parameter=parameter,
    )


def power_start(drive: Drive) -> iso2.PowerDeliveryReq:
    """Let energy flow."""
    return _delivery(drive, iso2.ChargeProgress.START)


def power_renegotiate(drive: Drive) -> iso2.PowerDeliveryReq:
    """Ask for new schedules."""
    return _delivery(drive, iso2.ChargeProgress.RENEGOTIATE)


def power_stop(drive: Drive) -> iso2.PowerDeliveryReq:
    """Let no more energy flow. An AC car leaves state C with that, not with the answer [V2G2-848]."""
    if not drive.car.mode.is_dc:
        drive.pilot = Pilot.PLUGGED
    return _delivery(drive, iso2.ChargeProgress.STOP)


def charging_status(_drive: Drive) -> iso2.ChargingStatusReq:
    """AC charging loop."""
    return iso2.ChargingStatusReq()


def metering_receipt(drive: Drive) -> iso2.MeteringReceiptReq:
    """Sign the meter reading that the station has shown."""
    return iso2.MeteringReceiptReq(
        id="id1",
        session_id=drive.session_id,
        sa_schedule_tuple_id=_schedule_id(drive),
        meter_info=drive.notes.get("meter") or iso2.MeterInfo(meter_id="none"),
    )


def session_stop(drive: Drive) -> iso2.SessionStopReq:
    """End or pause the session."""
    kind = iso2.ChargingSession.PAUSE if drive.paused else iso2.ChargingSession.TERMINATE
    return iso2.SessionStopReq(charging_session=kind)
