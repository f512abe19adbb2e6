"""What this protocol keeps in the talk, and the question everything depends on: AC or DC. Pure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from actors.v2g.secc.iso2.talk import Iso2Talk

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn


def kept(turn: Turn) -> Iso2Talk:
    """What this protocol keeps in the talk."""
    return turn.talk.iso2 or Iso2Talk()


def keep(turn: Turn, **fields: Any) -> None:
    """Put fields of it to new values."""
    turn.change(iso2=dataclasses.replace(kept(turn), **fields))


def is_dc(turn: Turn) -> bool:
    """Whether the car charges by DC; before it has chosen, what the station offers."""
    mode = turn.talk.energy_mode
    return mode.startswith("DC") if mode else _only_dc(turn)


def _only_dc(turn: Turn) -> bool:
    modes = turn.station.energy_transfer_modes
    return bool(modes) and all(mode.startswith("DC") for mode in modes)
