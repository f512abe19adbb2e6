"""Reads and writes files so that a kill at any instant leaves the old content or the new one.

One file changes by a rename; several change together through a journal: new files are staged under hidden
names, the journal says what becomes of them, and once it is in place the change counts as done, whoever
completes it. New files are readable by their owner alone until they are whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs.store.errors import StoreError, StoreProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

KEY_MODE: Final = 0o600
FILE_MODE: Final = 0o644
TEMPORARY: Final = ".evsite-"
"""What the names of files under way begin with; whatever bears it is removed when the store is opened."""
JOURNAL: Final = "journal"
_DAMAGED: Final = "journal.damaged"
_LOCK: Final = "lock"
_LOCK_TRIES: Final = 200
_LOCK_PAUSE_S: Final = 0.01
_MAX_JOURNAL_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Write:
    """Put this content into a file, new or old."""

    path: Path
    content: bytes
    mode: int = FILE_MODE


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a file, if it is still there."""

    path: Path


Step = Write | Remove


def read(path: Path, limit_bytes: int) -> bytes:
    """The content of a regular file. OSError: no such file, a link, something else, or too large."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)  # `os.fdopen` would say of a directory that it is one, and leave it open
        raise OSError(f"{path} is not a file")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > limit_bytes:
            raise OSError(f"{path} has {status.st_size} bytes")
        return file.read(limit_bytes)


def stage(folder: Path, content: bytes, mode: int) -> Path:
    """A whole new file under a hidden name, on the disk. OSError, and then nothing is left of it."""
    path = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, KEY_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
    except OSError:
        path.unlink()
        raise
    return path


def sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(step: Write) -> None:
    """Give one file new content; a link in its place is replaced, not followed.

    OSError: nothing has changed, or the new content is there but may not outlive a loss of power.
    """
    staged = stage(step.path.parent, step.content, step.mode)
    try:
        staged.replace(step.path)
    except OSError:
        staged.unlink()
        raise
    sync(step.path.parent)


def mode_of(path: Path) -> int:
    """The mode a certificate file has, or the usual one if there is none yet."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return FILE_MODE


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the lock of a store: a change or a recovery at a time, even by several processes.

    StoreError when somebody has held it for two seconds. It goes with its holder, however that ends.
    """
    for _ in range(_LOCK_TRIES):
        if (descriptor := _lock(state / _LOCK)) is not None:
            break
        time.sleep(_LOCK_PAUSE_S)
    else:
        raise StoreError(StoreProblem.BUSY, str(state))
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int | None:
    """The lock, held; None if somebody else holds it, or has removed the file that was locked meanwhile."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, KEY_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(descriptor, path):
            return descriptor
    except BlockingIOError:
        pass
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


class Journal:
    """Makes several changes to files at once. Hold the lock while you use it."""

    def __init__(self, state: Path, allowed: Callable[[Path], bool]) -> None:
        self._path = state / JOURNAL
        self._allowed = allowed

    def commit(self, steps: Sequence[Step]) -> None:
        """Do all steps or none. OSError: none is done, unless the disk fails while they are being done.

        In that case the journal stays, and whoever recovers does the rest.
        """
        entries: list[tuple[str, str]] = []
        try:
            for step in steps:
                source = ""
                if isinstance(step, Write):
                    source = str(stage(step.path.parent, step.content, step.mode))
                entries.append((source, str(step.path)))
            replace(Write(self._path, json.dumps(entries).encode(), KEY_MODE))
        except OSError:
            self._path.unlink(missing_ok=True)  # it may be in place already, only not synced
            for source, _ in entries:
                if source:
                    Path(source).unlink(missing_ok=True)
            raise
        self._finish(entries)

    def recover(self) -> None:
        """Complete the change that was under way. OSError if the disk does not let us."""
        try:
            content = read(self._path, _MAX_JOURNAL_BYTES)
        except FileNotFoundError:
            return
        entries = self._parse(content)
        if entries is None:  # not ours, or rotten: somebody may want to look at it
            self._path.replace(self._path.with_name(_DAMAGED))
            return
        self._finish(entries)

    def _parse(self, content: bytes) -> list[tuple[str, str]] | None:
        try:
            entries = [(str(source), str(target)) for source, target in json.loads(content)]
        except (ValueError, TypeError):
            return None
        paths = [Path(path) for entry in entries for path in entry if path]
        safe = all(self._allowed(path.parent) and ".." not in path.parts for path in paths)
        return entries if safe else None

    def _finish(self, entries: list[tuple[str, str]]) -> None:
        for source, target in entries:
            with suppress(FileNotFoundError):  # done before
                if source:
                    Path(source).replace(target)
                else:
                    Path(target).unlink()
        for folder in dict.fromkeys(Path(target).parent for _, target in entries):
            with suppress(FileNotFoundError):
                sync(folder)
        self._path.unlink()
        sync(self._path.parent)


def sweep(folders: Iterable[Path]) -> None:
    """Remove what killed writers left behind. Hold the lock, and recover before."""
    for folder in folders:
        with suppress(FileNotFoundError):
            for entry in os.scandir(folder):
                if entry.name.startswith(TEMPORARY) and not entry.is_dir(follow_symlinks=False):
                    Path(entry.path).unlink(missing_ok=True)
