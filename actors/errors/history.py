"""Every error there was: what is kept of it, for how long, and how it is found again. Pure.

`take` and `reboot` only say what has changed; `apply` makes it so, once it is durable.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from actors.errors.messages import Standing  # noqa: TC001  # the codec resolves the fields' types at run time
from protocols.message import message
from protocols.types.error_history import Severity, SeverityFilter, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.errors.messages import StandingErrors
    from protocols.types.error_history import ErrorObject, FilterArguments

KEEP: Final = 1000
"""So many errors that stand no longer are remembered; those that stand, all of them."""

SEVERITIES: Final = {
    SeverityFilter.HIGH_GE: frozenset({Severity.HIGH}),
    SeverityFilter.MEDIUM_GE: frozenset({Severity.HIGH, Severity.MEDIUM}),
    SeverityFilter.LOW_GE: frozenset(Severity),
}


@message
class Raised:
    """An error began to stand under a name."""

    name: str
    standing: Standing


@message
class Ended:
    """An error stands no longer."""

    uuid: str
    state: State


@message
class Everything:
    """All that is remembered, oldest first."""

    errors: tuple[Raised, ...]


Change = Raised | Ended


class History:
    """All errors by their uuid, oldest first."""

    def __init__(self, keep: int = KEEP) -> None:
        self._keep = keep
        self._errors: dict[str, Raised] = {}
        self._over = 0
        """How many of them stand no longer."""

    @property
    def everything(self) -> Everything:
        """What a successor needs to know."""
        return Everything(errors=tuple(self._errors.values()))

    @property
    def standing(self) -> tuple[Standing, ...]:
        """What stands, under whatever name."""
        return tuple(each.standing for each in self._errors.values() if _stands(each))

    def take(self, name: str, news: StandingErrors) -> tuple[Change, ...]:
        """What a name's newest word changes."""
        now = {each.error.uuid: each for each in news.errors}
        over = [
            Ended(uuid=uuid, state=State.CLEARED_BY_MODULE)
            for uuid, each in self._errors.items()
            if each.name == name and _stands(each) and uuid not in now
        ]
        new = [
            Raised(name=name, standing=each) for uuid, each in now.items() if not _known(self._errors, uuid)
        ]
        return (*over, *new)

    def reboot(self) -> tuple[Change, ...]:
        """The whole site was started anew: whatever stood stands no longer."""
        return tuple(
            Ended(uuid=uuid, state=State.CLEARED_BY_REBOOT)
            for uuid, each in self._errors.items()
            if _stands(each)
        )

    def apply(self, change: Change) -> Standing | None:
        """Make a change; return the error as it is now, or nothing where it is not known any more."""
        if isinstance(change, Raised):
            self._errors[change.standing.error.uuid] = change
            self._over += not _stands(change)
            self._forget()
            return change.standing
        known = self._errors.get(change.uuid)
        if known is None or not _stands(known):
            return None
        error = replace(known.standing.error, state=change.state)
        ended = replace(known, standing=replace(known.standing, error=error))
        self._errors[change.uuid] = ended
        self._over += 1
        self._forget()
        return ended.standing

    def find(self, filters: FilterArguments) -> tuple[ErrorObject, ...]:
        """What passes every filter that is given, oldest first."""
        errors: Iterable[ErrorObject] = (each.standing.error for each in self._errors.values())
        return tuple(each for each in errors if _passes(each, filters))

    def _forget(self) -> None:
        while self._over > self._keep:
            oldest = next(uuid for uuid, each in self._errors.items() if not _stands(each))
            del self._errors[oldest]
            self._over -= 1


def _known(errors: dict[str, Raised], uuid: str) -> bool:
    return uuid in errors and _stands(errors[uuid])


def _stands(each: Raised) -> bool:
    return each.standing.error.state is State.ACTIVE


def _passes(error: ErrorObject, filters: FilterArguments) -> bool:
    period = filters.timeperiod_filter
    checks = (
        filters.state_filter in (None, error.state),
        filters.origin_filter in (None, error.origin),
        filters.type_filter in (None, error.type),
        filters.handle_filter in (None, error.uuid),
        filters.severity_filter is None or error.severity in SEVERITIES[filters.severity_filter],
        period is None or period.timestamp_from <= error.timestamp <= period.timestamp_to,
    )
    return all(checks)
