from certs.examination import Ailment, Level


def test_levels_are_those_a_site_file_is_judged_with():
    assert [level.value for level in Level] == ["error", "warning", "note"]


def test_every_ailment_is_told_in_words_of_its_own():
    assert len({one.value for one in Ailment}) == len(Ailment)
