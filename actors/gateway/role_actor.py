"""Actor of a role that an external program fills: commands go to the program, what it says is published."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from actors.engine.base import handles
from actors.errors.raising import Raising
from actors.gateway import messages
from actors.gateway.role import INVOKE, MAX_ERRORS, Role, RoleError, silence_of
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
from protocols import interfaces
from protocols.message import Failure, FailureReason, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.engine.base import Deferred
    from protocols.errors import ErrorType
    from protocols.message import Command

SPARE_S: Final = 1.0
"""The Gateway says first that a program is late."""
GRACE_S: Final = 3.0
"""So long a program may take to come back before it is missed."""


class RoleActor(ModuleActor):
    """Child of the site or of an EVSE, one for each module that is an external program.

    It ends when its program goes, or hangs: then it is replaced as any actor that has died. Its successor has
    the Gateway tell a program that is still there that the role is empty, and waits for one to register.
    Until one is ready commands fail as Unavailable, and CommunicationFault stands wherever the interface
    declares it: at once when the site starts, of a successor only after GRACE_S, for a program that comes
    back by then is not missed. Nothing is durable: what a program must not forget it keeps.
    """

    def __init__(self) -> None:
        super().__init__()
        self._role = Role("", {})
        self._raising: dict[str, Raising] = {}
        self._silences: dict[str, str] = {}
        """By implementation: the error that says that no program is ready."""
        self._early: list[Callable[[], None]] = []
        """Registrations that wait for the first word of the Gateway."""

    def on_start(self) -> None:
        """Listen to the Gateway, and say that nobody is here yet."""
        known, provides = interfaces.load_all(), self.config["provides"]
        offered = {implementation: known[name] for implementation, name in provides.items()}
        self._role = Role(self.module_id, offered)
        for implementation, interface in offered.items():
            lists: tuple[type[ErrorType], ...] = interface.module.ERRORS
            self._raising[implementation] = Raising(self, f"{self.module_id}/{implementation}", lists)
            if (silence := silence_of(interface)) is not None:
                self._silences[implementation] = silence
        if self._site_ready:  # a successor: what stood stands until it is known who comes
            self.start_timer("grace", GRACE_S, self._nobody_came)
        else:
            self._nobody_came()
        self.subscribe(self._gateway, messages.GatewayLife, self._gateway_lives)
        self.subscribe(self._gateway, messages.ConnectionGone, lambda news: self._role.gone(news.connection))

    @property
    def _gateway(self) -> str:
        return str(self.config["gateway"])

    def _gateway_lives(self, news: messages.GatewayLife) -> None:
        """From here on it tells when a connection ends; whoever filled the role before is to know."""
        if self._role.gateway_lives(news.life):
            vacant = messages.RoleVacant(role=self.module_id)
            self.ask(self._gateway, vacant, lambda _reply: None, repeat=True)
        while self._early:
            self._early.pop(0)()

    def _nobody_came(self) -> None:
        self._nobody()
        for raising in self._raising.values():
            raising.publish()

    def _nobody(self) -> None:
        for implementation, silence in self._silences.items():
            self._raising[implementation].raise_error(silence, "no program fills this role")

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
        self.ask(self._gateway, invoke, then, deadline_s=within_s + SPARE_S)
        return deferred

    def _told(self, command: Command, deferred: Deferred, reply: Reply) -> None:
        late = isinstance(reply, Failure) and reply.reason is FailureReason.TIMEOUT
        deferred.answer(self._read(command, reply) if isinstance(reply, messages.InvokeReply) else reply)
        self._role.answered(late=late)

    def _read(self, command: Command, answer: messages.InvokeReply) -> Reply:
        if answer.refused is not None:
            return Failure(reason=answer.refused, detail=answer.detail)
        try:
            return self._role.reply(command, answer.result)
        except RoleError as error:
            self.log.error("program_answered_badly", problem=str(error))
            return Failure(reason=FailureReason.INVALID, detail=f"the program's answer: {error}")

    # -- what the program says -----------------------------------------------------------------------------

    @handles(RegisterRole)
    def handle_register_role(self, command: RegisterRole) -> Deferred:
        """Take a program; the role is empty, or it is the same one again."""
        deferred = self.defer()
        register = partial(self._register_program, command.connection, deferred)
        if self._role.known:
            register()
        else:
            self._early.append(register)
        return deferred

    def _register_program(self, connection: int, deferred: Deferred) -> None:
        """The Gateway has the last word: the connection may have ended while the role had no actor."""
        try:
            self._role.register(connection)
        except RoleError as error:
            deferred.answer(Failure(reason=FailureReason.INVALID, detail=str(error)))
            return
        if not self.timers.running("grace"):
            self._nobody()
        hold = messages.HoldRole(role=self.module_id, connection=connection)
        self.ask(self._gateway, hold, partial(self._held, connection, deferred))

    def _held(self, connection: int, deferred: Deferred, reply: Reply) -> None:
        if isinstance(reply, messages.HoldRoleReply) and reply.there:
            self.log.info("program_registered")
            deferred.answer(RegisterRoleReply(provides=self._role.provides, evse=self.evse))
        else:
            self._role.release(connection)
            detail = "the Gateway does not know the connection"
            deferred.answer(Failure(reason=FailureReason.UNAVAILABLE, detail=detail))

    @handles(RoleReady)
    def handle_role_ready(self, command: RoleReady) -> Reply:
        """Commands go to the program from now on."""
        return self._carry_out(lambda: self._role.begin(command.connection), self._begun)

    def _begun(self) -> None:
        self.log.info("program_ready")
        for implementation, silence in self._silences.items():
            self._raising[implementation].clear_error(silence)
        if self.cancel_timer("grace"):
            for raising in self._raising.values():
                raising.publish()

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
        """Raise it, if the interface declares it, and not too many stand."""
        raising = self._raising.get(command.implementation)
        if raising is not None and len(raising.errors) >= MAX_ERRORS:
            return Failure(reason=FailureReason.OVERLOADED, detail=f"{MAX_ERRORS} errors stand already")
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
        return GetRoleReply(registered=self._role.connection is not None, ready=self._role.ready)

    @staticmethod
    def _carry_out(check: Callable[[], None], action: Callable[[], object]) -> Reply:
        try:
            check()
        except RoleError as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        action()
        return Reply()
