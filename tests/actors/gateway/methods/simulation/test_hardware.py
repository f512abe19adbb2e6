"""Tests for actors/gateway/methods/simulation/hardware.py: bay, faults, lock and meters, over the Gateway."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from actors.gateway.rpc import Code, RpcError
from actors.simulation.plant.messages import (
    DeviceError,
    Fault,
    Mend,
    Reading,
    SetBay,
    SetError,
    SetFault,
    SetReading,
)
from protocols.interfaces import ac_rcd
from protocols.message import Failure, FailureReason, Reply
from protocols.types.error_history import Severity
from tests.support.gateway_simulation import DEPLOY, LiveSite, drive, map_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIL = map_of(DEPLOY / "sil-2evse.yaml")
DONE = Reply()
RESET = ac_rcd.ResetReply(reset=True)
STUCK = SetFault(fault=Fault.LOCK_STUCK, active=True)


def told(name: str, *replies: Reply, **params: Any) -> list[Any]:
    """What names are told by a method."""
    _result, asked = drive(SIL, name, replies, evse=1, **params)
    return [(ask.name, ask.command) for ask in asked]


@pytest.mark.parametrize(("name", "occupied"), [("bay.occupy", True), ("bay.depart", False)])
def test_a_car_drives_into_the_bay_and_out(name: str, occupied: bool) -> None:  # noqa: FBT001  # a column
    assert told(name, DONE) == [("plant:1", SetBay(occupied=occupied))]


def test_a_fault_breaks_a_part_or_is_said_by_a_device() -> None:
    broken, _ = drive(SIL, "fault.raise", [DONE], evse=1, type="ac_rcd/AC")
    said, (ask,) = drive(
        SIL, "fault.raise", [DONE], evse=1, type="ac_rcd/DC", message="a test", severity="Low"
    )

    assert broken == {"evse": 1, "hardware": "hardware/GroundFault", "device": None}
    assert said == {"evse": 1, "hardware": None, "device": "board_1/rcd"}
    assert ask.command == SetError(
        error=DeviceError(origin="board_1/rcd", type="ac_rcd/DC", message="a test", severity=Severity.LOW),
        active=True,
    )


@pytest.mark.parametrize(
    ("kind", "replies", "expected"),
    [
        ("hardware/Welded", [DONE], [("plant:1", SetFault(fault=Fault.WELDED, active=False))]),
        (
            "hardware/GroundFault",
            [DONE, RESET],
            [("plant:1", SetFault(fault=Fault.GROUND_FAULT, active=False)), ("board_1/rcd", ac_rcd.Reset())],
        ),
        (None, [DONE, RESET], [("plant:1", Mend()), ("board_1/rcd", ac_rcd.Reset())]),
        (
            "ac_rcd/DC",
            [DONE],
            [
                (
                    "plant:1",
                    SetError(error=DeviceError(origin="board_1/rcd", type="ac_rcd/DC"), active=False),
                )
            ],
        ),
    ],
)
def test_what_is_mended_is_said_to_who_has_to_know(
    kind: str | None, replies: list[Reply], expected: list[Any]
) -> None:
    assert told("fault.clear", *replies, type=kind) == expected


def test_a_lock_fails_at_once_or_when_it_is_told_to_move() -> None:
    later = told("lock.fail", DONE)
    at_once = told("lock.fail", DONE, DONE, failed="unlock")

    assert later == [("plant:1", STUCK)]
    assert at_once[0] == later[0]
    assert at_once[1][1].error.type == "connector_lock/ConnectorLockFailedUnlock"


def test_a_meter_shows_what_is_given_and_measures_the_rest() -> None:
    over = told("meter.override", DONE, energy_wh=1234.5, power_w=-3)
    free = told("meter.release", DONE)

    assert over == [("plant:1", SetReading(reading=Reading(energy_wh=Decimal("1234.5"), power_w=-3.0)))]
    assert free == [("plant:1", SetReading(reading=Reading()))]


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [
        ("meter.override", {"evse": 1}, Code.PARAMS),
        ("meter.override", {"evse": 1, "energy_wh": 1e30}, Code.PARAMS),
        ("meter.override", {"evse": 1, "energy_wh": -1}, Code.PARAMS),
        ("meter.override", {"evse": 1, "power_w": 1e30}, Code.PARAMS),
        ("fault.raise", {"evse": 1, "type": "ac_rcd/ACDC"}, Code.NO_SUCH),
        ("fault.raise", {"evse": 9, "type": "ac_rcd/AC"}, Code.NO_SUCH),
        ("fault.raise", {"evse": 1, "type": "system/CommunicationFault"}, Code.NOT_SIMULATED),
        ("lock.fail", {"evse": 0}, Code.PARAMS),
        ("bay.occupy", {}, Code.PARAMS),
    ],
)
def test_what_cannot_be_done_is_refused(name: str, params: dict[str, Any], code: Code) -> None:
    with pytest.raises(RpcError) as refused:
        drive(SIL, name, [], **params)

    assert refused.value.code is code


def test_a_plant_that_does_not_answer_is_told_of() -> None:
    gone = Failure(reason=FailureReason.UNAVAILABLE, detail="nobody serves plant:1")

    with pytest.raises(RpcError, match="nobody serves plant:1") as refused:
        drive(SIL, "bay.occupy", [gone], evse=1)

    assert refused.value.code is Code.FAILURE


# -- at a site -----------------------------------------------------------------------------------------------


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveSite]:
    site = LiveSite(tmp_path)
    yield site
    site.close()


def test_a_fault_ends_the_charge_and_goes_when_it_is_mended(live: LiveSite) -> None:
    live.charge()
    live.call("fault.raise", evse=1, type="ac_rcd/MREC2GroundFailure")
    during = live.errors, live.state
    assert "ac_rcd/MREC2GroundFailure" in during[0]
    assert during[1] != "Charging"

    live.call("fault.clear", evse=1)

    assert live.errors == set()


def test_a_device_says_an_error_until_it_is_cleared(live: LiveSite) -> None:
    live.call("fault.raise", evse=1, type="evse_board_support/TiltDetected")
    assert "evse_board_support/TiltDetected" in live.errors

    live.call("fault.clear", evse=1, type="evse_board_support/TiltDetected")

    assert live.errors == set()


def test_a_car_that_takes_too_much_is_noticed(live: LiveSite) -> None:
    live.charge()

    live.call("fault.raise", evse=1, type="evse_manager/MREC4OverCurrentFailure", wait_s=15.0)

    assert "evse_manager/MREC4OverCurrentFailure" in live.errors


def test_a_lock_that_fails_raises_its_error(live: LiveSite) -> None:
    live.call("lock.fail", evse=1)
    assert live.errors == set()

    live.charge()

    assert "connector_lock/ConnectorLockFailedLock" in live.errors
    live.call("fault.clear", evse=1, type="hardware/LockStuck")
    assert live.errors == set()


def test_a_meter_shows_what_it_is_told_and_then_what_it_measures(live: LiveSite) -> None:
    board = live.actor("evse_1/board_1")
    live.call("meter.override", evse=1, energy_wh=5000, power_w=11000)
    shown = board.reading(board.plant)
    live.call("meter.release", evse=1)

    assert (shown.energy_wh_import.total_wh, shown.power_w.total_w) == (5000, 11000)
    assert board.reading(board.plant).energy_wh_import.total_wh == 0


def test_a_car_in_the_bay_is_seen_by_the_hardware(live: LiveSite) -> None:
    live.call("bay.occupy", evse=1)
    seen = [live.plant.occupied]
    live.call("bay.depart", evse=1)

    assert [*seen, live.plant.occupied] == [True, False]
