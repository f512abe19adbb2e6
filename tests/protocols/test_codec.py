"""What the codec puts on the wire, and what it refuses to put there. See also test_codec_*.py."""

import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import jsonschema_rs
import msgpack
import pytest
from pydantic_core import SchemaValidator

from protocols import codec, types
from protocols import message as declared
from protocols.codec import DecodeError, EncodeError
from protocols.interfaces import evse_board_support, evse_manager, kvs, powermeter
from protocols.message import MAX_KEYS, Failure, Json, message, tag_of
from protocols.plain import JSON_VALUES, MAX_DEPTH

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def caught_encoding(item):
    with pytest.raises(EncodeError) as caught:
        codec.encode(item)
    return caught.value


# What goes over the wire


def test_a_message_is_a_triple_of_tag_version_and_body():
    data = codec.encode(evse_manager.Reserve(reservation_id=7))

    assert msgpack.unpackb(data) == ["evse_manager.reserve", 1, {"reservation_id": 7}]


def test_the_wire_speaks_everests_names_and_values():
    event = evse_board_support.Event(
        event=types.board_support_common.BspEvent(event=types.board_support_common.BspEventKind.POWER_ON)
    )

    assert codec.to_plain(event) == {"event": {"event": "PowerOn"}}
    assert codec.to_plain(evse_board_support.PwmOn(duty_cycle_percent=53.3)) == {"value": 53.3}


def test_a_field_that_is_absent_is_left_out():
    limits = types.units.Current(l1_a=16.0)

    assert codec.to_plain(limits) == {"L1": 16.0}


def test_a_field_that_holds_its_default_is_left_out():
    assert codec.to_plain(types.money.Currency(code=types.money.CurrencyCode.EUR)) == {"code": "EUR"}
    assert codec.from_plain(types.money.Currency, {"code": "EUR"}).decimals == 2


def test_none_that_must_be_given_is_kept():
    assert codec.to_plain(kvs.Store(key="k", value=None)) == {"key": "k", "value": None}


def test_none_inside_a_value_is_kept():
    value = {"a": None, "b": (None, {"c": None})}

    assert codec.decode(codec.encode(kvs.LoadReply(value=value))) == kvs.LoadReply(value=value)


def test_null_for_an_optional_field_means_absent():
    assert codec.from_plain(types.units.Current, {"L1": None}) == types.units.Current()


def test_the_json_text_is_the_body():
    text = codec.to_json_text(kvs.Store(key="name", value="Zoë"))

    assert text == '{"key":"name","value":"Zoë"}'


def test_the_schema_describes_the_body_under_everests_names():
    schema = codec.schema(evse_board_support.PwmOn)

    assert schema["properties"]["value"] | {"title": ""} == {
        "type": "number",
        "minimum": 0,
        "maximum": 100,
        "title": "",
    }
    assert schema["additionalProperties"] is False
    assert not jsonschema_rs.is_valid(schema, {"value": 101})


def test_what_a_class_needs_is_built_once_and_ahead_of_use():
    @message
    class Fresh:
        number: int

    codec.prepare([Fresh])

    ready = codec._TOOLS[Fresh]
    assert codec.decode(codec.encode(Fresh(number=1))) == Fresh(number=1)
    assert codec._TOOLS[Fresh] is ready


@message
class _Part:
    number: int
    extra: Json = None


@message
class _Whole:
    one: _Part
    many: tuple[_Part, ...] = ()


