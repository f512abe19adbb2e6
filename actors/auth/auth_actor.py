"""Actor of the site's authorization. Answers EVerest interfaces `auth` and `reservation`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.auth import inputs, keeping, messages
from actors.auth.desk import feed
from actors.auth.errands import COMMANDS
from actors.auth.state import Rules, State, initial
from actors.engine.base import Deferred, handles
from actors.engine.journal import DiskFull, JournalFull
from actors.evse.messages import EvseCondition
from actors.module_actor import ModuleActor
from protocols.interfaces import (
    auth,
    auth_token_provider,
    auth_token_validator,
    evse_manager,
    kvs,
    reservation,
)
from protocols.message import Command, Failure, FailureReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.auth.inputs import Input
    from protocols.message import Reply

ANSWER_S: Final = 10.0
"""An EVSE's manager that has not answered by then is asked how things are."""
SIGN_S: Final = 30.0
"""The same for a sign of life."""
PATIENCE_S: Final = 2.0
"""So long after the start an EVSE that says nothing keeps the others waiting."""
REMEMBER_S: Final = 1.0
"""After this time what was published is no longer published again by a successor."""
RECALL_S: Final = 5.0
"""Pause before the key-value store is asked again for reservations."""


class AuthActor(ModuleActor):
    """Child of the supervisor of authorization, beside one actor per token in process.

    **Promises.** A token in process ends in exactly one of UsedToStart, UsedToStop, Rejected, TimedOut and
    Withdrawn, and one presentation is granted to one EVSE at most, whoever dies in between: this actor, an
    EVSE's manager, a validator, or who asks the validators. What was decided is in the journal before anybody
    is told.

    **Its successor** recovers from the journal: tokens in process, grants with their deadlines, the order of
    waiting cars, reservations, what managers were still to do, what commands have set, and what was decided
    and perhaps not published; that is published again, so a status may be seen twice. From each EVSE's
    manager it learns how things are (`EvseCondition`) before it goes on; until then, at most two seconds,
    tokens are dropped with a warning (M2.18). Of callers that wait for an answer nothing is known: they get
    `Failure`, reason Crashed.

    **A full disk.** Tokens are dropped and commands answered with `Failure`, reason Overloaded; what EVSEs
    report is taken in all the same and written down as soon as there is room.
    """

    def __init__(self) -> None:
        super().__init__()
        self._journal: keeping.Keeper | None = None
        self._state = initial(Rules(), 0, "", ())
        self._managers: tuple[str, ...] = ()
        self._listed: frozenset[int] = frozenset()
        """EVSEs whose token providers are listed: of no others is a token taken, however it comes (S4.8)."""
        self._unheard: set[int] = set()
        """EVSEs that have not said how they are in this life."""
        self._early: list[Input] = []
        self._answers: dict[int, Deferred] = {}
        self._tags = count(1)

    @property
    def state(self) -> State:
        """Everything it knows."""
        return self._state

    def on_start(self) -> None:
        """Recover, listen, and find out how the EVSEs are."""
        self._managers = self.connected("evse_manager")
        providers = {name.partition("/")[0] for name in self.connected("token_provider")}
        self._listed = frozenset(
            evse_id
            for evse_id, manager in enumerate(self._managers, 1)
            if manager.partition("/")[0] in providers
        )
        parameters = self.parameters
        rules = Rules(
            selection_algorithm=parameters["selection_algorithm"],
            prioritize_authorization=parameters["prioritize_authorization_over_stopping_transaction"],
            ignore_connector_faults=parameters["ignore_connector_faults"],
            plug_in_timeout_enabled=parameters["plug_in_timeout_enabled"],
        )
        fresh = initial(
            rules,
            parameters["connection_timeout"],
            parameters["master_pass_group_id"],
            range(1, len(self._managers) + 1),
        )
        path = Path(self.config["state"]) / f"{self.module_id}.auth.journal"
        self._journal = self.own(keeping.Keeper(path, self.port.clock.now(), self.log))
        self._state = self._journal.recover(fresh)
        self._unheard = set(self._state.evses)
        for evse_id, manager in enumerate(self._managers, 1):
            self.subscribe(manager, evse_manager.SessionEvent, partial(self._session_event, evse_id))
            self.subscribe(manager, EvseCondition, partial(self._condition, evse_id))
        for name in self.connected("token_provider"):
            self.subscribe(name, auth_token_provider.ProvidedToken, self._provided)
        for name in self.connected("token_validator"):
            self.subscribe(name, auth_token_validator.ValidateResultUpdate, self._verdict_update)
        self._feed(inputs.Resumed())
        self._recall()

    def on_ready(self) -> None:
        """From now on EVSEs are waited for only so long."""
        self.start_timer("complete", PATIENCE_S, self._complete)

    # -- commands ------------------------------------------------------------------------------------------

    @handles(auth.SetConnectionTimeout)
    def handle_set_connection_timeout(self, cmd: auth.SetConnectionTimeout) -> Deferred:
        """Set how long grants and cars wait, from now on."""
        return self._command(cmd)

    @handles(auth.SetMasterPassGroupId)
    def handle_set_master_pass_group_id(self, cmd: auth.SetMasterPassGroupId) -> Deferred:
        """Set whose tokens stop any transaction."""
        return self._command(cmd)

    @handles(auth.WithdrawAuthorization)
    def handle_withdraw_authorization(self, cmd: auth.WithdrawAuthorization) -> Deferred:
        """Take authorizations back."""
        return self._command(cmd)

    @handles(reservation.ReserveNow)
    def handle_reserve_now(self, cmd: reservation.ReserveNow) -> Deferred:
        """Make a reservation."""
        return self._command(cmd)

    @handles(reservation.CancelReservation)
    def handle_cancel_reservation(self, cmd: reservation.CancelReservation) -> Deferred:
        """Take a reservation back."""
        return self._command(cmd)

    @handles(reservation.ExistsReservation)
    def handle_exists_reservation(self, cmd: reservation.ExistsReservation) -> Deferred:
        """Tell for whom an EVSE is reserved."""
        return self._command(cmd)

    def _command(self, command: Command) -> Deferred:
        deferred = self.defer()
        tag = next(self._tags)
        self._answers[tag] = deferred
        if not self._feed(inputs.Asked(tag, command)):
            del self._answers[tag]
            deferred.answer(Failure(reason=FailureReason.OVERLOADED, detail="the disk is full"))
        return deferred

    # -- tokens --------------------------------------------------------------------------------------------

    def _provided(self, news: auth_token_provider.ProvidedToken) -> None:
        if self._unheard or not self.ready:
            self.log.warning("token_dropped", reason="starting", type=str(news.token.authorization_type))
        else:
            self._feed(inputs.Presented(news.token))

    def _verdict_update(self, news: auth_token_validator.ValidateResultUpdate) -> None:
        if self._unheard or not self.ready:
            self.log.warning("verdict_update_dropped", reason="starting", evse=news.update.connector_id)
        else:
            self._feed(inputs.VerdictChanged(news.update))

    @handles(messages.Verdict)
    def handle_verdict(self, verdict: messages.Verdict) -> messages.VerdictReply:
        """A validator has answered. What comes before the EVSEs are known is looked at when they are."""
        judged = inputs.Judged(verdict.number, verdict.result, verdict.last)
        if self._unheard:
            self._early.append(judged)
        else:
            self._feed(judged)
        return messages.VerdictReply(more=verdict.number in self._state.requests)

    @handles(messages.RequestEnded)
    def handle_request_ended(self, news: messages.RequestEnded) -> None:
        """Who asked the validators is gone."""
        lost = inputs.RequestLost(news.number)
        if self._unheard:
            self._early.append(lost)
        else:
            self._feed(lost)

    # -- EVSEs ---------------------------------------------------------------------------------------------

    def _session_event(self, evse_id: int, news: evse_manager.SessionEvent) -> None:
        self._feed(inputs.SessionNews(evse_id, news.event))

    def _condition(self, evse_id: int, news: EvseCondition) -> None:
        if news.evse_id == evse_id:
            taken = news if evse_id in self._listed else replace(news, presented=None)
            self._feed(inputs.ConditionSaid(taken))

    def _returned(self, evse_id: int, errand: int, reply: Reply) -> None:
        self._feed(inputs.Answered(evse_id, errand, reply))

    def _probed(self, evse_id: int, reply: Reply) -> None:
        """Everything that the manager had said before has arrived."""
        if isinstance(reply, evse_manager.GetEvseReply):
            if reply.evse.id != evse_id:
                self.log.error("evse_order", expected=evse_id, found=reply.evse.id)
                return  # M1.7: not granted to anybody
            self._feed(inputs.EvseKnown(reply.evse))
        self._feed(inputs.Probed(evse_id, alive=not isinstance(reply, Failure)))
        self._unheard.discard(evse_id)
        if not self._unheard:
            self._complete()

    def _complete(self) -> None:
        """All EVSEs are known, or those that are must do."""
        if self._unheard:
            self.log.warning("evses_silent", evses=sorted(self._unheard))
        self._unheard.clear()
        self.cancel_timer("complete")
        early, self._early = self._early, []
        for each in early:
            self._feed(each)

    # -- reservations kept elsewhere (M4.9) ----------------------------------------------------------------

    @property
    def _key(self) -> str:
        return keeping.key_of(self.module_id)

    def _recall(self) -> None:
        """Ask once for what the key-value store has kept and this journal has not."""
        for store in () if self._state.settings.recalled else self.connected("kvs"):
            self.ask(store, kvs.Load(key=self._key), self._recalled, deadline_s=SIGN_S, repeat=True)

    def _recalled(self, reply: Reply) -> None:
        if isinstance(reply, kvs.LoadReply):
            self._feed(inputs.Recalled(keeping.reservations_in(reply.value, self.log)))
        else:
            self.start_timer("recall", RECALL_S, self._recall)

    # -- the core ------------------------------------------------------------------------------------------

    def _feed(self, given: Input) -> bool:
        """Decide, write down, then act. Return False when nothing was done because the disk is full."""
        assert self._journal is not None
        state, effects = feed(self._state, given, self.port.clock.now())
        try:
            self._journal.commit(self._state, state)
        except (DiskFull, JournalFull) as error:
            self.log.error("not_durable", given=type(given).__name__, error=str(error))
            if isinstance(given, inputs.Presented | inputs.Asked):
                return False
        self._state = state
        for effect in effects:
            EFFECTS[type(effect)](self, effect)
        return True

    def _say(self, effect: inputs.Say) -> None:
        if effect.said.token is not None:
            self.publish(auth.TokenValidationStatus(status=effect.said.token))
        if effect.said.reservation is not None:
            self.publish(reservation.ReservationUpdate(update=effect.said.reservation))
        self.start_timer("remember", REMEMBER_S, partial(self._remember, effect.said.number))

    def _remember(self, number: int) -> None:
        if self.ready:
            self._feed(inputs.Published(number))
        else:
            self.start_timer("remember", REMEMBER_S, partial(self._remember, number))

    def _validate(self, effect: inputs.Validate) -> None:
        self.to_supervisor(messages.StartRequest(number=effect.number, token=effect.token))

    def _do(self, effect: inputs.Do) -> None:
        command = COMMANDS[effect.errand.kind](effect.errand)
        then = partial(self._returned, effect.evse_id, effect.errand.number)
        self.ask(self._managers[effect.evse_id - 1], command, then, deadline_s=ANSWER_S, patient=False)

    def _probe(self, effect: inputs.Probe) -> None:
        manager = self._managers[effect.evse_id - 1]
        then = partial(self._probed, effect.evse_id)
        self.ask(manager, evse_manager.GetEvse(), then, deadline_s=SIGN_S, repeat=True)

    def _start(self, effect: inputs.Start) -> None:
        self.start_timer(effect.name, effect.after_s, partial(self._fired, effect.name))

    def _fired(self, name: str) -> None:
        self._feed(inputs.Fired(name))

    def _cancel(self, effect: inputs.Cancel) -> None:
        self.cancel_timer(effect.name)

    def _reply(self, effect: inputs.Answer) -> None:
        if (deferred := self._answers.pop(effect.tag, None)) is not None:
            deferred.answer(effect.reply)

    def _keep(self, effect: inputs.Keep) -> None:
        for store in self.connected("kvs"):
            value = keeping.value_of(effect.reservations)
            self.ask(store, kvs.Store(key=self._key, value=value), self._kept, repeat=True)

    def _kept(self, reply: Reply) -> None:
        if isinstance(reply, Failure):
            self.log.error("reservations_not_kept", reason=reply.detail)

    def _note(self, effect: inputs.Note) -> None:
        (self.log.warning if effect.warning else self.log.info)(effect.event, **effect.fields)


EFFECTS: Final[Mapping[type, Callable[[AuthActor, Any], None]]] = MappingProxyType(
    {
        inputs.Say: AuthActor._say,  # noqa: SLF001  # the table belongs to the class
        inputs.Validate: AuthActor._validate,  # noqa: SLF001  # as above
        inputs.Do: AuthActor._do,  # noqa: SLF001  # as above
        inputs.Probe: AuthActor._probe,  # noqa: SLF001  # as above
        inputs.Start: AuthActor._start,  # noqa: SLF001  # as above
        inputs.Cancel: AuthActor._cancel,  # noqa: SLF001  # as above
        inputs.Answer: AuthActor._reply,  # noqa: SLF001  # as above
        inputs.Keep: AuthActor._keep,  # noqa: SLF001  # as above
        inputs.Note: AuthActor._note,  # noqa: SLF001  # as above
    }
)
"""How each effect is carried out."""
