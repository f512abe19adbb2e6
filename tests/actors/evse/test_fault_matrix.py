"""Every actor of an EVSE, and of what it needs, dies or hangs in every state of a session.

The real manager, connector, driver, authorization and error framework at simulated hardware, in one thread.
What is promised: the same session, its events complete and each once, the contactor opened no more often than
the car and the station want, energy counted from the same start; and the EVSE beside it sees nothing.

`make test` goes through a part of the matrix that is the same each time; EVSITE_EXAMPLES=2 through all of it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

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
SETTLE_S = 1.5


STATES: dict[str, Callable[[Station], object]] = {
    "waiting": lambda at: at.car(1, plugged=True, pin="B"),
    "validating": lambda at: at.card(1),
    "prepare": lambda _at: None,
    "charging": lambda at: at.car(1, plugged=True, pin="C", draws_a=10.0),
    "paused by the car": lambda at: at.car(1, plugged=True, pin="B"),
    "charging again": lambda at: at.car(1, plugged=True, pin="C", draws_a=10.0),
    "paused by the station": lambda at: at.order(evse_manager.PauseCharging()),
    "charging at last": lambda at: at.order(evse_manager.ResumeCharging()),
    "stopping": lambda at: at.order(evse_manager.StopTransaction(request=STOP)),
    "finished": lambda at: at.car(1, plugged=True, pin="B"),
    "gone": lambda at: at.car(1, plugged=False),
}
"""What brings a session into each state."""
AT_ONCE = {"validating": 0.2, "stopping": 0.05}
"""How long after that the blow comes, where the state does not last."""
LASTS_S = {"paused by the station": 5.0}
"""The car stays in state C, so that it takes a while until the contactor opens."""
VICTIMS = {
    "manager": "site/evse_1/evse_1",
    "connector": "site/evse_1/evse_1.connector_1",
    "board": "site/evse_1/board_1",
    "authorization": "site/auth/auth",
    "token request": "site/auth/request_1",
    "validator": "site/validator",
    "reader": "site/reader",
    "errors": "site:errors",
}
MATRIX = list(itertools.product(VICTIMS, STATES, ("kill", "hang")))
PART = MATRIX if TIMES > 1 else MATRIX[::9]


def play(station: Station, victim: str = "", state: str = "", blow: str = "") -> None:
    """A whole session at EVSE 1, with one blow; a card that came to nothing is presented again."""
    station.car(2, plugged=True, pin="C", draws_a=10.0)
    station.simulation.advance(0.5)
    station.card(2)
    station.simulation.advance(2.0)
    for name, step in STATES.items():
        step(station)
        station.simulation.advance(AT_ONCE.get(name, SETTLE_S))
        if name == state:
            path = VICTIMS[victim]
            station.strike("site/" + path if path == "site:errors" else path, blow)
        station.simulation.advance(LASTS_S.get(name, SETTLE_S))
        if name == "prepare" and "Authorized" not in station.events(1):
            station.simulation.advance(6.0)
            station.card(1)
            station.simulation.advance(3.0)


def check(station: Station) -> None:
    """Everything that is promised."""
    assert station.events(1) == EVENTS
    assert station.openings(1) == 3
    assert len({each.uuid for each in station.details()}) == 1
    started = next(each.transaction_started for each in station.details() if each.transaction_started)
    finished = next(each.transaction_finished for each in station.details() if each.transaction_finished)
    assert started.meter_value.energy_wh_import.total_wh == 0
    assert finished.meter_value.energy_wh_import.total_wh > 0
    assert station.events(2)[-1] == "ChargingStarted"
    assert len(station.events(2)) == 6
    assert station.openings(2) == 0


def test_a_session_goes_through_all_states_undisturbed(tmp_path: Path) -> None:
    station = Station(tmp_path)

    play(station)

    check(station)
    station.close()


@pytest.mark.untraced
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("victim", "state", "blow"), PART)
def test_a_session_survives_every_blow_in_every_state(
    tmp_path: Path, victim: str, state: str, blow: str
) -> None:
    station = Station(tmp_path)

    play(station, victim, state, blow)

    check(station)
    station.close()
