"""Which request is allowed in which phase, who answers it, and which requirement says so. Pure data.

What is not in the table is FAILED_SequenceError. A requirement id names the response after which the request
may come (DIN SPEC 70121). There is one energy mode, DC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc.conversation import Row
from actors.v2g.secc.din import charging, session
from actors.v2g.secc.din.phase import Phase
from protocols.iso15118 import din

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn

STOPPABLE: Final = (
    Phase.DISCOVERY,
    Phase.SELECTION,
    Phase.AUTHORIZATION,
    Phase.PARAMETERS,
    Phase.OFFERED,
    Phase.CABLE_CHECK,
    Phase.CHECKED,
    Phase.PRE_CHARGE,
    Phase.STOPPED,
)
"""Where a car may end the talk; in the charging loop it has to stop the flow of energy first."""

DC: Final[Mapping[tuple[Phase, type[din.BodyElement]], Row]] = {
    (Phase.SETUP, din.SessionSetupReq): Row(session.handle_session_setup, "after supportedAppProtocolRes"),
    (Phase.DISCOVERY, din.ServiceDiscoveryReq): Row(session.handle_service_discovery, "[V2G-DC-439]"),
    (Phase.SELECTION, din.ServicePaymentSelectionReq): Row(
        session.handle_service_payment_selection, "[V2G-DC-441]"
    ),
    (Phase.AUTHORIZATION, din.ContractAuthenticationReq): Row(
        session.handle_contract_authentication, "[V2G-DC-444], [V2G-DC-497]"
    ),
    (Phase.PARAMETERS, din.ChargeParameterDiscoveryReq): Row(
        charging.handle_charge_parameter_discovery, "[V2G-DC-495], [V2G-DC-498]"
    ),
    (Phase.OFFERED, din.CableCheckReq): Row(charging.handle_cable_check, "[V2G-DC-453]"),
    (Phase.CABLE_CHECK, din.CableCheckReq): Row(charging.handle_cable_check, "[V2G-DC-499]"),
    (Phase.CHECKED, din.PreChargeReq): Row(charging.handle_pre_charge, "[V2G-DC-455]"),
    (Phase.PRE_CHARGE, din.PreChargeReq): Row(charging.handle_pre_charge, "[V2G-DC-458]"),
    (Phase.PRE_CHARGE, din.PowerDeliveryReq): Row(charging.handle_power_delivery, "[V2G-DC-458]"),
    (Phase.READY, din.CurrentDemandReq): Row(charging.handle_current_demand, "[V2G-DC-462]"),
    (Phase.CHARGING, din.CurrentDemandReq): Row(charging.handle_current_demand, "[V2G-DC-465]"),
    (Phase.READY, din.PowerDeliveryReq): Row(charging.handle_power_delivery, "[V2G-DC-462]"),
    (Phase.CHARGING, din.PowerDeliveryReq): Row(charging.handle_power_delivery, "[V2G-DC-465]"),
    (Phase.STOPPED, din.WeldingDetectionReq): Row(
        charging.handle_welding_detection, "[V2G-DC-459], [V2G-DC-469]"
    ),
    **{(phase, din.SessionStopReq): Row(session.handle_session_stop, "[V2G-DC-469]") for phase in STOPPABLE},
}


def row(turn: Turn, kind: type) -> Row | None:
    """Who answers a request of this class now; None where it is not allowed."""
    return DC.get((Phase(turn.talk.phase), kind))
