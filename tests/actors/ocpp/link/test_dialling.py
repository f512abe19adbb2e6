import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ocpp.link.dialling import (
    LONGEST_WAIT_S,
    SHORTEST_WAIT_S,
    STEADY_S,
    Dial,
    Dialler,
    Hang,
    Phase,
    Rest,
    Wait,
)
from actors.ocpp.messages import LinkOrders
from protocols.message import changed
from tests.support.ocpp_links import orders, profile

A, B, C = (profile(f"ws://{name}", slot=number) for number, name in enumerate("abc", 1))
OFFLINE = LinkOrders(online=False, close_code=1001)


def dialler(spread=0.0):
    return Dialler(lambda: spread)


def slot(step):
    assert isinstance(step, Dial), step
    return step.profile.slot


def trying(made, *given, **changes):
    """A dialler that tries its first profile."""
    assert isinstance(made.order(orders(*given, **changes)), Dial)
    return made


def test_the_first_profile_is_dialled_at_once():
    made = dialler()

    step = made.order(orders(A, B))

    assert slot(step) == 1
    assert step.target.uri.host == "a"
    assert (made.phase, made.profile) == (Phase.TRYING, A)


def test_the_same_word_again_changes_nothing():
    made = trying(dialler(), A)

    assert made.order(orders(A)) is None


def test_before_any_order_there_is_nothing_to_do():
    made = dialler()

    assert (made.phase, made.profile, made.orders.online) == (Phase.RESTING, None, False)
    assert made.order(OFFLINE) == Rest()


def test_a_profile_gives_way_to_the_next_at_once_after_its_attempts():  # M11.14
    made = trying(dialler(), A, B, attempts=2, wait_minimum_s=10.0)

    assert made.failed() == Wait(10.0)
    assert slot(made.due()) == 1
    assert made.failed() == Wait(0.0)
    assert made.profile == B
    assert slot(made.due()) == 2


def test_after_the_last_profile_it_is_the_first_ones_turn_after_a_wait():
    made = trying(dialler(), A, B, attempts=1, wait_minimum_s=10.0)

    assert made.failed() == Wait(0.0)
    assert slot(made.due()) == 2
    assert made.failed() == Wait(10.0)
    assert slot(made.due()) == 1


def test_waits_are_doubled_so_often_and_no_more():  # J08
    made = trying(dialler(), A, attempts=1, wait_minimum_s=10.0, repeat_times=3)
    waits = []

    for _ in range(6):
        waits.append(made.failed().seconds)
        made.due()

    assert waits == [10.0, 20.0, 40.0, 80.0, 80.0, 80.0]
    assert made.attempts == 6


def test_failures_in_a_row_are_news_less_and_less_often():
    made = dialler()
    made.order(orders(A))

    news = []
    for number in range(1, 18):
        made.failed()
        news += [number] * made.is_news
        made.due()

    assert news == [1, 2, 4, 8, 16]


def test_every_wait_has_its_random_part():
    made = trying(dialler(0.5), A, wait_minimum_s=10.0, random_range_s=6.0)

    assert made.failed() == Wait(13.0)
    made.due()
    assert made.failed() == Wait(23.0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"wait_minimum_s": 0.0}, SHORTEST_WAIT_S),
        ({"wait_minimum_s": -5.0, "random_range_s": -5.0}, SHORTEST_WAIT_S),
        ({"wait_minimum_s": 1e9}, LONGEST_WAIT_S),
    ],
)
def test_a_wait_is_neither_nothing_nor_for_ever(changes, expected):
    made = trying(dialler(0.9), A, **changes)

    assert made.failed() == Wait(expected)


def test_after_a_connection_that_lasted_the_same_profile_is_dialled_again():
    made = trying(dialler(), A, B, attempts=1, wait_minimum_s=10.0)
    made.failed()
    made.due()
    made.opened(100.0)
    assert (made.phase, made.profile) == (Phase.UP, B)

    assert made.lost(100.0 + STEADY_S) == Wait(10.0)
    assert made.attempts == 0
    assert slot(made.due()) == 2


def test_a_connection_that_did_not_last_counts_as_a_failure():
    made = trying(dialler(), A, wait_minimum_s=10.0)
    waits = []

    for moment in (0.0, 1000.0, 2000.0):
        made.opened(moment)
        waits.append(made.lost(moment + 1.0).seconds)
        made.due()

    assert waits == [10.0, 20.0, 40.0]
    assert made.attempts == 3


@pytest.mark.parametrize("is_up", [False, True])
def test_who_goes_offline_hangs_up_and_rests(is_up):
    made = trying(dialler(), A)
    if is_up:
        made.opened(0.0)

    assert made.order(OFFLINE) == Hang(1001)
    assert (made.phase, made.profile) == (Phase.ENDING, A)
    assert made.ended() == Rest()
    assert made.phase is Phase.RESTING


