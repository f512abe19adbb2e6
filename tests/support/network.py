"""Two hosts on one machine: network namespaces joined by a cable that can be pulled. Needs root."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*arguments: str) -> None:
    """Run the `ip` command. Raises CalledProcessError."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=20)


def why_not() -> str | None:
    """What this machine lacks for namespaces, if anything."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if shutil.which("ip") is None:
        return "there is no ip command"
    name = f"evsite-try-{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except (subprocess.SubprocessError, OSError) as error:
        detail = getattr(error, "stderr", b"") or str(error).encode()
        return f"network namespaces cannot be made here: {detail.decode().strip()}"
    return None


class Cable:
    """Two namespaces with one address each, and the link between them."""

    ADDRESSES = ("10.231.7.1", "10.231.7.2")

    def __init__(self) -> None:
        self.names = tuple(f"evsite-{os.getpid()}-{end}" for end in "ab")
        self._ends = tuple(f"evs{os.getpid() % 100_000}{end}" for end in "ab")

    def lay(self) -> None:
        """Make the namespaces and join them."""
        for name in self.names:
            ip("netns", "add", name)
        ip("link", "add", self._ends[0], "type", "veth", "peer", "name", self._ends[1])
        for name, end, address in zip(self.names, self._ends, self.ADDRESSES, strict=True):
            ip("link", "set", end, "netns", name)
            ip("-n", name, "addr", "add", f"{address}/24", "dev", end)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", end, "up")

    def device(self, end: int) -> str:
        """The name of the network device on one of the hosts."""
        return self._ends[end]

    def pull(self) -> None:
        """Nothing gets through any more, and nobody is told."""
        ip("-n", self.names[1], "link", "set", self._ends[1], "down")

    def plug(self) -> None:
        """The link works again."""
        ip("-n", self.names[1], "link", "set", self._ends[1], "up")

    def take_away(self) -> None:
        """Remove everything."""
        for name in self.names:
            with contextlib.suppress(subprocess.SubprocessError):
                ip("netns", "del", name)

    @contextlib.contextmanager
    def inside(self, end: int) -> Iterator[None]:
        """Be on one of the hosts: sockets opened and processes forked meanwhile belong there."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(Path("/run/netns") / self.names[end], os.O_RDONLY)
        try:
            _set_namespace(there)
            yield
        finally:
            _set_namespace(outside)
            os.close(there)
            os.close(outside)

    @contextlib.contextmanager
    def run(self, end: int, part: AbstractContextManager[T]) -> Iterator[T]:
        """Enter and leave a context on one of the hosts."""
        with contextlib.ExitStack() as stack:
            with self.inside(end):
                entered = stack.enter_context(part)
            yield entered
            with self.inside(end):
                stack.close()


def _set_namespace(fd: int) -> None:
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@pytest.fixture
def cable() -> Iterator[Cable]:
    """Two joined hosts; skipped where they cannot be made."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    made = Cable()
    try:
        made.lay()
        yield made
    finally:
        made.take_away()
