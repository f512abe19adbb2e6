"""What passed between a car and its stations, as a pcap file with packets made up around it. Pure.

One connection comes after the other; each has its ports, so that all find room in one file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols.iso15118.capture.network import Endpoint
from protocols.iso15118.capture.synthesis import FILE_HEADER, Stream
from protocols.iso15118.capture.tcp import Side

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Capture:
    """The bytes of a capture file, as they come."""

    def __init__(self) -> None:
        self._pieces = [FILE_HEADER]
        self._wanted = True

    def take(self) -> bytes:
        """What is to be written next; each byte is given once."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data

    def add(self, data: bytes) -> None:
        """Records for the file."""
        if self._wanted:
            self._pieces.append(data)

    def give_up(self) -> None:
        """Nobody can write them any more."""
        self._wanted = False

    def of_connection(self, clock: Callable[[], datetime]) -> Watch:
        """For a connection that is being made."""
        return Watch(self, clock)


class Watch:
    """One connection of a capture."""

    def __init__(self, capture: Capture, clock: Callable[[], datetime]) -> None:
        self._capture, self._clock = capture, clock
        self._stream: Stream | None = None

    def opened(self, own: tuple[Any, ...], peer: tuple[Any, ...]) -> None:
        """It is made, between these socket addresses."""
        self._stream = Stream(_endpoint(own), _endpoint(peer))
        self._capture.add(self._stream.opened(self._clock()))

    def passed(self, side: Side, data: bytes) -> None:
        """Bytes of one side; none are the end of its stream, which comes with `ended`."""
        if self._stream is not None:
            self._capture.add(self._stream.said(side, data, self._clock()))

    def ended(self) -> None:
        """It is over."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._capture.add(stream.ended(Side.CLIENT, self._clock()))


def _endpoint(address: tuple[Any, ...]) -> Endpoint:
    host, port = address[:2]
    return Endpoint(str(host).partition("%")[0], int(port))
