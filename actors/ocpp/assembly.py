"""Puts the device model of a charge point together: its files, its two storages, what it must have.

Relative paths begin at the state directory, those of values at its journals. Where there is no such directory
of a device model, the set that comes with evsite is copied there once, with a file for each EVSE and
connector of the site: from then on it is the operator's.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from actors.catalog import CATALOG
from actors.config.model import AccessRights, ModuleAccess, ModuleEntry, TierMapping
from actors.engine.journal import JournalError
from actors.ocpp import error_mapping
from actors.ocpp.device_model.component import Source
from actors.ocpp.device_model.composed_storage import ComposedStorage, sources_of
from actors.ocpp.device_model.directory import load_directory, read_capped
from actors.ocpp.device_model.generation import Evse, Outlet, component_files
from actors.ocpp.device_model.model import DeviceModel
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.device_model.numbering import differences
from actors.ocpp.device_model.problems import ComponentProblem, DeviceModelError
from actors.ocpp.device_model.requirement import NO_VALUE, lacks, require
from actors.ocpp.device_model.site_mapping import FILE, Target, read_rules, resolve
from actors.ocpp.device_model.site_storage import SiteStorage, text_of
from actors.ocpp.device_model.sqlite_storage import SqliteStorage
from actors.ocpp.device_model.storage import NO_STORAGE, StoredValue, ValueSource
from actors.ocpp.device_model.value_journal import SUFFIX, ValueJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from actors.catalog.manifest import Scalar
    from actors.config.model import SiteFile
    from actors.engine.journal import Incident
    from actors.ocpp.device_model.characteristics import Refusal
    from actors.ocpp.device_model.component import Component
    from actors.ocpp.device_model.names import Place
    from actors.ocpp.device_model.storage import Storage
    from actors.ocpp.error_mapping import ErrorRule

SHIPPED: Final = Path(__file__).parents[2] / "deploy" / "component_config"


@dataclass(frozen=True, slots=True)
class Assembled:
    """A device model that is fit for use, and the files behind it."""

    model: DeviceModel
    journals: tuple[ValueJournal, ...]
    site: SiteStorage
    error_rules: tuple[ErrorRule, ...] = ()
    """What the operator says about errors."""

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What was found damaged and put right."""
        return tuple(each for journal in self.journals for each in journal.incidents)

    def close(self) -> None:
        """Let a successor open the files."""
        for journal in self.journals:
            journal.close()


