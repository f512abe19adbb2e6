"""The store an entry of a site file names."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from certs.store import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROOT: Final = "certificate_root"
"""The parameter that says where relative paths begin."""


def settings_at(root: Path, parameters: Mapping[str, Any]) -> Settings:
    """The store in a folder, with what the parameters of the entry say about it; the others are no places."""
    names = {one.name for one in fields(Settings)} & parameters.keys()
    return Settings(root=root, **{name: parameters[name] for name in names})
