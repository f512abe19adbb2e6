import json
import pickle
import tracemalloc
from datetime import UTC, datetime
from typing import Annotated, ClassVar

import jsonschema_rs
import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import Field

from protocols import codec, types
from protocols.codec import DecodeError, EncodeError
from protocols.interfaces import evse_board_support, evse_manager, kvs, load_all, powermeter
from protocols.message import MAX_KEYS, Command, Failure, FailureReason, Reply, message, message_types

load_all()

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def packed(tag, body, version=1):
    return msgpack.packb([tag, version, body])


def caught_decoding(data):
    with pytest.raises(DecodeError) as caught:
        codec.decode(data)
    return caught.value


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


# What is refused coming in


@pytest.mark.parametrize(
    ("tag", "body", "field", "problem"),
    [
        ("evse_manager.reserve", {}, "reservation_id", "Field required"),
        (
            "evse_manager.reserve",
            {"reservation_id": "7"},
            "reservation_id",
            "Input should be a valid integer",
        ),
        (
            "evse_manager.reserve",
            {"reservation_id": 7.0},
            "reservation_id",
            "Input should be a valid integer",
        ),
        (
            "evse_manager.reserve",
            {"reservation_id": True},
            "reservation_id",
            "Input should be a valid integer",
        ),
        ("evse_manager.reserve", {"reservation_id": 7, "x": 1}, "x", "Unexpected keyword argument"),
        ("evse_manager.ready", {"ready": 1}, "ready", "Input should be a valid boolean"),
        ("evse_board_support.pwm_on", {"value": "53"}, "value", "Input should be a valid number"),
        ("evse_board_support.pwm_on", {"value": 100.5}, "value", "Input should be less than or equal to 100"),
        ("evse_board_support.pwm_on", {"duty_cycle_percent": 5.0}, "value", "Field required"),
        ("kvs.exists", {"key": "a/b"}, "key", "String should match pattern '^[A-Za-z0-9_.]+$'"),
        ("kvs.exists", {"key": "a\n"}, "key", "String should match pattern '^[A-Za-z0-9_.]+$'"),
        (
            "types.evse_manager.charging_paused_evse_reasons",
            {"reasons": []},
            "reasons",
            "Tuple should have at least 1 item after validation, not 0",
        ),
        (
            "types.evse_manager.charging_paused_evse_reasons",
            {"reasons": ["Error", "Boredom"]},
            "reasons.1",
            "Input should be 'UserPause', 'Error' or 'NoEnergy'",
        ),
        (
            "powermeter.powermeter",
            {"powermeter": {"timestamp": "2025-03-01T12:00:00Z", "energy_Wh_import": {"total": "1"}}},
            "powermeter.energy_Wh_import.total",
            "Input should be a valid number",
        ),
    ],
)
def test_a_body_that_does_not_fit_names_the_field(tag, body, field, problem):
    error = caught_decoding(packed(tag, body))

    assert (error.tag, error.field, error.problem) == (tag, field, problem)
    assert str(error) == f"{tag}: {field}: {problem}"


def test_an_error_never_repeats_the_value():
    error = caught_decoding(packed("kvs.exists", {"key": "secret phrase!"}))

    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("nan"), "not JSON: Out of range float values are not JSON compliant"),
        (float("inf"), "not JSON: Out of range float values are not JSON compliant"),
        (b"53", "not JSON: Object of type bytes is not JSON serializable"),
    ],
)
def test_what_json_does_not_know_is_refused(value, problem):
    error = caught_decoding(packed("evse_board_support.pwm_on", {"value": value}))

    assert error.tag == "evse_board_support.pwm_on"
    assert error.problem.startswith(problem)


def test_an_unknown_tag_is_named_but_never_at_length():
    error = caught_decoding(packed("evse_manager.dance" + "!" * 1000, {}))

    assert error.tag.startswith("evse_manager.dance")
    assert len(error.tag) == 200
    assert error.problem == "unknown tag"


@pytest.mark.parametrize("version", [0, 2, -1, 2**63])
def test_a_version_nobody_has_declared_is_refused(version):
    error = caught_decoding(packed("evse_manager.reserve", {"reservation_id": 7}, version))

    assert error.problem == f"version {version} is not among the known versions 1 to 1"


