"""What stands among those one listens to, on the side of whoever listens (M14.5, M14.6). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from actors.errors.messages import Standing, StandingErrors


class Difference(NamedTuple):
    """What changed between two words of one name."""

    raised: tuple[Standing, ...]
    cleared: tuple[Standing, ...]


class ErrorCondition(NamedTuple):
    """One wish about an error: that it stands, or that it does not."""

    type: str
    sub_type: str = ""
    active: bool = True


class StandingView:
    """The errors that stand under several names, as those names last said."""

    def __init__(self) -> None:
        self._by_name: dict[str, dict[str, Standing]] = {}

    def take(self, name: str, news: StandingErrors) -> Difference:
        """Take in what a name says stands; return what was raised and cleared since its last word.

        An occurrence is known by its uuid, so one that was cleared and raised again is both.
        """
        before = self._by_name.get(name, {})
        after = {each.error.uuid: each for each in news.errors}
        self._by_name[name] = after
        return Difference(
            tuple(each for uuid, each in after.items() if uuid not in before),
            tuple(each for uuid, each in before.items() if uuid not in after),
        )

    @property
    def heard(self) -> frozenset[str]:
        """The names that have said something."""
        return frozenset(self._by_name)

    def errors(self, name: str | None = None) -> tuple[Standing, ...]:
        """What stands under one name, or under all."""
        return tuple(self._each(name))

    def is_active(self, kind: str, sub_type: str | None = "", *, name: str | None = None) -> bool:
        """Whether an error stands; `sub_type` None: of any sub type, `name` None: under any name."""
        return any(
            each.error.type == kind and sub_type in (None, each.error.sub_type or "")
            for each in self._each(name)
        )

    def satisfied(self, conditions: Iterable[ErrorCondition], *, name: str | None = None) -> bool:
        """Whether every condition of a set holds (M14.6)."""
        return all(self.is_active(each.type, each.sub_type, name=name) is each.active for each in conditions)

    def _each(self, name: str | None) -> Iterator[Standing]:
        for known, standing in self._by_name.items():
            if name in (None, known):
                yield from standing.values()
