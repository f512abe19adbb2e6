"""The directory in which a running site keeps what others need to find it, and its journals.

    lock          held (flock) by `evsite run` as long as it lives
    engine.key    32 random bytes, 0600: who has them may talk to the actors, so neither it nor the directory
                  may be anybody else's, or changed by others
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
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_SIZE: Final = 32
OTHERS_MAY_READ: Final = 0o077
OTHERS_MAY_WRITE: Final = 0o022
_NEVER_FOLLOW: Final = os.O_NOFOLLOW | os.O_CLOEXEC
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class StateError(Exception):
    """The state directory cannot be used, or no site runs in it."""


@dataclass(frozen=True, slots=True)
class Running:
    """What `site.json` says about a site. Raises ValueError for fields that nobody has written."""

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

    def __post_init__(self) -> None:
        texts, numbers = (self.file, self.root, self.boot_id, self.command), (self.session, self.starter)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a text is something else")
        if not all(type(number) is int and number > 1 for number in numbers):
            raise ValueError("a process id is something else")


class StateDirectory:
    """One state directory. `claim` it to run a site in it, `running` to find the one that does.

    Every method raises StateError, and nothing else, when the directory does not let it do its work.
    """

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

    @property
    def _key(self) -> Path:
        return self.path / "engine.key"

    @property
    def _description(self) -> Path:
        return self.path / "site.json"

    def claim(self) -> Running | None:
        """Take the directory for this process; return what a predecessor that did not end cleanly left."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | _NEVER_FOLLOW, 0o600)
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
        with _told(self._description, "removed"):
            self._description.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def key(self) -> bytes:
        """The site's key. Whoever else could read, change or replace it is a reason to refuse it."""
        with _told(self._key, "read"):
            self._check_directory()
            with open(self._key, "rb", opener=_opened) as file:
                found = os.fstat(file.fileno())
                key = file.read(KEY_SIZE + 1) if stat.S_ISREG(found.st_mode) else b""
        if len(key) != KEY_SIZE or found.st_mode & OTHERS_MAY_READ or not _trusted(found):
            raise StateError(
                f"{self._key} is not {KEY_SIZE} bytes that belong to this user and are readable by their "
                "owner only; remove it"
            )
        return key

    def made_key(self) -> bytes:
        """The site's key, made on first use; for whoever has claimed the directory.

        An empty one, which a power cut can leave of one that was never used, is made anew.
        """
        with _told(self._key, "written"):
            if not os.path.lexists(self._key) or self._is_empty_file(self._key):
                self._check_directory()
                self._make_key()
        return self.key()

    def write(self, running: Running) -> None:
        """Say where the site runs; whole or not at all."""
        temporary = self._description.with_suffix(".new")
        with _told(self._description, "written"):
            temporary.unlink(missing_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NEVER_FOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(dataclasses.asdict(running), indent=2))
            temporary.replace(self._description)

    def running(self) -> Running:
        """The site that runs here. Raises StateError when none does."""
        from actors.engine import address  # noqa: PLC0415  # the engine is not for commands that only read files

        found = self._read()
        if found is None or found.boot_id != boot_id() or not Path(f"/proc/{found.session}").exists():
            raise StateError(
                f"no site runs in {self.path}; start one with: evsite run FILE --state {self.path}"
            )
        try:
            address.parse(found.root)
        except ValueError:
            text = f"{self._description} is damaged: its root is no address; start the site again"
            raise StateError(text) from None
        return found

    def _read(self) -> Running | None:
        try:
            fields = json.loads(self._description.read_text(encoding="utf-8"))
            return Running(**fields)
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def _check_directory(self) -> None:
        found = self.path.stat()
        if found.st_mode & OTHERS_MAY_WRITE or not _trusted(found):
            raise StateError(
                f"{self.path} is not this user's own, or others may change it; "
                f"take it over (chmod go-w {self.path}) or give --state"
            )

    @staticmethod
    def _is_empty_file(path: Path) -> bool:
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and not found.st_size and _trusted(found)

    def _make_key(self) -> None:
        """Whole and on the disk before it has its name."""
        temporary = self._key.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NEVER_FOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_SIZE))
            file.flush()
            os.fsync(handle)
        temporary.replace(self._key)
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _opened(path: str, flags: int) -> int:
    """For `open`, which closes it when it is a directory; `os.fdopen` does not."""
    return os.open(path, flags | os.O_NONBLOCK | _NEVER_FOLLOW)


def _trusted(found: os.stat_result) -> bool:
    """Whether a file is this user's; the administrator takes those of the users a site runs as."""
    return found.st_uid == os.geteuid() or os.geteuid() == 0


@contextlib.contextmanager
def _told(path: Path, done: str) -> Iterator[None]:
    """Let what the system refuses be a StateError that says what could not be done."""
    try:
        yield
    except OSError as error:
        raise StateError(f"{path} cannot be {done}: {error.strerror}") from error


def boot_id() -> str:
    """What tells this run of the kernel from every other."""
    with _told(_BOOT_ID, "read"):
        return _BOOT_ID.read_text(encoding="ascii").strip()


def command_of(pid: int) -> str:
    """The command line of a process, empty when it is gone."""
    with contextlib.suppress(OSError):
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        )
    return ""
