"""Who is killed, and what is found in what a run has left behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from actors.demo.crash import SPARED, Evidence, Killed, Verdict, Victim, charges, verdict, victims
from actors.demo.report import pages
from actors.engine.messages import TreeNode
from actors.simulation.csms.record import Entry, Kind
from tests.support import charge_records

BEGAN = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=60)
AUTH = Killed(Victim("AuthActor", "site/auth/auth"), 0.031)


def node(name: str, kind: str, *children: TreeNode, pid: int | None = 7) -> TreeNode:
    return TreeNode(name=name, kind=kind, state="Running", pid=pid, children=children)


def event(number: int, kind: str, seconds: float, watts: float | None = None, **told: Any) -> Entry:
    return charge_records.event(number, kind, BEGAN + timedelta(seconds=seconds), watts, **told)


def charge(*, least_w: float = 11_000.0, reason: str = "Local") -> list[Entry]:
    """A transaction that goes on all the time, and is ended by the station."""
    return [
        event(0, "Started", -10),
        event(1, "Updated", 10, 11_000.0),
        event(2, "Updated", 30, least_w),
        event(3, "Ended", 70, 0.0, stoppedReason=reason),
    ]


def judged(
    entries: list[Entry], *, log: tuple[str, ...] = (), killed: tuple[Killed, ...] = (AUTH,)
) -> Verdict:
    return verdict(killed, Evidence(
        before=[], entries=entries, log=log, began=BEGAN, ended=ENDED, watched=["tx-1"],
    ))  # fmt: skip


def line(seconds: float, **what: Any) -> str:
    at = charge_records.text_of(BEGAN + timedelta(seconds=seconds))
    return json.dumps({"timestamp": at, **what})


def test_of_each_kind_one_is_killed_and_supervisors_last() -> None:
    tree = node("site", "Site", node("auth", "AuthSupervisor", node("auth", "AuthActor")),
                node("store", "StoreActor"), node("a", "WorkerActor"), node("b", "WorkerActor"))  # fmt: skip

    assert victims(tree) == (
        Victim("AuthActor", "site/auth/auth"), Victim("StoreActor", "site/store"),
        Victim("WorkerActor", "site/b"), Victim("AuthSupervisor", "site/auth"),
    )  # fmt: skip


@pytest.mark.parametrize("kind", sorted(SPARED))
def test_cars_hardware_and_the_car_s_socket_are_spared(kind: str) -> None:
    assert victims(node("site", "Site", node("x", kind))) == ()


def test_who_has_no_process_cannot_be_killed() -> None:
    assert victims(node("site", "Site", node("x", "StoreActor", pid=None))) == ()


def test_a_charge_runs_while_its_last_sample_says_so() -> None:
    found = charges(charge()[:3])["tx-1"]

    assert (found.runs, found.evse, found.ended) == (True, 2, False)
    assert not charges(charge())["tx-1"].runs


def test_answers_and_what_was_refused_are_no_part_of_a_charge() -> None:
    answer = charge()[0].model_copy(update={"frame": '[3, "m", {}]'})
    refused = charge()[0].model_copy(update={"verdict": "FormatViolation"})

    assert charges([answer, refused]) == {}


def test_a_sample_without_a_power_is_none() -> None:
    entry = charge()[1]
    assert entry.frame is not None
    without = entry.model_copy(update={"frame": entry.frame.replace("Power.Active.Import", "Frequency")})

    assert charges([without])["tx-1"].samples == []


def test_nobody_noticed_where_all_went_on() -> None:
    found = judged(charge())

    assert found.good, found.noticed
    assert found.median_s == pytest.approx(0.031)


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (charge(least_w=0.0), "only 0 W flowed"),
        (charge(reason="EVDisconnected"), "ended otherwise: EVDisconnected"),
        (charge()[:3], "ended otherwise: not at all"),
        ([charge()[0], charge()[3]], "nobody measured anything"),
        ([*charge()[:2], charge()[3]], "messages are missing: seqNo 2"),
        ([*charge(), event(0, "Started", 20, transaction="tx-2")], "1 transactions more than cars"),
        (
            [*charge(), Entry(at=BEGAN, kind=Kind.PROBLEM, text="an answer to nothing")],
            "an answer to nothing",
        ),
    ],
)
def test_what_the_back_end_saw_is_found(entries: list[Entry], told: str) -> None:
    found = judged(entries)

    assert not found.good
    assert any(told in each for each in found.noticed), found.noticed


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"event": "talk_over", "outcome": "time-out"}, "its talk ended: time-out"),
        ({"event": "contactor", "phase": "Opening", "actor": "site/x", "reason": "silent"}, "site/x opened"),
    ],
)
def test_what_a_car_saw_is_found_in_the_log(said: dict[str, Any], told: str) -> None:
    assert any(told in each for each in judged(charge(), log=(line(5, **said),)).noticed)
    assert judged(charge(), log=(line(-5, **said), line(65, **said))).good, "before and after it is in order"


def test_lines_that_are_none_are_passed_over() -> None:
    assert judged(charge(), log=("", "no json", "[]", '{"timestamp": "soon"}', '{"event": "talk_over"}')).good


def test_the_end_of_an_elder_transaction_is_nobody_s_notice() -> None:
    before = [event(0, "Started", -900, transaction="tx-0")]
    end = event(1, "Ended", -20, transaction="tx-0", stoppedReason="PowerLoss")

    found = verdict([AUTH], Evidence(
        before=before, entries=[end, *charge()], log=(), began=BEGAN, ended=ENDED, watched=["tx-1"],
    ))  # fmt: skip

    assert found.good, found.noticed


@pytest.mark.parametrize("killed", [(), (Killed(AUTH.victim, None),)])
def test_nobody_killed_or_not_back_is_not_good(killed: tuple[Killed, ...]) -> None:
    assert not judged(charge(), killed=killed).good


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            judged(charge()),
            ("AuthActor", "31 ms", "EVSE 2: one transaction", "Neither a car nor the back-end"),
        ),
        (judged(charge(least_w=0.0), killed=(Killed(AUTH.victim, None),)), ("never", "✗ EVSE 2", "Somebody")),
    ],
)
def test_the_report_says_how_it_went(found: Verdict, told: tuple[str, ...]) -> None:
    console = Console(width=120, color_system=None)
    with console.capture() as shown:
        for part in pages(found):
            console.print(part)

    assert [each for each in told if each not in shown.get()] == []
