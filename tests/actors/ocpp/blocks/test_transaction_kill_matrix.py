"""A charge point is killed at every point of a whole charge: what the back-end has of it is whole.

Each scene is one charge with something that goes wrong on the way to the back-end. The charge point is killed
at each point where something is or is not yet durable, or said; a few points of each scene by default, all of
them with EVSITE_EXAMPLES=2.
"""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from actors.ocpp.blocks import boot, metering, transactions
from actors.ocpp.blocks.transaction_entries import Transaction
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank
from actors.simulation.csms.ledger import judge
from tests.support.examples import TIMES
from tests.support.ocpp_shore import Shore
from tests.support.ocpp_transactions import CARD, E, Evse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLOCKS = (boot.BLOCK, metering.BLOCK, transactions.BLOCK)
SAMPLE = 4
"""Deaths per scene in `make test`."""
PLUG_S, AUTHORIZE_S, CHARGE_S, PAUSE_S, RESUME_S, FINISH_S, UNPLUG_S = 10, 20, 30, 200, 260, 500, 520
STEPS_S = (PLUG_S, AUTHORIZE_S, CHARGE_S, PAUSE_S, RESUME_S, FINISH_S, UNPLUG_S)
DONE_S = 1490
ANSWERED_S = 0.03
"""The back-end has had the message and its answer is on the way."""


def outages(*spans: tuple[float, float]) -> Callable[[Shore], None]:
    def play(shore: Shore) -> None:
        for since_s, until_s in spans:
            shore.at(since_s, shore.disconnect)
            shore.at(until_s, shore.connect)

    return play


def link_deaths(*moments_s: float) -> Callable[[Shore], None]:
    def play(shore: Shore) -> None:
        for moment_s in moments_s:
            shore.at(moment_s, shore.end_link)
            shore.at(moment_s + 2, shore.connect)

    return play


def back_end_restarts(*moments_s: float) -> Callable[[Shore], None]:
    def play(shore: Shore) -> None:
        for moment_s in moments_s:
            shore.at(moment_s, shore.restart_backend)
            shore.at(moment_s + 3, shore.connect)

    return play


def reboot(shore: Shore) -> None:
    shore.at(100, shore.reboot)
    shore.at(105, shore.connect)


def nothing(_shore: Shore) -> None:
    pass


def faults(*kinds: str) -> dict[str, object]:
    """Each strikes one message of the transaction, in turn."""
    return {
        "faults": [
            {"kind": kind, "action": "TransactionEvent", "after": 2 * number, "times": 1}
            | ({"error": "InternalError"} if kind == "call_error" else {})
            | ({"seconds": 40.0} if kind == "delay" else {})
            for number, kind in enumerate(kinds)
        ]
    }


SCENES: dict[str, tuple[Callable[[Shore], None], dict[str, object]]] = {
    "all is well": (nothing, {}),
    "offline from before to after": (outages((5, 700)), {}),
    "offline at the start": (outages((5, 150)), {}),
    "offline at the end": (outages((400, 700)), {}),
    "a link that flickers": (outages(*((each, each + 4) for each in range(15, 600, 23))), {}),
    "answers that are lost": (outages(*((each + ANSWERED_S, each + 3) for each in STEPS_S)), {}),
    "messages that are lost": (outages(*((each + 0.01, each + 3) for each in STEPS_S)), {}),
    "a link that dies": (link_deaths(*(each + ANSWERED_S for each in STEPS_S)), {}),
    "a back-end that restarts": (back_end_restarts(25, 201, 400, 501), {}),
    "a back-end with faults": (nothing, faults("silence", "drop", "call_error", "drop_after", "delay")),
    "answers nobody can use": (nothing, faults("duplicate", "stray", "wrong_id", "garbage", "binary")),
    "a reboot while charging": (reboot, {}),
}


def play(name: str, kill_at: int = 0, journal: Path | None = None) -> Shore:
    """One charge, and one death."""
    plan, script = SCENES[name]
    values = ((variables.SAMPLED_UPDATED_INTERVAL, 60),)
    shore = Shore(BLOCKS, script=script, journal=journal, values=values, kill_at=kill_at)
    evse = Evse(shore)  # type: ignore[arg-type]  # as far as it is concerned, a shore is a station
    acts = (
        evse.plug,
        evse.authorize,
        evse.charge,
        lambda: evse.say(E.CHARGING_PAUSED_EV),
        evse.charge,
        lambda: evse.finish(token=CARD),
        evse.unplug,
    )
    for moment_s, act in zip(STEPS_S, acts, strict=True):
        shore.at(moment_s, act)
        shore.at(moment_s, evse.condition)
    shore.at(1, shore.connect)
    for moment_s in range(60, UNPLUG_S, 60):
        shore.at(moment_s - 1, lambda: setattr(evse, "wh", evse.wh + 100))
    plan(shore)
    shore.at(800, shore.connect)
    shore.run(DONE_S)
    return shore


whole = cache(play)
"""A charge without a death."""


def faults_of(shore: Shore) -> list[str]:
    """What is wrong with what the back-end has."""
    ledger = judge(shore.entries)
    found = [str(each) for each in ledger.findings]
    if len(ledger.accounts) != 1:
        found.append(f"{len(ledger.accounts)} transactions")
    found += [f"seqNo {each['seqNo']} says offline {each['offline']}" for each in shore.wrongly_offline()]
    assert shore.core is not None
    tables = shore.core.tables
    if any(each.rank is Rank.TRANSACTION for each in tables.all(Queued).values()) or tables.all(Transaction):
        found.append("something is left")
    return found + [each for each in shore.notes if each == "message_given_up"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCENES)
def test_a_charge_is_told_whole_wherever_the_charge_point_dies(name):
    assert faults_of(whole(name)) == []
    points = range(1, whole(name).points)
    chosen = list(points) if TIMES > 1 else random.Random(name).sample(points, SAMPLE)

    broken = {}
    for point in chosen:
        shore = play(name, point)
        assert shore.died
        if found := faults_of(shore):
            broken[point] = found

    assert broken == {}


@pytest.mark.parametrize("name", SCENES)
def test_a_charge_without_deaths_has_these_events(name):
    kinds = [each["eventType"] for each in whole(name).events()]

    assert kinds[0] == "Started"
    assert kinds[-1] == "Ended"
    assert len(kinds) >= 10


def test_a_journal_on_the_disk_does_as_well(tmp_path):
    name = "answers that are lost"
    shore = play(name, whole(name).points // 2, journal=tmp_path / "charge_point.journal")

    assert len(shore.died) == 1
    assert faults_of(shore) == []


def test_the_clock_of_the_scenes_is_enough_for_every_attempt():
    shore = whole("a back-end with faults")

    assert shore.now - shore.links[0][0] == timedelta(seconds=DONE_S)
    assert "call_timed_out" in shore.notes
