"""Reads and writes the vectors TLS messages are made of (RFC 8446 3.4). Pure: bytes in, values out."""

from __future__ import annotations


class VectorError(ValueError):
    """Bytes that are shorter or longer than their own lengths say."""


class Cursor:
    """Walks through bytes once, never behind their end. Every method raises VectorError."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def __bool__(self) -> bool:
        """Whether something is left."""
        return self._at < len(self._data)

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self._at + size
        if end > len(self._data):
            raise VectorError(f"{size} bytes are needed, {len(self._data) - self._at} are left")
        taken, self._at = self._data[self._at : end], end
        return taken

    def number(self, size: int) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int, *, least: int = 0) -> bytes:
        """A vector whose length stands before it in `size` bytes, of at least `least` bytes."""
        found = self.take(self.number(size))
        if len(found) < least:
            raise VectorError(f"a vector of {len(found)} bytes, at least {least} are needed")
        return found

    def finish(self) -> None:
        """Nothing may be left."""
        if self:
            raise VectorError(f"{len(self._data) - self._at} bytes too many")


def numbers(data: bytes, size: int) -> tuple[int, ...]:
    """A row of unsigned numbers of `size` bytes each. VectorError if they do not come out even."""
    if len(data) % size:
        raise VectorError(f"{len(data)} bytes are no row of {size}-byte numbers")
    return tuple(int.from_bytes(data[at : at + size], "big") for at in range(0, len(data), size))


def vector(data: bytes, size: int) -> bytes:
    """The bytes with their length before them in `size` bytes. ValueError if it does not fit."""
    if len(data) >> (8 * size):
        raise ValueError(f"{len(data)} bytes do not fit a vector with {size} length bytes")
    return len(data).to_bytes(size, "big") + data
