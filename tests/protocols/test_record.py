"""Records against what `dataclasses` makes of the same class: nobody may tell the difference."""

import copy
import dataclasses
import inspect
import pickle
import typing

import pytest

from protocols.record import record

NORMAL = dataclasses.dataclass(frozen=True, slots=True, kw_only=True)


@record
class Pair:
    left: int
    right: str | None = None
    many: tuple[int, ...] = ()


@record
class Triple(Pair):
    third: bool = False


@record
class Empty:
    pass


class Loose(Pair):
    """No record itself: it has a dictionary."""


def both(name, body, bases=()):
    """The same class, made by us and by `dataclasses`."""
    return [make(type(name, bases, dict(body))) for make in (record, NORMAL)]


OURS, THEIRS = both(
    "Item",
    {
        "__module__": __name__,
        "__annotations__": {"one": "int", "two": "str", "rest": "tuple[int, ...]", "own": "list[int]"},
        "two": "x",
        "rest": (),
        "own": dataclasses.field(default_factory=list),
    },
)


def test_its_fields_and_its_signature_are_those_of_a_dataclass():
    def described(kind):
        return [(each.name, each.type, each.default, each.kw_only) for each in dataclasses.fields(kind)]

    assert described(OURS) == described(THEIRS)
    for ours, theirs in zip(
        *(inspect.signature(each).parameters.values() for each in (OURS, THEIRS)), strict=True
    ):
        assert (ours.name, ours.kind, ours.annotation) == (theirs.name, theirs.kind, theirs.annotation)
    assert typing.get_type_hints(Pair.__init__)["right"] == str | None


@pytest.mark.parametrize("given", [{"one": 1}, {"one": 1, "two": "y", "rest": (1, 2), "own": [3]}])
def test_it_says_and_compares_what_a_dataclass_would(given):
    ours, theirs = OURS(**given), THEIRS(**given)

    assert repr(ours) == repr(theirs)
    assert ours == OURS(**given)
    assert ours != theirs
    assert ours != dataclasses.replace(ours, one=2)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)


def test_a_field_that_is_not_to_be_shown_is_not():
    body = {
        "__module__": __name__,
        "__annotations__": {"user": "str", "password": "str"},
        "password": dataclasses.field(default="", repr=False),
    }
    ours, theirs = (kind(user="me", password="secret") for kind in both("Login", body))

    assert repr(ours) == repr(theirs) == "Login(user='me')"


@pytest.mark.parametrize("given", [{}, {"one": 1, "more": 2}, {"two": "y"}])
def test_a_constructor_takes_its_fields_and_nothing_else(given):
    for kind in (OURS, THEIRS):
        with pytest.raises(TypeError):
            kind(**given)


def test_values_by_position_are_refused():
    with pytest.raises(TypeError):
        Pair(1)


def test_a_signature_tells_of_a_factory_as_that_of_a_dataclass_does():
    ours, theirs = (str(inspect.signature(each).parameters["own"]) for each in (OURS, THEIRS))
    assert ours == theirs


def test_what_a_factory_makes_is_made_for_each():
    assert OURS(one=1).own is not OURS(one=1).own


def test_equal_records_have_one_hash():
    assert hash(Pair(left=1, many=(2,))) == hash(Pair(left=1, many=(2,)))
    assert {Pair(left=1), Pair(left=1), Pair(left=2), Empty(), Empty()} == {
        Pair(left=1),
        Pair(left=2),
        Empty(),
    }


@pytest.mark.parametrize("item", [Pair(left=1), Triple(left=1), Empty()])
@pytest.mark.parametrize("name", ["left", "other"])
def test_nothing_of_a_record_can_be_changed(item, name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(item, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(item, name)


def test_a_subclass_that_is_no_record_keeps_the_fields():
    item = Loose(left=1)

    item.more = 2
    del item.more

    assert not hasattr(item, "more")
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.left = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del item.left


@pytest.mark.parametrize("item", [Pair(left=1, many=(2, 3)), Triple(left=1, third=True), Empty()])
def test_a_record_survives_pickle_and_copy(item):
    for twin in (pickle.loads(pickle.dumps(item)), copy.copy(item), copy.deepcopy(item)):
        assert (twin, type(twin)) == (item, type(item))


def test_fields_of_the_base_come_first():
    assert repr(Triple(left=1, third=True)) == "Triple(left=1, right=None, many=(), third=True)"


def test_what_a_class_says_itself_is_kept():
    @record
    class Own:  # noqa: PLW1641  # the record brings its hash
        """As it is."""

        number: int

        def __post_init__(self):
            if self.number < 0:
                raise ValueError("too little")

        def __eq__(self, other):
            return True

        def __repr__(self):
            return "own"

    assert (Own(number=1) == Own(number=2), repr(Own(number=1)), Own.__doc__) == (True, "own", "As it is.")
    assert hash(Own(number=1)) == hash(Own(number=1))
    with pytest.raises(ValueError, match="too little"):
        Own(number=-1)


def test_a_default_that_could_change_is_refused():
    with pytest.raises(ValueError, match="mutable default"):

        @record
        class Wrong:
            items: list[int] = []  # noqa: RUF012  # what is to be refused
