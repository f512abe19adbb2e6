"""Which request is allowed when: one table for each kind of current, one for the side channels. Pure.

A bidirectional service goes by the table of its current: the same messages in the same order, in other forms,
which the handlers check. What is not in a table is answered FAILED_SequenceError [V2G20-538]. `source` names
the requirement that allows the request in that phase.

Sources: ISO 15118-20 8.6.4.6.3 (common, AC, DC), Table 14 for the channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.v2g.secc.iso20 import (
    authorizing,
    cable,
    delivery,
    installation,
    loop_ac,
    loop_dc,
    parameters_ac,
    parameters_dc,
    schedule,
    services,
    session,
    side_channels,
)
from actors.v2g.secc.iso20.contactors import is_ac
from actors.v2g.secc.iso20.phases import Phase, phase_of
from protocols.iso15118.exi import Schema
from protocols.iso15118.iso20 import ac, common, dc
from protocols.iso15118.v2gtp import PayloadType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.iso15118.iso20.types import V2gRequest, V2gResponse


class Row(NamedTuple):
    """How a request is handled in a phase."""

    handler: Callable[[Any, Turn], V2gResponse | None]
    """None: the answer waits."""
    source: str


_STOP: Final = Row(session.handle_session_stop, "[V2G20-2644]")
_INSTALL: Final = Row(installation.handle_certificate_installation, "[V2G20-1970]")

COMMON: Final[Mapping[tuple[Phase, type[V2gRequest]], Row]] = {
    (Phase.SESSION_SETUP, common.SessionSetupReq): Row(session.handle_session_setup, "[V2G20-1484]"),
    (Phase.AUTHORIZATION_SETUP, common.AuthorizationSetupReq): Row(
        authorizing.handle_authorization_setup, "[V2G20-1486]"
    ),
    (Phase.AUTHORIZATION_SETUP, common.SessionStopReq): _STOP,
    (Phase.AUTHORIZATION, common.AuthorizationReq): Row(authorizing.handle_authorization, "[V2G20-1970]"),
    (Phase.AUTHORIZATION, common.CertificateInstallationReq): _INSTALL,
    (Phase.AUTHORIZATION, common.SessionStopReq): _STOP,
    (Phase.AUTHORIZING, common.AuthorizationReq): Row(authorizing.handle_authorization_again, "[V2G20-1977]"),
    (Phase.AUTHORIZING, common.SessionStopReq): _STOP,
    (Phase.EXPIRING, common.ServiceDiscoveryReq): Row(services.handle_service_discovery, "[V2G20-2221]"),
    (Phase.EXPIRING, common.CertificateInstallationReq): _INSTALL._replace(source="[V2G20-2221]"),
    (Phase.EXPIRING, common.SessionStopReq): _STOP,
    (Phase.SERVICE_DISCOVERY, common.ServiceDiscoveryReq): Row(
        services.handle_service_discovery, "[V2G20-1979], [V2G20-2234], [V2G20-1643]"
    ),
    (Phase.SERVICE_DISCOVERY, common.SessionStopReq): _STOP,
    (Phase.SERVICE_DETAIL, common.ServiceDetailReq): Row(services.handle_service_detail, "[V2G20-1980]"),
    (Phase.SERVICE_DETAIL, common.SessionStopReq): _STOP,
    (Phase.SERVICE_SELECTION, common.ServiceDetailReq): Row(services.handle_service_detail, "[V2G20-1981]"),
    (Phase.SERVICE_SELECTION, common.ServiceSelectionReq): Row(
        services.handle_service_selection, "[V2G20-1981]"
    ),
    (Phase.SERVICE_SELECTION, common.SessionStopReq): _STOP,
    (Phase.PARAMETERS, common.SessionStopReq): _STOP,
    (Phase.SCHEDULE, common.ScheduleExchangeReq): Row(
        schedule.handle_schedule_exchange, "[V2G20-2658], [V2G20-1986]"
    ),
    (Phase.SCHEDULE, common.SessionStopReq): _STOP,
    (Phase.DELIVERY, common.SessionStopReq): _STOP,
    (Phase.STOP, common.SessionStopReq): _STOP,
}
"""What both kinds of current have in common."""

AC: Final[Mapping[tuple[Phase, type[V2gRequest]], Row]] = {
    **COMMON,
    (Phase.PARAMETERS, ac.AcChargeParameterDiscoveryReq): Row(
        parameters_ac.handle_ac_charge_parameter_discovery, "[V2G20-1590], [V2G20-1032]"
    ),
    (Phase.DELIVERY, common.PowerDeliveryReq): Row(
        delivery.handle_power_delivery, "[V2G20-1989], [V2G20-2007]"
    ),
    (Phase.LOOP, ac.AcChargeLoopReq): Row(loop_ac.handle_ac_charge_loop, "[V2G20-2009], [V2G20-2012]"),
    (Phase.LOOP, common.PowerDeliveryReq): Row(delivery.handle_power_delivery, "[V2G20-2012]"),
    (Phase.STOP, common.SessionStopReq): _STOP._replace(source="[V2G20-1623]"),
}
"""AC and AC_BPT."""

DC: Final[Mapping[tuple[Phase, type[V2gRequest]], Row]] = {
    **COMMON,
    (Phase.PARAMETERS, dc.DcChargeParameterDiscoveryReq): Row(
        parameters_dc.handle_dc_charge_parameter_discovery, "[V2G20-1590], [V2G20-1032]"
    ),
    (Phase.CABLE_CHECK, dc.DcCableCheckReq): Row(cable.handle_dc_cable_check, "[V2G20-1611], [V2G20-2003]"),
    (Phase.CABLE_CHECK, common.SessionStopReq): _STOP,
    (Phase.PRE_CHARGE, dc.DcPreChargeReq): Row(cable.handle_dc_pre_charge, "[V2G20-2004], [V2G20-2005]"),
    (Phase.PRE_CHARGE, common.SessionStopReq): _STOP,
    (Phase.DELIVERY, common.PowerDeliveryReq): Row(
        delivery.handle_power_delivery, "[V2G20-2006], [V2G20-2007]"
    ),
    (Phase.LOOP, dc.DcChargeLoopReq): Row(loop_dc.handle_dc_charge_loop, "[V2G20-2010], [V2G20-2013]"),
    (Phase.LOOP, common.PowerDeliveryReq): Row(delivery.handle_power_delivery, "[V2G20-2013]"),
    (Phase.WELDING, dc.DcWeldingDetectionReq): Row(
        cable.handle_dc_welding_detection, "[V2G20-2020], [V2G20-1630]"
    ),
    (Phase.WELDING, common.SessionStopReq): _STOP,
}
"""DC and DC_BPT."""

_CHOSEN: Final = (
    Phase.PARAMETERS,
    Phase.SCHEDULE,
    Phase.CABLE_CHECK,
    Phase.PRE_CHARGE,
    Phase.DELIVERY,
    Phase.LOOP,
    Phase.WELDING,
    Phase.STOP,
)
"""The phases in which value-added services can be used [V2G20-1984]."""

SIDE: Final[Mapping[int, Mapping[tuple[Phase, type[V2gRequest]], Row]]] = {
    PayloadType.SCHEDULE_RENEGOTIATION: {
        (Phase.LOOP, common.ScheduleExchangeReq): Row(
            schedule.handle_schedule_renegotiation, "Table 14, 8.5.6"
        ),
        (Phase.LOOP, common.PowerDeliveryReq): Row(delivery.handle_profile, "Table 14, 8.5.6"),
    },
    PayloadType.METERING_CONFIRMATION: {
        (Phase.LOOP, common.MeteringConfirmationReq): Row(
            side_channels.handle_metering_confirmation, "[V2G20-1621]"
        ),
    },
    PayloadType.PARKING_STATUS: {
        **{
            (phase, common.VehicleCheckInReq): Row(side_channels.handle_vehicle_check_in, "[V2G20-1984]")
            for phase in _CHOSEN
        },
        **{
            (phase, common.VehicleCheckOutReq): Row(side_channels.handle_vehicle_check_out, "[V2G20-1984]")
            for phase in _CHOSEN
        },
    },
}
"""The side channels, by payload type."""

MAIN: Final[Mapping[int, Schema]] = {
    PayloadType.COMMON: Schema.ISO20_COMMON,
    PayloadType.AC: Schema.ISO20_AC,
    PayloadType.DC: Schema.ISO20_DC,
}
"""The main channel: each schema has its payload type."""


def row(request: V2gRequest, channel: int, turn: Turn) -> Row | None:
    """How a request that came on a channel is to be handled now; None: not at all."""
    table = SIDE[channel] if channel in SIDE else AC if is_ac(turn) else DC
    return table.get((phase_of(turn), type(request)))


def schema_of(channel: int, turn: Turn) -> Schema | None:
    """The schema of a channel; None for a channel that this talk does not have."""
    if channel in SIDE:
        return Schema.ISO20_COMMON
    other = PayloadType.DC if is_ac(turn) else PayloadType.AC
    return None if channel == other else MAIN.get(channel)
