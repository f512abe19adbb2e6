"""The record goes into a file of its owner, and a disk that is full is told."""

import pathlib
import stat

import pytest

from actors.simulation.csms.record import Entry, Kind, from_lines
from actors.simulation.csms.sink import Sink
from tests.support.certificates import NOW

ENTRY = Entry(at=NOW, kind=Kind.CLOSED, station="cp-1")


def test_entries_are_appended_and_can_be_read_at_once(tmp_path):
    path = tmp_path / "record.jsonl"
    for _ in range(2):
        sink = Sink(path)
        sink.write(ENTRY)
        assert from_lines(path.read_text().splitlines())[-1] == ENTRY
        sink.close()

    assert len(path.read_text().splitlines()) == 2


def test_only_its_owner_may_read_the_record(tmp_path):
    path = tmp_path / "record.jsonl"
    Sink(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_disk_that_is_full_is_told_once():
    sink = Sink(pathlib.Path("/dev/full"))

    sink.write(ENTRY)
    sink.write(ENTRY)
    sink.close()

    assert sink.trouble == "No space left on device"


def test_what_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Sink(tmp_path / "nowhere" / "record.jsonl")
