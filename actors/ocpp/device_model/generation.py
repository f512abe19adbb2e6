"""The files of `custom/` for a site of any number of EVSEs and connectors (row S5.10). Pure.

What a new EVSE or connector is made of stands here once; deploy/component_config/custom holds what this makes
for two EVSEs with one connector each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.device_model.names import ComponentName
from actors.ocpp.device_model.numbering import file_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA: Final = "http://json-schema.org/draft-07/schema#"
AVAILABILITY: Final = "Available,Occupied,Reserved,Unavailable,Faulted"
CHARGING_STATES: Final = "Charging,EVConnected,SuspendedEV,SuspendedEVSE,Idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One connector to be described."""

    type: str = "cType2"
    """OCPP's ConnectorEnumType, for example cCCS2."""
    supply_phases: int = 3
    """0 of a DC connector whose supply is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evse:
    """One EVSE to be described."""

    max_power_w: int = 22_000
    supply_phases: int = 3
    connectors: tuple[Outlet, ...] = (Outlet(),)


def component_files(evses: Sequence[Evse]) -> Mapping[str, str]:
    """The text of every file by its name, EVSE 1 first."""
    files = {}
    for evse_id, evse in enumerate(evses, 1):
        name = ComponentName("EVSE", evse_id=evse_id)
        files[file_name(name)] = _text(name, _evse(evse))
        for connector_id, outlet in enumerate(evse.connectors, 1):
            name = ComponentName("Connector", evse_id=evse_id, connector_id=connector_id)
            files[file_name(name)] = _text(name, _connector(outlet))
    return files


def _evse(evse: Evse) -> dict[str, Any]:
    return {
        "AvailabilityState": _state("Unavailable", AVAILABILITY),
        "Available": _variable("boolean", value=True, constant=True),
        "AllowReset": _variable("boolean", value=True),
        "Power": {
            "characteristics": {
                "dataType": "decimal",
                "unit": "W",
                "minLimit": 0,
                "maxLimit": evse.max_power_w,
                "supportsMonitoring": True,
            },
            "attributes": [
                {"type": "Actual", "mutability": "ReadOnly", "value": 0, "persistent": False},
                {"type": "MaxSet", "mutability": "ReadOnly", "value": evse.max_power_w},
            ],
        },
        "SupplyPhases": _variable("integer", value=evse.supply_phases),
        "EvseId": _variable("string"),
        "ISO15118EvseId": {
            "characteristics": _kind("string", minLimit=7, maxLimit=37),
            "attributes": [{"type": "Actual", "mutability": "ReadWrite"}],
            "source": "SITE",
        },
        "DCInputPhaseControl": _variable("boolean", value=False),
        "Problem": _variable("boolean", value=False, persistent=False),
        "ChargingState": _state("Idle", CHARGING_STATES),
        "ActiveTransactionId": _variable("string", value="", persistent=False),
    }


def _connector(outlet: Outlet) -> dict[str, Any]:
    return {
        "AvailabilityState": _state("Unavailable", AVAILABILITY),
        "Available": _variable("boolean", value=True, constant=True),
        "ConnectorType": _variable("string", value=outlet.type),
        "SupplyPhases": _variable("integer", value=outlet.supply_phases),
        "ChargeProtocol": _variable("string", value="Undetermined", persistent=False),
        "Problem": _variable("boolean", value=False, persistent=False),
    }


REQUIRED: Final = ("AvailabilityState", "Available", "ConnectorType", "Power", "SupplyPhases")


def _text(name: ComponentName, properties: dict[str, Any]) -> str:
    top: dict[str, Any] = {"$schema": SCHEMA, "name": name.name, "evse_id": name.evse_id}
    if name.connector_id is not None:
        top["connector_id"] = name.connector_id
    top["type"] = "object"
    top["properties"] = {key: {"variable_name": key, **value} for key, value in properties.items()}
    top["required"] = [key for key in properties if key in REQUIRED]
    return json.dumps(top, indent=2) + "\n"


def _kind(data_type: str, **more: Any) -> dict[str, Any]:
    return {"dataType": data_type, **more, "supportsMonitoring": True}


def _variable(data_type: str, **attribute: Any) -> dict[str, Any]:
    """A variable that the CSMS can only read."""
    return {
        "characteristics": _kind(data_type),
        "attributes": [{"type": "Actual", "mutability": "ReadOnly", **attribute}],
    }


def _state(value: str, values: str) -> dict[str, Any]:
    """A state that is found out anew after every start."""
    attribute = {"type": "Actual", "mutability": "ReadOnly", "value": value, "persistent": False}
    return {"characteristics": _kind("OptionList", valuesList=values), "attributes": [attribute]}
