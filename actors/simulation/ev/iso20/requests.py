"""The requests of a car in ISO 15118-20 that both energy modes share. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.simulation.ev.exchange import Pilot
from actors.simulation.ev.iso20.numbers import header, rational, seconds
from actors.simulation.ev.language import profile_of
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Control, Pay
from protocols.iso15118 import xmldsig
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing
from protocols.iso15118.iso20.types import DisplayParameters, ListOfRootCertificateIds

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive

MAX_SCHEDULE_POINTS: Final = 24
FOREVER_S: Final = 86_400
"""The departure time a dynamic talk needs, where the script gives none."""
SERVICES: Final = {"ac": 1, "dc": 2, "ac_bpt": 5, "dc_bpt": 6}
"""Energy transfer services by mode (ISO 15118-20 8.4.3, service ids)."""


def service_of(drive: Drive) -> int:
    """The service the car wants."""
    return SERVICES[drive.car.mode.value]


def is_dynamic(drive: Drive) -> bool:
    """Whether the station steers."""
    return drive.notes.get("control", drive.car.control) is Control.DYNAMIC


def session_setup(drive: Drive) -> common.SessionSetupReq:
    """Open or join a session."""
    return common.SessionSetupReq(header=header(drive), evcc_id=drive.car.evcc_id)


def authorization_setup(drive: Drive) -> common.AuthorizationSetupReq:
    """Ask for the ways of authorization."""
    return common.AuthorizationSetupReq(header=header(drive))


def certificate_installation(drive: Drive) -> common.CertificateInstallationReq:
    """Ask for a contract certificate; signed with the provisioning key."""
    provisioning, roots = drive.wallet.provisioning_20, drive.wallet.v2g_roots
    if provisioning is None or not roots:
        raise TalkError(Reason.CERTIFICATE, "no provisioning certificate, or no root to trust")
    leaf, *subs = provisioning.der
    return common.CertificateInstallationReq(
        header=header(drive),
        oem_provisioning_certificate_chain=common.SignedCertificateChain(
            id="id1",
            certificate=leaf,
            sub_certificates=common.SubCertificates(certificate=tuple(subs)) if subs else None,
        ),
        list_of_root_certificate_ids=ListOfRootCertificateIds(
            root_certificate_id=tuple(
                xmldsig.X509IssuerSerial(
                    x509_issuer_name=root.issuer.rfc4514_string(), x509_serial_number=root.serial_number
                )
                for root in roots[:20]
            )
        ),
        maximum_contract_certificate_chains=1,
    )


def authorization(drive: Drive) -> common.AuthorizationReq:
    """Ask to be authorized; for a contract with its chain and the signed challenge."""
    if drive.payment is not Pay.CONTRACT:
        return common.AuthorizationReq(
            header=header(drive),
            selected_authorization_service=common.Authorization.EIM,
            eim_a_req_authorization_mode=common.EimAReqAuthorizationMode(),
        )
    if drive.contract is None:
        raise TalkError(Reason.PAYMENT, "the car has no contract")
    leaf, *subs = drive.contract.der
    chain = common.ContractCertificateChain(
        certificate=leaf, sub_certificates=common.SubCertificates(certificate=tuple(subs[:3]))
    )
    return common.AuthorizationReq(
        header=header(drive),
        selected_authorization_service=common.Authorization.PNC,
        pnc_a_req_authorization_mode=common.PncAReqAuthorizationMode(
            id="id1", gen_challenge=drive.challenge or bytes(16), contract_certificate_chain=chain
        ),
    )


def service_discovery(drive: Drive) -> common.ServiceDiscoveryReq:
    """Ask for every service."""
    return common.ServiceDiscoveryReq(header=header(drive))


def service_detail(drive: Drive) -> common.ServiceDetailReq:
    """Ask about the next of the services to be read."""
    to_read = drive.notes.get("to_read") or (service_of(drive),)
    return common.ServiceDetailReq(header=header(drive), service_id=to_read[0])


def service_selection(drive: Drive) -> common.ServiceSelectionReq:
    """Choose the energy transfer service with one of its parameter sets, and the others that are wanted."""
    others = tuple(
        common.SelectedService(service_id=service, parameter_set_id=variant)
        for service, variant in drive.notes.get("chosen", {}).items()
    )
    return common.ServiceSelectionReq(
        header=header(drive),
        selected_energy_transfer_service=common.SelectedService(
            service_id=service_of(drive), parameter_set_id=drive.notes.get("parameter_set", 1)
        ),
        selected_vas_list=common.SelectedServiceList(selected_service=others) if others else None,
    )


def schedule_exchange(drive: Drive) -> common.ScheduleExchangeReq:
    """What the car needs and until when."""
    wanted = rational(drive.wanted_wh)
    if is_dynamic(drive):
        return common.ScheduleExchangeReq(
            header=header(drive),
            maximum_supporting_points=MAX_SCHEDULE_POINTS,
            dynamic_se_req_control_mode=common.DynamicSeReqControlMode(
                departure_time_s=drive.car.departure_s or FOREVER_S,
                target_soc_percent=int(drive.target_soc_percent),
                ev_target_energy_request=wanted,
                ev_maximum_energy_request=rational(drive.battery.missing_wh()),
                ev_minimum_energy_request=rational(0),
            ),
        )
    return common.ScheduleExchangeReq(
        header=header(drive),
        maximum_supporting_points=MAX_SCHEDULE_POINTS,
        scheduled_se_req_control_mode=common.ScheduledSeReqControlMode(
            departure_time_s=drive.car.departure_s,
            ev_target_energy_request=wanted,
            ev_maximum_energy_request=rational(drive.battery.missing_wh()),
            ev_minimum_energy_request=rational(0),
        ),
    )


DECLINED: Final = common.PowerToleranceAcceptance.POWER_TOLERANCE_NOT_CONFIRMED
"""The car takes what its battery wants, up to the schedule, and promises no more."""


def _profile(drive: Drive) -> common.EvPowerProfile:
    own_w = Decimal(drive.car.dc.max_power_w if drive.car.mode.is_dc else drive.car.ac.max_power_w)
    points = profile_of(drive.schedule, own_w, MAX_SCHEDULE_POINTS) if drive.schedule else [(0, own_w)]
    starts = [start_s for start_s, _ in points]
    ends = [*starts[1:], max(starts[-1] + 1, drive.car.departure_s or FOREVER_S)]
    entries = tuple(
        common.PowerScheduleEntry(duration_s=end - start, power=rational(power_w))
        for (start, power_w), end in zip(points, ends, strict=True)
    )
    dynamic = is_dynamic(drive)
    return common.EvPowerProfile(
        time_anchor=seconds(drive),
        dynamic_evppt_control_mode=common.DynamicEvpptControlMode() if dynamic else None,
        scheduled_evppt_control_mode=None
        if dynamic
        else common.ScheduledEvpptControlMode(
            selected_schedule_tuple_id=drive.schedule.schedule_id if drive.schedule else 1,
            power_tolerance_acceptance=DECLINED if drive.notes.get("tolerance") else None,
        ),
        ev_power_profile_entries=common.EvPowerProfileEntryList(ev_power_profile_entry=entries),
    )


def _delivery(drive: Drive, progress: common.ChargeProgress) -> common.PowerDeliveryReq:
    starts = progress is common.ChargeProgress.START
    plans = starts or progress is common.ChargeProgress.SCHEDULE_RENEGOTIATION
    channel = None
    if starts and drive.car.mode.is_bpt:
        discharge = drive.discharging
        channel = common.ChannelSelection.DISCHARGE if discharge else common.ChannelSelection.CHARGE
    return common.PowerDeliveryReq(
        header=header(drive),
        ev_processing=Processing.FINISHED,
        charge_progress=progress,
        ev_power_profile=_profile(drive) if plans else None,
        bpt_channel_selection=channel,
    )


def power_start(drive: Drive) -> common.PowerDeliveryReq:
    """Let energy flow."""
    return _delivery(drive, common.ChargeProgress.START)


def renegotiate(drive: Drive) -> common.PowerDeliveryReq:
    """Say by which of the new schedules the car goes on."""
    return _delivery(drive, common.ChargeProgress.SCHEDULE_RENEGOTIATION)


def power_stop(drive: Drive) -> common.PowerDeliveryReq:
    """Let no more energy flow. An AC car leaves state C with that, not with the answer [V2G2-848]."""
    if not drive.car.mode.is_dc:
        drive.pilot = Pilot.PLUGGED
    return _delivery(drive, common.ChargeProgress.STOP)


def display(drive: Drive) -> DisplayParameters:
    """What people may read about the battery."""
    return DisplayParameters(
        present_soc_percent=drive.soc_percent,
        target_soc_percent=int(drive.target_soc_percent),
        charging_complete=drive.battery.soc_percent >= drive.target_soc_percent,
        battery_energy_capacity=rational(drive.battery.capacity_wh),
    )


def metering_confirmation(drive: Drive) -> common.MeteringConfirmationReq:
    """Sign the meter reading that the station has shown."""
    meter = drive.notes.get("meter")
    if meter is None:
        raise TalkError(Reason.SERVICE, "a reading to be confirmed, but none was shown")
    dynamic = is_dynamic(drive)
    return common.MeteringConfirmationReq(
        header=header(drive),
        signed_metering_data=common.SignedMeteringData(
            id="id1",
            session_id=drive.session_id,
            meter_info=meter,
            dynamic_smdt_control_mode=common.DynamicSmdtControlMode() if dynamic else None,
            scheduled_smdt_control_mode=None
            if dynamic
            else common.ScheduledSmdtControlMode(
                selected_schedule_tuple_id=drive.schedule.schedule_id if drive.schedule else 1
            ),
        ),
    )


def session_stop(drive: Drive) -> common.SessionStopReq:
    """End or pause the session, or negotiate services again."""
    kind = common.ChargingSession.PAUSE if drive.paused else common.ChargingSession.TERMINATE
    if drive.notes.get("service_renegotiation"):
        kind = common.ChargingSession.SERVICE_RENEGOTIATION
    return common.SessionStopReq(header=header(drive), charging_session=kind)
