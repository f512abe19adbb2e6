"""The thread that holds the Gateway's sockets, as the actor sees it: begun, asked whether it lives, ended."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final

from actors.gateway import bridge
from actors.gateway.bridge import Bridge

if TYPE_CHECKING:
    import socket

    from actors.gateway.door import Door

BEAT_S: Final = 0.5
"""To be asked so often."""
HUNG_S: Final = 3.0
HUNG_BEATS: Final = 4
"""It is hung when it has answered nothing for so long, and as many times as it was asked."""
LEAVE_S: Final = 1.0


class ThreadError(Exception):
    """The thread that holds the sockets has ended or hangs."""


class DoorThread:
    """Runs a door. `way.take` is to be called whenever `way.fd` is readable."""

    def __init__(self, door: Door, listening: socket.socket, now_s: float) -> None:
        loop = asyncio.new_event_loop()
        self.way = Bridge(loop, door.hear)
        self._asked = self._answered = 0
        self._answered_s = now_s

        def serve() -> None:
            error = "it has ended"
            try:
                with listening, asyncio.Runner(loop_factory=lambda: loop) as runner:
                    runner.run(door.run(self.way, listening))
            except Exception as problem:  # noqa: BLE001  # told, and where it is told it is a crash
                error = f"{type(problem).__name__}: {problem}"
            self.way.say(bridge.Died(error))

        self._thread = threading.Thread(target=serve, name="gateway door", daemon=True)
        self._thread.start()

    def knock(self, now_s: float) -> None:
        """Ask whether it lives. Raises ThreadError when it has not answered for too long."""
        silent_s = now_s - self._answered_s
        if silent_s > HUNG_S and self._asked - self._answered >= HUNG_BEATS:
            raise ThreadError(f"the thread that holds the sockets has not answered for {silent_s:.1f} s")
        self._asked += 1
        self.way.tell([bridge.Knock(self._asked)])

    def answered(self, beat: bridge.Beat, now_s: float) -> None:
        """It lives."""
        self._answered, self._answered_s = beat.number, now_s

    def end(self) -> None:
        """Have it close every connection, and wait for that a moment."""
        self.way.tell([bridge.Leave()])
        self._thread.join(LEAVE_S)

    def close(self) -> None:
        """Nobody listens any more to what it says."""
        self.way.close()
