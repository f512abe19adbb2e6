"""The package's types agree with the schemas field by field, and payloads go both ways."""

import dataclasses
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from protocols.ocpp import payloads, schemas
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.version import Version

CASES = [
    *((action, kind, False) for action, kind in payloads.REQUESTS.items()),
    *((action, kind, True) for action, kind in payloads.ANSWERS.items()),
]


def shapes(
    kind: type, shape: dict[str, Any], definitions: dict[str, Any], seen: frozenset[type]
) -> Iterator[str]:
    """Every difference between a dataclass and its schema, down to the leaves."""
    hints = typing.get_type_hints(kind)
    fields = {payloads.wire_name(kind, each.name): each for each in dataclasses.fields(kind)}
    for name in set(fields) ^ set(shape["properties"]):
        yield f"{kind.__name__}.{name} is only on one side"
    for name in set(fields) & set(shape["properties"]):
        inner = shape["properties"][name]
        needed = fields[name].default is dataclasses.MISSING
        if needed != (name in shape.get("required", ())):
            yield f"{kind.__name__}.{name} is not needed on both sides"
        inner = inner.get("items", inner)
        definition = definitions.get(inner.get("$ref", "").rpartition("/")[2], {})
        for part in dataclasses_in(hints[fields[name].name]):
            if part not in seen and definition.get("additionalProperties") is False:
                yield from shapes(part, definition, definitions, seen | {part})


def dataclasses_in(hint: Any) -> Iterator[type]:
    if typing.get_origin(hint) in {list, typing.Union, types.UnionType}:
        for each in typing.get_args(hint):
            yield from dataclasses_in(each)
    elif dataclasses.is_dataclass(hint):
        yield typing.cast("type", hint)


@pytest.mark.parametrize(("action", "kind", "answer"), CASES, ids=lambda each: str(each)[:40])
def test_a_type_has_the_fields_of_its_schema(*, action: str, kind: type, answer: bool) -> None:
    shape = dict(schemas.schema(Version.V21, action, answer=answer))

    assert not list(shapes(kind, shape, shape.get("definitions", {}), frozenset({kind})))


def test_every_call_of_2_1_has_a_request_type() -> None:
    sent = {"NotifyPeriodicEventStream"}  # a SEND, for which the package has no type

    assert set(payloads.REQUESTS) | sent == schemas.actions(Version.V21)


@pytest.mark.parametrize("action", sorted(schemas.actions(Version.V201)))
def test_2_1_holds_every_field_of_2_0_1(action: str) -> None:
    for answer in (False, True):
        old, new = (schemas.schema(version, action, answer=answer) for version in (Version.V201, Version.V21))

        assert set(old["properties"]) <= set(new["properties"])
        assert set(new.get("required", ())) <= set(old.get("required", ()))


EVENT = call.TransactionEvent(
    event_type=enums.TransactionEventEnumType.updated,
    timestamp="2026-01-01T00:00:00.000Z",
    trigger_reason=enums.TriggerReasonEnumType.meter_value_periodic,
    seq_no=3,
    transaction_info=datatypes.TransactionType(
        transaction_id="t", transaction_limit=datatypes.TransactionLimitType(max_soc=80)
    ),
    meter_value=[
        datatypes.MeterValueType(
            timestamp="2026-01-01T00:00:00.000Z", sampled_value=[datatypes.SampledValueType(value=1.5)]
        )
    ],
)


def test_a_request_goes_out_and_comes_back_equal() -> None:
    encoded = payloads.encode(EVENT)

    schemas.check(Version.V21, payloads.action_of(EVENT), encoded)
    assert encoded["transactionInfo"] == {"transactionId": "t", "transactionLimit": {"maxSoC": 80}}
    assert payloads.decode(call.TransactionEvent, encoded) == EVENT


@pytest.mark.parametrize(
    ("kind", "field", "name"),
    [
        (datatypes.BatteryDataType, "soc", "soC"),
        (datatypes.LimitAtSoCType, "soc", "soc"),
        (datatypes.AbsolutePriceScheduleType, "price_schedule_id", "priceScheduleID"),
        (datatypes.PriceLevelScheduleType, "price_schedule_id", "priceScheduleId"),
        (datatypes.ChargingSchedulePeriodType, "limit_l2", "limit_L2"),
        (datatypes.OCSPRequestDataType, "responder_url", "responderURL"),
    ],
)
def test_a_field_is_called_as_its_schema_says(kind: type, field: str, name: str) -> None:
    assert payloads.wire_name(kind, field) == name


@pytest.mark.parametrize("kind", [call.DataTransfer, call_result.DataTransfer])
@pytest.mark.parametrize("data", ["text", 5, True, {"a": [1, None]}, []], ids=str)
def test_a_data_transfer_carries_any_json(kind: Any, data: Any) -> None:
    """P01, P02: its schemas say nothing about `data`, the package says that it is a text."""
    given = {"vendorId": "v"} if kind is call.DataTransfer else {"status": "Accepted"}

    assert payloads.encode(payloads.decode(kind, {**given, "data": data})) == {**given, "data": data}


def test_a_field_that_is_not_what_it_says_does_not_go_out() -> None:
    with pytest.raises(ValueError, match="trigger_reason"):
        payloads.encode(dataclasses.replace(EVENT, trigger_reason="MeterValuePeriodic"))


def test_a_payload_the_types_do_not_hold_is_refused() -> None:
    with pytest.raises(RefusalError, match="status"):
        payloads.decode(call_result.Reset, {"status": "Perhaps"})


def test_adapters_of_all_types_can_be_made() -> None:
    payloads.prepare()


def test_a_payload_as_text_is_compact_and_reads_back_the_same():
    beat = call_result.Heartbeat(current_time="2026-03-01T12:00:00Z")

    text = payloads.to_text(beat)

    assert text == '{"currentTime":"2026-03-01T12:00:00Z"}'
    assert payloads.of_text(call_result.Heartbeat, text) == beat
