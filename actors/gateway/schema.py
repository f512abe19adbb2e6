"""The methods as a document for programs: OpenRPC 1.3, at `/schema.json` and by `rpc.discover`. Pure."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter

from actors.gateway.callbacks import CALLBACKS
from actors.gateway.method import adapter, form
from actors.gateway.rpc import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.gateway.callbacks import Callback
    from actors.gateway.method import Method

OPENRPC: Final = "1.3.2"
REF: Final = "#/components/schemas/{model}"
MEANINGS: Final = {
    Code.PARSE: "no JSON",
    Code.REQUEST: "JSON, but no request",
    Code.METHOD: "there is no such method; data.nearest is one that was perhaps meant",
    Code.PARAMS: "the parameters do not fit; data.field is the first that does not",
    Code.INTERNAL: "a fault of the Gateway",
    Code.FAILURE: "an actor did not carry the command out; data has its reason and detail",
    Code.NOT_ALLOWED: "a token is missing, or does not allow this",
    Code.LIMIT: "too large, too many, too often; data.limit says which limit",
    Code.NOT_SIMULATED: "what is to be simulated is real at this site, or not there",
    Code.NO_SUCH: "there is no such name, EVSE, session or car; data.nearest is one that was perhaps meant",
}


@form
class Authenticate:
    """Say who you are, where the Gateway wants a token and the connection did not bring one along."""

    token: str


@form
class Scopes:
    """What the token allows."""

    scopes: tuple[str, ...]


@form
class Discover:
    """This document."""


BUILT_IN: Final[tuple[tuple[str, type, Any], ...]] = (
    ("rpc.authenticate", Authenticate, Scopes),
    ("rpc.discover", Discover, dict[str, Any]),
)
"""What the hub answers by itself: name, parameters, result."""


def document(methods: Mapping[str, Method[Any, Any]]) -> dict[str, Any]:
    """The OpenRPC document of these methods, the built-in ones, and what the Gateway says by itself."""
    forms: dict[str, tuple[Any, Any]] = {name: (params, result) for name, params, result in BUILT_IN}
    forms |= {each.name: (each.params, each.result) for each in methods.values()}
    inputs = [
        ((name, part), "serialization" if part == "result" else "validation", adapter(kind))
        for name, kinds in forms.items()
        for part, kind in zip(("params", "result"), kinds, strict=True)
    ]
    inputs += [
        ((each.name, part), "validation" if part == "result" else "serialization", adapter(kind))
        for each in CALLBACKS
        for part, kind in each.parts.items()
    ]
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=REF)  # type: ignore[arg-type]  # modes are literals
    schemas: dict[str, Any] = definitions.get("$defs", {})
    by_part = {key: schema for (key, _mode), schema in found.items()}
    return {
        "openrpc": OPENRPC,
        "info": {"title": "evsite", "version": version("evsite")},
        "methods": [
            _described(name, by_part[name, "params"], by_part[name, "result"], methods.get(name), schemas)
            for name in sorted(forms)
        ],
        "x-callbacks": [_callback(each, by_part, schemas) for each in CALLBACKS],
        "components": {
            "schemas": schemas,
            "errors": {code.name: {"code": int(code), "message": MEANINGS[code]} for code in Code},
        },
    }


def _described(
    name: str,
    params: dict[str, Any],
    result: dict[str, Any] | None,
    method: Method[Any, Any] | None,
    schemas: Mapping[str, Any],
) -> dict[str, Any]:
    params = schemas[params["$ref"].rpartition("/")[2]]  # every form is one of them
    required = params.get("required", ())
    told = method.meaning if method is not None else " ".join(params.get("description", "").split())
    described: dict[str, Any] = {
        "name": name,
        "summary": told,
        "paramStructure": "by-name",
        "params": [
            {
                "name": field,
                "required": field in required,
                "schema": schema,
                **({"description": schema["description"]} if "description" in schema else {}),
            }
            for field, schema in params.get("properties", {}).items()
        ],
    }
    if result is not None:
        described["result"] = {"name": "result", "schema": result}
    if method is not None:
        described |= {"x-scope": str(method.scope), "x-simulated": method.simulated}
    return described


def _callback(each: Callback, by_part: Mapping[Any, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """As a method is described; without a result it is a notification."""
    name = each.name
    described = _described(name, by_part[name, "params"], by_part.get((name, "result")), None, schemas)
    if each.data:
        described["x-data"] = {topic: by_part[name, f"data {topic}"] for topic in each.data}
    return described
