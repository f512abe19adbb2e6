"""Reports of the device model, whole or in parts: GetBaseReport and GetReport (OCPP B07, B08). Pure.

A report is first only the list of the variables it is about, in a fixed order; its parts are made one by one
when they are sent, with the values of that moment:

    wanted = base_report(model, ReportBase.FULL)
    for part in parts(model, wanted, limits): ...

A charge point that is replaced meanwhile asks again with the same request and goes on behind the last
variable that it sent: `parts(model, wanted, limits, after=last, seq_no=next)`.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.ocpp.device_model import variables
from actors.ocpp.device_model.component import Mutability
from actors.ocpp.device_model.names import AttributeName, Place, VariableName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from decimal import Decimal

    from actors.ocpp.device_model.characteristics import Characteristics
    from actors.ocpp.device_model.component import Monitor, Variable
    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.device_model.names import ComponentName
    from protocols.types.ocpp import AttributeEnum


class ReportBase(enum.StrEnum):
    """OCPP's ReportBaseEnumType."""

    CONFIGURATION = "ConfigurationInventory"
    """What the CSMS can set."""
    FULL = "FullInventory"
    """Everything."""
    SUMMARY = "SummaryInventory"
    """What is available, and what is wrong."""


class Criterion(enum.StrEnum):
    """OCPP's ComponentCriterionEnumType: a component counts when its variable of that name is true."""

    ACTIVE = "Active"
    AVAILABLE = "Available"
    ENABLED = "Enabled"
    PROBLEM = "Problem"


class Status(enum.StrEnum):
    """What the request for a report is answered: OCPP's GenericDeviceModelStatusEnumType."""

    ACCEPTED = "Accepted"
    NOT_SUPPORTED = "NotSupported"
    EMPTY_RESULT_SET = "EmptyResultSet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One entry of componentVariable. What it leaves out matches everything: instance, EVSE, connector,
    variable.
    """

    component: ComponentName
    variable: VariableName | None = None

    def matches(self, place: Place) -> bool:
        """Whether a variable is asked for."""
        mine, theirs = self.component, place.component
        return (
            mine.key[2] == theirs.key[2]
            and (mine.instance is None or mine.key[3] == theirs.key[3])
            and (mine.evse_id is None or mine.evse_id == theirs.evse_id)
            and (mine.connector_id is None or mine.connector_id == theirs.connector_id)
            and self._matches_variable(place.variable)
        )

    def _matches_variable(self, variable: VariableName) -> bool:
        if self.variable is None:
            return True
        same = self.variable.key[0] == variable.key[0]
        return same and (self.variable.instance is None or self.variable == variable)


class Selection(NamedTuple):
    """How to answer the request for a report, and what it is about, in order."""

    status: Status
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAttribute:
    """One attribute in a report. A value that may not be read, or that there is not, is None."""

    type: AttributeEnum
    value: str | None
    mutability: Mutability
    persistent: bool
    constant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One variable in a report."""

    place: Place
    attributes: tuple[ReportedAttribute, ...]
    characteristics: Characteristics


