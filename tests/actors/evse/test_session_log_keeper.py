"""Tests for actors/evse/session_log_keeper.py, in the hands of the manager (row M5.7)."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from actors.evse.record import Record
from actors.evse.session_log_keeper import SessionLogKeeper
from tests.actors.evse.test_evse_manager_actor import STEPS, Station
from tests.support import actors, evse_devices
from tests.support.evse import START, Bench, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    evse_devices.reset()
    actors.reset()


def logs(directory: Path) -> list[list[tuple[str, str]]]:
    """Of each log, the oldest first, who and what."""
    found = []
    for path in sorted(directory.glob("session-evse_1-*/eventlog.csv")):
        with path.open(newline="") as file:
            found.append([(row["from"], row["event"]) for row in csv.DictReader(file)])
    return found


def written(station: Station) -> None:
    """Have every manager finish its log."""
    station.simulation.close()


def test_a_session_leaves_its_log(tmp_path: Path) -> None:
    station = Station(tmp_path, session_logging=True, session_logging_path=str(tmp_path / "logs"))
    for step in STEPS:
        step(station)
    uuid = evse_devices.events()[0].uuid
    written(station)

    (log,) = logs(tmp_path / "logs")

    assert [event for origin, event in log if origin == "SYS" and event[0].isupper()] == [
        "SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging",
        "ChargingStarted", "StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished",
    ]  # fmt: skip
    assert {("EVSE", "state"), ("CAR", "connector 1"), ("EVSE", "order to connector 1")} <= set(log)
    (path,) = (tmp_path / "logs").iterdir()
    assert path.name.endswith(uuid.replace("-", "_"))


def test_each_session_has_a_log_of_its_own(tmp_path: Path) -> None:
    station = Station(
        tmp_path, session_logging=True, session_logging_path=str(tmp_path / "logs"), logfile_suffix="bay-4"
    )
    for step in (*STEPS, *STEPS):
        step(station)
        station.simulation.advance(0.001)
    written(station)

    assert [log[-1] for log in logs(tmp_path / "logs")] == [("SYS", "SessionFinished")] * 2
    assert all(path.name.endswith("-bay_4") for path in (tmp_path / "logs").iterdir())


def test_a_replaced_manager_begins_a_log_for_the_rest(tmp_path: Path) -> None:
    station = Station(tmp_path, session_logging=True, session_logging_path=str(tmp_path / "logs"))
    for step in STEPS[:3]:
        step(station)

    station.simulation.advance(0.5)
    station.kill("evse_1")
    for step in STEPS[3:]:
        step(station)
    written(station)

    assert ("SYS", "SessionFinished") in logs(tmp_path / "logs")[-1]
    assert ("EVSE", "state") in logs(tmp_path / "logs")[-1]


def test_without_the_parameter_nothing_is_written(tmp_path: Path) -> None:
    station = Station(tmp_path, session_logging_path=str(tmp_path / "logs"))
    for step in STEPS:
        step(station)
    written(station)

    assert not (tmp_path / "logs").exists()


def test_a_log_that_cannot_be_written_is_warned_of_and_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file, and no directory")
    warned: list[Any] = []
    where = settings(session_logging=True, session_logging_path=str(tmp_path / "logs"))
    keeper = SessionLogKeeper("evse_1", where, lambda *what: warned.append(what))
    bench = Bench()
    bench.ready()
    bench.plug()

    keeper.follow(bench.core.record, START)
    keeper.close()

    assert [problem for _path, problem in warned] == ["File exists"]
    assert not keeper.on
    keeper.follow(Record(), START)
    assert not keeper.on
