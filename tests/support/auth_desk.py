"""The core of authorization with played EVSEs, validators and a clock, for its tests. No actor, no file."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from actors.auth import inputs
from actors.auth.desk import feed
from actors.auth.errands import COMMANDS
from actors.auth.state import Rules, applied, configured, difference, everything, initial, restored
from protocols import codec
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason, snake_case
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
    TokenValidationStatus,
    ValidationResult,
)
from tests.support.auth_evse import NOW, PlayedEvse

FINAL = {
    TokenValidationStatus.USED_TO_START,
    TokenValidationStatus.USED_TO_STOP,
    TokenValidationStatus.REJECTED,
    TokenValidationStatus.TIMED_OUT,
    TokenValidationStatus.WITHDRAWN,
}


def identity(value, kind=IdTokenType.ISO14443):
    return IdToken(value=value, type=kind)


def token(value="CARD", *, kind=AuthorizationType.RFID, parent=None, **fields):
    return ProvidedIdToken(
        id_token=identity(value),
        authorization_type=kind,
        parent_id_token=identity(parent) if parent else None,
        **fields,
    )


def verdict(status=AuthorizationStatus.ACCEPTED, *, parent=None, **fields):
    return ValidationResult(
        authorization_status=status,
        tariff_messages=fields.pop("tariff_messages", ()),
        parent_id_token=identity(parent) if parent else None,
        **fields,
    )


ACCEPTED = verdict()


def answers(desk, number):
    """What an EVSE was told about tokens: status and text."""
    return [
        (one.provided_token.id_token.value, str(one.validation_result.authorization_status))
        for one in desk.evses[number].told
        if isinstance(one, evse_manager.AuthorizeResponse)
    ]


class Desk:
    """Feeds the core and carries out its effects. What the core writes down passes the codec.

    By itself it delivers nothing: `run` does, in order; property tests choose the order themselves.
    """

    def __init__(self, evses=2, *, timeout_s=60, master="", types=None, known=True, **rules):
        self.rules = Rules(**rules)
        self.timeout_s, self.master = timeout_s, master
        self.evses = {
            number: PlayedEvse(number, *((types[number - 1],) if types else ()))
            for number in range(1, evses + 1)
        }
        self.now = NOW
        self.journal = []
        self.statuses, self.updates, self.kept, self.notes = [], [], [], []
        self.validations, self.answers = {}, {}
        self.timers = {}
        self.to_evse = {number: deque() for number in self.evses}
        self.from_evse = {number: deque() for number in self.evses}
        self.verdicts = {}
        self.tags = iter(range(1, 1_000_000))
        self.state = self._fresh()
        self.start()
        if known:
            self.run()

    def _fresh(self):
        return initial(self.rules, self.timeout_s, self.master, self.evses)

    # -- life ----------------------------------------------------------------------------------------------

    def start(self):
        """A new life, with what the journal gives."""
        state = self._fresh()
        for data in self.journal:
            item = codec.decode(data)
            state = applied(state, item) if type(item).__name__ == "Change" else restored(state, item)
        self.state = configured(state, self._fresh())
        for evse in self.evses.values():
            evse.tell()
        self.feed(inputs.Resumed())

    def snapshot(self):
        self.journal = [codec.encode(everything(self.state))]

    def kill(self):
        """Whatever was on its way to or from this life is lost; commands on their way may arrive."""
        self.timers.clear()
        for number, evse in self.evses.items():
            self.from_evse[number].clear()
            evse.out.clear()
            self.to_evse[number] = deque((command, None) for command, _then in self.to_evse[number])
        self.start()

    def kill_evse(self, number, *, handled=0):
        """What the manager of an EVSE had not handled is lost, and whoever asked is told; it comes back.

        `handled`: so many commands it has carried out and kept, and nobody has heard of that.
        """
        evse, lost = self.evses[number], self.to_evse[number]
        for command, _then in list(lost)[:handled]:
            evse.command(command)
            evse.out.clear()
        self.to_evse[number] = deque()
        self.take_out(number)
        evse.tell()
        self.take_out(number)
        for _command, then in lost:
            if then is not None:
                self.from_evse[number].append((then, Failure(reason=FailureReason.CRASHED, detail="died")))

    # -- feeding -------------------------------------------------------------------------------------------

    def feed(self, given):
        before = self.state
        state, effects = feed(before, given, self.now)
        change = difference(before, state)
        if change is not None:
            self.journal.append(codec.encode(change))
            assert applied(before, codec.decode(self.journal[-1])).evses == state.evses
        self.state = state
        for effect in effects:
            getattr(self, f"_{snake_case(type(effect).__name__)}")(effect)

    def _say(self, effect):
        if effect.said.token is not None:
            self.statuses.append((effect.said.token.token, effect.said.token.status, effect.said))
        else:
            update = effect.said.reservation
            self.updates.append((update.reservation_id, update.reservation_status))

    def _validate(self, effect):
        self.validations[effect.number] = effect.token

    def _do(self, effect):
        command = COMMANDS[effect.errand.kind](effect.errand)
        number, errand = effect.evse_id, effect.errand.number
        self.to_evse[number].append((command, lambda reply: inputs.Answered(number, errand, reply)))

    def _probe(self, effect):
        number = effect.evse_id
        self.to_evse[number].append((evse_manager.GetEvse(), lambda reply: (number, reply)))

    def _start(self, effect):
        self.timers[effect.name] = self.now + timedelta(seconds=effect.after_s)

    def _cancel(self, effect):
        self.timers.pop(effect.name, None)

    def _answer(self, effect):
        assert effect.tag not in self.answers
        self.answers[effect.tag] = effect.reply

    def _keep(self, effect):
        self.kept.append(effect.reservations)

    def _note(self, effect):
        self.notes.append(effect.event)

    # -- delivering ----------------------------------------------------------------------------------------

    def take_out(self, number):
        out = self.evses[number].out
        self.from_evse[number].extend(out)
        out.clear()

    def deliver_to_evse(self, number):
        command, then = self.to_evse[number].popleft()
        reply = self.evses[number].command(command)
        self.take_out(number)
        if then is not None:
            self.from_evse[number].append((then, reply))

    def deliver_from_evse(self, number):
        item = self.from_evse[number].popleft()
        if isinstance(item, tuple):
            then, reply = item
            given = then(reply)
            if isinstance(given, tuple):
                alive = not isinstance(reply, Failure)
                if alive:
                    self.feed(inputs.EvseKnown(reply.evse))
                given = inputs.Probed(number, alive)
            self.feed(given)
        elif isinstance(item, evse_manager.SessionEvent):
            self.feed(inputs.SessionNews(number, item.event))
        else:
            self.feed(inputs.ConditionSaid(item))

    def answer_validation(self, number):
        """The one validator answers as `verdicts` says, by the token's text; otherwise it accepts."""
        presented = self.validations.pop(number)
        result = self.verdicts.get(presented.id_token.value, ACCEPTED)
        self.feed(inputs.Judged(number, result, last=True))

    def run(self, *, validate=True):
        """Deliver everything until nothing is on its way; timers wait."""
        for _ in range(10_000):
            for number in self.evses:
                self.take_out(number)
            busy = [number for number in self.evses if self.from_evse[number]]
            asked = [number for number in self.evses if self.to_evse[number]]
            if busy:
                self.deliver_from_evse(busy[0])
            elif asked:
                self.deliver_to_evse(asked[0])
            elif validate and self.validations:
                self.answer_validation(min(self.validations))
            else:
                return
        raise AssertionError("never at rest")

    def fire_next(self):
        """Let the next timer fire, at its time; return whether there was one."""
        if not self.timers:
            return False
        name = min(self.timers, key=lambda each: (self.timers[each], each))
        self._pass_to(max(self.now, self.timers.pop(name)))
        self.feed(inputs.Fired(name))
        return True

    def _pass_to(self, moment):
        self.now = moment
        for evse in self.evses.values():
            evse.now = moment

    def wait(self, seconds):
        """Let time pass; everything is delivered."""
        end = self.now + timedelta(seconds=seconds)
        self.run()
        while self.timers and min(self.timers.values()) <= end:
            self.fire_next()
            self.run()
        self._pass_to(end)

    # -- what tests do and look at -------------------------------------------------------------------------

    def present(self, presented, *, run=True):
        self.feed(inputs.Presented(presented))
        if run:
            self.run()

    def plug(self, number):
        self.evses[number].plug()
        self.run()

    def unplug(self, number):
        self.evses[number].unplug()
        self.run()

    def ask(self, command, *, run=True):
        tag = next(self.tags)
        self.feed(inputs.Asked(tag, command))
        if run:
            self.run()
        return self.answers.get(tag)

    def stream(self, value="CARD"):
        """The statuses of a token, in order."""
        return [str(status) for one, status, _said in self.statuses if one.id_token.value == value]

    def holder(self, number):
        """Whose an EVSE is."""
        holder = self.state.evses[number].holder
        return holder.token.id_token.value if holder else None

    def charging(self):
        """The EVSEs with a transaction, and whose."""
        return {
            number: evse.token.id_token.value
            for number, evse in self.evses.items()
            if evse.phase.value == "Transaction"
        }
