"""ISO 15118-20 wireless power transfer: the messages."""

from protocols.iso15118.exi.datatypes import UnsignedShort
from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.enumerations import Processing
from protocols.iso15118.iso20.simple import NumericIdType
from protocols.iso15118.iso20.types import (
    ChargeLoopReq,
    ChargeLoopRes,
    ChargeParameterDiscoveryReq,
    ChargeParameterDiscoveryRes,
    RationalNumber,
    V2gRequest,
    V2gResponse,
)
from protocols.iso15118.iso20.wpt.simple import (
    WPT,
    WptDataContainerType,
    WptEvpcChargeDiagnostics,
    WptEvResult,
    WptPowerClass,
    WptSpcChargeDiagnostics,
)
from protocols.iso15118.iso20.wpt.types import (
    AlternativeSeccList,
    WptAlignmentCheckMethodList,
    WptEvpcPowerControlParameter,
    WptFinePositioningMethodList,
    WptLfDataPackageList,
    WptLfSystemSetupData,
    WptPairingMethodList,
    WptSpcPowerControlParameter,
)


@xml_type(WPT, element="WPT_FinePositioningSetupReq")
class WptFinePositioningSetupReq(V2gRequest):
    """Which ways of positioning, pairing and alignment check the car has."""

    ev_processing: Processing = element("EVProcessing")
    ev_device_fine_positioning_method_list: WptFinePositioningMethodList = element(
        "EVDeviceFinePositioningMethodList"
    )
    ev_device_pairing_method_list: WptPairingMethodList = element("EVDevicePairingMethodList")
    ev_device_alignment_check_method_list: WptAlignmentCheckMethodList = element(
        "EVDeviceAlignmentCheckMethodList"
    )
    natural_offset: UnsignedShort
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )
    lf_system_setup_data: WptLfSystemSetupData | None = element("LF_SystemSetupData", default=None)


@xml_type(WPT, element="WPT_FinePositioningSetupRes")
class WptFinePositioningSetupRes(V2gResponse):
    """Which ways of positioning, pairing and alignment check the station has."""

    primary_device_fine_positioning_method_list: WptFinePositioningMethodList
    primary_device_pairing_method_list: WptPairingMethodList
    primary_device_alignment_check_method_list: WptAlignmentCheckMethodList
    natural_offset: UnsignedShort
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )
    lf_system_setup_data: WptLfSystemSetupData | None = element("LF_SystemSetupData", default=None)


@xml_type(WPT, element="WPT_FinePositioningReq")
class WptFinePositioningReq(V2gRequest):
    """Positioning data from the car."""

    ev_processing: Processing = element("EVProcessing")
    ev_result_code: WptEvResult = element("EVResultCode")
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )
    wpt_lf_data_package_list: WptLfDataPackageList | None = element("WPT_LF_DataPackageList", default=None)


@xml_type(WPT, element="WPT_FinePositioningRes")
class WptFinePositioningRes(V2gResponse):
    """Positioning data from the station."""

    evse_processing: Processing = element("EVSEProcessing")
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )
    wpt_lf_data_package_list: WptLfDataPackageList | None = element("WPT_LF_DataPackageList", default=None)


@xml_type(WPT, element="WPT_PairingReq")
class WptPairingReq(V2gRequest):
    """Find out which car stands on which device."""

    ev_processing: Processing = element("EVProcessing")
    observed_id_code: NumericIdType | None = element("ObservedIDCode", default=None)
    ev_result_code: WptEvResult = element("EVResultCode")
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )


@xml_type(WPT, element="WPT_PairingRes")
class WptPairingRes(V2gResponse):
    """What the station observed for pairing."""

    evse_processing: Processing = element("EVSEProcessing")
    observed_id_code: NumericIdType | None = element("ObservedIDCode", default=None)
    alternative_secc_list: AlternativeSeccList | None = element("AlternativeSECCList", default=None)
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )


@xml_type(WPT, element="WPT_ChargeParameterDiscoveryReq")
class WptChargeParameterDiscoveryReq(ChargeParameterDiscoveryReq):
    """What the car can receive wirelessly."""

    evpc_max_receivable_power: RationalNumber = element("EVPCMaxReceivablePower", unit="W")
    sd_max_ground_clearence: UnsignedShort = element("SDMaxGroundClearence")
    sd_min_ground_clearence: UnsignedShort = element("SDMinGroundClearence")
    evpc_natural_frequency: RationalNumber = element("EVPCNaturalFrequency", unit="Hz")
    evpc_device_local_control: bool = element("EVPCDeviceLocalControl")
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )


@xml_type(WPT, element="WPT_ChargeParameterDiscoveryRes")
class WptChargeParameterDiscoveryRes(ChargeParameterDiscoveryRes):
    """What the station can send wirelessly."""

    pd_input_power_class: WptPowerClass = element("PDInputPowerClass")
    sd_min_output_power: RationalNumber = element("SDMinOutputPower", unit="W")
    sd_max_output_power: RationalNumber = element("SDMaxOutputPower", unit="W")
    sd_max_ground_clearance_support: UnsignedShort = element("SDMaxGroundClearanceSupport")
    sd_min_ground_clearance_support: UnsignedShort = element("SDMinGroundClearanceSupport")
    pd_min_coil_current: RationalNumber = element("PDMinCoilCurrent", unit="A")
    pd_max_coil_current: RationalNumber = element("PDMaxCoilCurrent", unit="A")
    sd_manufacturer_specific_data_container: tuple[WptDataContainerType, ...] = element(
        "SDManufacturerSpecificDataContainer", min_occurs=0, max_occurs=16, default=()
    )


@xml_type(WPT, element="WPT_AlignmentCheckReq")
class WptAlignmentCheckReq(V2gRequest):
    """Check that the car stands right."""

    ev_processing: Processing = element("EVProcessing")
    target_coil_current: RationalNumber | None = element(unit="A", default=None)
    ev_result_code: WptEvResult = element("EVResultCode")
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )


@xml_type(WPT, element="WPT_AlignmentCheckRes")
class WptAlignmentCheckRes(V2gResponse):
    """What the station measured for the alignment check."""

    evse_processing: Processing = element("EVSEProcessing")
    power_transmitted: RationalNumber | None = element(unit="W", default=None)
    supply_device_current: RationalNumber | None = element(unit="A", default=None)
    vendor_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )


@xml_type(WPT, element="WPT_ChargeLoopReq")
class WptChargeLoopReq(ChargeLoopReq):
    """Wireless charging loop: the power the car wants and gets."""

    evpc_power_request: RationalNumber = element("EVPCPowerRequest", unit="W")
    evpc_power_output: RationalNumber = element("EVPCPowerOutput", unit="W")
    evpc_charge_diagnostics: WptEvpcChargeDiagnostics = element("EVPCChargeDiagnostics")
    evpc_operating_frequency: RationalNumber | None = element(
        "EVPCOperatingFrequency", unit="Hz", default=None
    )
    evpc_power_control_parameter: WptEvpcPowerControlParameter | None = element(
        "EVPCPowerControlParameter", default=None
    )
    manufacturer_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )


@xml_type(WPT, element="WPT_ChargeLoopRes")
class WptChargeLoopRes(ChargeLoopRes):
    """Wireless charging loop: the power the station sends, and its limits."""

    evpc_power_request: RationalNumber = element("EVPCPowerRequest", unit="W")
    sd_power_input: RationalNumber | None = element("SDPowerInput", unit="W", default=None)
    spc_max_output_power_limit: RationalNumber = element("SPCMaxOutputPowerLimit", unit="W")
    spc_min_output_power_limit: RationalNumber = element("SPCMinOutputPowerLimit", unit="W")
    spc_charge_diagnostics: WptSpcChargeDiagnostics = element("SPCChargeDiagnostics")
    spc_operating_frequency: RationalNumber | None = element("SPCOperatingFrequency", unit="Hz", default=None)
    spc_power_control_parameter: WptSpcPowerControlParameter | None = element(
        "SPCPowerControlParameter", default=None
    )
    manufacturer_specific_data_container: tuple[WptDataContainerType, ...] = element(
        min_occurs=0, max_occurs=16, default=()
    )