@pytest.mark.parametrize(
    "envelope",
    [
        None,
        {},
        [],
        ["evse_manager.cancel_reservation"],
        ["evse_manager.cancel_reservation", 1],
        ["evse_manager.cancel_reservation", 1, {}, {}],
        ["evse_manager.cancel_reservation", True, {}],
        ["evse_manager.cancel_reservation", 1.0, {}],
        ["evse_manager.cancel_reservation", 1, []],
        [b"evse_manager.cancel_reservation", 1, {}],
    ],
)
def test_what_is_no_triple_is_refused(envelope):
    assert caught_decoding(msgpack.packb(envelope)).problem == "not a [tag, version, body] triple"


def test_trailing_bytes_are_refused():
    error = caught_decoding(codec.encode(evse_manager.CancelReservation()) + b"\x00\x01")

    assert (error.tag, error.problem) == (None, "2 trailing bytes")


def test_every_truncation_is_refused():
    data = codec.encode(Failure(reason=FailureReason.TIMEOUT, detail="too late"))

    for length in range(len(data)):
        assert caught_decoding(data[:length]).tag in {None, "message.failure"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not msgpack: Unpack failed: incomplete input"),
        (b"\xc1", "not msgpack: FormatError"),
        (b"\xd9\x02\xff\xfe", "not msgpack: 'utf-8' codec can't decode"),
        (b"\x81\x01\x02", "not msgpack: int is not allowed for map key"),
        (b"\xdd\xff\xff\xff\xff", "not msgpack: 4294967295 exceeds max_array_len"),
        (b"\xd4\x05\x00", "not msgpack: extension type 5"),
        (b"\x82\xa1a\x01\xa1a\x02", "not msgpack: a key occurs twice in one map"),
        (b"\x91" * 100_000, "not msgpack: "),
    ],
)
def test_what_is_no_sound_msgpack_is_refused(data, problem):
    assert caught_decoding(data).problem.startswith(problem)


def test_a_doubled_key_deep_inside_is_refused():
    body = b"\x82\xa3key\xa1k\xa5value\x82\xa1a\xc0\xa1a\xc0"
    data = b"\x93" + msgpack.packb("kvs.store") + b"\x01" + body

    assert caught_decoding(data).problem == "not msgpack: a key occurs twice in one map"


def test_a_timestamp_of_msgpack_is_no_value_of_ours():
    error = caught_decoding(packed("kvs.store", {"key": "k", "value": msgpack.Timestamp(1, 2)}))

    assert error.problem == "not JSON: Object of type Timestamp is not JSON serializable"


def test_an_oversized_message_is_not_even_looked_at():
    error = caught_decoding(bytes(codec.MAX_BYTES + 1))

    assert error.problem == f"{codec.MAX_BYTES + 1} bytes are more than the {codec.MAX_BYTES} allowed"


def test_an_array_of_wrong_items_is_refused_at_the_first():
    # a fault for each item would take a gigabyte and seconds
    tracemalloc.start()
    error = caught_decoding(
        packed("types.evse_manager.charging_paused_evse_reasons", {"reasons": [None] * 200_000})
    )
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert error.field == "reasons.0"
    assert peak < 10_000_000


def test_an_object_with_too_many_keys_is_refused():
    body = {str(number): None for number in range(MAX_KEYS + 1)}

    assert caught_decoding(packed("kvs.store", body)).problem.startswith(
        "not msgpack: 4097 exceeds max_map_len"
    )


def test_a_value_with_too_many_keys_cannot_be_encoded():
    # given
    full = {str(number): None for number in range(MAX_KEYS)}
    assert codec.decode(codec.encode(kvs.LoadReply(value=full))).value == full

    # when / then
    error = caught_encoding(kvs.LoadReply(value=full | {"x": None}))
    assert error.field.startswith("value")


@pytest.mark.parametrize("depth", [250, 900, 5000])
def test_nesting_without_end_is_refused(depth):
    nested = b"\x91" * depth + b"\xc0"
    data = b"\x93" + msgpack.packb("kvs.store") + b"\x01\x82\xa3key\xa1k\xa5value" + nested

    assert isinstance(caught_decoding(data), DecodeError)


@pytest.mark.parametrize("depth", [250, 5000])
def test_plain_values_without_end_are_refused(depth):
    nested = None
    for _ in range(depth):
        nested = [nested]

    with pytest.raises(DecodeError):
        codec.from_plain(kvs.Store, {"key": "k", "value": nested})


def test_an_integer_of_more_than_64_bits_is_refused_by_name():
    with pytest.raises(DecodeError) as caught:
        codec.from_plain(evse_manager.Reserve, {"reservation_id": 2**64})

    assert (caught.value.field, caught.value.problem) == (
        "reservation_id",
        "Integer needs more than 64 bits",
    )


