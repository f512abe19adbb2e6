"""Methods that ask actors for what their interfaces offer, and that say who there is."""

from __future__ import annotations

import enum
import functools
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from actors.engine.messages import GetTree
from actors.gateway.method import (
    SITE,
    Ask,
    Kill,
    Method,
    Nothing,
    Scene,
    Scope,
    Steps,
    form,
    good,
    no_such,
)
from actors.gateway.metrics import nodes
from actors.gateway.rpc import Code, RpcError
from protocols import codec, interfaces
from protocols.message import Json  # noqa: TC001  # pydantic reads the annotations

if TYPE_CHECKING:
    from protocols.message import Command

MAX_DEADLINE_S: Final = 300.0


@form
class ActorCall:
    """Ask an actor for something that its interface offers; the result is its reply."""

    name: str
    """Whom, as in the site file: `evse_1/evse`."""
    command: str
    """`evse_manager.reserve`, or `reserve` alone."""
    arguments: dict[str, Json] = field(default_factory=dict)
    """By EVerest's names."""
    deadline_s: Annotated[float, Field(gt=0, le=MAX_DEADLINE_S)] = 5.0


def _command(interface: str, written: str) -> type[Command]:
    """The command of an interface that is meant. Raises RpcError."""
    known = interfaces.load_all().get(interface)
    commands = {} if known is None else known.commands
    said = written.removeprefix(f"{interface}.")
    found = commands.get(said)
    if found is None:
        raise no_such(f"command of {interface}", said, commands)
    return found


def _call(scene: Scene, params: ActorCall) -> Steps[dict[str, Any]]:
    kind = _command(scene.site.interface_of(params.name), params.command)
    try:
        command = codec.from_plain(kind, params.arguments)
    except codec.DecodeError as error:
        data = {"field": f"arguments.{error.field}".rstrip("."), "tag": error.tag}
        raise RpcError(Code.PARAMS, f"{error.field or 'arguments'}: {error.problem}", data) from None
    reply = good((yield Ask(params.name, command, params.deadline_s)))
    return codec.to_plain(reply)


@form
class NameEntry:
    """One name of the site."""

    name: str
    interface: str
    module: str
    kind: str
    evse: int | None
    commands: tuple[str, ...]
    variables: tuple[str, ...]


def _names(scene: Scene, _params: Nothing) -> Steps[tuple[NameEntry, ...]]:
    known = interfaces.load_all()
    yield from ()
    return tuple(
        NameEntry(
            name=name,
            interface=offered,
            module=module.id,
            kind=module.kind,
            evse=module.evse,
            commands=tuple(known[offered].commands) if offered in known else (),
            variables=tuple(known[offered].variables) if offered in known else (),
        )
        for module in scene.site.modules
        for name, offered in module.provides.items()
    )


@form
class GetInterface:
    """What is said over an interface: the JSON Schema of every command and variable, by EVerest's names."""

    interface: str
    """As `names.list` has it: `powermeter`."""


@form
class CommandForm:
    """One command; its arguments and its result are objects."""

    arguments: dict[str, Any]
    """A JSON Schema: `arguments` of `actor.call` and `role.invoke`."""
    result: dict[str, Any]
    """A JSON Schema: the reply."""


@form
class InterfaceForm:
    """One interface."""

    interface: str
    commands: dict[str, CommandForm]
    variables: dict[str, dict[str, Any]]
    """A JSON Schema each: `value` of `role.publish` and of the topic `variables`."""
    errors: tuple[str, ...]
    """What its providers may raise."""


def _interface(_scene: Scene, params: GetInterface) -> Steps[InterfaceForm]:
    known = interfaces.load_all()
    yield from ()
    if params.interface not in known:
        raise no_such("interface", params.interface, known)
    return _described(params.interface)


@functools.cache
def _described(interface: str) -> InterfaceForm:
    known = interfaces.load_all()[interface]
    return InterfaceForm(
        interface=interface,
        commands={
            name: CommandForm(arguments=codec.schema(each), result=codec.schema(each.answer))
            for name, each in known.commands.items()
        },
        variables={name: codec.schema(each) for name, each in known.variables.items()},
        errors=tuple(error.value for error in known.errors),
    )


class SignalName(enum.StrEnum):
    """What a process can be made to do."""

    KILL = "KILL"
    """Die at once."""
    STOP = "STOP"
    """Hang."""
    CONT = "CONT"
    """Go on after STOP."""


NUMBERS: Final = {SignalName.KILL: 9, SignalName.STOP: 19, SignalName.CONT: 18}
"""As Linux counts them."""


@form
class ActorKill:
    """Kill an actor, or let it hang: its supervisor is to replace it. For sites that are simulated at least
    in part, or that were started with --faults.
    """

    path: str
    """Its place in the tree: `site/evse_1/v2g_1.session`."""
    signal: SignalName = SignalName.KILL


@form
class Killed:
    """Who was meant."""

    path: str
    kind: str
    pid: int


def _kill(scene: Scene, params: ActorKill) -> Steps[Killed]:
    if not (scene.site.simulated or scene.faults):
        raise RpcError(Code.NOT_ALLOWED, "this site is real and was not started with --faults")
    reply = good((yield Ask(SITE, GetTree())))
    actors = dict(nodes(reply.node))
    found = actors.get(params.path)
    if found is None:
        raise no_such("actor", params.path, actors)
    if found is reply.node:
        raise RpcError(Code.NOT_ALLOWED, "the whole site would end with its root")
    if found.pid is None:
        raise RpcError(Code.NO_SUCH, f"it does not run: {found.state}")
    if found.host != reply.node.host:  # here that number is somebody else's
        raise RpcError(Code.NOT_ALLOWED, f"it runs on another host: {found.host}")
    yield Kill(found.pid, NUMBERS[params.signal])
    return Killed(path=params.path, kind=found.kind, pid=found.pid)


METHODS: Final = (
    Method(name="actor.call", params=ActorCall, result=dict[str, Any], run=_call, scope=Scope.CONTROL),
    Method(name="actor.kill", params=ActorKill, result=Killed, run=_kill, scope=Scope.SIMULATE),
    Method(
        name="interface.get",
        params=GetInterface,
        result=InterfaceForm,
        run=_interface,
        scope=Scope.OBSERVE,
    ),
    Method(
        name="names.list",
        params=Nothing,
        result=tuple[NameEntry, ...],
        run=_names,
        scope=Scope.OBSERVE,
        doc="Every name of the site with its interface, and what may be asked of it and heard from it.",
    ),
)
