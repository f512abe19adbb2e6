"""The car at an EVSE as a component of the device model: there while it is plugged in (ConnectedEV). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.device_model.characteristics import Characteristics, DataType
from actors.ocpp.device_model.component import actual, component
from actors.ocpp.device_model.names import ComponentName, VariableName

if TYPE_CHECKING:
    from actors.ocpp.device_model.component import Component

PROTOCOLS: Final = 20
"""So many protocols a car may offer (supportedAppProtocolReq)."""
CERTIFICATES: Final = ("Leaf", "SubCA1", "SubCA2", "Root")

_VARIABLES: Final = (
    (VariableName("Available"), DataType.BOOLEAN, None),
    (VariableName("ProtocolAgreed"), DataType.STRING, None),
    *(
        (VariableName("ProtocolSupportedByEV", str(n)), DataType.STRING, None)
        for n in range(1, PROTOCOLS + 1)
    ),
    (VariableName("VehicleId"), DataType.STRING, None),
    *((VariableName("VehicleCertificate", each), DataType.STRING, None) for each in CERTIFICATES),
    (VariableName("BatteryCapacity"), DataType.DECIMAL, "Wh"),
    (VariableName("DepartureTime"), DataType.DATE_TIME, None),
    (VariableName("RemainingTimeBulk"), DataType.INTEGER, "s"),
    (VariableName("RemainingTimeFull"), DataType.INTEGER, "s"),
    (VariableName("StateOfCharge"), DataType.INTEGER, "%"),
    (VariableName("StateOfChargeBulk"), DataType.INTEGER, "%"),
    (VariableName("ChargingCompleteBulk"), DataType.BOOLEAN, None),
    (VariableName("ChargingCompleteFull"), DataType.BOOLEAN, None),
)


def connected_ev(evse_id: int) -> Component:
    """The component for `DeviceModel.add`. All values come from the car, and none is kept."""
    return component(
        ComponentName("ConnectedEV", evse_id=evse_id),
        (
            actual(
                name,
                Characteristics(data_type=kind, unit=unit, supports_monitoring=True),
                value="true" if name == VariableName("Available") else None,
            )
            for name, kind, unit in _VARIABLES
        ),
        file="run time",
    )
