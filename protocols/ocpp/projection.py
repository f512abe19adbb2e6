"""What of a payload an older peer understands. Pure.

The types of 2.1 hold everything that 2.0.1 has (a test compares every schema), so a payload is made once, in
2.1, and cut down for a 2.0.1 peer: fields its schema has not are left out, and values of an optional field
that it has not. A value of a required field that it has not is said in an older word where `OLDER_WORDS` has
one: a message that was queued in one version and goes out in the other must not be lost. Without such a word
it is left as it is, and the schema refuses it. What 2.0.1 has as an integer is said without a fraction:
16.0 is an integer to JSON Schema from draft 6 on, but not by draft 4, nor to who reads it into an integer.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from protocols.ocpp.schemas import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.ocpp.frames import Payload
    from protocols.ocpp.version import Version


OLDER_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "requestedEnergyTransfer": MappingProxyType(
            {
                "AC_BPT": "AC_three_phase",
                "AC_BPT_DER": "AC_three_phase",
                "AC_DER": "AC_three_phase",
                "DC_ACDP": "DC",
                "DC_ACDP_BPT": "DC",
                "DC_BPT": "DC",
            }
        ),
        "triggerReason": MappingProxyType(
            {
                "CostLimitReached": "EnergyLimitReached",
                "LimitSet": "ChargingRateChanged",
                "OperationModeChanged": "ChargingStateChanged",
                "RunningCost": "MeterValuePeriodic",
                "SoCLimitReached": "EnergyLimitReached",
                "TariffChanged": "ChargingRateChanged",
                "TariffNotAccepted": "AbnormalCondition",
                "TxResumed": "ChargingStateChanged",
            }
        ),
    }
)
"""By field: what stands for a word of 2.1 where 2.0.1 has none."""


def project(version: Version, action: str, payload: Payload, *, answer: bool = False) -> Payload:
    """The payload without what the version has not. Raises KeyError for an action that it has not."""
    whole = schema(version, action, answer=answer)
    cut: Payload = _cut(payload, whole, whole.get("definitions", {}))
    return cut


def _cut(value: Any, shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    shape = _resolved(shape, definitions)
    if isinstance(value, list):
        return [_cut(each, shape.get("items", {}), definitions) for each in value]
    if isinstance(value, float) and value.is_integer() and shape.get("type") == "integer":
        return int(value)
    if not isinstance(value, dict) or shape.get("additionalProperties", True) is not False:
        return value
    properties, required = shape["properties"], shape.get("required", ())
    return {
        name: _cut(each if known else _older(name, each), properties[name], definitions)
        for name, each in value.items()
        if name in properties
        and ((known := _is_known(each, properties[name], definitions)) or name in required)
    }


def _older(name: str, value: Any) -> Any:
    words = OLDER_WORDS.get(name, {})
    return words.get(value, value)


def _is_known(value: Any, shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    values = _resolved(shape, definitions).get("enum")
    return values is None or value in values


def _resolved(shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = shape.get("$ref")
    resolved: Mapping[str, Any] = shape if reference is None else definitions[reference.rpartition("/")[2]]
    return resolved