@dataclass(frozen=True, slots=True)
class _Files:
    """What the directory of a device model says."""

    components: tuple[Component, ...]
    targets: Mapping[Place, Target]
    error_rules: tuple[ErrorRule, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A storage for a look: what is done with its values changes no file."""

    values: Mapping[AttributeName, StoredValue]

    @classmethod
    def of_site(cls, targets: Mapping[Place, Target], read: Callable[[Target], Scalar | None]) -> _Said:
        """What the site file says."""
        texts = {AttributeName(*place): text_of(read(target)) for place, target in targets.items()}
        said = {name: text for name, text in texts.items() if text is not None}
        return cls({name: StoredValue(text, ValueSource.SITE) for name, text in said.items()})

    def load(self) -> Mapping[AttributeName, StoredValue]:
        """All of it."""
        return self.values

    def write(self, _name: AttributeName, _stored: StoredValue) -> Refusal:
        """Nothing is kept."""
        return NO_STORAGE

    def forget(self, _names: Collection[AttributeName]) -> None:
        """It is looked at once."""


def assemble(
    config: Mapping[str, Any],
    connectors: Mapping[int, int],
    now: datetime,
    changed: Callable[[Target, Scalar], None],
) -> Assembled:
    """The device model that a module's entry of the site file asks for.

    `changed` is told when a variable of source SITE has another value, after that is durable. Raises
    DeviceModelError with all that is wrong with the files, and as `Journal.open` does.
    """
    state, parameters = Path(config["state"]), config["parameters"]
    directory = _directory(config)
    if not directory.exists():
        lay_out(directory, [Evse(connectors=(Outlet(),) * count) for _, count in sorted(connectors.items())])
    files = _read(config, connectors)
    own = ValueJournal.open(state / parameters["DeviceModelDatabasePath"], now=now)
    overlay = ValueJournal.open(state / parameters["EverestDeviceModelDatabasePath"], now=now)
    site = SiteStorage(files.targets, _reader(config["modules"]), changed, overlay)
    try:
        model = _model(files.components, SqliteStorage(own), site)
        require(model)
    except BaseException:
        own.close()
        overlay.close()
        raise
    return Assembled(model, (own, overlay), site, files.error_rules)


def examine(config: Mapping[str, Any], connectors: Mapping[int, int], now: datetime) -> None:
    """Find what would keep `assemble` from making a device model, before anything has been started.

    Raises DeviceModelError with all that is wrong with the files. A directory that is not there is not wrong:
    `assemble` makes it. Files of values are looked into only where the component files leave something open:
    copies of them, so that nothing is changed and a charge point that has them open, or opens them, is not
    disturbed. Where one cannot be used, whether a value is missing is left to `assemble`.
    """
    if not _directory(config).exists():
        return
    files = _read(config, connectors)
    said = _Said.of_site(files.targets, _reader(config["modules"]))
    if not (found := lacks(_model(files.components, _Said({}), said))):
        return
    try:
        found = _lacks_with_values(files, config, now)
    except JournalError:
        found = tuple(each for each in found if each.text != NO_VALUE)
    if found:
        raise DeviceModelError(found)


def _lacks_with_values(
    files: _Files, config: Mapping[str, Any], now: datetime
) -> tuple[ComponentProblem, ...]:
    """What is missing beside all that has been set. Raises JournalError where that cannot be told."""
    state, parameters = Path(config["state"]), config["parameters"]
    with (
        ValueJournal.look(state / parameters["DeviceModelDatabasePath"], now=now) as own,
        ValueJournal.look(state / parameters["EverestDeviceModelDatabasePath"], now=now) as overlay,
    ):
        site = SiteStorage(files.targets, _reader(config["modules"]), lambda *_told: None, overlay)
        return lacks(_model(files.components, SqliteStorage(own), site))


def parameters_set(
    config: Mapping[str, Any], now: datetime, tell: Callable[[Incident], None]
) -> Mapping[str, Mapping[str, Scalar]]:
    """What was set through OCPP of the site's parameters, by module and parameter: for modules that start.

    `config` is as for `assemble`; `tell` hears of damage to the file that was put right. What was set above a
    value that the site file no longer has counts no more. Files that cannot be used are left to `assemble`.
    """
    state, parameters = Path(config["state"]), config["parameters"]
    path = state / parameters["EverestDeviceModelDatabasePath"]
    if not path.with_name(path.name + SUFFIX).exists():
        return {}
    found: dict[str, dict[str, Scalar]] = defaultdict(dict)
    try:
        with closing(ValueJournal.open(path, now=now)) as overlay:
            for incident in overlay.incidents:
                tell(incident)
            if overlay.entries:
                directory = _directory(config)
                components = load_directory(directory)
                targets, _ = _targets(components, directory, config, [])
                storage = SiteStorage(targets, _reader(config["modules"]), lambda *_told: None, overlay)
                storage.load()
                for target, value in storage.overlaid():
                    found[target.module_id][target.declared.name] = value
    except (DeviceModelError, JournalError):
        return {}
    return found


def _directory(config: Mapping[str, Any]) -> Path:
    """Beside the directory of the journals: it is the operator's, as the certificates are."""
    found: Path = Path(config["state"]).parent / config["parameters"]["DeviceModelConfigPath"]
    return found


def _read(config: Mapping[str, Any], connectors: Mapping[int, int]) -> _Files:
    """All of the directory. Raises DeviceModelError with everything that is wrong with it."""
    directory = _directory(config)
    components = load_directory(directory)
    problems: list[ComponentProblem] = list(differences(components, connectors))
    errors = directory / error_mapping.FILE
    targets, wrong = _targets(components, directory, config, problems)
    data = read_capped(errors, problems) if errors.exists() else None
    told = error_mapping.read_error_rules(data, str(errors), components, problems) if data is not None else ()
    if problems or wrong:
        raise DeviceModelError([*problems, *wrong])
    return _Files(components, targets, told)


def _model(components: tuple[Component, ...], own: Storage, site: Storage) -> DeviceModel:
    storages = {Source.OCPP: own, Source.SITE: site}
    return DeviceModel(components, ComposedStorage(storages, sources_of(components)))


def _targets(
    components: Sequence[Component],
    directory: Path,
    config: Mapping[str, Any],
    problems: list[ComponentProblem],
) -> tuple[Mapping[Place, Target], tuple[ComponentProblem, ...]]:
    mapping = directory / FILE
    data = read_capped(mapping, problems) if mapping.exists() else None
    rules = read_rules(data, str(mapping), problems) if data is not None else ()
    return resolve(components, rules, _site(config), config["module"])


def lay_out(directory: Path, evses: Sequence[Evse]) -> None:
    """Copy the set that comes with evsite: made beside its place and moved there, whole or not at all."""
    making = directory.with_name(f"{directory.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(SHIPPED / "standardized", making / "standardized")
    custom = making / "custom"
    custom.mkdir()
    for name, text in component_files(evses).items():
        (custom / name).write_text(text)
    making.rename(directory)


@dataclass(frozen=True, slots=True)
class _Modules:
    """The site as far as the mapping of variables looks at it."""

    modules: Mapping[str, ModuleEntry]


def _site(config: Mapping[str, Any]) -> SiteFile:
    told = config["modules"]
    rights = {
        module_id: ModuleAccess(allow_write=each["may_write"], allow_set_read_only=each["may_set_read_only"])
        for module_id, each in told.items()
    }
    entries = {
        module_id: ModuleEntry(
            id=module_id,
            manifest=CATALOG[each["name"]],
            written_name=each["name"],
            parameters=each["parameters"],
            given=frozenset(),
            implementation_parameters={},
            connections={},
            mapping=None if each["evse"] is None else TierMapping(evse=each["evse"]),
            access=AccessRights(modules=rights) if module_id == config["module"] else AccessRights(),
        )
        for module_id, each in told.items()
    }
    return cast("SiteFile", _Modules(entries))


def _reader(modules: Mapping[str, Any]) -> Callable[[Target], Scalar | None]:
    def read(target: Target) -> Scalar | None:
        value: Scalar | None = modules[target.module_id]["parameters"].get(target.declared.name)
        return value

    return read
