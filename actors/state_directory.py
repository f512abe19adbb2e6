"""The directory in which a running site keeps what others need to find it, and its journals.

    lock          held (flock) by `evsite run` as long as it lives
    engine.key    32 random bytes, 0600: who has them may talk to the actors
    site.json     where the root listens and which processes are the site's; gone after a clean end
    evsite.log    what the actors log while the live view is shown
    journals/     one file per durable actor

Errors: `StateError` with a text for people.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEY_SIZE: Final = 32
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class StateError(Exception):
    """The state directory cannot be used, or no site runs in it."""


@dataclass(frozen=True, slots=True)
class Running:
    """What `site.json` says about a site."""

    file: str
    root: str
    """Address of the root supervisor."""
    session: int
    """Session id of all its processes."""
    starter: int
    boot_id: str
    """Of the kernel: process ids mean nothing after a reboot."""
    command: str
    """The command line all its processes share."""


class StateDirectory:
    """One state directory. `claim` it to run a site in it, `running` to find the one that does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def journals(self) -> Path:
        """Where durable actors keep their files."""
        return self.path / "journals"

    @property
    def log(self) -> Path:
        """Where the actors log while the live view is shown."""
        return self.path / "evsite.log"

    def claim(self) -> Running | None:
        """Take the directory for this process; return what a predecessor that did not end cleanly left."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = self._read()
            whose = f" (process {running.starter}, {running.file})" if running else ""
            raise StateError(f"a site runs in {self.path} already{whose}; stop it or give --state") from None
        except OSError as error:
            raise StateError(f"{self.path} cannot be used: {error.strerror}; give --state") from error
        return self._read()

    def release(self) -> None:
        """Give the directory back after a clean end."""
        (self.path / "site.json").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def key(self) -> bytes:
        """The site's key, made on first use."""
        path = self.path / "engine.key"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_SIZE))
        try:
            key = path.read_bytes()
        except OSError as error:
            raise StateError(f"{path} cannot be read: {error.strerror}") from error
        if len(key) != KEY_SIZE or path.stat().st_mode & 0o077:
            raise StateError(f"{path} is not {KEY_SIZE} bytes readable by its owner only; remove it")
        return key

    def write(self, running: Running) -> None:
        """Say where the site runs; whole or not at all."""
        path = self.path / "site.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(dataclasses.asdict(running), indent=2), encoding="utf-8")
        temporary.replace(path)

    def running(self) -> Running:
        """The site that runs here. Raises StateError when none does."""
        found = self._read()
        if found is None or found.boot_id != boot_id() or not Path(f"/proc/{found.session}").exists():
            raise StateError(
                f"no site runs in {self.path}; start one with: evsite run FILE --state {self.path}"
            )
        return found

    def _read(self) -> Running | None:
        try:
            fields = json.loads((self.path / "site.json").read_text(encoding="utf-8"))
            return Running(**fields)
        except (OSError, ValueError, TypeError):
            return None


def boot_id() -> str:
    """What tells this run of the kernel from every other."""
    return _BOOT_ID.read_text(encoding="ascii").strip()


def command_of(pid: int) -> str:
    """The command line of a process, empty when it is gone."""
    with contextlib.suppress(OSError):
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        )
    return ""
