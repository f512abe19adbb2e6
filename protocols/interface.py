"""An EVerest interface as data: commands, variables and errors, read off the module that declares them."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from protocols.message import Command, Var, snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from protocols.errors import ErrorType

Kind = TypeVar("Kind", Command, Var)


def everest_name(kind: type[Command | Var]) -> str:
    """What EVerest calls a command or variable: `setMode`, `get_evse`."""
    return kind.everest_name or snake_case(kind.__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Interface:
    """Everything that may be said over one interface, by EVerest's names and in EVerest's order."""

    name: str
    """EVerest's name, such as `ISO15118_charger`."""
    module: ModuleType
    """Where the messages are declared."""
    commands: Mapping[str, type[Command]]
    variables: Mapping[str, type[Var]]
    errors: tuple[ErrorType, ...]
    """What a provider may raise."""

    @classmethod
    def of(cls, module: ModuleType) -> Interface:
        """The interface that a module under `protocols.interfaces` declares."""
        return cls(
            name=module.NAME,
            module=module,
            commands=_declared(module, Command),
            variables=_declared(module, Var),
            errors=tuple(error for errors in module.ERRORS for error in errors),
        )


def _declared(module: ModuleType, base: type[Kind]) -> Mapping[str, type[Kind]]:
    kinds = (
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, base) and kind.__module__ == module.__name__
    )
    return MappingProxyType({everest_name(kind): kind for kind in kinds})
