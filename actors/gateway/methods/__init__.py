"""Every method of the Gateway; each module here ends with its METHODS."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.gateway.methods import control, observation, roles, simulation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.gateway.method import Method

MODULES: Final = (control, observation, roles, simulation)


def by_name(methods: Iterable[Method[Any, Any]]) -> Mapping[str, Method[Any, Any]]:
    """The methods by their names. Raises ValueError when a name occurs twice."""
    found: dict[str, Method[Any, Any]] = {}
    for each in methods:
        if found.setdefault(each.name, each) is not each:
            raise ValueError(f"two methods are called {each.name}")
    return MappingProxyType(found)


METHODS: Final = by_name(method for module in MODULES for method in module.METHODS)
"""Every method by name."""
