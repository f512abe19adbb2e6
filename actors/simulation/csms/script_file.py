"""Reads the script of a simulated back-end: YAML, checked, with every problem at its place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.simulation.csms.script import Script
from actors.simulation.ev.script_file import load_model, read_model

if TYPE_CHECKING:
    import pathlib


def load_script(path: pathlib.Path) -> Script:
    """The script in a file. ScriptError of the car's scripts, also when it cannot be opened."""
    return load_model(path, Script)


def read_script(data: bytes, file: str) -> Script:
    """The script in these bytes. ScriptError whatever is wrong with them."""
    return read_model(data, file, Script)
