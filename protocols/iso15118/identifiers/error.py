"""The one error of all identifiers."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 64


class IdentifierError(ValueError):
    """A text or byte string that is not the identifier it should be.

    `kind` is the identifier's name, `text` what was given (shortened), `problem` what is wrong with it.
    """

    def __init__(self, kind: str, text: str, problem: str) -> None:
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
        super().__init__(f"{kind} {shown!r}: {problem}")
        self.kind, self.text, self.problem = kind, shown, problem

    def __reduce__(self) -> tuple[type[IdentifierError], tuple[str, str, str]]:
        return type(self), (self.kind, self.text, self.problem)
