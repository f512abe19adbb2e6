"""Rows S3.10, M8.4."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("station"), ids=sites.name_of)
def test_a_wrong_station_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
