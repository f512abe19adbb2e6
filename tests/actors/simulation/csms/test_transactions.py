"""Transactions as they run, told in either version."""

import pytest

from actors.simulation.csms.transactions import Transactions, energies_wh, reading
from tests.support.certificates import NOW
from tests.support.csms_stage import event

START = {"connectorId": 2, "idTag": "AA", "meterStart": 100, "timestamp": "2026-06-01T12:00:00Z"}


def told(*payloads, kept=50):
    made = Transactions(kept)
    for payload in payloads:
        made.told("cp-1", payload, NOW)
    return made


def sampled(value=1, **more):
    return [{"sampledValue": [{"value": value, **more}]}]


def test_a_transaction_gathers_what_is_told_of_it():
    token = {"idToken": "AA", "type": "ISO14443"}
    started = event("Started", 0, 1000, evse={"id": 3, "connectorId": 1}, idToken=token)
    updated = event("Updated", 1, 1500)
    updated["transactionInfo"]["chargingState"] = "Charging"

    one = told(started, updated).find("cp-1", "tx-1")

    assert (one.evse, one.token, one.state, one.seq_no, one.messages) == (3, "AA", "Charging", 1, 2)
    assert (one.energy_wh, one.ended_at) == (500, None)


@pytest.mark.parametrize(
    ("info", "reason"), [({}, "Local"), ({"stoppedReason": "EVDisconnected"}, "EVDisconnected")]
)
def test_an_end_has_its_moment_and_reason(info, reason):
    ended = event("Ended", 1)
    ended["transactionInfo"] |= info

    one = told(event(), ended).find("cp-1", "tx-1")

    assert (one.ended_at, one.reason, one.energy_wh) == (NOW, reason, 0)


def test_the_newest_open_transaction_is_found_by_evse():
    made = told(
        event(transaction="a", evse={"id": 1}),
        event(transaction="b", evse={"id": 2}),
        event(transaction="c", evse={"id": 2}),
        event("Ended", 1, transaction="c"),
    )

    assert made.open_at("cp-1").id == "b"
    assert made.open_at("cp-1", 1).id == "a"
    assert made.open_at("cp-1", 9) is None
    assert made.open_at("cp-2") is None


def test_an_end_that_is_told_twice_does_no_harm():
    made = told(event(), event("Ended", 1), event("Ended", 1))

    assert made.find("cp-1", "tx-1").messages == 3
    assert made.open_at("cp-1") is None


def test_the_oldest_are_forgotten_when_there_are_too_many():
    made = told(*(event(transaction=name) for name in "abc"), kept=2)

    assert [one.id for one in made] == ["b", "c"]
    assert made.open_at("cp-1").id == "c"


def test_a_start_of_the_old_version_is_known_again():
    made = Transactions()

    first = made.started("cp-1", START, NOW)
    again = made.started("cp-1", START, NOW)
    other = made.started("cp-2", START, NOW)

    assert first is again
    assert (first.id, first.messages, other.id) == ("1", 2, "2")


def test_a_forgotten_start_of_the_old_version_has_a_new_number():
    made = Transactions(kept=1)
    made.started("cp-1", START, NOW)
    made.started("cp-1", START | {"connectorId": 3}, NOW)

    assert made.started("cp-1", START, NOW).id == "3"


def test_the_old_version_meters_and_stops_by_number():
    made = Transactions()
    made.started("cp-1", START, NOW)

    made.metered("cp-1", "1", sampled("0.3", unit="kWh"))
    made.stopped("cp-1", {"transactionId": 1, "meterStop": 600, "reason": "Remote"}, NOW)

    one = made.find("cp-1", "1")
    assert (one.messages, one.energy_wh, one.reason, one.ended_at) == (3, 500, "Remote", NOW)


def test_what_names_no_transaction_changes_nothing():
    made = Transactions()

    made.metered("cp-1", "9", sampled())
    made.stopped("cp-1", {"transactionId": 9, "meterStop": 1}, NOW)

    assert list(made) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (sampled(5), [5]),
        (sampled("5", unit="kWh"), [5000]),
        (sampled(5, unitOfMeasure={"unit": "kWh", "multiplier": -3}), [5]),
        (sampled(5, unitOfMeasure={"multiplier": 2}), [500]),
        (sampled(5, measurand="Power.Active.Import"), []),
        (sampled(5, phase="L1"), []),
        (sampled(5, location="Inlet"), []),
        (sampled("AB", format="SignedData"), []),
        (sampled("AB"), []),
        (sampled("1e999"), []),
        (sampled("nan"), []),
        (sampled(5, unitOfMeasure={"multiplier": 10**400}), []),
        (sampled(5, unitOfMeasure={"multiplier": 400}), []),
        (sampled(1e300, unitOfMeasure={"multiplier": 300}), []),
        ([{}], []),
    ],
)
def test_only_readings_of_the_register_are_energy(values, found):
    assert energies_wh(values) == pytest.approx(found)


@pytest.mark.parametrize(
    ("value", "found"), [(3, [3.0]), ("3.5", [3.5]), ("x", []), (10**400, []), ("inf", [])]
)
def test_a_reading_is_a_number_or_none(value, found):
    assert reading(value) == found
