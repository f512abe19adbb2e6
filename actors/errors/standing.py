"""Which errors of one implementation stand, on the side of whoever raises them. Pure.

Source: rows M14.1 to M14.4 and M14.7.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from actors.errors.messages import Standing
from protocols.errors import ERROR_TYPES
from protocols.types.error_history import ErrorObject, Severity, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from protocols.errors import ErrorType
    from protocols.types.error_history import ImplementationIdentifier

Key = tuple[str, str]
"""Type and sub type: what may stand once."""


class Verdict(enum.StrEnum):
    """What became of a raised error."""

    RAISED = "Raised"
    REPEATED = "Repeated"
    """The same type and sub type stands already; that one stays as it is (M14.3)."""
    UNDECLARED = "Undeclared"
    """No list of the interface has this type (M14.2)."""


class StandingSet:
    """The errors of one implementation that stand, oldest first.

    Each is fixed when it is raised: uuid, time and origin never change (M14.7). Nobody but its owner changes
    the set. `lists` are the lists of errors that its interface declares.
    """

    def __init__(
        self,
        origin: ImplementationIdentifier,
        lists: Iterable[type[ErrorType]],
        *,
        evse: int | None = None,
        connector: int | None = None,
        vendor_id: str = "",
    ) -> None:
        self._origin = origin
        self._declared = frozenset(each.value for errors in lists for each in errors)
        self._evse, self._connector, self._vendor_id = evse, connector, vendor_id
        self._standing: dict[Key, Standing] = {}

    @property
    def errors(self) -> tuple[Standing, ...]:
        """Every error that stands, oldest first."""
        return tuple(self._standing.values())

    def is_active(self, kind: str, sub_type: str = "") -> bool:
        """Whether an error of this type and sub type stands."""
        return (kind, sub_type) in self._standing

    def put(
        self,
        kind: str,
        message: str = "",
        *,
        uuid: str,
        now: datetime,
        sub_type: str = "",
        severity: Severity = Severity.LOW,
        vendor_id: str = "",
    ) -> Verdict:
        """Raise an error; without a message it says what its type means."""
        if kind not in self._declared:
            return Verdict.UNDECLARED
        if (kind, sub_type) in self._standing:
            return Verdict.REPEATED
        meaning = ERROR_TYPES[kind].meaning
        error = ErrorObject(
            type=str(kind),
            sub_type=sub_type or None,
            description=meaning,
            message=message if len(message) > 1 else meaning,
            severity=severity,
            origin=self._origin,
            timestamp=now,
            uuid=uuid,
            state=State.ACTIVE,
        )
        self._standing[kind, sub_type] = Standing(
            error=error, vendor_id=vendor_id or self._vendor_id, evse=self._evse, connector=self._connector
        )
        return Verdict.RAISED

    def clear(self, kind: str, sub_type: str = "") -> tuple[Standing, ...]:
        """Clear the one error of this type and sub type; return it, or nothing where none stands."""
        return self._take({(kind, sub_type)} & self._standing.keys())

    def clear_type(self, kind: str) -> tuple[Standing, ...]:
        """Clear every error of this type, whatever its sub type."""
        return self._take({key for key in self._standing if key[0] == kind})

    def clear_all(self) -> tuple[Standing, ...]:
        """Clear everything."""
        return self._take(set(self._standing))

    def _take(self, keys: set[Key]) -> tuple[Standing, ...]:
        cleared = tuple(each for key, each in self._standing.items() if key in keys)
        self._standing = {key: each for key, each in self._standing.items() if key not in keys}
        return cleared
