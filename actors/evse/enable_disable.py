"""Who wants an EVSE or a connector in service, and who wins (rows M6.4, S9.7). Pure.

Every source has one opinion with a priority, 0 (outweighs everything) to 10000. The weightiest counts; among
equals `Disable` wins; without any opinion the EVSE is enabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState

if TYPE_CHECKING:
    from collections.abc import Iterable

Sources = tuple[EnableDisableSource, ...]

NOBODY = EnableDisableSource(
    enable_source=EnableSource.UNSPECIFIED, enable_state=EnableState.UNASSIGNED, enable_priority=10000
)
"""Who has won when nobody has an opinion."""


def told(sources: Sources, wish: EnableDisableSource) -> Sources:
    """The opinions after one source has said a new one; what it said before is forgotten."""
    others = tuple(each for each in sources if each.enable_source is not wish.enable_source)
    return (*others, wish)


def winner(sources: Iterable[EnableDisableSource]) -> EnableDisableSource:
    """The opinion that counts."""
    opinions = [each for each in sources if each.enable_state is not EnableState.UNASSIGNED]
    if not opinions:
        return NOBODY
    return min(
        opinions, key=lambda each: (each.enable_priority, each.enable_state is not EnableState.DISABLE)
    )


def enabled(sources: Iterable[EnableDisableSource]) -> bool:
    """Whether these opinions together leave it in service."""
    return winner(sources).enable_state is not EnableState.DISABLE
