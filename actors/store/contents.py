"""What a key-value store holds, and whether one more value may come in. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.message import Json

MAX_KEYS: Final = 20_000
"""So many keys a store holds. All of them are written anew whenever its journal is folded."""


class Contents:
    """Values by key, each with the bytes that it takes in a snapshot, and bounds for both.

    The bounds bind `refusal` alone: what an earlier version has let in is kept, and may shrink.
    """

    def __init__(self, max_bytes: int, max_keys: int | None = None) -> None:
        self._max_bytes, self._max_keys = max_bytes, max_keys or MAX_KEYS
        self._values: dict[str, Json] = {}
        self._sizes: dict[str, int] = {}
        self._bytes = 0

    @property
    def values(self) -> Mapping[str, Json]:
        """Every value by its key, to be read only."""
        return MappingProxyType(self._values)

    @property
    def size_bytes(self) -> int:
        """What all values take together."""
        return self._bytes

    def refusal(self, key: str, size_bytes: int) -> str | None:
        """Why a value of this size cannot be put under the key, or None when it can."""
        if key not in self._values and len(self._values) >= self._max_keys:
            return f"{len(self._values)} keys are stored, and no more fit; delete some"
        before = self._sizes.get(key, 0)
        if size_bytes > before and self._bytes - before + size_bytes > self._max_bytes:
            return f"{self._bytes} bytes of {self._max_bytes} are taken, {size_bytes} do not fit; delete some"
        return None

    def put(self, key: str, value: Json, size_bytes: int) -> None:
        """Put a value under a key."""
        self.remove(key)
        self._values[key], self._sizes[key] = value, size_bytes
        self._bytes += size_bytes

    def remove(self, key: str) -> None:
        """Remove a key; one that is not there is no error."""
        if key in self._values:
            self._bytes -= self._sizes.pop(key)
            del self._values[key]
