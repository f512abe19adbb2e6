"""Charging profiles of the CSMS: set, cleared and told (K01, K09, K10; row S19.5).

A profile is durable from its acceptance on, as it was written, until it is replaced, cleared, or the
transaction that it belongs to is over. What comes of all of them together is the business of
`charging_schedules`, which looks here after every input.

External constraints have no source in this station, so every profile is of the CSMS (source CSO).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks.authorization_entries import bound_of
from actors.ocpp.blocks.charging_profile_rules import Case, refusal
from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.blocks.transaction_entries import by_id, running
from actors.ocpp.charging_profiles.composite import MOST_SPANS
from actors.ocpp.charging_profiles.profile import Kind, Purpose, read
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Rank
from protocols.message import message
from protocols.ocpp import payloads
from protocols.ocpp.errors import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.ocpp.blocks.transaction_entries import Transaction
    from actors.ocpp.charging_profiles.profile import Profile
    from actors.ocpp.turn import Turn

MOST: Final = 400
"""Profiles, where the device model declares no bound for SmartChargingCtrlr.Entries."""
MOST_BYTES: Final = 512 * 1024
"""Of all profiles together, as they were written: a successor reads all of them at once."""
MOST_PERIODS: Final = MOST_SPANS
"""Of all profiles together: every one of them is gone through whenever schedules are worked out."""
SOURCE: Final = "CSO"
_Set = enums.ChargingProfileStatusEnumType
_Cleared = enums.ClearChargingProfileStatusEnumType
_Found = enums.GetChargingProfileStatusEnumType


@message
class KeptProfile:
    """A profile that was accepted."""

    profile_id: int
    evse_id: int
    """Where it was set; 0 is the station."""
    payload: str
    """As the CSMS wrote it."""
    transaction_id: str = ""
    """Of a TxProfile: the transaction it ends with."""

    @property
    def key(self) -> str:
        """An id is unique within the station (K01.FR.05)."""
        return str(self.profile_id)


@dataclass(slots=True)
class Understood:
    """What was read of profiles, so that nobody has to read them again and again."""

    by_key: dict[str, tuple[KeptProfile, Profile]] = field(default_factory=dict)


def works(turn: Turn) -> bool:
    """Whether there is smart charging, and it is switched on."""
    return turn.model.read(variables.SMART_CHARGING_AVAILABLE) and turn.model.read(variables.SMART_CHARGING)


def kept(turn: Turn) -> tuple[KeptProfile, ...]:
    """All profiles, those first that came first."""
    return tuple(turn.all(KeptProfile))


def understood(turn: Turn) -> list[Profile]:
    """The same as the composite schedule takes them."""
    before, now = turn.live.of(Understood).by_key, {}
    for each in kept(turn):
        known = before.get(each.key)
        now[each.key] = known if known is not None and known[0] is each else (each, _read(each))
    turn.live.of(Understood).by_key = now
    return [profile for _, profile in now.values()]


def _read(entry: KeptProfile) -> Profile:
    return replace(read(entry.evse_id, _typed(entry)), transaction_id=entry.transaction_id or None)


def _typed(entry: KeptProfile) -> datatypes.ChargingProfileType:
    return payloads.of_text(datatypes.ChargingProfileType, entry.payload)


# -- setting -------------------------------------------------------------------------------------------------


def hindrance(
    turn: Turn, given: datatypes.ChargingProfileType, evse_id: int | None, *, starts_with: bool = False
) -> Hindrance | None:
    """Why a profile cannot be taken for an EVSE; `starts_with`: for a transaction that is going to begin."""
    there = running(turn, evse_id) if evse_id else None
    case = Case(
        given=given,
        evse_id=evse_id,
        starts_with=starts_with,
        evses=turn.settings.evses,
        transaction_id=None if there is None or there.ended else there.transaction_id,
        others=understood(turn),
        most_level=turn.model.find(variables.PROFILE_STACK_LEVEL),
        most_periods=turn.model.find(variables.PERIODS_PER_SCHEDULE),
        units=turn.model.read(variables.RATE_UNITS),
        switches_phases=turn.model.read(variables.PHASE_SWITCHING),
    )
    return refusal(case)


def bind(turn: Turn, payload: str, transaction: Transaction) -> None:
    """A transaction has begun with a profile that came with its start (F01.FR.10)."""
    given = payloads.of_text(datatypes.ChargingProfileType, payload)
    made = KeptProfile(
        profile_id=given.id,
        evse_id=transaction.evse_id,
        payload=payload,
        transaction_id=transaction.transaction_id,
    )
    if not _keep(turn, made):
        turn.note("charging_profile_left_out", warning=True, profile=given.id, reason="there is no room")


def _keep(turn: Turn, made: KeptProfile) -> bool:
    """Whether there was room; profiles that will never say anything again give way."""
    if not _fits(turn, made):
        for each in understood(turn):
            if _is_past(turn, each):
                turn.drop(KeptProfile, str(each.id))
        if not _fits(turn, made):
            return False
    turn.put(made)
    return True


def _fits(turn: Turn, made: KeptProfile) -> bool:
    others = [each for each in kept(turn) if each.key != made.key]
    total_bytes = len(made.payload) + sum(len(each.payload) for each in others)
    periods = _read(made).written + sum(
        each.written for each in understood(turn) if each.id != made.profile_id
    )
    return (
        len(others) < bound_of(turn, variables.PROFILE_ENTRIES, MOST)
        and total_bytes <= MOST_BYTES
        and periods <= MOST_PERIODS
    )


def _is_past(turn: Turn, profile: Profile) -> bool:
    if profile.valid_to is not None and profile.valid_to <= turn.now:
        return True
    if profile.kind is not Kind.absolute or profile.starts_at is None or profile.duration_s is None:
        return False
    return profile.starts_at <= turn.now - timedelta(seconds=profile.duration_s)


def _set(turn: Turn, tag: int, request: call.SetChargingProfile) -> None:
    if _refused(turn, tag):
        return
    given, evse_id = request.charging_profile, request.evse_id
    found = hindrance(turn, given, evse_id)
    if found is None:
        made = KeptProfile(
            profile_id=given.id,
            evse_id=evse_id,
            payload=payloads.to_text(given),
            transaction_id=given.transaction_id or "",
        )
        if _keep(turn, made):
            turn.respond(tag, call_result.SetChargingProfile(_Set.accepted))
            return
        found = Hindrance("OutOfStorage", "there is no room for another profile")
    turn.respond(tag, call_result.SetChargingProfile(_Set.rejected, status_info=found.info))


def _refused(turn: Turn, tag: int) -> bool:
    """K01.FR.29: whoever cannot do it, or must not, does not support it."""
    if works(turn):
        return False
    turn.refuse(tag, Code.NOT_SUPPORTED, "smart charging is not available, or not enabled")
    return True


# -- clearing ------------------------------------------------------------------------------------------------


def _clear(turn: Turn, tag: int, request: call.ClearChargingProfile) -> None:
    if _refused(turn, tag):
        return
    chosen = list(_to_clear(turn, request))
    for each in chosen:
        turn.drop(KeptProfile, each.key)
    status = _Cleared.accepted if chosen else _Cleared.unknown
    turn.respond(tag, call_result.ClearChargingProfile(status))


def _to_clear(turn: Turn, request: call.ClearChargingProfile) -> Iterator[KeptProfile]:
    """K10: one by its id, or all that fit the criteria; without either (K10.FR.02) none."""
    if request.charging_profile_id is not None:
        return (each for each in kept(turn) if each.profile_id == request.charging_profile_id)
    wanted = request.charging_profile_criteria
    if wanted is None:
        return iter(())
    return _fitting(turn, wanted.evse_id, wanted.charging_profile_purpose, wanted.stack_level)


def _fitting(
    turn: Turn, evse_id: int | None, purpose: Purpose | None, stack_level: int | None
) -> Iterator[KeptProfile]:
    """Those that fit what is said; None: nothing is."""
    for entry, profile in zip(kept(turn), understood(turn), strict=True):
        if (
            evse_id in {None, entry.evse_id}
            and purpose in {None, profile.purpose}
            and stack_level in {None, profile.stack_level}
        ):
            yield entry


# -- telling -------------------------------------------------------------------------------------------------


def _get(turn: Turn, tag: int, request: call.GetChargingProfiles) -> None:
    if _refused(turn, tag):
        return
    chosen = _to_report(turn, request)
    status = _Found.accepted if chosen else _Found.no_profiles
    turn.respond(tag, call_result.GetChargingProfiles(status))
    for number, each in enumerate(chosen, 1):
        more = number < len(chosen)
        report = call.ReportChargingProfiles(
            SOURCE, [_told(each)], each.evse_id, request.request_id, tbc=more
        )
        turn.send(report, rank=Rank.ASKED)


def _told(entry: KeptProfile) -> datatypes.ChargingProfileType:
    """The transaction is told also where a start had not named it yet."""
    return replace(_typed(entry), transaction_id=entry.transaction_id or None)


def _to_report(turn: Turn, request: call.GetChargingProfiles) -> list[KeptProfile]:
    """K09: where there are ids, nothing else is looked at but the EVSE."""
    wanted = request.charging_profile
    if wanted.charging_profile_id:
        ids = set(wanted.charging_profile_id)
        return [each for each in _fitting(turn, request.evse_id, None, None) if each.profile_id in ids]
    if wanted.charging_limit_source and SOURCE not in wanted.charging_limit_source:
        return []
    return list(_fitting(turn, request.evse_id, wanted.charging_profile_purpose, wanted.stack_level))


# -- what ends -----------------------------------------------------------------------------------------------


def _follow(turn: Turn) -> None:
    """Profiles of transactions end with them; how many there are is said."""
    for each in kept(turn):
        if each.transaction_id:
            transaction = by_id(turn, each.transaction_id)
            if transaction is None or transaction.ended:
                turn.drop(KeptProfile, each.key)
    count = len(kept(turn))
    if turn.model.find(variables.PROFILE_ENTRIES) != count:
        turn.model.put(variables.PROFILE_ENTRIES, count)


BLOCK: Final = Block(
    name="charging_profiles",
    requests={
        call.SetChargingProfile: _set,
        call.ClearChargingProfile: _clear,
        call.GetChargingProfiles: _get,
    },
    settled=_follow,
)
