"""Actor of the charge point by OCPP 2.x. Its EVerest interfaces are `ocpp`, `auth_token_validator`,
`auth_token_provider`, `ocpp_data_transfer` and `session_cost`.

One file because nothing is decided here: each command, input and effect has its few lines.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.drivers.messages import BayState
from actors.engine.base import handles
from actors.errors.messages import FRAMEWORK, ErrorCleared, ErrorRaised, StandingErrors
from actors.errors.raising import Raising
from actors.evse.messages import EvseCondition
from actors.module_actor import ModuleActor
from actors.ocpp import assembly, inputs, keeping, messages, placement, site_parameters
from actors.ocpp.blocks import message_log
from actors.ocpp.charge_point import ChargePoint
from actors.ocpp.disk_room import DiskRoom
from actors.ocpp.inputs import Peer, Target
from actors.ocpp.messages import CallReply, FrameSeen, LinkState, Outcome, SecurityNews
from actors.ocpp.settings import Settings
from actors.ocpp.turn import chance
from actors.system.messages import StatusHistory
from protocols.errors import Generic
from protocols.interfaces import (
    auth,
    auth_token_validator,
    evse_manager,
    evse_security,
    iso15118_extensions,
    ocpp,
    ocpp_data_transfer,
    reservation,
    system,
)
from protocols.message import Failure, FailureReason, tag_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.catalog.manifest import Scalar
    from actors.engine.base import Deferred
    from actors.ocpp.charge_point import Fed
    from actors.ocpp.device_model.site_mapping import Target as Parameter
    from actors.ocpp.error_mapping import ErrorRule
    from actors.ocpp.inputs import Input
    from actors.ocpp.site_parameters import Saying
    from protocols.message import Command, Reply, Var

CHARGE_POINT: Final = "charge_point"
"""The name below the module's under which the link and this actor know each other."""
LINK: Final = "link"
JUDGE: Final = "auth_validator"
"""The one of our names that has errors."""
FATES: Final[Mapping[FailureReason, Outcome]] = MappingProxyType(
    {
        FailureReason.UNAVAILABLE: Outcome.NOT_SENT,
        FailureReason.OVERLOADED: Outcome.NOT_SENT,
        FailureReason.INVALID: Outcome.UNSENDABLE,
    }
)
"""What it means for a call that the link could not be told of it; else it may have gone out."""
FATE_S: Final = 900.0
"""The link answers for every call itself, long before this."""
DISK_S: Final = 60.0
"""So often it is looked how much of the disk is free."""
AGAIN_S: Final = 10.0
"""After a module could not be told of its parameter."""
HEARD: Final[Mapping[Target, tuple[Any, ...]]] = MappingProxyType(
    {
        Target.EVSE_MANAGER: (evse_manager, EvseCondition),
        Target.SYSTEM: (system, StatusHistory),
        Target.SECURITY: (evse_security,),
        Target.AUTH: (auth,),
        Target.RESERVATION: (reservation,),
        Target.EXTENSIONS_15118: (iso15118_extensions,),
    }
)
"""By requirement: the interface, or the single variable, that blocks may listen to there."""


