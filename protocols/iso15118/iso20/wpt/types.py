"""ISO 15118-20 wireless power transfer: the types of its messages."""

from protocols.iso15118.exi.datatypes import Short, UnsignedByte, UnsignedShort
from protocols.iso15118.exi.declare import element, xml_type
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
    """The ways of fine positioning that a side supports."""

    wpt_fine_positioning_method: tuple[WptFinePositioningMethod, ...] = element(
        "WPT_FinePositioningMethod", max_occurs=8
    )


@xml_type(WPT)
class WptPairingMethodList:
    """The ways of pairing that a side supports."""

    wpt_pairing_method: tuple[WptPairingMethod, ...] = element("WPT_PairingMethod", max_occurs=8)


@xml_type(WPT)
class WptAlignmentCheckMethodList:
    """The ways to check alignment that a side supports."""

    wpt_alignment_check_method: tuple[WptAlignmentCheckMethod, ...] = element(
        "WPT_AlignmentCheckMethod", max_occurs=8
    )


@xml_type(WPT)
class WptCoordinateXyz:
    """A point or direction in space."""

    coord_x: Short = element("Coord_X")
    coord_y: Short = element("Coord_Y")
    coord_z: Short = element("Coord_Z")


@xml_type(WPT)
class WptTxRxSpecData:
    """Where a transmitter or receiver sits and how it is turned."""

    tx_rx_identifier: NumericIdType
    tx_rx_position: WptCoordinateXyz
    tx_rx_orientation: WptCoordinateXyz


@xml_type(WPT)
class WptTxRxPulseOrder:
    """When in the sequence a transmitter sends."""

    index_number: UnsignedShort
    tx_rx_identifier: NumericIdType


@xml_type(WPT)
class WptTxRxPackageSpecData:
    """The order and timing of the pulses."""

    pulse_sequence_order: tuple[WptTxRxPulseOrder, ...] = element(min_occurs=2, max_occurs=255)
    pulse_separation_time: UnsignedShort
    pulse_duration: UnsignedShort
    package_separation_time: UnsignedShort


@xml_type(WPT)
class WptLfTransmitterData:
    """The transmitters of a side."""

    number_of_transmitters: UnsignedByte
    signal_frequency: RationalNumber = element(unit="Hz")
    tx_spec_data: tuple[WptTxRxSpecData, ...] = element(min_occurs=2, max_occurs=255)
    tx_package_spec_data: WptTxRxPackageSpecData | None = None


@xml_type(WPT)
class WptLfReceiverData:
    """The receivers of a side."""

    number_of_receivers: UnsignedByte
    rx_spec_data: tuple[WptTxRxSpecData, ...] = element(min_occurs=2, max_occurs=255)


@xml_type(WPT)
class WptLfSystemSetupData:
    """The low-frequency system of a side: transmitters or receivers."""

    lf_transmitter_setup_data: WptLfTransmitterData | None = element(
        "LF_TransmitterSetupData", choice="setup_data", default=None
    )
    lf_receiver_setup_data: WptLfReceiverData | None = element(
        "LF_ReceiverSetupData", choice="setup_data", default=None
    )


@xml_type(WPT)
class WptLfTxData:
    """The radiated power of a transmitter."""

    tx_identifier: NumericIdType
    eirp: RationalNumber = element("EIRP")


@xml_type(WPT)
class WptLfTxDataList:
    """Wraps the data of a low-frequency transmitter."""

    wpt_lf_tx_data_list: WptLfTxData = element("WPT_LF_TxDataList")


@xml_type(WPT)
class WptLfRxRssi:
    """How strong a transmitter was received."""

    tx_identifier: NumericIdType
    rssi: RationalNumber = element("RSSI")


@xml_type(WPT)
class WptLfRxRssiList:
    """Wraps a signal strength reading."""

    rssi_data_list: WptLfRxRssi = element("RSSIDataList")


@xml_type(WPT)
class WptLfRxData:
    """What a receiver received."""

    rx_identifier: NumericIdType
    rssi_data: WptLfRxRssiList = element("RSSIData")


@xml_type(WPT)
class WptLfRxDataList:
    """Wraps the data of a low-frequency receiver."""

    wpt_lf_rx_data_list: WptLfRxData = element("WPT_LF_RxDataList")


@xml_type(WPT)
class WptLfDataPackage:
    """What one side sent or received."""

    package_index: UnsignedByte
    lf_tx_data: WptLfTxDataList | None = element("LF_TxData", choice="data", default=None)
    lf_rx_data: WptLfRxDataList | None = element("LF_RxData", choice="data", default=None)


@xml_type(WPT)
class WptLfDataPackageList:
    """Data packages of fine positioning by low frequency."""

    num_packages: UnsignedByte
    wpt_lf_data_package: WptLfDataPackage = element("WPT_LF_DataPackage")


@xml_type(WPT)
class AlternativeSecc:
    """How another station can be reached."""

    ssid: IdentifierType | None = element("SSID", default=None)
    bssid: BssidType | None = element("BSSID", default=None)
    ip_address: IpaddressType | None = element("IPAddress", default=None)
    port: UnsignedShort | None = None


@xml_type(WPT)
class AlternativeSeccList:
    """Other stations that may be the one the car stands at."""

    alternative_secc: tuple[AlternativeSecc, ...] = element("AlternativeSECC", max_occurs=8)


@xml_type(WPT)
class WptEvpcPowerControlParameter:
    """Coil current and output on the side of the car."""

    evpc_coil_current_request: RationalNumber = element("EVPCCoilCurrentRequest", unit="A")
    evpc_coil_current_information: RationalNumber = element("EVPCCoilCurrentInformation", unit="A")
    evpc_current_output_information: RationalNumber = element("EVPCCurrentOutputInformation", unit="A")
    evpc_voltage_output_information: RationalNumber = element("EVPCVoltageOutputInformation", unit="V")


@xml_type(WPT)
class WptSpcPowerControlParameter:
    """Coil current on the supply side."""

    spc_primary_device_coil_current_information: RationalNumber = element(
        "SPCPrimaryDeviceCoilCurrentInformation", unit="A"
    )
