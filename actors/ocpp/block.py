"""What one functional block of OCPP takes part in. Declarations.

A block is a module under `blocks/` that ends with `BLOCK`. Its handlers are functions of a `Turn`; what they
keep is in entries of their own and in a part of `Live` of their own. Blocks call each other's functions where
the standard lets one block's work follow from another's; nobody but a block writes its entries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.ocpp.device_model.requests import Change
    from actors.ocpp.entries import Queued
    from actors.ocpp.inputs import Peer
    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn
    from protocols.message import Command, Var


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The tables of one block. What is in none of them is none of its business."""

    name: str
    requests: Mapping[type, Callable[[Turn, int, Any], None]] = field(default_factory=dict)
    """By class of `ocpp.v21.call`: takes a request of the CSMS and answers it by its tag, now or later."""
    answers: Mapping[str, Callable[[Turn, Queued, CallReply], None]] = field(default_factory=dict)
    """By action: takes the fate of a queued message: ANSWERED, or given up (with its last outcome)."""
    commands: Mapping[type[Command], Callable[[Turn, int, Any], None]] = field(default_factory=dict)
    """By command of our interfaces: carries it out and answers it by its tag, now or later."""
    news: Mapping[type[Var], Callable[[Turn, Peer, Any], None]] = field(default_factory=dict)
    """By variable of the others' interfaces; several blocks may listen to one."""
    replies: Mapping[str, Callable[[Turn, Mapping[str, Any], Any], None]] = field(default_factory=dict)
    """By purpose: takes the context and the reply (a `CallReply` for `Turn.call`, `Failure` among others)."""
    timers: Mapping[str, Callable[[Turn, str], None]] = field(default_factory=dict)
    """By the first word of the timer's name: takes the rest of it."""
    resumed: Callable[[Turn], None] | None = None
    """A new life: timers are to be started again, and what was promised is to be seen to."""
    connected: Callable[[Turn], None] | None = None
    """There is a connection, a new one or one that outlived our predecessor."""
    accepted: Callable[[Turn], None] | None = None
    """The CSMS has accepted our boot, in this life or an earlier one: from now on everything may be sent."""
    disconnected: Callable[[Turn], None] | None = None
    """The connection is gone."""
    link_said: Callable[[Turn], None] | None = None
    """The link has said how it is, perhaps that another attempt came to nothing; after the two above."""
    settled: Callable[[Turn], None] | None = None
    """All blocks have had their say about an input, whatever it was: time for what follows from all of it."""
    changed: Callable[[Turn, tuple[Change, ...]], None] | None = None
    """Variables of the device model have other values, whoever set them; at the end of the turn."""
