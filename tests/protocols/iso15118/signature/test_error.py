import pickle

from protocols.iso15118.signature import Problem, SignatureError


def test_an_error_can_cross_a_process_border():
    error = pickle.loads(pickle.dumps(SignatureError(Problem.DIGEST_MISMATCH, "eMAID")))
    assert (error.problem, error.detail) == (Problem.DIGEST_MISMATCH, "eMAID")


def test_an_error_says_what_and_where():
    assert str(SignatureError(Problem.MISSING_ID, "eMAID")) == "an element to be signed has no Id: eMAID"
    assert str(SignatureError(Problem.NOTHING_TO_SIGN)) == "the message has nothing that can be signed"
