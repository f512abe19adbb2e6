"""Who decides about a token: what is kept of it, the CSMS, or neither (row M10.11): tables. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.ocpp.blocks import boot
from actors.ocpp.device_model import variables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.ocpp.blocks.authorization_entries import CachedToken, ListedToken
    from actors.ocpp.turn import Turn


class Standing(enum.Enum):
    """What the list or, for a token that is not in it, the cache says."""

    NOWHERE = enum.auto()
    """Nothing, or they are not to be consulted."""
    ACCEPTED = enum.auto()
    REFUSED = enum.auto()
    """It is; the CSMS may have changed its mind since."""
    SETTLED = enum.auto()
    """It is refused, and the CSMS is not to be asked about that again (`DisablePostAuthorize`)."""
    EXPIRED = enum.auto()
    """It was accepted until a moment that has passed."""


class Verdict(enum.Enum):
    """What is to be done."""

    AS_KEPT = enum.auto()
    ASK = enum.auto()
    EXPIRED = enum.auto()
    UNKNOWN = enum.auto()
    """Nobody who may be asked knows it."""


TABLE: Final[Mapping[tuple[Standing, bool], Verdict]] = MappingProxyType(
    {
        (Standing.NOWHERE, True): Verdict.ASK,  # C01.FR.02
        (Standing.ACCEPTED, True): Verdict.AS_KEPT,  # C12.FR.02, C14.FR.02
        (Standing.REFUSED, True): Verdict.ASK,  # C12.FR.05, C14.FR.03
        (Standing.SETTLED, True): Verdict.AS_KEPT,
        (Standing.EXPIRED, True): Verdict.ASK,
        (Standing.NOWHERE, False): Verdict.UNKNOWN,  # C15
        (Standing.ACCEPTED, False): Verdict.AS_KEPT,  # C13
        (Standing.REFUSED, False): Verdict.AS_KEPT,
        (Standing.SETTLED, False): Verdict.AS_KEPT,
        (Standing.EXPIRED, False): Verdict.EXPIRED,
    }
)
"""By what is known, and whether the CSMS may be asked."""


class Reach(enum.Enum):
    """What became of asking the CSMS about a token."""

    UNTRIED = enum.auto()
    CUT_OFF = enum.auto()
    """The connection ended: as offline."""
    SILENT = enum.auto()
    """It has not answered in time: what is kept counts as offline, but somebody unknown may not charge."""


@dataclass(frozen=True, slots=True)
class Means:
    """How a token can be judged now."""

    asks: bool
    """The CSMS can be reached and may be asked."""
    consults: bool
    """What is kept counts."""
    trusts_unknown: bool
    """Somebody nobody knows may charge."""


def barred(turn: Turn) -> bool:
    """Whether nobody charges, whoever it is: no CSMS has accepted the station, and that is not allowed."""
    return not boot.serves(turn) and not turn.model.read(variables.BEFORE_ACCEPTED)


def means(turn: Turn, reach: Reach = Reach.UNTRIED) -> Means:
    """The means of the moment, for a token that the CSMS may have been asked about.

    Before the CSMS has accepted our boot it cannot be asked (B02, B03), so that is as good as offline.
    """
    model, live = turn.model, turn.live
    if barred(turn):
        return Means(asks=False, consults=False, trusts_unknown=False)
    reachable = live.online and live.accepted and not live.stopped
    if not reachable or reach is not Reach.UNTRIED:
        trusts = reach is not Reach.SILENT and model.read(variables.OFFLINE_UNKNOWN_IDS)
        consults = model.read(variables.LOCAL_AUTHORIZE_OFFLINE)
        return Means(asks=False, consults=consults, trusts_unknown=trusts)
    silent = model.read(variables.NO_REMOTE_AUTHORIZATION)
    return Means(
        asks=not silent,
        consults=silent or model.read(variables.LOCAL_PRE_AUTHORIZE),
        trusts_unknown=False,
    )


def standing(entry: CachedToken | ListedToken | None, now: datetime, *, settled: bool) -> Standing:
    """What an entry says now; `settled`: a refusal of its kind is final."""
    if entry is None:
        return Standing.NOWHERE
    if not entry.accepted:
        return Standing.SETTLED if settled else Standing.REFUSED
    if entry.expires_at is not None and entry.expires_at <= now:
        return Standing.EXPIRED
    return Standing.ACCEPTED
