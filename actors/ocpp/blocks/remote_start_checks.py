"""What hinders a start by the CSMS: one table (F01, F02, B02). Pure.

Reservations come after it, for somebody has to be asked about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocpp.v21.enums import ChargingProfilePurposeEnumType as ProfilePurpose

from actors.ocpp.blocks import charging_profiles, reset
from actors.ocpp.blocks.evse_conditions import Hindrance, hindrance
from protocols.types.authorization import CustomIdToken, IdToken, IdTokenType

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocpp.v21 import call, datatypes

    from actors.ocpp.turn import Turn

LONGEST: Final = 36
"""Characters of a token that the site can hold; OCPP 2.1 allows more."""
LONGEST_KIND: Final = 50
KINDS: Final = {each.value: each for each in IdTokenType}


def registered(turn: Turn, _request: object) -> Hindrance | None:
    """B02.FR.05: while the boot is not accepted, nobody starts or stops from afar."""
    return None if turn.live.accepted else Hindrance("CSNotAccepted", "the boot has not been accepted yet")


def _no_reset(turn: Turn, request: call.RequestStartTransaction) -> Hindrance | None:
    found = reset.under_way(turn, request.evse_id)
    return Hindrance("NotEnabled", "a reset is under way") if found else None


def _token_fits(_turn: Turn, request: call.RequestStartTransaction) -> Hindrance | None:
    given = (request.id_token, request.group_id_token)
    if any(each is not None and token_of(each) is None for each in given):
        return Hindrance("InvalidIdToken", f"it is longer than {LONGEST} characters, or of an unknown type")
    return None


def _profile_fits(turn: Turn, request: call.RequestStartTransaction) -> Hindrance | None:
    """F01.FR.08, FR.11 and FR.26; without smart charging a profile is passed over (F01.FR.12)."""
    profile = request.charging_profile
    if profile is None or not charging_profiles.works(turn):
        return None
    if profile.charging_profile_purpose != ProfilePurpose.tx_profile:
        return Hindrance("InvalidProfile", "its purpose is not TxProfile")
    return charging_profiles.hindrance(turn, profile, request.evse_id, starts_with=True)


def _somewhere(turn: Turn, request: call.RequestStartTransaction) -> Hindrance | None:
    """F01.FR.23, F01.FR.24, F02.FR.25; without an EVSE Auth chooses one (F01.FR.07), if one is free."""
    evse_id = request.evse_id
    if evse_id is not None:
        if evse_id not in turn.settings.evses:
            return Hindrance("UnknownEvse", f"there is no EVSE {evse_id}")
        return hindrance(turn, evse_id)
    found = [hindrance(turn, each) for each in turn.settings.evses]
    return None if None in found else Hindrance("NotEnabled", "no EVSE is free")


CHECKS: Final[tuple[Callable[[Turn, call.RequestStartTransaction], Hindrance | None], ...]] = (
    registered,
    _no_reset,
    _token_fits,
    _somewhere,
    _profile_fits,
)
"""In this order."""


def token_of(given: datatypes.IdTokenType) -> IdToken | None:
    """A token as the site knows it; None when it cannot hold it."""
    kind = KINDS.get(given.type)
    further = given.additional_info or []
    values = [given.id_token, *(each.additional_id_token for each in further)]
    if kind is None or any(len(each) > LONGEST for each in values):
        return None
    if any(len(each.type) > LONGEST_KIND for each in further):
        return None
    info = tuple(CustomIdToken(value=each.additional_id_token, type=each.type) for each in further)
    return IdToken(value=given.id_token, type=kind, additional_info=info or None)
