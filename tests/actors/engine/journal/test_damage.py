"""Damage at random: it never stops an actor, and never makes it believe what was not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.disk import flip_bits, tear_page
from tests.support.journals import (
    COUNT,
    check_damaged,
    damage_images,
    fresh_path,
    log_of,
    restore,
)


@pytest.fixture
def path():
    with fresh_path() as path:
        yield path


@pytest.fixture(scope="module")
def images():
    return damage_images()


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("closed", "auth.journal"),
        ("closed", "auth.journal.lock"),
        ("killed", "auth.journal"),
        ("killed", "auth.journal-wal"),
        ("killed", "auth.journal.lock"),
    ],
)
def test_random_bit_flips_never_stop_or_deceive_an_actor(path, images, state, name):
    left = set()
    for seed in range(150):
        restore(path.parent, images[state])
        flip_bits(path.with_name(name), Random(f"{state}{name}{seed}"), 1 + seed % 3)
        left.add(check_damaged(path))
    # every bit of the log counts; a file has spare room; the lock is no part of the content
    assert (COUNT in left) == (not name.endswith("-wal"))
    assert len(left) > 3 or name.endswith(".lock") or state == "killed"


@pytest.mark.parametrize("state", ["closed", "killed"])
def test_torn_pages_never_stop_or_deceive_an_actor(path, images, state):
    left = set()
    for seed in range(100):
        restore(path.parent, images[state])
        torn = path if state == "closed" else log_of(path)
        tear_page(torn, Random(seed))
        left.add(check_damaged(path))
    assert len(left) > 3


@pytest.mark.parametrize("place", ["header", "schema and table root"])
def test_every_byte_of_the_first_page_may_change(path, images, place):
    offsets = range(100) if place == "header" else range(100, 4096, 17)
    for offset in offsets:
        restore(path.parent, images["closed"])
        content = bytearray(path.read_bytes())
        content[offset] ^= 1 << (offset % 8)
        path.write_bytes(content)
        check_damaged(path)


@settings(
    derandomize=True,
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # every example writes all files anew
)
@given(data=st.data())
def test_any_mixture_of_damage_leaves_a_prefix_and_a_report(images, path, data):
    restore(path.parent, images[data.draw(st.sampled_from(["closed", "killed"]))])
    for name in data.draw(
        st.lists(st.sampled_from(["", "-wal", "-shm", "-journal"]), min_size=1, max_size=3)
    ):
        target = path.with_name(path.name + name)
        content = bytearray(target.read_bytes() if target.exists() else b"")
        start = data.draw(st.integers(0, len(content)))
        match data.draw(st.sampled_from(["cut", "overwrite", "insert", "remove"])):
            case "cut":
                del content[start:]
            case "overwrite":
                piece = data.draw(st.binary(min_size=1, max_size=64))
                content[start : start + len(piece)] = piece
            case "insert":
                content[start:start] = data.draw(st.binary(min_size=1, max_size=64))
            case _:
                content = bytearray()
        target.touch(0o600)
        target.write_bytes(content)
    check_damaged(path)
