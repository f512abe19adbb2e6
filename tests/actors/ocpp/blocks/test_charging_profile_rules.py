"""What hinders a charging profile: each rule of K01 on its own."""

from dataclasses import replace

import pytest
from ocpp.v21.datatypes import LimitAtSoCType

from actors.ocpp.blocks.charging_profile_rules import ABSENT_OF_PERIOD, Case, refusal
from tests.support.charging_profiles import DEFAULT, STATION, TRANSACTION, TX, profile, text_at, typed


def case(*args, evse=1, **fields):
    options = {name: fields.pop(name) for name in list(fields) if name in Case.__dataclass_fields__}
    standard = {"evse_id": evse, "evses": (1, 2), "transaction_id": TRANSACTION, "most_level": 42}
    return Case(given=typed(*args, **fields), **{**standard, **options})


def code(*args, **fields):
    found = refusal(case(*args, **fields))
    return None if found is None else found.code


def tx(*limits, **fields):
    return code(TX, *limits, **{"transactionId": TRANSACTION, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"evse": 0},
        {"evse": 2, "starts": None},
        {"recurs": "Daily", "seconds": 600},
        {"level": 42},
        {"most_periods": 3},
        {"profile_id": 2**31 - 1},
        {"unit": "W", "minimum": 6.5},
        {"validFrom": text_at(0), "validTo": text_at(1)},
    ],
    ids=str,
)
def test_a_default_profile_of_every_kind_is_taken(fields):
    assert code(DEFAULT, (0, 16), (60, 0), (90, 6, 1), **fields) is None


def test_profiles_of_station_and_transaction_are_taken():
    assert code(STATION, 63, evse=0) is None
    assert tx() is None
    assert tx(starts=None) is None
    assert code(TX, starts_with=True, evse=None) is None


@pytest.mark.parametrize(
    ("args", "fields", "expected"),
    [
        ([DEFAULT], {"evse": 3}, "UnknownEvse"),  # K01.FR.28
        ([DEFAULT], {"evse": -1}, "UnknownEvse"),
        (["ChargingStationExternalConstraints"], {"evse": 0}, "InvalidProfile"),  # K01.FR.22
        (["PriorityCharging"], {}, "UnsupportedPurpose"),
        (["LocalGeneration"], {"evse": 0}, "UnsupportedPurpose"),
        ([DEFAULT], {"kind": "Dynamic"}, "UnsupportedKind"),
        ([DEFAULT], {"kind": "Recurring"}, "InvalidProfile"),
        ([DEFAULT], {"level": 43}, "InvalidStackLevel"),
        ([STATION], {}, "InvalidProfile"),
        ([STATION], {"evse": 0, "starts": None}, "InvalidProfile"),  # K01.FR.38
        ([DEFAULT], {"transactionId": TRANSACTION}, "InvalidProfile"),
        ([TX], {"transactionId": TRANSACTION, "starts_with": True}, "InvalidProfile"),
        ([TX], {"transactionId": TRANSACTION, "evse": 0}, "InvalidProfile"),  # K01.FR.16
        ([TX], {}, "MissingParam"),  # K01.FR.03
        ([TX], {"transactionId": "tx-2"}, "TxNotFound"),  # K01.FR.33
        ([TX], {"transactionId": "tx-2", "transaction_id": None}, "TxNotFound"),  # K01.FR.09
        ([DEFAULT], {"validFrom": "Sunday"}, "InvalidProfile"),
        ([DEFAULT], {"validFrom": text_at(5), "validTo": text_at(5)}, "InvalidProfile"),
        ([DEFAULT], {"kind": "Relative"}, "InvalidSchedule"),  # K01.FR.41
        ([DEFAULT], {"kind": "Absolute", "starts": None}, "InvalidSchedule"),  # K01.FR.40
        ([DEFAULT], {"kind": "Recurring", "recurrencyKind": "Daily", "starts": None}, "InvalidSchedule"),
        ([DEFAULT], {"maxOfflineDuration": 60}, "UnsupportedParam"),
        ([DEFAULT], {"unit": "W", "units": ("A",)}, "UnsupportedRateUnit"),  # K01.FR.26
        ([DEFAULT, (0, 6), (1, 7), (2, 8)], {"most_periods": 2}, "InvalidSchedule"),
        ([DEFAULT], {"seconds": 0}, "InvalidSchedule"),
        ([DEFAULT], {"minimum": -6.0}, "InvalidSchedule"),
        ([DEFAULT, (1, 6)], {}, "InvalidSchedule"),  # K01.FR.31
        ([DEFAULT, (0, 6), (0, 7)], {}, "InvalidSchedule"),  # K01.FR.35
        ([DEFAULT, -1.0], {}, "InvalidSchedule"),
        ([DEFAULT, float("nan")], {}, "InvalidSchedule"),
        ([DEFAULT, 1e30], {}, "InvalidSchedule"),
        ([DEFAULT], {"minimum": 1e30}, "InvalidSchedule"),
        ([DEFAULT], {"seconds": 10**10}, "InvalidSchedule"),
        ([DEFAULT], {"profile_id": 2**31}, "InvalidProfileId"),
        ([DEFAULT], {"profile_id": -(2**40)}, "InvalidProfileId"),
        ([DEFAULT, (0, 6, 0)], {}, "InvalidSchedule"),
        ([DEFAULT, (0, 6, -1)], {}, "InvalidSchedule"),
        ([DEFAULT, (0, 6, 4)], {}, "InvalidSchedule"),
    ],
)
def test_a_profile_against_a_rule_is_refused_with_its_reason(args, fields, expected):
    assert code(*args, **fields) == expected


