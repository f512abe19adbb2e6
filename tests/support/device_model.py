"""Small device models for tests, and a storage in memory that keeps the contract."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.device_model.component_file import read_component
from actors.ocpp.device_model.directory import load_directory
from actors.ocpp.device_model.model import DeviceModel
from actors.ocpp.device_model.names import AttributeName, ComponentName, VariableName
from actors.ocpp.device_model.storage import Kept
from protocols.types.ocpp import AttributeEnum

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from actors.ocpp.device_model.characteristics import Refusal
    from actors.ocpp.device_model.component import Component
    from actors.ocpp.device_model.storage import StoredValue

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = ROOT / "deploy" / "component_config"
EVEREST: Final = ROOT / "tests" / "vectors" / "component_config"


class MemoryStorage:
    """Keeps values as long as the test has it; refuses all with `refusal`, and counts what it was asked."""

    def __init__(self, values: Mapping[AttributeName, StoredValue] | None = None) -> None:
        self.values = dict(values or {})
        self.refusal: Refusal | None = None
        self.kept = Kept.NOW
        self.asked: list[str] = []

    def load(self) -> Mapping[AttributeName, StoredValue]:
        self.asked.append("load")
        return self.values

    def write(self, name: AttributeName, stored: StoredValue) -> Kept | Refusal:
        self.asked.append(str(name))
        if self.refusal is not None:
            return self.refusal
        self.values[name] = stored
        return self.kept

    def forget(self, names: Collection[AttributeName]) -> None:
        for name in list(names):
            self.values.pop(name, None)


def prop(variable: str, data_type: str = "string", **more: Any) -> dict[str, Any]:
    """One property of a component file; `mutability`, `value`, `attributes` and what else a test needs."""
    attribute = {
        key: more.pop(key) for key in ("mutability", "value", "persistent", "constant") if key in more
    }
    made = {
        "variable_name": variable,
        "characteristics": {"dataType": data_type, "supportsMonitoring": True, **more.pop("limits", {})},
        "attributes": more.pop("attributes", [{"type": "Actual", **attribute}]),
    }
    return made | more


def document(*properties: dict[str, Any], name: str = "Thing", **more: Any) -> dict[str, Any]:
    """A component file of these properties."""
    keyed = {f"property {number}": each for number, each in enumerate(properties, 1)}
    return {"name": name, "properties": keyed, **more}


def component(*properties: dict[str, Any], name: str = "Thing", **more: Any) -> Component:
    """The component that such a file declares."""
    problems: list[Any] = []
    made = read_component(
        json.dumps(document(*properties, name=name, **more)).encode(), f"{name}.json", problems
    )
    assert made is not None, problems
    return made


def problems_of(text: str | bytes | dict[str, Any]) -> list[str]:
    """What is said about a file, without its advice."""
    problems: list[Any] = []
    data = json.dumps(text) if isinstance(text, dict) else text
    read_component(data if isinstance(data, bytes) else data.encode(), "f", problems)
    return [f"{one.place}: {one.text}" for one in problems]


def model(*components: Component, storage: Any = None) -> DeviceModel:
    """A device model of these components."""
    return DeviceModel(components, storage or MemoryStorage())


@cache
def shipped_components() -> tuple[Component, ...]:
    """The components that come with evsite, read once: they cannot be changed."""
    return load_directory(SHIPPED)


def shipped(storage: Any = None) -> DeviceModel:
    """The one that comes with evsite."""
    return DeviceModel(shipped_components(), storage or MemoryStorage())


def name(
    variable: str,
    component: str = "Thing",
    kind: AttributeEnum = AttributeEnum.ACTUAL,
    *,
    instance: str | None = None,
    evse_id: int | None = None,
    connector_id: int | None = None,
) -> AttributeName:
    """An attribute by the names of its component and variable."""
    where = ComponentName(component, None, evse_id, connector_id)
    return AttributeName(where, VariableName(variable, instance), kind)
