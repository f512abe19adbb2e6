import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.examples import TIMES

ROOT = Path(__file__).parents[3]
OPERATIONS = 100 * TIMES


def killing(*arguments):
    """What the killer has done; its complaint, if it has found a fault."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.stores_killing", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path):
    """In memory, where there is such a place: a kill loses nothing there either, and it is much faster."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


def test_changes_survive_kills_at_random_instants(folder):
    # for a thousand and more: python -m tests.support.stores_killing random DIRECTORY 15118 1000
    found = killing("random", folder, 15118, OPERATIONS)

    assert found["acknowledged"] >= OPERATIONS
    assert found["kills"] >= 4
    assert found["in flight"] > 0


def test_a_kill_before_any_line_leaves_old_or_new_state(folder):
    found = killing("lines", folder)

    assert found.keys() == {"install", "delete root", "update", "answer again", "delete leaf"}
    assert all(each["lines"] > 20 for each in found.values())
    assert all(each["changes"] >= 3 for each in found.values())
