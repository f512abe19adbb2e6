"""What keeps the values of a device model: the contract that every storage fulfils (row S20.15). Pure.

A storage holds values that somebody other than the component files has set; what the files say is never
written. The device model reads everything once, at its start (row S20.19), and asks a storage only for what
it has found admissible itself (row S20.14). The conformance suite in tests/ runs on all of them.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from actors.ocpp.device_model.characteristics import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from actors.ocpp.device_model.names import AttributeName


class ValueSource(enum.StrEnum):
    """Who set a value last (row M11.10). The values are in files."""

    DEFAULT = "default"
    """The component file."""
    CSMS = "csms"
    SITE = "site"
    """The operator: another module, the gateway, or the site file."""
    INTERNAL = "internal"
    """The station itself, from what happens in it."""


class StoredValue(NamedTuple):
    """A value and who set it."""

    value: str
    source: ValueSource


class Kept(enum.Enum):
    """A value has been stored durably, and when it takes effect."""

    NOW = enum.auto()
    AFTER_RESTART = enum.auto()


class Storage(Protocol):
    """Keeps values. One device model uses it, in one thread."""

    def load(self) -> Mapping[AttributeName, StoredValue]:
        """Every value it holds."""
        ...

    def write(self, name: AttributeName, stored: StoredValue) -> Kept | Refusal:
        """Keep one value durably, or say why not; a refusal has changed nothing.

        Raises only when the storage as such can no longer be used.
        """
        ...

    def forget(self, names: Collection[AttributeName]) -> None:
        """Hold these values no longer. Others are passed over. Raises as `write` does."""
        ...


NO_STORAGE = Refusal(Reason.NOT_FOUND, "nobody keeps this variable")
