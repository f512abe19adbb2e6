"""The back-end of the demonstration: `evsite csms` as a process of its own, on free ports of loopback.

It ends with whoever has started it, whatever they die of, and hears no Ctrl-C: the site says goodbye first.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from actors.engine.processes import die_with_parent

if TYPE_CHECKING:
    from pathlib import Path

START_S: Final = 30.0
"""On a machine that does much else."""
STOP_S: Final = 1.5
STATIONS: Final = re.compile(r"^\s+stations\s+(\S+)<identity>", re.MULTILINE)
CONTROL: Final = re.compile(r"^\s+control\s+(\S+)", re.MULTILINE)
LISTENS: Final = "Ctrl-C ends it."
"""Printed when everything listens; docs/csms.md promises it."""


class BackendError(Exception):
    """The back-end did not start; the text says what it said."""


class Backend:
    """A running simulated CSMS. `started` waits until it listens; `close` ends it."""

    def __init__(self, certificates: Path, record: Path) -> None:
        self.record = record
        self.url = self.control = ""
        parent = os.getpid()
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            [
                sys.executable, "-m", "actors.cli", "csms", "--port", "0", "--control", "0", "--quiet",
                "--pki", str(certificates), "--record", str(record),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509  # there are no threads yet
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def started(self, within_s: float = START_S) -> Self:
        """Wait until it listens. BackendError when it does not."""
        assert self._process.stdout is not None
        number, text, end_s = self._process.stdout.fileno(), "", time.monotonic() + within_s
        while LISTENS not in text:
            ready, _, _ = select.select([number], [], [], max(0.0, end_s - time.monotonic()))
            piece = os.read(number, 4096) if ready else b""
            if not piece:
                self.close()
                told = text.strip() or "no word from it"
                raise BackendError(f"the simulated back-end did not start: {told}")
            text += piece.decode(errors="replace")
        stations, control = STATIONS.search(text), CONTROL.search(text)
        if stations is None or control is None:
            self.close()
            raise BackendError(f"the simulated back-end does not say where it listens: {text.strip()}")
        self.url, self.control = stations[1], control[1]
        return self

    def close(self) -> None:
        """End it, in order if it can."""
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