def with_period(**fields):
    given = case()
    period = given.given.charging_schedule[0].charging_schedule_period[0]
    for name, value in fields.items():
        setattr(period, name, value)
    return given


def reason(given):
    found = refusal(given)
    return None if found is None else found.code


@pytest.mark.parametrize("name", ABSENT_OF_PERIOD)
def test_what_the_station_does_not_do_is_refused(name):
    assert reason(with_period(**{name: 1})) == "UnsupportedParam"
    assert reason(with_period(**{name: None})) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("use_local_time", True), ("randomized_delay", 5), ("limit_at_soc", LimitAtSoCType(limit=1, soc=80))],
)
def test_so_is_what_a_schedule_may_ask_for(name, value):
    given = case()
    setattr(given.given.charging_schedule[0], name, value)

    assert reason(given) == "UnsupportedParam"


def test_no_mode_but_charging_is_taken():
    assert reason(with_period(operation_mode="ChargingOnly")) is None
    assert reason(with_period(operation_mode="CentralSetpoint")) == "InvalidOperationMode"


def test_a_period_without_limit_is_refused():
    assert reason(with_period(limit=None)) == "InvalidSchedule"


@pytest.mark.parametrize(
    ("phases", "switches", "expected"),
    [
        (1, True, None),
        (1, False, "InvalidSchedule"),
        (3, True, "InvalidSchedule"),
        (None, True, "InvalidSchedule"),
    ],
)
def test_a_phase_can_be_chosen_where_it_can_be_switched(phases, switches, expected):
    # K01.FR.19, K01.FR.20
    given = with_period(number_phases=phases, phase_to_use=2)

    assert reason(replace(given, switches_phases=switches)) == expected


def test_only_a_transaction_may_have_several_schedules():
    several = typed(TX, transactionId=TRANSACTION)
    several.charging_schedule *= 2
    default = typed(DEFAULT)
    default.charging_schedule *= 2

    assert reason(replace(case(), given=several)) is None
    assert reason(replace(case(), given=default)) == "InvalidSchedule"


def test_no_schedule_of_a_relative_profile_has_a_start():
    # K01.FR.41
    given = typed(TX, transactionId=TRANSACTION, starts=None)
    given.charging_schedule.append(typed(TX).charging_schedule[0])

    assert reason(replace(case(), given=given)) == "InvalidSchedule"


def test_no_schedule_of_an_absolute_profile_is_without_a_start():
    # K01.FR.40
    given = typed(TX, transactionId=TRANSACTION)
    given.charging_schedule.append(typed(TX, starts=None).charging_schedule[0])

    assert reason(replace(case(), given=given)) == "InvalidSchedule"


SAME = profile(DEFAULT, profile_id=7, level=3)


@pytest.mark.parametrize(
    ("other", "args", "fields", "expected"),
    [
        (SAME, [DEFAULT], {"level": 3}, "DuplicateProfile"),  # K01.FR.06
        (SAME, [DEFAULT], {"level": 3, "profile_id": 7}, None),  # K01.FR.05: it takes its place
        (SAME, [DEFAULT], {"level": 4}, None),
        (SAME, [DEFAULT], {"level": 3, "evse": 2}, None),
        (SAME, [DEFAULT], {"level": 3, "evse": 0}, "DuplicateProfile"),  # K01.FR.53
        (replace(SAME, evse_id=0), [DEFAULT], {"level": 3}, "DuplicateProfile"),  # K01.FR.52
        (SAME, [TX], {"level": 3, "transactionId": TRANSACTION}, None),
        (profile(STATION, evse=0, profile_id=7), [STATION], {"evse": 0}, "DuplicateProfile"),
        (
            profile(TX, profile_id=7, transactionId=TRANSACTION),
            [TX],
            {"transactionId": TRANSACTION},
            "DuplicateProfile",  # K01.FR.39
        ),
        (profile(TX, profile_id=7, transactionId="tx-0"), [TX], {"transactionId": TRANSACTION}, None),
        (profile(TX, profile_id=7, transactionId="tx-0"), [TX], {"starts_with": True}, None),
    ],
)
def test_two_profiles_of_one_purpose_and_level_cannot_hold_at_a_time(other, args, fields, expected):
    assert code(*args, others=(other,), **fields) == expected


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        ({"validTo": text_at(100)}, None),
        ({"validFrom": text_at(200)}, None),
        ({"validTo": text_at(101)}, "DuplicateProfile"),
        ({"validFrom": text_at(199)}, "DuplicateProfile"),
        ({"validFrom": text_at(150), "validTo": text_at(160)}, "DuplicateProfile"),
    ],
)
def test_they_can_if_they_are_valid_one_after_the_other(valid, expected):
    other = profile(DEFAULT, profile_id=7, validFrom=text_at(100), validTo=text_at(200))

    assert code(DEFAULT, others=(other,), **valid) == expected
