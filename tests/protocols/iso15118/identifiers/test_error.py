import pickle

from protocols.iso15118.identifiers import IdentifierError


def test_an_error_names_kind_text_and_problem():
    error = IdentifierError("EMAID", "x", "too short")
    assert str(error) == "EMAID 'x': too short"


def test_a_very_long_text_is_shown_shortened():
    assert len(str(IdentifierError("EMAID", "x" * 10_000, "too long"))) < 120


def test_an_error_can_cross_a_process_border():
    error = pickle.loads(pickle.dumps(IdentifierError("EMAID", "x", "too short")))
    assert (error.kind, error.text, error.problem) == ("EMAID", "x", "too short")
