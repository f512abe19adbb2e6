"""ISO 15118-20 automatic connection device: the types of its messages."""

from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.acdp.simple import ACDP, CpStatus, ErrorCode
from protocols.iso15118.iso20.simple import PercentValueType
from protocols.iso15118.iso20.types import RationalNumber


@xml_type(ACDP)
class EvTechnicalStatus:
    """The state of the car."""

    ev_ready_to_charge: bool = element("EVReadyToCharge")
    ev_immobilization_request: bool = element("EVImmobilizationRequest")
    ev_immobilized: bool | None = element("EVImmobilized", default=None)
    ev_wlan_strength: RationalNumber | None = element("EVWLANStrength", default=None)
    ev_cp_status: CpStatus | None = element("EVCPStatus", default=None)
    ev_soc_percent: PercentValueType | None = element("EVSOC", default=None)
    ev_error_code: ErrorCode | None = element("EVErrorCode", default=None)
    ev_timeout: bool | None = element("EVTimeout", default=None)
