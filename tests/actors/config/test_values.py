import pytest

from tests.support import sites


@pytest.mark.parametrize("case", sites.wrong("values"), ids=sites.name_of)
def test_a_wrong_value_is_told_word_for_word(case):
    assert sites.told(case.data) == case.told


@pytest.mark.parametrize(("number", "good"), [(2**63 - 1, True), (2**63, False)])
def test_a_whole_number_that_passes_has_64_bits_at_most(number, good):
    checked = sites.check(sites.edited(("connection_timeout: 60", f"connection_timeout: {number}")))

    assert (checked.site is not None) is good
