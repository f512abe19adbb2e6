"""The messages of a talk as `V2gMessages`, when the EVSE manager has asked for them. Pure."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from protocols.interfaces import iso15118_charger as charger
from protocols.types.iso15118 import V2gMessageId, V2gMessages

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

KNOWN = frozenset(map(str, V2gMessageId))


def publish(turn: Turn, name: str, payload: bytes) -> None:
    """One message, by the name of its class; in debug mode only (`Setup.debug_mode`)."""
    if turn.station.debug_mode:
        kind = V2gMessageId(name) if name in KNOWN else V2gMessageId.UNKNOWN_MESSAGE
        exi = base64.b64encode(payload).decode()
        turn.publish(charger.V2gMessages(message=V2gMessages(id=kind, exi_base64=exi)))
