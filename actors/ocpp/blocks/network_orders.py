"""How the link shall be, read from the device model (rows S6.3, M11.14; B09, J08, A05). Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call

from actors.ocpp.device_model import variables
from actors.ocpp.device_model.characteristics import Reason, Refusal, members
from actors.ocpp.device_model.network_profiles import LONGEST_TIMEOUT_S
from actors.ocpp.link.target import TargetError, target_of
from actors.ocpp.messages import Dialling, LinkOrders, Profile
from protocols.ocpp import payloads
from protocols.ocpp.errors import Code, RefusalError
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.device_model.model import DeviceModel

LOWEST: Final = 1
"""The lowest security profile there is; below it, without any, it goes by leave of the operator alone."""
HIGHEST: Final = 3
MAX_PROFILES: Final = 64
MAX_SLOT: Final = 2**31 - 1
NO_LIST: Final = f"NetworkConnectionProfiles is no JSON list of at most {MAX_PROFILES} profiles"
TRANSPORT: Final = "JSON"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the device model says of the network."""

    orders: LinkOrders
    problems: tuple[str, ...]
    """Profiles that cannot be read, for people; without secrets."""


def read_orders(model: DeviceModel, renewal: int) -> Reading:
    """The order to be connected; a profile that cannot be read is left out, the others count."""
    profiles, problems = _profiles(model)
    orders = LinkOrders(online=True, profiles=profiles, dialling=_dialling(model), renewal=renewal)
    return Reading(orders, problems)


def lowest_security(model: DeviceModel) -> int:
    """Which security profiles are refused: those below it (M11.14, A05.FR.02).

    Nothing below `SecurityProfile` unless a downgrade is allowed; and no profile without any security unless
    `AllowSecurityLevelZeroConnections` says so.
    """
    floor = LOWEST if model.read(variables.ALLOW_DOWNGRADE) else model.read(variables.SECURITY_PROFILE)
    return 0 if floor <= LOWEST and model.read(variables.SECURITY_PROFILE_ZERO) else max(floor, LOWEST)


def _dialling(model: DeviceModel) -> Dialling:
    known = {each.value: each for each in Version}
    offered = model.read(variables.SUPPORTED_VERSIONS)
    return Dialling(
        attempts=max(1, model.read(variables.NETWORK_ATTEMPTS)),
        wait_minimum_s=float(model.read(variables.BACK_OFF_MINIMUM)),
        repeat_times=max(0, model.read(variables.BACK_OFF_REPEATS)),
        random_range_s=float(model.read(variables.BACK_OFF_RANDOM)),
        ping_interval_s=float(model.read(variables.PING_INTERVAL)),
        pong_timeout_s=float(model.read(variables.PONG_TIMEOUT)),
        versions=tuple(known[each] for each in dict.fromkeys(offered) if each in known),
        lowest_security=lowest_security(model),
        verify_common_name=model.read(variables.VERIFY_COMMON_NAME),
        allow_wildcards=model.read(variables.ALLOW_WILDCARDS),
        use_system_roots=model.read(variables.USE_SYSTEM_ROOTS),
        ciphers_12=_ciphers(model.find(variables.CIPHERS_12)),
        ciphers_13=_ciphers(model.find(variables.CIPHERS_13)),
    )


def _ciphers(names: tuple[str, ...] | None) -> str:
    """As OpenSSL wants them."""
    return ":".join(names or ())


def priority_refusal(model: DeviceModel, value: str) -> Refusal | None:
    """Why `NetworkConfigurationPriority` may not be this (B09.FR.03, FR.34, A05.FR.02)."""
    known, _ = _known(model, _rows(model.read(variables.NETWORK_PROFILES)) or [])
    refusal = _slots_refusal(model, known, members(value)) or _targets_refusal(model, known, members(value))
    return None if refusal is None else Refusal(Reason.INVALID_NETWORK_CONF, refusal.text)


def profiles_refusal(model: DeviceModel, value: str) -> Refusal | None:
    """Why `NetworkConnectionProfiles` may not be this; a slot that is in use has to stay usable."""
    rows = _rows(value)
    known, problems = ({}, [NO_LIST]) if rows is None else _known(model, rows)
    if problems:
        return Refusal(Reason.INVALID_VALUE, problems[0])
    return _slots_refusal(model, known, model.read(variables.NETWORK_PRIORITY))


