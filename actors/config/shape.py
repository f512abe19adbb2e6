"""The outer form of a site file (rows M13.1 to M13.5): which keys may stand where, and of which form.

What depends on the kind of module (parameters, requirements) comes out as raw nodes for the next step.
"""

from __future__ import annotations

import dataclasses
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from actors.catalog.evse import MAX_EVSES
from actors.config.document import ListNode, MapNode, ScalarNode, describe
from actors.config.model import AccessRights, ModuleAccess, TierMapping
from actors.config.problems import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from actors.catalog.manifest import Scalar
    from actors.config.document import Node
    from actors.config.problems import Path
    from actors.config.report import Report

T = TypeVar("T")

IDENTIFIER: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]*")
"""What module, requirement, implementation and parameter names look like (row M13.3)."""

TOP_KEYS: Final = ("active_modules", "settings", "x-module-layout")
MODULE_KEYS: Final = (
    "module",
    "config_module",
    "config_implementation",
    "connections",
    "mapping",
    "access",
    "telemetry",
    "capabilities",
    "standalone",
)
SETTINGS: Final[Mapping[str, type[bool | int | str]]] = MappingProxyType(
    {
        "prefix": str,
        "config_file": str,
        "configs_dir": str,
        "schemas_dir": str,
        "modules_dir": str,
        "interfaces_dir": str,
        "types_dir": str,
        "errors_dir": str,
        "www_dir": str,
        "logging_config_file": str,
        "controller_port": int,
        "controller_rpc_timeout_ms": int,
        "mqtt_broker_socket_path": str,
        "mqtt_broker_host": str,
        "mqtt_broker_port": int,
        "mqtt_everest_prefix": str,
        "mqtt_external_prefix": str,
        "telemetry_prefix": str,
        "telemetry_enabled": bool,
        "validate_schema": bool,
        "run_as_user": str,
        "forward_exceptions": bool,
    }
)
"""EVerest's framework settings with their types; they speak of processes that evsite does not have."""

ACCESS_SWITCHES: Final = ("allow_global_read", "allow_global_write", "allow_set_read_only")
MODULE_ACCESS_SWITCHES: Final = ("allow_read", "allow_write", "allow_set_read_only")

