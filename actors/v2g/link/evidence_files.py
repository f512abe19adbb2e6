"""The directories of evidence bundles and session logs: written by a thread of their own, so that a slow disk
delays no car.

Each bundle is a directory (0700) with its files (0600), named after the module, the moment and a suffix. The
oldest of the same module go when there are too many. Nothing is followed that is a link. What cannot be
written is counted; the files then end with the last whole piece.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from actors.v2g.link.evidence_lines import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path


MAX_WAITING_BYTES: Final = 8 * 1024 * 1024
"""What may wait for the disk; the rest of a bundle is given up."""
CLOSE_S: Final = 1.0
"""How long the end of the process waits for what is not written yet."""
_WORD_CHARACTERS: Final = 64
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def word(text: str) -> str:
    """A text as part of a file's name: nothing in it that means something to a shell or a path."""
    return re.sub(r"[^A-Za-z0-9._]", "_", text)[:_WORD_CHARACTERS]


class Chunk(Protocol):
    """A piece of a file, whole lines or whole packets."""

    @property
    def file(self) -> str:
        """Its name."""

    @property
    def data(self) -> bytes:
        """What is appended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where bundles go."""

    directory: Path
    module: str
    suffix: str = ""
    keep: int
    """Bundles of this module; the oldest go."""
    kind: str = "v2g"
    """What the bundles are of: how their names begin."""
    files: tuple[str, ...] = FILES
    """The names of the files that may be in one."""

    def name(self, now: datetime) -> str:
        """The name of a bundle that begins now; names sort as the moments do."""
        ending = f"-{word(self.suffix)}" if self.suffix else ""
        return f"{self.kind}-{word(self.module)}-{now:%Y%m%dT%H%M%S.%fZ}{ending}"

    def is_ours(self, name: str) -> bool:
        """Whether a name in the directory is that of a bundle of this module."""
        moment = r"\d{8}T\d{6}\.\d{6}Z(-[A-Za-z0-9._]*)?"
        return re.fullmatch(f"{self.kind}-{re.escape(word(self.module))}-{moment}", name) is not None


class Bundle:
    """The files of one talk. Only the thread of `Files` touches it once it is made."""

    def __init__(self, place: Place, now: datetime) -> None:
        self.place, self.name = place, place.name(now)
        self.problem: str | None = None
        """Why it is not whole; nothing more is written then."""
        self._directory = -1
        self._files: dict[str, tuple[int, int]] = {}

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.place.directory / self.name

    def open(self) -> None:
        """Make the directory, and remove the oldest ones. OSError."""
        place = self.place
        place.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700)
        self._directory = os.open(self.path, _DIRECTORY)
        ours = sorted(each.name for each in place.directory.iterdir() if place.is_ours(each.name))
        for name in ours[: max(0, len(ours) - place.keep)]:
            _remove(place.directory / name, place.files)

    def write(self, chunk: Chunk) -> None:
        """Append a piece to a file, or leave the file as it was. OSError."""
        number, size = self._files.get(chunk.file, (-1, 0))
        if number < 0:
            number = os.open(chunk.file, _NEW, 0o600, dir_fd=self._directory)
            self._files[chunk.file] = number, 0
        data = memoryview(chunk.data)
        try:
            while data:
                data = data[os.write(number, data) :]
        except OSError:
            os.ftruncate(number, size)
            raise
        self._files[chunk.file] = number, size + len(chunk.data)

    def close(self) -> None:
        """Let go of the files."""
        for number, _size in self._files.values():
            os.close(number)
        self._files.clear()
        if self._directory >= 0:
            os.close(self._directory)
            self._directory = -1


def _remove(path: Path, files: tuple[str, ...]) -> None:
    """Remove a bundle: its own files, and the directory if nothing else is in it."""
    with contextlib.suppress(OSError):  # somebody else's, or somebody is quicker: it stays
        directory = os.open(path, _DIRECTORY)
        try:
            for file in files:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(file, dir_fd=directory)
        finally:
            os.close(directory)
        path.rmdir()


class Files:
    """Writes bundles in the order of the calls; none of them waits for the disk.

    `close` is the end; it waits for `CLOSE_S` at most.
    """

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[tuple[Bundle, int, Callable[[], None]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting_bytes = self._waiting = 0
        self._thread: threading.Thread | None = None

    @property
    def idle(self) -> bool:
        """Whether everything is written that could be."""
        return not self._waiting

    def begin(self, place: Place, now: datetime) -> Bundle:
        """A bundle for a talk that begins now."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)
            self._thread.start()
        bundle = Bundle(place, now)
        self._order(bundle, 0, bundle.open)
        return bundle

    def write(self, bundle: Bundle, chunks: Sequence[Chunk]) -> None:
        """Have pieces of files written."""
        size = sum(len(chunk.data) for chunk in chunks)
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            bundle.problem = bundle.problem or "the disk is too slow"
            return

        def write() -> None:
            for chunk in chunks:
                bundle.write(chunk)

        self._order(bundle, size, write)

    def end(self, bundle: Bundle) -> None:
        """The talk is over."""
        self._order(bundle, 0, bundle.close)

    def close(self) -> None:
        """Write what waits, and end."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join(CLOSE_S)

    def _order(self, bundle: Bundle, size: int, action: Callable[[], None]) -> None:
        self._count(1, size)
        self._orders.put((bundle, size, action))

    def _count(self, orders: int, size: int) -> None:
        with self._lock:
            self._waiting += orders
            self._waiting_bytes += size

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            bundle, size, action = order
            try:
                if bundle.problem is None or action == bundle.close:
                    action()
            except OSError as error:
                bundle.problem = error.strerror or str(error)
            self._count(-1, -size)
