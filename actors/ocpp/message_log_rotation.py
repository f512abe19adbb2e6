"""How the files of a message log are set aside when they are large, and mended when they were cut off. Pure.

NAME is being written; its elders are NAME.0, NAME.1 and so on, the highest being the oldest, or, if dates are
wanted, NAME.20260301120000. A rotation that was interrupted is made again from what it has left behind:
nothing is overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from actors.ocpp.messages import LogOrders

DEFAULT_BYTES: Final = 10 * 1024 * 1024
DEFAULT_FILES: Final = 5
"""What holds where the device model sets no bounds: no log of ours fills a disk."""
MOST_FILES: Final = 1000
_DATE: Final = "%Y%m%d%H%M%S"
_DATE_CHARACTERS: Final = 14


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a file is set aside, and how many are kept."""

    max_bytes: int = DEFAULT_BYTES
    """A file does not grow beyond this, save that it has one entry at least."""
    files: int = DEFAULT_FILES
    """So many there are in all, the one that is written to included."""
    dated: bool = False
    """Elders are named after the moment they were set aside."""


def rotation_of(orders: LogOrders) -> Rotation:
    """The bounds that orders set; where they set none, ours hold."""
    return Rotation(
        max_bytes=orders.max_bytes or DEFAULT_BYTES,
        files=min(orders.max_files or DEFAULT_FILES, MOST_FILES),
        dated=orders.dated,
    )


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a file."""

    name: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a file another name, that nobody has."""

    old: str
    new: str


def steps(
    name: str, present: Iterable[str], rotation: Rotation, now: datetime
) -> tuple[Remove | Rename, ...]:
    """What sets a file aside, in this order; `present` are the names in the directory."""
    elders = _elders(name, present, dated=rotation.dated)
    kept, gone = elders[: max(0, rotation.files - 2)], elders[max(0, rotation.files - 2) :]
    removals: tuple[Remove | Rename, ...] = tuple(Remove(each) for each in reversed(gone))
    if rotation.files == 1:
        return (*removals, Remove(name))
    if rotation.dated:
        return (*removals, Rename(name, _dated(name, kept, now)))
    ages = sorted((_age(name, each) for each in kept if not _is_dated(name, each)), reverse=True)
    shifts = (Rename(f"{name}.{age}", f"{name}.{age + 1}") for age in ages)
    return (*removals, *shifts, Rename(name, f"{name}.0"))


def whole(tail: bytes, end: str) -> int | None:
    """How many bytes of a file's tail are whole entries; None: there is no end of an entry in it."""
    found = tail.rfind(end.encode())
    return None if found < 0 else found + len(end.encode())


def _elders(name: str, present: Iterable[str], *, dated: bool) -> list[str]:
    """Elders of a file, the youngest first; those named the other way count as older."""
    ours = [each for each in present if each.startswith(f"{name}.") and _is_ours(_suffix(name, each))]
    by_date = sorted((each for each in ours if _is_dated(name, each)), reverse=True)
    by_age = sorted((each for each in ours if not _is_dated(name, each)), key=lambda each: _age(name, each))
    return by_date + by_age if dated else by_age + by_date


def _suffix(name: str, elder: str) -> str:
    return elder.removeprefix(f"{name}.")


def _is_ours(suffix: str) -> bool:
    """A number as we write it."""
    return suffix.isascii() and suffix.isdecimal() and str(int(suffix)) == suffix


def _age(name: str, elder: str) -> int:
    return int(_suffix(name, elder))


def _is_dated(name: str, elder: str) -> bool:
    return len(_suffix(name, elder)) == _DATE_CHARACTERS


def _dated(name: str, taken: Collection[str], now: datetime) -> str:
    """A name by the moment, or one of the next seconds: so names sort as files do."""
    moment = now.astimezone(UTC)
    while (dated := f"{name}.{moment.strftime(_DATE)}") in taken:
        moment += timedelta(seconds=1)
    return dated
