"""Processes as the kernel sees them: how one of ours begins, how it is tied to its parent, how it is ended.

- **orphans**: every process asks the kernel to be killed when its parent dies (PR_SET_PDEATHSIG), so a dead
  supervisor takes its subtree along and a dead starter the whole site; `reap_session` clears what is left;
- **large pages**: what hundreds of processes inherit is kept in few large pages instead of many small ones,
  each of which the kernel would look at with every fork and every end of a process;
- **gaps**: what a process makes for itself is not to lie scattered among what it has inherited, each page of
  which the kernel would copy for the sake of a few bytes;
- **forking**: os.fork from the thread-free main thread; the child lets go of every inherited descriptor but
  the standard streams, freezes the inherited heap and never returns into its parent's frames.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
import traceback
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_MADV_COLLAPSE: Final = 25
"""Since Linux 6.1."""
_libc = ctypes.CDLL(None, use_errno=True)
FIRST_INHERITED_FD: Final = 3
MAX_DESCRIPTORS: Final = 16_384
"""As far as the system allows, so that a registry with many peers does not run out."""
BROKEN: Final = 70
"""Exit code of a process that ended by an error of its own (EX_SOFTWARE)."""
MAX_KERNEL_TEXT: Final = 4096
"""Bytes of what the kernel keeps about a process; it is some hundred."""
ROOM_SLOTS: Final = 16 * 1024
"""Of 8 bytes each; the memory is reserved, not used."""
LARGE: Final = 2 * 1024 * 1024
"""The smallest large page there is."""
_POOL: Final = 16 * 1024
_POOL_HEAD: Final = 48
_SIZES: Final = range(48, 512 + 1, 16)
"""Python's own allocator takes small objects from pools of one size each (3.10 and later)."""
_IN_A_ROW: Final = 3
"""So many one behind the other at the head of a pool are the first in it."""
MAX_GAPS: Final = 64 * 1024
"""Of one size; where nothing looks like a new pool by then, the allocator is another one."""
_FILLING: Final[list[list[object]]] = []
_RESET: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1, signal.SIGHUP)


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel SIGKILL this process when its parent dies; leave at once if it is dead already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def name_process(name: str) -> None:
    """Set what `ps` and `top` show; the kernel keeps 15 bytes."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def use_large_pages() -> None:
    """Move what this process has in its memory into large pages, as far as the kernel has them.

    For a process from which many are to be forked, when everything is there that they share. What one of
    them writes to later is copied in small pages, as ever. Takes some 3 ms a MiB; without effect on the
    content, and on anything where kernel or memory cannot do it.
    """
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        where, rights, _offset, _device, inode, *_name = line.split(maxsplit=5)
        start, end = (int(each, 16) for each in where.split("-"))
        if rights == "rw-p" and inode == "0" and end - start >= LARGE:
            _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)


def close_gaps() -> None:
    """Fill, for good, the gaps between this process's small objects.

    For a process from which many are to be forked, when everything is there that they share: what one of them
    makes later lies together then, in pages of its own. Takes a few milliseconds and some hundred KiB, which
    all share, and saves each some 100 KiB (PSS of a site of 38 actors; the mean of eight pairs of starts).
    """
    _FILLING.clear()  # of an earlier life of the site
    for size in _SIZES:
        _FILLING.append(_filling(size))


def _filling(size: int) -> list[object]:
    """So many objects of that size that the allocator begins a new pool: all others are full then."""
    length = size - sys.getsizeof(b"")
    made: list[object] = []
    places: deque[int] = deque(maxlen=_IN_A_ROW)
    while len(made) < MAX_GAPS:
        made.append(bytes(length))
        places.append(id(made[-1]))
        if places[0] % _POOL == _POOL_HEAD and [each - places[0] for each in places] == [0, size, 2 * size]:
            return made
    return []


def describe_status(status: int) -> str:
    """A wait status in words: `exit code 1`, `killed by SIGKILL`."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(number).name}"
        return f"killed by signal {number}"
    return f"exit code {os.WEXITSTATUS(status)}"


def fork(inherited: Iterable[int] | None, main: Callable[[], int]) -> int:
    """Start a process that runs `main`, exits with its result, and dies with this one; return its id.

    It closes the `inherited` descriptors; None points every one but the standard streams at /dev/null.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    parent_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        _run(parent_pid, inherited, main)
    return pid


def _call_with_room(main: Callable[[], int]) -> int:
    return main()


# Python keeps frames in pieces of 16 KiB, and a loop whose calls cross the end of a piece maps and unmaps
# memory with every message. How deep the frames are that a process was forked in is chance: a frame that
# pretends to need this many slots gets a piece of its own, and all above it fit into the rest of that.
_call_with_room.__code__ = _call_with_room.__code__.replace(co_stacksize=ROOM_SLOTS)


def _run(parent_pid: int, inherited: Iterable[int] | None, main: Callable[[], int]) -> None:
    """Run a forked process to its end; never returns into the parent's frames."""
    code = BROKEN
    try:
        _begin(parent_pid, inherited)
        code = _call_with_room(main)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001  # nothing may escape into the frames of the parent
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _begin(parent_pid: int, inherited: Iterable[int] | None) -> None:
    die_with_parent(parent_pid)
    sys.settrace(None)  # a coverage run of the starter would slow every actor down, for nothing
    gc.freeze()
    signal.set_wakeup_fd(-1)
    for number in _RESET:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if inherited is None:
        _let_go_of_descriptors()
    else:
        for fd in inherited:
            with contextlib.suppress(OSError):
                os.close(fd)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MAX_DESCRIPTORS)), hard))


def _let_go_of_descriptors() -> None:
    """Point every inherited descriptor but the standard streams at /dev/null.

    Closing them would free their numbers for our sockets, and whatever object of the starter still holds
    such a number (a captured sys.stdout, a log file) would write into the middle of our frames.
    """
    for name, number in (("stdout", 1), ("stderr", 2)):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if getattr(sys, name).fileno() != number:
                setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False, buffering=1))  # noqa: SIM115  # the descriptor is not ours to close
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for entry in list(Path("/proc/self/fd").iterdir()):
        fd = int(entry.name)
        if fd >= FIRST_INHERITED_FD and fd != null:
            with contextlib.suppress(OSError):  # the listing's own descriptor is closed by now
                os.fstat(fd)
                os.dup2(null, fd, inheritable=False)
    os.close(null)


def kernel_text(pid: int, name: str) -> str:
    """A short file that the kernel keeps about a process. Raises OSError.

    Supervisors read these several times a second for each child: without a `Path`, it takes a fifth.
    """
    fd = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, MAX_KERNEL_TEXT).decode("ascii", "replace")
    finally:
        os.close(fd)


def stat_fields(pid: int) -> list[str]:
    """State, parent, group, session, ... of a process, from /proc. Raises OSError."""
    return kernel_text(pid, "stat").rpartition(")")[2].split()


def parent_of(pid: int) -> int | None:
    """The parent's id of a process; None when there is no such process."""
    with contextlib.suppress(OSError, IndexError):
        return int(stat_fields(pid)[1])
    return None


def session_processes(session: int) -> Iterator[int]:
    """The ids of the living processes of a session; zombies do not count."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            fields = stat_fields(int(entry.name))
            if int(fields[3]) == session and fields[0] not in "ZX":
                yield int(entry.name)


def reap_session(session: int) -> list[int]:
    """SIGKILL what is left of a session and return the ids. The session must be one that we started."""
    left = list(session_processes(session))
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left
