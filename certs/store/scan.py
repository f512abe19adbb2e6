"""Looks at which files there are, without reading them: how a change made by somebody else is noticed."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.store.settings import Layout

CERTIFICATE_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der"})
KEY_SUFFIX: Final = ".key"
"""Of files that hold nothing but a key."""
KEY_SUFFIXES: Final = frozenset({KEY_SUFFIX, ".pem"})
LIST_SUFFIXES: Final = frozenset({".crl", ".pem", ".der"})
OCSP_SUFFIXES: Final = frozenset({".der", ".hash"})
_HASHED: Final = re.compile(r"\.[0-9]{1,4}")
"""What OpenSSL's rehash gives names instead of a suffix."""

_TICK_NS: Final = 50_000_000
"""Linux before 6.13 stamps files by the tick of the kernel, which is 1 to 10 ms."""
_COARSE_TICK_NS: Final = 2_100_000_000
"""File systems that count whole seconds, or as FAT every second one."""

Stamp = tuple[int, int, int, int, int]
"""Device and inode, size, times of content and inode (ns), mode: equal and settled, equal content."""
Stamps = dict[Path, Stamp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The files of a store by their paths, and what was passed over."""

    files: Stamps
    outside: tuple[Path, ...]
    """Links that lead out of the store, or to nothing."""

    @property
    def bytes_used(self) -> int:
        """The sizes of all files together."""
        return sum(stamp[1] for stamp in self.files.values())

    @property
    def fingerprint(self) -> str:
        """Changes with any file; the same in every process."""
        digest = hashlib.blake2b(digest_size=16)
        for path, stamp in sorted(self.files.items()):
            digest.update(f"{path}\0{stamp}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


def look(layout: Layout) -> Scan:
    """Every file that may belong to the store. Folders that cannot be listed count as empty."""
    files: Stamps = {}
    outside: list[Path] = []
    for folder, suffixes in _places(layout).items():
        if os.path.islink(folder) and not layout.keeps(folder):  # noqa: PTH114  # no error where nothing may be seen
            outside.append(folder)
            continue
        for path, suffix, status in _entries(folder):
            if suffix not in suffixes and not _HASHED.fullmatch(suffix):
                continue
            found = _target(layout, path) if stat.S_ISLNK(status.st_mode) else status
            if found is None:
                outside.append(path)
            elif stat.S_ISREG(found.st_mode):
                files[path] = stamp_of(found)
    for bundle in layout.bundles.values():
        if not bundle.is_folder:
            _look_at_bundle(layout, bundle.path, files, outside)
    return Scan(files=files, outside=tuple(outside))


def _places(layout: Layout) -> dict[Path, frozenset[str]]:
    """The folders and which files of each count."""
    places: dict[Path, frozenset[str]] = {}

    def add(folder: Path, suffixes: frozenset[str]) -> None:
        places[folder] = places.get(folder, frozenset()) | suffixes

    for bundle in layout.bundles.values():
        add(bundle.ocsp, OCSP_SUFFIXES)
        if bundle.is_folder:
            add(bundle.path, CERTIFICATE_SUFFIXES)
    for place in layout.leaves.values():
        add(place.ocsp, OCSP_SUFFIXES)
        add(place.certificates, CERTIFICATE_SUFFIXES)
        add(place.keys, KEY_SUFFIXES)
    if layout.lists is not None:
        add(layout.lists, LIST_SUFFIXES)
    return places


@functools.lru_cache(maxsize=8192)
def _known(path: str) -> tuple[Path, str]:
    """A path and its suffix. Making them takes longer than asking the disk about the file."""
    made = Path(path)
    return made, made.suffix.lower()


def _entries(folder: Path) -> Iterator[tuple[Path, str, os.stat_result]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            yield *_known(entry.path), entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue


def _look_at_bundle(layout: Layout, path: Path, files: Stamps, outside: list[Path]) -> None:
    try:
        status = path.lstat()
    except OSError:
        return
    found = _target(layout, path) if stat.S_ISLNK(status.st_mode) else status
    if found is None:
        outside.append(path)
    elif stat.S_ISREG(found.st_mode):
        files[path] = stamp_of(found)


def _target(layout: Layout, link: Path) -> os.stat_result | None:
    """What a link leads to, if that lies inside the store."""
    target = Path(os.path.realpath(link))
    if not layout.holds(target):
        return None
    try:
        return target.lstat()
    except OSError:
        return None


def stamp_of(status: os.stat_result) -> Stamp:
    """What tells one version of a file from another."""
    return (
        status.st_dev << 64 | status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_mode,
    )


def is_settled(stamp: Stamp, now_ns: int) -> bool:
    """Whether a file that bears this stamp at `now_ns` cannot change any more without getting another one.

    A second change within one tick of the clock that stamps it leaves size and times, and by chance even the
    inode, as they are.
    """
    for time_ns in stamp[2:4]:
        tick_ns = _TICK_NS if time_ns % 1_000_000_000 else _COARSE_TICK_NS
        if abs(now_ns - time_ns) <= tick_ns:
            return False
    return True


def glance(layout: Layout) -> tuple[Stamp, ...]:
    """The stamps of folders and bundles: notices files that came or went, for a few microseconds each.

    A file in a folder that was written in place is noticed by `look` only.
    """
    paths = [bundle.path for bundle in layout.bundles.values() if not bundle.is_folder]
    found = [_version(str(path), follow=False) for path in (*paths, *_places(layout))]
    return (*found, *(_version(str(path), follow=True) for path in layout.linked))


def _version(path: str, *, follow: bool) -> Stamp:
    try:
        return stamp_of(os.stat(path, follow_symlinks=follow))  # noqa: PTH116  # a path object costs as much as the call
    except OSError:
        return (0, 0, 0, 0, 0)
