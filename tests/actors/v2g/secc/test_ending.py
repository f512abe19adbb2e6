from actors.v2g.secc.ending import Ending


def test_a_talk_ends_in_one_of_three_ways():
    assert {each.value for each in Ending} == {"Error", "Terminate", "Pause"}
