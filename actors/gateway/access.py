"""The files of a Gateway: its tokens, its certificate, its page, and where it says that it is there.

Errors: `AccessError` with a text for people, which repeats no secret.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import secrets
import ssl
import stat
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.gateway.door import File
from actors.gateway.guard import MIN_TOKEN, TokenError, read_tokens
from actors.gateway.whereabouts import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.gateway.method import Scope

OTHERS: Final = 0o077
EVERYBODY: Final = 0o007
MAX_TOKENS_BYTES: Final = 64 * 1024
MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
}
"""The files of the page that are served."""


class AccessError(Exception):
    """A file that the Gateway needs is not as it must be."""


def tokens_of(path: Path) -> Mapping[str, frozenset[Scope]]:
    """The tokens of a file that only its owner can read. One that is not there is made, with a new token."""
    try:
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"{secrets.token_urlsafe(2 * MIN_TOKEN)}\n")
        with path.open("rb") as read:
            found = os.fstat(read.fileno())
            data = read.read(MAX_TOKENS_BYTES)
    except OSError as error:
        raise AccessError(f"token_file {path}: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode) or found.st_mode & OTHERS:
        raise AccessError(f"token_file {path} is not a file that only its owner can read: chmod 600 {path}")
    try:
        return read_tokens(data.decode())
    except (UnicodeDecodeError, TokenError) as error:
        raise AccessError(
            f"token_file {path}: {error if isinstance(error, TokenError) else 'no text'}"
        ) from None


def tls_of(certificate: Path, private_key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate."""
    try:
        if private_key.stat().st_mode & EVERYBODY:
            raise AccessError(f"private_key {private_key} can be read by everybody: chmod 600 {private_key}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, private_key, password=_no_password)
    except OSError as error:  # ssl.SSLError is one
        raise AccessError(f"certificate {certificate}, private_key {private_key}: {error}") from error
    return context


def _no_password() -> str:
    raise AccessError("the private key is encrypted; the Gateway cannot ask for a password")


def url_of(host: str, port: int, *, secure: bool) -> str:
    """Where it is to be found, from this machine."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004  # of IP
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def page_files() -> Mapping[str, File]:
    """The web page by path."""
    files: dict[str, File] = {}
    directory = resources.files("actors.gateway") / "page"
    if directory.is_dir():
        for each in directory.iterdir():
            media_type = MEDIA_TYPES.get(Path(each.name).suffix)
            if media_type is not None and each.is_file():
                path = "/" if each.name == "index.html" else f"/static/{each.name}"
                files[path] = File(media_type, each.read_bytes())
    return files


def say_where(state: Path, url: str) -> None:
    """Write into the state directory where the Gateway is; whole or not at all."""
    path = state / NAME
    temporary = path.with_suffix(".new")
    try:
        temporary.unlink(missing_ok=True)
        handle = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
        )
        with os.fdopen(handle, "w", encoding="ascii") as file:
            os.fchmod(handle, 0o644)
            json.dump({"url": url, "pid": os.getpid()}, file)
        temporary.replace(path)
    except OSError as error:
        raise AccessError(f"{path}: {error.strerror}") from error


def forget_where(state: Path) -> None:
    """It is no longer there."""
    with contextlib.suppress(OSError):
        (state / NAME).unlink()
