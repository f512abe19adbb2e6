"""The way in for each kind of input: what `conversation` does, by the rules of DIN 70121. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc.conversation import Conversation, Rules
from actors.v2g.secc.din.answers import RESPONSES, answer, cut, keep, kept
from actors.v2g.secc.din.phase import Phase, broken_off
from actors.v2g.secc.din.table import row
from protocols.iso15118 import din, exi

if TYPE_CHECKING:
    from actors.v2g.secc.ending import Ending
    from actors.v2g.secc.turn import Turn

NEEDS_ENERGY: Final = frozenset(
    {din.ChargeParameterDiscoveryReq, din.CableCheckReq, din.PreChargeReq, din.CurrentDemandReq}
)
"""What fails in an emergency; PowerDelivery decides for itself."""


def _late(turn: Turn, timer: str) -> None:
    keep(turn, late=timer)


def _ending(turn: Turn) -> Ending:
    return kept(turn).ending


RULES: Final = Rules(
    schema=exi.Schema.DIN,
    protocol=din,
    requests=frozenset(RESPONSES),
    needs_energy=NEEDS_ENERGY,
    row=row,
    resumes={},
    answer=answer,
    cut=cut,
    late=_late,
    ending=_ending,
    broken_off=broken_off,
    ended=Phase.ENDED.value,
)
_TALK: Final = Conversation(RULES)
received = _TALK.received
told = _TALK.told
answered = _TALK.answered
expired = _TALK.expired
disconnected = _TALK.disconnected
