import dataclasses
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import ClassVar

import pytest

from protocols import codec
from protocols.interfaces import evse_manager, iso15118_charger, kvs
from protocols.message import (
    Command,
    ExactNumber,
    Failure,
    FailureReason,
    Reply,
    Timestamp,
    changed,
    message,
    message_types,
    snake_case,
    tag_of,
)


@message
class Moment:
    at: Timestamp


@message
class Register:
    energy_wh: ExactNumber


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GetEvse", "get_evse"),
        ("OCSPRequestData", "ocsp_request_data"),
        ("D20DcDynamicChargeMode", "d20_dc_dynamic_charge_mode"),
        ("GetV2gOcspRequestData", "get_v2g_ocsp_request_data"),
    ],
)
def test_class_names_become_snake_case_as_everest_writes(name, expected):
    assert snake_case(name) == expected


def test_tags_leave_out_the_packages_of_the_mirror():
    assert tag_of(evse_manager.Reserve) == "evse_manager.reserve"
    assert tag_of(Failure) == "message.failure"
    assert tag_of(iso15118_charger.Setup) == "iso15118_charger.setup"


def test_a_class_elsewhere_is_tagged_with_its_whole_module():
    assert tag_of(Moment) == f"{Moment.__module__}.moment"


def test_a_message_is_immutable_slotted_and_keyword_only():
    cmd = evse_manager.Reserve(reservation_id=1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        cmd.reservation_id = 2
    assert not hasattr(cmd, "__dict__")
    with pytest.raises(TypeError):
        evse_manager.Reserve(1)


def test_equal_messages_are_equal_and_hash_alike():
    first, second = evse_manager.Reserve(reservation_id=1), evse_manager.Reserve(reservation_id=1)

    assert first == second
    assert hash(first) == hash(second)
    assert first != evse_manager.Reserve(reservation_id=2)


def test_a_message_can_be_pickled():
    failure = Failure(reason=FailureReason.TIMEOUT, detail="no answer in 2 s")

    assert pickle.loads(pickle.dumps(failure)) == failure


def declare(module, name, annotations):
    return message(
        type(name, (), {"__module__": module, "__qualname__": name, "__annotations__": annotations})
    )


def test_a_second_class_with_a_known_tag_is_refused():
    first = declare("protocols.tests_of_tags", "GetIt", {})

    with pytest.raises(ValueError, match=r"two messages have the tag 'tests_of_tags\.get_it'"):
        declare("protocols.tests_of_tags", "GetIT", {})
    assert message_types()["tests_of_tags.get_it"] is first


def test_a_class_that_is_declared_again_takes_its_own_place():
    # as when a module is loaded anew
    declare("protocols.tests_of_reloading", "Thing", {"number": int})

    again = declare("protocols.tests_of_reloading", "Thing", {"number": str})

    assert message_types()["tests_of_reloading.thing"] is again


@pytest.mark.parametrize("name", ["version", "answer", "everest_name"])
def test_a_field_with_a_reserved_name_is_refused(name):
    with pytest.raises(ValueError, match=f"cannot be called {name}"):
        declare("protocols.tests_of_names", "Bad", {name: int})
    assert "tests_of_names.bad" not in message_types()


def test_a_command_without_result_is_answered_by_the_bare_reply():
    assert Command.answer is Reply
    assert evse_manager.WithdrawAuthorization.answer is Reply
    assert evse_manager.Reserve.answer is evse_manager.ReserveReply


def test_the_version_belongs_to_the_class_and_not_to_the_wire():
    @message
    class Versioned:
        version: ClassVar[int] = 1
        number: int

    assert codec.to_plain(Versioned(number=3)) == {"number": 3}


def test_the_table_of_messages_cannot_be_changed_from_outside():
    with pytest.raises(TypeError):
        message_types()["x"] = Moment


def test_a_timestamp_comes_out_of_the_codec_in_utc():
    local = datetime(2025, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))

    again = codec.decode(codec.encode(Moment(at=local)))

    assert again == Moment(at=local)
    assert again.at.tzinfo is UTC
    assert codec.to_plain(Moment(at=local)) == {"at": "2025-03-01T10:00:00Z"}


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-01T12:00:00",
        "2025-03-01",
        "12:00:00Z",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-10:00",
        "2025-02-30T00:00:00Z",
        1740830400,
        None,
    ],
)
def test_what_is_no_aware_moment_is_refused(text):
    with pytest.raises(codec.DecodeError) as caught:
        codec.from_plain(Moment, {"at": text})
    assert caught.value.field == "at"


