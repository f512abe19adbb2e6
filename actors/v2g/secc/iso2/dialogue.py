"""The way in for each kind of input: what `conversation` does, by the rules of ISO 15118-2. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc.conversation import Conversation, Rules
from actors.v2g.secc.iso2.answers import RESPONSES, answer
from actors.v2g.secc.iso2.kept import keep, kept
from actors.v2g.secc.iso2.phase import Phase, broken_off
from actors.v2g.secc.iso2.power import cut
from actors.v2g.secc.iso2.table import RESUMES, row
from protocols.iso15118 import exi, iso2

if TYPE_CHECKING:
    from actors.v2g.secc.ending import Ending
    from actors.v2g.secc.turn import Turn

NEEDS_ENERGY: Final = frozenset(
    {
        iso2.ChargeParameterDiscoveryReq,
        iso2.CableCheckReq,
        iso2.PreChargeReq,
        iso2.ChargingStatusReq,
        iso2.CurrentDemandReq,
        iso2.MeteringReceiptReq,
    }
)
"""What fails in an emergency; PowerDelivery decides for itself."""


def _late(turn: Turn, timer: str) -> None:
    keep(turn, late=timer)


def _ending(turn: Turn) -> Ending:
    return kept(turn).ending


RULES: Final = Rules(
    schema=exi.Schema.ISO2,
    protocol=iso2,
    requests=frozenset(RESPONSES),
    needs_energy=NEEDS_ENERGY,
    row=row,
    resumes=RESUMES,
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
