"""Where problems of one file are collected while it is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.config.problems import Problem, Severity, written

if TYPE_CHECKING:
    from actors.config.document import Source
    from actors.config.problems import Path


class Report:
    """Collects problems of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def error(self, path: Path, text: str, suggestion: str = "", *, key: bool = False) -> None:
        """Something that keeps the site from starting."""
        self._add(Severity.ERROR, path, text, suggestion, key=key)

    def warning(self, path: Path, text: str, suggestion: str = "", *, key: bool = False) -> None:
        """Something that was probably meant otherwise."""
        self._add(Severity.WARNING, path, text, suggestion, key=key)

    def _add(self, severity: Severity, path: Path, text: str, suggestion: str, *, key: bool) -> None:
        at = self.source.locate(path, key=key)
        self.problems.append(
            Problem(
                severity=severity,
                file=self.source.file,
                line=at.line,
                column=at.column,
                path=written(path),
                text=text,
                suggestion=suggestion,
            )
        )
