"""Actor of a role that an external program fills: commands go to the program, what it says is published."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from actors.engine.base import handles
from actors.errors.raising import Raising
from actors.gateway import messages
from actors.gateway.role import Role, RoleError
from actors.gateway.role_messages import (
    ClearForRole,
    GetRole,
    GetRoleReply,
    PublishForRole,
    RaiseForRole,
    RegisterRole,
    RegisterRoleReply,
    RoleReady,
)
from actors.module_actor import ModuleActor
from protocols import errors, interfaces
from protocols.message import Failure, FailureReason, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.engine.base import Deferred
    from protocols.errors import ErrorType
    from protocols.message import Command

INVOKE: Final = "role.invoke"
FAULT: Final = errors.Generic.COMMUNICATION_FAULT.value
SPARE_S: Final = 1.0
"""The Gateway says first that a program is late."""


class RoleActor(ModuleActor):
    """Child of the site or of an EVSE, one for each module that is an external program.

    It ends when its program goes, or hangs: then it is replaced as any actor that has died. Its successor
    waits for a program to register; until one is ready commands fail as Unavailable, and CommunicationFault
    stands wherever the interface declares it. Nothing is durable: what a program must not forget it keeps.
    """

    def __init__(self) -> None:
        super().__init__()
        self._role = Role({})
        self._raising: dict[str, Raising] = {}

    def on_start(self) -> None:
        """Listen to the Gateway, and say that nobody is here yet."""
        known, provides = interfaces.load_all(), self.config["provides"]
        self._role = Role({implementation: known[name] for implementation, name in provides.items()})
        for implementation, name in provides.items():
            lists: tuple[type[ErrorType], ...] = known[name].module.ERRORS
            self._raising[implementation] = Raising(self, f"{self.module_id}/{implementation}", lists)
            if errors.Generic in lists:
                self._raising[implementation].raise_error(FAULT, "no program fills this role")
            self._raising[implementation].publish()
        gateway = str(self.config["gateway"])
        self.subscribe(gateway, messages.GatewayLife, lambda news: self._role.gateway_lives(news.life))
        self.subscribe(gateway, messages.ConnectionGone, lambda news: self._role.gone(news.connection))

    # -- what the site asks --------------------------------------------------------------------------------

    def unsupported(self, command: Command) -> Reply | Deferred:
        """A command of one of the interfaces: for the program, if there is one."""
        assert self.context is not None
        implementation = self.context.about.partition("/")[2]
        if not self._role.ready or self._role.connection is None:
            return Failure(reason=FailureReason.UNAVAILABLE, detail=f"no program fills {self.module_id}")
        try:
            asked = self._role.invocation(implementation, command)
        except RoleError as error:
            return Failure(reason=FailureReason.UNSUPPORTED, detail=str(error))
        deferred, within_s = self.defer(), float(self.parameters["command_timeout"])
        invoke = messages.Invoke(
            connection=self._role.connection, method=INVOKE, params=asked, deadline_s=within_s
        )
        then = partial(self._told, command, deferred)
        self.ask(str(self.config["gateway"]), invoke, then, deadline_s=within_s + SPARE_S)
        return deferred

    def _told(self, command: Command, deferred: Deferred, reply: Reply) -> None:
        late = isinstance(reply, Failure) and reply.reason is FailureReason.TIMEOUT
        if isinstance(reply, messages.InvokeReply):
            try:
                reply = self._role.reply(command, reply.result)
            except RoleError as error:
                self.log.error("program_answered_badly", problem=str(error))
                reply = Failure(reason=FailureReason.INVALID, detail=f"the program's answer: {error}")
        deferred.answer(reply)
        self._role.answered(late=late)

    # -- what the program says -----------------------------------------------------------------------------

    @handles(RegisterRole)
    def handle_register_role(self, command: RegisterRole) -> RegisterRoleReply | Failure:
        """Take a program; the role is empty, or it is the same one again."""
        try:
            self._role.register(command.connection)
        except RoleError as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        self.log.info("program_registered")
        return RegisterRoleReply(provides=self._role.provides, evse=self.evse)

    @handles(RoleReady)
    def handle_role_ready(self, command: RoleReady) -> Reply:
        """Commands go to the program from now on."""
        return self._carry_out(lambda: self._role.begin(command.connection), self._begun)

    def _begun(self) -> None:
        self.log.info("program_ready")
        for raising in self._raising.values():
            raising.clear_error(FAULT)

    @handles(PublishForRole)
    def handle_publish_for_role(self, command: PublishForRole) -> Reply:
        """Publish it, if the interface has it."""
        try:
            variable = self._role.variable(
                command.connection, command.implementation, command.variable, command.value
            )
        except RoleError as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        self.publish(variable, f"{self.module_id}/{command.implementation}", retain=command.retain)
        return Reply()

    @handles(RaiseForRole)
    def handle_raise_for_role(self, command: RaiseForRole) -> Reply:
        """Raise it, if the interface declares it."""
        return self._carry_out(
            lambda: self._role.error(command.connection, command.implementation, command.type),
            lambda: self._raising[command.implementation].raise_error(
                command.type, command.text, sub_type=command.sub_type, severity=command.severity
            ),
        )

    @handles(ClearForRole)
    def handle_clear_for_role(self, command: ClearForRole) -> Reply:
        """Clear it."""
        return self._carry_out(
            lambda: self._role.error(command.connection, command.implementation, command.type),
            lambda: self._raising[command.implementation].clear_error(command.type, command.sub_type),
        )

    @handles(GetRole)
    def handle_get_role(self, _command: GetRole) -> GetRoleReply:
        """Say who is here."""
        role = self._role
        return GetRoleReply(
            provides=role.provides, registered=role.connection is not None, ready=role.ready, evse=self.evse
        )

    @staticmethod
    def _carry_out(check: Callable[[], None], action: Callable[[], object]) -> Reply:
        try:
            check()
        except RoleError as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        action()
        return Reply()
