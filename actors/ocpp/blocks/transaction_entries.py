"""What is kept of transactions: EVSEs as they stand, and transactions. Declarations and look-up."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ocpp.v21.enums import ChargingStateEnumType

from protocols.message import ExactNumber, Timestamp, message
from protocols.types.authorization import ProvidedIdToken
from protocols.types.evse_manager import StopTransactionReason
from protocols.types.powermeter import Powermeter

if TYPE_CHECKING:
    from actors.ocpp.turn import Turn


@message
class Standing:
    """How an EVSE stands, as far as it matters to transactions."""

    evse_id: int
    session_id: str = ""
    """Of the EVSE manager; empty: nobody is there."""
    connector_id: int | None = None
    bay: bool = False
    """A car stands in the parking bay, by its sensor; without one it is there once it is plugged in."""
    plugged: bool = False
    token: ProvidedIdToken | None = None
    """Who may charge; None: nobody is authorized, or not any more."""
    charging_state: ChargingStateEnumType = ChargingStateEnumType.idle
    transferring: bool = False
    """Energy flows."""
    flow_from_wh: ExactNumber | None = None
    """Charging was said to have begun, with this register; energy is not yet seen to flow."""
    signed: bool = False
    """The meter has signed the start."""
    reservation_id: int | None = None
    faulted: bool = False
    """An error makes it inoperative: no transaction begins (S17.5)."""
    withheld: bool = False
    """A start point was reached while it was so."""
    transaction_id: str = ""
    """Of the transaction that runs."""
    heard: tuple[str, ...] = ()
    """Fingerprints of the last session events: a manager's successor may say them again."""
    over: tuple[str, ...] = ()
    """The last sessions that are over."""

    @property
    def key(self) -> str:
        """By its EVSE."""
        return str(self.evse_id)


@message
class Limits:
    """How far a transaction may go, as far as the CSMS has said so (E16)."""

    energy_wh: ExactNumber | None = None
    time_s: int | None = None
    """From its start."""
    soc_percent: int | None = None
    cost: ExactNumber | None = None
    """In the currency of the tariff."""
    reached: str = ""
    """The limit that is reached, by its name in OCPP; empty: none."""
    told: bool = False
    """The CSMS has been told that it is."""


@message
class Transaction:
    """A transaction of OCPP. It is kept until the CSMS has answered its end."""

    transaction_id: str
    evse_id: int
    session_id: str
    started_at: Timestamp
    seq_no: int = 0
    """Of its next event."""
    told_at: Timestamp | None = None
    """The time of its last event."""
    token: ProvidedIdToken | None = None
    """As it was told to the CSMS, once."""
    connector_told: bool = False
    reservation_told: bool = False
    key_told: bool = False
    """The meter's public key has gone out (`OncePerTransaction`)."""
    state_told: ChargingStateEnumType | None = None
    meter_start: Powermeter | None = None
    last_reading: Powermeter | None = None
    """As of its last event."""
    stopping: StopTransactionReason | None = None
    """What has initiated its end."""
    energy_limit_wh: ExactNumber | None = None
    """So much may be delivered after the CSMS has refused its token (M10.12)."""
    held: bool = False
    """It has had that energy, and is paused for good."""
    limits: Limits = Limits()
    cost: ExactNumber | None = None
    """What it has cost so far, as the CSMS has said."""
    resumes: bool = False
    """It is from before a restart of the site, and the EVSE has not yet said that it goes on."""
    suspended: bool = False
    """It has survived a restart of the site, and no energy is to flow in it any more (E17)."""
    silent: bool = False
    """It began while the CSMS was not to be told of anything (S8.10), and is never told."""
    ended: bool = False

    @property
    def key(self) -> str:
        """By its id."""
        return self.transaction_id


@message
class SiteLife:
    """The life of the site in which this station was last alive."""

    site_life: str
    alive_at: Timestamp
    online: bool = False
    """There was a connection, as far as the link has said."""

    @property
    def key(self) -> str:
        """There is one."""
        return ""


def alive(turn: "Turn", *, online: bool) -> None:
    """Write down that the site lives, and whether it can be reached."""
    turn.put(SiteLife(site_life=turn.settings.site_life, alive_at=turn.now, online=online))


def online(turn: "Turn") -> bool:
    """Whether there is a connection; before the link has spoken in this life, whether there was one."""
    if turn.live.link is not None:
        return turn.live.online
    life = turn.get(SiteLife)
    return life is not None and life.site_life == turn.settings.site_life and life.online


def standing(turn: "Turn", evse_id: int) -> Standing:
    """How an EVSE stands."""
    return turn.get(Standing, str(evse_id)) or Standing(evse_id=evse_id)


def by_id(turn: "Turn", transaction_id: str) -> Transaction | None:
    """A transaction that runs, or whose end the CSMS has not answered yet."""
    return turn.get(Transaction, transaction_id)


def running(turn: "Turn", evse_id: int) -> Transaction | None:
    """The transaction that runs on an EVSE."""
    transaction_id = standing(turn, evse_id).transaction_id
    return by_id(turn, transaction_id) if transaction_id else None


def all_running(turn: "Turn") -> Iterator[Transaction]:
    """The transactions that run, EVSE by EVSE."""
    for evse_id in turn.settings.evses:
        if (found := running(turn, evse_id)) is not None:
            yield found


def changed(turn: "Turn", transaction: Transaction, **fields: object) -> Transaction:
    """Keep a transaction with other values."""
    made = replace(transaction, **fields)  # type: ignore[arg-type]  # as replace itself: by the field's name
    turn.put(made)
    return made
