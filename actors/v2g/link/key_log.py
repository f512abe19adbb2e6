"""The TLS secrets of a link in a file, for whoever wants to read a capture (M7.2). Off by default."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def key_log_of(parameters: Mapping[str, Any], module_id: str) -> Path | None:
    """The file of a link, if its parameters ask for one."""
    if not (parameters.get("tls_key_logging") or parameters.get("enable_tls_key_logging")):
        return None
    directory = parameters.get("tls_key_logging_path") or tempfile.gettempdir()
    return Path(str(directory)) / f"tls_session_keys_{module_id}.log"


def append_privately(path: Path, lines: Iterable[str]) -> None:
    """Append lines to a file that only its owner may read. OSError; nothing is followed that is a link, and
    nothing written to a file that somebody else has put there.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags, 0o600), "a", encoding="ascii") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "a file of somebody else", str(path))
        os.fchmod(file.fileno(), 0o600)
        file.write("".join(f"{line}\n" for line in lines))
