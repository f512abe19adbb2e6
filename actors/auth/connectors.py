"""The states of a connector (M2.19). Pure.

Occupied begins when a transaction starts and ends when the session does. Source: row M2.19.
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.auth.entries import OutletState

if TYPE_CHECKING:
    from collections.abc import Mapping


class Happening(enum.Enum):
    """What happens to a connector."""

    ENABLED = enum.auto()
    DISABLED = enum.auto()
    FAULT = enum.auto()
    FAULT_CLEARED = enum.auto()
    TRANSACTION_STARTED = enum.auto()
    SESSION_FINISHED = enum.auto()


_S, _H = OutletState, Happening
TRANSITIONS: Final[Mapping[tuple[OutletState, Happening], OutletState]] = MappingProxyType(
    {
        (_S.AVAILABLE, _H.DISABLED): _S.UNAVAILABLE,
        (_S.AVAILABLE, _H.FAULT): _S.FAULTED,
        (_S.AVAILABLE, _H.TRANSACTION_STARTED): _S.OCCUPIED,
        (_S.OCCUPIED, _H.DISABLED): _S.UNAVAILABLE,
        (_S.OCCUPIED, _H.FAULT): _S.FAULTED_OCCUPIED,
        (_S.OCCUPIED, _H.SESSION_FINISHED): _S.AVAILABLE,
        (_S.UNAVAILABLE, _H.ENABLED): _S.AVAILABLE,
        (_S.UNAVAILABLE, _H.FAULT): _S.UNAVAILABLE_FAULTED,
        (_S.FAULTED, _H.DISABLED): _S.UNAVAILABLE_FAULTED,
        (_S.FAULTED, _H.FAULT_CLEARED): _S.AVAILABLE,
        (_S.FAULTED, _H.TRANSACTION_STARTED): _S.FAULTED_OCCUPIED,  # M1.5: authorized all the same
        (_S.UNAVAILABLE_FAULTED, _H.ENABLED): _S.FAULTED,
        (_S.UNAVAILABLE_FAULTED, _H.FAULT_CLEARED): _S.UNAVAILABLE,
        (_S.FAULTED_OCCUPIED, _H.DISABLED): _S.UNAVAILABLE_FAULTED,
        (_S.FAULTED_OCCUPIED, _H.FAULT_CLEARED): _S.OCCUPIED,
        (_S.FAULTED_OCCUPIED, _H.SESSION_FINISHED): _S.FAULTED,
    }
)
"""A pair that is absent changes nothing."""

UNAVAILABLE: Final = frozenset({_S.UNAVAILABLE, _S.UNAVAILABLE_FAULTED})
FAULTED: Final = frozenset({_S.FAULTED, _S.UNAVAILABLE_FAULTED, _S.FAULTED_OCCUPIED})
OCCUPIED: Final = frozenset({_S.OCCUPIED, _S.FAULTED_OCCUPIED})

STATES: Final[Mapping[tuple[bool, bool, bool], OutletState]] = MappingProxyType(
    {
        (True, False, False): _S.AVAILABLE,
        (True, False, True): _S.OCCUPIED,
        (True, True, False): _S.FAULTED,
        (True, True, True): _S.FAULTED_OCCUPIED,
        (False, False, False): _S.UNAVAILABLE,
        (False, False, True): _S.UNAVAILABLE,
        (False, True, False): _S.UNAVAILABLE_FAULTED,
        (False, True, True): _S.UNAVAILABLE_FAULTED,
    }
)
"""By whether it is enabled, faulted and in use: what an EVSE's manager says of it."""


def after(state: OutletState, happening: Happening) -> OutletState:
    """The state after something has happened; what does not fit changes nothing."""
    return TRANSITIONS.get((state, happening), state)
