"""Methods by which a program from outside fills a role of the site: register, take commands, publish, err."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import Field

from actors.catalog import external
from actors.gateway.method import All, Ask, Done, Method, Scene, Scope, Steps, form, good, no_such
from actors.gateway.role_messages import (
    ClearForRole,
    GetRole,
    GetRoleReply,
    PublishForRole,
    RaiseForRole,
    RegisterRole,
    RoleReady,
)
from actors.gateway.rpc import Code, RpcError
from protocols.message import Failure, FailureReason, Json
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.message import Command, Reply

P = TypeVar("P")
Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=1000)]


@form
class RoleEntry:
    """One role of the site."""

    role: str
    """The id of its module in the site file."""
    provides: dict[str, str]
    """Interface by implementation."""
    evse: int | None
    registered: bool
    """Whether a program fills it."""
    ready: bool
    """Whether that program takes commands."""


@form
class ListRoles:
    """The roles of the site that are filled by programs from outside, and which of them are."""


@form
class RegisterParams:
    """Fill a role until the connection ends. Commands come, as requests `role.invoke`, after `role.ready`."""

    role: Name
    """The id of its module in the site file."""


@form
class Registered:
    """What there is to provide."""

    role: str
    provides: dict[str, str]
    """Interface by implementation."""
    evse: int | None


@form
class ReadyParams:
    """Take commands from now on."""

    role: Name


@form
class PublishParams:
    """Publish a variable of the role."""

    role: Name
    variable: Name
    """Its name in the interface."""
    value: dict[str, Json]
    """Its fields, by EVerest's names."""
    implementation: Name | None = None
    """Without it: the first that the role provides."""
    retain: bool = False
    """Whether those who subscribe later are told as well."""


@form
class RaiseParams:
    """Raise an error of the role; one that stands already is no matter."""

    role: Name
    type: Name
    """EVerest's, with its list: `generic/CommunicationFault`."""
    sub_type: Name = ""
    message: Text = ""
    severity: Severity = Severity.LOW
    implementation: Name | None = None
    """As above."""


@form
class ClearParams:
    """Clear an error of the role; one that does not stand is no matter."""

    role: Name
    type: Name
    sub_type: Name = ""
    implementation: Name | None = None
    """As above."""


def _roles(scene: Scene) -> dict[str, str]:
    """By the role's id: a name under which its actor is asked."""
    return {
        each.id: next(iter(each.provides))
        for each in scene.site.modules
        if each.kind.startswith(external.PREFIX)
    }


def _name(scene: Scene, role: str) -> str:
    roles = _roles(scene)
    if role not in roles:
        raise no_such("role", role, roles)
    if not scene.push:
        raise RpcError(Code.PARAMS, "a role is filled over a WebSocket: /ws")
    return roles[role]


def _implementation(scene: Scene, role: str, given: str | None) -> str:
    return given or _name(scene, role).partition("/")[2]


def _list(scene: Scene, _params: ListRoles) -> Steps[tuple[RoleEntry, ...]]:
    roles = _roles(scene)
    replies = yield All(tuple(Ask(name, GetRole()) for name in roles.values()))
    return tuple(_entry(scene, role, reply) for role, reply in zip(roles, replies, strict=True))


def _entry(scene: Scene, role: str, reply: Reply) -> RoleEntry:
    """One whose actor is being replaced is filled by nobody."""
    module, found = scene.site.module(role), reply if isinstance(reply, GetRoleReply) else None
    return RoleEntry(
        role=role,
        provides={name.partition("/")[2]: interface for name, interface in module.provides.items()},
        evse=module.evse,
        registered=found is not None and found.registered,
        ready=found is not None and found.ready,
    )


def _register(scene: Scene, params: RegisterParams) -> Steps[Registered]:
    ask = Ask(_name(scene, params.role), RegisterRole(connection=scene.caller))
    reply = yield ask
    if isinstance(reply, Failure) and reply.reason is FailureReason.CRASHED:
        reply = yield ask  # it died with the program in hand, which its successor takes
    reply = good(reply)
    return Registered(role=params.role, provides=reply.provides, evse=reply.evse)


def _saying(command: Callable[[Scene, Any], Command]) -> Callable[[Scene, Any], Steps[Done]]:
    """A method that hands on what the program says."""

    def run(scene: Scene, params: Any) -> Steps[Done]:
        name = _name(scene, params.role)
        good((yield Ask(name, command(scene, params))))
        return Done()

    return run


def _ready(scene: Scene, _params: ReadyParams) -> RoleReady:
    return RoleReady(connection=scene.caller)


def _publish(scene: Scene, params: PublishParams) -> PublishForRole:
    return PublishForRole(
        connection=scene.caller,
        implementation=_implementation(scene, params.role, params.implementation),
        variable=params.variable,
        value=params.value,
        retain=params.retain,
    )


def _raise(scene: Scene, params: RaiseParams) -> RaiseForRole:
    return RaiseForRole(
        connection=scene.caller,
        implementation=_implementation(scene, params.role, params.implementation),
        type=params.type,
        sub_type=params.sub_type,
        text=params.message,
        severity=params.severity,
    )


def _clear(scene: Scene, params: ClearParams) -> ClearForRole:
    return ClearForRole(
        connection=scene.caller,
        implementation=_implementation(scene, params.role, params.implementation),
        type=params.type,
        sub_type=params.sub_type,
    )


def _said(name: str, params: type[P], command: Callable[[Scene, P], Command]) -> Method[P, Done]:
    return Method(name=name, params=params, result=Done, run=_saying(command), scope=Scope.INTEGRATE)


METHODS: Final = (
    Method(
        name="role.list",
        params=ListRoles,
        result=tuple[RoleEntry, ...],
        run=_list,
        scope=Scope.OBSERVE,
    ),
    Method(
        name="role.register",
        params=RegisterParams,
        result=Registered,
        run=_register,
        scope=Scope.INTEGRATE,
    ),
    _said("role.ready", ReadyParams, _ready),
    _said("role.publish", PublishParams, _publish),
    _said("role.raise_error", RaiseParams, _raise),
    _said("role.clear_error", ClearParams, _clear),
)
