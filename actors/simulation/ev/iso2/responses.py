"""What a car makes of the station's answers in ISO 15118-2: checks, and what follows. Pure."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev import direct_current as dc
from actors.simulation.ev import timing
from actors.simulation.ev.drive import Schedule, Wish
from actors.simulation.ev.exchange import Pilot
from actors.simulation.ev.iso2.requests import CERTIFICATE_SERVICE
from actors.simulation.ev.iso2.trust import installed, tariff_holds
from actors.simulation.ev.language import Go, Said, check_schedule
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Installation, Pay
from protocols.iso15118 import iso2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.simulation.ev.drive import Drive


class Phase(enum.StrEnum):
    """Where a talk is, by what is asked next."""

    SESSION_SETUP = "SessionSetup"
    SERVICE_DISCOVERY = "ServiceDiscovery"
    SERVICE_DETAIL = "ServiceDetail"
    PAYMENT_SELECTION = "PaymentServiceSelection"
    CERTIFICATE_INSTALLATION = "CertificateInstallation"
    PAYMENT_DETAILS = "PaymentDetails"
    AUTHORIZATION = "Authorization"
    CHARGE_PARAMETERS = "ChargeParameterDiscovery"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    POWER_START = "PowerDeliveryStart"
    CHARGING_STATUS = "ChargingStatus"
    CURRENT_DEMAND = "CurrentDemand"
    METERING_RECEIPT = "MeteringReceipt"
    RENEGOTIATE = "PowerDeliveryRenegotiate"
    POWER_STOP = "PowerDeliveryStop"
    WELDING_DETECTION = "WeldingDetection"
    SESSION_STOP = "SessionStop"


_FINISHED: Final = iso2.EvseProcessing.FINISHED
_JOINED: Final = iso2.ResponseCode.OK_OLD_SESSION_JOINED
_MODES: Final[Mapping[bool, tuple[iso2.EnergyTransferMode, ...]]] = {
    True: (
        iso2.EnergyTransferMode.DC_EXTENDED,
        iso2.EnergyTransferMode.DC_COMBO_CORE,
        iso2.EnergyTransferMode.DC_CORE,
        iso2.EnergyTransferMode.DC_UNIQUE,
    ),
    False: (
        iso2.EnergyTransferMode.AC_THREE_PHASE_CORE,
        iso2.EnergyTransferMode.AC_SINGLE_PHASE_CORE,
    ),
}
"""What a car takes, by whether it charges by DC; its favourite first."""


cable_check, pre_charge = dc.cable_check, dc.pre_charge
power_stop, welding_detection, session_stop = dc.power_stop, dc.welding_detection, dc.session_stop


def session_setup(drive: Drive, said: Said) -> Go:
    """The session is open."""
    body: iso2.SessionSetupRes = said.body
    drive.joined(said.session_id, old=body.response_code is _JOINED)
    drive.see_evse_id(body.evse_id)
    return Go(Phase.SERVICE_DISCOVERY)


def service_discovery(drive: Drive, said: Said) -> Go:
    """Choose payment, energy mode, and what to ask about."""
    body: iso2.ServiceDiscoveryRes = said.body
    options = body.payment_option_list.payment_option
    drive.choose_payment(
        contract=iso2.PaymentOption.CONTRACT in options and drive.tls is not None,
        eim=iso2.PaymentOption.EXTERNAL_PAYMENT in options,
        holds=drive.wallet.contract,
    )
    offered = body.charge_service.supported_energy_transfer_mode.energy_transfer_mode
    wanted = _MODES[drive.car.mode.is_dc]
    if not drive.car.mode.is_dc and drive.car.ac.phases == 1:
        wanted = wanted[1:]
    mode = next((one for one in wanted if one in offered), None)
    if mode is None:
        raise TalkError(Reason.ENERGY_MODE, f"offered: {', '.join(offered)}")
    drive.notes["energy_mode"] = mode
    drive.notes["charge_service"] = body.charge_service.service_id
    services = [one.service_id for one in body.service_list.service] if body.service_list else []
    _choose_installation(drive, services)
    to_read = services if drive.car.reads_services else []
    if drive.notes.get("install") and CERTIFICATE_SERVICE not in to_read:
        to_read = [*to_read, CERTIFICATE_SERVICE]
    drive.notes["to_read"] = to_read
    return Go(Phase.SERVICE_DETAIL if to_read else Phase.PAYMENT_SELECTION)


def _choose_installation(drive: Drive, services: list[int]) -> None:
    install = drive.car.install
    wanted = install is Installation.ALWAYS or (install is Installation.MISSING and drive.contract is None)
    if drive.payment is not Pay.CONTRACT or not wanted:
        return
    if CERTIFICATE_SERVICE not in services:
        raise TalkError(Reason.SERVICE, "certificates are not installed here")
    drive.notes["install"] = True


def service_detail(drive: Drive, said: Said) -> Go:
    """One service is known; on to the next."""
    body: iso2.ServiceDetailRes = said.body
    asked, *rest = drive.notes["to_read"]
    if body.service_id != asked:
        raise TalkError(Reason.SERVICE, f"details of service {body.service_id} instead of {asked}")
    if drive.car.choose_services and asked != CERTIFICATE_SERVICE:
        sets = body.service_parameter_list.parameter_set if body.service_parameter_list else ()
        first = sets[0].parameter_set_id if sets else None
        drive.notes.setdefault("chosen", {})[asked] = first
    drive.notes["to_read"] = rest
    return Go(Phase.SERVICE_DETAIL if rest else Phase.PAYMENT_SELECTION)


def payment_selection(drive: Drive, _said: Said) -> Go:
    """The choice stands."""
    if drive.notes.get("install"):
        return Go(Phase.CERTIFICATE_INSTALLATION)
    return Go(Phase.PAYMENT_DETAILS if drive.payment is Pay.CONTRACT else Phase.AUTHORIZATION)


def certificate_installation(drive: Drive, said: Said) -> Go:
    """A contract has come."""
    drive.contract = installed(drive, said.message)
    return Go(Phase.PAYMENT_DETAILS)


def payment_details(drive: Drive, said: Said) -> Go:
    """The contract is known; sign the challenge."""
    drive.challenge = said.body.gen_challenge
    return Go(Phase.AUTHORIZATION)


def authorization(drive: Drive, said: Said) -> Go:
    """Wait until it is decided."""
    drive.challenge = b""  # signed once
    if said.body.evse_processing is not _FINISHED:
        return Go(Phase.AUTHORIZATION, timing.POLL_S)
    return Go(Phase.CHARGE_PARAMETERS)


def charge_parameters(drive: Drive, said: Said) -> Go:
    """Limits and schedules; energy may be asked for."""
    body: iso2.ChargeParameterDiscoveryRes = said.body
    if body.evse_processing is not _FINISHED:
        return Go(Phase.CHARGE_PARAMETERS, timing.POLL_S)
    if drive.car.mode.is_dc:
        dc.see_parameter(drive, body.evse_charge_parameter, iso2.DcEvseChargeParameter)
    else:
        _see_ac_limits(drive, body.evse_charge_parameter)
    drive.schedule = _choose_schedule(drive, said)
    if drive.pilot is not Pilot.READY:
        drive.pilot = Pilot.READY
        return Go(Phase.CABLE_CHECK if drive.car.mode.is_dc else Phase.POWER_START)
    return Go(Phase.POWER_START)  # renegotiated while energy flows [V2G2-683]


def _see_ac_limits(drive: Drive, given: Any) -> None:
    if not isinstance(given, iso2.AcEvseChargeParameter):
        raise TalkError(Reason.LIMITS, f"{type(given).__name__} for AC")
    dc.check(given.ac_evse_status)
    drive.see_limits(
        current_a=given.evse_max_current.to_decimal(), voltage_v=given.evse_nominal_voltage.to_decimal()
    )


def _choose_schedule(drive: Drive, said: Said) -> Schedule:
    offered = said.body.sa_schedules
    tuples = offered.sa_schedule_tuple if isinstance(offered, iso2.SaScheduleList) else ()
    if not tuples:
        raise TalkError(Reason.SCHEDULE, "no schedule")
    trusted = drive.payment is Pay.CONTRACT and tariff_holds(drive, said.message)
    best = min(tuples, key=_price) if trusted else tuples[0]
    entries = tuple(
        (_start_s(entry.time_interval), entry.p_max.to_decimal())
        for entry in best.p_max_schedule.p_max_schedule_entry
    )
    return Schedule(schedule_id=best.sa_schedule_tuple_id, entries=check_schedule(entries), began=drive.now)


def _price(one: iso2.SaScheduleTuple) -> Decimal:
    """The mean price level; a schedule without a tariff comes last."""
    entries = one.sales_tariff.sales_tariff_entry if one.sales_tariff else ()
    levels = [Decimal(entry.e_price_level) for entry in entries if entry.e_price_level is not None]
    return sum(levels, Decimal()) / len(levels) if levels else Decimal(255)


def _start_s(interval: Any) -> int:
    if not isinstance(interval, iso2.RelativeTimeInterval):
        raise TalkError(Reason.SCHEDULE, "an interval that is not relative")
    return interval.start_s


def power_start(drive: Drive, said: Said) -> Go:
    """Energy may flow."""
    if dc.ends(drive, said.body.evse_status):
        return Go(Phase.POWER_STOP)
    if drive.car.mode.is_dc:
        return Go(Phase.CURRENT_DEMAND)
    _flow_ac(drive)
    return Go(Phase.CHARGING_STATUS)


def _flow_ac(drive: Drive) -> None:
    """What the onboard charger draws now, from what the station has said."""
    if drive.measured:
        return
    ac = drive.car.ac
    single = drive.notes.get("energy_mode") is iso2.EnergyTransferMode.AC_SINGLE_PHASE_CORE
    phases = 1 if single else ac.phases
    current_a = min(Decimal(ac.max_current_a), drive.station.current_a or Decimal(ac.max_current_a))
    if drive.station.current_a is not None and drive.station.current_a < ac.min_current_a:
        current_a = Decimal()  # below what the charger can do
    drive.flow(drive.charge_power_w(current_a * ac.voltage_v * phases))


def charging_status(drive: Drive, said: Said) -> Go:
    """AC loop: go on, or do what station or script want."""
    body: iso2.ChargingStatusRes = said.body
    _same_place(drive, body)
    if body.evse_max_current is not None:
        drive.see_limits(current_a=body.evse_max_current.to_decimal())
    _flow_ac(drive)
    return _after_loop(drive, body, body.ac_evse_status, Phase.CHARGING_STATUS, drive.car.ac.loop_s)


def current_demand(drive: Drive, said: Said) -> Go:
    """DC loop: go on, or do what station or script want."""
    body: iso2.CurrentDemandRes = said.body
    _same_place(drive, body)
    dc.see_loop(drive, body)
    return _after_loop(drive, body, body.dc_evse_status, Phase.CURRENT_DEMAND, drive.car.dc.loop_s)


def _same_place(drive: Drive, body: Any) -> None:
    drive.see_evse_id(body.evse_id)
    if drive.schedule is not None and body.sa_schedule_tuple_id != drive.schedule.schedule_id:
        raise TalkError(Reason.SCHEDULE, f"schedule {body.sa_schedule_tuple_id} was not chosen")


def _after_loop(drive: Drive, body: Any, status: iso2.EvseStatus, loop: Phase, loop_s: Decimal) -> Go:
    ends = dc.ends(drive, status)
    if body.receipt_required and drive.payment is Pay.CONTRACT:  # [V2G2-691]
        drive.notes["meter"] = body.meter_info
        drive.notes["status"] = status
        return Go(Phase.METERING_RECEIPT)
    return _next(drive, ends=ends, renegotiate=_wants_renegotiation(status), loop=loop, loop_s=loop_s)


def _wants_renegotiation(status: iso2.EvseStatus) -> bool:
    return status.evse_notification is iso2.EvseNotification.RE_NEGOTIATION


def metering_receipt(drive: Drive, said: Said) -> Go:
    """The receipt was accepted; back to the loop."""
    direct = drive.car.mode.is_dc
    return _next(
        drive,
        ends=dc.ends(drive, said.body.evse_status) or dc.ends(drive, drive.notes["status"]),
        renegotiate=_wants_renegotiation(drive.notes["status"]),
        loop=Phase.CURRENT_DEMAND if direct else Phase.CHARGING_STATUS,
        loop_s=drive.car.dc.loop_s if direct else drive.car.ac.loop_s,
    )


def _next(drive: Drive, *, ends: bool, renegotiate: bool, loop: Phase, loop_s: Decimal) -> Go:
    """What station, script and battery make of a round of the loop; the station goes first."""
    wish = Wish.STOP if ends else Wish.RENEGOTIATE if renegotiate else drive.wish()
    if wish is Wish.CHARGE:
        return Go(loop, float(loop_s))
    if wish is Wish.RENEGOTIATE:
        if not renegotiate:
            drive.renegotiated()
        return Go(Phase.RENEGOTIATE)
    drive.paused = wish is Wish.PAUSE
    drive.stopping = True
    return Go(Phase.POWER_STOP)


def renegotiate(_drive: Drive, _said: Said) -> Go:
    """New schedules can be asked for."""
    return Go(Phase.CHARGE_PARAMETERS)
