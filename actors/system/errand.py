"""What a helper process does, so that the actor never waits: upload, download, install. `python -m` runs it.

It reads one JSON object from standard input, does what that says, and writes its outcome as one JSON line. It
is killed when who has started it dies; nothing it does is half done for others: files appear whole.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import json
import os
import ssl
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from actors.engine.processes import die_with_parent
from actors.system.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMEOUT_S: Final = 30.0
"""A server that is silent for so long has failed."""
MAX_LOG_BYTES: Final = 256 * 1024 * 1024
"""So much of the logs is packed, the newest files first; the rest is left out."""
MAX_IMAGE_BYTES: Final = 1024 * 1024 * 1024
"""A larger image is not fetched."""
_CHUNK: Final = 256 * 1024
_SUCCESS: Final = range(200, 300)
SECURITY_FILE: Final = ".security.log"
"""In the names of files that hold security events and nothing else."""
REFUSED: Final = {
    400: Outcome.BAD_MESSAGE,
    401: Outcome.DENIED,
    403: Outcome.DENIED,
    405: Outcome.NOT_SUPPORTED,
    501: Outcome.NOT_SUPPORTED,
}
"""What a server's answer means; any other is a failure."""


class ErrandError(Exception):
    """It was not done; what it says is for people."""

    def __init__(self, outcome: Outcome, text: str) -> None:
        super().__init__(outcome, text)
        self.outcome, self.text = outcome, text


# -- logs --------------------------------------------------------------------------------------------------


def _files(sources: list[str], oldest_s: float) -> Iterator[Path]:
    """Regular files whose last line is no older than that, the newest first, each as a whole."""
    found: list[tuple[float, Path]] = []
    for source in map(Path, sources):
        elders = source.parent.glob(f"{source.name}.[0-9]")
        for path in source.rglob("*") if source.is_dir() else (source, *elders):
            with contextlib.suppress(OSError):
                if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= oldest_s:
                    found.append((path.stat().st_mtime, path))
    yield from (path for _moment, path in sorted(found, reverse=True))


def pack_logs(target: Path, job: dict[str, Any]) -> None:
    """Pack the logs that a job names into a compressed archive at `target`.

    Where it names a `word`, only the lines that have it, and whole files of security events.
    """
    oldest_s, latest_s = job.get("oldest_s") or 0.0, job.get("latest_s") or float("inf")
    word, room = job.get("word", ""), MAX_LOG_BYTES
    with tarfile.open(target, "w:gz") as archive:
        if job.get("journal"):
            text = b""
            with contextlib.suppress(OSError):  # there is no systemd
                text = _lines(_journal(job["journal"], oldest_s, latest_s), word)
            _add(archive, "journal.txt", time.time(), text)
            room -= len(text)
        for path in _files(job["sources"], oldest_s):
            with contextlib.suppress(OSError), path.open("rb") as file:
                size = min(path.stat().st_size, room)
                data = file.read(size)
                if len(data) == size:
                    data = data if SECURITY_FILE in path.name else _lines(data, word)
                    if data:
                        _add(archive, str(path).lstrip("/"), path.stat().st_mtime, data)
                    room -= len(data)


