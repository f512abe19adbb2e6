from __future__ import annotations

import pickle

import pytest

from certs.errors import CertificateError, Problem


@pytest.mark.parametrize("detail", ["", "the block has no end"])
def test_an_error_says_its_problem_and_what_it_is_about(detail):
    error = CertificateError(Problem.BAD_PEM, detail)
    assert (error.problem, error.detail) == (Problem.BAD_PEM, detail)
    assert str(error) == (f"{Problem.BAD_PEM}: {detail}" if detail else str(Problem.BAD_PEM))


def test_an_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(CertificateError(Problem.STALE, "yesterday")))
    assert (error.problem, error.detail) == (Problem.STALE, "yesterday")


def test_an_error_is_a_value_error():
    assert issubclass(CertificateError, ValueError)
