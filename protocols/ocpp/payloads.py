"""Payloads of OCPP 2.0.1 and 2.1 as the dataclasses of the package `ocpp`. Pure.

    decode(REQUESTS["Heartbeat"], {})                       # ocpp.v21.call.Heartbeat()
    encode(call.Heartbeat())                                # {}
    action_of(call_result.Heartbeat(current_time=...))      # "Heartbeat"

One set of types, that of 2.1, serves both versions: it holds everything 2.0.1 has, and `projection` leaves
out what a 2.0.1 peer does not know. Field names are those of the package; on the wire they are the schema's.
"""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ocpp.v21 import call, call_result, datatypes
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from protocols.ocpp.errors import Code, RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from protocols.ocpp.frames import Payload

T = TypeVar("T")

_WRITTEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bulk_soc": "bulkSoC",
        "ev_duration_level1_dc_injection": "evDurationLevel1DCInjection",
        "ev_duration_level2_dc_injection": "evDurationLevel2DCInjection",
        "ev_maximum_level1_dc_injection": "evMaximumLevel1DCInjection",
        "ev_maximum_level2_dc_injection": "evMaximumLevel2DCInjection",
        "ev_supported_der_control": "evSupportedDERControl",
        "fixed_pf": "fixedPF",
        "fixed_pf_absorb": "fixedPFAbsorb",
        "fixed_pf_inject": "fixedPFInject",
        "full_soc": "fullSoC",
        "limit_at_soc": "limitAtSoC",
        "max_soc": "maxSoC",
        "prioritized_emaids": "prioritizedEMAIDs",
        "responder_url": "responderURL",
        "soh": "soH",
        "target_soc": "targetSoC",
        "tax_rule_id": "taxRuleID",
        "v2x_baseline": "v2xBaseline",
        "v2x_charging_parameters": "v2xChargingParameters",
        "v2x_freq_watt_curve": "v2xFreqWattCurve",
        "v2x_signal_watt_curve": "v2xSignalWattCurve",
    }
)
"""Fields whose name on the wire does not follow from the package's by rule."""
_WRITTEN_IN: Final[Mapping[tuple[type, str], str]] = MappingProxyType(
    {
        (datatypes.BatteryDataType, "soc"): "soC",
        (datatypes.AbsolutePriceScheduleType, "price_schedule_id"): "priceScheduleID",
    }
)
"""The same, where another type writes the same name otherwise."""


def wire_name(kind: type, field: str) -> str:
    """What a field of one of the package's dataclasses is called on the wire."""
    if (written := _WRITTEN_IN.get((kind, field)) or _WRITTEN.get(field)) is not None:
        return written
    stem, _, phase = field.rpartition("_l")
    return f"{to_camel(stem)}_L{phase}" if phase in {"2", "3"} else to_camel(field)


def _kinds(module: ModuleType) -> Iterator[tuple[str, type]]:
    for name, kind in vars(module).items():
        if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == module.__name__:
            yield name, kind


def _name_fields() -> None:
    """Tell pydantic the wire names, on each class: two classes write one name in two ways.

    `__pydantic_config__` is how a plain dataclass is given its configuration; nobody else in the process
    makes adapters for the package's classes.
    """
    for module in (call, call_result, datatypes):
        for _name, kind in _kinds(module):
            config = ConfigDict(alias_generator=partial(wire_name, kind), populate_by_name=True)
            kind.__pydantic_config__ = config  # type: ignore[attr-defined]  # pydantic's way, see above


def _open_fields() -> None:
    """DataTransfer carries any JSON in both directions; the package knows texts alone."""
    for kind in (call.DataTransfer, call_result.DataTransfer):
        kind.__dataclass_fields__["data"].type = Any
        kind.__annotations__["data"] = Any


_name_fields()
_open_fields()
REQUESTS: Final[Mapping[str, type]] = MappingProxyType(dict(_kinds(call)))
"""By action: the type of its request."""
ANSWERS: Final[Mapping[str, type]] = MappingProxyType(dict(_kinds(call_result)))
"""By action: the type of its answer."""


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if (adapter := _ADAPTERS.get(kind)) is None:
        adapter = _ADAPTERS[kind] = TypeAdapter(kind)
    return adapter


def prepare() -> None:
    """Make the adapters of all requests and answers, in a parent process for example."""
    for kind in (*REQUESTS.values(), *ANSWERS.values()):
        _adapter(kind)


def action_of(payload: object) -> str:
    """The action of a request or an answer."""
    return type(payload).__name__


def encode(payload: object) -> Payload:
    """A request or an answer under its wire names; what is None is left out.

    Raises ValueError for a field that does not hold what its type says.
    """
    kind: type = type(payload)
    encoded: Payload = _adapter(kind).dump_python(
        payload, mode="json", by_alias=True, exclude_none=True, warnings="error"
    )
    return encoded


def decode(kind: type[T], payload: Payload) -> T:
    """The request or answer in a payload that `schemas.check` has passed.

    Raises RefusalError when the types of the package do not hold what the schema allows.
    """
    try:
        decoded: T = _adapter(kind).validate_python(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = "/".join(str(each) for each in first["loc"])
        raise RefusalError(Code.TYPE_CONSTRAINT_VIOLATION, f"{place}: {first['msg']}") from None
    return decoded


def to_text(payload: object) -> str:
    """As `encode`, as the JSON text that is sent and kept."""
    return json.dumps(encode(payload), separators=(",", ":"))


def of_text(kind: type[T], text: str) -> T:
    """As `decode`, of JSON text that was read before."""
    return decode(kind, json.loads(text))
