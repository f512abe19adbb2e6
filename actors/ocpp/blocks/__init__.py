"""The functional blocks of OCPP 2, a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.blocks import boot

if TYPE_CHECKING:
    from actors.ocpp.block import Block

BLOCKS: Final[tuple[Block, ...]] = (boot.BLOCK,)
"""In the order in which they hear of things."""
