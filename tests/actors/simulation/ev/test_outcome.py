import pickle

import pytest

from actors.simulation.ev.outcome import Outcome, Reason, TalkError


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome(completed=True, good=True), "completed"),
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


def test_an_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(TalkError(Reason.LIMITS, "too high", "FAILED")))

    assert (error.reason, error.detail, error.code) == (Reason.LIMITS, "too high", "FAILED")
