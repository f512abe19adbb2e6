"""A role that an external program fills: which one does, and what it may say and is told. Pure.

Source: issue 8, Gateway, integration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.config.problems import nearest
from actors.gateway import messages
from actors.gateway.rpc import Code
from protocols import codec
from protocols.interface import everest_name
from protocols.message import Failure, FailureReason, Json
from protocols.plain import first_unfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.gateway.rpc import Answer, RpcError
    from protocols.interface import Interface
    from protocols.message import Command, Reply, Var

REASONS: Final = frozenset(FailureReason)
TOO_LATE: Final = 3
"""A program that lets so many commands in a row go unanswered hangs."""
MAX_ERRORS: Final = 100
"""Of one implementation, standing at a time."""
MAX_DETAIL: Final = 500
"""Characters of what is told of an answer that is none."""
INVOKE: Final = "role.invoke"
LOST: Final = "role.lost"
"""What the Gateway asks programs: to carry out a command; to know that a role is theirs no more."""
SILENT: Final = "CommunicationFault"
"""The short name of the error that says that nobody fills a role."""


class RoleError(ValueError):
    """What a program wants cannot be; the text says what could."""


class ProgramLostError(Exception):
    """The program that filled a role has gone, or hangs: the role's actor ends, and is replaced."""


def reason_of(error: RpcError) -> FailureReason:
    """Why a command failed, of a program's error as `rpc.read` gives it: by `data.reason`, or the code."""
    data = error.data or {}
    said = more.get("reason") if isinstance(more := data.get("data"), dict) else None
    if isinstance(said, str) and said in REASONS:
        return FailureReason(said)
    return FailureReason.UNSUPPORTED if data.get("code") == Code.METHOD else FailureReason.INVALID


def lost_of(error: RpcError) -> FailureReason | None:
    """Why there is no answer of a program, if the Gateway itself has said so; None: it is the program's."""
    data = error.data or {}
    return None if "code" in data else FailureReason(data["reason"])


def told(answer: Answer) -> messages.InvokeReply | Failure:
    """What a program has answered; nothing that it says raises."""
    if (error := answer.error) is not None:
        if (lost := lost_of(error)) is not None:
            return Failure(reason=lost, detail=error.message)
        return messages.InvokeReply(refused=reason_of(error), detail=error.message)
    try:
        return codec.from_plain(messages.InvokeReply, {"result": answer.result})
    except codec.DecodeError as problem:
        return messages.InvokeReply(refused=FailureReason.INVALID, detail=f"the program's answer: {problem}")


def silence_of(interface: Interface) -> str | None:
    """The error that stands while nobody fills a role with this interface, if it declares one."""
    return next((error.value for error in interface.errors if error.short_name == SILENT), None)


class Role:
    """The state of one role: the id of its module, and its interfaces by implementation."""

    def __init__(self, module_id: str, provides: Mapping[str, Interface]) -> None:
        self._module_id, self._provides = module_id, provides
        self._connection: int | None = None
        self._ready = False
        self._late = 0
        self._life: str | None = None

    @property
    def connection(self) -> int | None:
        """That of the program which fills it."""
        return self._connection

    @property
    def known(self) -> bool:
        """Whether the Gateway has been heard: from then on it tells when a connection ends."""
        return self._life is not None

    @property
    def ready(self) -> bool:
        """Whether a program takes commands."""
        return self._ready

    @property
    def provides(self) -> dict[str, str]:
        """EVerest's names of the interfaces, by implementation."""
        return {implementation: interface.name for implementation, interface in self._provides.items()}

    # -- who fills it --------------------------------------------------------------------------------------

    def register(self, connection: int) -> None:
        """A program takes the role. Raises RoleError where another has it; its own may do so again."""
        if self._connection not in {None, connection}:
            raise RoleError("another program fills this role")
        self._connection, self._ready = connection, False

    def release(self, connection: int) -> None:
        """The program is not there after all."""
        if self._connection == connection:
            self._connection, self._ready = None, False

    def begin(self, connection: int) -> None:
        """The program takes commands from now on. Raises RoleError."""
        self.check(connection)
        self._ready = True

    def check(self, connection: int) -> None:
        """Raises RoleError where the program behind this connection does not fill the role."""
        if self._connection != connection:
            raise RoleError("this connection does not fill the role: role.register")

    def gone(self, connection: int) -> None:
        """A connection has ended. Raises ProgramLostError where it was the program's."""
        if connection == self._connection:
            raise ProgramLostError("the program that filled this role has gone")

    def gateway_lives(self, life: str) -> bool:
        """A Gateway is there; gives whether another one. Raises ProgramLostError where a program is lost."""
        before, self._life = self._life, life
        if before not in {None, life} and self._connection is not None:
            raise ProgramLostError("the Gateway was replaced, and every connection with it")
        return before != life

    # -- commands ------------------------------------------------------------------------------------------

    def invocation(self, implementation: str, command: Command) -> dict[str, Any]:
        """What the program is asked: the parameters of `role.invoke`. Raises RoleError."""
        interface = self._interface(implementation)
        name = everest_name(type(command))
        if interface.commands.get(name) is not type(command):
            raise RoleError(_unknown(f"command of {interface.name}", name, interface.commands))
        asked = {
            "role": self._module_id,
            "implementation": implementation,
            "interface": interface.name,
            "command": name,
            "arguments": codec.to_plain(command),
        }
        if (unfit := first_unfit(asked, ("params",))) is not None:  # it may be nested as deep as can be
            raise RoleError(f"{name} cannot be handed on: {unfit.problem}")
        return asked

    @staticmethod
    def reply(command: Command, result: Json) -> Reply:
        """What the program has answered: the fields of the reply; None: it has none. Raises RoleError."""
        fields = {} if result is None else result
        if not isinstance(fields, dict):
            raise RoleError("result: an object is wanted, of the fields of the reply")
        try:
            return codec.from_plain(command.answer, fields)
        except codec.DecodeError as error:
            raise RoleError(f"result: {error}"[:MAX_DETAIL]) from None

    def answered(self, *, late: bool) -> None:
        """A command was answered, or was not in time. Raises ProgramLostError for a program that hangs."""
        self._late = self._late + 1 if late else 0
        if self._late >= TOO_LATE:
            raise ProgramLostError(f"the program did not answer {TOO_LATE} commands in a row")

    # -- what the program says -----------------------------------------------------------------------------

    def variable(self, connection: int, implementation: str, name: str, value: Mapping[str, Any]) -> Var:
        """The variable that the program publishes. Raises RoleError."""
        self.check(connection)
        interface = self._interface(implementation)
        kind = interface.variables.get(name)
        if kind is None:
            raise RoleError(_unknown(f"variable of {interface.name}", name, interface.variables))
        try:
            return codec.from_plain(kind, value)
        except codec.DecodeError as error:
            raise RoleError(f"value: {error}"[:MAX_DETAIL]) from None

    def error(self, connection: int, implementation: str, kind: str) -> None:
        """Raises RoleError where the program may not raise such an error."""
        self.check(connection)
        errors = [error.value for error in self._interface(implementation).errors]
        if kind not in errors:
            raise RoleError(_unknown("error of this interface", kind, errors))

    def _interface(self, implementation: str) -> Interface:
        found = self._provides.get(implementation)
        if found is None:
            raise RoleError(_unknown("implementation of this role", implementation, self._provides))
        return found


def _unknown(what: str, given: str, known: Iterable[str]) -> str:
    names = list(known)
    near = nearest(given, names)
    return f"there is no {what} {given!r}; " + (
        f"did you mean {near!r}?" if near else f"there are {', '.join(names) or 'none'}"
    )
