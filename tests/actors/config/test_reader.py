import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.config import reader
from actors.config.document import ListNode, MapNode, ScalarNode
from actors.config.reader import MAX_BYTES, read_document
from tests.support.examples import few


def values(node):
    """A tree as plain data."""
    match node:
        case MapNode():
            return {key: values(entry.value) for key, entry in node.entries.items()}
        case ListNode():
            return [values(item) for item in node.items]
        case ScalarNode():
            return node.value


def read(text):
    root, problems = read_document(text.encode() if isinstance(text, str) else text, "a.yaml")
    return values(root) if root else None, [str(problem) for problem in problems]


def test_mappings_lists_and_scalars_are_read_with_their_types():
    assert read("a: {b: [1, 2.5, yes, true, '5', null]}\nc:\n") == (
        {"a": {"b": [1, 2.5, "yes", True, "5", None]}, "c": None},
        [],
    )


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter():
    assert read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n") == ({"a": 1, "b": 2}, [])


def test_a_shared_value_is_read_at_both_places():
    assert read("a: &x {k: 1}\nb: *x\n") == ({"a": {"k": 1}, "b": {"k": 1}}, [])


def test_allowed_tags_are_obeyed():
    text = "a: !!str 5\nb: !!int '5'\nc: ! 5\nd: !!null x\ne: !!map {}\nf: !!seq []\ng: !!float 5\n"

    assert read(text) == ({"a": "5", "b": 5, "c": "5", "d": None, "e": {}, "f": [], "g": 5.0}, [])


# Text that cannot be read at all, and what is said about it.
UNREADABLE = {
    "": "a.yaml: error: the file is empty\n    'evsite init' writes one to begin with.",
    "# nothing\n": "a.yaml: error: the file is empty\n    'evsite init' writes one to begin with.",
    "a:\n\tb: 1\n": "a.yaml:2:1: error: a tab indents this line\n    YAML is indented by spaces only.",
    "a: 1\n---\nb: 2\n": "a.yaml:2:1: error: a second document begins here\n    Keep one per file.",
    "a: \x07\n": "a.yaml:1:4: error: control character '\\x07' in the text\n    Remove it.",
    "a: *x\n": "a.yaml:1:4: error: alias '*x' names nothing above it",
    "a: &x [*x]\n": "a.yaml:1:8: error: alias '*x' names nothing above it",
    "a: 'x\n": "a.yaml:2:1: error: not YAML: while scanning a quoted scalar, found unexpected end of stream",
    "a: b: c\n": "a.yaml:1:5: error: not YAML: mapping values are not allowed in this context",
    "%YAML 3.0\n---\na: 1\n": "a.yaml:1:1: error: not YAML: found incompatible YAML document",
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_text_that_is_not_yaml_is_refused_with_its_place(text):
    assert read(text) == (None, [UNREADABLE[text]])


@pytest.mark.parametrize(
    ("data", "place"), [(b"a: 1\nb: \xff\n", "2:4"), (b"\xef\xbb\xbf\xff", "1:1"), (b"\xff\xfea\x00", "1:1")]
)
def test_text_that_is_not_utf_8_is_refused_with_its_place(data, place):
    assert read(data) == (None, [f"a.yaml:{place}: error: this is not UTF-8\n    Save the file as UTF-8."])


# Text of which the rest can be read.
TAG = "does not fit here\n    Leave it out."
MERGE = "are not supported\n    Write the keys out, or share whole values by alias."
PARTLY = {
    "a: 1\na: 2\n": (
        {"a": 1},
        "a.yaml:2:1: error: a: key 'a' is given twice\n    The first is in line 1. Keep one.",
    ),
    "? [1]\n: 2\nb: 1\n": ({"b": 1}, "a.yaml:1:3: error: a key must be a plain name"),
    "a: !!python/object/apply:os.system [x]\n": (
        {"a": ["x"]},
        f"a.yaml:1:4: error: a: tag 'tag:yaml.org,2002:python/object/apply:os.system' {TAG}",
    ),
    "a: !!python/name:os.system x\n": (
        {"a": "x"},
        f"a.yaml:1:4: error: a: tag 'tag:yaml.org,2002:python/name:os.system' {TAG}",
    ),
    "a: !!int five\n": ({"a": "five"}, f"a.yaml:1:4: error: a: tag 'tag:yaml.org,2002:int' {TAG}"),
}


@pytest.mark.parametrize("text", PARTLY)
def test_what_is_wrong_in_one_place_does_not_hide_the_rest(text):
    data, problem = PARTLY[text]

    assert read(text) == (data, [problem])


def test_what_a_merge_would_have_brought_is_not_called_missing():
    assert read("a: &x {k: 1}\nb:\n  <<: *x\n") == (None, [f"a.yaml:3:3: error: b.<<: merge keys {MERGE}"])


@pytest.mark.parametrize("key", ["k" * 1025, "k" * 100_000, '"' + "k" * 1025 + '"'], ids=len)
def test_a_key_longer_than_yaml_allows_is_called_that(key):
    data, problems = read(f"a: 1\n{key}: 1\n")

    assert data is None
    assert problems == ["a.yaml:2:1: error: a key of more than 1024 characters\n    Write a shorter one."]


def test_a_file_that_is_too_large_is_refused_unread():
    assert read(b"#" * (MAX_BYTES + 1)) == (
        None,
        [f"a.yaml: error: the file is larger than {MAX_BYTES} bytes"],
    )


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "? " * 100_000, "- " * 100_000])
def test_deep_nesting_is_refused_before_it_costs_anything(text):
    data, problems = read(text)

    assert data is None
    assert "nested deeper than 32 levels" in problems[0]


def test_aliases_that_multiply_are_refused_quickly():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    begin = time.process_time()

    data, problems = read("\n".join(lines))

    assert data is None
    assert "more than 200000 values, aliases replaced" in problems[0]
    assert time.process_time() - begin < 1


def test_the_pure_python_parser_serves_where_there_is_no_other(monkeypatch):
    monkeypatch.setattr(reader, "_LOADER", reader.yaml.SafeLoader)

    assert read("a: &x [1]\nb: *x\n") == ({"a": [1], "b": [1]}, [])
    assert read("a:\n\tb: 1\n")[0] is None


@given(st.binary(max_size=200))
@example(b"%")
@example(b"\xef\xbb\xbf")
@example("\ufeffa: \ufeff".encode())
@few(100)
def test_any_bytes_are_read_or_refused_but_never_raise(data):
    root, problems = read_document(data, "a.yaml")

    assert (root is not None) or problems
    assert all(problem.line >= 0 for problem in problems)


@given(st.text(alphabet="abc:-?[]{}&*!|>'\"%#@,\n\t <~\ufeff\x85", max_size=60))
@few(200)
def test_any_marks_are_read_or_refused_but_never_raise(text):
    root, problems = read_document(text.encode(), "a.yaml")

    assert (root is not None) or problems