def test_a_renewal_hangs_up_and_dials_the_first_profile():
    made = trying(dialler(), A, B, attempts=1)
    made.failed()
    made.due()
    made.opened(0.0)

    assert isinstance(made.order(orders(A, B, attempts=1, renewal=1)), Hang)
    assert slot(made.ended()) == 1


def test_a_renewal_ends_a_wait():
    made = trying(dialler(), A)
    made.failed()

    assert slot(made.order(orders(A, renewal=1))) == 1
    assert made.attempts == 0


def test_other_profiles_leave_a_connection_alone():
    made = trying(dialler(), A)
    made.opened(0.0)

    assert made.order(orders(B)) is None
    assert made.profile == A


def test_other_profiles_are_dialled_when_the_connection_is_lost():
    made = trying(dialler(), A)
    made.opened(0.0)
    made.order(orders(B, A))

    assert isinstance(made.lost(STEADY_S), Wait)
    assert slot(made.due()) == 1  # the one that was connected, wherever it stands now


def test_other_profiles_end_a_wait():
    made = trying(dialler(), A)
    made.failed()

    assert slot(made.order(orders(B, A))) == 2


def test_another_way_of_dialling_does_not_end_a_wait():
    made = trying(dialler(), A, wait_minimum_s=10.0)
    made.failed()

    assert made.order(orders(A, wait_minimum_s=1.0)) is None
    made.due()
    assert made.failed() == Wait(2.0)


def test_orders_during_an_ending_count_when_it_is_over():
    made = trying(dialler(), A)
    made.order(OFFLINE)

    assert made.order(orders(B)) is None
    assert slot(made.ended()) == 2


def test_who_goes_offline_during_a_wait_rests():
    made = trying(dialler(), A)
    made.failed()

    assert made.order(OFFLINE) == Rest()


def test_a_profile_of_too_low_security_is_passed_over():  # M11.14
    secure = profile("wss://s", slot=9, security_profile=3)
    made = dialler()

    assert slot(made.order(orders(A, secure, lowest_security=3))) == 9


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (orders(A, profile("wss://x", slot=5), lowest_security=0), None),
        (orders(A, lowest_security=1), "slot 1: security profile 0 is below 1"),
        (orders(profile("nonsense", slot=4)), "slot 4: the URL"),
        (orders(), "no profile"),
        (orders(A, versions=()), "no version of OCPP"),
        (LinkOrders(online=True, profiles=(A,)), "no version of OCPP"),
    ],
)
def test_without_a_profile_that_can_be_used_nobody_is_dialled(given, problem):
    step = dialler().order(given)

    if problem is None:
        assert slot(step) == 1
    else:
        assert isinstance(step, Rest)
        assert step.problem.startswith(problem)


def test_a_profile_that_can_be_used_after_all_is_dialled():
    made = dialler()
    made.order(orders(A, lowest_security=1))

    assert slot(made.order(orders(A))) == 1


def test_an_attempt_that_fails_after_all_profiles_went_away_ends_in_rest():
    made = trying(dialler(), A)
    made.order(orders(profile("nonsense"), attempts=1))

    assert isinstance(made.failed(), Wait)
    assert isinstance(made.due(), Rest)


def test_an_attempt_that_fails_after_the_word_how_to_dial_went_away_is_not_repeated():
    made = trying(dialler(), A)
    made.order(LinkOrders(online=True, profiles=(A,)))

    assert made.failed() == Wait(SHORTEST_WAIT_S)
    assert isinstance(made.due(), Rest)


@settings(derandomize=True, max_examples=25)
@given(st.lists(st.sampled_from(["failed", "opened", "lost", "offline", "online", "renew"]), max_size=30))
def test_whatever_happens_the_profile_in_use_is_one_of_those_given(events):
    made, given, now = dialler(), orders(A, B, C, attempts=1), 0.0
    made.order(given)
    for event in events:
        now += 10.0
        if event == "renew":
            given = changed(given, renewal=given.renewal + 1)
        if event in ("renew", "online"):
            made.order(changed(given, online=True))
        elif event == "offline":
            made.order(changed(given, online=False))
        elif event == "failed" and made.phase is Phase.TRYING:
            assert isinstance(made.failed(), Wait)
            made.due()
        elif event == "opened" and made.phase is Phase.TRYING:
            made.opened(now)
        elif event == "lost" and made.phase is Phase.UP:
            assert isinstance(made.lost(now), Wait)
            made.due()
        if made.phase is Phase.ENDING:
            made.ended()
        assert made.profile in (A, B, C)
        assert made.phase in (Phase.TRYING, Phase.UP, Phase.RESTING)
