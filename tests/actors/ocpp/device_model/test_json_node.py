import enum
from decimal import Decimal

import pytest

from actors.ocpp.device_model.json_node import Node, read_object, shown


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


def node(**data):
    return Node(data, "f.json", [])


def told(read):
    return [f"{one.place}: {one.text}" for one in read.problems]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "cannot be read as JSON"),
        (b"\xff", "cannot be read as JSON"),
        (b"[]", "there is no object in it"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' occurs twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read as JSON"),
    ],
)
def test_a_file_that_is_no_object_is_one_problem(data, words):
    problems = []

    assert read_object(data, "f.json", problems) is None
    assert [words in one.text for one in problems] == [True]


def test_a_number_with_a_point_stays_exact():
    read = read_object(b'\xef\xbb\xbf{"a": 0.1}', "f.json", [])

    assert read is not None
    assert read.number("a") == Decimal("0.1")


def test_an_unknown_key_is_told_with_the_nearest_known_one():
    read = node(colur=1, zzz=2)

    read.only({"colour", "size"})

    assert [one.advice for one in read.problems] == ["Did you mean colour?", "Known are colour, size."]


@pytest.mark.parametrize(
    ("take", "data"),
    [
        (lambda read: read.text("a"), {"a": 1}),
        (lambda read: read.text("a", at_most=2), {"a": "abc"}),
        (lambda read: read.text("a", needed=True), {}),
        (lambda read: read.whole("a"), {"a": True}),
        (lambda read: read.whole("a"), {"a": Decimal("1.5")}),
        (lambda read: read.whole("a", at_least=1), {"a": 0}),
        (lambda read: read.number("a"), {"a": "1"}),
        (lambda read: read.number("a", needed=True), {}),
        (lambda read: read.choice("a", Colour), {}),
        (lambda read: read.choice("a", Colour), {"a": "green"}),
        (lambda read: read.child("a"), {}),
        (lambda read: read.child("a"), {"a": []}),
        (lambda read: read.scalar("a"), {"a": [1]}),
    ],
)
def test_what_cannot_be_taken_is_absent_and_told_once(take, data):
    read = node(**data)

    assert take(read) is None
    assert len(read.problems) == 1
    assert read.problems[0].place == "a"


def test_a_switch_without_a_default_must_be_given():
    read = node()

    assert read.switch("a") is False
    assert told(read) == ["a: missing"]


def test_what_is_absent_and_need_not_be_there_is_no_problem():
    read = node(a=None)

    assert (read.text("a"), read.whole("a"), read.number("a"), read.scalar("a")) == (None,) * 4
    assert read.switch("a", default=True) is True
    assert read.choice("a", Colour, default=Colour.RED) is Colour.RED
    assert (list(read.children("a")), read.texts("a")) == ([], ())
    assert not read.problems


def test_what_is_of_the_right_type_is_taken():
    read = node(text="x", whole=2, number=Decimal("1.5"), switch=True, choice="blue", texts=["a", "b"])

    assert (read.text("text"), read.whole("whole"), read.number("number")) == ("x", 2, Decimal("1.5"))
    assert (read.switch("switch"), read.choice("choice", Colour), read.texts("texts")) == (
        True,
        Colour.BLUE,
        ("a", "b"),
    )
    assert not read.problems


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (12, "12"), (Decimal("1.50"), "1.50"), ("x", "x")],
)
def test_a_scalar_becomes_the_text_that_ocpp_has(value, text):
    assert node(a=value).scalar("a") == text


def test_the_objects_of_a_list_know_where_they_stand():
    read = node(a=[{"b": 1}, 2])

    (child,) = read.children("a")
    child.text("b")

    assert told(read) == ["a[1]: this is no object", "a[0].b: 1 is not a text"] or told(read) == [
        "a[0].b: 1 is not a text",
        "a[1]: this is no object",
    ]


def test_a_list_of_texts_with_something_else_is_told():
    read = node(a=["x", 1])

    assert read.texts("a") == ()
    assert told(read) == ["a: not everything in it is a text"]


def test_a_long_value_is_shown_short_and_in_one_line():
    assert shown("x" * 100) == "'" + "x" * 59 + "..."
    assert shown("a\nb") == r"'a\nb'"
