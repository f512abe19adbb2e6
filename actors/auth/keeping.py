"""How authorization remembers: its journal, and the copy of its reservations in a key-value store (M4.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.auth.entries import Change, Everything
from actors.auth.state import applied, configured, difference, everything, restored
from actors.engine.journal import DiskFull, Journal, JournalFull
from protocols import codec
from protocols.types.reservation import Reservation

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from actors.auth.state import State
    from protocols.message import Json

KEY: Final = "reservations"


class Keeper:
    """The journal of authorization: a snapshot, and what each input has changed since."""

    def __init__(self, path: Path, now: datetime, log: Any) -> None:
        """Raise as `Journal.open`."""
        self._journal = Journal.open(path, now=now)
        self._log = log
        self._behind = False
        """A change could not be written; the next one writes everything."""
        for incident in self._journal.incidents:
            log.error("journal_damaged", incident=str(incident))

    def recover(self, fresh: State) -> State:
        """What the predecessor knew, under the site file of today: `fresh` is what that says."""
        snapshot, records = self._journal.recover()
        state = fresh
        if isinstance(snapshot, Everything):
            state = restored(state, snapshot)
        for record in records:
            if isinstance(record.item, Change):
                state = applied(state, record.item)
        return configured(state, fresh)

    def commit(self, before: State, after: State) -> None:
        """Make a change durable.

        Raises DiskFull or JournalFull when there is no room; then the next commit makes both durable.
        """
        change = difference(before, after)
        if change is None and not self._behind:
            return
        try:
            self._write(change, after)
        except (DiskFull, JournalFull):
            self._behind = True
            raise
        self._behind = False

    def _write(self, change: Change | None, after: State) -> None:
        if self._behind or change is None:
            self._journal.snapshot(everything(after))
            return
        self._journal.append(change)
        if self._journal.snapshot_due:
            self._fold(after)

    def _fold(self, state: State) -> None:
        """The change itself is durable; a snapshot that cannot be made is tried again with the next one."""
        try:
            self._journal.snapshot(everything(state))
        except DiskFull as error:
            self._log.error("snapshot_failed", problem=str(error))

    def close(self) -> None:
        """Let a successor open the journal."""
        self._journal.close()


def key_of(module_id: str) -> str:
    """The key of a module's reservations; what no key may hold becomes an underscore."""
    return f"{module_id.replace('-', '_')}.{KEY}"


def value_of(reservations: tuple[Reservation, ...]) -> Json:
    """Reservations as a key-value store keeps them: EVerest's names and values, also when there are none."""
    return tuple(codec.to_plain(each) for each in reservations)


def reservations_in(value: Json, log: Any) -> tuple[Reservation, ...]:
    """The reservations that a key-value store has kept; what cannot be read is logged and left out."""
    found: list[Reservation] = []
    for each in value if isinstance(value, tuple | list) else ():
        try:
            found.append(codec.from_plain(Reservation, each if isinstance(each, dict) else {}))
        except codec.CodecError as error:
            log.error("reservation_unreadable", problem=str(error))
    return tuple(found)
