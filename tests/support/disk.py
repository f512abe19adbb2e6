"""Disks that are full, fail or forget: the real faults, without privileges wherever that works."""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

NOBODY: Final = 65534
OWN_DESCRIPTORS: Final = Path("/proc/self/fd")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount, or act as somebody else")


@contextmanager
def file_size_limit(limit_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size: writes fail with EFBIG, as with a spent quota.

    Python ignores the signal that comes with it. Nothing but the code under test may write meanwhile.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def descriptors_left(count: int) -> Iterator[None]:
    """Let this process open only so many more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(entry.name) for entry in OWN_DESCRIPTORS.iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + count + 1, hard))
    used = []
    try:
        with suppress(OSError):
            while True:
                used.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(count):
            os.close(used.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in used:
            os.close(descriptor)


@contextmanager
def small_disk(mount_point: Path, size_bytes: int) -> Iterator[Path]:
    """A file system of its own with so much room; root only."""
    mount_point.mkdir()
    options = f"size={size_bytes},mode=0700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "evsite-test", str(mount_point)],
        capture_output=True,
        check=False,
        timeout=10,
    )
    if done.returncode != 0:
        pytest.skip(f"this root may not mount: {done.stderr.decode().strip()}")
    try:
        yield mount_point
    finally:
        subprocess.run(["umount", str(mount_point)], check=True, timeout=10)


def fill(folder: Path) -> Path:
    """Use up all room of a (small!) file system; return the file to remove again."""
    ballast = folder / "ballast"
    size = 1 << 16
    with ballast.open("wb", buffering=0) as file:
        while size:
            try:
                if file.write(bytes(size)) < size:
                    size //= 2
            except OSError:
                size //= 2
    return ballast


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act with the rights of an ordinary user; root only."""
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def break_descriptors(path: Path, fault: str) -> None:
    """Let every descriptor this process has on a file fail to "write", or swallow data and fail to "sync"."""
    blind = os.open(os.devnull, {"write": os.O_RDONLY, "sync": os.O_RDWR}[fault])
    for entry in list(OWN_DESCRIPTORS.iterdir()):
        with suppress(FileNotFoundError):  # the listing's own descriptor
            if entry.samefile(path):
                os.dup2(blind, int(entry.name), inheritable=False)
    os.close(blind)


def flip_bits(path: Path, random: Random, count: int) -> None:
    """Change so many single bits of a file, anywhere."""
    content = bytearray(path.read_bytes())
    for _ in range(count if content else 0):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)


def tear_page(path: Path, random: Random, page_bytes: int = 4096) -> None:
    """Overwrite the tail of one page, from a sector boundary on, with what an old block might have held."""
    content = bytearray(path.read_bytes())
    page = random.randrange(max(1, len(content) // page_bytes)) * page_bytes
    start, end = page + 512 * random.randrange(1, page_bytes // 512), min(page + page_bytes, len(content))
    content[start:end] = random.randbytes(max(0, end - start))
    path.write_bytes(content)