class Limits(NamedTuple):
    """What one message may hold."""

    items: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What goes into one NotifyReport."""

    seq_no: int
    rows: tuple[Row, ...]
    tbc: bool
    """More parts follow. The last one may be empty, when what it was about has gone meanwhile."""


class NumberedMonitor(NamedTuple):
    """A monitor with the number by which OCPP knows it."""

    id: int
    place: Place
    monitor: Monitor


ENVELOPE_BYTES: Final = 256
"""What a message has around its rows, at most."""
STATE: Final = VariableName("AvailabilityState")
TROUBLES: Final = tuple(VariableName(name) for name in ("Problem", "Tripped", "Overload", "Fallback"))
"""What a component has that is in a state it should not be in."""


def base_report(model: DeviceModel, base: ReportBase) -> Selection:
    """The variables of one of the three reports that every station has."""
    return _selection([place for place in _all(model) if _BASES[base](model, place)])


def custom_report(
    model: DeviceModel, criteria: Collection[Criterion] = (), filters: Sequence[Filter] = ()
) -> Selection:
    """The variables of the components that meet one of the criteria, as far as a filter matches them.

    No criteria, or no filters, leave out nothing. Criteria that this station does not judge by (InternalCtrlr
    SupportedCriteria) are not supported.
    """
    supported = model.read(variables.SUPPORTED_CRITERIA)
    if any(each not in supported for each in criteria):
        return Selection(Status.NOT_SUPPORTED, ())
    return _selection(
        [
            place
            for place in _all(model)
            if (not criteria or any(_meets(model, place.component, each) for each in criteria))
            and (not filters or any(each.matches(place) for each in filters))
        ]
    )


def parts(
    model: DeviceModel,
    places: Sequence[Place],
    limits: Limits,
    *,
    after: Place | None = None,
    seq_no: int = 0,
) -> Iterator[Part]:
    """The parts of a report, each made when it is asked for.

    `after` is the last variable of the part before. A variable that takes more room than a message has is
    sent alone. What has gone with its component meanwhile is left out; a report always has a last part.
    """
    left = [place for place in places if after is None or place > after]
    while True:
        rows, left = _take(model, left, limits)
        yield Part(seq_no=seq_no, rows=rows, tbc=bool(left))
        if not left:
            return
        seq_no += 1


def monitors(model: DeviceModel) -> Iterator[NumberedMonitor]:
    """The monitors that files set up, numbered from 1 in the order of a report.

    They are kept and reported; nobody evaluates them yet (row M11.13).
    """
    numbers = count(1)
    for place in _all(model):
        for monitor in model.components[place.component].variables[place.variable].monitors:
            yield NumberedMonitor(next(numbers), place, monitor)


def wire(row: Row) -> dict[str, Any]:
    """A row as the JSON of OCPP 2.1's ReportDataType."""
    component, variable = row.place
    evse = {"id": component.evse_id, "connectorId": component.connector_id}
    return _filled(
        component=_filled(
            name=component.name,
            instance=component.instance,
            evse=_filled(**evse) if component.evse_id else None,
        ),
        variable=_filled(name=variable.name, instance=variable.instance),
        variableAttribute=[
            _filled(
                type=str(one.type),
                value=one.value,
                mutability=str(one.mutability),
                persistent=one.persistent,
                constant=one.constant,
            )
            for one in row.attributes
        ],
        variableCharacteristics=_filled(
            dataType=str(row.characteristics.data_type),
            supportsMonitoring=row.characteristics.supports_monitoring,
            unit=row.characteristics.unit,
            minLimit=_number(row.characteristics.min_limit),
            maxLimit=_number(row.characteristics.max_limit),
            maxElements=row.characteristics.max_elements,
            valuesList=row.characteristics.values_list,
        ),
    )


def row_of(model: DeviceModel, place: Place) -> Row | None:
    """A variable as it is now; None when it is there no more."""
    component = model.components.get(place.component)
    variable = None if component is None else component.variables.get(place.variable)
    if variable is None:
        return None
    return Row(
        place=place,
        attributes=tuple(_attribute(model, place, variable, kind) for kind in variable.attributes),
        characteristics=variable.characteristics,
    )


def _attribute(
    model: DeviceModel, place: Place, variable: Variable, kind: AttributeEnum
) -> ReportedAttribute:
    declared = variable.attributes[kind]
    hidden = declared.mutability is Mutability.WRITE_ONLY
    return ReportedAttribute(
        type=kind,
        value=None if hidden else model.shown(AttributeName(*place, kind)),
        mutability=declared.mutability,
        persistent=declared.persistent,
        constant=declared.constant,
    )


def _take(model: DeviceModel, places: list[Place], limits: Limits) -> tuple[tuple[Row, ...], list[Place]]:
    rows: list[Row] = []
    room = limits.bytes - ENVELOPE_BYTES
    for index, place in enumerate(places):
        row = row_of(model, place)
        if row is None:
            continue
        room -= len(json.dumps(wire(row), ensure_ascii=False).encode())
        if rows and (room < 0 or len(rows) >= limits.items):
            return tuple(rows), places[index:]
        rows.append(row)
    return tuple(rows), []


def _all(model: DeviceModel) -> Iterator[Place]:
    for name in sorted(model.components):
        for variable in sorted(model.components[name].variables):
            yield Place(name, variable)


def _selection(places: list[Place]) -> Selection:
    return Selection(Status.ACCEPTED if places else Status.EMPTY_RESULT_SET, tuple(places))


def _is_configuration(model: DeviceModel, place: Place) -> bool:
    declared = model.components[place.component].variables[place.variable].attributes.values()
    return any(one.mutability is not Mutability.READ_ONLY and not one.constant for one in declared)


def _is_summary(model: DeviceModel, place: Place) -> bool:
    if place.variable == STATE:
        return True
    troubled = [each for each in TROUBLES if _is_true(model, place.component, each)]
    return bool(troubled) and (place.variable in troubled or place.variable.key == ("active", ""))


_BASES: Final = {
    ReportBase.CONFIGURATION: _is_configuration,
    ReportBase.FULL: lambda _model, _place: True,
    ReportBase.SUMMARY: _is_summary,
}


def _meets(model: DeviceModel, component: ComponentName, criterion: Criterion) -> bool:
    """A component without the variable is taken to be active, available and enabled, but not in trouble."""
    variable = VariableName(criterion)
    if variable not in model.components[component].variables:
        return criterion is not Criterion.PROBLEM
    return _is_true(model, component, variable)


def _is_true(model: DeviceModel, component: ComponentName, variable: VariableName) -> bool:
    return model.value(AttributeName(component, variable)) == "true"


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _filled(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
