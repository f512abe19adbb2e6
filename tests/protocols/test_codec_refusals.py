"""What the codec refuses to take in, and how it says so."""

import tracemalloc
from datetime import UTC, datetime

import msgpack
import pytest

from protocols import codec
from protocols.codec import DecodeError
from protocols.interfaces import evse_manager, kvs, load_all
from protocols.message import MAX_KEYS, Failure, FailureReason
from protocols.plain import JSON_VALUES, MAX_DEPTH

load_all()

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def packed(tag, body, version=1):
    return msgpack.packb([tag, version, body])


def caught_decoding(data):
    with pytest.raises(DecodeError) as caught:
        codec.decode(data)
    return caught.value


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
        (float("nan"), "not JSON: the number is not finite"),
        (float("inf"), "not JSON: the number is not finite"),
        (b"53", f"Input should be {JSON_VALUES}, not bytes"),
    ],
)
def test_what_json_does_not_know_is_refused(value, problem):
    error = caught_decoding(packed("evse_board_support.pwm_on", {"value": value}))

    assert (error.tag, error.field, error.problem) == ("evse_board_support.pwm_on", "value", problem)


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

    assert error.problem == f"Input should be {JSON_VALUES}, not Timestamp"


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


@pytest.mark.parametrize(
    ("value", "field"),
    [(float("nan"), "value"), ({"a": [0, float("inf")]}, "value.a.1"), ({"b": {"c": b""}}, "value.b.c")],
)
def test_what_no_json_is_is_found_wherever_it_stands(value, field):
    assert caught_decoding(packed("kvs.store", {"key": "k", "value": value})).field == field


@pytest.mark.parametrize("array", [list, tuple])
def test_what_the_encoder_finds_too_deep_the_decoder_refuses_too(array):
    nested = None
    for _ in range(MAX_DEPTH):
        nested = array([nested])

    assert caught_decoding(packed("kvs.store", {"key": "k", "value": nested})).problem == (
        f"nested deeper than {MAX_DEPTH} levels"
    )
