"""What charging costs: `session_cost` (I01 to I06; rows S8.21, S8.22).

The CSMS says what a session costs and what its tariff is called; the texts of `TariffCostCtrlr` stand in for
it: what charging costs by default is published whenever that is another text than before, and a transaction
that ends while nobody can say its cost gets the text for that. A text in further languages stands in
instances of its variable, which are called like the languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ocpp.v21 import call, call_result

from actors.ocpp.block import Block
from actors.ocpp.blocks import transaction_limits
from actors.ocpp.blocks.transaction_entries import by_id, changed, online
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.names import AttributeName
from protocols import types
from protocols.interfaces import session_cost
from protocols.ocpp.numbers import exact
from protocols.types.text_message import MessageContent

if TYPE_CHECKING:
    from decimal import Decimal

    from actors.ocpp.blocks.transaction_entries import Transaction
    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.device_model.requests import Change
    from actors.ocpp.device_model.steering import Steering
    from actors.ocpp.turn import Turn

MOST_MINOR_UNITS: Final = 2**63 - 1
"""What an amount can hold; nobody owes so much."""
IN_LANGUAGES: Final = (variables.TARIFF_TEXT, variables.OFFLINE_TARIFF_TEXT, variables.COST_TEXT)
"""Variables that are read with all their instances."""


@dataclass(slots=True)
class Told:
    """What was published in this life; None: nothing yet."""

    default: tuple[MessageContent, ...] | None = None


def texts(model: DeviceModel, variable: Steering[str]) -> tuple[MessageContent, ...]:
    """A text in all its languages, that without one first; empty ones are left out."""
    component = variable.at().component
    declared = model.components[component].variables if component in model.components else {}
    wanted = variable.variable.key[0]
    names = sorted(name for name in declared if name.key[0] == wanted)
    found = ((name.instance, model.value(AttributeName(component, name))) for name in names)
    return tuple(MessageContent(language=language, content=text) for language, text in found if text)


# -- the default ---------------------------------------------------------------------------------------------


def announce(turn: Turn) -> None:
    """Publish what charging costs by default, if that is news (S8.22)."""
    now = _default(turn)
    told = turn.live.of(Told)
    if now != (told.default or ()):
        told.default = now
        price = types.session_cost.DefaultPrice(messages=now)
        turn.publish(session_cost.DefaultPrice(price=price), retain=True)


def _default(turn: Turn) -> tuple[MessageContent, ...]:
    model = turn.model
    if not model.read(variables.TARIFF_ENABLED):
        return ()
    offline = () if online(turn) else texts(model, variables.OFFLINE_TARIFF_TEXT)
    return offline or texts(model, variables.TARIFF_TEXT)


def _changed(turn: Turn, changes: tuple[Change, ...]) -> None:
    if any(each.name.component == variables.TARIFF_TEXT.at().component for each in changes):
        announce(turn)


# -- of one session ------------------------------------------------------------------------------------------


def _updated(turn: Turn, tag: int, request: call.CostUpdated) -> None:
    """I02: what a transaction costs so far. Its answer can say nothing, so a stranger's is only logged."""
    turn.respond(tag, call_result.CostUpdated())
    transaction = by_id(turn, request.transaction_id)
    if transaction is None:
        turn.note("cost_of_no_transaction", warning=True, transaction=request.transaction_id)
        return
    total = exact(request.total_cost)
    cost(turn, transaction, total, final=transaction.ended)
    if not transaction.ended:
        transaction_limits.watch(turn, changed(turn, transaction, cost=total))


def cost(turn: Turn, transaction: Transaction, total: Decimal, *, final: bool) -> None:
    """S8.21. The total as one part; without a known currency the amount stands alone."""
    if not turn.model.read(variables.COST_ENABLED):
        return
    currency = _currency(turn)
    minor_units = int((total * 10**currency.decimals).to_integral_value())
    if abs(minor_units) > MOST_MINOR_UNITS:
        turn.note("cost_unreadable", warning=True, transaction=transaction.transaction_id)
        return
    amount = types.money.MoneyAmount(minor_units=minor_units)
    status = types.session_cost.SessionStatus
    turn.publish(
        session_cost.SessionCost(
            cost=types.session_cost.SessionCost(
                session_id=transaction.session_id,
                id_tag=transaction.token,
                currency=currency,
                cost_chunks=(types.session_cost.SessionCostChunk(cost=amount),),
                status=status.FINISHED if final else status.RUNNING,
            )
        )
    )


def unknown_cost(turn: Turn, transaction: Transaction) -> None:
    """A transaction has ended, and nobody can be asked what it has cost."""
    message = texts(turn.model, variables.COST_TEXT)
    if not message or not turn.model.read(variables.COST_ENABLED):
        return
    turn.publish(
        session_cost.SessionCost(
            cost=types.session_cost.SessionCost(
                session_id=transaction.session_id,
                id_tag=transaction.token,
                currency=_currency(turn),
                status=types.session_cost.SessionStatus.FINISHED,
                message=message,
            )
        )
    )


def _currency(turn: Turn) -> types.money.Currency:
    code = turn.model.find(variables.CURRENCY)
    known = {each.value for each in types.money.CurrencyCode}
    return types.money.Currency(
        code=types.money.CurrencyCode(code) if code in known else None,
        decimals=turn.model.read(variables.COST_DECIMALS),
    )


def tariff(turn: Turn, transaction: Transaction, text: MessageContent) -> None:
    """What the CSMS lets the user of a transaction know (S8.22, S15.3)."""
    if turn.model.read(variables.TARIFF_ENABLED):
        message = types.session_cost.TariffMessage(
            ocpp_transaction_id=transaction.transaction_id,
            identifier_id=transaction.session_id,
            identifier_type=types.display_message.IdentifierType.SESSION_ID,
            messages=(text,),
        )
        turn.publish(session_cost.TariffMessage(tariff=message))


BLOCK: Final = Block(
    name="prices",
    requests={call.CostUpdated: _updated},
    resumed=announce,
    link_said=announce,
    changed=_changed,
)
