"""How far a transaction may go (OCPP 2.1, E16; row M10.12 for tokens that are refused later).

The EVSE manager knows none of these limits, so meter, car, clock and costs are watched here. Who reaches one
is paused and told of with the limit's own trigger, in the event of the pause where there is one (E16.FR.05);
a limit that is raised afterwards lets it go on (E16.FR.14). Where EnergyTransfer is a stop point, the pause
ends the transaction, and the limit is the reason (E16.FR.06).

A limit that the CSMS does not name stays as it is. Costs are as the CSMS has told them last (E16.FR.15).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ocpp.v21 import datatypes
from ocpp.v21.enums import ChargingStateEnumType as State
from ocpp.v21.enums import TransactionEventEnumType as Kind
from ocpp.v21.enums import TriggerReasonEnumType as Trigger

from actors.ocpp.blocks import transaction_events, transaction_orders
from actors.ocpp.blocks.metering_readings import reading_of
from actors.ocpp.blocks.transaction_entries import (
    Limits,
    Transaction,
    all_running,
    changed,
    running,
    standing,
)
from actors.ocpp.device_model import steering
from protocols.ocpp.numbers import exact
from protocols.types.evse_manager import StopTransactionReason as Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.turn import Turn

SUPPORTED: Final = steering.listed("TxCtrlr", "SupportedLimits", None)
ALL: Final = ("maxEnergy", "maxTime", "maxSoC", "maxCost")

TRIGGERS: Final[Mapping[str, Trigger]] = MappingProxyType(
    {
        "maxEnergy": Trigger.energy_limit_reached,
        "maxTime": Trigger.time_limit_reached,
        "maxSoC": Trigger.so_c_limit_reached,
        "maxCost": Trigger.cost_limit_reached,
    }
)
STOPS: Final[Mapping[str, Stop]] = MappingProxyType(
    {
        "maxEnergy": Stop.ENERGY_LIMIT_REACHED,
        "maxTime": Stop.TIME_LIMIT_REACHED,
        "maxSoC": Stop.SOC_LIMIT_REACHED,
        "maxCost": Stop.LOCAL_OUT_OF_CREDIT,
    }
)
"""Why a transaction ends that a limit has ended."""


def resumed(turn: Turn) -> None:
    """Say in the device model which limits are kept, and watch those of the predecessor's transactions."""
    if turn.model.find(SUPPORTED) != ALL:
        turn.model.put(SUPPORTED, ALL)
    for each in list(all_running(turn)):
        watch(turn, each)


def take(turn: Turn, transaction: Transaction, told: datatypes.TransactionLimitType) -> Transaction:
    """The CSMS has set limits, new ones or the same again; those that are new are confirmed (E16.FR.03)."""
    before = transaction.limits
    after = replace(
        before,
        energy_wh=before.energy_wh if told.max_energy is None else exact(told.max_energy),
        time_s=before.time_s if told.max_time is None else told.max_time,
        soc_percent=before.soc_percent if told.max_soc is None else told.max_soc,
        cost=before.cost if told.max_cost is None else exact(told.max_cost),
    )
    if after == before:
        return transaction
    transaction = changed(turn, transaction, limits=after)
    telling = transaction_events.Telling(
        kind=Kind.updated, trigger=Trigger.limit_set, at=turn.now, limits=_worded(after)
    )
    transaction = transaction_events.tell(turn, transaction, standing(turn, transaction.evse_id), telling)
    if after.reached and not _reached(turn, transaction):
        transaction = changed(turn, transaction, limits=replace(after, reached="", told=False))
        if _may_go_on(transaction):
            transaction_orders.go_on(turn, transaction.evse_id, transaction.session_id)
    return transaction


def release(turn: Turn, transaction: Transaction) -> None:
    """The CSMS has come to accept the token it had refused."""
    if transaction.energy_limit_wh is None and not transaction.held:
        return
    freed = changed(turn, transaction, energy_limit_wh=None, held=False)
    if transaction.held and not transaction.limits.reached and _may_go_on(freed):
        transaction_orders.go_on(turn, transaction.evse_id, transaction.session_id)


def suspend(turn: Turn, transaction: Transaction) -> Transaction:
    """Pause what a restart has interrupted for good, for another car may stand there (E17).

    Who wants energy again ends the transaction and begins another one.
    """
    transaction_orders.pause(turn, transaction.evse_id, transaction.session_id)
    return changed(turn, transaction, suspended=True)


def _may_go_on(transaction: Transaction) -> bool:
    return not transaction.held and not transaction.suspended


