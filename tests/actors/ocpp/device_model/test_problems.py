import pickle

from actors.ocpp.device_model.problems import ComponentProblem, DeviceModelError

ONE = ComponentProblem(file="a.json", place="properties.Size", text="too big", advice="Make it smaller.")
TWO = ComponentProblem(file="b.json", text="unreadable", advice="Correct it.")


def test_a_problem_says_file_place_and_what_to_do():
    assert str(ONE) == "a.json: properties.Size: too big\n    Make it smaller."
    assert str(TWO) == "b.json: unreadable\n    Correct it."


def test_an_error_tells_of_every_problem():
    error = DeviceModelError([ONE, TWO])

    assert error.problems == (ONE, TWO)
    assert str(error) == f"{ONE}\n{TWO}"


def test_an_error_survives_the_way_between_processes():
    assert pickle.loads(pickle.dumps(DeviceModelError([ONE]))).problems == (ONE,)
