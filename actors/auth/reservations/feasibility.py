"""Whether all who have reserved any EVSE can be served, whoever comes first (M4.4). Pure.

Holders come in any order, and each takes any free EVSE that fits. A holder is left without one exactly when
others, each at one that fits, have taken every EVSE that fits it. So all are served if for no holder the
others can do that: if no matching of the other holders covers all EVSEs that fit it. Source: row M4.4; Hall's
theorem turned round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_feasible(holders: Sequence[frozenset[int]]) -> bool:
    """Whether every holder is served; each is given by the EVSEs that fit it."""
    asked: set[frozenset[int]] = set()
    for index, fitting in enumerate(holders):
        if fitting in asked:
            continue  # who fits the same EVSEs fares the same
        asked.add(fitting)
        others = [*holders[:index], *holders[index + 1 :]]
        if _all_covered(fitting, others):
            return False
    return True


def _all_covered(evses: frozenset[int], holders: Sequence[frozenset[int]]) -> bool:
    """Whether holders can take all of these EVSEs, each holder one."""
    if len(holders) < len(evses):
        return False
    taken_by: dict[int, int] = {}
    return all(_cover(evse, holders, taken_by, set()) for evse in sorted(evses))


def _cover(evse: int, holders: Sequence[frozenset[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Find a holder for an EVSE, moving others along an augmenting path; `taken`: EVSE by holder."""
    for index, fitting in enumerate(holders):
        if evse in fitting and index not in tried:
            tried.add(index)
            if index not in taken or _cover(taken[index], holders, taken, tried):
                taken[index] = evse
                return True
    return False
