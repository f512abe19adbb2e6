"""Rows S1.3, S9.1, M13.2, S21.3."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("wiring"), ids=sites.name_of)
def test_a_wrong_connection_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
