"""A type of the Gateway's client as the JSON schema that means the same, to compare with the published."""

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema_of(hint: Any) -> Any:
    """What JSON fits a type of the client: in the shape that `published` gives."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if origin is Literal:
        return {"type": "string", "enum": sorted(inner)}
    return _composed(hint, origin, inner)


def _composed(hint: Any, origin: Any, inner: tuple[Any, ...]) -> Any:
    if typing.is_typeddict(hint):
        fields = get_type_hints(hint).items()
        return {"type": "object", "properties": {name: schema_of(each) for name, each in fields}}
    if origin in (list, Sequence):
        return {"type": "array", "items": schema_of(inner[0])}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": schema_of(inner[1])}
    assert origin in (Union, types.UnionType), hint
    return {"anyOf": [schema_of(each) for each in inner]}


def published(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A published schema without its bounds and texts, its references followed."""
    if schema is True or "$ref" in schema:
        name = "" if schema is True else schema["$ref"].rpartition("/")[2]
        return {} if not name or name.startswith("Json-") else published(definitions[name], definitions)
    if "anyOf" in schema:
        return {"anyOf": [published(each, definitions) for each in schema["anyOf"]]}
    kept = {name: schema[name] for name in ("type",) if name in schema}
    if "enum" in schema:
        kept["enum"] = sorted(schema["enum"])
    if kept.get("type") == "array":
        items = schema["items"] if "items" in schema else schema["prefixItems"][0]
        kept["items"] = published(items, definitions)
    if kept.get("type") == "object":
        if "properties" in schema or schema["additionalProperties"] is False:
            found = schema.get("properties", {}).items()
            kept["properties"] = {name: published(each, definitions) for name, each in found}
        else:
            kept["additionalProperties"] = published(schema["additionalProperties"], definitions)
    return kept
