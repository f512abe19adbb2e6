"""Requests of the CSMS that are larger than the device model says a message may be (B06.FR.16, B06.FR.17)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from protocols.ocpp import payloads
from protocols.ocpp.errors import Code

if TYPE_CHECKING:
    from actors.ocpp.device_model.steering import Steering
    from actors.ocpp.turn import Turn


def refuse_excess(
    turn: Turn, tag: int, request: object, items: int, most: Steering[int], most_bytes: Steering[int]
) -> bool:
    """Refuse a request with too many items, or of too many bytes; return whether it was.

    A station whose files give no bound takes what the schema lets through.
    """
    bound = turn.model.find(most)
    if bound is not None and items > bound:
        problem = f"{items} items, {most} is {bound}"
        turn.refuse(tag, Code.OCCURRENCE_CONSTRAINT_VIOLATION, problem)
        return True
    bound = turn.model.find(most_bytes)
    size = len(json.dumps(payloads.encode(request), separators=(",", ":"), ensure_ascii=False).encode())
    if bound is not None and size > bound:
        turn.refuse(tag, Code.FORMAT_VIOLATION, f"{size} bytes, {most_bytes} is {bound}")
        return True
    return False
