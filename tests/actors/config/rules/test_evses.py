"""Rows M1.7, M9.5, M13.4."""

import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("evses"), ids=sites.name_of)
def test_a_wrong_evse_number_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told


def test_an_evse_whose_connection_is_wrong_is_not_told_to_be_missing_too():
    wrong = ("evse_2, implementation_id: evse}\n    access:", "evse_9, implementation_id: evse}\n    access:")

    told = sites.told(sites.edited(wrong))

    assert "evse_9" in told
    assert "is not connected" not in told
