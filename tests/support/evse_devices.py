"""A connector and a meter of one EVSE as actors that a test plays, and an observer of what the EVSE says.

For simulations, in one process with the test. What lies below the actors outlives them, as hardware does.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from actors.connector.messages import Condition, Contactor, Order, Pin, Supply
from actors.engine.base import SiteActor, handles
from actors.evse.messages import EvseCondition
from protocols.interfaces import auth_token_provider, evse_manager, powermeter
from protocols.message import Command, Reply, message
from protocols.types import powermeter as meter_types
from protocols.types import units
from tests.support.evse import CAPABILITIES

if TYPE_CHECKING:
    from protocols.types.evse_manager import SessionEvent

CONDITIONS: dict[str, Condition] = {}
"""How each outlet is, by the name of its connector."""
ENERGY_WH: defaultdict[str, Decimal] = defaultdict(lambda: Decimal(1000))
SEEN: list[Any] = []
"""What the observer has heard, over all its lives."""
SWITCHED: list[bool] = []
"""Every change of the contactor."""


def reset() -> None:
    """A new station."""
    CONDITIONS.clear()
    ENERGY_WH.clear()
    SEEN.clear()
    SWITCHED.clear()


def events() -> list[SessionEvent]:
    return [each.event for each in SEEN if isinstance(each, evse_manager.SessionEvent)]


@message
class Move(Command):
    """Have the car at an outlet do something."""

    plugged: bool
    wants_power: bool = False


class ConnectorPlayer(SiteActor):
    """Does what it is ordered. Its successor finds the outlet as it was, and waits for an order."""

    def on_start(self) -> None:
        self._name = self.grants[0].name
        CONDITIONS.setdefault(
            self._name, Condition(pin=Pin.A, contactor=Contactor.OPEN, capabilities=CAPABILITIES)
        )
        self._is(order=0, standing=None)

    def _is(self, **changes: Any) -> None:
        before = CONDITIONS[self._name]
        condition = CONDITIONS[self._name] = dataclasses.replace(before, **changes)
        if condition.contactor is not before.contactor:
            SWITCHED.append(condition.contactor is Contactor.CLOSED)
        self.publish(condition, self._name, retain=True)

    @handles(Order)
    def handle_order(self, order: Order) -> Reply:
        condition = CONDITIONS[self._name]
        if condition.standing is None or order.number >= condition.standing.number:
            self._obey(order)
        return Reply()

    def _obey(self, order: Order) -> None:
        condition = CONDITIONS[self._name]
        closed = order.supply is not Supply.OFF and condition.wants_power
        self._is(
            order=order.number,
            standing=order,
            supply=order.supply,
            locked=order.locked,
            contactor=Contactor.CLOSED if closed else Contactor.OPEN,
        )

    @handles(Move)
    def handle_move(self, move: Move) -> Reply:
        condition = CONDITIONS[self._name]
        fresh = move.plugged and not condition.plugged_in
        self._is(
            pin=Pin.C if move.wants_power else Pin.B if move.plugged else Pin.A,
            plugged_in=move.plugged,
            plug_ins=condition.plug_ins + fresh,
            wants_power=move.wants_power,
        )
        if (standing := CONDITIONS[self._name].standing) is not None:
            self._obey(standing)
        return Reply()


class MeterPlayer(SiteActor):
    """Signs what it is asked to. Its successor knows the register, which is the hardware's."""

    def on_ready(self) -> None:
        self._read()

    def _read(self) -> None:
        name = self.grants[0].name
        reading = meter_types.Powermeter(
            timestamp=self.port.clock.now(), energy_wh_import=units.Energy(total_wh=ENERGY_WH[name])
        )
        self.publish(powermeter.Powermeter(powermeter=reading), name, retain=True)

    @handles(powermeter.StartTransaction)
    def handle_start_transaction(self, _cmd: powermeter.StartTransaction) -> powermeter.StartTransactionReply:
        return powermeter.StartTransactionReply(
            response=meter_types.TransactionStartResponse(status=meter_types.TransactionRequestStatus.OK)
        )

    @handles(powermeter.StopTransaction)
    def handle_stop_transaction(self, _cmd: powermeter.StopTransaction) -> powermeter.StopTransactionReply:
        return powermeter.StopTransactionReply(
            response=meter_types.TransactionStopResponse(status=meter_types.TransactionRequestStatus.OK)
        )


class Observer(SiteActor):
    """Hears what an EVSE says. Its successor goes on listening."""

    def on_start(self) -> None:
        for kind in (evse_manager.SessionEvent, evse_manager.Ready, EvseCondition):
            self.subscribe("evse_1/evse", kind, SEEN.append)
        self.subscribe("evse_1/token_provider", auth_token_provider.ProvidedToken, SEEN.append)
