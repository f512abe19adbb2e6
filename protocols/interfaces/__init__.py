"""EVerest's interfaces: one module each, named as EVerest names it in lower case."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import MappingProxyType
from typing import TYPE_CHECKING

from protocols.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def load_all() -> Mapping[str, Interface]:
    """Every interface by EVerest's name; afterwards the codec knows all their messages and types."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    )
    return MappingProxyType({interface.name: interface for interface in map(Interface.of, modules)})
