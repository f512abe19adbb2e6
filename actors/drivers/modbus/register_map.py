"""What a register map is: which registers of a meter hold what, and how. Pure; docs/meters.md has the format.

Source: MODBUS Application Protocol V1.1b3 for functions 3 and 4 and the bound of 125 registers in a request.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from actors.config.document import Source, plain
from actors.config.problems import quoted
from actors.config.reader import read_document
from actors.config.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.config.problems import Problem

MAX_BYTES: Final = 256 * 1024
"""A longer file is not read."""
ADDRESSES: Final = 65536


class Function(enum.StrEnum):
    """Which of the two kinds of registers, by the function that reads it."""

    HOLDING = "holding"
    """Function 3."""
    INPUT = "input"
    """Function 4."""


class WordOrder(enum.StrEnum):
    """Which word of a longer value stands in its first register."""

    HIGH_FIRST = "high_first"
    LOW_FIRST = "low_first"


class DataType(enum.StrEnum):
    """How a value lies in its registers; the bytes of one register are always high before low."""

    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    FLOAT32 = "float32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT64 = "float64"

    @property
    def words(self) -> int:
        """Registers that a value takes."""
        return int(self.value[-2:]) // 16


class Quantity(enum.StrEnum):
    """What can be measured, by its key in a map."""

    ENERGY_IMPORT = "energy_import"
    ENERGY_EXPORT = "energy_export"
    POWER = "power"
    VOLTAGE = "voltage"
    CURRENT = "current"
    REACTIVE_POWER = "reactive_power"
    FREQUENCY = "frequency"


_ENERGY: Final = {"Wh": Decimal(1), "kWh": Decimal(1000), "MWh": Decimal(1_000_000)}
UNITS: Final[Mapping[Quantity, Mapping[str, Decimal]]] = {
    Quantity.ENERGY_IMPORT: _ENERGY,
    Quantity.ENERGY_EXPORT: _ENERGY,
    Quantity.POWER: {"W": Decimal(1), "kW": Decimal(1000)},
    Quantity.VOLTAGE: {"V": Decimal(1), "mV": Decimal("0.001")},
    Quantity.CURRENT: {"A": Decimal(1), "mA": Decimal("0.001")},
    Quantity.REACTIVE_POWER: {"var": Decimal(1), "kvar": Decimal(1000)},
    Quantity.FREQUENCY: {"Hz": Decimal(1), "mHz": Decimal("0.001")},
}
"""The units that a map may name, and what they are in Wh, W, V, A, var and Hz."""

_LINES: Final = ("l1", "l2", "l3")
PLACES: Final[Mapping[Quantity, tuple[str, ...]]] = {
    Quantity.ENERGY_IMPORT: ("total", *_LINES),
    Quantity.ENERGY_EXPORT: ("total", *_LINES),
    Quantity.POWER: ("total", *_LINES),
    Quantity.VOLTAGE: (*_LINES, "dc"),
    Quantity.CURRENT: (*_LINES, "n", "dc"),
    Quantity.REACTIVE_POWER: ("total", *_LINES),
    Quantity.FREQUENCY: _LINES,
}
"""Where each quantity can be measured."""

FIRST: Final[Mapping[Quantity, str]] = {
    Quantity.ENERGY_IMPORT: "total",
    Quantity.ENERGY_EXPORT: "total",
    Quantity.POWER: "total",
    Quantity.REACTIVE_POWER: "total",
    Quantity.FREQUENCY: "l1",
}
"""The place that a quantity is not told without."""


def _exact(value: object) -> object:
    """As it is written: 0.1 is a tenth."""
    return Decimal(repr(value)) if type(value) in {int, float} else value


class Entry(BaseModel):
    """One value in a meter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    register_: Annotated[int, Field(alias="register", ge=0, lt=ADDRESSES + 40001, strict=True)]
    type: DataType
    unit: str
    scale: Annotated[Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False)] = Decimal(1)
    """What one step of the value is in the unit; negative where the meter counts the other way round."""
    function: Function | None = None
    """Where it differs from the map's."""
    absent: Annotated[int, Field(ge=0, strict=True)] | None = None
    """The registers' content, as one number without sign, that says there is no such value."""

    @model_validator(mode="after")
    def _scaled(self) -> Self:
        if not self.scale:
            raise ValueError("a scale of 0 leaves nothing")
        return self


class RegisterMap(BaseModel):
    """What a meter's registers hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    meter: Annotated[str, Field(min_length=1, max_length=60)]
    """Maker and model."""
    also: tuple[str, ...] = ()
    """Other models with the same registers."""
    function: Function
    word_order: WordOrder = WordOrder.HIGH_FIRST
    first_register: Annotated[int, Field(ge=0, le=40001, strict=True)] | None = None
    """What the documentation calls the register with address 0; absent: as the site file says."""
    max_registers: Annotated[int, Field(ge=4, le=125, strict=True)] = 60
    """The meter answers no longer request."""
    max_gap: Annotated[int, Field(ge=0, le=60, strict=True)] = 0
    """So many registers that nobody wants may be read along to save a request; some meters refuse that."""
    values: dict[Quantity, dict[str, Entry]]


class RegisterMapError(Exception):
    """A map that cannot be used; `problems` names file and line of each thing that is wrong."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(each) for each in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[RegisterMapError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def read_register_map(data: bytes, file: str) -> RegisterMap:
    """The map in these bytes. RegisterMapError whatever is wrong with it."""
    root, problems = read_document(data, file)
    if root is None or problems:
        raise RegisterMapError(problems)
    report = Report(Source(file, root))
    try:
        found = RegisterMap.model_validate(plain(root))
    except ValidationError as error:
        for one in error.errors():
            unknown = one["type"] == "extra_forbidden"
            text = f"there is no {quoted(str(one['loc'][-1]))} here" if unknown else one["msg"]
            path = tuple(part for part in one["loc"] if part != "[key]")
            report.error(path, text, key=unknown)
        raise RegisterMapError(tuple(report.problems)) from None
    _check(found, report)
    if report.problems:
        raise RegisterMapError(tuple(report.problems))
    return found


def _check(found: RegisterMap, report: Report) -> None:
    """What no single entry can know."""
    if "total" not in found.values.get(Quantity.ENERGY_IMPORT, {}):
        report.error(("values",), "energy_import has no total, which is what is billed")
    for quantity, entries in found.values.items():
        path = "values", quantity.value
        if entries and (first := FIRST.get(quantity)) is not None and first not in entries:
            report.error(path, f"{quantity} is not told without {first}")
        for place, entry in entries.items():
            here = (*path, place)
            if place not in PLACES[quantity]:
                places = ", ".join(PLACES[quantity])
                report.error(here, f"{quantity} is not measured at {quoted(place)}", f"One of: {places}.")
            if entry.unit not in UNITS[quantity]:
                units = ", ".join(UNITS[quantity])
                report.error((*here, "unit"), f"{quoted(entry.unit)} is no unit of it", f"One of: {units}.")
            end = entry.register_ - (found.first_register or 0) + entry.type.words
            if not entry.type.words <= end <= ADDRESSES:
                report.error((*here, "register"), "there is no such register")
