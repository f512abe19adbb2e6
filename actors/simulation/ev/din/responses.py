"""What a car makes of the station's answers in DIN SPEC 70121: checks, and what follows. Pure."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.ev import direct_current as dc
from actors.simulation.ev import timing
from actors.simulation.ev.din.requests import MOST_W
from actors.simulation.ev.drive import Schedule, Wish
from actors.simulation.ev.exchange import Pilot
from actors.simulation.ev.language import Go, Said, check_schedule
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import din

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.simulation.ev.drive import Drive


class Phase(enum.StrEnum):
    """Where a talk is, by what is asked next."""

    SESSION_SETUP = "SessionSetup"
    SERVICE_DISCOVERY = "ServiceDiscovery"
    PAYMENT_SELECTION = "ServicePaymentSelection"
    AUTHORIZATION = "ContractAuthentication"
    CHARGE_PARAMETERS = "ChargeParameterDiscovery"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    POWER_START = "PowerDeliveryStart"
    CURRENT_DEMAND = "CurrentDemand"
    POWER_STOP = "PowerDeliveryStop"
    WELDING_DETECTION = "WeldingDetection"
    SESSION_STOP = "SessionStop"


_FINISHED: Final = din.EvseProcessing.FINISHED
_OFFERED: Final = din.EvseSupportedEnergyTransfer
_WANTED: Final = din.EvRequestedEnergyTransfer
MODES: Final[Mapping[din.EvseSupportedEnergyTransfer, din.EvRequestedEnergyTransfer]] = {
    _OFFERED.DC_EXTENDED: _WANTED.DC_EXTENDED,
    _OFFERED.AC_CORE1P_DC_EXTENDED: _WANTED.DC_EXTENDED,
    _OFFERED.AC_CORE3P_DC_EXTENDED: _WANTED.DC_EXTENDED,
    _OFFERED.AC_SINGLE_PHASE_THREE_PHASE_CORE_DC_EXTENDED: _WANTED.DC_EXTENDED,
    _OFFERED.DC_CORE: _WANTED.DC_CORE,
    _OFFERED.AC_SINGLE_DC_CORE: _WANTED.DC_CORE,
    _OFFERED.DC_COMBO_CORE: _WANTED.DC_COMBO_CORE,
    _OFFERED.DC_DUAL: _WANTED.DC_EXTENDED,
}
"""What a car asks for where a station offers this; AC is missing, as DIN cars charge by DC only."""
cable_check, pre_charge = dc.cable_check, dc.pre_charge
power_stop, welding_detection, session_stop = dc.power_stop, dc.welding_detection, dc.session_stop


def session_setup(drive: Drive, said: Said) -> Go:
    """The session is open; sessions are not joined again."""
    drive.joined(said.session_id, old=said.code == din.ResponseCode.OK_OLD_SESSION_JOINED)
    drive.see_evse_id(said.body.evse_id.hex())
    return Go(Phase.SERVICE_DISCOVERY)


def service_discovery(drive: Drive, said: Said) -> Go:
    """Choose payment and energy mode."""
    body: din.ServiceDiscoveryRes = said.body
    drive.choose_payment(
        contract=False,
        eim=din.PaymentOption.EXTERNAL_PAYMENT in body.payment_options.payment_option,
        holds=None,
    )
    mode = MODES.get(body.charge_service.energy_transfer_type)
    if mode is None:
        raise TalkError(Reason.ENERGY_MODE, f"offered: {body.charge_service.energy_transfer_type}")
    drive.notes["energy_mode"] = mode
    drive.notes["charge_service"] = body.charge_service.service_tag.service_id
    return Go(Phase.PAYMENT_SELECTION)


def payment_selection(_drive: Drive, _said: Said) -> Go:
    """The choice stands."""
    return Go(Phase.AUTHORIZATION)


def authorization(_drive: Drive, said: Said) -> Go:
    """Wait until it is decided."""
    if said.body.evse_processing is not _FINISHED:
        return Go(Phase.AUTHORIZATION, timing.POLL_S)
    return Go(Phase.CHARGE_PARAMETERS)


def charge_parameters(drive: Drive, said: Said) -> Go:
    """Limits and schedules."""
    body: din.ChargeParameterDiscoveryRes = said.body
    if body.evse_processing is not _FINISHED:
        return Go(Phase.CHARGE_PARAMETERS, timing.POLL_S)
    dc.see_parameter(drive, body.evse_charge_parameter, din.DcEvseChargeParameter)
    drive.schedule = _schedule(drive, body.sa_schedules)
    drive.pilot = Pilot.READY
    return Go(Phase.CABLE_CHECK)


def _schedule(drive: Drive, offered: Any) -> Schedule:
    tuples = offered.sa_schedule_tuple if isinstance(offered, din.SaScheduleList) else ()
    if not tuples:
        raise TalkError(Reason.SCHEDULE, "no schedule")
    entries = []
    for entry in tuples[0].p_max_schedule.p_max_schedule_entry:
        if not isinstance(entry.time_interval, din.RelativeTimeInterval):
            raise TalkError(Reason.SCHEDULE, "an interval that is not relative")
        # 32767 W is all the field can say: it stands for whatever the limits allow
        limit_w = Decimal(entry.p_max_w if entry.p_max_w < MOST_W else 10**7)
        entries.append((entry.time_interval.start_s, limit_w))
    return Schedule(
        schedule_id=tuples[0].sa_schedule_tuple_id, entries=check_schedule(tuple(entries)), began=drive.now
    )


def power_start(drive: Drive, said: Said) -> Go:
    """Energy may flow."""
    return Go(Phase.POWER_STOP if dc.ends(drive, said.body.evse_status) else Phase.CURRENT_DEMAND)


def current_demand(drive: Drive, said: Said) -> Go:
    """The loop: go on, or do what station or script want."""
    body: din.CurrentDemandRes = said.body
    dc.see_loop(drive, body)
    ends = dc.ends(drive, body.dc_evse_status)
    wish = Wish.STOP if ends else drive.wish()
    if wish in {Wish.PAUSE, Wish.RENEGOTIATE}:
        raise TalkError(Reason.SCRIPT, f"DIN SPEC 70121 has no {wish.value}")
    if wish is Wish.CHARGE:
        return Go(Phase.CURRENT_DEMAND, float(drive.car.dc.loop_s))
    drive.stopping = True
    return Go(Phase.POWER_STOP)