def test_a_naive_time_cannot_be_encoded():
    with pytest.raises(codec.EncodeError) as caught:
        codec.encode(Moment(at=datetime(2025, 3, 1)))  # noqa: DTZ001  # naive on purpose
    assert caught.value.field == "at"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("0", 0),
        ("1234567.891", 1234567.891),
        ("0.1", 0.1),
        ("99999999999999.9", 99999999999999.9),
        ("18446744073709551615", 2**64 - 1),
        ("-0.000001", -1e-06),
        ("1.50", 1.5),
        ("1E+30", 1e30),
    ],
)
def test_an_exact_number_is_a_plain_number_on_the_wire(value, plain):
    item = Register(energy_wh=Decimal(value))

    assert codec.to_plain(item) == {"energy_wh": plain}
    assert codec.decode(codec.encode(item)) == item


def test_sums_of_exact_numbers_do_not_drift():
    tenths = [codec.from_plain(Register, {"energy_wh": 0.1}).energy_wh] * 10

    assert sum(tenths) == Decimal(1)


@pytest.mark.parametrize(
    "value", ["1234567890123456789.5", "0.1234567890123456789", "1e400", "NaN", "Infinity"]
)
def test_an_exact_number_that_json_would_change_is_refused(value):
    with pytest.raises(codec.EncodeError):
        codec.encode(Register(energy_wh=Decimal(value)))


def test_an_exact_number_is_never_made_of_a_float_by_accident():
    with pytest.raises(codec.EncodeError) as caught:
        codec.encode(Register(energy_wh=0.1))
    assert caught.value.field == "energy_wh"


@pytest.mark.parametrize("value", ["1.5", True, None, [1], {}])
def test_an_exact_number_is_read_from_numbers_only(value):
    with pytest.raises(codec.DecodeError) as caught:
        codec.from_plain(Register, {"energy_wh": value})
    assert (caught.value.field, caught.value.problem) == ("energy_wh", "Input should be a valid number")


def test_the_schema_of_an_exact_number_is_a_number():
    assert codec.schema(Register)["properties"]["energy_wh"]["type"] == "number"


JSON_VALUES = [None, True, 0, 1, 1.0, "1", (), (1, (None, "a")), {}, {"a": None, "b": {"c": (1.5,)}}]


@pytest.mark.parametrize("value", JSON_VALUES, ids=repr)
def test_any_json_value_comes_back_with_its_type(value):
    again = codec.decode(codec.encode(kvs.Store(key="k", value=value))).value

    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("value", [[1], {1: 2}, b"x", {1}, float("nan"), float("inf"), ([],)], ids=repr)
def test_what_is_no_json_value_is_refused(value):
    with pytest.raises(codec.EncodeError) as caught:
        codec.encode(kvs.Store(key="k", value=value))
    assert caught.value.field.startswith("value")


def test_a_changed_message_is_a_new_one_with_the_rest_as_it_was():
    before = evse_manager.Reserve(reservation_id=7)

    after = changed(before, reservation_id=8)

    assert (before.reservation_id, after) == (7, evse_manager.Reserve(reservation_id=8))
    assert type(after) is evse_manager.Reserve


def test_what_is_not_changed_is_the_same_object():
    detail = "a text that nobody else holds"
    before = Failure(reason=FailureReason.INVALID, detail=detail)

    assert changed(before, reason=FailureReason.TIMEOUT).detail is detail


def test_a_message_without_fields_can_be_copied():
    assert changed(Reply()) == Reply()


def test_a_changed_message_stays_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        changed(evse_manager.Reserve(reservation_id=7)).reservation_id = 8


@pytest.mark.parametrize(("item", "field"), [(evse_manager.Reserve(reservation_id=7), "other"), (7, "real")])
def test_only_fields_of_messages_can_be_changed(item, field):
    with pytest.raises(TypeError):
        changed(item, **{field: 1})
