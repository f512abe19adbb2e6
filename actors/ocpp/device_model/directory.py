"""The device-model directory: `standardized/` and `custom/`, one file per component (rows S5.5 to S5.13).

Which of the two a file is in makes no difference. What is no `.json` file is left alone, so a folder may hold
a README. Beside the two folders `site_mapping.json` may stand: see `site_mapping`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.device_model.component_file import read_component
from actors.ocpp.device_model.problems import ComponentProblem, DeviceModelError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from actors.ocpp.device_model.component import Component
    from actors.ocpp.device_model.names import ComponentName

FOLDERS: Final = ("standardized", "custom")
MAX_FILE_BYTES: Final = 1024 * 1024
MAX_FILES: Final = 2000
"""In one folder; 128 EVSEs with four connectors each need 640."""


def load_directory(path: Path) -> tuple[Component, ...]:
    """Every component of a device-model directory, in the order of their names.

    Raises DeviceModelError with everything that is wrong with it.
    """
    problems: list[ComponentProblem] = []
    files: list[Path] = []
    for folder in FOLDERS:  # S5.6
        files += _files(path / folder, problems)
    found = [component for file in files if (component := _read(file, problems)) is not None]
    return checked(found, problems)


def checked(
    components: Iterable[Component], problems: Iterable[ComponentProblem] = ()
) -> tuple[Component, ...]:
    """The components in order. Raises DeviceModelError for `problems`, or when one is declared twice."""
    problems = list(problems)
    by_name: dict[ComponentName, Component] = {}
    for component in components:
        if (twin := by_name.get(component.name)) is not None:
            problems += _twice(component, twin)
        by_name[component.name] = component
    if problems:
        raise DeviceModelError(problems)
    return tuple(by_name[name] for name in sorted(by_name))


def _twice(component: Component, twin: Component) -> list[ComponentProblem]:
    advice = f"One file is one component: keep this one or {twin.file}."
    problems = [
        ComponentProblem(file=component.file, text=f"{component.name} is in {twin.file} too", advice=advice)
    ]
    for name, variable in component.variables.items():
        other = twin.variables.get(name)
        if other is not None and other.source is not variable.source:  # S20.12
            text = f"{component.name}.{name} has two sources: {variable.source} here, {other.source} there"
            problems.append(ComponentProblem(file=component.file, place=str(name), text=text, advice=advice))
    return problems


def _files(folder: Path, problems: list[ComponentProblem]) -> list[Path]:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix == ".json")
    except OSError as error:
        advice = "DeviceModelConfigPath names a directory with the folders standardized and custom."
        text = f"the folder cannot be read: {error.strerror}"
        problems.append(ComponentProblem(file=str(folder), text=text, advice=advice))
        return []
    if len(files) > MAX_FILES:
        text = f"it holds more than {MAX_FILES} files"
        problems.append(ComponentProblem(file=str(folder), text=text, advice="Take some away."))
        return []
    return files


def _read(file: Path, problems: list[ComponentProblem]) -> Component | None:
    data = read_capped(file, problems)
    return None if data is None else read_component(data, str(file), problems)


def read_capped(file: Path, problems: list[ComponentProblem]) -> bytes | None:
    """The bytes of a regular file of bounded size; None, and a problem, when it is not one."""
    text = f"it is no regular file of at most {MAX_FILE_BYTES} bytes"
    try:
        if file.is_file():  # a pipe would keep us waiting
            with file.open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
            if len(data) <= MAX_FILE_BYTES:
                return data
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
    problems.append(ComponentProblem(file=str(file), text=text, advice="Correct it or take it away."))
    return None
