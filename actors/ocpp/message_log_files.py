"""The files of a message log: written by a thread of their own, so that no disk delays anybody.

Files are made with mode 0600. Nothing is followed that is a link, nothing is written to a file of somebody
else, and one of two programs that mean the same file is refused. A disk that refuses is tried again now and
then; what could not be written is counted, and each file tells where and how much is missing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import queue
import stat
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from actors.ocpp import message_log, message_log_rotation
from actors.ocpp.message_log_rotation import Remove, Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from actors.ocpp.message_log import Piece

RETRY_S: Final = 10.0
"""A disk that has refused is left alone for so long."""
MAX_WAITING_BYTES: Final = 4 * 1024 * 1024
"""What may wait for the disk; what comes beyond that is missing in the log."""
CLOSE_S: Final = 0.5
"""How long the end of the process waits for what is not written yet."""
TAIL_BYTES: Final = 64 * 1024
"""Of a file that is found: in its last bytes the end of an entry is looked for."""
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class LogFile:
    """One file that is written to. Only the thread touches it. Everything may raise OSError."""

    def __init__(self, directory: int, name: str) -> None:
        self._directory, self._name = directory, name
        self._head = message_log.HEADS.get(name, "").encode()
        self._number, self._size = -1, 0
        self._is_foreign = False
        """It holds no entry of ours: it is set aside before the first one."""
        self._open()

    def append(self, data: bytes, rotation: Rotation, now: datetime) -> None:
        """Write an entry whole, or leave the file as it was; set the file aside before if it is large."""
        if not self._is_in_place():  # whoever has moved it away wants another one
            self.close()
            self._open()
        if self._size and (self._is_foreign or self._size + len(data) > rotation.max_bytes):
            self._set_aside(rotation, now)
        data = data if self._size else self._head + data
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._number, rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # the next one who opens it mends it
                os.ftruncate(self._number, self._size)
            raise
        self._size += len(data)

    def close(self) -> None:
        """Let go of the file."""
        if self._number >= 0:
            os.close(self._number)
            self._number = -1

    def _open(self) -> None:
        self._number = os.open(self._name, _FLAGS, 0o600, dir_fd=self._directory)
        try:
            found = os.fstat(self._number)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
                raise PermissionError(errno.EPERM, f"{self._name} is not a file of ours")
            self._claim()
            self._size = found.st_size
            self._mend()
        except OSError:
            self.close()
            raise

    def _claim(self) -> None:
        try:
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(errno.EAGAIN, f"another program writes to {self._name}") from None
        except OSError as error:
            if error.errno not in {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}:
                raise  # a file system without locks has none to respect

    def _mend(self) -> None:
        """Cut off an entry that a predecessor could not end."""
        begin = max(0, self._size - TAIL_BYTES)
        tail = os.pread(self._number, TAIL_BYTES, begin)
        kept = message_log_rotation.whole(tail, message_log.ENDS[self._name]) if tail else 0
        self._is_foreign = kept is None
        if kept is not None and kept < len(tail):
            os.ftruncate(self._number, begin + kept)
            self._size = begin + kept

    def _is_in_place(self) -> bool:
        try:
            named = os.stat(self._name, dir_fd=self._directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self._number))

    def _set_aside(self, rotation: Rotation, now: datetime) -> None:
        present = os.listdir(self._directory)  # noqa: PTH208  # of an open directory, not of a path
        for step in message_log_rotation.steps(self._name, present, rotation, now):
            if isinstance(step, Remove):
                os.unlink(step.name, dir_fd=self._directory)
            else:
                os.rename(step.old, step.new, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        self.close()
        self._open()


@dataclass(slots=True)
class _State:
    """How it stands about one file."""

    file: LogFile | None = None
    retry_s: float = 0.0
    missing: int = 0
    """Entries since the last one that was written."""
    overrun: int = 0
    """Entries since the last one that was taken in."""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Entries to be made and written."""

    files: tuple[str, ...]
    """Those that get one."""
    size: int
    """About so many bytes."""
    make: Callable[[], Iterable[Piece]]
    rotation: Rotation
    now: datetime
    now_s: float


