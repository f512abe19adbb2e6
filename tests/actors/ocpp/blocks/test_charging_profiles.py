"""Charging profiles of the CSMS: set, cleared, told, and gone with their transactions (K01, K09, K10)."""

from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.blocks import charging_profiles, evse_conditions, metering, transactions
from actors.ocpp.blocks.charging_profiles import MOST_BYTES, MOST_PERIODS, KeptProfile
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued
from actors.ocpp.messages import CalledReply
from protocols.ocpp import payloads
from protocols.ocpp.errors import Code
from protocols.ocpp.version import Version
from tests.support.charging_profiles import DEFAULT, HOUR, STATION, TX, altered_entries, at, text_at, typed
from tests.support.ocpp_station import START
from tests.support.ocpp_station import Station as Core
from tests.support.ocpp_transactions import Evse, told

BLOCKS = (evse_conditions.BLOCK, metering.BLOCK, transactions.BLOCK, charging_profiles.BLOCK)
ACCEPTED = {"status": "Accepted"}
ALL = datatypes.ChargingProfileCriterionType()


def made(**options: Any) -> Core:
    station = Core(blocks=BLOCKS, **options)
    station.connect()
    station.core.live.accepted = True
    return station


def put(station: Core, *args: Any, evse: int = 1, **fields: Any) -> Any:
    return station.request(call.SetChargingProfile(typed(*args, **fields), evse))


def reason(answer: Any) -> tuple[str, str]:
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode", "")


def ids(station: Core) -> list[int]:
    return [each.profile_id for each in station.tables.all(KeptProfile).values()]


def running(station: Core, number: int = 1) -> tuple[Evse, str]:
    evse = Evse(station, number)
    evse.plug()
    evse.authorize()
    return evse, told(station)[-1]["transactionInfo"]["transactionId"]


# -- setting -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_a_profile_is_kept_until_it_is_replaced(version: Version) -> None:
    # K01.FR.05
    station = made(version=version)

    assert put(station, DEFAULT, 16) == ACCEPTED
    assert put(station, DEFAULT, 10, level=3) == ACCEPTED
    assert put(station, STATION, 63, evse=0, profile_id=2) == ACCEPTED
    station.restart()

    assert ids(station) == [1, 2]
    kept = station.tables.all(KeptProfile)["1"]
    assert '"stackLevel":3' in kept.payload.replace(" ", "")


def test_a_request_that_comes_again_changes_nothing() -> None:
    station = made()

    for _ in range(2):
        assert station.request(call.SetChargingProfile(typed(), 1), "the same") == ACCEPTED

    assert ids(station) == [1]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"evse": 3}, "UnknownEvse"),
        ({"level": 43}, "InvalidStackLevel"),
        ({"profile_id": 2}, "DuplicateProfile"),
        ({"profile_id": 2, "evse": 0}, "DuplicateProfile"),
    ],
)
def test_a_profile_against_the_rules_is_rejected_and_not_kept(fields: dict[str, Any], expected: str) -> None:
    station = made()
    put(station)

    assert reason(put(station, **fields)) == ("Rejected", expected)
    assert ids(station) == [1]


def test_a_schedule_has_as_many_periods_as_the_device_model_says() -> None:
    station = made()
    station.set(variables.PERIODS_PER_SCHEDULE, 2)

    assert put(station, DEFAULT, (0, 1), (5, 2)) == ACCEPTED
    assert reason(put(station, DEFAULT, (0, 1), (5, 2), (9, 3))) == ("Rejected", "InvalidSchedule")


def test_how_many_profiles_there_are_is_a_variable() -> None:
    station = made()
    put(station)
    put(station, level=1, profile_id=2)
    assert station.model.read(variables.PROFILE_ENTRIES) == 2

    station.request(call.ClearChargingProfile(charging_profile_id=1))

    assert station.model.read(variables.PROFILE_ENTRIES) == 1


def test_there_is_room_for_as_many_profiles_as_are_declared() -> None:
    station = made(components=altered_entries(2))
    for number in (1, 2):
        assert put(station, profile_id=number, level=number) == ACCEPTED

    assert reason(put(station, profile_id=3, level=3)) == ("Rejected", "OutOfStorage")
    assert put(station, profile_id=2, level=4) == ACCEPTED


@pytest.mark.parametrize(
    "past", [{"validTo": text_at(HOUR)}, {"seconds": HOUR}, {"seconds": 2 * HOUR, "validTo": text_at(HOUR)}]
)
def test_a_profile_that_is_past_gives_way_when_room_is_needed(past: dict[str, Any]) -> None:
    station = made(components=altered_entries(1))
    put(station, **past)
    assert reason(put(station, profile_id=2, level=2)) == ("Rejected", "OutOfStorage")

    station.later(HOUR)

    assert put(station, profile_id=2, level=2) == ACCEPTED
    assert ids(station) == [2]


