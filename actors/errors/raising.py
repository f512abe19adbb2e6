"""How an actor raises and clears errors under one of its names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

from actors.errors.messages import StandingErrors
from actors.errors.standing import StandingSet, Verdict
from protocols.types.error_history import ImplementationIdentifier, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.engine.base import SiteActor
    from actors.errors.messages import Standing
    from protocols.errors import ErrorType

SHORTEST: Final = 2
"""An origin has ids of at least so many characters; a shorter one of a site file is filled up."""


class Raising:
    """The errors of an actor under one of its names, published as a whole on each change.

    To be made in `on_start`; `publish` is to be called once there or in `on_ready`, so that what a
    predecessor had raised, and what does not stand any more, is cleared for everybody. Before that nothing is
    said, so that the first word is whole: what stands on is never cleared in between.
    """

    def __init__(
        self,
        actor: SiteActor,
        name: str,
        lists: Iterable[type[ErrorType]],
        *,
        connector: int | None = None,
        vendor_id: str = "",
    ) -> None:
        module_id, implementation_id = (part.ljust(SHORTEST, "_") for part in name.split("/", 1))
        origin = ImplementationIdentifier(module_id=module_id, implementation_id=implementation_id)
        self._actor, self._name = actor, name
        self._spoken = False
        self._set = StandingSet(origin, lists, evse=actor.evse, connector=connector, vendor_id=vendor_id)

    @property
    def errors(self) -> tuple[Standing, ...]:
        """What stands."""
        return self._set.errors

    def is_active(self, kind: str, sub_type: str = "") -> bool:
        """Whether this error stands."""
        return self._set.is_active(kind, sub_type)

    def raise_error(
        self,
        kind: str,
        message: str = "",
        *,
        sub_type: str = "",
        severity: Severity = Severity.LOW,
        vendor_id: str = "",
    ) -> bool:
        """Raise an error; False when it stands already, or is not declared by the interface (logged)."""
        verdict = self._set.put(
            kind,
            message,
            uuid=str(uuid4()),
            now=self._actor.port.clock.now(),
            sub_type=sub_type,
            severity=severity,
            vendor_id=vendor_id,
        )
        if verdict is Verdict.UNDECLARED:
            self._actor.log.error("error_not_declared", name=self._name, type=kind)
        elif verdict is Verdict.RAISED:
            self._actor.log.warning(
                "error_raised", name=self._name, type=kind, sub_type=sub_type, message=message
            )
            self._changed()
        return verdict is Verdict.RAISED

    def clear_error(self, kind: str, sub_type: str = "") -> None:
        """Clear one error; one that does not stand is no matter."""
        self._cleared(self._set.clear(kind, sub_type))

    def clear_type(self, kind: str) -> None:
        """Clear every error of a type."""
        self._cleared(self._set.clear_type(kind))

    def clear_all(self) -> None:
        """Clear everything."""
        self._cleared(self._set.clear_all())

    def publish(self) -> None:
        """Say what stands, and from now on whenever that changes."""
        self._spoken = True
        self._actor.publish(StandingErrors(errors=self._set.errors), self._name, retain=True)

    def _cleared(self, cleared: tuple[Standing, ...]) -> None:
        for each in cleared:
            self._actor.log.info("error_cleared", name=self._name, type=each.error.type)
        if cleared:
            self._changed()

    def _changed(self) -> None:
        if self._spoken:
            self.publish()
