from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ocpp.device_model.characteristics import Characteristics, DataType, Reason, members, moment

GOOD = [
    (DataType.STRING, {}, "anything, really"),
    (DataType.STRING, {"max_limit": Decimal(3)}, "abc"),
    (DataType.STRING, {"min_length": 2, "max_length": 3}, "ab"),
    (DataType.INTEGER, {}, "-12"),
    (DataType.INTEGER, {}, "2147483647"),
    (DataType.INTEGER, {}, "-2147483648"),
    (DataType.INTEGER, {"min_limit": Decimal(1), "max_limit": Decimal(3)}, "3"),
    (DataType.DECIMAL, {}, "-1.50"),
    (DataType.DECIMAL, {}, "1e3"),
    (DataType.DECIMAL, {"max_limit": Decimal(22000)}, "22000.0"),
    (DataType.BOOLEAN, {}, "false"),
    (DataType.DATE_TIME, {}, "2026-11-21T12:00:00Z"),
    (DataType.DATE_TIME, {}, "2026-11-21t12:00:00.123456789+01:00"),
    (DataType.OPTION_LIST, {"values_list": "A,W"}, "W"),
    (DataType.OPTION_LIST, {}, "whatever"),
    (DataType.MEMBER_LIST, {"values_list": "A,W"}, "W,A"),
    (DataType.MEMBER_LIST, {"values_list": "A,W"}, ""),
    (DataType.MEMBER_LIST, {"values_list": "A,W"}, "A, W"),
    (DataType.MEMBER_LIST, {}, "anything"),
    (DataType.SEQUENCE_LIST, {"values_list": "1,2"}, "2,1,2"),
    (DataType.SEQUENCE_LIST, {"max_elements": 2}, "2,1"),
]

BAD = [
    (DataType.STRING, {"max_limit": Decimal(3)}, "abcd", Reason.VALUE_TOO_HIGH),
    (DataType.STRING, {"min_limit": Decimal(7)}, "abcd", Reason.VALUE_TOO_LOW),
    (DataType.STRING, {"min_length": 2}, "a", Reason.VALUE_TOO_LOW),
    (DataType.STRING, {"max_length": 2}, "abc", Reason.VALUE_TOO_HIGH),
    (DataType.INTEGER, {}, "1.0", Reason.INVALID_VALUE),
    (DataType.INTEGER, {}, "+1", Reason.INVALID_VALUE),
    (DataType.INTEGER, {}, " 1", Reason.INVALID_VALUE),
    (DataType.INTEGER, {}, "1\n", Reason.INVALID_VALUE),
    (DataType.INTEGER, {}, "\u0661", Reason.INVALID_VALUE),
    (DataType.INTEGER, {}, "", Reason.INVALID_VALUE),
    (DataType.INTEGER, {}, "9" * 5000, Reason.INVALID_VALUE),
    (DataType.INTEGER, {}, "2147483648", Reason.VALUE_TOO_HIGH),
    (DataType.INTEGER, {}, "-2147483649", Reason.VALUE_TOO_LOW),
    (DataType.INTEGER, {"max_limit": Decimal(10**18)}, "9" * 18, Reason.VALUE_TOO_HIGH),
    (DataType.INTEGER, {"min_limit": Decimal(1)}, "0", Reason.VALUE_TOO_LOW),
    (DataType.INTEGER, {"max_limit": Decimal(3)}, "4", Reason.VALUE_TOO_HIGH),
    (DataType.DECIMAL, {}, "NaN", Reason.INVALID_VALUE),
    (DataType.DECIMAL, {}, "1,5", Reason.INVALID_VALUE),
    (DataType.DECIMAL, {}, "1e999", Reason.INVALID_VALUE),
    (DataType.DECIMAL, {"max_limit": Decimal(1)}, "1.0001", Reason.VALUE_TOO_HIGH),
    (DataType.BOOLEAN, {}, "True", Reason.INVALID_VALUE),
    (DataType.BOOLEAN, {}, "1", Reason.INVALID_VALUE),
    (DataType.DATE_TIME, {}, "2026-11-21T12:00:00", Reason.INVALID_VALUE),
    (DataType.DATE_TIME, {}, "2026-02-30T12:00:00Z", Reason.INVALID_VALUE),
    (DataType.DATE_TIME, {}, "0001-01-01T00:00:00+01:00", Reason.INVALID_VALUE),
    (DataType.OPTION_LIST, {"values_list": "A,W"}, "V", Reason.INVALID_VALUE),
    (DataType.OPTION_LIST, {"values_list": "A,W"}, "A,W", Reason.INVALID_VALUE),
    (DataType.OPTION_LIST, {"max_limit": Decimal(1)}, "AW", Reason.VALUE_TOO_HIGH),
    (DataType.MEMBER_LIST, {"values_list": "A,W"}, "A,V", Reason.INVALID_VALUE),
    (DataType.MEMBER_LIST, {"values_list": "A,W"}, "A,A", Reason.INVALID_VALUE),
    (DataType.MEMBER_LIST, {}, "A,,B", Reason.INVALID_VALUE),
    (DataType.MEMBER_LIST, {"max_limit": Decimal(2)}, "A,W", Reason.VALUE_TOO_HIGH),
    (DataType.SEQUENCE_LIST, {"max_elements": 2}, "1,2,1", Reason.VALUE_TOO_HIGH),
]


@pytest.mark.parametrize(("kind", "limits", "value"), GOOD)
def test_a_value_within_its_characteristics_is_taken(kind, limits, value):
    assert Characteristics(data_type=kind, **limits).refusal(value) is None


@pytest.mark.parametrize(("kind", "limits", "value", "reason"), BAD)
def test_a_value_outside_its_characteristics_is_refused(kind, limits, value, reason):
    refusal = Characteristics(data_type=kind, **limits).refusal(value)

    assert refusal is not None
    assert refusal.reason is reason


@given(kind=st.sampled_from(DataType), value=st.text(max_size=40))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_no_text_at_all_makes_the_check_fail(kind, value):
    characteristics = Characteristics(data_type=kind, values_list="A,B", min_limit=Decimal(1))

    refusal = characteristics.refusal(value)

    assert refusal is None or len(refusal.reason) <= 20


def test_members_of_a_list_come_without_blanks_around():
    assert members(" A, B ,C") == ("A", "B", "C")
    assert members(" ") == ()


def test_a_moment_is_read_in_utc():
    assert moment("2026-11-21T13:00:00.1234567+01:00") == datetime(2026, 11, 21, 12, 0, 0, 123456, UTC)
