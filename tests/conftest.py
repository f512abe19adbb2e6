"""Fixtures for everybody, and when coverage looks.

Whatever runs under coverage takes twice the time. So it looks while tests run, and neither while pytest goes
from one to the next nor at tests marked `untraced`: those do many times over what others do once (random
input, properties, deaths at every instant), and `make coverage` finds its gates held without them.
"""

import gc
import sys
import tempfile
from pathlib import Path

import pytest

TRACER = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected stays to the end: looking for rubbish in it takes a third of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    session.config.stash[TRACER] = tracer = sys.gettrace()
    if tracer is None:
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


def phase(item):
    """A hook around the setup, call or teardown of a test."""
    tracer = item.config.stash[TRACER]
    if tracer is None or item.get_closest_marker("untraced"):
        return (yield)
    sys.settrace(tracer)
    try:
        return (yield)
    finally:
        sys.settrace(None)


pytest_runtest_setup = pytest.hookimpl(wrapper=True, trylast=True)(phase)
pytest_runtest_call = pytest.hookimpl(wrapper=True, trylast=True)(phase)
pytest_runtest_teardown = pytest.hookimpl(wrapper=True, trylast=True)(phase)


@pytest.fixture
def open_folder():
    """A folder that users other than the tester can reach: pytest closes its own to them at every start."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)
