"""The one who kills: it waits until cars charge, kills, measures, ends the charges, and judges."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from actors.config import load_site
from actors.demo import crash_escort
from actors.demo.commands import SITE
from actors.demo.crash_escort import MANAGERS, PROGRAMS, CrashEscort, lasting
from actors.engine.messages import GetTree, GetTreeReply, TreeNode
from actors.life import Outcome
from actors.simulation.car.program import read_program
from actors.simulation.csms.record import Entry, to_line
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason, Reply
from tests.support.charge_records import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from protocols.message import Command

pytestmark = pytest.mark.timeout(60)


class Client:
    """A site of one actor, which is back as soon as it is looked for."""

    def __init__(self) -> None:
        self.processes = [subprocess.Popen(["sleep", "60"])]
        self.asked: list[str] = []
        self.reply: Reply = evse_manager.StopTransactionReply(stopped=True)

    def tree(self, *, deadline_s: float) -> TreeNode:
        assert deadline_s > 0
        if self.processes[-1].poll() is not None:
            self.processes.append(subprocess.Popen(["sleep", "60"]))
        leaf = TreeNode(name="auth", kind="AuthActor", state="Running", pid=self.processes[-1].pid)
        return TreeNode(name="site", kind="Site", state="Running", pid=1, children=(leaf,))

    def ask(self, name: str, command: Command, *, deadline_s: float) -> Reply:
        assert deadline_s > 0
        if isinstance(command, GetTree):
            return GetTreeReply(node=self.tree(deadline_s=deadline_s))
        self.asked.append(name)
        return self.reply


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name in ("PAUSE_S", "LAST_S", "LOOK_S"):
        monkeypatch.setattr(crash_escort, name, 0.0)
    running = Client()
    yield running
    for process in running.processes:
        process.kill()
        process.wait()


def told(file: Path, *entries: Entry) -> None:
    with file.open("a") as record:
        record.writelines(f"{to_line(one)}\n" for one in entries)


def now() -> datetime:
    return datetime.now(UTC)


def looked(escort: CrashEscort, client: Any) -> Any:
    time.sleep(0.001)
    return escort.look(client)


def begun(record: Path, log: Path) -> CrashEscort:
    """One who has seen two cars charge."""
    log.touch()
    escort = CrashEscort(record, log, lambda _text: None)
    for name in ("tx-1", "tx-2"):
        told(
            record,
            event(0, "Started", now(), transaction=name),
            event(1, "Updated", now(), 9e3, transaction=name),
        )
    return escort


def ended(record: Path) -> None:
    for name in ("tx-1", "tx-2"):
        told(record, event(2, "Updated", now(), 9e3, transaction=name))


def test_it_kills_when_both_cars_charge_and_finds_that_nobody_noticed(client: Client, tmp_path: Path) -> None:
    # given two cars that charge
    record = tmp_path / "csms.jsonl"
    escort = begun(record, tmp_path / "evsite.log")
    assert looked(escort, client) is None
    assert "1 kinds" in escort.notes

    # when everybody has been killed, and the charges have been ended
    assert looked(escort, client) is None
    assert "back after" in escort.notes
    ended(record)
    assert looked(escort, client) is None
    assert client.asked == list(MANAGERS)
    for name in ("tx-1", "tx-2"):
        told(record, event(3, "Ended", now(), 0.0, transaction=name, stoppedReason="Local"))
    end = looked(escort, client)

    # then the site may end, and all was well
    assert end.outcome is Outcome.STOPPED
    assert escort.verdict is not None
    assert escort.verdict.good, escort.verdict.noticed
    (killed,) = escort.verdict.killed
    assert killed.back_s is not None
    assert [process.poll() is None for process in client.processes] == [False, True]


def test_cars_that_never_charge_are_not_waited_for_for_ever(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crash_escort, "CHARGE_S", 0.0)
    (tmp_path / "csms.jsonl").touch()
    escort = CrashEscort(tmp_path / "csms.jsonl", tmp_path / "evsite.log")

    end = looked(escort, client)

    assert end.outcome is Outcome.STOPPED
    assert escort.trouble == "waiting until both cars charge: in vain"
    assert escort.verdict is None


def test_a_manager_that_does_not_stop_ends_it(client: Client, tmp_path: Path) -> None:
    client.reply = Failure(reason=FailureReason.TIMEOUT, detail="late")
    escort = begun(tmp_path / "csms.jsonl", tmp_path / "evsite.log")

    ends = [looked(escort, client) for _ in range(3)]

    assert ends[-1].outcome is Outcome.STOPPED
    assert "does not stop: late" in escort.trouble


def test_the_cars_of_the_demonstration_charge_until_they_are_stopped() -> None:
    site = load_site(SITE)

    lasted = lasting(site)

    for name, program in PROGRAMS.items():
        assert read_program(program)
        assert lasted.modules[name].parameters["auto_exec_commands"] == program
        assert site.modules[name].parameters["auto_exec_commands"] != program
    assert lasted.modules.keys() == site.modules.keys()
