"""One car's connection: its socket and its channel. What it means is told to whoever made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.link.channel import Ended

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from actors.v2g.link.channel import Channel, Event

READ_BYTES: Final = 65536


class Car:
    """A connected car. Reading and writing never block."""

    def __init__(self, connection: socket.socket, channel: Channel) -> None:
        connection.settimeout(0)
        self._socket = connection
        self._unsent = b""
        self.channel = channel
        self.fd = connection.fileno()

    def read(self) -> Iterator[Event]:
        """What the car has said since the last time; a connection that breaks is an end, too."""
        try:
            data = self._socket.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            yield Ended(reason="connection_lost", detail=str(error))
            return
        yield from self.channel.receive(data)

    def flush(self) -> bool:
        """Write what can be written. False when the car takes no more for now; OSError when it is gone.

        What the car does not take stays with the channel, which bounds it.
        """
        while unsent := self._unsent or self.channel.data_to_send():
            self._unsent = unsent
            try:
                sent = self._socket.send(unsent)
            except (BlockingIOError, InterruptedError):
                return False
            self._unsent = unsent[sent:]
        return True

    def close(self) -> None:
        """Close the socket; what is unsent is lost."""
        self._socket.close()
