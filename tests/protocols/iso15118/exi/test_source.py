from __future__ import annotations

import linecache

from protocols.iso15118.exi.source import LINES, Scope, Source, Where


def test_a_label_names_the_element_and_its_occurrence():
    assert Where("A").label({}) == "A"
    assert Where("A", items="items").label({"items": [1, 2]}) == "A[2]"
    assert Where("A", items="i").label({"i": 5}) == "A[5]"
    assert Where("A", items="i").label({}) == "A"


def test_a_label_chooses_by_number_or_by_class():
    by_number = Where("all", names={3: "Three"}, chooser="k")
    assert by_number.label({"k": 3}) == "Three"
    assert by_number.label({"k": 4}) == "all"
    assert Where("all", names={str: "Text"}, chooser="v").label({"v": "x"}) == "Text"


def test_a_compiled_function_is_known_line_by_line():
    scope = Scope({"one": 1})
    source = Source()
    source.add("def f():")
    source.indent += 1
    source.here = Where("A")
    source.add("return one", width=3)
    made = source.compile("f", "test f", scope.names)
    assert made() == 1
    assert scope.names["f"] is made
    assert LINES[made.__code__.co_filename][2] == Where("A", width=3)
    assert linecache.getline(made.__code__.co_filename, 2) == "    return one"


def test_a_value_gets_one_name_for_one_key():
    scope = Scope({})
    first = scope.name("t", "key", lambda: {"a": 1})
    assert scope.name("t", "key", dict) == first
    assert scope.name("t", "other", dict) != first
    assert scope.names[first] == {"a": 1}