TYPE_WORDS: Final = {bool: "true or false", int: "a whole number", str: "a string"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawModule:
    """One entry of active_modules before its kind is looked at."""

    id: str
    name: str
    parameters: Mapping[str, Node]
    implementations: Mapping[str, Mapping[str, Node]]
    connections: Mapping[str, tuple[tuple[str, str] | None, ...]]
    """Module and implementation id of each wire; None for one that could not be read."""
    mapping: TierMapping | None
    implementation_mappings: Mapping[str, TierMapping]
    mapping_readable: bool
    """False: something of it was reported and left out."""
    access: AccessRights
    telemetry_id: int | None
    capabilities: tuple[str, ...]
    standalone: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawSite:
    """A site file before the catalog is asked."""

    modules: Mapping[str, RawModule]
    broken: frozenset[str]
    """Ids of entries that could not be read; what refers to them is not reported again."""
    settings: Mapping[str, Scalar]


def read_site(root: Node, report: Report) -> RawSite:
    """Read the outer form; whatever is wrong is reported, and what can be read is returned."""
    top = _mapping(root, (), report, TOP_KEYS)
    modules: dict[str, RawModule] = {}
    broken: set[str] = set()
    if "active_modules" not in top:
        if isinstance(root, MapNode):
            report.error(
                (), "active_modules is missing", "It holds the modules of the site, each under its id."
            )
    else:
        for module_id, node in _entries(top["active_modules"], ("active_modules",), report):
            raw = _module(module_id, node, report)
            if raw is None:
                broken.add(module_id)
            else:
                modules[module_id] = raw
        if not modules and not broken and isinstance(top["active_modules"], MapNode):
            report.error(
                ("active_modules",), "there are no modules", "'evsite init' writes a site to begin with."
            )
    return RawSite(
        modules=MappingProxyType(modules), broken=frozenset(broken), settings=_settings(top, report)
    )


def _settings(top: Mapping[str, Node], report: Report) -> Mapping[str, Scalar]:
    path = ("settings",)
    found: dict[str, Scalar] = {}
    for name, node in _mapping(top.get("settings"), path, report, tuple(SETTINGS)).items():
        value = _scalar(node, (*path, name), report, SETTINGS[name])
        if value is not None:
            found[name] = value
            report.warning(
                (*path, name),
                f"{name} has no effect here",
                "It steers EVerest's own processes. Leave it out.",
                key=True,
            )
    return MappingProxyType(found)


def _module(module_id: str, node: Node, report: Report) -> RawModule | None:
    path: Path = ("active_modules", module_id)
    keys = _mapping(node, path, report, MODULE_KEYS)
    if isinstance(node, MapNode) and "module" not in keys:
        report.error(path, "there is no 'module' to say what this is", "Write for example 'module: System'.")
    name = _optional(keys, "module", path, report, str)
    telemetry = _mapping(keys.get("telemetry"), (*path, "telemetry"), report, ("id",))
    before = len(report.problems)
    mapping, implementation_mappings = _mappings(keys.get("mapping"), (*path, "mapping"), report)
    readable = len(report.problems) == before
    raw = RawModule(
        id=module_id,
        name=str(name),
        parameters=_named(keys.get("config_module"), (*path, "config_module"), report),
        implementations=_implementations(keys, path, report),
        connections=_connections(keys, path, report),
        mapping=mapping,
        implementation_mappings=implementation_mappings,
        mapping_readable=readable,
        access=_access(keys.get("access"), (*path, "access"), report),
        telemetry_id=_optional(telemetry, "id", (*path, "telemetry"), report, int),
        capabilities=_capabilities(keys, path, report),
        standalone=bool(_optional(keys, "standalone", path, report, bool)),
    )
    return None if name is None else raw


def _implementations(
    keys: Mapping[str, Node], path: Path, report: Report
) -> Mapping[str, Mapping[str, Node]]:
    path = (*path, "config_implementation")
    return {
        name: _named(node, (*path, name), report)
        for name, node in _named(keys.get("config_implementation"), path, report).items()
    }


def _connections(
    keys: Mapping[str, Node], path: Path, report: Report
) -> Mapping[str, tuple[tuple[str, str] | None, ...]]:
    path = (*path, "connections")
    found = {}
    for requirement, node in _named(keys.get("connections"), path, report).items():
        here = (*path, requirement)
        if isinstance(node, ListNode):
            found[requirement] = tuple(
                _wire(item, (*here, index), report) for index, item in enumerate(node.items)
            )
        else:
            found[requirement] = ()
            report.error(
                here,
                f"expected a list of connections, found {describe(node)}",
                "Write each as '- module_id: ...' with 'implementation_id: ...' below it.",
            )
    return found


def _wire(node: Node, path: Path, report: Report) -> tuple[str, str] | None:
    keys = ("module_id", "implementation_id")
    given = _mapping(node, path, report, keys)
    ends = []
    for key in keys:
        if key not in given:
            if isinstance(node, MapNode):
                report.error(path, f"{key} is missing", "A connection has module_id and implementation_id.")
            continue
        end = _scalar(given[key], (*path, key), report, str)
        if isinstance(end, str):
            ends.append(end)
    return (ends[0], ends[1]) if len(ends) == len(keys) else None


def _mappings(
    node: Node | None, path: Path, report: Report
) -> tuple[TierMapping | None, Mapping[str, TierMapping]]:
    keys = _mapping(node, path, report, ("module", "implementations"))
    inner = (*path, "implementations")
    implementations = {}
    for name, one in _named(keys.get("implementations"), inner, report).items():
        if (mapping := _tier(one, (*inner, name), report)) is not None:
            implementations[name] = mapping
    return _tier(keys.get("module"), (*path, "module"), report), MappingProxyType(implementations)


def _tier(node: Node | None, path: Path, report: Report) -> TierMapping | None:
    keys = _mapping(node, path, report, ("evse", "connector"))
    evse = _optional(keys, "evse", path, report, int)
    connector = _optional(keys, "connector", path, report, int)
    if isinstance(node, MapNode) and "evse" not in keys:
        report.error(path, "evse is missing", "Say which EVSE this belongs to; 0 is the whole station.")
    if evse is None:
        return None
    if not 0 <= evse <= MAX_EVSES:
        report.error((*path, "evse"), f"EVSE {evse} is out of range", f"EVSEs are 0 to {MAX_EVSES}.")
        return None
    if connector is not None and (connector < 1 or evse == 0):
        report.error(
            (*path, "connector"),
            f"connector {connector} of EVSE {evse} cannot be",
            "Connectors count from 1, and EVSE 0, the whole station, has none.",
        )
        return None
    return TierMapping(evse=evse, connector=connector)


def _access(node: Node | None, path: Path, report: Report) -> AccessRights:
    config = _mapping(node, path, report, ("config",)).get("config")
    path = (*path, "config")
    keys = _mapping(config, path, report, (*ACCESS_SWITCHES, "modules"))
    inner = (*path, "modules")
    modules = {
        module_id: ModuleAccess(
            **_switches(
                _mapping(one, (*inner, module_id), report, MODULE_ACCESS_SWITCHES),
                (*inner, module_id),
                report,
            )
        )
        for module_id, one in _named(keys.get("modules"), inner, report).items()
    }
    switches = {name: one for name, one in keys.items() if name != "modules"}
    return AccessRights(**_switches(switches, path, report), modules=MappingProxyType(modules))


def _switches(keys: Mapping[str, Node], path: Path, report: Report) -> dict[str, bool]:
    return {name: bool(_optional(keys, name, path, report, bool)) for name in keys}


def _capabilities(keys: Mapping[str, Node], path: Path, report: Report) -> tuple[str, ...]:
    path = (*path, "capabilities")
    node = keys.get("capabilities")
    if node is None:
        return ()
    if not isinstance(node, ListNode):
        report.error(path, f"expected a list of Linux capabilities, found {describe(node)}")
        return ()
    found = (_scalar(item, (*path, index), report, str) for index, item in enumerate(node.items))
    return tuple(str(one) for one in found if one is not None)


def _entries(node: Node | None, path: Path, report: Report) -> Iterator[tuple[str, Node]]:
    """The members of a mapping with free names; None is an absent mapping."""
    if node is None:
        return
    if not isinstance(node, MapNode):
        report.error(path, f"expected a mapping, found {describe(node)}")
        return
    for name, entry in node.entries.items():
        if IDENTIFIER.fullmatch(name):
            yield name, entry.value
        else:
            report.error(
                (*path, name),
                f"{quoted(name)} cannot be a name",
                "Begin with a letter or underscore; go on with letters, digits, '_', '.' or '-'.",
                key=True,
            )


def _named(node: Node | None, path: Path, report: Report) -> Mapping[str, Node]:
    return dict(_entries(node, path, report))


def _mapping(node: Node | None, path: Path, report: Report, known: tuple[str, ...]) -> Mapping[str, Node]:
    """The members of a mapping with fixed keys; None is an absent mapping."""
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        report.error(path, f"expected a mapping, found {describe(node)}")
        return {}
    for name in node.entries:
        if name not in known:
            report.error((*path, name), f"unknown key {quoted(name)}", did_you_mean(name, known), key=True)
    return {name: entry.value for name, entry in node.entries.items() if name in known}


def _optional(keys: Mapping[str, Node], name: str, path: Path, report: Report, kind: type[T]) -> T | None:
    return _scalar(keys[name], (*path, name), report, kind) if name in keys else None


def _scalar(node: Node, path: Path, report: Report, kind: type[T]) -> T | None:
    """The value of a scalar of exactly this type, or None with a report."""
    value = node.value if isinstance(node, ScalarNode) else None
    if isinstance(value, kind) and type(value) is kind:  # true is no number
        return value
    report.error(path, f"expected {TYPE_WORDS[kind]}, found {describe(node)}")
    return None
