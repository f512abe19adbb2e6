"""The JSON Schema of a site file, for editors; made from the catalog.

The schema knows each module by itself: keys, types, ranges, choices, requirements. What takes the whole site
(whether a connection leads anywhere, EVSE numbers, Plug & Charge) only `evsite check` can say. Whatever the
checker accepts, the schema accepts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.catalog import CATALOG
from actors.catalog.evse import MAX_EVSES
from actors.config.shape import (
    ACCESS_SWITCHES,
    IDENTIFIER,
    MODULE_ACCESS_SWITCHES,
    SETTINGS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.catalog import Manifest
    from actors.catalog.manifest import Parameter, Requirement

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""The draft that editors' YAML support reads best."""

NAMES: Final = {"pattern": f"^{IDENTIFIER.pattern}$"}
TYPES: Final = {bool: "boolean", int: "integer", str: "string"}


def site_schema() -> dict[str, Any]:
    """The schema, as JSON-ready data."""
    return {
        "$schema": DIALECT,
        "title": "evsite site file",
        "description": "The modules of a charging site, their parameters and their connections.",
        **_closed(
            {
                "active_modules": {
                    "description": "The modules of the site, each under an id of its own.",
                    "minProperties": 1,
                    **_map_of({"$ref": "#/definitions/module"}),
                },
                "settings": {
                    "description": "Settings of EVerest's framework; without effect here.",
                    **_closed({name: {"type": TYPES[kind]} for name, kind in SETTINGS.items()}),
                },
                "x-module-layout": {"description": "For graphical editors; anything."},
            },
            required=["active_modules"],
        ),
        "definitions": {
            "module": _module(),
            "wires": _wires(),
            "tier": _tier(),
            "access": _access(),
            **{f"config:{name}": _config(manifest) for name, manifest in CATALOG.items()},
        },
    }


def _closed(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    """An object with these keys and no others."""
    closed = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return closed | ({"required": names} if (names := list(required)) else {})


def _map_of(values: dict[str, Any]) -> dict[str, Any]:
    """An object with free names."""
    return {"type": "object", "propertyNames": NAMES, "additionalProperties": values}


def _module() -> dict[str, Any]:
    keys = {
        "module": {
            "description": "What this module is.",
            "enum": [name for manifest in CATALOG.values() for name in manifest.names],
        },
        "config_module": {"description": "Parameters of the module.", "type": "object"},
        "config_implementation": {"description": "Parameters per implementation.", "type": "object"},
        "connections": {"description": "What each requirement is connected to.", "type": "object"},
        "mapping": {
            "description": "The EVSE and connector it belongs to; without one, the whole station.",
            **_closed(
                {
                    "module": {"$ref": "#/definitions/tier"},
                    "implementations": _map_of({"$ref": "#/definitions/tier"}),
                }
            ),
        },
        "access": {"$ref": "#/definitions/access"},
        "telemetry": _closed({"id": {"type": "integer"}}),
        "capabilities": {
            "description": "Linux capabilities it needs.",
            "type": "array",
            "items": {"type": "string"},
        },
        "standalone": {"description": "Started by somebody else.", "type": "boolean"},
    }
    kinds = [
        {
            "if": {"properties": {"module": {"enum": list(manifest.names)}}, "required": ["module"]},
            "then": {"$ref": f"#/definitions/config:{name}"},
        }
        for name, manifest in CATALOG.items()
    ]
    return {**_closed(keys, required=["module"]), "allOf": kinds}


def _config(manifest: Manifest) -> dict[str, Any]:
    """What the entry of one kind of module may hold; applies beside the general form."""
    properties: dict[str, Any] = {"config_module": _parameters(manifest.parameters)}
    properties["config_implementation"] = _closed(
        {name: _parameters(provision.parameters) for name, provision in manifest.provides.items()}
    )
    needed = [name for name, one in manifest.requires.items() if one.minimum]
    properties["connections"] = _closed(
        {name: _requirement(one) for name, one in manifest.requires.items()}, required=needed
    )
    sections = ["config_module"] if "required" in properties["config_module"] else []
    sections += ["connections"] if needed else []
    config: dict[str, Any] = {"description": manifest.meaning, "properties": properties}
    return config | ({"required": sections} if sections else {})


def _parameters(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for name, parameter in parameters.items():
        keys[name] = _parameter(parameter)
        for old in parameter.old_names:
            keys[old] = {**keys[name], "deprecated": True, "description": f"Old name of {name}."}
    return _closed(keys, required=(one.name for one in parameters.values() if one.required))


def _parameter(parameter: Parameter) -> dict[str, Any]:
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    found: dict[str, Any] = {
        "description": f"{parameter.meaning}{unit}",
        "type": parameter.kind.value,
        "default": parameter.default,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "minLength": parameter.min_length or None,
    }
    if parameter.choices:
        found["examples" if parameter.lenient else "enum"] = list(parameter.choices)
    if parameter.secret:
        found["writeOnly"] = True
    return {key: value for key, value in found.items() if value is not None}


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "description": f"Implementations of {requirement.interface}.",
        "allOf": [{"$ref": "#/definitions/wires"}],
        "minItems": requirement.minimum,
        "maxItems": requirement.maximum,
    }


def _wires() -> dict[str, Any]:
    ends = {"module_id": {"type": "string", **NAMES}, "implementation_id": {"type": "string", **NAMES}}
    return {"type": "array", "items": _closed(ends, required=ends), "uniqueItems": True}


def _tier() -> dict[str, Any]:
    return _closed(
        {
            "evse": {
                "description": "Number of the EVSE; 0 is the whole station.",
                "type": "integer",
                "minimum": 0,
                "maximum": MAX_EVSES,
            },
            "connector": {"description": "Number of the connector.", "type": "integer", "minimum": 1},
        },
        required=["evse"],
    )


def _access() -> dict[str, Any]:
    switch = {"type": "boolean", "default": False}
    config = dict.fromkeys(ACCESS_SWITCHES, switch)
    modules = _map_of(_closed(dict.fromkeys(MODULE_ACCESS_SWITCHES, switch)))
    return {
        "description": "What the module may do with the configuration of others.",
        **_closed({"config": _closed({**config, "modules": modules})}),
    }
