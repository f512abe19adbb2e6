"""What a session costs, and the texts and tariffs that say so.

Amounts are whole numbers of minor units; see `protocols.types.money`.

Mirror of EVerest's types file `session_cost`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message
from protocols.types import authorization, display_message, money, text_message


@message
class DefaultPrice:
    """What charging costs here by default, as text for users."""

    messages: tuple[text_message.MessageContent, ...]
    """The same in several languages, the configured one first."""


@message
class TariffMessage:
    """What charging costs one user, as text for them."""

    ocpp_transaction_id: str | None = None
    """The transaction it is for."""
    identifier_id: str | None = None
    """The session, token or transaction it is for."""
    identifier_type: display_message.IdentifierType | None = None
    """How to read `identifier_id`; absent means a session id."""
    messages: tuple[text_message.MessageContent, ...]
    """The same in several languages."""
    pre_authorized_amount: money.MoneyAmount | None = None
    """What a card terminal blocks on the account at the start."""


@message
class IdlePrice:
    """What it costs to stay plugged in without charging."""

    grace_minutes: int | None = None
    """Free of charge after the end of charging."""
    hour_price: money.Price | None = None
    """Price of an hour."""


class CostCategory(enum.StrEnum):
    """What a part of the cost is for."""

    ENERGY = "Energy"
    TIME = "Time"
    FLAT_FEE = "FlatFee"
    """Once for the session."""
    OTHER = "Other"


@message
class ChargingPriceComponent:
    """The price of one category."""

    category: CostCategory | None = None
    price: money.Price | None = None


@message
class NextPeriodPrice:
    """What charging costs from one moment on."""

    timestamp_from: Timestamp
    """That moment."""
    charging_price: tuple[ChargingPriceComponent, ...]
    idle_price: IdlePrice | None = None
    """Absent when staying costs nothing."""


@message
class SessionCostChunk:
    """One part of a session's cost."""

    timestamp_from: Timestamp | None = None
    timestamp_to: Timestamp | None = None
    metervalue_from_wh: Annotated[int | None, Field(alias="metervalue_from")] = None
    """Import register at the beginning."""
    metervalue_to_wh: Annotated[int | None, Field(alias="metervalue_to")] = None
    """Import register at the end."""
    cost: money.MoneyAmount | None = None
    """In the currency of the session."""
    category: CostCategory | None = None


class SessionStatus(enum.StrEnum):
    """Whether the cost may still grow."""

    RUNNING = "Running"
    IDLE = "Idle"
    """Plugged in, not charging."""
    FINISHED = "Finished"
    """The cost is final."""


@message
class SessionCost:
    """What a session has cost so far, or in the end: the sum of its chunks."""

    id_tag: authorization.ProvidedIdToken | None = None
    """Who pays."""
    session_id: str
    currency: money.Currency
    """Of all chunks."""
    cost_chunks: tuple[SessionCostChunk, ...] | None = None
    idle_price: IdlePrice | None = None
    charging_price: tuple[ChargingPriceComponent, ...] | None = None
    """While charging."""
    next_period: NextPeriodPrice | None = None
    """What will hold then."""
    status: SessionStatus
    message: tuple[text_message.MessageContent, ...] | None = None
    """The same as text in several languages."""
    qr_code: str | None = None
    """Content of a QR code that leads to more, the invoice for instance."""
