"""The helper process of one errand, as its actor sees it: a pipe to watch, and an outcome at its end."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import Any, Final

from actors.system.outcome import Outcome

MAX_ANSWER: Final = 64 * 1024
_COMMAND: Final = (sys.executable, "-m", "actors.system.errand")


class Helper:
    """A process that does one job. It dies with us; `close` ends it before."""

    def __init__(self, job: dict[str, Any]) -> None:
        """Raises OSError when no process can be started."""
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._answer = b""
        with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
            pipe.write(json.dumps(job | {"parent": os.getpid()}).encode())

    def fileno(self) -> int:
        """Readable when there is news."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def look(self) -> tuple[Outcome, str] | None:
        """The outcome and what is to be said of it, or None while it is at work."""
        try:
            piece = os.read(self.fileno(), MAX_ANSWER)
        except BlockingIOError:
            return None
        self._answer += piece
        if piece and len(self._answer) < MAX_ANSWER:
            return None
        self.close()
        try:
            answer = json.loads(self._answer)
            return Outcome(answer["outcome"]), str(answer["text"])
        except (ValueError, LookupError, TypeError):
            return Outcome.FAILED, "the helper process has died"

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both are pipes


class Helpers:
    """Those at work, by name; closed together."""

    def __init__(self) -> None:
        self._at_work: dict[str, Helper] = {}

    def start(self, name: str, job: dict[str, Any]) -> Helper:
        """Have a new one work under a name that nobody has. Raises OSError."""
        self._at_work[name] = helper = Helper(job)
        return helper

    def get(self, name: str) -> Helper | None:
        """Who works under that name."""
        return self._at_work.get(name)

    def end(self, name: str) -> None:
        """End who works under that name."""
        self._at_work.pop(name).close()

    def close(self) -> None:
        """End them all."""
        while self._at_work:
            self.end(next(iter(self._at_work)))
