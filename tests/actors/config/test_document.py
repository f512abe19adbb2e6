import pytest

from actors.config.document import Source, describe
from actors.config.problems import Position
from actors.config.reader import read_document

TEXT = b"""\
a:
  b: 1
  c: [x, {d: 2}]
e: {}
f: []
"""


@pytest.fixture
def source():
    root, problems = read_document(TEXT, "a.yaml")
    assert not problems
    return Source("a.yaml", root)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("a",), 1, 1),
        (("a", "b"), 2, 6),
        (("a", "c"), 3, 3),
        (("a", "c", 0), 3, 7),
        (("a", "c", 1), 3, 10),
        (("a", "c", 1, "d"), 3, 14),
        (("a", "missing"), 1, 1),
        (("a", "missing", "deeper"), 1, 1),
        (("a", "b", "deeper"), 2, 3),
        (("a", "c", 7), 3, 3),
        (("missing",), 1, 1),
        (("a", 0), 1, 1),
    ],
)
def test_a_path_is_placed_at_its_value_or_where_it_is_missed(source, path, line, column):
    assert source.locate(path) == Position(line, column)


def test_a_path_is_placed_at_its_key_on_request(source):
    assert source.locate(("a", "b"), key=True) == Position(2, 3)


@pytest.mark.parametrize(
    ("path", "held"),
    [(("a", "b"), True), (("a", "c", 0), True), (("e",), True), (("f",), False), (("a", "z"), False)],
)
def test_a_path_holds_anything_but_an_empty_list(source, path, held):
    assert source.holds(path) is held


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{}", "a mapping"),
        (b"[]", "a list"),
        (b"~", "nothing"),
        (b"true", "true"),
        (b"false", "false"),
        (b"a b", "the string 'a b'"),
        (b"5", "the number 5"),
        (b"5.5", "the number 5.5"),
    ],
)
def test_what_stands_somewhere_is_put_in_words(text, words):
    assert describe(read_document(text, "a.yaml")[0]) == words
