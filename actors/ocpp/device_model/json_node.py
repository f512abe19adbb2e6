"""JSON that people have written, taken apart with a word about whatever is not as it should be. Pure."""

from __future__ import annotations

import difflib
import enum
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from actors.ocpp.device_model.problems import ComponentProblem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Choice = TypeVar("Choice", bound=enum.StrEnum)

SHOWN: Final = 60
"""So many characters out of a file are shown in a message."""


class Node:
    """One JSON object of a file. What cannot be taken from it goes to `problems` and is then absent."""

    def __init__(
        self, data: dict[str, Any], file: str, problems: list[ComponentProblem], place: str = ""
    ) -> None:
        self.data, self.file, self.problems, self.place = data, file, problems, place

    def complain(self, key: str, text: str, advice: str) -> None:
        """Report what is wrong under a key of this object."""
        place = f"{self.place}.{key}".strip(".")
        self.problems.append(ComponentProblem(file=self.file, place=place, text=text, advice=advice))

    def only(self, known: Collection[str]) -> None:
        """Report every key that nobody would look at."""
        for key in self.data:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                advice = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
                self.complain(key[:SHOWN], "this key is not known here", advice)

    def text(self, key: str, *, at_most: int | None = None, needed: bool = False) -> str | None:
        """A text; None when it is absent."""
        value: str | None = self._typed(key, str, "a text", needed=needed)
        if value is not None and at_most is not None and len(value) > at_most:
            self.complain(key, f"longer than {at_most} characters", "OCPP cannot carry it; shorten it.")
            return None
        return value

    def whole(self, key: str, *, at_least: int = 0) -> int | None:
        """A whole number; None when it is absent."""
        value: int | None = self._typed(key, int, "a whole number")
        if value is not None and value < at_least:
            self.complain(key, f"{value} is below {at_least}", "Correct it.")
            return None
        return value

    def number(self, key: str, *, needed: bool = False) -> Decimal | None:
        """Any number; None when it is absent."""
        value = self._typed(key, (int, Decimal), "a number", needed=needed)
        return None if value is None else Decimal(value)

    def switch(self, key: str, *, default: bool | None = None) -> bool:
        """A boolean. Without a default it must be given."""
        value = self._typed(key, bool, "true or false", needed=default is None)
        return bool(default if value is None else value)

    def choice(self, key: str, kind: type[Choice], *, default: Choice | None = None) -> Choice | None:
        """One of the values of an enum. Without a default it must be given; None says that it was not."""
        value = self.text(key, needed=default is None)
        if value is None:
            return default
        try:
            return kind(value)
        except ValueError:
            self.complain(key, f"{shown(value)} is not known", f"Known are {', '.join(kind)}.")
            return None

    def child(self, key: str) -> Node | None:
        """The object under a key, which must be there."""
        value = self._typed(key, dict, "an object", needed=True)
        return (
            None if value is None else Node(value, self.file, self.problems, f"{self.place}.{key}".strip("."))
        )

    def children(self, key: str) -> Iterator[Node]:
        """The objects of a list; none when it is absent."""
        for index, value in enumerate(self._typed(key, list, "a list") or ()):
            place = f"{self.place}.{key}[{index}]".strip(".")
            if isinstance(value, dict):
                yield Node(value, self.file, self.problems, place)
            else:
                self.complain(f"{key}[{index}]", "this is no object", "Put it in braces.")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when it is absent."""
        found = self._typed(key, list, "a list of texts") or []
        if all(isinstance(value, str) for value in found):
            return tuple(found)
        self.complain(key, "not everything in it is a text", "Put it in quotation marks.")
        return ()

    def scalar(self, key: str) -> str | None:
        """A text, number or boolean as the text that OCPP has for it; None when it is absent."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, Decimal)):
            return str(value)
        self.complain(key, "a value is a text, a number, true or false", "Correct it.")
        return None

    def _typed(self, key: str, kind: type | tuple[type, ...], word: str, *, needed: bool = False) -> Any:
        value = self.data.get(key)
        if value is None:
            if needed:
                self.complain(key, "missing", f"Give {word}.")
            return None
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        self.complain(key, f"{shown(value)} is not {word}", f"Give {word}.")
        return None


def read_object(data: bytes, file: str, problems: list[ComponentProblem]) -> Node | None:
    """The one object in a file; None, and a problem, when there is none. Numbers with a point are exact."""
    try:
        found = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_without_duplicates,
            parse_float=Decimal,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as error:
        text = f"cannot be read as JSON: {error}"
        problems.append(ComponentProblem(file=file, text=text, advice="Correct the file, or take it away."))
        return None
    if not isinstance(found, dict):
        text = "there is no object in it"
        problems.append(ComponentProblem(file=file, text=text, advice="A file holds one object in braces."))
        return None
    return Node(found, file, problems)


def shown(value: object) -> str:
    """A value out of a file, short enough for a message and in one line."""
    text = ascii(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {shown(twice)} occurs twice in one object")
    return made


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
