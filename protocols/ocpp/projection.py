"""What of a payload an older peer understands. Pure.

The types of 2.1 hold everything that 2.0.1 has (a test compares every schema), so a payload is made once, in
2.1, and cut down for a 2.0.1 peer: fields its schema has not are left out, and values of an optional field
that it has not. A value of a required field that it has not is left as it is, and the schema refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols.ocpp.schemas import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.ocpp.frames import Payload
    from protocols.ocpp.version import Version


def project(version: Version, action: str, payload: Payload, *, answer: bool = False) -> Payload:
    """The payload without what the version has not. Raises KeyError for an action that it has not."""
    whole = schema(version, action, answer=answer)
    cut: Payload = _cut(payload, whole, whole.get("definitions", {}))
    return cut


def _cut(value: Any, shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    shape = _resolved(shape, definitions)
    if isinstance(value, list):
        return [_cut(each, shape.get("items", {}), definitions) for each in value]
    if not isinstance(value, dict) or shape.get("additionalProperties", True) is not False:
        return value
    properties, required = shape["properties"], shape.get("required", ())
    return {
        name: _cut(each, properties[name], definitions)
        for name, each in value.items()
        if name in properties and (name in required or _is_known(each, properties[name], definitions))
    }


def _is_known(value: Any, shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    values = _resolved(shape, definitions).get("enum")
    return values is None or value in values


def _resolved(shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = shape.get("$ref")
    resolved: Mapping[str, Any] = shape if reference is None else definitions[reference.rpartition("/")[2]]
    return resolved
