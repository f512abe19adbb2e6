"""Rows M5.1, M5.4, M5.20."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("devices"), ids=sites.name_of)
def test_a_wrong_device_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
