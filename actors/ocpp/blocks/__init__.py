"""The functional blocks of OCPP 2, a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.blocks import boot, metering, security, startup, transactions

if TYPE_CHECKING:
    from actors.ocpp.block import Block

BLOCKS: Final[tuple[Block, ...]] = (
    boot.BLOCK,
    metering.BLOCK,  # hears readings before transactions do
    transactions.BLOCK,
    startup.BLOCK,
    security.BLOCK,
)
"""In the order in which they hear of things."""
