"""What the commands about certificates share: files read and written, and how failures are told."""

from __future__ import annotations

import os
import pathlib
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from actors.exits import fail, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_MODE: Final = 0o600
FILE_MODE: Final = 0o644
MAX_FILE_BYTES: Final = 10 * 1024 * 1024 + 1
"""One more than is accepted, so that a file that is too large is told as such."""


@contextmanager
def reported() -> Iterator[None]:
    """What goes wrong inside becomes a line and an exit code."""
    from certs.errors import CertificateError  # noqa: PLC0415  # see the module's docstring

    try:
        yield
    except CertificateError as error:
        refuse(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def read_file(path: pathlib.Path) -> bytes:
    """The content, of bounded length. What is no file, or not there, is bad input; OSError otherwise."""
    if not path.exists():
        refuse(f"{path}: there is no such file")
    if not path.is_file():
        refuse(f"{path}: it is no regular file")
    with path.open("rb") as stream:
        return stream.read(MAX_FILE_BYTES)


def write_file(path: pathlib.Path, content: bytes, mode: int, *, durable: bool = True) -> None:
    """Write a file whole or not at all; nobody else can read it before it has its mode.

    `durable` waits for the disk: for what cannot be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        pathlib.Path(temporary).chmod(mode)
        pathlib.Path(temporary).replace(path)
    finally:
        pathlib.Path(temporary).unlink(missing_ok=True)
