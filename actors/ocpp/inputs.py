"""What a charge point is told, and what it wants done. Declarations.

Inputs come from the actor and are fed to the core in `charge_point`; effects go back to it, to be carried out
in their order once the change behind them is durable.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.messages import Called, CalledReply, CallReply, LinkOrders, LinkState, LogOrders
    from protocols.message import Command, Reply, Var


class Target(enum.StrEnum):
    """Whom the charge point speaks to, by its requirements (M9.4); evse_manager n is EVSE n."""

    EVSE_MANAGER = "evse_manager"
    SYSTEM = "system"
    SECURITY = "security"
    AUTH = "auth"
    DATA_TRANSFER = "data_transfer"
    DISPLAY_MESSAGE = "display_message"
    RESERVATION = "reservation"
    ENERGY_SINK = "evse_energy_sink"
    EXTENSIONS_15118 = "extensions_15118"


@dataclass(frozen=True, slots=True)
class Peer:
    """One connection of a requirement."""

    target: Target
    number: int = 1
    """EVSE number for those that belong to an EVSE, else the place in the site file, from 1."""


# -- inputs ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Resumed:
    """A new life begins with what the journal has given; the site is complete."""


@dataclass(frozen=True, slots=True)
class LinkSaid:
    """How the link is."""

    state: LinkState


@dataclass(frozen=True, slots=True)
class CallEnded:
    """What became of a call of ours; None: nobody knows, the link died."""

    message_id: str
    reply: CallReply | None


@dataclass(frozen=True, slots=True)
class CalledIn:
    """The CSMS asks for something; `tag` names who is to be answered."""

    tag: int
    called: Called


@dataclass(frozen=True, slots=True)
class Asked:
    """A command of one of our interfaces; `tag` names who is to be answered."""

    tag: int
    command: Command


@dataclass(frozen=True, slots=True)
class Said:
    """A variable of one of those we are connected to."""

    peer: Peer
    news: Var


@dataclass(frozen=True, slots=True)
class Replied:
    """Somebody has answered a command of ours, or `Failure` says why not."""

    purpose: Purpose
    reply: Reply


@dataclass(frozen=True, slots=True)
class Fired:
    """A timer has run out."""

    timer: str


Input = Resumed | LinkSaid | CallEnded | CalledIn | Asked | Said | Replied | Fired


# -- effects -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a command is asked for: the block's name of it, and what the block wants back with the reply."""

    name: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """Say how the link, or the message log, shall be."""

    orders: LinkOrders | LogOrders


@dataclass(frozen=True, slots=True)
class SendCall:
    """Have the link send a call; its fate comes as `CallEnded`."""

    message_id: str
    action: str
    payload: str


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Answer a call of the CSMS."""

    tag: int
    reply: CalledReply


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask somebody for something; the reply comes as `Replied`."""

    peer: Peer
    command: Command
    purpose: Purpose
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a command of one of our interfaces."""

    tag: int
    reply: Reply


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish a variable of one of our interfaces."""

    news: Var
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Start a timer, again if it runs."""

    timer: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel a timer if it runs."""

    timer: str


@dataclass(frozen=True, slots=True)
class Note:
    """Log a line."""

    event: str
    fields: Mapping[str, object]
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Complain:
    """Raise an error of our own; one of its subject that stands already stays as it is."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """Clear the error of a subject."""

    subject: str


Effect = Order | SendCall | AnswerCall | Ask | Answer | Publish | Start | Cancel | Note | Complain | Content