class ChargePointActor(ModuleActor):
    """Child of the supervisor of OCPP, beside the link to the CSMS. Decides everything (`charge_point`).

    **Promises.** What is said to the CSMS and must arrive is in the journal before it goes out, and stays
    there until it is acknowledged. A request of the CSMS is answered once, by this actor or its successor.

    **Its successor** recovers from the journal: the messages that wait, transactions with their sequence
    numbers, availability, lists and caches, schedules. The socket has outlived us in the link, which hands a
    request that we had in hand to the successor; a call that was open there is sent again under its id, and
    the link gives the answer it has. How EVSEs stand it learns from them. Whoever waited for an answer of
    ours gets `Failure`, reason Crashed.

    **An input it dies of.** A request is answered with InternalError before it dies, a message of ours that
    was answered is done with: who asks again, as the link does, would kill its successors as well.

    **A full disk.** It goes on and says so in the log; what it then learns is lost if it dies before there is
    room. **A device model with errors** keeps it from starting; the log names file, place and remedy.
    """

    def __init__(self) -> None:
        super().__init__()
        self._keeper: keeping.Keeper | None = None
        self._core: ChargePoint | None = None
        self._peers: Mapping[Peer, str] = {}
        self._answers: dict[int, Deferred] = {}
        self._tags = count(1)
        self._errors: Raising | None = None
        self._room = DiskRoom()
        self._sayings: dict[str, Saying] = {}
        """By parameter: what its module has not heard yet."""

    @property
    def core(self) -> ChargePoint:
        """Everything it knows. Raises RuntimeError before it has started."""
        if self._core is None:
            raise RuntimeError("the charge point has not started")
        return self._core

    def on_start(self) -> None:
        """Recover, listen to everybody, resume."""
        now, state = self.port.clock.now(), Path(self.config["state"])
        self._peers = placement.peers(self.config)
        evses = placement.evses(self.config)
        assembled = self.own(assembly.assemble(self.config, evses, now, self._parameter_changed))
        for incident in assembled.incidents:
            self.log.error("device_model_damaged", incident=str(incident))
        for forgotten in assembled.model.forgotten:
            self.log.warning("value_forgotten", value=str(forgotten))
        path = state / self.parameters["CoreDatabasePath"] / "charge_point.journal"
        self._keeper = self.own(keeping.Keeper(path, now, self.log))
        settings = self._settings(evses, assembled.error_rules)
        self._core = ChargePoint(self._keeper.recover(), assembled.model, settings)
        for peer, name in self._peers.items():
            for kind in self._kinds(peer.target):
                self.subscribe(name, kind, partial(self._said, peer))
        for number, name in self.config.get("bays", ()):
            self.subscribe(name, BayState, partial(self._said, Peer(Target.EVSE_MANAGER, number)))
        others: tuple[tuple[type[Var], str], ...] = (
            (ErrorRaised, FRAMEWORK),
            (ErrorCleared, FRAMEWORK),
            (StandingErrors, FRAMEWORK),
            (SecurityNews, self._beside(LINK)),
            *([(FrameSeen, self._beside(LINK))] if message_log.wants_frames(assembled.model) else []),
        )
        for kind, name in others:
            if kind in self._core.news:
                self.subscribe(name, kind, partial(self._said, Peer(Target.SYSTEM)))
        self._errors = Raising(self, self._beside(JUDGE), auth_token_validator.ERRORS)
        self._errors.publish()
        self._feed(inputs.Resumed())
        self.subscribe(self._beside(LINK), LinkState, self._link_said)
        for parameter, value in assembled.site.overlaid():
            self._parameter_changed(parameter, value)
        self._look_at_disk()

    def _settings(self, evses: Mapping[int, int], error_rules: tuple[ErrorRule, ...]) -> Settings:
        parameters, simulated = self.parameters, bool(self.config.get("simulated"))
        return Settings(
            evses=evses,
            outside=frozenset(self.config.get("outside", ())),
            peers=frozenset(self._peers),
            chance=chance(),
            started_at=self.port.clock.now(),
            site_life=site_life(),
            resume_delay_s=parameters["MessageQueueResumeDelay"],
            start_delay_s=parameters["DelayOcppStart"] / 1000,
            reset_delay_s=parameters["ResetStopDelay"],
            composite_schedule_interval_s=parameters["CompositeScheduleIntervalS"],
            composite_schedule_duration_s=parameters["RequestCompositeScheduleDurationS"],
            composite_schedule_unit=parameters["RequestCompositeScheduleUnit"],
            external_control=parameters["EnableExternalWebsocketControl"] or simulated,
            simulated=simulated,
            error_rules=error_rules,
        )

    def _kinds(self, target: Target) -> list[type[Var]]:
        """The variables that some block listens to there."""
        heard = HEARD.get(target, ())
        interfaces = {each.__name__.rpartition(".")[2] for each in heard if not isinstance(each, type)}
        return [
            kind for kind in self.core.news if kind in heard or tag_of(kind).partition(".")[0] in interfaces
        ]

    def _beside(self, name: str) -> str:
        return f"{self.module_id}/{name}"

    # -- inputs ----------------------------------------------------------------------------------------------

    def _link_said(self, state: LinkState) -> None:
        self._feed(inputs.LinkSaid(state))

    def _said(self, peer: Peer, news: Var) -> None:
        self._feed(inputs.Said(peer, news))

    @handles(messages.Called)
    def handle_called(self, cmd: messages.Called) -> Deferred:
        """The CSMS asks for something."""
        deferred = self.defer()
        tag = next(self._tags)
        self._answers[tag] = deferred
        self._feed(inputs.CalledIn(tag, cmd))
        return deferred

    @handles(messages.Connect)
    def handle_connect(self, cmd: messages.Connect) -> Deferred:
        """Dial again, for tests."""
        return self._command(cmd)

    @handles(messages.Disconnect)
    def handle_disconnect(self, cmd: messages.Disconnect) -> Deferred:
        """Cut the connection, for tests."""
        return self._command(cmd)

    @handles(ocpp.Stop)
    def handle_ocpp_stop(self, cmd: ocpp.Stop) -> Deferred:
        """Leave the CSMS."""
        return self._command(cmd)

    @handles(ocpp.Restart)
    def handle_ocpp_restart(self, cmd: ocpp.Restart) -> Deferred:
        """Connect again."""
        return self._command(cmd)

    @handles(ocpp.SecurityEvent)
    def handle_security_event(self, cmd: ocpp.SecurityEvent) -> Deferred:
        """Report a security event."""
        return self._command(cmd)

    @handles(ocpp.GetVariables)
    def handle_get_variables(self, cmd: ocpp.GetVariables) -> Deferred:
        """Tell values of the device model."""
        return self._command(cmd)

    @handles(ocpp.SetVariables)
    def handle_set_variables(self, cmd: ocpp.SetVariables) -> Deferred:
        """Set values of the device model."""
        return self._command(cmd)

    @handles(ocpp.ChangeAvailability)
    def handle_change_availability(self, cmd: ocpp.ChangeAvailability) -> Deferred:
        """Put something in or out of service."""
        return self._command(cmd)

    @handles(ocpp.MonitorVariables)
    def handle_monitor_variables(self, cmd: ocpp.MonitorVariables) -> Deferred:
        """Publish changes of variables."""
        return self._command(cmd)

    @handles(auth_token_validator.ValidateToken)
    def handle_validate_token(self, cmd: auth_token_validator.ValidateToken) -> Deferred:
        """Judge a token."""
        return self._command(cmd)

    @handles(ocpp_data_transfer.DataTransfer)
    def handle_data_transfer(self, cmd: ocpp_data_transfer.DataTransfer) -> Deferred:
        """Hand a vendor's message to the CSMS."""
        return self._command(cmd)

    def unsupported(self, command: Command) -> Reply | Deferred:
        """What is for tests has no interface; a block carries it out."""
        return self._command(command) if type(command) in self.core.commands else super().unsupported(command)

    def _command(self, command: Command) -> Deferred:
        deferred = self.defer()
        if type(command) not in self.core.commands:
            deferred.answer(Failure(reason=FailureReason.UNSUPPORTED, detail=tag_of(type(command))))
            return deferred
        tag = next(self._tags)
        self._answers[tag] = deferred
        self._feed(inputs.Asked(tag, command))
        return deferred

    # -- the core --------------------------------------------------------------------------------------------

    def _feed(self, given: Input) -> None:
        """Decide, write down, then act."""
        try:
            fed = self.core.feed(given, self.port.clock.now())
            self._write_down(fed)
        except Exception:
            left = self.core.spare(given)
            self._write_down(left)
            self._act(left)
            raise
        self._act(fed)

    def _write_down(self, fed: Fed) -> None:
        assert self._keeper is not None
        self._keeper.commit(fed.records, self.core.tables)

    def _act(self, fed: Fed) -> None:
        for effect in fed.effects:
            EFFECTS[type(effect)](self, effect)

    def _order(self, effect: inputs.Order) -> None:
        self.publish(effect.orders, self._beside(CHARGE_POINT), retain=True)

    def _send_call(self, effect: inputs.SendCall) -> None:
        call = messages.Call(message_id=effect.message_id, action=effect.action, payload=effect.payload)
        then = partial(self._call_ended, effect.message_id)
        self.ask(self._beside(LINK), call, then, deadline_s=FATE_S, patient=False)

    def _call_ended(self, message_id: str, reply: Reply) -> None:
        if isinstance(reply, Failure):
            reply = CallReply(outcome=FATES.get(reply.reason, Outcome.LOST), description=reply.detail)
        assert isinstance(reply, CallReply)
        self._feed(inputs.CallEnded(message_id, reply))

    def _answer_call(self, effect: inputs.AnswerCall) -> None:
        self._reply(inputs.Answer(effect.tag, effect.reply))

    def _reply(self, effect: inputs.Answer) -> None:
        if (deferred := self._answers.pop(effect.tag, None)) is not None:
            deferred.answer(effect.reply)

    def _ask(self, effect: inputs.Ask) -> None:
        if (name := self._peers.get(effect.peer)) is None:
            nobody = Failure(reason=FailureReason.UNKNOWN_NAME, detail=f"no {effect.peer.target} connected")
            self.soon(partial(self._feed, inputs.Replied(effect.purpose, nobody)))
            return
        then = partial(self._replied, effect.purpose)
        self.ask(name, effect.command, then, deadline_s=effect.deadline_s)

    def _replied(self, purpose: inputs.Purpose, reply: Reply) -> None:
        self._feed(inputs.Replied(purpose, reply))

    def _publish(self, effect: inputs.Publish) -> None:
        self.publish(effect.news, retain=effect.retain)

    def _start(self, effect: inputs.Start) -> None:
        self.start_timer(effect.timer, effect.after_s, partial(self._fired, effect.timer))

    def _fired(self, timer: str) -> None:
        self._feed(inputs.Fired(timer))

    def _cancel(self, effect: inputs.Cancel) -> None:
        self.cancel_timer(effect.timer)

    def _note(self, effect: inputs.Note) -> None:
        (self.log.warning if effect.warning else self.log.info)(effect.event, **effect.fields)

    def _complain(self, effect: inputs.Complain) -> None:
        assert self._errors is not None
        self._errors.raise_error(Generic.VENDOR_WARNING, effect.text, sub_type=effect.subject)

    def _content(self, effect: inputs.Content) -> None:
        assert self._errors is not None
        self._errors.clear_error(Generic.VENDOR_WARNING, effect.subject)

    def _look_at_disk(self) -> None:
        """Now and every minute: what cannot be written any more has no room, whatever the disk says."""
        assert self._keeper is not None
        usage = shutil.disk_usage(Path(self.config["state"]))
        free = 0 if self._keeper.is_behind else usage.free
        if (detail := self._room.look(free, usage.total)) is not None:
            news = SecurityNews(event="MemoryExhaustion", at=self.port.clock.now(), detail=detail)
            self._feed(inputs.Said(Peer(Target.SYSTEM), news))
        self.start_timer("disk room", DISK_S, self._look_at_disk)

    # -- parameters of the site ------------------------------------------------------------------------------

    def _parameter_changed(self, parameter: Parameter, value: Scalar) -> None:
        """A variable of source SITE has another value: once that is durable, its module is told."""
        kind: str = self.config["modules"][parameter.module_id]["name"]
        saying = site_parameters.saying_of(kind, parameter, value)
        self.log.info("site_parameter_set", parameter=str(parameter), told=saying is not None)
        if saying is not None:
            self._sayings[str(parameter)] = saying
            self.soon(partial(self._tell_module, str(parameter), saying))

    def _tell_module(self, parameter: str, saying: Saying) -> None:
        if self._sayings.get(parameter) is saying:
            then = partial(self._module_told, parameter, saying)
            self.ask(saying.name, saying.command, then, repeat=True)

    def _module_told(self, parameter: str, saying: Saying, reply: Reply) -> None:
        """Until it has heard that, or there is something newer to be said."""
        if self._sayings.get(parameter) is not saying:
            return
        if isinstance(reply, Failure):
            self.log.warning("site_parameter_not_told", parameter=parameter, reason=reply.reason.value)
            again = partial(self._tell_module, parameter, saying)
            self.start_timer(f"site_parameter {parameter}", AGAIN_S, again)
        else:
            del self._sayings[parameter]