class LogFiles:
    """Writes entries in the order of the calls; none of them waits for the disk.

    `close` is the end; it waits for `CLOSE_S` at most.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory
        self._directory = -1
        self._work: queue.SimpleQueue[tuple[Work, tuple[int, ...]] | None] = queue.SimpleQueue()
        """With how many were not taken in before, by file."""
        self._lock = threading.Lock()
        self._waiting_bytes = self._waiting = 0
        self._states: dict[str, _State] = {}
        self._thread: threading.Thread | None = None
        self._fault: Exception | None = None
        self.missing = 0
        """Entries that could not be written, in all."""

    @property
    def idle(self) -> bool:
        """Whether nothing waits. Raises what the thread has died of: a mistake of ours."""
        if self._fault is not None:
            raise self._fault
        return not self._waiting

    @property
    def troubles(self) -> dict[str, str]:
        """By file: why it cannot be written."""
        with self._lock:
            return {name: state.trouble for name, state in self._states.items() if state.trouble}

    def write(self, work: Work) -> None:
        """Have entries written."""
        with self._lock:
            states = [self._state(name) for name in work.files]
            if self._waiting_bytes + work.size > MAX_WAITING_BYTES:
                self.missing += len(states)
                for state in states:
                    state.overrun += 1
                return
            overrun = tuple(state.overrun for state in states)
            for state in states:
                state.overrun = 0
            self._waiting += 1
            self._waiting_bytes += work.size
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="message log", daemon=True)
            self._thread.start()
        self._work.put((work, overrun))

    def close(self) -> None:
        """Write what waits, and end."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join(CLOSE_S)

    def _state(self, name: str) -> _State:
        return self._states.setdefault(name, _State())

    # -- in the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (order := self._work.get()) is not None:
                work, overrun = order
                self._carry_out(work, overrun)
                with self._lock:
                    self._waiting -= 1
                    self._waiting_bytes -= work.size
        except Exception as fault:  # noqa: BLE001  # the actor dies of it, see `idle`
            self._fault = fault
        finally:
            self._let_go()

    def _carry_out(self, work: Work, overrun: tuple[int, ...]) -> None:
        states = {name: self._states[name] for name in work.files}
        for state, count in zip(states.values(), overrun, strict=True):
            state.missing += count
        resting = {name for name, state in states.items() if work.now_s < state.retry_s}
        for name in resting:
            self._miss(states[name])
        if len(resting) == len(states):
            return
        for piece in work.make():
            if piece.file not in resting:
                self._write(states[piece.file], piece, work)

    def _miss(self, state: _State) -> None:
        state.missing += 1
        with self._lock:
            self.missing += 1

    def _write(self, state: _State, piece: Piece, work: Work) -> None:
        """One entry, after a word about those that are missing before it."""
        told = message_log.gap(piece.file, state.missing, work.now) if state.missing else ""
        try:
            if state.file is None:
                state.file = self._opened(piece.file)
            state.file.append(
                (told + piece.text).encode("utf-8", "backslashreplace"), work.rotation, work.now
            )
        except OSError as error:
            state.trouble = error.strerror or str(error)
            state.retry_s = work.now_s + RETRY_S
            self._miss(state)
            if state.file is not None:
                state.file.close()
                state.file = None
        else:
            state.trouble, state.missing = "", 0

    def _opened(self, name: str) -> LogFile:
        """A file in the directory, which is made if it is not there."""
        if self._directory >= 0 and not os.fstat(self._directory).st_nlink:
            self._close_directory()  # somebody has removed it
        if self._directory < 0:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        return LogFile(self._directory, name)

    def _close_directory(self) -> None:
        if self._directory >= 0:
            os.close(self._directory)
            self._directory = -1

    def _let_go(self) -> None:
        for state in self._states.values():
            if state.file is not None:
                state.file.close()
        self._close_directory()
