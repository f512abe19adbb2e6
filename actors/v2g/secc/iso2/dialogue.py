"""The way in for each kind of input; not built yet: a talk in this protocol is closed at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.message import Command, Reply


def received(_payload_type: int, _payload: bytes, turn: Turn) -> None:
    """Close."""
    turn.close("protocol_not_built")


def told(_command: Command, _turn: Turn) -> None:
    """Nothing."""


def answered(_ask: str, _reply: Reply, _turn: Turn) -> None:
    """Nothing."""


def expired(_timer: str, _turn: Turn) -> None:
    """Nothing."""


def disconnected(_turn: Turn) -> None:
    """Nothing."""
