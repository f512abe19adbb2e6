"""Which EVSEs a token may be meant for, and which of them can serve it (M2.4, M2.5). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.auth.connectors import FAULTED, OCCUPIED, UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.auth.entries import Evse, Outlet
    from protocols.types.authorization import IdToken, ProvidedIdToken


def same(one: IdToken | None, other: IdToken | None) -> bool:
    """Whether two tokens are the same: by their text, without regard to case (M2.16)."""
    return one is not None and other is not None and one.value.casefold() == other.value.casefold()


def in_service(outlet: Outlet, *, ignore_faults: bool) -> bool:
    """Whether a connector can be used, but for being in use (M2.5, M1.5)."""
    return outlet.state not in UNAVAILABLE and (ignore_faults or outlet.state not in FAULTED)


def is_occupied(evse: Evse) -> bool:
    """Whether one of its connectors is in use."""
    return any(outlet.state in OCCUPIED for outlet in evse.outlets)


def is_available(evse: Evse, *, ignore_faults: bool) -> bool:
    """Whether an EVSE can be granted to somebody (M2.5)."""
    return (
        not evse.plug_in_timeout
        and evse.holder is None
        and not is_occupied(evse)
        and any(in_service(outlet, ignore_faults=ignore_faults) for outlet in evse.outlets)
    )


def candidates(evses: Mapping[int, Evse], token: ProvidedIdToken) -> list[int]:
    """The EVSEs a token may be meant for, in order (M2.4).

    Those it lists, or all; without those nobody knows and those with every connector out of service.
    """
    listed = sorted(evses) if token.connectors is None else list(dict.fromkeys(token.connectors))
    return [
        each
        for each in listed
        if each in evses and any(outlet.state not in UNAVAILABLE for outlet in evses[each].outlets)
    ]
