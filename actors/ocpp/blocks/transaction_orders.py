"""What the EVSE manager is to do to a transaction, until it has done it (rows S9.3, S9.4, M10.12).

An order is durable: a successor gives it again, and so does a timer while the manager cannot be reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.blocks.transaction_entries import standing
from actors.ocpp.inputs import Target
from protocols.interfaces import auth, evse_manager
from protocols.message import Failure, message
from protocols.types.authorization import WithdrawAuthorizationRequest
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.turn import Turn
    from protocols.message import Command, Reply

AGAIN_S: Final = 5.0
"""After an order that was not carried out because nobody could be reached."""


@message
class Order:
    """What is wanted of one EVSE in one session."""

    evse_id: int
    session_id: str
    stop: StopTransactionReason | None = None
    pause: bool = False
    """Pause, or without a reason to stop: go on."""

    @property
    def key(self) -> str:
        """By its EVSE."""
        return str(self.evse_id)


def stop(turn: Turn, evse_id: int, session_id: str, reason: StopTransactionReason) -> None:
    """Have the manager stop charging."""
    _give(turn, Order(evse_id=evse_id, session_id=session_id, stop=reason))


def pause(turn: Turn, evse_id: int, session_id: str) -> None:
    """Have the manager pause charging, unless it is to stop."""
    _unless_stopping(turn, Order(evse_id=evse_id, session_id=session_id, pause=True))


def go_on(turn: Turn, evse_id: int, session_id: str) -> None:
    """Have the manager end the pause, unless it is to stop."""
    _unless_stopping(turn, Order(evse_id=evse_id, session_id=session_id))


def _unless_stopping(turn: Turn, order: Order) -> None:
    given = turn.get(Order, order.key)
    if given is None or given.stop is None:
        _give(turn, order)


def settle(turn: Turn, evse_id: int, session_id: str) -> None:
    """A session is over: what was wanted of it is so."""
    given = turn.get(Order, str(evse_id))
    if given is not None and given.session_id == session_id:
        _done(turn, given)


def resumed(turn: Turn) -> None:
    """What a predecessor wanted is said again."""
    for each in list(turn.all(Order)):
        _give(turn, each)


def again(turn: Turn, rest: str) -> None:
    """The time to say it once more has come."""
    if (given := turn.get(Order, rest)) is not None:
        _give(turn, given)


def _give(turn: Turn, order: Order) -> None:
    turn.put(order)
    evse_id = order.evse_id
    if order.stop is not None:
        request = StopTransactionRequest(reason=order.stop)
        command: Command = evse_manager.StopTransaction(request=request)
        purpose = "transactions.stop"
    elif order.pause:
        command, purpose = evse_manager.PauseCharging(), "transactions.pause"
    else:
        command, purpose = evse_manager.ResumeCharging(), "transactions.go_on"
    turn.ask(Target.EVSE_MANAGER, command, purpose, number=evse_id, evse_id=evse_id)


def _done(turn: Turn, order: Order) -> None:
    turn.drop(Order, order.key)
    turn.cancel(f"order {order.key}")


def _answered(turn: Turn, context: Mapping[str, Any], reply: Reply) -> Order | None:
    """The order that has been answered; None when there is none any more or it is to be given again."""
    order = turn.get(Order, str(context["evse_id"]))
    if order is not None and isinstance(reply, Failure):
        turn.start(f"order {order.key}", AGAIN_S)
        return None
    return order


def stopped(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """The manager has stopped, or has no transaction of its own: then its grant is to be taken back."""
    if (order := _answered(turn, context, reply)) is None or order.stop is None:
        return
    if isinstance(reply, evse_manager.StopTransactionReply) and reply.stopped:
        _done(turn, order)
        return
    if standing(turn, order.evse_id).token is None or not turn.is_connected(Target.AUTH):
        _done(turn, order)
        return
    request = WithdrawAuthorizationRequest(evse_id=order.evse_id)
    command = auth.WithdrawAuthorization(request=request)
    turn.ask(Target.AUTH, command, "transactions.withdrawn", evse_id=order.evse_id)


def withdrawn(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """The grant has been taken back, or there was none."""
    if (order := _answered(turn, context, reply)) is not None and order.stop is not None:
        _done(turn, order)


def paused(turn: Turn, context: Mapping[str, Any], reply: Reply) -> int | None:
    """The manager pauses; if it has nothing to pause, return the EVSE."""
    order = _answered(turn, context, reply)
    if order is None or order.stop is not None or not order.pause:
        return None
    _done(turn, order)
    pauses = isinstance(reply, evse_manager.PauseChargingReply) and reply.paused
    return None if pauses else order.evse_id


def goes_on(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """The manager goes on, or was not pausing."""
    order = _answered(turn, context, reply)
    if order is not None and order.stop is None and not order.pause:
        _done(turn, order)
