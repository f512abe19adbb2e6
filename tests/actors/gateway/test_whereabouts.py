"""Where a Gateway says that it is; what it writes is tried in test_access."""

import pytest

from actors.gateway.whereabouts import said_where


@pytest.mark.parametrize("text", ["", "[]", '{"url": 5}', '{"uri": ""}'])
def test_a_damaged_note_says_nothing(tmp_path, text):
    (tmp_path / "gateway.json").write_text(text)
    assert said_where(tmp_path) is None