@pytest.mark.parametrize("body", [None, [], "x", 7])
def test_plain_values_that_are_no_object_are_refused(body):
    with pytest.raises(DecodeError) as caught:
        codec.from_plain(evse_manager.Reserve, body)
    assert (caught.value.tag, caught.value.field) == ("evse_manager.reserve", "")


@pytest.mark.parametrize("value", [object(), NOW, "\ud800"])
def test_plain_values_that_are_not_json_are_refused(value):
    with pytest.raises(DecodeError) as caught:
        codec.from_plain(kvs.Store, {"key": "k", "value": value})
    assert caught.value.tag == "kvs.store"


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


# Versions


@message
class Tariff(Command):
    version: ClassVar[int] = 3
    answer: ClassVar[type[Reply]] = Reply
    price_per_kwh: Annotated[float, Field(alias="price", ge=0)]
    currency: str


@codec.upgrades(Tariff, 1)
def rename_cost(body):
    return {"price": body["cost"]}


@codec.upgrades(Tariff, 2)
def add_currency(body):
    return body | {"currency": "EUR"}


TARIFF = "tests.protocols.test_codec.tariff"


def test_the_tag_of_a_message_in_a_test_is_its_module():
    assert codec.tag_of(Tariff) == TARIFF


@pytest.mark.parametrize(
    ("version", "body"),
    [(1, {"cost": 0.5}), (2, {"price": 0.5}), (3, {"price": 0.5, "currency": "EUR"})],
)
def test_an_old_version_is_upgraded_step_by_step(version, body):
    assert codec.decode(packed(TARIFF, body, version)) == Tariff(price_per_kwh=0.5, currency="EUR")


def test_a_new_message_carries_the_newest_version():
    assert msgpack.unpackb(codec.encode(Tariff(price_per_kwh=0.5, currency="EUR")))[1] == 3


def test_an_old_body_that_cannot_be_upgraded_is_refused():
    error = caught_decoding(packed(TARIFF, {}, 1))

    assert (error.tag, error.problem) == (TARIFF, "not a body of version 1: KeyError")


def test_an_upgraded_body_is_validated_like_any_other():
    error = caught_decoding(packed(TARIFF, {"cost": -1}, 1))

    assert (error.tag, error.field) == (TARIFF, "price")


def test_a_version_without_an_upgrade_can_no_longer_be_read():
    @message
    class Forgotten:
        version: ClassVar[int] = 2

    error = caught_decoding(packed(codec.tag_of(Forgotten), {}, 1))

    assert error.problem == "version 1 can no longer be read"


# Anything at all

fuzz = settings(max_examples=400, derandomize=True, database=None, deadline=None)

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=4)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TAGS = st.sampled_from(sorted(message_types()))
GOOD = codec.encode(
    powermeter.Powermeter(
        powermeter=codec.from_plain(
            types.powermeter.Powermeter,
            {"timestamp": "2025-03-01T12:00:00Z", "energy_Wh_import": {"total": 1234.5}, "meter_id": "m"},
        )
    )
)


def decodes_or_refuses(data):
    try:
        item = codec.decode(data)
    except DecodeError as error:
        assert error.problem  # noqa: PT017  # either outcome is right, but an error always says something
    else:
        assert codec.decode(codec.encode(item)) == item


@fuzz
@given(st.binary(max_size=200))
@example(b"")
def test_random_bytes_raise_nothing_but_decode_errors(data):
    decodes_or_refuses(data)


@fuzz
@given(tag=TAGS, version=st.integers(-1, 3), body=ANYTHING)
def test_random_bodies_raise_nothing_but_decode_errors(tag, version, body):
    decodes_or_refuses(packed(tag, body, version))


@fuzz
@given(at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255), cut=st.integers(0, 2))
def test_a_damaged_message_raises_nothing_but_decode_errors(at, byte, cut):
    decodes_or_refuses(GOOD[:at] + bytes([byte]) + GOOD[at + cut :])


@fuzz
@given(tag=TAGS, body=ANYTHING)
def test_random_plain_values_raise_nothing_but_decode_errors(tag, body):
    kind = message_types()[tag]
    try:
        item = codec.from_plain(kind, body)
    except DecodeError as error:
        assert error.tag == tag  # noqa: PT017  # as above
    else:
        assert codec.from_plain(kind, json.loads(codec.to_json_text(item))) == item
