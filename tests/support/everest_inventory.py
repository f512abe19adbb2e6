"""Turns a copy of EVerest's interface descriptions into the inventory that the conformance test reads.

    python tests/support/everest_inventory.py PATH_TO_EVEREST [OUTPUT]

PATH_TO_EVEREST holds `interfaces/`, `types/` and `errors/` with EVerest's YAML files. The inventory keeps
names, order, types, limits, defaults and what is optional; descriptions stay out. It is written once for a
snapshot of EVerest and committed, so tests need nothing else; the same input always gives the same bytes.

A node of the inventory is one of

    {"type": "string" | "timestamp" | "number" | "integer" | "boolean" | "null" | "json", limits...}
    {"type": "enum", "values": [...]}
    {"type": "array", "items": node, limits...}
    {"type": "object", "fields": {name: node, ...}}, with "open": true if further fields are welcome
    {"ref": "file/Type"}

and inside `fields` it may also have `"optional": true` and a `default`. Limits that let everything through (a
`minLength` of 0) or mean nothing on the node's type (a `minimum` on a string) are listed under
`without_effect`, so nothing is dropped unseen.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

OUTPUT = Path(__file__).parent.parent / "vectors" / "everest_inventory.json"
LIMITS = {
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "string": ("minLength", "maxLength", "pattern"),
    "array": ("minItems", "maxItems"),
}
ALL_LIMITS = tuple(dict.fromkeys(limit for limits in LIMITS.values() for limit in limits))
NO_LENGTH = {"minLength": 0, "minItems": 0}
OTHER_KEYS = {"type", "description", "$ref", "properties", "required", "items", "enum", "format", "default"}
KNOWN_KEYS = {"additionalProperties", *OTHER_KEYS, *ALL_LIMITS}
ANYTHING = {"null", "string", "number", "integer", "boolean", "array", "object"}


def node_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The inventory node of one of EVerest's schemas. Raises ValueError for what it cannot keep."""
    if unknown := schema.keys() - KNOWN_KEYS:
        raise ValueError(f"keys that the inventory would lose: {sorted(unknown)}")
    node = _bare(schema)
    limits = {limit: schema[limit] for limit in ALL_LIMITS if limit in schema}
    meaningful = LIMITS.get(node.get("type", ""), ())
    kept = {
        name: limits[name] for name in limits if name in meaningful and limits[name] != NO_LENGTH.get(name)
    }
    lost = {name: limit for name, limit in limits.items() if name not in kept}
    return node | kept | ({"without_effect": lost} if lost else {})


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        file, name = schema["$ref"].removeprefix("/").split("#/")
        return {"ref": f"{file}/{name}"}
    kind, form = schema["type"], schema.get("format")
    if isinstance(kind, list) and set(kind) == ANYTHING:
        return {"type": "json"}
    match kind, form:
        case "string", None if "enum" in schema:
            node = {"type": "enum", "values": schema["enum"]}
        case "string", "date-time":
            node = {"type": "timestamp"}
        case "array", None:
            node = {"type": "array", "items": node_of(schema["items"])}
        case "object", None:
            welcome = {"open": True} if schema.get("additionalProperties") else {}
            node = {"type": "object", "fields": _fields(schema)} | welcome
        case (("string" | "number" | "integer" | "boolean" | "null"), None):
            node = {"type": kind}
        case _:
            raise ValueError(f"a type that the inventory does not know: {kind}, format {form}")
    return node


def _fields(schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required") or ()
    fields = {}
    for name, inner in schema["properties"].items():
        optional = {} if name in required else {"optional": True}
        default = {"default": inner["default"]} if "default" in inner else {}
        fields[name] = node_of(inner) | optional | default
    return fields


def interface_of(description: dict[str, Any]) -> dict[str, Any]:
    """The inventory of one interface file."""
    commands = {}
    for name, command in (description.get("cmds") or {}).items():
        arguments = {argument: node_of(schema) for argument, schema in command.get("arguments", {}).items()}
        result = {"result": node_of(command["result"])} if "result" in command else {}
        commands[name] = {"arguments": arguments} | result
    variables = {name: node_of(schema) for name, schema in (description.get("vars") or {}).items()}
    errors = [entry["reference"].removeprefix("/errors/") for entry in description.get("errors", ())]
    return {"commands": commands, "variables": variables, "errors": errors}


def inventory_of(reference: Path) -> dict[str, Any]:
    """The whole inventory of a directory with `interfaces/`, `types/` and `errors/`."""

    def read(folder: str) -> dict[str, Any]:
        files = sorted((reference / folder).glob("*.yaml"))
        return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}

    return {
        "interfaces": {name: interface_of(content) for name, content in read("interfaces").items()},
        "types": {
            file: {name: node_of(schema) for name, schema in content["types"].items()}
            for file, content in read("types").items()
        },
        "errors": {
            file: [entry["name"] for entry in content["errors"]] for file, content in read("errors").items()
        },
    }


def main(arguments: list[str]) -> None:
    """Write the inventory of the directory named first to the file named second."""
    reference = Path(arguments[0])
    output = Path(arguments[1]) if len(arguments) > 1 else OUTPUT
    text = json.dumps(inventory_of(reference), indent=1, ensure_ascii=True)
    output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