def _slots_refusal(
    model: DeviceModel, known: Mapping[int, Profile], slots: tuple[str, ...]
) -> Refusal | None:
    """A station without any profile that it may use would be out of reach."""
    lowest = lowest_security(model)
    for slot in slots:
        profile = known.get(int(slot)) if slot.isdecimal() else None
        if profile is None:
            return Refusal(Reason.INVALID_VALUE, f"there is no usable profile in slot {slot!r}")
        if profile.security_profile < lowest:
            text = f"security profile {profile.security_profile} of slot {slot} is below {lowest}"
            return Refusal(Reason.INVALID_VALUE, text)
        if not profile.url:
            return Refusal(Reason.INVALID_VALUE, f"the profile in slot {slot} has no URL")
    return None if slots else Refusal(Reason.INVALID_VALUE, "without any slot there is no connection")


def _targets_refusal(
    model: DeviceModel, known: Mapping[int, Profile], slots: tuple[str, ...]
) -> Refusal | None:
    """A profile that comes into use has to lead somewhere."""
    for slot in slots:
        if slot not in model.read(variables.NETWORK_PRIORITY):
            try:
                target_of(known[int(slot)], 0)
            except TargetError as error:
                return Refusal(Reason.INVALID_NETWORK_CONF, f"slot {slot}: {error}")
    return None


def _profiles(model: DeviceModel) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    """Those that `NetworkConfigurationPriority` lists, in its order; and what is wrong with any."""
    rows = _rows(model.read(variables.NETWORK_PROFILES))
    if rows is None:
        return (), (NO_LIST,)
    known, problems = _known(model, rows)
    slots = []
    for text in model.read(variables.NETWORK_PRIORITY):
        if text.isdecimal() and int(text) in known:
            slots.append(int(text))
        else:
            problems.append(f"NetworkConfigurationPriority: there is no usable profile {text!r}")
    return tuple(known[slot] for slot in dict.fromkeys(slots)), tuple(problems)


def _rows(text: str) -> list[Any] | None:
    """The profiles as they are written; None when they are no list, or one that is too long."""
    try:
        rows = json.loads(text or "[]")
        json.dumps(rows, ensure_ascii=False).encode()  # half a surrogate pair: the link could not be told
    except (ValueError, RecursionError):
        return None
    return rows if isinstance(rows, list) and len(rows) <= MAX_PROFILES else None


def _known(model: DeviceModel, rows: list[Any]) -> tuple[dict[int, Profile], list[str]]:
    """All profiles by their slots, and what is wrong with any."""
    known: dict[int, Profile] = {}
    problems = []
    for place, row in enumerate(rows, 1):
        try:
            profile = _profile(model, payloads.decode(call.SetNetworkProfile, row))
        except RefusalError as refusal:
            problems.append(f"NetworkConnectionProfiles, profile {place}: {refusal.problem}")
        else:
            known[profile.slot] = profile
    return known, problems


def _profile(model: DeviceModel, given: call.SetNetworkProfile) -> Profile:
    """One profile; what it leaves out the station's own variables say."""
    data = given.connection_data
    if data.ocpp_transport != TRANSPORT or not 0 <= data.security_profile <= HIGHEST:
        problem = f"only {TRANSPORT} and security profiles 0 to {HIGHEST} are spoken"
        raise RefusalError(Code.PROPERTY_CONSTRAINT_VIOLATION, problem)
    if not 0 <= given.configuration_slot <= MAX_SLOT:
        raise RefusalError(Code.PROPERTY_CONSTRAINT_VIOLATION, f"slots are numbers from 0 to {MAX_SLOT}")
    timeout_s = data.message_timeout if data.message_timeout > 0 else model.read(variables.MESSAGE_TIMEOUT)
    return Profile(
        slot=given.configuration_slot,
        url=data.ocpp_csms_url,
        security_profile=data.security_profile,
        message_timeout_s=float(min(timeout_s, LONGEST_TIMEOUT_S)),
        identity=data.identity or model.read(variables.IDENTITY),
        basic_auth_password=data.basic_auth_password or model.find(variables.BASIC_AUTH_PASSWORD),
    )
