"""The forms of the client: what real answers have, no more and no less, and none that nobody needs."""

import inspect
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import pytest

from actors.gateway import client_forms
from actors.gateway.client_methods import Methods
from tests.support.client_forms import published, schema_of

AT_HAND = {"forms": client_forms, "Mapping": Mapping, "Sequence": Sequence}


def words_of(hint):
    return (
        {hint} if typing.get_origin(hint) is Literal else {*()}.union(*map(words_of, typing.get_args(hint)))
    )


def forms_of(hint, known=frozenset()):
    """Every form that a type is made of."""
    if typing.is_typeddict(hint) and hint not in known:
        inner = typing.get_type_hints(hint).values()
        return {hint}.union(*(forms_of(each, known | {hint}) for each in inner))
    return {*()}.union(*(forms_of(each, known) for each in typing.get_args(hint)))


def hints():
    for _name, function in inspect.getmembers(Methods, inspect.isfunction):
        yield from typing.get_type_hints(function, localns=AT_HAND).values()


def test_each_form_is_what_some_method_gives():
    there = {each for each in vars(client_forms).values() if typing.is_typeddict(each)}
    assert there == {*()}.union(*map(forms_of, hints()))


def test_each_word_is_what_some_method_takes():
    there = {each for each in vars(client_forms).values() if typing.get_origin(each) is Literal}
    assert there == {*()}.union(*map(words_of, hints()))


class Right(TypedDict):
    """What PUBLISHED says."""

    evse: int
    words: list[Literal["a", "b"]]
    more: dict[str, Any] | None


class Short(TypedDict):
    """A field is missing."""

    evse: int
    words: list[Literal["a", "b"]]


class Loose(TypedDict):
    """A word may be any."""

    evse: int
    words: list[str]
    more: dict[str, Any] | None


class Sure(TypedDict):
    """What may be absent is there."""

    evse: int
    words: list[Literal["a", "b"]]
    more: dict[str, Any]


PUBLISHED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "evse": {"type": "integer", "minimum": 1, "title": "Evse"},
        "words": {"type": "array", "items": {"$ref": "#/components/schemas/Word"}},
        "more": {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}]},
    },
}


@pytest.mark.parametrize(("form", "same"), [(Right, True), (Short, False), (Loose, False), (Sure, False)])
def test_a_form_that_differs_from_the_published_is_found(form, same):
    known = {"Word": {"type": "string", "enum": ["b", "a"], "description": "A word."}}
    assert (schema_of(form) == published(PUBLISHED, known)) is same
