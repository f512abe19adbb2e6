import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("values"), ids=sites.name_of)
def test_a_wrong_value_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told
