"""Processes as the kernel sees them."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actors.engine import processes
from actors.engine.processes import (
    BROKEN,
    describe_status,
    fork,
    name_process,
    parent_of,
    reap_session,
    session_processes,
)
from tests.support.engine import eventually


def status_of(pid):
    return os.waitpid(pid, 0)[1]


def told(main, inherited=()):
    """What a forked process writes down, and its status."""
    reader, writer = os.pipe()

    def report():
        os.write(writer, str(main()).encode())
        return 0

    pid = fork([reader, *inherited], report)
    os.close(writer)
    status = status_of(pid)
    with os.fdopen(reader) as file:
        return file.read(), status


LARGE_PAGES = """
import mmap, pathlib, sys
from actors.engine.processes import LARGE, use_large_pages

size = 4 * LARGE
block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
block.write(bytes(range(256)) * (size // 256))
use_large_pages()
kept = block[:] == bytes(range(256)) * (size // 256)
rollup = pathlib.Path("/proc/self/smaps_rollup").read_text().split()
print(kept, int(rollup[rollup.index("AnonHugePages:") + 1]) // 1024)
"""


def test_memory_is_the_same_after_the_move_to_large_pages():
    # given a process of its own: this one would be moved as well
    done = subprocess.run([sys.executable, "-c", LARGE_PAGES], capture_output=True, text=True, check=True)
    kept, large_mib = done.stdout.split()

    assert kept == "True"
    assert int(large_mib) >= 4 or not has_large_pages()


GAPS = """
import sys
from actors.engine.processes import close_gaps

sizes = range(48, 513, 16)

def make(size, count):
    return [bytes(size - 33) for _ in range(count)]

# given objects of which every second is gone again
kept = {size: make(size, 4000)[::2] for size in sizes}
if sys.argv[1:]:
    close_gaps()
used = []
for size in sizes:
    mine = make(size, 1000)
    pages = {id(each) // 4096 for each in mine}
    used.append(len(pages) * 4096 / (size * len(mine)))
print(min(used), max(used))
"""


def test_what_is_made_after_the_gaps_are_closed_lies_together():
    def memory_to_content(*how):
        words = [sys.executable, "-c", GAPS, *how]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return [float(each) for each in done.stdout.split()]

    least, _most = memory_to_content()
    assert least > 1.9
    _least, most = memory_to_content("closed")
    assert most < 1.9


def test_gaps_that_are_closed_again_are_closed_once(monkeypatch):
    monkeypatch.setattr(processes, "_FILLING", filling := [])
    processes.close_gaps()
    sizes = len(filling)
    processes.close_gaps()

    assert len(filling) == sizes


def test_an_allocator_that_has_no_pools_is_left_alone(monkeypatch):
    monkeypatch.setattr(processes, "_FILLING", filling := [])
    monkeypatch.setattr(processes, "MAX_GAPS", 0)

    processes.close_gaps()

    assert not any(filling)


def has_large_pages():
    """Whether the kernel knows them and has many free: it need not make any."""
    release = tuple(map(int, os.uname().release.split("-")[0].split(".")[:2]))
    known = release >= (6, 1) and Path("/sys/kernel/mm/transparent_hugepage").exists()
    zones = [line.split() for line in Path("/proc/buddyinfo").read_text().splitlines()]
    return known and sum(int(zone[13]) for zone in zones if zone[3] == "Normal") >= 64


def test_a_kernel_without_large_pages_is_no_error(monkeypatch):
    asked = []
    monkeypatch.setattr(processes._libc, "madvise", lambda *given: asked.append(given) or -1)
    processes.use_large_pages()

    assert asked


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0, "exit code 0"),
        (70 << 8, "exit code 70"),
        (signal.SIGKILL, "killed by SIGKILL"),
        (signal.SIGSEGV | 0x80, "killed by SIGSEGV"),
        (50, "killed by signal 50"),
    ],
)
def test_a_status_is_put_into_words(status, text):
    assert describe_status(status) == text


@pytest.mark.parametrize(
    ("main", "text"),
    [
        (lambda: 0, "exit code 0"),
        (lambda: 3, "exit code 3"),
        (lambda: sys.exit(4), "exit code 4"),
        (lambda: sys.exit("why"), "exit code 1"),
        (lambda: 1 // 0, f"exit code {BROKEN}"),
    ],
)
def test_a_process_ends_with_what_its_main_returns(main, text, capfd):
    assert describe_status(status_of(fork((), main))) == text


def test_nothing_raised_in_a_process_reaches_its_parents_frames(capfd):
    before = os.getpid()
    status_of(fork((), lambda: 1 // 0))

    assert os.getpid() == before
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_inherited_descriptors_are_closed():
    reader, writer = os.pipe()
    try:
        text, _ = told(
            lambda: [fd for fd in (reader, writer) if Path(f"/proc/self/fd/{fd}").exists()], (reader, writer)
        )
    finally:
        os.close(reader)
        os.close(writer)

    assert text == "[]"


def test_everything_but_the_standard_streams_can_be_let_go_of(tmp_path):
    log = (tmp_path / "log").open("w")
    report = tmp_path / "report"

    def main():
        log.write("by mistake")
        log.flush()
        links = {
            entry.name: str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.exists()
        }
        report.write_text(repr({links[name] for name in links if int(name) > 2}))
        return 0

    assert status_of(fork(None, main)) == 0
    log.close()

    # what the starter's file objects write goes nowhere, and its files are not held open
    assert (tmp_path / "log").read_text() == ""
    assert {each for each in eval(report.read_text()) if not each.startswith("/proc")} == {"/dev/null"}


def test_a_process_may_open_as_many_files_as_the_system_allows():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        text, _ = told(lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert int(text) == min(before[1], 16_384)


def test_no_core_file_is_written():
    assert told(lambda: resource.getrlimit(resource.RLIMIT_CORE)[0])[0] == "0"


def test_signal_handlers_of_the_parent_are_not_inherited():
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        text, _ = told(
            lambda: [signal.getsignal(each).name for each in (signal.SIGTERM, signal.SIGCHLD, signal.SIGINT)]
        )
    finally:
        signal.signal(signal.SIGTERM, before)

    assert text == "['SIG_DFL', 'SIG_DFL', 'SIG_IGN']"


def test_a_process_is_shown_by_its_name():
    def main():
        name_process("a-name-longer-than-fifteen")
        return Path("/proc/self/comm").read_text().strip()

    assert told(main)[0] == "a-name-longer-t"


def test_the_parent_of_a_process_is_known():
    assert parent_of(os.getpid()) == os.getppid()
    assert parent_of(2**22 + 1) is None


PARENT = """
import os, sys, time
sys.path.insert(0, {root!r})
from actors.engine.processes import fork
os.setsid()
def child():
    fork((), lambda: time.sleep(60))
    time.sleep(60)
    return 0
fork((), child)
time.sleep(60)
"""


@pytest.fixture
def family():
    """Three generations in a session of their own: the eldest's process."""
    root = str(Path(__file__).parents[3])
    eldest = subprocess.Popen([sys.executable, "-c", PARENT.format(root=root)])
    yield eldest
    reap_session(eldest.pid)
    eldest.kill()
    eldest.wait()


def test_a_session_is_told_process_by_process(family):
    eventually(lambda: len(list(session_processes(family.pid))) == 3)

    assert family.pid in session_processes(family.pid)


def test_nobody_outlives_a_parent_that_was_killed(family):
    eventually(lambda: len(list(session_processes(family.pid))) == 3)
    family.kill()
    begun_s = time.monotonic()
    eventually(lambda: not list(session_processes(family.pid)))

    assert time.monotonic() - begun_s < 1


def test_what_is_left_of_a_session_can_be_ended(family):
    eventually(lambda: len(list(session_processes(family.pid))) == 3)
    ended = reap_session(family.pid)
    family.wait()

    assert len(ended) == 3
    eventually(lambda: not list(session_processes(family.pid)))


def test_a_child_whose_parent_is_dead_already_leaves_at_once(monkeypatch):
    monkeypatch.setattr(os, "getppid", lambda: 1)

    assert describe_status(status_of(fork((), lambda: 0))) == "exit code 1"


# -- room for frames ---------------------------------------------------------------------------------------


def down(depth):
    return down(depth - 1) if depth else 0


def faults_of_calls():
    """Page faults of calls that go a little deeper and come back, often.

    The fewest of three tries: after a fork the first who touches a page copies it, whoever that is.
    """

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(300):
            down(40)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    return min(faults() for _ in range(3))


def at_depth(depth, action):
    return at_depth(depth - 1, action) if depth else action()


def test_calls_of_a_process_map_no_memory_however_deep_it_was_forked():
    with_room = [
        at_depth(depth, lambda: processes._call_with_room(faults_of_calls)) for depth in range(0, 200, 20)
    ]

    assert max(with_room) < 100
