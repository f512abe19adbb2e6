import pytest

from actors.simulation.replay.comparison import MAX_DIFFERENCES, code_of, differences, is_ongoing


def answer(content, name="ServiceDiscoveryRes", session="01"):
    return {"V2G_Message": {"Header": {"SessionID": session}, "Body": {name: content}}}


OK = {"ResponseCode": "OK", "List": [{"A": 1}, {"A": 2}], "EVSETimeStamp": 1}


@pytest.mark.parametrize("strict", [True, False])
def test_answers_that_differ_in_nothing_that_counts_are_the_same(strict):
    later = answer(OK | {"EVSETimeStamp": 99}, session="02")

    assert differences(answer(OK), later, strict=strict) == ()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (answer(OK, "SessionStopRes"), "SessionStopRes, it was ServiceDiscoveryRes"),
        (answer(OK | {"ResponseCode": "FAILED"}), "FAILED, it was OK"),
    ],
)
def test_kind_and_code_are_always_compared(found, told):
    assert differences(answer(OK), found, strict=False) == (told,)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"List": [{"A": 1}, {"A": 3}]}, "List[1].A: 3, it was 2"),
        ({"List": [{"A": 1}]}, "List: [{'A': 1}], it was [{'A': 1}, {'A': 2}]"),
        ({"List": None}, "List: nothing, it was [{'A': 1}, {'A': 2}]"),
        ({"More": "x" * 100}, f"More: {'x' * 60}..., it was nothing"),
        ({"List": {"A": 1}}, "List: {'A': 1}, it was [{'A': 1}, {'A': 2}]"),
    ],
)
def test_strictly_every_field_counts(change, told):
    assert differences(answer(OK), answer(OK | change), strict=True) == (told,)
    assert differences(answer(OK), answer(OK | change), strict=False) == ()


def test_of_many_differences_some_are_told():
    found = answer(OK | {f"F{number}": number for number in range(9)})

    told = differences(answer(OK), found, strict=True)

    assert len(told) == MAX_DIFFERENCES + 1
    assert told[-1] == "and 4 more"


def test_answers_of_20_are_compared_as_those_of_2():
    one = {"SessionStopRes": {"Header": {"SessionID": "1", "TimeStamp": 1}, "ResponseCode": "OK"}}
    other = {"SessionStopRes": {"Header": {"SessionID": "2", "TimeStamp": 2}, "ResponseCode": "OK"}}

    assert differences(one, other, strict=True) == ()
    assert code_of(one) == "OK"


@pytest.mark.parametrize(
    ("processing", "ongoing"),
    [("Ongoing", True), ("Ongoing_WaitingForCustomerInteraction", True), ("Finished", False)],
)
def test_a_station_that_is_not_ready_says_so(processing, ongoing):
    assert is_ongoing(answer({"EVSEProcessing": processing})) is ongoing
    assert not is_ongoing(answer({}))