def test_a_profile_that_comes_back_does_not_give_way() -> None:
    station = made(components=altered_entries(1))
    put(station, recurs="Daily", seconds=HOUR)
    station.later(2 * HOUR)

    assert reason(put(station, profile_id=2, level=2)) == ("Rejected", "OutOfStorage")


def test_profiles_take_no_more_of_the_disk_than_they_may() -> None:
    station = made()
    text = payloads.to_text(typed(profile_id=9, level=9))
    station.tables.apply((KeptProfile(profile_id=9, evse_id=1, payload=text.ljust(MOST_BYTES - 10)),))

    assert reason(put(station)) == ("Rejected", "OutOfStorage")
    assert put(station, profile_id=9) == ACCEPTED


def set_many(station: Core, number: int, periods: int) -> Any:
    limits = [(each * 80, 6.0) for each in range(periods)]
    return put(station, DEFAULT, *limits, evse=0, profile_id=number, level=number, recurs="Daily")


def test_profiles_have_no_more_periods_together_than_can_be_gone_through() -> None:
    """Each of them keeps to what the station says of itself; all together would take too long."""
    station = made()
    taken = MOST_PERIODS // 1024
    for number in range(1, taken + 1):
        assert set_many(station, number, 1024) == ACCEPTED

    assert reason(set_many(station, 9, 1)) == ("Rejected", "OutOfStorage")
    assert set_many(station, taken, 1023) == ACCEPTED
    assert set_many(station, 9, 1) == ACCEPTED
    station.restart()

    assert ids(station) == [*range(1, taken + 1), 9]


def test_schedules_that_do_not_count_take_room_as_well() -> None:
    station = made()
    _, transaction = running(station)
    given = typed(TX, *((each, 6.0) for each in range(1024)), transactionId=transaction)
    given.charging_schedule *= 3
    assert station.request(call.SetChargingProfile(given, 1)) == ACCEPTED

    assert set_many(station, 2, MOST_PERIODS - 3 * 1024) == ACCEPTED
    assert reason(set_many(station, 3, 1)) == ("Rejected", "OutOfStorage")


@pytest.mark.parametrize(
    "request_",
    [
        call.SetChargingProfile(typed(), 1),
        call.ClearChargingProfile(charging_profile_id=1),
        call.GetChargingProfiles(ALL, 1),
    ],
    ids=lambda each: type(each).__name__,
)
def test_without_smart_charging_nothing_of_it_is_supported(request_: Any) -> None:
    # K01.FR.29
    station = made()
    station.set(variables.SMART_CHARGING, value=False)

    answer = station.request(request_)

    assert isinstance(answer, CalledReply)
    assert answer.code == Code.NOT_SUPPORTED.value


# -- transactions --------------------------------------------------------------------------------------------


def test_a_profile_of_a_transaction_ends_with_it() -> None:
    station = made()
    evse, transaction = running(station)
    assert put(station, TX, 10, transactionId=transaction) == ACCEPTED
    put(station, DEFAULT, 20, profile_id=2)
    station.restart()
    assert ids(station) == [1, 2]

    evse.finish()

    assert ids(station) == [2]


def test_a_profile_of_a_transaction_that_nobody_knows_goes() -> None:
    station = made()
    profile = KeptProfile(
        profile_id=1,
        evse_id=1,
        payload=payloads.to_text(typed(TX, transactionId="gone")),
        transaction_id="gone",
    )

    station.turn(lambda turn: turn.put(profile))

    assert ids(station) == []


def test_no_profile_is_taken_for_a_transaction_that_does_not_run_there() -> None:
    # K01.FR.09, K01.FR.33
    station = made()
    evse, transaction = running(station)

    assert reason(put(station, TX, transactionId=transaction, evse=2)) == ("Rejected", "TxNotFound")
    evse.finish()
    assert reason(put(station, TX, transactionId=transaction)) == ("Rejected", "TxNotFound")


def test_two_profiles_of_a_transaction_need_two_stack_levels() -> None:
    # K01.FR.39
    station = made()
    _, transaction = running(station)
    assert put(station, TX, transactionId=transaction) == ACCEPTED

    assert reason(put(station, TX, transactionId=transaction, profile_id=2)) == (
        "Rejected",
        "DuplicateProfile",
    )
    assert put(station, TX, transactionId=transaction, profile_id=2, level=1) == ACCEPTED


# -- clearing ------------------------------------------------------------------------------------------------


def several(**options: Any) -> Core:
    station = made(**options)
    put(station, STATION, 63, evse=0, profile_id=1)
    put(station, DEFAULT, 32, evse=0, profile_id=2, level=1)
    put(station, DEFAULT, 16, evse=1, profile_id=3, level=2)
    put(station, DEFAULT, 10, evse=2, profile_id=4, level=2)
    return station


def criteria(**fields: Any) -> call.ClearChargingProfile:
    return call.ClearChargingProfile(charging_profile_criteria=datatypes.ClearChargingProfileType(**fields))