def _worded(limits: Limits) -> datatypes.TransactionLimitType:
    return datatypes.TransactionLimitType(
        max_energy=None if limits.energy_wh is None else float(limits.energy_wh),
        max_time=limits.time_s,
        max_soc=limits.soc_percent,
        max_cost=None if limits.cost is None else float(limits.cost),
    )


# -- watching ------------------------------------------------------------------------------------------------


def watch(turn: Turn, transaction: Transaction) -> Transaction:
    """Something may have come to a limit; return the transaction as it is then."""
    transaction = _watch_refused(turn, transaction)
    limits = transaction.limits
    if limits.reached:
        return transaction
    if found := _reached(turn, transaction):
        return _pause(turn, transaction, found)
    if limits.time_s is not None:
        turn.start(f"limit {transaction.evse_id}", limits.time_s - _age_s(turn, transaction))
    return transaction


def unwatch(turn: Turn, evse_id: int) -> None:
    """The transaction is over."""
    turn.cancel(f"limit {evse_id}")


def fired(turn: Turn, rest: str) -> None:
    """The time of a transaction may be over."""
    if (transaction := running(turn, int(rest))) is not None:
        watch(turn, transaction)


def _pause(turn: Turn, transaction: Transaction, found: str) -> Transaction:
    evse_id = transaction.evse_id
    waits = standing(turn, evse_id).charging_state is State.charging
    transaction = changed(
        turn, transaction, limits=replace(transaction.limits, reached=found, told=not waits)
    )
    transaction_orders.pause(turn, evse_id, transaction.session_id)
    return transaction if waits else _tell(turn, transaction)


def _tell(turn: Turn, transaction: Transaction) -> Transaction:
    telling = transaction_events.Telling(
        kind=Kind.updated, trigger=TRIGGERS[transaction.limits.reached], at=turn.now
    )
    return transaction_events.tell(turn, transaction, standing(turn, transaction.evse_id), telling)


def cannot_pause(turn: Turn, evse_id: int) -> None:
    """The manager has nothing to pause: no event of it will come, so the limit is told of now."""
    transaction = running(turn, evse_id)
    if transaction is not None and transaction.limits.reached and not transaction.limits.told:
        _tell(turn, changed(turn, transaction, limits=replace(transaction.limits, told=True)))


def trigger_of(turn: Turn, transaction: Transaction, state: State) -> tuple[Trigger, Transaction]:
    """The trigger of a change of the charging state: the limit's, where it is the limit's doing."""
    limits = transaction.limits
    if limits.reached and not limits.told and state is not State.charging:
        transaction = changed(turn, transaction, limits=replace(limits, told=True))
        return TRIGGERS[limits.reached], transaction
    return Trigger.charging_state_changed, transaction


def stop_of(transaction: Transaction) -> Stop | None:
    """Why a transaction ends for want of energy, if a limit is why (E16.FR.06)."""
    return STOPS.get(transaction.limits.reached)


def _reached(turn: Turn, transaction: Transaction) -> str:
    """The first limit that is reached, by its name in OCPP; empty: none."""
    limits = transaction.limits
    ev = reading_of(turn, transaction.evse_id).ev
    soc = None if ev is None else ev.soc_percent
    measured = (
        ("maxEnergy", limits.energy_wh, delivered_wh(turn, transaction)),
        ("maxTime", limits.time_s, _age_s(turn, transaction)),
        ("maxSoC", limits.soc_percent, soc),
        ("maxCost", limits.cost, transaction.cost),
    )
    for name, limit, value in measured:
        if limit is not None and value is not None and value >= limit:
            return name
    return ""


def _age_s(turn: Turn, transaction: Transaction) -> float:
    return (turn.now - transaction.started_at).total_seconds()


def delivered_wh(turn: Turn, transaction: Transaction) -> Decimal:
    """What the car has got; without a reading nothing is known to have been delivered."""
    meter, start = reading_of(turn, transaction.evse_id).meter, transaction.meter_start
    if meter is None or start is None:
        return Decimal(0)
    return meter.energy_wh_import.total_wh - start.energy_wh_import.total_wh


def _watch_refused(turn: Turn, transaction: Transaction) -> Transaction:
    """Pause a transaction that has had the energy its refused token is good for; a limit of 0 at once."""
    limit_wh = transaction.energy_limit_wh
    if limit_wh is None or delivered_wh(turn, transaction) < limit_wh:
        return transaction
    transaction_orders.pause(turn, transaction.evse_id, transaction.session_id)
    return changed(turn, transaction, energy_limit_wh=None, held=True)
