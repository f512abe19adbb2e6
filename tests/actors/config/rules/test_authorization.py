"""Rows S4.3 to S4.9, M1.2, M6.10."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("authorization"), ids=sites.name_of)
def test_a_wrong_authorization_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
