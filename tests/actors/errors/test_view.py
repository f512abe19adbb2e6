"""What a listener knows of the errors of several names (M14.5, M14.6)."""

from datetime import UTC, datetime

import pytest

from actors.errors.messages import StandingErrors
from actors.errors.standing import StandingSet
from actors.errors.view import ErrorCondition, StandingView
from protocols.errors import Generic
from protocols.types.error_history import ImplementationIdentifier

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAULT, WARNING = Generic.COMMUNICATION_FAULT, Generic.VENDOR_WARNING


def said(*uuids_and_types):
    origin = ImplementationIdentifier(module_id="meter", implementation_id="main")
    found = StandingSet(origin, (Generic,))
    for uuid, kind, sub_type in uuids_and_types:
        found.put(kind, uuid=uuid, now=NOW, sub_type=sub_type)
    return StandingErrors(errors=found.errors)


def uuids(standing):
    return [each.error.uuid for each in standing]


@pytest.fixture
def view():
    return StandingView()


def test_the_first_word_raises_all_it_says(view):
    raised, cleared = view.take("a", said(("u1", FAULT, ""), ("u2", WARNING, "")))

    assert (uuids(raised), uuids(cleared)) == (["u1", "u2"], [])


def test_the_same_word_again_changes_nothing(view):
    view.take("a", said(("u1", FAULT, "")))

    assert view.take("a", said(("u1", FAULT, ""))) == ((), ())


def test_what_is_not_said_any_more_was_cleared(view):
    view.take("a", said(("u1", FAULT, ""), ("u2", WARNING, "")))

    raised, cleared = view.take("a", said(("u2", WARNING, "")))

    assert (uuids(raised), uuids(cleared)) == ([], ["u1"])


def test_an_error_raised_again_is_another_occurrence(view):
    view.take("a", said(("u1", FAULT, "")))

    raised, cleared = view.take("a", said(("u9", FAULT, "")))

    assert (uuids(raised), uuids(cleared)) == (["u9"], ["u1"])


def test_one_name_says_nothing_about_another(view):
    view.take("a", said(("u1", FAULT, "")))
    view.take("b", said())

    assert uuids(view.errors()) == ["u1"]
    assert view.errors("b") == ()
    assert view.heard == {"a", "b"}


@pytest.mark.parametrize(
    ("kind", "sub_type", "name", "active"),
    [
        (FAULT, "x", None, True),
        (FAULT, "", None, False),
        (FAULT, None, None, True),
        (FAULT, "x", "b", False),
        (WARNING, None, None, False),
    ],
)
def test_an_error_is_active_by_type_sub_type_and_name(view, kind, sub_type, name, active):
    view.take("a", said(("u1", FAULT, "x")))
    view.take("b", said())

    assert view.is_active(kind, sub_type, name=name) is active


@pytest.mark.parametrize(
    ("conditions", "satisfied"),
    [
        ([], True),
        ([ErrorCondition(FAULT)], True),
        ([ErrorCondition(FAULT), ErrorCondition(WARNING)], False),
        ([ErrorCondition(FAULT), ErrorCondition(WARNING, active=False)], True),
        ([ErrorCondition(FAULT, "x", active=False)], True),
        ([ErrorCondition(FAULT, active=False)], False),
    ],
)
def test_a_set_of_conditions_holds_when_all_do(view, conditions, satisfied):
    view.take("a", said(("u1", FAULT, "")))

    assert view.satisfied(conditions) is satisfied
