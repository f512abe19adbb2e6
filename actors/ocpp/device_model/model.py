"""The device model: what there is, what holds, and who may change it (rows S20.*, M11.10, M11.12).

    model = DeviceModel(load_directory(path), storage)
    require(model)                                          # raises, with everything a station must have
    for result in model.set(requests, Origin.CSMS): ...     # one by one; a bad one stops no other
    model.read(variables.HEARTBEAT_INTERVAL)                # 1800, an int
    model.put(variables.EVSE_AVAILABILITY, "Occupied", 1)   # a block says how things are

No I/O but through its storage, which is asked once at the start for everything and then for each value that
is to be kept. What changed comes back with each result, and all of it from `take_changes`, for the monitors
and for `monitor_variables`; monitors that files declare stand in `components`, and who evaluates them (row
M11.13) looks there and listens to the changes.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from actors.ocpp.device_model import setting, variables
from actors.ocpp.device_model.characteristics import EMPTY_IS_NO_VALUE, Reason, Refusal
from actors.ocpp.device_model.component import Mutability, Source
from actors.ocpp.device_model.component_file import MAX_VALUE
from actors.ocpp.device_model.discretion import discreet
from actors.ocpp.device_model.merge import merge
from actors.ocpp.device_model.names import AttributeName, Place
from actors.ocpp.device_model.requests import Change, GetResult, Origin, SetRequest, SetResult
from actors.ocpp.device_model.storage import Kept, StoredValue, ValueSource
from protocols.types.ocpp import AttributeEnum, GetVariableStatusEnumType, SetVariableStatusEnumType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from actors.ocpp.device_model.component import Component
    from actors.ocpp.device_model.names import ComponentName
    from actors.ocpp.device_model.requests import GetRequest
    from actors.ocpp.device_model.steering import Steering
    from actors.ocpp.device_model.storage import Storage

T = TypeVar("T")


class DeviceModel:
    """Components and their values."""

    def __init__(self, components: Iterable[Component], storage: Storage) -> None:
        """Lay what the storage holds over what the components declare; `forgotten` says what had to go."""
        self._components = {component.name: component for component in components}
        self._storage = storage
        merged = merge(self._components.values(), storage.load())
        self.forgotten = merged.forgotten
        storage.forget([one.name for one in merged.forgotten])
        self._values = dict(merged.values)
        self._passing: set[ComponentName] = set()
        self._guards: dict[Place, tuple[Callable[[str], Refusal | None], ...]] = {}
        self._changes: list[Change] = []

    def take_changes(self) -> tuple[Change, ...]:
        """What has become another value since this was asked last, whoever changed it, in order."""
        changes, self._changes = tuple(self._changes), []
        return changes

    @property
    def components(self) -> Mapping[ComponentName, Component]:
        """Everything that is declared, also at run time."""
        return MappingProxyType(self._components)

    @property
    def guards(self) -> Mapping[Place, tuple[Callable[[str], Refusal | None], ...]]:
        """The logical checks of our blocks."""
        return self._guards

    def guard(self, place: Place, check: Callable[[str], Refusal | None]) -> None:
        """Let a block judge every value that somebody outside wants a variable to have.

        `check` is given the text of a value that the characteristics allow, and changes nothing.
        """
        self._guards[place] = (*self._guards.get(place, ()), check)

    def add(self, component: Component) -> tuple[Change, ...]:
        """Take in a component that has come while the station runs; its values go when it does.

        Raises ValueError when it is there already.
        """
        if component.name in self._components:
            raise ValueError(f"{component.name} is there already")
        self._components[component.name] = component
        self._passing.add(component.name)
        added = merge((component,), {}).values
        self._values |= added
        changes = tuple(
            Change(name=name, old=None, new=stored.value, origin=Origin.INTERNAL)
            for name, stored in added.items()
        )
        self._changes.extend(changes)
        return changes

    def remove(self, name: ComponentName) -> None:
        """Let go of a component that `add` took in. Raises ValueError when it did not."""
        if name not in self._passing:
            raise ValueError(f"{name} did not come at run time")
        self._passing.discard(name)
        del self._components[name]
        self._values = {each: value for each, value in self._values.items() if each.component != name}

    def value(self, name: AttributeName) -> str | None:
        """The text of a value, whoever may read it; None when there is none."""
        stored = self._values.get(name)
        return None if stored is None else stored.value

    def value_source(self, name: AttributeName) -> ValueSource | None:
        """Who set a value last; None when there is none."""
        stored = self._values.get(name)
        return None if stored is None else stored.source

    def find(
        self, variable: Steering[T], evse_id: int | None = None, connector_id: int | None = None
    ) -> T | None:
        """What one of our variables says, or its default; None when there is neither."""
        value = self.value(AttributeName(*variable.at(evse_id, connector_id)))
        return variable.default if value is None else variable.parse(value)

    def read(self, variable: Steering[T], evse_id: int | None = None, connector_id: int | None = None) -> T:
        """As `find`, for a variable that is required or has a default. Raises LookupError for another one."""
        value = self.find(variable, evse_id, connector_id)
        if value is None:
            raise LookupError(f"{variable} has no value and no default")
        return value

    def put(
        self, variable: Steering[T], value: T, evse_id: int | None = None, connector_id: int | None = None
    ) -> SetResult:
        """Say how things are. A station whose files do not declare the variable goes on without it."""
        component, name = variable.at(evse_id, connector_id)
        request = SetRequest(component=component, variable=name, value=variable.write(value))
        return self.set_one(request, Origin.INTERNAL)

    def set(self, requests: Iterable[SetRequest], origin: Origin) -> tuple[SetResult, ...]:
        """Carry out what can be carried out, one by one and in order (row S20.19)."""
        return tuple(self.set_one(request, origin) for request in requests)

    def preview(self, request: SetRequest, origin: Origin) -> SetResult | None:
        """How a request would be refused; None when nothing but its storage could still refuse it."""
        found = setting.judge(self, request, origin)
        return _result(request, *found) if isinstance(found, setting.Verdict) else None

    def set_one(self, request: SetRequest, origin: Origin) -> SetResult:
        """Set one value, durably unless it is declared not to be. Raises only as its storage does."""
        found = setting.judge(self, request, origin)
        if isinstance(found, setting.Verdict):
            return _result(request, *found)
        old = self._values.get(found.name)
        new = StoredValue(request.value, ValueSource(origin))
        if old == new:
            return _result(request, SetVariableStatusEnumType.ACCEPTED)
        kept = self._storage.write(found.name, new) if self._is_kept(found) else Kept.NOW
        if isinstance(kept, Refusal):
            return _result(request, SetVariableStatusEnumType.REJECTED, *kept)
        self._values[found.name] = new
        if old is not None and old.value == new.value:
            return _result(request, SetVariableStatusEnumType.ACCEPTED)
        change = Change(name=found.name, old=old.value if old else None, new=new.value, origin=origin)
        self._changes.append(change)
        later = kept is Kept.AFTER_RESTART or _waits_for_restart(found)
        waits = later and origin is not Origin.INTERNAL
        status = SetVariableStatusEnumType.REBOOT_REQUIRED if waits else SetVariableStatusEnumType.ACCEPTED
        return _result(request, status, change=change)

    def forget(self, name: AttributeName) -> Change | None:
        """What was set of a value holds no longer: the files decide it again. None: they say the same.

        Raises LookupError, and changes nothing, where the files give it no value.
        """
        component = self._components[name.component]
        held = self._storage.load().get(name)
        self._storage.forget([name])
        left = {each: value for each, value in self._storage.load().items() if each == name}
        fresh = merge((component,), left).values.get(name)
        if fresh is None:
            if held is not None:
                self._storage.write(name, held)
            raise LookupError(f"the files say nothing of {name}")
        old, self._values[name] = self._values.get(name), fresh
        if old is not None and old.value == fresh.value:
            return None
        change = Change(name=name, old=old.value if old else None, new=fresh.value, origin=Origin.SITE)
        self._changes.append(change)
        return change

    def get(self, requests: Iterable[GetRequest]) -> tuple[GetResult, ...]:
        """Read values as somebody outside may, one by one and in order."""
        return tuple(self.get_one(request) for request in requests)

    def get_one(self, request: GetRequest) -> GetResult:
        """Read one value as somebody outside may."""
        status = GetVariableStatusEnumType
        component = self._components.get(request.component)
        if component is None:
            return _got(
                request, status.UNKNOWN_COMPONENT, Reason.NOT_FOUND, f"there is no {request.component}"
            )
        variable = component.variables.get(request.variable)
        if variable is None:
            return _got(request, status.UNKNOWN_VARIABLE, Reason.NOT_FOUND, f"it has no {request.variable}")
        attribute = variable.attributes.get(request.attribute)
        if attribute is None:
            info = f"it has no {request.attribute}"
            return _got(request, status.NOT_SUPPORTED_ATTRIBUTE_TYPE, Reason.UNSUPPORTED_PARAM, info)
        if attribute.mutability is Mutability.WRITE_ONLY:
            return _got(request, status.REJECTED, Reason.WRITE_ONLY, "it can be written only")
        value = self.shown(AttributeName(request.component, request.variable, request.attribute))
        if value is None and variable.characteristics.data_type in EMPTY_IS_NO_VALUE:
            return _got(request, status.REJECTED, Reason.NOT_FOUND, "it has no value yet")
        return _got(request, status.ACCEPTED, value=value or "")

    def shown(self, name: AttributeName) -> str | None:
        """A value as it may be shown to others; None when there is none."""
        value = self.value(name)
        return None if value is None else self.as_shown(name.place, value)

    def as_shown(self, place: Place, value: str) -> str:
        """A value of a variable without secrets, shortened to what the station lets a reported value be."""
        return discreet(place, value)[: min(self.size(variables.REPORTING_SIZE), MAX_VALUE)]

    def size(self, own: Steering[int]) -> int:
        """The bound on the length of values that DeviceDataCtrlr sets: its own one, or that of all values."""
        sizes = (self.find(own), self.find(variables.VALUE_SIZE), MAX_VALUE)
        return next(size for size in sizes if size is not None)

    def _is_kept(self, found: setting.Found) -> bool:
        if found.name.component in self._passing:
            return False
        return found.attribute.persistent or found.variable.source is Source.SITE


def _waits_for_restart(found: setting.Found) -> bool:
    if found.name.type is not AttributeEnum.ACTUAL:
        return found.variable.reboot_required
    key = (found.component.name.name.casefold(), found.variable.name)
    return found.variable.reboot_required or key in variables.AFTER_RESTART


def _result(
    request: SetRequest,
    status: SetVariableStatusEnumType,
    reason: Reason | None = None,
    info: str = "",
    change: Change | None = None,
) -> SetResult:
    return SetResult(
        component=request.component,
        variable=request.variable,
        attribute=request.attribute,
        status=status,
        reason=reason,
        info=info,
        change=change,
    )


def _got(
    request: GetRequest,
    status: GetVariableStatusEnumType,
    reason: Reason | None = None,
    info: str = "",
    value: str | None = None,
) -> GetResult:
    return GetResult(
        component=request.component,
        variable=request.variable,
        attribute=request.attribute,
        status=status,
        value=value,
        reason=reason,
        info=info,
    )
