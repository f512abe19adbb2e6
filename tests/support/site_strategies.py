"""Random site files: good ones with random changes."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.support import sites

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 130),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["evse_1", "main", "evse", "Auth", "OCPP201", "DC"]),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def places(tree, path=()):
    yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from places(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from places(value, (*path, index))


GOOD = [yaml.safe_load(sites.BASE), yaml.safe_load((sites.VECTORS / "everest-names.yaml").read_text())]
PLACES = [[path for path in places(tree) if path] for tree in GOOD]


def as_yaml(tree: Any) -> bytes:
    """A tree as a file; what occurs twice becomes an alias."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(tree, Dumper=dumper, allow_unicode=True).encode()


@st.composite
def mutated(draw):
    """A good site with a few places replaced, removed, renamed or doubled."""
    which = draw(st.integers(0, len(GOOD) - 1))
    tree = copy.deepcopy(GOOD[which])
    for _ in range(draw(st.integers(1, 4))):
        *above, last = draw(st.sampled_from(PLACES[which]))
        holder = tree
        try:
            for part in above:
                holder = holder[part]
            match draw(st.sampled_from(["replace", "remove", "rename", "copy"])):
                case "replace":
                    holder[last] = draw(TREES)
                case "remove":
                    del holder[last]
                case "rename":
                    holder[draw(st.text(max_size=6))] = holder.pop(last)
                case _:
                    holder[last] = draw(st.sampled_from([holder, tree.get("active_modules")]))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    return tree
