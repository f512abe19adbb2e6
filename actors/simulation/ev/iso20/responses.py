"""What a car makes of the answers in ISO 15118-20 that both energy modes share. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.simulation.ev import timing
from actors.simulation.ev.drive import Schedule
from actors.simulation.ev.exchange import Pilot
from actors.simulation.ev.iso20.ac import start_flow
from actors.simulation.ev.iso20.loop import follow, notified
from actors.simulation.ev.iso20.phases import Phase
from actors.simulation.ev.iso20.requests import is_dynamic, service_of
from actors.simulation.ev.iso20.trust import installed
from actors.simulation.ev.language import END, Go, Said, check_schedule
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Control, Installation, Pay
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.simulation.ev.drive import Drive, Wish

CONTROLS: Final[Mapping[int, Control]] = {1: Control.SCHEDULED, 2: Control.DYNAMIC}
"""Parameter ControlMode (ISO 15118-20 8.4.3, parameters of the energy transfer services)."""
AC_CONNECTOR_THREE_PHASE: Final = 2


def _refuse_warning(said: Said) -> None:
    """TalkError for an answer that is no FAILED but will not do."""
    if said.code.startswith("WARNING"):
        raise TalkError(Reason.RESPONSE_CODE, type(said.body).__name__, said.code)


def session_setup(drive: Drive, said: Said) -> Go:
    """The session is open."""
    old = said.code == ResponseCode.OK_OLD_SESSION_JOINED
    drive.joined(said.session_id, old=old)
    drive.see_evse_id(said.body.evse_id)
    if old:  # authorization and services hold on [V2G20-1032, -1844]
        drive.notes |= drive.agreed
        return Go(Phase.CHARGE_PARAMETERS)
    return Go(Phase.AUTHORIZATION_SETUP)


def authorization_setup(drive: Drive, said: Said) -> Go:
    """Choose how to be authorized, and whether a certificate is needed first."""
    body: common.AuthorizationSetupRes = said.body
    services = body.authorization_services
    drive.choose_payment(
        contract=common.Authorization.PNC in services and drive.tls is not None,
        eim=common.Authorization.EIM in services,
        holds=drive.wallet.contract_20,
    )
    if drive.payment is not Pay.CONTRACT:
        return Go(Phase.AUTHORIZATION)
    mode = body.pnc_as_res_authorization_mode
    if mode is None:
        raise TalkError(Reason.PAYMENT, "contracts are accepted, but there is no challenge")
    drive.challenge = mode.gen_challenge
    install = drive.car.install
    if install is Installation.ALWAYS or (install is Installation.MISSING and drive.contract is None):
        if not body.certificate_installation_service:
            raise TalkError(Reason.SERVICE, "certificates are not installed here")
        return Go(Phase.CERTIFICATE_INSTALLATION)
    return Go(Phase.AUTHORIZATION)


def certificate_installation(drive: Drive, said: Said) -> Go:
    """A contract has come, or is being made."""
    _refuse_warning(said)
    if said.body.evse_processing is not Processing.FINISHED:
        return Go(Phase.CERTIFICATE_INSTALLATION, timing.POLL_S)
    drive.contract = installed(drive, said.message)
    return Go(Phase.AUTHORIZATION)


def authorization(drive: Drive, said: Said) -> Go:
    """Wait until it is decided."""
    _refuse_warning(said)
    if said.body.evse_processing is not Processing.FINISHED:
        return Go(Phase.AUTHORIZATION, timing.POLL_S)
    drive.challenge = b""
    return Go(Phase.SERVICE_DISCOVERY)


def service_discovery(drive: Drive, said: Said) -> Go:
    """See that the wanted energy transfer is among the services."""
    body: common.ServiceDiscoveryRes = said.body
    offered = [one.service_id for one in body.energy_transfer_service_list.service]
    wanted = service_of(drive)
    if wanted not in offered:
        raise TalkError(Reason.ENERGY_MODE, f"offered services: {offered}")
    drive.notes["parted"] = drive.notes["pre_charged"] = False
    others = [one.service_id for one in body.vas_list.service] if body.vas_list else []
    drive.notes["to_read"] = [wanted, *(others if drive.car.reads_services else [])]
    drive.notes["chosen"] = {}
    return Go(Phase.SERVICE_DETAIL)


def service_detail(drive: Drive, said: Said) -> Go:
    """One service is known; on to the next."""
    body: common.ServiceDetailRes = said.body
    asked, *rest = drive.notes["to_read"]
    if body.service_id != asked:
        raise TalkError(Reason.SERVICE, f"details of service {body.service_id} instead of {asked}")
    if asked == service_of(drive):
        _choose_set(drive, body.service_parameter_list.parameter_set)
    elif drive.car.choose_services:
        drive.notes["chosen"][asked] = body.service_parameter_list.parameter_set[0].parameter_set_id
    drive.notes["to_read"] = rest
    return Go(Phase.SERVICE_DETAIL if rest else Phase.SERVICE_SELECTION)


def _choose_set(drive: Drive, sets: tuple[common.ParameterSet, ...]) -> None:
    """The first parameter set with the wanted control mode and phases, else the first with either."""
    phases = AC_CONNECTOR_THREE_PHASE if drive.car.ac.phases > 1 else 1

    def rank(one: common.ParameterSet) -> tuple[bool, bool]:
        values = {each.name: each.int_value for each in one.parameter}
        wrong_control = CONTROLS.get(values.get("ControlMode") or 0) is not drive.car.control
        return wrong_control, not drive.car.mode.is_dc and values.get("Connector") != phases

    best = min(sets, key=rank)
    values = {each.name: each.int_value for each in best.parameter}
    control = CONTROLS.get(values.get("ControlMode") or 0)
    if control is None:
        raise TalkError(Reason.SERVICE, f"control mode {values.get('ControlMode')}")
    drive.agreed = {"control": control, "parameter_set": best.parameter_set_id}
    drive.notes |= drive.agreed


def service_selection(_drive: Drive, _said: Said) -> Go:
    """The choice stands."""
    return Go(Phase.CHARGE_PARAMETERS)


def schedule_exchange(drive: Drive, said: Said) -> Go:
    """Schedules to choose from, or the goals of dynamic control."""
    if said.body.evse_processing is not Processing.FINISHED:
        return Go(Phase.SCHEDULE_EXCHANGE, timing.POLL_S)
    _take_schedule(drive, said.body)
    drive.pilot = Pilot.READY
    return Go(Phase.CABLE_CHECK if drive.car.mode.is_dc else Phase.POWER_START)


def reschedule(drive: Drive, said: Said) -> Go:
    """The same beside the charging loop: new schedules, while energy flows."""
    if said.body.evse_processing is not Processing.FINISHED:
        return Go(Phase.RESCHEDULE, timing.POLL_S)
    _take_schedule(drive, said.body)
    return Go(Phase.RENEGOTIATE)


def _take_schedule(drive: Drive, body: common.ScheduleExchangeRes) -> None:
    drive.schedule = None if is_dynamic(drive) else _choose_schedule(drive, body)
    if is_dynamic(drive) and body.dynamic_se_res_control_mode is None:
        raise TalkError(Reason.SCHEDULE, "no answer in dynamic control")


def _choose_schedule(drive: Drive, body: common.ScheduleExchangeRes) -> Schedule:
    offered = body.scheduled_se_res_control_mode
    if offered is None:
        raise TalkError(Reason.SCHEDULE, "no schedule")
    best = offered.schedule_tuple[0]
    start_s, entries = 0, []
    power_schedule = best.charging_schedule.power_schedule
    drive.notes["tolerance"] = power_schedule.power_tolerance is not None
    for entry in power_schedule.power_schedule_entries.power_schedule_entry:
        powers = [entry.power, entry.power_l2, entry.power_l3]
        total_w = sum((power.to_decimal() for power in powers if power is not None), Decimal())
        entries.append((start_s, total_w))
        start_s += entry.duration_s
    return Schedule(
        schedule_id=best.schedule_tuple_id, entries=check_schedule(tuple(entries)), began=drive.now
    )


def power_start(drive: Drive, said: Said) -> Go:
    """Energy may flow."""
    if not drive.car.mode.is_dc:
        start_flow(drive)
    station = notified(drive, said.body.evse_status)
    return Go(Phase.CHARGE_LOOP) if station is None else _follow(drive, station)


def metering_confirmation(drive: Drive, _said: Said) -> Go:
    """The reading was accepted; back to the loop."""
    return _follow(drive, None)


def _follow(drive: Drive, station: Wish | None) -> Go:
    loop_s = drive.car.dc.loop_s if drive.car.mode.is_dc else drive.car.ac.loop_s
    return follow(drive, station, loop_s)


def renegotiate(_drive: Drive, _said: Said) -> Go:
    """The car goes on by its new schedule."""
    return Go(Phase.CHARGE_LOOP)


def power_stop(drive: Drive, _said: Said) -> Go:
    """No more energy flows."""
    drive.rest()
    drive.pilot = Pilot.PLUGGED
    return Go(Phase.WELDING_DETECTION if drive.car.mode.is_dc else Phase.SESSION_STOP)


def session_stop(drive: Drive, _said: Said) -> Go:
    """The session is over, or goes on with other services."""
    if drive.notes.pop("service_renegotiation", False):
        drive.stopping = False
        return Go(Phase.SERVICE_DISCOVERY)
    return Go(END)
