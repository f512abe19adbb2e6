"""The record: one JSON object a line, read back as it was written."""

import json

import pytest

from actors.simulation.csms.record import Entry, Kind, RecordError, from_lines, to_line
from tests.support.certificates import NOW

FRAME = Entry(at=NOW, kind=Kind.FRAME, station="cp-1", connection=3, direction="in", frame='[2,"\u00e4"]\n')


def test_an_entry_comes_back_as_it_went():
    line = to_line(FRAME)

    assert "\n" not in line
    assert from_lines([line]) == [FRAME]


def test_what_does_not_apply_is_left_out():
    assert set(json.loads(to_line(Entry(at=NOW, kind=Kind.REFUSED, text="x")))) == {"at", "kind", "text"}


def test_fields_of_later_versions_are_passed_over():
    assert from_lines([json.dumps({**json.loads(to_line(FRAME)), "newer": 1})]) == [FRAME]


def test_empty_lines_and_a_last_one_cut_off_are_left_out():
    line = to_line(FRAME)

    assert from_lines([line, "", line[:20]]) == [FRAME]


@pytest.mark.parametrize("lines", [['{"kind": "odd"}'], ["{", to_line(FRAME)], ["[]"]])
def test_what_is_no_entry_is_told_with_its_line(lines):
    with pytest.raises(RecordError, match="line 1: "):
        from_lines(lines)