Purpose = enums.ChargingProfilePurposeEnumType


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        (call.ClearChargingProfile(charging_profile_id=3), [1, 2, 4]),
        (
            call.ClearChargingProfile(
                charging_profile_id=3,
                charging_profile_criteria=datatypes.ClearChargingProfileType(evse_id=2),
            ),
            [1, 2, 4],
        ),
        (criteria(evse_id=1), [1, 2, 4]),
        (criteria(evse_id=0), [3, 4]),
        (criteria(charging_profile_purpose=Purpose.tx_default_profile), [1]),
        (criteria(stack_level=2), [1, 2]),
        (criteria(stack_level=2, evse_id=2), [1, 2, 3]),
        (criteria(), []),
    ],
    ids=str,
)
def test_profiles_are_cleared_by_id_or_by_criteria(request_: Any, left: list[int]) -> None:
    # K10
    station = several()

    assert station.request(request_) == ACCEPTED
    station.restart()

    assert ids(station) == left


@pytest.mark.parametrize(
    "request_",
    [
        call.ClearChargingProfile(),
        call.ClearChargingProfile(charging_profile_id=9),
        criteria(evse_id=7),
        criteria(charging_profile_purpose=Purpose.tx_profile),
    ],
    ids=str,
)
def test_where_nothing_fits_nothing_is_cleared(request_: Any) -> None:
    station = several()

    assert station.request(request_) == {"status": "Unknown"}
    assert ids(station) == [1, 2, 3, 4]


# -- telling -------------------------------------------------------------------------------------------------


def asked(evse_id: int | None = None, **fields: Any) -> call.GetChargingProfiles:
    return call.GetChargingProfiles(datatypes.ChargingProfileCriterionType(**fields), 8, evse_id=evse_id)


def reported(station: Core) -> list[dict[str, Any]]:
    while station.open is not None and station.open.action == "ReportChargingProfiles":
        station.answered(call_result.ReportChargingProfiles())
    return station.sent("ReportChargingProfiles")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (asked(), [1, 2, 3, 4]),
        (asked(0), [1, 2]),
        (asked(2), [4]),
        (asked(charging_profile_id=[4, 1, 9]), [1, 4]),
        (asked(2, charging_profile_id=[4, 1]), [4]),
        (asked(charging_profile_purpose=Purpose.tx_default_profile), [2, 3, 4]),
        (asked(stack_level=2), [3, 4]),
        (asked(charging_limit_source=["EMS", "CSO"]), [1, 2, 3, 4]),
    ],
    ids=str,
)
@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_the_profiles_asked_for_are_reported_one_by_one(
    version: Version, request_: Any, expected: list[int]
) -> None:
    # K09
    station = several(version=version)

    assert station.request(request_) == ACCEPTED

    found = reported(station)
    assert [each["chargingProfile"][0]["id"] for each in found] == expected
    assert [each["tbc"] for each in found] == [True] * (len(expected) - 1) + [False]
    assert {(each["requestId"], each["chargingLimitSource"]) for each in found} == {(8, "CSO")}
    assert [each["evseId"] for each in found] == [[0, 0, 1, 2][number - 1] for number in expected]


@pytest.mark.parametrize(
    "request_", [asked(7), asked(charging_limit_source=["EMS"]), asked(stack_level=9)], ids=str
)
def test_where_no_profile_fits_none_is_reported(request_: Any) -> None:
    station = several()

    assert station.request(request_) == {"status": "NoProfiles"}
    assert reported(station) == []


def test_a_report_is_what_was_set() -> None:
    station = made()
    _, transaction = running(station)
    station.answered(call_result.TransactionEvent())
    given = typed(TX, (0, 8.1, 1), unit="W", minimum=6.5, transactionId=transaction, validTo=text_at(HOUR))
    station.request(call.SetChargingProfile(given, 1))

    station.request(asked())

    (found,) = reported(station)
    (told_,) = found["chargingProfile"]
    schedule = told_["chargingSchedule"][0]
    assert told_["transactionId"] == transaction
    assert told_["validTo"] == text_at(HOUR)
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 8.1, "numberPhases": 1}]
    assert (schedule["minChargingRate"], schedule["startSchedule"]) == (6.5, text_at(0))


def test_a_report_outlives_the_charge_point() -> None:
    station = several()
    station.request(asked(2))

    station.restart()

    assert [each.action for each in station.tables.all(Queued).values()] == ["ReportChargingProfiles"]


def test_what_was_read_once_is_not_read_again() -> None:
    station = several()
    found: list[Any] = []

    for _ in range(2):
        station.turn(lambda turn: found.append(charging_profiles.understood(turn)))

    assert [each.id for each in found[0]] == [1, 2, 3, 4]
    assert all(one is two for one, two in zip(*found, strict=True))
    assert found[0][0].starts_at == START == at(0)
