"""What authorization is told, and what it wants done. Declarations.

Inputs come from the actor and are fed to `desk`; effects go back to it, to be carried out in their order once
the change behind them is durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from actors.auth.entries import Errand, Said
    from actors.evse.messages import EvseCondition
    from protocols.message import Command, Reply
    from protocols.types.authorization import ProvidedIdToken, ValidationResult, ValidationResultUpdate
    from protocols.types.evse_manager import Evse as EvseSaid
    from protocols.types.evse_manager import SessionEvent
    from protocols.types.reservation import Reservation


@dataclass(frozen=True, slots=True)
class Resumed:
    """A new life begins with what the journal has given."""


@dataclass(frozen=True, slots=True)
class Presented:
    """Somebody wants to charge, or to stop."""

    token: ProvidedIdToken


@dataclass(frozen=True, slots=True)
class Judged:
    """A validator has answered; `last`: nobody else will."""

    number: int
    result: ValidationResult | None
    last: bool = False


@dataclass(frozen=True, slots=True)
class RequestLost:
    """The actor that asks the validators for a token is gone."""

    number: int


@dataclass(frozen=True, slots=True)
class VerdictChanged:
    """A validator's second thoughts (M2.17)."""

    update: ValidationResultUpdate


@dataclass(frozen=True, slots=True)
class EvseKnown:
    """An EVSE's manager has said which connectors it has."""

    evse: EvseSaid


@dataclass(frozen=True, slots=True)
class SessionNews:
    """A session event of an EVSE."""

    evse_id: int
    event: SessionEvent


@dataclass(frozen=True, slots=True)
class ConditionSaid:
    """An EVSE's manager says how things are."""

    condition: EvseCondition


@dataclass(frozen=True, slots=True)
class Answered:
    """An EVSE's manager has answered an errand, or nobody has."""

    evse_id: int
    errand: int
    reply: Reply


@dataclass(frozen=True, slots=True)
class Probed:
    """Everything an EVSE's manager had said before is known now; `alive` False: it gives no sign."""

    evse_id: int
    alive: bool


@dataclass(frozen=True, slots=True)
class Fired:
    """A timer."""

    name: str


@dataclass(frozen=True, slots=True)
class Published:
    """What was said up to this number has been published."""

    number: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A command of the interfaces; `tag` finds whoever waits for the answer."""

    tag: int
    command: Command


@dataclass(frozen=True, slots=True)
class Recalled:
    """Reservations that the key-value store has kept and this journal has not (M4.9)."""

    reservations: tuple[Reservation, ...]


Input: TypeAlias = (
    Resumed
    | Presented
    | Judged
    | RequestLost
    | VerdictChanged
    | EvseKnown
    | SessionNews
    | ConditionSaid
    | Answered
    | Probed
    | Fired
    | Published
    | Asked
    | Recalled
)


@dataclass(frozen=True, slots=True)
class Say:
    """Publish."""

    said: Said


@dataclass(frozen=True, slots=True)
class Validate:
    """Have the validators asked."""

    number: int
    token: ProvidedIdToken


@dataclass(frozen=True, slots=True)
class Do:
    """Ask an EVSE's manager for an errand."""

    evse_id: int
    errand: Errand


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask an EVSE's manager for a sign of life, behind what it has said before."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class Start:
    """Start a timer; one of that name is replaced."""

    name: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel a timer."""

    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a command."""

    tag: int
    reply: Reply


@dataclass(frozen=True, slots=True)
class Keep:
    """Put the reservations into the key-value store."""

    reservations: tuple[Reservation, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Log a line."""

    event: str
    fields: dict[str, object]
    warning: bool = False


Effect: TypeAlias = Say | Validate | Do | Probe | Start | Cancel | Answer | Keep | Note