@pytest.mark.parametrize("first", [_Part, _Whole])
def test_a_class_within_another_is_the_same_whichever_was_prepared_first(first, monkeypatch):
    # given nothing that was built for either of the two
    monkeypatch.setattr(codec, "_TOOLS", {})
    for kind in (_Part, _Whole):
        for name in ("core_schema", "validator", "serializer", "complete"):
            monkeypatch.setattr(kind, f"__pydantic_{name}__", None, raising=False)
            monkeypatch.delattr(kind, f"__pydantic_{name}__")
    codec.prepare([first])

    # when the whole travels, sound and with a fault in its part
    whole = _Whole(one=_Part(number=1, extra={"a": (1, 2)}), many=(_Part(number=2), _Part(number=3)))
    travelled = codec.decode(codec.encode(whole))
    with pytest.raises(DecodeError) as caught:
        codec.from_plain(_Whole, {"one": {"number": 1}, "many": [{"number": "2"}, {"number": "3"}]})

    # then it arrives, the first fault is named, and both know that the part has no bound
    assert travelled == whole
    assert (caught.value.field, codec._TOOLS[_Whole].free) == ("many.0.number", True)


def test_what_was_built_for_a_class_serves_wherever_it_stands():
    # given a class that has been prepared, and tools for it that take nothing
    @message
    class Inner:
        number: int

    @message
    class Outer:
        inner: Inner

    codec.prepare([Inner])
    Inner.__pydantic_validator__ = SchemaValidator({"type": "none"})

    # when a class that holds it is prepared
    codec.prepare([Outer])

    # then it uses them
    with pytest.raises(DecodeError):
        codec.from_plain(Outer, {"inner": {"number": 1}})


def test_what_was_built_for_a_class_that_another_has_replaced_serves_nobody_else(monkeypatch):
    @message
    class Former:
        number: int

    monkeypatch.setitem(declared._TYPES, tag_of(Former), _Part)
    codec.prepare([Former])
    assert "__pydantic_complete__" not in vars(Former)


def test_only_classes_without_a_bound_are_searched_value_by_value(monkeypatch):
    # given a class with parts that occur twice, and one that may hold itself
    reading = types.powermeter.Powermeter(
        timestamp=NOW,
        energy_wh_import=types.units.Energy(total_wh=Decimal(1)),
        energy_wh_export=types.units.Energy(total_wh=Decimal(1)),
    )
    request = types.energy.EnergyFlowRequest(
        uuid="a",
        node_type=types.energy.NodeType.UNDEFINED,
        children=(),
        schedule_import=(),
        schedule_export=(),
        schedule_setpoints=(),
    )
    searched = []
    monkeypatch.setattr(codec, "first_unfit", searched.append)

    # when both are encoded
    codec.encode(reading)
    codec.encode(request)

    # then the second alone was gone through
    assert [each["uuid"] for each in searched] == ["a"]


# What is refused going out


def test_a_class_that_was_never_declared_cannot_be_encoded():
    assert caught_encoding(object()).problem == "not declared with @message"


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (evse_manager.Reserve(reservation_id="7"), "reservation_id"),
        (evse_manager.Reserve(reservation_id=True), "reservation_id"),
        (evse_board_support.PwmOn(duty_cycle_percent=101), "duty_cycle_percent"),
        (evse_board_support.PwmOn(duty_cycle_percent=float("nan")), "duty_cycle_percent"),
        (kvs.Exists(key=""), "key"),
        (kvs.Exists(key="\ud800"), "key"),
        (Failure(reason="Timeout", detail=""), "reason"),
        (types.evse_manager.ChargingPausedEVSEReasons(reasons=["Error"]), "reasons"),
        (
            powermeter.Powermeter(
                powermeter=types.powermeter.Powermeter(
                    timestamp=NOW, energy_wh_import=types.units.Energy(total_wh=1.0)
                )
            ),
            "powermeter.energy_wh_import.total_wh",
        ),
    ],
)
def test_a_field_that_does_not_hold_what_it_declares_is_named(item, field):
    error = caught_encoding(item)

    assert (error.tag, error.field) == (codec.tag_of(type(item)), field)


@pytest.mark.parametrize(
    ("value", "field"),
    [(2**64, "value"), (-(2**63) - 1, "value"), ({"a": (1, 2**70)}, "value.a.1"), ({"": 2**64}, "value.")],
)
@pytest.mark.parametrize("write", [codec.encode, codec.to_plain])
def test_an_integer_of_more_than_64_bits_cannot_be_encoded(write, value, field):
    with pytest.raises(EncodeError) as caught:
        write(kvs.Store(key="k", value=value))

    assert (caught.value.field, caught.value.problem) == (field, "Integer needs more than 64 bits")


