"""What can be wrong with a device model: each problem with its file, its place there and a way out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentProblem:
    """One thing that is wrong."""

    file: str
    place: str = ""
    """Where in the file: a property, and what of it."""
    text: str
    advice: str

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return f"{self.file}: {place}{self.text}\n    {self.advice}"


class DeviceModelError(Exception):
    """A device model that cannot be used. `problems` holds everything that was found."""

    def __init__(self, problems: Sequence[ComponentProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[DeviceModelError], tuple[tuple[ComponentProblem, ...]]]:
        return type(self), (self.problems,)
