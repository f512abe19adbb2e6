"""Which request is allowed in which phase, who answers it, and which requirement says so. Pure data.

Two tables, one per energy mode; what stands in neither is FAILED_SequenceError [V2G2-459]. A requirement id
names the response after which the request may come (ISO 15118-2 8.8.4.2 and 8.8.4.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc.conversation import Row
from actors.v2g.secc.iso2 import ac, dc, identification, parameters, power, services, session
from actors.v2g.secc.iso2.kept import is_dc
from actors.v2g.secc.iso2.phase import Phase
from protocols.iso15118 import iso2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.conversation import Cause
    from actors.v2g.secc.iso2.answers import Answer
    from actors.v2g.secc.turn import Turn


Table = dict[tuple[Phase, type[iso2.BodyElement]], Row]

_STOP: Final = Row(session.handle_session_stop, "[V2G2-570]")
_DETAILS: Final = Row(identification.handle_payment_details, "[V2G2-551]")
_PARAMETERS: Final = parameters.handle_charge_parameter_discovery
_POWER: Final = power.handle_power_delivery
_RECEIPT: Final = Row(ac.handle_metering_receipt, "[V2G2-577], [V2G2-795]", whole=True)

COMMON: Final[Table] = {
    (Phase.SETUP, iso2.SessionSetupReq): Row(session.handle_session_setup, "[V2G2-541]", whole=True),
    (Phase.DISCOVERY, iso2.ServiceDiscoveryReq): Row(services.handle_service_discovery, "[V2G2-543]"),
    (Phase.SERVICES, iso2.ServiceDetailReq): Row(services.handle_service_detail, "[V2G2-545], [V2G2-548]"),
    (Phase.SERVICES, iso2.PaymentServiceSelectionReq): Row(
        services.handle_payment_service_selection, "[V2G2-545], [V2G2-548]"
    ),
    (Phase.CERTIFICATE, iso2.CertificateInstallationReq): Row(
        identification.handle_certificate_installation, "[V2G2-551]"
    ),
    (Phase.CERTIFICATE, iso2.CertificateUpdateReq): Row(
        identification.handle_certificate_update, "[V2G2-551]"
    ),
    (Phase.CERTIFICATE, iso2.PaymentDetailsReq): _DETAILS,
    (Phase.CONTRACT, iso2.PaymentDetailsReq): _DETAILS._replace(source="[V2G2-551], [V2G2-554], [V2G2-557]"),
    (Phase.AUTHORIZATION, iso2.AuthorizationReq): Row(
        identification.handle_authorization, "[V2G2-551], [V2G2-560], [V2G2-563]", whole=True
    ),
    (Phase.PARAMETERS, iso2.ChargeParameterDiscoveryReq): Row(
        _PARAMETERS, "[V2G2-563], [V2G2-688], [V2G2-813]"
    ),
    **{(phase, iso2.SessionStopReq): _STOP for phase in Phase if phase not in (Phase.SETUP, Phase.ENDED)},
}
"""Before the car has chosen a mode, and after."""

AC: Final[Table] = {
    **COMMON,
    (Phase.OFFERED, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-573]"),
    (Phase.CHARGING, iso2.ChargingStatusReq): Row(ac.handle_charging_status, "[V2G2-576], [V2G2-575]"),
    (Phase.CHARGING, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-576], [V2G2-575]"),
    (Phase.RECEIPT, iso2.MeteringReceiptReq): _RECEIPT,
    (Phase.RECEIPT, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-577]"),
    (Phase.RECEIPTED, iso2.ChargingStatusReq): Row(ac.handle_charging_status, "[V2G2-580]"),
    (Phase.RECEIPTED, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-580]"),
    (Phase.RECEIPTED, iso2.ChargeParameterDiscoveryReq): Row(_PARAMETERS, "[V2G2-797]"),
    (Phase.STOPPED, iso2.ChargeParameterDiscoveryReq): Row(_PARAMETERS, "[V2G2-568]"),
}

DC: Final[Table] = {
    **COMMON,
    (Phase.OFFERED, iso2.CableCheckReq): Row(dc.handle_cable_check, "[V2G2-582]"),
    (Phase.OFFERED, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-813]: live, so without cable check"),
    (Phase.CABLE_CHECK, iso2.CableCheckReq): Row(dc.handle_cable_check, "[V2G2-621]"),
    (Phase.CHECKED, iso2.PreChargeReq): Row(dc.handle_pre_charge, "[V2G2-584]"),
    (Phase.PRE_CHARGE, iso2.PreChargeReq): Row(dc.handle_pre_charge, "[V2G2-587]"),
    (Phase.PRE_CHARGE, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-587]"),
    (Phase.CHARGING, iso2.CurrentDemandReq): Row(dc.handle_current_demand, "[V2G2-590], [V2G2-593]"),
    (Phase.CHARGING, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-590], [V2G2-593]"),
    (Phase.RECEIPT, iso2.MeteringReceiptReq): _RECEIPT,
    (Phase.RECEIPT, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-795]"),
    (Phase.RECEIPTED, iso2.CurrentDemandReq): Row(dc.handle_current_demand, "[V2G2-797]"),
    (Phase.RECEIPTED, iso2.PowerDeliveryReq): Row(_POWER, "[V2G2-797]"),
    (Phase.RECEIPTED, iso2.ChargeParameterDiscoveryReq): Row(_PARAMETERS, "[V2G2-797]"),
    (Phase.STOPPED, iso2.WeldingDetectionReq): Row(dc.handle_welding_detection, "[V2G2-601]"),
    (Phase.STOPPED, iso2.ChargeParameterDiscoveryReq): Row(_PARAMETERS, "[V2G2-601]"),
    (Phase.WELDING, iso2.WeldingDetectionReq): Row(dc.handle_welding_detection, "[V2G2-597]"),
}

RESUMES: Final[Mapping[type[iso2.BodyElement], Callable[[Any, Turn, Cause], Answer]]] = {
    iso2.ServiceDetailReq: services.resume_service_detail,
    iso2.PaymentDetailsReq: identification.resume_payment_details,
    iso2.CertificateInstallationReq: identification.resume_certificate,
    iso2.CertificateUpdateReq: identification.resume_certificate,
    iso2.PowerDeliveryReq: power.resume_power_delivery,
}
"""How a request that was held goes on when something has happened."""


def row(turn: Turn, kind: type[iso2.BodyElement]) -> Row | None:
    """Who answers a request of this class now; None where it is not allowed."""
    table = COMMON if turn.talk.energy_mode is None else DC if is_dc(turn) else AC
    return table.get((Phase(turn.talk.phase), kind))
