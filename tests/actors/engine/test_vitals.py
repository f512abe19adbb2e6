"""What /proc tells of processes, those that are stopped, dead and gone included."""

import ctypes
import os
import select
import signal
import time
from contextlib import contextmanager

import pytest

from actors.engine import processes, vitals


@contextmanager
def child(action):
    """A forked process that says when it has begun and then does something."""
    receive, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            action(tell)
        finally:
            os._exit(3)
    os.close(tell)
    try:
        assert select.select([receive], [], [], 20)[0]
        yield pid
    finally:
        os.close(receive)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def until(pid, state):
    """The vitals as soon as the kernel shows that state; a state change is not instant."""
    end_s = time.monotonic() + 20
    while time.monotonic() < end_s:
        seen = vitals.read(pid)
        if seen is not None and seen.state == state:
            return seen
    raise AssertionError(f"{pid} is {seen}")


def wait(tell):
    os.write(tell, b"!")
    signal.pause()


def spin(tell):
    os.write(tell, b"!")
    while True:
        pass


def exit_at_once(_tell):
    os._exit(0)


def wait_as_somebody_odd(tell):
    ctypes.CDLL(None).prctl(15, b"a) R 1 (b", 0, 0, 0)  # PR_SET_NAME
    wait(tell)


def test_this_process_is_alive_and_has_run():
    seen = vitals.read(os.getpid())

    assert seen.state == "R"
    assert seen.ran_s > 0
    assert seen.waited_s >= 0


def test_a_waiting_process_is_seen_asleep():
    with child(wait) as pid:
        assert until(pid, "S").ran_s < 10


def test_a_busy_process_uses_up_run_or_wait_time():
    with child(spin) as pid:
        first = vitals.read(pid)
        time_s = time.monotonic() + 20
        while (later := vitals.read(pid)) == first and time.monotonic() < time_s:
            os.sched_yield()

        assert (later.ran_s, later.waited_s) > (first.ran_s, first.waited_s)


def test_a_stopped_process_is_seen_stopped():
    with child(wait) as pid:
        os.kill(pid, signal.SIGSTOP)
        assert until(pid, "T")


def test_a_zombie_is_seen_as_one():
    with child(exit_at_once) as pid:
        assert until(pid, "Z")


def test_a_process_name_cannot_pass_for_a_state():
    with child(wait_as_somebody_odd) as pid:
        assert until(pid, "S")


@pytest.mark.parametrize("pid", [None, -1, 2**22 + 1])
def test_who_does_not_exist_has_no_vitals(pid):
    assert vitals.read(pid) is None


@pytest.mark.parametrize(
    ("stat", "schedstat"),
    [("", "1 2 3"), ("1 (a)", "1 2 3"), ("1 (a) S", ""), ("1 (a) S", "1"), ("1 (a) S", "x y"), (None, "1 2")],
)
def test_what_cannot_be_understood_is_not_guessed(monkeypatch, stat, schedstat):
    # given a kernel built without schedstat, or one that writes something else
    def kernel_text(_pid, name):
        text = stat if name == "stat" else schedstat
        if text is None:
            raise PermissionError
        return text

    monkeypatch.setattr(processes, "kernel_text", kernel_text)
    monkeypatch.setattr(vitals, "kernel_text", kernel_text)

    assert vitals.read(1) is None
