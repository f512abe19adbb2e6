"""The charge point: takes what happens, lets the blocks decide, says what is to be done. Pure.

    fed = core.feed(LinkSaid(state), now)
    journal.append(*fed.records)        # make it durable
    core.commit(fed)                    # and only then part of what is known
    for effect in fed.effects: ...      # and only then done

Inputs that nobody wants change nothing. What a block does not do is answered for it: an unknown action with
NotImplemented, a known one that no block serves with NotSupported, a command of our interfaces that no block
carries out by the actor. A CSMS that has rejected our boot gets SecurityError for all but a call for another.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp import inputs, queue
from actors.ocpp.blocks import BLOCKS
from actors.ocpp.entries import Answered, Queued
from actors.ocpp.inputs import AnswerCall
from actors.ocpp.live import Direct, Live
from actors.ocpp.messages import CalledReply, CallReply, Outcome
from actors.ocpp.tables import Dropped, Overlay, Tables
from actors.ocpp.turn import Turn
from protocols.message import tag_of
from protocols.ocpp import payloads, schemas
from protocols.ocpp.errors import Code, RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from actors.ocpp.block import Block
    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.inputs import Effect, Input
    from actors.ocpp.messages import Called
    from actors.ocpp.settings import Settings

NOTICED: Final = frozenset({Outcome.ANSWERED, Outcome.REFUSED, Outcome.INVALID, Outcome.UNSENDABLE})
"""Fates of messages that the CSMS has had, or never will."""


@dataclass(frozen=True, slots=True)
class Fed:
    """What an input has led to."""

    records: tuple[Any, ...]
    """To be made durable, all or none, before anything else."""
    effects: tuple[Effect, ...]
    """To be carried out after that, in this order."""


def _united(name: str, blocks: Iterable[Block]) -> Mapping[Any, Any]:
    """One table of several blocks. Raises ValueError when two of them claim the same."""
    united: dict[Any, Any] = {}
    for block in blocks:
        for key, handler in getattr(block, name).items():
            if key in united:
                raise ValueError(f"two blocks claim {key} in {name}, one of them is {block.name}")
            united[key] = handler
    return MappingProxyType(united)


class ChargePoint:
    """All that is known of one charge point in one life."""

    def __init__(
        self, tables: Tables, model: DeviceModel, settings: Settings, blocks: tuple[Block, ...] = BLOCKS
    ) -> None:
        self.tables = tables
        self.model = model
        self.settings = settings
        self.live = Live()
        self._blocks = blocks
        self._requests = _united("requests", blocks)
        self._answers = _united("answers", blocks)
        self._commands = _united("commands", blocks)
        self._replies = _united("replies", blocks)
        self._timers = _united("timers", blocks)
        self._news: dict[type, list[Any]] = defaultdict(list)
        for block in blocks:
            for kind, handler in block.news.items():
                self._news[kind].append(handler)

    @property
    def commands(self) -> frozenset[type]:
        """The commands that some block carries out."""
        return frozenset(self._commands)

    @property
    def news(self) -> frozenset[type]:
        """The variables that some block listens to."""
        return frozenset(self._news)

    def feed(self, given: Input, now: datetime) -> Fed:
        """Take one input at a moment (aware)."""
        overlay = Overlay(self.tables)
        turn = Turn(overlay, self.live, self.model, self.settings, now)
        accepted = self.live.accepted
        _INPUTS[type(given)](self, turn, given)
        if self.live.accepted and not accepted:
            self._each(turn, "accepted")
        self._each(turn, "settled")
        self._tell_changes(turn)
        queue.pump(turn)
        return Fed(overlay.records, tuple(turn.effects))

    def commit(self, fed: Fed) -> None:
        """What was fed has become durable."""
        self.tables.apply(fed.records)

    def spare(self, given: Input) -> Fed:
        """What an input that `feed` has raised at must leave behind, so that no successor dies of it as well.

        The link would ask the same again: a request of the CSMS is answered with InternalError. A message
        that the CSMS has taken notice of is done with; what its answer should have led to is lost.
        """
        if isinstance(given, inputs.CalledIn):
            called, code = given.called, Code.INTERNAL_ERROR.value
            reply = CalledReply(code=code, description="the station failed at it")
            answered = Answered(
                message_id=called.message_id,
                code=reply.code,
                description=reply.description,
                connection=called.connection,
            )
            return Fed((answered,), (AnswerCall(given.tag, reply),))
        if isinstance(given, inputs.CallEnded) and given.reply and given.reply.outcome in NOTICED:
            done = (each for each in self.tables.all(Queued).values() if each.message_id == given.message_id)
            return Fed(tuple(Dropped(table=tag_of(Queued), key=each.key) for each in done), ())
        return Fed((), ())

    def _each(self, turn: Turn, moment: str) -> None:
        for block in self._blocks:
            if (handler := getattr(block, moment)) is not None:
                handler(turn)

    def _tell_changes(self, turn: Turn) -> None:
        """Until nobody who is told changes anything: a value that is set again is no change."""
        while changes := self.model.take_changes():
            for block in self._blocks:
                if block.changed is not None:
                    block.changed(turn, changes)

    # -- life and link -------------------------------------------------------------------------------------

    def _resumed(self, turn: Turn, _given: inputs.Resumed) -> None:
        queue.resume(turn)
        self._each(turn, "resumed")

    def _link_said(self, turn: Turn, given: inputs.LinkSaid) -> None:
        """A connection that outlived our predecessor is a new one to us."""
        before = 0 if self.live.link is None else self.live.link.connection
        self.live.link = given.state
        if before != given.state.connection:
            if before:
                for lost in queue.disconnect(turn):
                    self._reply(turn, lost.purpose, CallReply(outcome=Outcome.LOST))
                self._each(turn, "disconnected")
            if given.state.connection:
                queue.connect(turn)
                self._each(turn, "connected")
        self._each(turn, "link_said")

    # -- calls of ours -------------------------------------------------------------------------------------

    def _call_ended(self, turn: Turn, given: inputs.CallEnded) -> None:
        settled = queue.settle(turn, given.message_id, given.reply)
        if settled is None:
            return
        made, reply = settled
        if isinstance(made, Direct):
            self._reply(turn, made.purpose, reply)
        elif (handler := self._answers.get(made.action)) is not None:
            handler(turn, made, reply)

    # -- calls of the CSMS ---------------------------------------------------------------------------------

    def _called_in(self, turn: Turn, given: inputs.CalledIn) -> None:
        called = given.called
        done = turn.get(Answered)
        asked = called.connection, called.message_id
        if done is not None and (done.connection, done.message_id) == asked:
            again = CalledReply(payload=done.payload, code=done.code, description=done.description)
            turn.effects.append(AnswerCall(given.tag, again))
            return
        in_hand = self.live.in_hand
        for tag in [tag for tag, each in in_hand.items() if (each.connection, each.message_id) == asked]:
            del in_hand[tag]  # the link that asked first is gone
        in_hand[given.tag] = called
        if turn.live.rejected and not _asks_for_boot(called):  # B03.FR.08
            turn.refuse(given.tag, Code.SECURITY_ERROR, "the boot of this station was rejected")
            return
        handler: Callable[[Turn, int, Any], None] | None = None
        if (kind := payloads.REQUESTS.get(called.action)) is not None:
            handler = self._requests.get(kind)
        if kind is None or handler is None:
            known = called.action in schemas.actions(called.ocpp_version)
            turn.refuse(
                given.tag,
                Code.NOT_SUPPORTED if known else Code.NOT_IMPLEMENTED,
                f"{called.action} is not served here",
            )
            return
        try:
            request: Any = payloads.of_text(kind, called.payload)
        except RefusalError as refusal:
            turn.refuse(given.tag, refusal.code, refusal.problem)
        else:
            handler(turn, given.tag, request)

    # -- the station ---------------------------------------------------------------------------------------

    def _asked(self, turn: Turn, given: inputs.Asked) -> None:
        self._commands[type(given.command)](turn, given.tag, given.command)

    def _said(self, turn: Turn, given: inputs.Said) -> None:
        for handler in self._news.get(type(given.news), ()):
            handler(turn, given.peer, given.news)

    def _replied(self, turn: Turn, given: inputs.Replied) -> None:
        self._reply(turn, given.purpose, given.reply)

    def _reply(self, turn: Turn, purpose: inputs.Purpose, reply: Any) -> None:
        self._replies[purpose.name](turn, purpose.context, reply)

    def _fired(self, turn: Turn, given: inputs.Fired) -> None:
        word, _, rest = given.timer.partition(" ")
        if word != queue.TIMER:
            self._timers[word](turn, rest)


def _asks_for_boot(called: Called) -> bool:
    asked = called.action == "TriggerMessage" and json.loads(called.payload).get("requestedMessage")
    return bool(asked == "BootNotification")


_INPUTS: Final[Mapping[type, Callable[[ChargePoint, Turn, Any], None]]] = MappingProxyType(
    {
        inputs.Resumed: ChargePoint._resumed,  # noqa: SLF001  # the table belongs to the class
        inputs.LinkSaid: ChargePoint._link_said,  # noqa: SLF001  # as above
        inputs.CallEnded: ChargePoint._call_ended,  # noqa: SLF001  # as above
        inputs.CalledIn: ChargePoint._called_in,  # noqa: SLF001  # as above
        inputs.Asked: ChargePoint._asked,  # noqa: SLF001  # as above
        inputs.Said: ChargePoint._said,  # noqa: SLF001  # as above
        inputs.Replied: ChargePoint._replied,  # noqa: SLF001  # as above
        inputs.Fired: ChargePoint._fired,  # noqa: SLF001  # as above
    }
)
