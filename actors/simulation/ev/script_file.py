"""Reads the scripts of simulators: YAML, checked, with every problem at its place in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from actors.config.document import Source, plain
from actors.config.problems import Problem, did_you_mean, quoted
from actors.config.reader import MAX_BYTES, read_document
from actors.config.report import Report
from actors.simulation.ev import script as models

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Sequence

    from actors.config.problems import Path


M = TypeVar("M", bound=BaseModel)


class ScriptError(Exception):
    """A script that cannot be used. `problems` holds everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[ScriptError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def load_script(path: pathlib.Path) -> models.Script:
    """The script of a car in a file. ScriptError, also when it cannot be opened."""
    return load_model(path, models.Script)


def read_script(data: bytes, file: str) -> models.Script:
    """The script of a car in these bytes. ScriptError whatever is wrong with them."""
    return read_model(data, file, models.Script)


def load_model(path: pathlib.Path, model: type[M]) -> M:
    """What a file says, as this model. ScriptError, also when it cannot be opened."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        text = f"cannot be read: {reason}"
        raise ScriptError([Problem(file=str(path), line=0, column=0, path="", text=text)]) from None
    return read_model(data, str(path), model)


def read_model(data: bytes, file: str, model: type[M]) -> M:
    """What these bytes say, as this model. ScriptError whatever is wrong with them."""
    root, problems = read_document(data, file)
    if root is None or problems:
        raise ScriptError(problems)
    try:
        return model.model_validate(plain(root))
    except ValidationError as error:
        report = Report(Source(file, root))
        found = error.errors()
        for one in found:
            if one["type"] in {"enum", "literal_error"}:
                _tell_choices(report, one["loc"], str(one["input"]), one["ctx"]["expected"])
            elif not _follows(one["loc"], one["type"], [other["loc"] for other in found]):
                _tell(report, model, one["loc"], one["type"], one["msg"])
        raise ScriptError(report.problems) from None


def _tell(report: Report, model: type[BaseModel], path: Path, kind: str, text: str) -> None:
    if kind == "extra_forbidden":
        name = str(path[-1])
        suggestion = did_you_mean(name, _known(model, path[:-1]))
        report.error(path, f"there is no {quoted(name)} here", suggestion, key=True)
    else:
        report.error(path, text.removeprefix("Value error, "))


def _tell_choices(report: Report, path: Path, given: str, expected: str) -> None:
    """A word that is none of those which may stand there; pydantic gives them in quotes."""
    choices = re.findall(r"'([^']*)'", expected)
    near = did_you_mean(given, choices)
    possible = f"Possible: {expected.replace(chr(39), '')}."
    suggestion = f"{near} {possible}" if near.startswith("Did") else possible
    report.error(path, f"{quoted(given)} is not among the choices", suggestion)


def _follows(path: Path, kind: str, others: Sequence[Path]) -> bool:
    """Whether a list is too short only because an entry of it was not understood, which is told itself."""
    return kind == "too_short" and any(len(each) > len(path) and each[: len(path)] == path for each in others)


def _known(model: Any, path: Path) -> list[str]:
    """The names that may stand at a place, which is one of a model; keys of a table are passed over."""
    for part in path:
        if part in model.model_fields:
            model = _models_in(model.model_fields[part].annotation)[0]
    return list(model.model_fields)


def _models_in(annotation: Any) -> list[Any]:
    """The models an annotation speaks of, at any depth."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [found for inner in getattr(annotation, "__args__", ()) for found in _models_in(inner)]
