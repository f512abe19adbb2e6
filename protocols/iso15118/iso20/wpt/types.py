"""ISO 15118-20 wireless power transfer: the types of its messages."""

from protocols.iso15118.exi.datatypes import Short, UnsignedByte, UnsignedShort
from protocols.iso15118.exi.declaration import element, xml_type
from protocols.iso15118.iso20.simple import IdentifierType, NumericIdType
from protocols.iso15118.iso20.types import RationalNumber
from protocols.iso15118.iso20.wpt.simple import (
    WPT,
    BssidType,
    IpaddressType,
    WptAlignmentCheckMethod,
    WptFinePositioningMethod,
    WptPairingMethod,
)


@xml_type(WPT)
class WptFinePositioningMethodList:
    """The list of wpt fine positioning method entries."""

    wpt_fine_positioning_method: tuple[WptFinePositioningMethod, ...] = element(
        "WPT_FinePositioningMethod", max_occurs=8
    )


@xml_type(WPT)
class WptPairingMethodList:
    """The list of wpt pairing method entries."""

    wpt_pairing_method: tuple[WptPairingMethod, ...] = element("WPT_PairingMethod", max_occurs=8)


@xml_type(WPT)
class WptAlignmentCheckMethodList:
    """The list of wpt alignment check method entries."""

    wpt_alignment_check_method: tuple[WptAlignmentCheckMethod, ...] = element(
        "WPT_AlignmentCheckMethod", max_occurs=8
    )


@xml_type(WPT)
class WptCoordinateXyz:
    """A wpt coordinate xyz."""

    coord_x: Short = element("Coord_X")
    coord_y: Short = element("Coord_Y")
    coord_z: Short = element("Coord_Z")


@xml_type(WPT)
class WptTxRxSpecData:
    """A wpt tx rx spec data."""

    tx_rx_identifier: NumericIdType
    tx_rx_position: WptCoordinateXyz
    tx_rx_orientation: WptCoordinateXyz


@xml_type(WPT)
class WptTxRxPulseOrder:
    """A wpt tx rx pulse order."""

    index_number: UnsignedShort
    tx_rx_identifier: NumericIdType


@xml_type(WPT)
class WptTxRxPackageSpecData:
    """A wpt tx rx package spec data."""

    pulse_sequence_order: tuple[WptTxRxPulseOrder, ...] = element(min_occurs=2, max_occurs=255)
    pulse_separation_time: UnsignedShort
    pulse_duration: UnsignedShort
    package_separation_time: UnsignedShort


@xml_type(WPT)
class WptLfTransmitterData:
    """A wpt lf transmitter data."""

    number_of_transmitters: UnsignedByte
    signal_frequency: RationalNumber = element(unit="Hz")
    tx_spec_data: tuple[WptTxRxSpecData, ...] = element(min_occurs=2, max_occurs=255)
    tx_package_spec_data: WptTxRxPackageSpecData | None = None


@xml_type(WPT)
class WptLfReceiverData:
    """A wpt lf receiver data."""

    number_of_receivers: UnsignedByte
    rx_spec_data: tuple[WptTxRxSpecData, ...] = element(min_occurs=2, max_occurs=255)


@xml_type(WPT)
class WptLfSystemSetupData:
    """A wpt lf system setup data."""

    lf_transmitter_setup_data: WptLfTransmitterData | None = element(
        "LF_TransmitterSetupData", choice="setup_data", default=None
    )
    lf_receiver_setup_data: WptLfReceiverData | None = element(
        "LF_ReceiverSetupData", choice="setup_data", default=None
    )


@xml_type(WPT)
class WptLfTxData:
    """A wpt lf tx data."""

    tx_identifier: NumericIdType
    eirp: RationalNumber = element("EIRP")


@xml_type(WPT)
class WptLfTxDataList:
    """The list of wpt lf tx data entries."""

    wpt_lf_tx_data_list: WptLfTxData = element("WPT_LF_TxDataList")


@xml_type(WPT)
class WptLfRxRssi:
    """A wpt lf rx rssi."""

    tx_identifier: NumericIdType
    rssi: RationalNumber = element("RSSI")


@xml_type(WPT)
class WptLfRxRssiList:
    """The list of wpt lf rx rssi entries."""

    rssi_data_list: WptLfRxRssi = element("RSSIDataList")


@xml_type(WPT)
class WptLfRxData:
    """A wpt lf rx data."""

    rx_identifier: NumericIdType
    rssi_data: WptLfRxRssiList = element("RSSIData")


@xml_type(WPT)
class WptLfRxDataList:
    """The list of wpt lf rx data entries."""

    wpt_lf_rx_data_list: WptLfRxData = element("WPT_LF_RxDataList")


@xml_type(WPT)
class WptLfDataPackage:
    """A wpt lf data package."""

    package_index: UnsignedByte
    lf_tx_data: WptLfTxDataList | None = element("LF_TxData", choice="data", default=None)
    lf_rx_data: WptLfRxDataList | None = element("LF_RxData", choice="data", default=None)


@xml_type(WPT)
class WptLfDataPackageList:
    """The list of wpt lf data package entries."""

    num_packages: UnsignedByte
    wpt_lf_data_package: WptLfDataPackage = element("WPT_LF_DataPackage")


@xml_type(WPT)
class AlternativeSecc:
    """An alternative secc."""

    ssid: IdentifierType | None = element("SSID", default=None)
    bssid: BssidType | None = element("BSSID", default=None)
    ip_address: IpaddressType | None = element("IPAddress", default=None)
    port: UnsignedShort | None = None


@xml_type(WPT)
class AlternativeSeccList:
    """The list of alternative secc entries."""

    alternative_secc: tuple[AlternativeSecc, ...] = element("AlternativeSECC", max_occurs=8)


@xml_type(WPT)
class WptEvpcPowerControlParameter:
    """A wpt evpc power control parameter."""

    evpc_coil_current_request: RationalNumber = element("EVPCCoilCurrentRequest", unit="A")
    evpc_coil_current_information: RationalNumber = element("EVPCCoilCurrentInformation", unit="A")
    evpc_current_output_information: RationalNumber = element("EVPCCurrentOutputInformation", unit="A")
    evpc_voltage_output_information: RationalNumber = element("EVPCVoltageOutputInformation", unit="V")


@xml_type(WPT)
class WptSpcPowerControlParameter:
    """A wpt spc power control parameter."""

    spc_primary_device_coil_current_information: RationalNumber = element(
        "SPCPrimaryDeviceCoilCurrentInformation", unit="A"
    )
