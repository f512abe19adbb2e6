"""Where register maps are: those that come with evsite, and files of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from actors.config.problems import Problem
from actors.drivers.modbus.register_map import MAX_BYTES, RegisterMap, RegisterMapError, read_register_map

SHIPPED: Final = Path(__file__).parent / "maps"


def shipped() -> tuple[str, ...]:
    """The names of the maps that come with evsite."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def path_of(model: str) -> Path:
    """The file of a model: one of ours by its name, else a path; a relative one is seen from where we run."""
    if model.casefold() in shipped():
        return SHIPPED / f"{model.casefold()}.yaml"
    return Path(model)


def load(model: str) -> RegisterMap:
    """The map of a model. RegisterMapError when there is none, or what is wrong with it."""
    path = path_of(model)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        known = ", ".join(shipped())
        raise _refused(model, f"no register map: {error}", f"Those that come with evsite: {known}.") from None
    if len(data) > MAX_BYTES:
        raise _refused(model, f"the register map is longer than {MAX_BYTES} bytes")
    return read_register_map(data, str(path))


def _refused(model: str, text: str, suggestion: str = "") -> RegisterMapError:
    problem = Problem(file=model, line=0, column=0, path="", text=text, suggestion=suggestion)
    return RegisterMapError((problem,))
