from __future__ import annotations

import pytest

from tests.interop.table import Limit, Outcome, verdict

LIMIT = Limit("it cannot", shown_by="no way")


@pytest.mark.parametrize(
    ("limit", "good", "seen", "words", "expected"),
    [
        (None, True, "", "passes", True),
        (None, False, "no way", "FAILED", False),
        (LIMIT, False, "there is no way", "limit", True),
        (LIMIT, False, "something else", "FAILED otherwise", False),
        (LIMIT, True, "no way", "PASSES", False),
    ],
)
def test_only_what_is_known_of_a_peer_is_expected(limit, good, seen, words, expected):
    said, judged = verdict(limit, Outcome(good, 1.0, "the last words", seen))

    assert said.startswith(words)
    assert judged is expected
