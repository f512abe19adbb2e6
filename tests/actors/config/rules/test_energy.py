"""Rows S19.3, S19.4, S19.9, M9.10, M15.3."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("energy"), ids=sites.name_of)
def test_a_wrong_energy_tree_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
