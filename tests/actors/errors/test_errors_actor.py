"""The error framework of a site: what reporters hear, what survives, what a reboot clears."""

import pytest

from actors.engine import messages
from actors.engine.journal import DiskFull, Journal, JournalFull, Limits
from actors.engine.simulation import Simulation
from actors.errors.messages import FRAMEWORK, ErrorCleared, ErrorRaised, StandingErrors
from protocols.errors import EvseBoardSupport
from protocols.interfaces import error_history, evse_board_support
from protocols.types.error_history import FilterArguments, State
from tests.support import devices

BROWN_OUT, FAULT = EvseBoardSupport.BROWN_OUT, EvseBoardSupport.PERMANENT_FAULT


@pytest.fixture(autouse=True)
def _clean(tmp_path):
    devices.reset()
    yield
    devices.reset()


def started(state):
    simulation = Simulation()
    children = [
        {
            "id": "errors", "actor": "actors.errors.errors_actor.ErrorsActor",
            "grants": {"errors/error_history": "error_history", FRAMEWORK: ""},
            "config": {
                "module": "errors", "implementations": {}, "state": str(state), "sources": ["device/bsp"],
            },
        },
        {
            "id": "device", "actor": "tests.support.devices.Everything", "evse": 3,
            "grants": {"device/bsp": "evse_board_support"}, "config": {"module": "device", "parameters": {}},
        },
        {
            "id": "reporter", "actor": "tests.support.devices.Listener", "config": {"names": [FRAMEWORK]},
        },
    ]  # fmt: skip
    start = messages.Start(path="site", lineage="site#0", config={"children": children})
    simulation.start(devices.Root, start)
    simulation.advance(0.01)
    return simulation


def errors(site):
    return site.actor("site/device").errors_of(evse_board_support)


def reported(kind):
    return [
        item.standing.error.type
        for name, item in devices.HEARD
        if name == FRAMEWORK and isinstance(item, kind)
    ]


def found(site, **filters):
    filters = FilterArguments(**filters)
    return site.ask("errors/error_history", error_history.GetErrors(filters=filters)).errors


def test_reporters_hear_what_is_raised_and_cleared(tmp_path):
    site = started(tmp_path)

    errors(site).raise_error(BROWN_OUT)
    errors(site).raise_error(FAULT)
    errors(site).clear_error(BROWN_OUT)
    site.run()

    assert reported(ErrorRaised) == [BROWN_OUT, FAULT]
    assert reported(ErrorCleared) == [BROWN_OUT]


def test_a_reporter_that_comes_late_is_told_what_stands(tmp_path):
    site = started(tmp_path)
    errors(site).raise_error(BROWN_OUT)
    site.run()
    devices.HEARD.clear()

    site.kill("site/reporter")
    site.advance(0.2)

    ((_name, news),) = devices.HEARD
    assert [each.error.type for each in news.errors] == [BROWN_OUT]
    assert news.errors[0].evse == 3


def test_the_history_says_what_became_of_an_error(tmp_path):
    site = started(tmp_path)
    errors(site).raise_error(BROWN_OUT)
    errors(site).raise_error(FAULT)
    errors(site).clear_error(BROWN_OUT)
    site.run()

    assert [(each.type, each.state) for each in found(site)] == [
        (BROWN_OUT, State.CLEARED_BY_MODULE),
        (FAULT, State.ACTIVE),
    ]
    assert [each.type for each in found(site, state_filter=State.ACTIVE)] == [FAULT]


def test_a_successor_remembers_and_reports_nothing_twice(tmp_path):
    # given
    site = started(tmp_path)
    errors(site).raise_error(BROWN_OUT)
    site.run()

    # when
    site.kill("site/errors")
    site.advance(0.3)

    # then
    (one,) = found(site)
    assert one.state is State.ACTIVE
    assert reported(ErrorRaised) == [BROWN_OUT]


def test_what_changes_while_it_is_away_is_reported_by_its_successor(tmp_path):
    # given
    site = started(tmp_path)
    errors(site).raise_error(BROWN_OUT)
    site.run()

    # when
    site.kill("site/errors")
    errors(site).clear_error(BROWN_OUT)
    errors(site).raise_error(FAULT)
    site.advance(0.3)

    # then
    assert reported(ErrorRaised) == [BROWN_OUT, FAULT]
    assert reported(ErrorCleared) == [BROWN_OUT]


def test_what_stood_when_the_site_ended_was_cleared_by_the_reboot(tmp_path):
    # given
    first = started(tmp_path)
    errors(first).raise_error(BROWN_OUT)
    first.run()
    first.tell("site", messages.Stop(within_s=1.0))
    devices.HEARD.clear()

    # when
    second = started(tmp_path)

    # then
    assert [(each.type, each.state) for each in found(second)] == [(BROWN_OUT, State.CLEARED_BY_REBOOT)]
    last = [item for _name, item in devices.HEARD if isinstance(item, StandingErrors)][-1]
    assert last.errors == ()


def test_an_error_of_a_dead_device_is_cleared_by_its_successors_first_word(tmp_path):
    site = started(tmp_path)
    errors(site).raise_error(BROWN_OUT)
    site.run()

    site.kill("site/device")
    site.advance(0.3)

    assert reported(ErrorCleared) == [BROWN_OUT]


def test_many_changes_are_folded_into_a_snapshot(tmp_path, monkeypatch):
    # given
    taken = []
    snapshot = Journal.snapshot
    monkeypatch.setattr(Journal, "snapshot", lambda self, state: taken.append(snapshot(self, state)))
    monkeypatch.setattr("actors.engine.journal.journal.DEFAULT", Limits(records=10))
    site = started(tmp_path)
    journal = site.actor("site/errors")._journal
    monkeypatch.setattr(journal, "limits", Limits(records=10))

    # when
    for _ in range(12):
        errors(site).raise_error(BROWN_OUT)
        errors(site).clear_error(BROWN_OUT)
    site.run()

    # then
    assert len(taken) >= 3
    site.kill("site/errors")
    site.advance(0.3)
    assert len(found(site)) == 12


def failing(error):
    def fail(self, *_args):
        raise error(self.path, "no room")

    return fail


def test_a_disk_that_is_full_keeps_no_report_back(tmp_path, monkeypatch):
    site = started(tmp_path)
    monkeypatch.setattr(Journal, "append", failing(DiskFull))

    errors(site).raise_error(BROWN_OUT)
    site.run()

    assert reported(ErrorRaised) == [BROWN_OUT]
    assert len(found(site)) == 1


def test_a_journal_that_is_full_is_folded_with_what_is_new(tmp_path, monkeypatch):
    # given
    site = started(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", failing(JournalFull))
        errors(site).raise_error(BROWN_OUT)
        site.run()

    # when
    site.kill("site/errors")
    site.advance(0.3)

    # then
    assert [each.type for each in found(site)] == [BROWN_OUT]
    assert reported(ErrorRaised) == [BROWN_OUT]


def test_a_snapshot_that_cannot_be_made_is_no_matter(tmp_path, monkeypatch):
    site = started(tmp_path)
    monkeypatch.setattr(Journal, "append", failing(JournalFull))
    monkeypatch.setattr(Journal, "snapshot", failing(DiskFull))

    errors(site).raise_error(BROWN_OUT)
    site.run()

    assert reported(ErrorRaised) == [BROWN_OUT]


def test_a_damaged_journal_is_told_of_and_begins_anew(tmp_path):
    (tmp_path / "error_history.db.journal").write_bytes(b"this is no journal at all" * 100)

    site = started(tmp_path)

    assert found(site) == ()
