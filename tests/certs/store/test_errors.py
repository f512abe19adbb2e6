import pickle

from certs.store import StoreError, StoreProblem


def test_a_store_error_names_problem_and_place():
    assert str(StoreError(StoreProblem.BUSY, "/somewhere")) == f"{StoreProblem.BUSY}: /somewhere"


def test_a_store_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(StoreError(StoreProblem.UNWRITABLE, "/here")))

    assert (error.problem, error.detail) == (StoreProblem.UNWRITABLE, "/here")
