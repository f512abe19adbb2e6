"""Rows M13.1 to M13.5."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("shape"), ids=sites.name_of)
def test_a_wrong_form_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