def _add(archive: tarfile.TarFile, name: str, moment_s: float, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(data), moment_s
    archive.addfile(entry, io.BytesIO(data))


def _lines(data: bytes, word: str) -> bytes:
    """The lines that have a word; without one all of it."""
    if not word:
        return data
    return b"".join(line for line in data.splitlines(keepends=True) if word.encode() in line)


def _journal(command: list[str], oldest_s: float, latest_s: float) -> bytes:
    """What systemd's journal has of that time, at most a quarter of all that is packed."""
    since = [f"--since=@{oldest_s:.0f}"] if oldest_s else []
    until = [f"--until=@{latest_s:.0f}"] if latest_s != float("inf") else []
    with subprocess.Popen(  # noqa: S603  # of the site file
        [*command, *since, *until],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=_tie(),  # noqa: PLW1509  # as below
    ) as process:
        assert process.stdout is not None
        data = process.stdout.read(MAX_LOG_BYTES // 4)
        process.kill()
    return data


def upload(job: dict[str, Any]) -> str:
    """Pack the logs and send them to a directory or, by PUT, to a server."""
    target = Path(job["work"]) / job["file_name"]
    try:
        pack_logs(target, job)
        parts = urlsplit(job["location"])
        if parts.scheme == "file":
            _put_file(target, Path(unquote(parts.path)) / job["file_name"])
        else:
            _put_http(target, job["location"].rstrip("/") + "/" + job["file_name"])
    finally:
        target.unlink(missing_ok=True)
    return str(job["file_name"])


def _put_file(source: Path, target: Path) -> None:
    if not target.parent.is_dir():
        raise ErrandError(Outcome.FAILED, f"{target.parent} is no directory")
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    with source.open("rb") as data, part.open("xb") as file:
        while piece := data.read(_CHUNK):
            file.write(piece)
        os.fsync(file.fileno())
    part.replace(target)


def _put_http(source: Path, location: str) -> None:
    parts = urlsplit(location)
    assert parts.hostname is not None
    if parts.scheme == "https":
        context = ssl.create_default_context()
        link: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=TIMEOUT_S, context=context
        )
    else:
        link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/gzip", "Content-Length": str(source.stat().st_size)}
    if parts.username is not None:
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(secret).decode()
    with contextlib.closing(link), source.open("rb") as data:
        link.request(
            "PUT", parts.path + (f"?{parts.query}" if parts.query else ""), body=data, headers=headers
        )
        status = link.getresponse().status
    if status not in _SUCCESS:
        raise ErrandError(REFUSED.get(status, Outcome.FAILED), f"the server answered {status}")


# -- firmware ----------------------------------------------------------------------------------------------


def download(job: dict[str, Any]) -> str:
    """Fetch an image to `target`, whole and no larger than the bound."""
    target = Path(job["target"])
    part = target.with_name(f"{target.name}.part")
    limit = int(job.get("max_bytes", MAX_IMAGE_BYTES))
    with urllib.request.urlopen(job["location"], timeout=TIMEOUT_S) as source, part.open("wb") as file:  # noqa: S310  # schemes are checked before
        length = source.headers.get("Content-Length")
        announced = int(length) if length and length.isdigit() else None
        if announced is not None and announced > limit:
            raise ErrandError(Outcome.NOT_SUPPORTED, f"an image of {announced} bytes is too large")
        size = 0
        while piece := source.read(_CHUNK):
            size += len(piece)
            if size > limit:
                raise ErrandError(Outcome.NOT_SUPPORTED, f"the image has more than {limit} bytes")
            file.write(piece)
        os.fsync(file.fileno())
    if announced is not None and size != announced:
        raise ErrandError(Outcome.FAILED, f"{size} of {announced} bytes have come")
    part.replace(target)
    return str(target)


def _tie() -> Callable[[], None]:
    """Has a program end with us, however we end."""
    return partial(die_with_parent, os.getpid())


def run_command(job: dict[str, Any]) -> str:
    """Run a program of the site file, whatever time it takes."""
    done = subprocess.run(  # noqa: S603  # of the site file
        job["command"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        preexec_fn=_tie(),  # this process has one thread
    )
    if done.returncode:
        text = (done.stderr or done.stdout).decode(errors="replace")[-500:].strip()
        raise ErrandError(Outcome.FAILED, f"{job['command'][0]}: exit code {done.returncode} {text}")
    return "exit code 0"


def verify(job: dict[str, Any]) -> str:
    """Judge the signature of an image."""
    from certs.store import signed_files  # noqa: PLC0415  # takes long, and no other errand needs it

    if not signed_files.verify_file(job["file"], job["certificate"], job["signature"]):
        raise ErrandError(Outcome.DENIED, "the image is not what the owner of the certificate has signed")
    return "the signature is good"


ERRANDS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "upload": upload,
    "download": download,
    "command": run_command,
    "verify": verify,
}


def outcome_of(job: dict[str, Any]) -> dict[str, str]:
    """Do a job and say how it went; whatever goes wrong is an outcome."""
    try:
        text = ERRANDS[job["errand"]](job)
    except ErrandError as error:
        return {"outcome": error.outcome, "text": error.text}
    except urllib.error.HTTPError as error:
        return {
            "outcome": REFUSED.get(error.code, Outcome.FAILED),
            "text": f"the server answered {error.code}",
        }
    except PermissionError as error:
        return {"outcome": Outcome.DENIED, "text": str(error)}
    except Exception as error:  # noqa: BLE001  # of whatever kind: the actor is told
        return {"outcome": Outcome.FAILED, "text": f"{type(error).__name__}: {error}"}
    return {"outcome": Outcome.DONE, "text": text}


def main() -> None:
    """Do the job on standard input."""
    job = json.loads(sys.stdin.read())
    die_with_parent(job["parent"])
    print(json.dumps(outcome_of(job)), flush=True)  # noqa: T201  # the answer to who has started us


if __name__ == "__main__":
    main()
