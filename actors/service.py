"""What a service manager is told of a site (sd_notify(3)): it is ready, alive, stopping, and how it fares.

Each word is one datagram to the socket that NOTIFY_SOCKET names, if there is one; nothing is ever waited for.
A word that cannot be delivered is dropped: a site does not end because nobody listens.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import MutableMapping

ABSTRACT: Final = "@"
SHARE: Final = 0.5
"""Of the watchdog's time: after so much of it the next sign of life is due."""
MAX_STATUS: Final = 200


class Service:
    """The line to the service manager, open or not."""

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        """`address`: a path, or with @ an abstract name; empty: nobody wants to know.

        `watchdog_s`: without a sign of life for so long the manager ends us; 0: it does not care.
        """
        self._address = f"\0{address[1:]}" if address.startswith(ABSTRACT) else address
        self._watchdog_s = watchdog_s if address else 0.0
        self._due_s = 0.0

    @classmethod
    def of(cls, environ: MutableMapping[str, str], pid: int) -> Self:
        """As the environment of the process `pid` says; it is taken out there: no child speaks for us."""
        address = environ.pop("NOTIFY_SOCKET", "")
        time_us, whose = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        if not time_us.isdecimal() or whose not in {"", str(pid)}:
            time_us = "0"
        return cls(address, int(time_us) / 1e6)

    def ready(self, status: str = "") -> None:
        """The site runs."""
        self._say(f"READY=1\nMAINPID={os.getpid()}", status)

    def stopping(self, status: str = "") -> None:
        """It ends, because it was asked to."""
        self._say("STOPPING=1", status)

    def status(self, status: str) -> None:
        """How it fares, for people."""
        self._say("", status)

    def sign_due(self, now_s: float) -> bool:
        """Whether a sign of life is due; `now_s` is of a clock that only goes forward."""
        return self._watchdog_s > 0 and now_s >= self._due_s

    def alive(self, now_s: float) -> None:
        """The sign of life."""
        self._due_s = now_s + self._watchdog_s * SHARE
        self._say("WATCHDOG=1")

    def _say(self, what: str, status: str = "") -> None:
        told = " ".join(status.split())[:MAX_STATUS]
        text = "\n".join(part for part in (what, f"STATUS={told}" if told else "") if part)
        if not self._address or not text:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # noqa: FBT003  # as the library has it
            line.sendto(text.encode(), self._address)