def site_life() -> str:
    """The same for all actors of one life of the site: its kernel session, and when that began."""
    session = os.getsid(0)
    try:
        stat = Path(f"/proc/{session}/stat").read_text()
    except OSError:
        return str(session)
    return f"{session}:{stat.rpartition(')')[2].split()[19]}"


EFFECTS: Final[Mapping[type, Callable[[ChargePointActor, Any], None]]] = MappingProxyType(
    {
        inputs.Order: ChargePointActor._order,  # noqa: SLF001  # the table belongs to the class
        inputs.SendCall: ChargePointActor._send_call,  # noqa: SLF001  # as above
        inputs.AnswerCall: ChargePointActor._answer_call,  # noqa: SLF001  # as above
        inputs.Ask: ChargePointActor._ask,  # noqa: SLF001  # as above
        inputs.Answer: ChargePointActor._reply,  # noqa: SLF001  # as above
        inputs.Publish: ChargePointActor._publish,  # noqa: SLF001  # as above
        inputs.Start: ChargePointActor._start,  # noqa: SLF001  # as above
        inputs.Cancel: ChargePointActor._cancel,  # noqa: SLF001  # as above
        inputs.Note: ChargePointActor._note,  # noqa: SLF001  # as above
        inputs.Complain: ChargePointActor._complain,  # noqa: SLF001  # as above
        inputs.Content: ChargePointActor._content,  # noqa: SLF001  # as above
    }
)
"""How each effect is carried out."""
