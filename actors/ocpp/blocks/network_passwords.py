"""Passwords that network connection profiles have of their own, where nobody can read them (B09).

`NetworkConnectionProfiles` can be read by the CSMS and stands in reports, so they are no part of it. The
station's own `BasicAuthPassword` is for the profiles without one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.message import message

if TYPE_CHECKING:
    from actors.ocpp.messages import LinkOrders
    from actors.ocpp.turn import Turn


@message
class ProfilePassword:
    """The password of one slot's profile."""

    slot: int
    password: str

    @property
    def key(self) -> str:
        """By its slot."""
        return str(self.slot)


def keep(turn: Turn, slot: int, password: str | None) -> None:
    """A profile has come with a password, or without one."""
    if password:
        turn.put(ProfilePassword(slot=slot, password=password))
    else:
        turn.drop(ProfilePassword, str(slot))


def superseded(turn: Turn) -> None:
    """B09.FR.27: the station's password has been set; it counts for the profile that is in use too."""
    link = turn.live.link
    if link is not None and link.slot is not None:
        keep(turn, link.slot, None)


def with_passwords(turn: Turn, orders: LinkOrders) -> LinkOrders:
    """The orders as the link needs them."""
    profiles = []
    for each in orders.profiles:
        own = turn.get(ProfilePassword, str(each.slot))
        profiles.append(each if own is None else replace(each, basic_auth_password=own.password))
    return replace(orders, profiles=tuple(profiles))
