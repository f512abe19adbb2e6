"""The storage of source SITE: parameters of the site file (rows S20.8, S20.17).

The parameter is the value. What is set through OCPP lies in an overlay of its own above the site file, for
that file belongs to people; a value that they change there afterwards replaces what was set, as it does in
the module itself. Whoever sets a value is not kept waiting for the module: `changed` is told once the value
is durable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.catalog.manifest import Kind
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.device_model.storage import NO_STORAGE, Kept, StoredValue, ValueSource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from actors.catalog.manifest import Parameter, Scalar
    from actors.ocpp.device_model.names import Place
    from actors.ocpp.device_model.site_mapping import Target
    from actors.ocpp.device_model.value_journal import ValueJournal

_READERS: Final[Mapping[Kind, Callable[[str], Scalar]]] = {
    Kind.BOOLEAN: lambda text: {"true": True, "false": False}[text],
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.STRING: str,
}


class SiteStorage:
    """Reads and writes the parameters that `targets` names for variables."""

    def __init__(
        self,
        targets: Mapping[Place, Target],
        read: Callable[[Target], Scalar | None],
        changed: Callable[[Target, Scalar], None],
        overlay: ValueJournal,
    ) -> None:
        """`read` gives what the site file says; `changed` is told of every new value, after it is durable."""
        self._targets = dict(targets)
        self._read, self._changed, self._overlay = read, changed, overlay

    def load(self) -> Mapping[AttributeName, StoredValue]:
        """The value of every mapped parameter that has one."""
        values = {}
        stale = set(self._overlay.entries)
        for place, target in self._targets.items():
            name = AttributeName(*place)
            configured = text_of(self._read(target))
            entry = self._overlay.entries.get(name)
            if entry is not None and entry.configured == configured:
                values[name] = StoredValue(entry.value, ValueSource(entry.value_source))
                stale.discard(name)
            elif configured is not None:
                values[name] = StoredValue(configured, ValueSource.SITE)
        self._overlay.drop(stale)
        return values

    def write(self, name: AttributeName, stored: StoredValue) -> Kept | Refusal:
        """Keep a value and tell of it."""
        target = self._targets.get(name.place)
        if target is None:
            return NO_STORAGE
        if not target.may_write:
            return Refusal(Reason.READ_ONLY, f"no right to write {target}")  # M13.5
        scalar = scalar_of(target.declared, stored.value)
        if isinstance(scalar, Refusal):
            return scalar
        configured = text_of(self._read(target))
        if refusal := self._overlay.put(name, stored.value, stored.source, configured):
            return refusal
        self._changed(target, scalar)
        return Kept.NOW if target.declared.writable else Kept.AFTER_RESTART

    def forget(self, names: Collection[AttributeName]) -> None:
        """Let the site file decide these again."""
        self._overlay.drop(names)

    def overlaid(self) -> Iterator[tuple[Target, Scalar]]:
        """What is set otherwise than the site file has it: for the modules to be told at a start."""
        for name, entry in self._overlay.entries.items():
            target = self._targets.get(name.place)
            scalar = None if target is None else scalar_of(target.declared, entry.value)
            if target is not None and not isinstance(scalar, Refusal) and scalar is not None:
                yield target, scalar


def text_of(value: Scalar | None) -> str | None:
    """A parameter's value as OCPP writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def scalar_of(declared: Parameter, text: str) -> Scalar | Refusal:
    """The value that a text means to a parameter, or why it means none."""
    try:
        value = _READERS[declared.kind](text)
    except (ValueError, KeyError):
        return Refusal(Reason.INVALID_VALUE, f"{declared.name} is of type {declared.kind}")
    if declared.choices and value not in declared.choices:
        return Refusal(Reason.INVALID_VALUE, f"{declared.name} is one of {', '.join(declared.choices)}")
    size = value if isinstance(value, (int, float)) else len(value)
    low, high = declared.minimum, declared.maximum
    if declared.kind is Kind.STRING:
        low, high = declared.min_length, None
    if low is not None and size < low:
        return Refusal(Reason.VALUE_TOO_LOW, f"{declared.name} is at least {low}")
    if high is not None and size > high:
        return Refusal(Reason.VALUE_TOO_HIGH, f"{declared.name} is at most {high}")
    return value