def test_an_integer_field_of_more_than_64_bits_cannot_be_encoded():
    error = caught_encoding(evse_manager.Reserve(reservation_id=2**64))

    assert (error.field, error.problem) == ("reservation_id", "Integer needs more than 64 bits")


@pytest.mark.parametrize("value", [2**64 - 1, -(2**63)])
def test_the_greatest_integers_of_64_bits_pass(value):
    item = kvs.Store(key="k", value=value)

    assert codec.decode(codec.encode(item)) == item


@pytest.mark.parametrize("depth", [600, 5000])
def test_a_value_nested_without_end_cannot_be_encoded(depth):
    nested = None
    for _ in range(depth):
        nested = (nested,)

    assert caught_encoding(kvs.Store(key="k", value=nested)).tag == "kvs.store"


def test_a_value_with_too_many_keys_cannot_be_encoded():
    # given
    full = {str(number): None for number in range(MAX_KEYS)}
    assert codec.decode(codec.encode(kvs.LoadReply(value=full))).value == full

    # when / then
    error = caught_encoding(kvs.LoadReply(value=full | {"x": None}))
    assert error.field.startswith("value")


@message
class Loose:
    """A message whose types bound nothing."""

    values: dict[str, Json]
    anything: Any = None


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (lambda full: Loose(values=full), "values"),
        (lambda full: Loose(values={"a": full}), "values.a"),
        (lambda full: Loose(values={}, anything=[full]), "anything.0"),
    ],
    ids=["a mapping", "a value", "anything"],
)
def test_no_object_goes_out_that_would_not_come_in(item, field):
    # given
    full = {str(number): None for number in range(MAX_KEYS)}
    assert codec.decode(codec.encode(item(full))) == item(full)

    # when / then
    assert caught_encoding(item(full | {"x": None})).field == field


@pytest.mark.parametrize("value", [2**64, {"a": "\ud800"}])
def test_nothing_goes_out_that_is_no_json(value):
    with pytest.raises(EncodeError) as caught:
        codec.encode(Loose(values={}, anything=[value]))

    assert caught.value.field.startswith("anything.0")


@pytest.mark.parametrize(
    ("value", "field", "found"),
    [(object(), "value", "object"), ([1], "value", "list"), ({"a": (1, b"x")}, "value.a.1", "bytes")],
)
def test_a_value_that_is_no_json_is_named_with_the_choices(value, field, found):
    error = caught_encoding(kvs.Store(key="k", value=value))

    assert (error.field, error.problem) == (field, f"Input should be {JSON_VALUES}, not {found}")


def test_the_deepest_value_that_goes_out_comes_in():
    # given: the body is the first level
    nested = None
    for _ in range(MAX_DEPTH - 1):
        nested = (nested,)
    item = kvs.Store(key="k", value=nested)
    assert codec.decode(codec.encode(item)) == item

    # when / then
    error = caught_encoding(kvs.Store(key="k", value=(nested,)))
    assert error.problem == f"nested deeper than {MAX_DEPTH} levels"


def test_a_message_too_long_to_be_decoded_cannot_be_encoded():
    error = caught_encoding(kvs.Store(key="k", value="x" * codec.MAX_BYTES))

    assert error.problem.endswith(f"bytes are more than the {codec.MAX_BYTES} allowed")


@pytest.mark.parametrize("kind", [DecodeError, EncodeError])
def test_an_error_can_travel_between_processes(kind):
    error = pickle.loads(pickle.dumps(kind("evse_manager.reserve", "reservation_id", "Field required")))

    assert type(error) is kind
    assert (error.tag, error.field, error.problem) == (
        "evse_manager.reserve",
        "reservation_id",
        "Field required",
    )
