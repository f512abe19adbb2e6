"""What the message log is told, and `ocpp_message` of interface `ocpp` (rows S8.20, M9.1).

The log itself is an actor of its own beside this one; it cannot read the device model, so it is told. Only
where `LogMessagesFormat` has `callback` are messages published, and only then does this actor hear of them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.ocpp.block import Block
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Order
from actors.ocpp.messages import FrameSeen, LogOrders
from protocols import types
from protocols.interfaces import ocpp
from protocols.types.ocpp import MessageDirection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn

CALLBACK: Final = "callback"
WAYS: Final[Mapping[bool, MessageDirection]] = MappingProxyType(
    {True: MessageDirection.CHARGING_STATION_TO_CSMS, False: MessageDirection.CSMS_TO_CHARGING_STATION}
)


def read_orders(model: DeviceModel) -> LogOrders:
    """How the device model wants messages logged. Negative bounds are none."""
    if not model.read(variables.LOG_MESSAGES):
        return LogOrders()
    rotated = model.read(variables.LOG_ROTATION)
    return LogOrders(
        formats=model.read(variables.LOG_FORMATS),
        raw=model.read(variables.LOG_RAW),
        max_bytes=max(0, model.read(variables.LOG_MAX_BYTES)) if rotated else 0,
        max_files=max(0, model.read(variables.LOG_MAX_FILES)) if rotated else 0,
        dated=rotated and model.read(variables.LOG_DATED),
    )


def wants_frames(model: DeviceModel) -> bool:
    """Whether messages are published; whoever feeds `FrameSeen` in asks before."""
    return CALLBACK in read_orders(model).formats


def _resumed(turn: Turn) -> None:
    turn.effects.append(Order(read_orders(turn.model)))


def _seen(turn: Turn, _peer: Peer, seen: FrameSeen) -> None:
    """S8.20."""
    link = turn.live.link
    version = link.ocpp_version if link is not None else None
    message = types.ocpp.Message(
        message=seen.text,
        direction=WAYS[seen.sent],
        ocpp_version=version.value if version is not None else None,
    )
    turn.publish(ocpp.OcppMessage(message=message))


BLOCK: Final = Block(name="message_log", resumed=_resumed, news={FrameSeen: _seen})
