"""One input's worth of work: blocks read, change and order through this. Pure."""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from actors.ocpp.entries import Answered, Numbered, Queued, Rank, Weight
from actors.ocpp.inputs import (
    Answer,
    AnswerCall,
    Ask,
    Cancel,
    Complain,
    Content,
    Note,
    Peer,
    Publish,
    Purpose,
    Start,
    Target,
)
from actors.ocpp.live import Direct
from actors.ocpp.messages import CalledReply
from protocols.ocpp import payloads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.inputs import Effect
    from actors.ocpp.live import Live
    from actors.ocpp.settings import Settings
    from actors.ocpp.tables import Entry, Overlay
    from protocols.message import Command, Reply, Var
    from protocols.ocpp.errors import Code
    from protocols.ocpp.version import Version

E = TypeVar("E", bound="Entry")
ASK_S = 10.0
"""How long an answer of another actor is waited for."""


class Turn:
    """What blocks see of a charge point while it takes one input."""

    def __init__(
        self, overlay: Overlay, live: Live, model: DeviceModel, settings: Settings, now: datetime
    ) -> None:
        self.overlay = overlay
        self.live = live
        self.model = model
        self.settings = settings
        self.now = now
        self.effects: list[Effect] = []

    # -- entries ---------------------------------------------------------------------------------------------

    def get(self, kind: type[E], key: str = "") -> E | None:
        """A durable entry, or None."""
        return self.overlay.get(kind, key)

    def all(self, kind: type[E]) -> Iterator[E]:
        """All durable entries of a class, the oldest first."""
        return self.overlay.all(kind)

    def put(self, entry: Entry) -> None:
        """Keep an entry, in place of the one with its key."""
        self.overlay.put(entry)

    def drop(self, kind: type[E], key: str = "") -> None:
        """Forget an entry."""
        self.overlay.drop(kind, key)

    def number(self) -> int:
        """A number that was never given out."""
        last = self.get(Numbered)
        number = 1 if last is None else last.last + 1
        self.put(Numbered(last=number))
        return number

    @property
    def version(self) -> Version:
        """What is spoken; without a connection, what was spoken last or is preferred."""
        link = self.live.link
        return (link.ocpp_version if link is not None else None) or self.settings.preferred_version

    # -- towards the CSMS ------------------------------------------------------------------------------------

    def send(
        self,
        payload: object,
        *,
        rank: Rank = Rank.OTHER,
        weight: Weight = Weight.NEWS,
        keep_s: float | None = None,
        transaction_id: str = "",
    ) -> Queued:
        """Queue a request (a dataclass of `ocpp.v21.call`); it is durable before it goes out.

        Its fate goes to the block that has its action in `answers`. Nothing is queued after `ocpp.Stop`.
        """
        queued = Queued(
            number=self.number(),
            message_id=self._message_id(),
            action=payloads.action_of(payload),
            payload=payloads.to_text(payload),
            rank=rank,
            weight=weight,
            made_at=self.now,
            keep_s=keep_s,
            transaction_id=transaction_id,
        )
        if not self.live.stopped:
            self.put(queued)
            self.live.waiting.add(queued)
        return queued

    def unqueue(self, queued: Queued) -> int:
        """Forget a message; return the bytes it took."""
        self.drop(Queued, queued.key)
        return self.live.waiting.remove(queued)

    def call(self, payload: object, purpose: str, **context: Any) -> bool:
        """Send a request somebody waits for, before all that is queued; it is not durable.

        Its fate goes to the block that has `purpose` in `replies`, as a `CallReply`; at once NotSent without
        a connection: then nothing happens, and False is returned.
        """
        if not self.live.online or self.live.stopped:
            return False
        made = Direct(
            self._message_id(),
            payloads.action_of(payload),
            payloads.to_text(payload),
            Purpose(purpose, context),
        )
        self.live.direct.append(made)
        return True

    def _message_id(self) -> str:
        return str(uuid.UUID(int=self.settings.chance.getrandbits(128), version=4))

    def respond(self, tag: int, payload: object) -> None:
        """Answer a call of the CSMS (a dataclass of `ocpp.v21.call_result`), once."""
        self._respond(tag, CalledReply(payload=payloads.to_text(payload)))

    def refuse(self, tag: int, code: Code, description: str) -> None:
        """Answer a call of the CSMS with an error."""
        self._respond(tag, CalledReply(code=code.value, description=description))

    def _respond(self, tag: int, reply: CalledReply) -> None:
        called = self.live.in_hand.pop(tag, None)
        if called is None:
            self.note("answered_twice", warning=True, tag=tag)
            return
        self.put(
            Answered(
                message_id=called.message_id,
                payload=reply.payload,
                code=reply.code,
                description=reply.description,
                connection=called.connection,
            )
        )
        self.effects.append(AnswerCall(tag, reply))

    # -- towards the station ---------------------------------------------------------------------------------

    def ask(
        self,
        target: Target,
        command: Command,
        purpose: str,
        *,
        number: int = 1,
        deadline_s: float = ASK_S,
        **context: Any,
    ) -> None:
        """Ask somebody; the reply goes to the block that has `purpose` in `replies`."""
        self.effects.append(Ask(Peer(target, number), command, Purpose(purpose, context), deadline_s))

    def is_connected(self, target: Target, number: int = 1) -> bool:
        """Whether the site file connects somebody there."""
        return Peer(target, number) in self.settings.peers

    def publish(self, news: Var, *, retain: bool = False) -> None:
        """Publish a variable under the one of our names that has its interface."""
        self.effects.append(Publish(news, retain))

    def answer(self, tag: int, reply: Reply) -> None:
        """Answer a command of one of our interfaces, once."""
        self.effects.append(Answer(tag, reply))

    def start(self, timer: str, after_s: float) -> None:
        """Start a timer; it goes to the block that has the first word of its name in `timers`."""
        self.effects.append(Start(timer, max(0.0, after_s)))

    def cancel(self, timer: str) -> None:
        """Cancel a timer."""
        self.effects.append(Cancel(timer))

    def complain(self, subject: str, text: str) -> None:
        """Raise an error of our own: something is wrong that people should see to."""
        self.effects.append(Complain(subject, text))

    def content(self, subject: str) -> None:
        """Clear it."""
        self.effects.append(Content(subject))

    def note(self, event: str, *, warning: bool = False, **fields: object) -> None:
        """Log a line."""
        self.effects.append(Note(event, fields, warning))


def chance(seed: int | None = None) -> random.Random:
    """Where message ids and random waits come from: the system's, or a seed's for tests."""
    return random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311  # the test's own wish
