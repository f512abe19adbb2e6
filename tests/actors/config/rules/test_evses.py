"""Rows M1.7, M9.5, M13.4."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("evses"), ids=sites.name_of)
def test_a_wrong_evse_number_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
