"""The direct current half of the fault matrix: every actor that a DC charge has dies or hangs in every state.

The real manager, connector, drivers, link, session, authorization and error framework at simulated hardware,
in one thread, with a car that speaks DIN 70121 and ISO 15118-2 (`tests/support/wired_matrix.py`). Promised is
the same as on AC: one session, its events complete and each once, the contactor opened no more often than car
and station want, energy counted from one start, and the EVSE beside it sees nothing. What follows from the
protocol alone stands in `EXTRA`: a link that dies takes the car's connection along (docs/v2g.md), and the
charge goes on with another talk.

`make test` goes through a part of the matrix that is the same each time; EVSITE_EXAMPLES=2 through all of it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import pytest

from protocols.interfaces import evse_manager
from tests.support.examples import TIMES
from tests.support.fault_matrix import STOP, Station

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVENTS = [
    "SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging",
    "ChargingStarted", "ChargingPausedEV", "ChargingStarted", "ChargingPausedEVSE", "PrepareCharging",
    "ChargingStarted", "StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished",
]  # fmt: skip


def _silent(at: Station) -> bool:
    return not at.phase


def _nothing(_at: Station) -> None:
    pass


def _in(phase: str) -> Callable[[Station], bool]:
    return lambda at: at.phase == phase


def _said(event: str) -> Callable[[Station], bool]:
    return lambda at: event in at.events(1)


class Stage(NamedTuple):
    """A state of a session."""

    begin: Callable[[Station], object]
    """What leads to it."""
    reached: Callable[[Station], bool]
    lasts_s: float = 1.0
    """How long it is looked at, from the blow on."""
    goes_on: bool = False
    """Whatever dies, it is so again before the next begins."""


STATES: dict[str, Stage] = {
    "plugged in": Stage(lambda at: at.drive("plug"), _said("AuthRequired"), 0.2),
    "waiting for authorization": Stage(_nothing, _in("Authorization")),
    "validating": Stage(lambda at: at.card(1), lambda _at: True, 0.5),
    "cable check": Stage(_nothing, _in("CableCheck"), 0.3),
    "pre-charge": Stage(_nothing, _in("PreCharge"), 0.3),
    "charging": Stage(_nothing, _in("CurrentDemand"), 2.0),
    "paused by the car": Stage(lambda at: at.drive("pause"), _in("Paused"), 0.5),
    "charging again": Stage(_nothing, _in("CurrentDemand"), 2.0),
    "paused by the station": Stage(
        lambda at: at.order(evse_manager.PauseCharging()), _said("ChargingPausedEVSE")
    ),
    "asleep": Stage(_nothing, _silent),
    "woken": Stage(lambda at: at.order(evse_manager.ResumeCharging()), lambda _at: True, 0.5),
    "charging at last": Stage(_nothing, _in("CurrentDemand"), 2.0, goes_on=True),
    "stopping": Stage(
        lambda at: at.order(evse_manager.StopTransaction(request=STOP)), _said("StoppingCharging"), 0.1
    ),
    "welding check": Stage(_nothing, _in("WeldingDetection"), 0.2),
    "finished": Stage(_nothing, _said("TransactionFinished"), 2.0),
    "gone": Stage(lambda at: at.drive("unplug"), _said("SessionFinished"), 2.0),
}
VICTIMS = {
    "manager": "site/evse_1/evse_1",
    "connector": "site/evse_1/evse_1.connector_1",
    "board": "site/evse_1/board_1",
    "supply and meter": "site/evse_1/supply_1",
    "isolation monitor": "site/evse_1/imd_1",
    "over-voltage monitor": "site/evse_1/ovm_1",
    "modem": "site/evse_1/slac_1",
    "link": "site/evse_1/v2g_1",
    "session": "site/evse_1/v2g_1.session",
    "authorization": "site/auth/auth",
    "token request": "site/auth/request_1",
    "validator": "site/validator",
    "reader": "site/reader",
    "errors": "site/site:errors",
}
MATRIX = list(itertools.product(VICTIMS, STATES, ("kill", "hang")))
PART = MATRIX if TIMES > 1 else MATRIX[122::120]
"""Among the part is a link that dies while its car sleeps."""
CLOSED = (
    "cable check", "pre-charge", "charging", "charging again", "paused by the station", "charging at last"
)  # fmt: skip
EXTRA = {("link", state): 1 for state in CLOSED} | {("connector", "cable check"): 1}
"""How often the contactor opens once more: the talk under which it was closed is over, or the cable check
that was under way is begun anew.
"""
WITHOUT = {("link", "stopping"): "welding check"}
"""What is not reached: a car's test for welding belongs to the talk that has just been lost, and who has been
stopped is asked to no other.
"""
OPENINGS = 3
"""For the pauses of the car and of the station, and at the end."""
PATIENCE_S = 15.0
"""A car whose talk was broken off in a cable check comes back, and is checked once more."""


def play(station: Station, victim: str = "", state: str = "", blow: str = "") -> None:
    """A whole session at EVSE 1, with one blow; a card that came to nothing is presented again."""
    station.car(2, plugged=True, pin="C", draws_a=10.0)
    station.simulation.advance(0.5)
    station.card(2)
    station.simulation.advance(2.0)
    for name, stage in STATES.items():
        if name == WITHOUT.get((victim, state)):
            continue
        stage.begin(station)
        assert station.until(stage.reached, PATIENCE_S), name
        if name == state:
            station.strike(VICTIMS[victim], blow)
        station.simulation.advance(stage.lasts_s)
        assert not stage.goes_on or station.until(stage.reached, PATIENCE_S), f"{name}, again"
        if name == "validating":
            station.until(_said("Authorized"), 6.0)
            if "Authorized" not in station.events(1):
                station.card(1)


def check(station: Station, extra: int = 0) -> None:
    """Everything that is promised."""
    assert station.events(1) == EVENTS
    assert OPENINGS <= station.openings(1) <= OPENINGS + extra
    assert len({each.uuid for each in station.details()}) == 1
    started = next(each.transaction_started for each in station.details() if each.transaction_started)
    finished = next(each.transaction_finished for each in station.details() if each.transaction_finished)
    assert started.meter_value.energy_wh_import.total_wh == 0
    assert finished.meter_value.energy_wh_import.total_wh > 0
    assert station.events(2)[-1] == "ChargingStarted"
    assert len(station.events(2)) == 6
    assert station.openings(2) == 0


def test_a_dc_session_goes_through_all_states_undisturbed(tmp_path: Path) -> None:
    station = Station(tmp_path, dc=True)

    play(station)

    check(station)
    assert station.talks == 2  # it resumes its own pause within one, and is woken after the station's
    station.close()


@pytest.mark.untraced
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("victim", "state", "blow"), PART)
def test_a_dc_session_survives_every_blow_in_every_state(
    tmp_path: Path, victim: str, state: str, blow: str
) -> None:
    station = Station(tmp_path, dc=True)

    play(station, victim, state, blow)

    check(station, EXTRA.get((victim, state), 0))
    station.close()
