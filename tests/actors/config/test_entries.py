"""Rows S5.4, M13.6."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("entries"), ids=sites.name_of)
def test_a_wrong_name_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
