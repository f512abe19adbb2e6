"""Energy from a DC car back to the site: whether, how much, and who decides it (rows M5.18, M5.19). Pure.

A car gives back only after it has agreed to that: the service DC_BPT of ISO 15118-20, SAE J2847/2, or a site
file with `hack_allow_bpt_with_iso2`, whose cars are not asked. In scheduled control the car says the
direction (`DischargeWanted`); otherwise the manager of the site's power does, by granting less than nothing.
A car that wants the other direction than the one that is granted gets nothing.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from protocols.types.iso15118 import DcEvTargetValues

if TYPE_CHECKING:
    from actors.evse.turn import Turn
    from protocols.types.iso15118 import DcEvseMaximumLimits

ISO20: Final = "ISO15118-20"
"""As `SelectedProtocol` says it."""


def may(turn: Turn) -> bool:
    """Whether the car at hand gives energy back, and the supply takes it."""
    supply, session = turn.facts.supply, turn.session
    if not turn.settings.dc or supply is None or not supply.bidirectional or session is None:
        return False
    spoken = session.car.protocol
    unasked = turn.settings.allow_bpt_with_iso2 and spoken not in {"", ISO20}
    return session.car.gives_back or unasked


def most_w(turn: Turn) -> float:
    """The highest power that the supply takes."""
    supply = turn.facts.supply
    return (supply.max_import_power_w or 0.0) if supply is not None and supply.bidirectional else 0.0


def granted_w(turn: Turn, wanted_w: float) -> float:
    """What may be taken now, by a grant of so many watts; those of energy that flows back are below 0."""
    return min(most_w(turn), -wanted_w) if wanted_w < 0 and may(turn) else 0.0


def flows(turn: Turn, back_w: float) -> bool:
    """Whether energy flows back now, if that much may; otherwise it flows to the car."""
    facts = turn.facts
    if not may(turn):
        return False
    return facts.gives if facts.gives is not None else back_w > 0


def offered_w(turn: Turn) -> float:
    """The power that this EVSE may take from cars, by its configuration and its supply."""
    settings = turn.settings
    return most_w(turn) if settings.both_ways or settings.sae_bpt or settings.allow_bpt_with_iso2 else 0.0


def worded(turn: Turn, most: DcEvseMaximumLimits, power_w: float) -> DcEvseMaximumLimits:
    """The limits as a car is told them that the station takes from. The older protocols have no limits for
    that: SAE J2847/2 tells them below 0, `hack_allow_bpt_with_iso2` as if they were to charge with.
    """
    session = turn.session
    taken_w, taken_a = most.evse_maximum_discharge_power_limit_w, most.evse_maximum_discharge_current_limit_a
    if session is None or not may(turn) or power_w > 0 or session.car.protocol == ISO20:
        return most
    sign = -1.0 if session.car.gives_back else 1.0
    return dataclasses.replace(
        most,
        evse_maximum_power_limit_w=sign * (taken_w or 0.0),
        evse_maximum_current_limit_a=sign * (taken_a or 0.0),
    )


def target(turn: Turn) -> DcEvTargetValues:
    """The lowest voltage and the highest current of the car while it gives."""
    facts, supply = turn.facts, turn.facts.supply
    if facts.giving is not None:
        return facts.giving
    wish, lowest_v = facts.target, (supply.min_import_voltage_v or 0.0) if supply is not None else 0.0
    current_a = wish.dc_ev_target_current_a if wish is not None else 0.0
    return DcEvTargetValues(dc_ev_target_voltage_v=lowest_v, dc_ev_target_current_a=max(0.0, current_a))
