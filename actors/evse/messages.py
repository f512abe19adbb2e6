"""What the manager of an EVSE tells the site's authorization beyond its EVerest interface.

Session events are news and are not said twice. `EvseCondition` says how things are, so whoever was away can
catch up. The manager publishes it under its `evse_manager` name, retained: once it has recovered, and after
each change that it has committed, behind the session events of that change and before it answers the command
that caused it. Nothing in it contradicts a session event that was published before.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols import types
from protocols.message import Command, ExactNumber, Timestamp, Var, message


class Phase(enum.StrEnum):
    """How far the session of an EVSE has come."""

    IDLE = "Idle"
    """No session: nobody is plugged in, and nobody may charge."""
    SESSION = "Session"
    """A car is plugged in or a token is accepted, but there is no transaction."""
    TRANSACTION = "Transaction"
    """From `TransactionStarted` to `TransactionFinished`."""
    OVER = "Over"
    """The transaction is over and the car still there: it charges again only once it was unplugged."""


class Flow(enum.StrEnum):
    """What a transaction is at."""

    NONE = "None"
    """Not charging yet, or not any more."""
    CHARGING = "Charging"
    PAUSED_BY_EV = "PausedByEv"
    PAUSED_BY_EVSE = "PausedByEvse"


@message
class OutletCondition:
    """One connector of the EVSE."""

    connector_id: Annotated[int, Field(ge=1)]
    enabled: bool = True
    """False: out of service by `enable_disable`, of itself or of the whole EVSE."""
    faulted: bool = False
    """An error makes it inoperative, its own or one of the whole EVSE."""
    locked: bool | None = None
    """Whether the plug is held, by the lock's feedback where it has any; None: there is no lock, or nothing
    is known of it yet."""


@message
class EvseCondition(Var):
    """One EVSE as it stands."""

    evse_id: Annotated[int, Field(ge=1)]
    grants_taken: Annotated[int, Field(ge=0)] = 0
    """How many `AuthorizeResponse` with status Accepted were ever taken in and committed, over all lives.

    One that finds the EVSE unable to use it (reserved for somebody else, session over, out of service) counts
    as well: it is answered, and `token` tells that it has led to nothing. So nobody has to guess whether a
    command was carried out whose answer is missing.
    """
    grants_used: Annotated[int, Field(ge=0)] = 0
    """Which of them the last transaction has begun with: `grants_taken` as it was right behind that one.

    0: none has. It tells of a transaction that began and ended while nobody was listening."""
    phase: Phase = Phase.IDLE
    flow: Flow | None = None
    """In phase Transaction."""
    session_id: str = ""
    """As in the session events; empty while idle."""
    connector_id: int | None = None
    """The outlet that the session is on, once it is known."""
    plugged_in: bool = False
    plugged_in_at: Timestamp | None = None
    """Since when, so that cars can be served in the order in which they came."""
    token: types.authorization.ProvidedIdToken | None = None
    """Whom the session is authorized for, as given with the grant; kept until the session ends unless the
    grant is withdrawn."""
    presented: types.authorization.ProvidedIdToken | None = None
    """A token of its own, the car's contract or address, that was published and that nobody has answered yet.

    Publishing reaches nobody who is away; whoever comes back finds here what it has missed."""
    start_reading: types.powermeter.Powermeter | None = None
    """What the meter showed when the transaction of the session began."""
    ended: types.evse_manager.SessionEvent | None = None
    """`TransactionFinished` of the last transaction that is over, to the byte as it was published: for who
    knows how it began and was away when it ended."""
    reservation_id: int | None = None
    """What the EVSE is held for, by `Reserve`; negative: all reservations together need it."""
    connectors: Annotated[tuple[OutletCondition, ...], Field(min_length=1)]


@message
class SessionSoFar(Var):
    """The session at hand with its moments, for those who show it; retained as `EvseCondition` is.

    Whoever was away cannot learn them from news. Without a session it says nothing but the defaults.
    """

    session_id: str = ""
    began: Timestamp | None = None
    reason: types.evse_manager.StartSessionReason | None = None
    provided_at: Timestamp | None = None
    """The car's own token, a contract or an address, was handed to authorization."""
    authorized_at: Timestamp | None = None
    transaction_began: Timestamp | None = None
    start_import_wh: ExactNumber | None = None
    """The import register at the transaction's beginning."""
    stopping: types.evse_manager.StopTransactionReason | None = None
    """Why it is at its end."""
    finished: bool = False
    """The transaction has finished."""
    evidence: bool = False
    """Whether a log of it is kept (`session_logging`)."""


@message
class OutlivePowerLoss(Command):
    """For tests: whether a transaction that is open at the next start of the whole site goes on then, as over
    any death of its manager, instead of ending with PowerLoss (M6.23). Holds for that one start.
    """

    keep: bool
