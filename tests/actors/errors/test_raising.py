"""How an actor's errors reach whoever listens."""

import pytest

from actors.errors.messages import StandingErrors
from actors.errors.raising import Raising
from protocols import codec
from protocols.errors import ConnectorLock, Generic
from protocols.interfaces import connector_lock
from tests.support.recorder import Recorder

FAILED, VENDOR = ConnectorLock.CONNECTOR_LOCK_FAILED_LOCK, ConnectorLock.VENDOR_ERROR


@pytest.fixture
def actor():
    return Recorder(evse=3)


@pytest.fixture
def raising(actor):
    raising = Raising(actor, "board/lock", connector_lock.ERRORS, connector=2)
    raising.publish()
    actor.published.clear()
    return raising


def stands(actor):
    return [[each.error.type for each in item.errors] for item, _name, _retain in actor.published]


def test_every_change_says_the_whole_set_retained(actor, raising):
    raising.raise_error(FAILED)
    raising.raise_error(VENDOR, sub_type="7")
    raising.clear_error(FAILED)

    assert stands(actor) == [[FAILED], [FAILED, VENDOR], [VENDOR]]
    assert {(name, retain) for _item, name, retain in actor.published} == {("board/lock", True)}


def test_origin_and_place_are_those_of_the_name(raising):
    raising.raise_error(FAILED)

    (one,) = raising.errors
    assert (one.error.origin.module_id, one.error.origin.implementation_id) == ("board", "lock")
    assert (one.evse, one.connector) == (3, 2)


def test_two_errors_never_have_the_same_uuid(raising):
    raising.raise_error(FAILED)
    raising.raise_error(VENDOR)

    assert len({each.error.uuid for each in raising.errors}) == 2


def test_what_is_not_declared_is_logged_and_not_said(actor, raising):
    assert not raising.raise_error(Generic.VENDOR_ERROR)

    assert not actor.published
    assert actor.lines == ["error_not_declared"]


def test_what_stands_already_is_not_said_again(actor, raising):
    assert raising.raise_error(FAILED)
    assert not raising.raise_error(FAILED)

    assert len(actor.published) == 1


def test_clearing_what_does_not_stand_says_nothing(actor, raising):
    raising.clear_error(FAILED)
    raising.clear_type(FAILED)
    raising.clear_all()

    assert not actor.published


@pytest.mark.parametrize(("clear", "left"), [("clear_type", [FAILED]), ("clear_all", [])])
def test_several_errors_are_cleared_with_one_word(actor, raising, clear, left):
    # given
    raising.raise_error(FAILED)
    raising.raise_error(VENDOR, sub_type="7")
    raising.raise_error(VENDOR, sub_type="8")

    # when
    getattr(raising, clear)(*([VENDOR] if clear == "clear_type" else []))

    # then
    assert stands(actor)[3:] == [left]
    assert raising.is_active(FAILED) is bool(left)


def test_the_first_word_is_said_even_when_nothing_stands(actor):
    Raising(actor, "board/lock", connector_lock.ERRORS).publish()

    assert actor.published == [(StandingErrors(errors=()), "board/lock", True)]


def test_the_first_word_is_whole(actor):
    raising = Raising(actor, "board/lock", connector_lock.ERRORS)

    raising.raise_error(FAILED)
    raising.raise_error(VENDOR, sub_type="7")
    raising.raise_error(VENDOR, sub_type="8")
    raising.clear_error(VENDOR, "8")
    assert not actor.published
    raising.publish()

    assert stands(actor) == [[FAILED, VENDOR]]


def test_a_module_of_one_letter_can_raise_errors_too(actor):
    raising = Raising(actor, "b/lock", connector_lock.ERRORS)

    raising.raise_error(FAILED)
    raising.publish()

    said, _name, _retain = actor.published[-1]
    assert codec.decode(codec.encode(said)) == said
    assert said.errors[0].error.origin.module_id == "b_"
