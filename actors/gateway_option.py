"""`--gateway [HOST:]PORT`: a site file with a Gateway at that place, whether it had one or not. Pure."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from actors.catalog import find
from actors.config.document import Entry, MapNode, ScalarNode

if TYPE_CHECKING:
    from actors.catalog.manifest import Scalar
    from actors.config import SiteFile
    from actors.config.document import Node

MODULE: Final = "Gateway"
MODULES: Final = "active_modules"
CONFIG: Final = "config_module"
LOOPBACK: Final = "127.0.0.1"
MAX_PORT: Final = 65_535


class PlaceError(ValueError):
    """A text that names no place to listen at."""


def place_of(text: str) -> tuple[str, int]:
    """Host and port; without a host it is loopback. 0 is any free port."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (port.isascii() and port.isdecimal() and int(port) <= MAX_PORT) or (":" in text and not host):
        raise PlaceError(f"{text!r} is no place to listen at: PORT, HOST:PORT or [IPV6]:PORT")
    return host or LOOPBACK, int(port)


def gateway_of(site: SiteFile) -> str | None:
    """The module that is the site's Gateway; None: it has none."""
    return next((entry.id for entry in site.modules.values() if entry.manifest.name == MODULE), None)


def with_gateway(root: Node, host: str, port: int) -> Node:
    """What a site file holds, with its Gateway there, or with one added; to be checked like that.

    What is no site file is left as it is, for the check to say so.
    """
    modules = _member(root, MODULES)
    if not isinstance(root, MapNode) or not isinstance(modules, MapNode):
        return root
    found = next((key for key, entry in modules.entries.items() if _is_gateway(entry.value)), None)
    if found is None:
        names = itertools.chain(["gateway"], (f"gateway_{number}" for number in itertools.count(2)))
        found = next(name for name in names if name not in modules.entries)
    module: Node = _member(modules, found) or _given(MapNode({}, modules.position), module=MODULE)
    config = _member(module, CONFIG) or ScalarNode(None, module.position)
    if isinstance(config, ScalarNode) and config.value is None:
        config = MapNode({}, config.position)
    if not isinstance(module, MapNode) or not isinstance(config, MapNode):
        return root
    module = _with(module, CONFIG, _given(config, host=host, port=port))
    return _with(root, MODULES, _with(modules, found, module))


def _is_gateway(module: Node) -> bool:
    said = _member(module, "module")
    manifest = find(said.value) if isinstance(said, ScalarNode) and isinstance(said.value, str) else None
    return manifest is not None and manifest.name == MODULE


def _member(node: Node, key: str) -> Node | None:
    entry = node.entries.get(key) if isinstance(node, MapNode) else None
    return None if entry is None else entry.value


def _with(node: MapNode, key: str, value: Node) -> MapNode:
    """The mapping with another value there; a key that is new stands where the mapping begins."""
    at = node.entries[key].position if key in node.entries else node.position
    return MapNode({**node.entries, key: Entry(key, at, value)}, node.position)


def _given(node: MapNode, **scalars: Scalar) -> MapNode:
    for key, value in scalars.items():
        node = _with(node, key, ScalarNode(value, node.position))
    return node
