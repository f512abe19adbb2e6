"""Module entries against the catalog: kind, parameters and requirements of each module by itself."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.catalog import NAMES, NOT_OURS, find
from actors.config.model import Connection, ModuleEntry
from actors.config.problems import did_you_mean, quoted
from actors.config.values import read_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.catalog.manifest import Manifest, Parameter, Requirement, Scalar
    from actors.config.document import Node
    from actors.config.problems import Path
    from actors.config.report import Report
    from actors.config.shape import RawModule

NOTHING: Final[Mapping[str, Node]] = MappingProxyType({})


def read_entry(raw: RawModule, report: Report) -> ModuleEntry | None:
    """The entry with its kind and parameters, or None where nobody knows the module.

    A parameter that is wrong is reported and left out of `parameters`, so that later rules can pass it by.
    """
    path: Path = ("active_modules", raw.id)
    manifest = find(raw.name)
    if manifest is None:
        advice = NOT_OURS.get(raw.name)
        text = f"unknown module {quoted(raw.name)}"
        if advice is None:
            advice = did_you_mean(raw.name, NAMES) or "'evsite schema' names every module there is."
            report.error((*path, "module"), text, advice)
        else:
            report.error((*path, "module"), f"evsite has no module {quoted(raw.name)}", _sentence(advice))
        return None
    if raw.name in manifest.old_names:
        report.warning(
            (*path, "module"), f"{quoted(raw.name)} is an old name", f"Write {quoted(manifest.name)}."
        )
    parameters, given = _parameters(manifest.parameters, raw.parameters, (*path, "config_module"), report)
    _check_implementations(raw, manifest, path, report)
    return ModuleEntry(
        id=raw.id,
        manifest=manifest,
        written_name=raw.name,
        parameters=parameters,
        given=given,
        implementation_parameters=_implementation_parameters(raw, manifest, path, report),
        connections=_connections(raw, manifest, path, report),
        mapping=raw.mapping,
        implementation_mappings=raw.implementation_mappings,
        access=raw.access,
        telemetry_id=raw.telemetry_id,
        capabilities=raw.capabilities,
        standalone=raw.standalone,
    )


def _check_implementations(raw: RawModule, manifest: Manifest, path: Path, report: Report) -> None:
    """Implementations that are configured or mapped must be provided."""
    for section, names in (
        (("config_implementation",), raw.implementations),
        (("mapping", "implementations"), raw.implementation_mappings),
    ):
        for name in names:
            if name not in manifest.provides:
                report.error(
                    (*path, *section, name),
                    f"{manifest.name} provides no implementation {quoted(name)}",
                    did_you_mean(name, manifest.provides),
                    key=True,
                )


def _implementation_parameters(
    raw: RawModule, manifest: Manifest, path: Path, report: Report
) -> Mapping[str, Mapping[str, Scalar | None]]:
    return MappingProxyType(
        {
            name: _parameters(
                provision.parameters,
                raw.implementations.get(name, NOTHING),
                (*path, "config_implementation", name),
                report,
            )[0]
            for name, provision in manifest.provides.items()
        }
    )


def _parameters(
    known: Mapping[str, Parameter], given: Mapping[str, Node], path: Path, report: Report
) -> tuple[Mapping[str, Scalar | None], frozenset[str]]:
    """Every parameter with its value, and the names of those that stand in the file."""
    proper = {old: one.name for one in known.values() for old in one.old_names}
    values: dict[str, Scalar | None] = {name: one.default for name, one in known.items() if not one.required}
    seen: dict[str, str] = {}
    for name, node in given.items():
        parameter = known.get(proper.get(name, name))
        here = (*path, name)
        if parameter is None:
            report.error(here, f"unknown parameter {quoted(name)}", did_you_mean(name, known), key=True)
            continue
        if (other := seen.setdefault(parameter.name, name)) != name:
            report.error(here, f"{name} is another name of {other}, given above", "Keep one.", key=True)
            continue
        if name != parameter.name:
            report.warning(here, f"{name} is an old name", f"Write {parameter.name}.", key=True)
        value = read_value(parameter, node, here, report)
        if value is None:
            values.pop(parameter.name, None)
        else:
            values[parameter.name] = value
    for parameter in known.values():
        if parameter.required and parameter.name not in seen:
            report.error(
                (*path, parameter.name),
                f"parameter {quoted(parameter.name)} is missing",
                _sentence(f"it has no default: {parameter.meaning}"),
            )
    return MappingProxyType(values), frozenset(seen)


def _connections(
    raw: RawModule, manifest: Manifest, path: Path, report: Report
) -> Mapping[str, tuple[Connection, ...]]:
    path = (*path, "connections")
    for name in raw.connections:
        if name in manifest.requires:
            continue
        text = f"{manifest.name} has no requirement {quoted(name)}"
        advice = manifest.former_requires.get(name)
        suggestion = did_you_mean(name, manifest.requires) if advice is None else _sentence(advice)
        report.error((*path, name), text, suggestion, key=True)
    found = {}
    for name, requirement in manifest.requires.items():
        wires = raw.connections.get(name, ())
        _check_count(requirement, len(wires), (*path, name), report)
        found[name] = tuple(
            Connection(module_id=wire[0], implementation_id=wire[1], index=index)
            for index, wire in enumerate(wires)
            if wire is not None
        )
    return MappingProxyType(found)


def _check_count(requirement: Requirement, count: int, path: Path, report: Report) -> None:
    low, high = requirement.minimum, requirement.maximum
    if low <= count <= high:
        return
    wanted = f"{low}" if low == high else f"{low} to {high}"
    text = f"{count} connections, expected {wanted}" if count else "this connection is missing"
    report.error(path, text, f"Connect an implementation of {requirement.interface}." if count < low else "")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
