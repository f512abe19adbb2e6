"""Reads a file of value-added services, in the format of EVerest's StaticISO15118VASProvider. Pure.

services:
  - id: 4660
    name: Washing
    free: true
    parameter_sets:
      - id: 1
        parameters:
          - {name: Minutes, type: int16, value: 20}
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, ValidationError
from pydantic import model_validator as checked

from actors.config.document import Source, plain
from actors.config.reader import read_document
from actors.config.report import Report
from protocols.types import iso15118_vas as vas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from actors.config.problems import Problem

Unsigned = Annotated[int, Field(ge=0, lt=2**16)]
Text = Annotated[str, Field(min_length=1, max_length=80)]


class ServicesError(Exception):
    """A file that cannot be used. `problems` holds everything that was found, each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[ServicesError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


@dataclass(frozen=True, slots=True)
class Services:
    """What a provider has."""

    offered: vas.OfferedServices
    parameter_sets: Mapping[int, tuple[vas.ParameterSet, ...]]
    """By service."""


class Type(enum.StrEnum):
    """The type of a parameter's value."""

    BOOL = "bool"
    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    RATIONAL = "rational"
    STRING = "string"


FIELDS: Final[Mapping[Type, str]] = {
    Type.BOOL: "bool_value",
    Type.INT8: "byte_value",
    Type.INT16: "short_value",
    Type.INT32: "int_value",
    Type.RATIONAL: "rational_number",
    Type.STRING: "finite_string",
}
BITS: Final[Mapping[Type, int]] = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32}


def fits(kind: Type, value: object) -> bool:
    """Whether a value is of a type."""
    if kind is Type.BOOL or isinstance(value, bool):
        return kind is Type.BOOL and isinstance(value, bool)
    if kind is Type.STRING:
        return isinstance(value, str)
    if kind is Type.RATIONAL:
        return isinstance(value, int | float) and math.isfinite(value)
    bound = 1 << (BITS[kind] - 1)
    return isinstance(value, int) and -bound <= value < bound


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Parameter(_Model):
    name: Text
    type: Type
    value: StrictBool | StrictInt | StrictFloat | Annotated[str, Field(max_length=80)]

    @checked(mode="after")
    def _is_of_its_type(self) -> Self:
        if not fits(self.type, self.value):
            raise ValueError(f"{self.value!r} is no {self.type}")
        return self

    @property
    def told(self) -> vas.Parameter:
        value: Any = float(self.value) if self.type is Type.RATIONAL else self.value
        return vas.Parameter(name=self.name, value=vas.ParameterValue(**{FIELDS[self.type]: value}))


class _ParameterSet(_Model):
    id: Unsigned
    parameters: Annotated[tuple[_Parameter, ...], Field(min_length=1, max_length=32)]

    @property
    def told(self) -> vas.ParameterSet:
        return vas.ParameterSet(set_id=self.id, parameters=tuple(each.told for each in self.parameters))


class _Service(_Model):
    id: Unsigned
    name: Annotated[str | None, Field(min_length=1, max_length=32)] = None
    scope: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    description: str = ""
    """For people only."""
    free: bool | None = None
    parameter_sets: Annotated[tuple[_ParameterSet, ...], Field(max_length=32)] = ()

    @checked(mode="after")
    def _sets_differ(self) -> Self:
        _each_once(self.parameter_sets)
        return self

    @property
    def told(self) -> vas.OfferedService:
        return vas.OfferedService(
            service_id=self.id, service_name=self.name, service_scope=self.scope, free_service=self.free
        )


class _File(_Model):
    services: Annotated[tuple[_Service, ...], Field(max_length=128)]

    @checked(mode="after")
    def _services_differ(self) -> Self:
        _each_once(self.services)
        return self


def _each_once(found: Sequence[_Service | _ParameterSet]) -> None:
    numbers = [each.id for each in found]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise ValueError(f"id {twice[0]} occurs twice")


def read_services(data: bytes, file: str) -> Services:
    """The services in these bytes. ServicesError whatever is wrong with them."""
    root, problems = read_document(data, file)
    if root is None or problems:
        raise ServicesError(problems)
    try:
        found = _File.model_validate(plain(root))
    except ValidationError as error:
        report = Report(Source(file, root))
        for one in error.errors():
            report.error(one["loc"], one["msg"].removeprefix("Value error, "))
        raise ServicesError(report.problems) from None
    return Services(
        offered=vas.OfferedServices(services=tuple(each.told for each in found.services)),
        parameter_sets={
            each.id: tuple(variant.told for variant in each.parameter_sets) for each in found.services
        },
    )
