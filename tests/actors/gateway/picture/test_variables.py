"""What was published last, by name."""

from actors.gateway.picture.variables import MOST, Variables
from protocols.interfaces import evse_manager
from tests.support.gateway_data import at

READY = evse_manager.Ready(ready=True)


def kept(*news):
    variables = Variables()
    for seconds, (name, variable) in enumerate(news):
        variables.keep(name, variable, at(seconds))
    return variables


def test_a_variable_has_name_tag_value_and_time():
    (found,) = kept(("evse_1/evse", READY)).of(["evse_1/evse"])

    assert (found.name, found.tag, found.value, found.at) == (
        "evse_1/evse",
        "evse_manager.ready",
        {"ready": True},
        at(0),
    )


def test_the_last_value_of_each_variable_is_told():
    variables = kept(
        ("a/x", READY), ("a/x", evse_manager.EvseId(evse_id="1")), ("a/x", evse_manager.Ready(ready=False))
    )

    assert [each.tag for each in variables.of(["a/x"])] == ["evse_manager.evse_id", "evse_manager.ready"]
    assert variables.of(["a/x"])[1].value == {"ready": False}


def test_only_those_that_are_asked_for_are_told_unless_everybody_is():
    variables = kept(("a/x", READY), ("b/x", READY))

    assert [each.name for each in variables.of(["b/x"])] == ["b/x"]
    assert [each.name for each in variables.of(["*"])] == ["a/x", "b/x"]
    assert variables.of([]) == ()


def test_the_newest_are_kept():
    variables = kept(*((f"{number}/x", READY) for number in range(MOST + 2)))

    assert len(variables.of(["*"])) == MOST
    assert variables.of(["1/x"]) == ()
