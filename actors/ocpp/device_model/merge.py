"""What holds when a station starts: the component files, and what was set since (row M11.10). Pure.

A value that somebody set holds on, whatever the file says by then; where nobody but the file ever set one,
the file decides anew at every start. So a storage keeps only what was set, and merging is laying that over
the files. What was set for something that is declared no more, or that its declaration no longer allows, is
told of and forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.device_model.storage import StoredValue, ValueSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.ocpp.device_model.component import Attribute, Component, Variable


class Forgotten(NamedTuple):
    """A value that was set and does not hold any more."""

    name: AttributeName
    value: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What holds, and what was given up."""

    values: Mapping[AttributeName, StoredValue]
    """Attributes without a value are absent."""
    forgotten: tuple[Forgotten, ...]


def merge(components: Iterable[Component], stored: Mapping[AttributeName, StoredValue]) -> Merged:
    """Lay what was set over what the files say."""
    values: dict[AttributeName, StoredValue] = {}
    forgotten = []
    left = dict(stored)
    for component in components:
        for variable in component.variables.values():
            for kind, attribute in variable.attributes.items():
                name = AttributeName(component.name, variable.name, kind)
                was_set = left.pop(name, None)
                if was_set is not None and (why := _why_not(variable, attribute, was_set)) is not None:
                    forgotten.append(Forgotten(name, was_set.value, why))
                    was_set = None
                if was_set is not None:
                    values[name] = was_set
                elif attribute.value is not None:
                    values[name] = StoredValue(attribute.value, ValueSource.DEFAULT)
    forgotten += [Forgotten(name, value.value, "declared no more") for name, value in left.items()]
    return Merged(values=values, forgotten=tuple(forgotten))


def _why_not(variable: Variable, attribute: Attribute, stored: StoredValue) -> str | None:
    """Why a value that was set cannot hold on, None when it can."""
    if (refusal := variable.characteristics.refusal(stored.value)) is not None:
        return refusal.text
    if variable.source is Source.SITE:
        return None
    if attribute.constant:
        return "constant by now"
    return None if attribute.persistent else "not persistent by now"
