import pickle

import pytest

from actors.simulation.ev.outcome import Outcome, Reason, TalkError
from actors.simulation.ev.script import Expectation


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome(completed=True, good=True), "completed"),
        (
            Outcome(completed=True, good=False, undone_steps=("charge",), undone_faults=("silence at X",)),
            "completed, but never done: charge, silence at X",
        ),
        (
            Outcome(
                completed=False, good=False, reason=Reason.RESPONSE_CODE, phase="Authorization", code="FAILED"
            ),
            "failed in Authorization: ResponseCode: FAILED",
        ),
        (Outcome(completed=False, good=False, reason=Reason.TLS, detail="alert"), "failed: Tls: alert"),
    ],
)
def test_an_outcome_says_what_happened_and_where(outcome, text):
    assert str(outcome) == text


COMPLETED = Outcome(completed=True, good=True)
CUT_SHORT = Outcome(completed=True, good=True, undone_steps=("charge",))
NOT_TRIED = Outcome(completed=True, good=True, undone_faults=("silence at X",))
IMPOSSIBLE = Outcome(completed=False, good=False, reason=Reason.SCRIPT)


@pytest.mark.parametrize(
    ("outcome", "expected", "good"),
    [
        (COMPLETED, None, True),
        (CUT_SHORT, None, False),
        (NOT_TRIED, None, False),
        (IMPOSSIBLE, None, False),
        (CUT_SHORT, Expectation(completed=True), True),
        (NOT_TRIED, Expectation(completed=True), False),
        (IMPOSSIBLE, Expectation(), False),
        (IMPOSSIBLE, Expectation(reason=Reason.SCRIPT), True),
        (IMPOSSIBLE, Expectation(reason=Reason.TIMEOUT), False),
    ],
)
def test_an_end_is_good_if_everything_wanted_was_tried(outcome, expected, good):
    assert outcome.judged(expected).good is good


def test_an_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(TalkError(Reason.LIMITS, "too high", "FAILED")))

    assert (error.reason, error.detail, error.code) == (Reason.LIMITS, "too high", "FAILED")
