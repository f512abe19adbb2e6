"""Network connection profiles: which may be set, and how `NetworkConnectionProfiles` keeps them (B09). Pure.

The variable holds a JSON list in the shape of SetNetworkProfile, one profile per slot (row M11.14); who reads
it is not shown its passwords (`discretion`). A profile that a station could never use is refused;
`ocppVersion` counts for nothing, since the versions are agreed upon when the connection is made.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.ocpp.device_model import variables
from actors.ocpp.link.target import TargetError, target_of
from actors.ocpp.messages import Profile
from protocols.ocpp import payloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocpp.v21 import call

    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.device_model.requests import SetResult

TRANSPORT: Final = "JSON"
LEAST, MOST = 0, 3
"""Security profiles."""
LONGEST_TIMEOUT_S: Final = 600
"""A longer message timeout counts as this: JSON knows no bound, and who waits longer has lost the peer."""
BASIC: Final = 1
"""The one without TLS; 0 has no security at all."""


class Refused(NamedTuple):
    """Why a profile may not be set: a reason code of OCPP's appendix, and words without secrets."""

    code: str
    text: str


def _invalid(text: str) -> Refused:
    return Refused("InvalidNetworkConf", text)


def _listed(model: DeviceModel) -> tuple[str, ...]:
    place = variables.NETWORK_PRIORITY.at()
    return model.components[place.component].variables[place.variable].characteristics.values


def slots(model: DeviceModel) -> tuple[int, ...]:
    """The slots that there may be: those that may be listed, or else those that have a profile."""
    listed = [int(each) for each in _listed(model) if each.isdecimal()]
    kept = [_slot_of(each) for each in _rows(model)]
    return tuple(listed or sorted({each for each in kept if isinstance(each, int) and each >= 0}))


def _slot(model: DeviceModel, given: call.SetNetworkProfile) -> Refused | None:
    """B09.FR.05: the slot is one that `NetworkConfigurationPriority` may list."""
    slots = _listed(model)
    if str(given.configuration_slot) in slots or (not slots and given.configuration_slot >= 0):
        return None
    return Refused("InvalidConfSlot", "NetworkConfigurationPriority does not allow this slot")


def _parts(model: DeviceModel, given: call.SetNetworkProfile) -> Refused | None:
    """B09.FR.02, what a station without modem can do."""
    data = given.connection_data
    if data.ocpp_transport != TRANSPORT:
        return _invalid(f"only {TRANSPORT} is spoken")
    if data.apn is not None or data.vpn is not None:
        return _invalid("access points and tunnels are the operating system's, not ours")
    if data.message_timeout < 0:
        return _invalid("the message timeout is negative")
    if not LEAST <= data.security_profile <= MOST:
        return _invalid(f"there are security profiles {LEAST} to {MOST}")
    if data.security_profile == LEAST and not model.read(variables.SECURITY_PROFILE_ZERO):
        return _invalid("connections without any security are not allowed")
    return None


def _downgrade(model: DeviceModel, given: call.SetNetworkProfile) -> Refused | None:
    """B09.FR.04, B09.FR.31: never from TLS to none, and otherwise by leave of a variable."""
    active, wanted = model.read(variables.SECURITY_PROFILE), given.connection_data.security_profile
    if is_downgrade(model, wanted):
        return Refused("NoSecurityDowngrade", f"security profile {wanted} is below {active}, the present one")
    return None


def is_downgrade(model: DeviceModel, wanted: int) -> bool:
    """Whether a security profile is so far below the present one that it may not be set."""
    active = model.read(variables.SECURITY_PROFILE)
    return wanted < active and (not model.read(variables.ALLOW_DOWNGRADE) or wanted <= BASIC < active)


def _reachable(model: DeviceModel, given: call.SetNetworkProfile) -> Refused | None:
    """B09.FR.02: URL, identity and password make up something that can be dialled."""
    data = given.connection_data
    profile = Profile(
        slot=given.configuration_slot,
        url=data.ocpp_csms_url,
        security_profile=data.security_profile,
        message_timeout_s=float(min(data.message_timeout, LONGEST_TIMEOUT_S)),
        identity=data.identity or model.read(variables.IDENTITY),
        basic_auth_password=data.basic_auth_password or model.find(variables.BASIC_AUTH_PASSWORD),
    )
    try:
        target_of(profile, LEAST)
    except TargetError as error:
        return _invalid(str(error))
    return None


CHECKS: Final[tuple[Callable[[DeviceModel, call.SetNetworkProfile], Refused | None], ...]] = (
    _slot,
    _parts,
    _downgrade,
    _reachable,
)


def judge(model: DeviceModel, given: call.SetNetworkProfile) -> Refused | None:
    """Why a profile may not be set; None: it may."""
    return next((found for check in CHECKS if (found := check(model, given)) is not None), None)


def write(model: DeviceModel, given: call.SetNetworkProfile) -> SetResult:
    """Put a profile in place of what its slot holds; the others stay as they are."""
    kept = [each for each in _rows(model) if _slot_of(each) != given.configuration_slot]
    return _put(model, [*kept, payloads.encode(given)])


def data_of(model: DeviceModel, slot: int) -> dict[str, Any] | None:
    """What a slot's profile says, as SetNetworkProfile has it; None without one that can be read."""
    row = next((each for each in _rows(model) if _slot_of(each) == slot), None)
    data = None if row is None else row.get("connectionData")
    return data if isinstance(data, dict) else None


def write_part(model: DeviceModel, slot: int, field: str, value: int | str | None) -> SetResult:
    """Change one field of a slot's profile, None: take it away; without a profile, begin one."""
    data = dict(data_of(model, slot) or _beginning(model))
    data.pop(field, None)
    if value is not None:
        data[field] = value
    kept = [each for each in _rows(model) if _slot_of(each) != slot]
    return _put(model, [*kept, {"configurationSlot": slot, "connectionData": data}])


def _beginning(model: DeviceModel) -> dict[str, Any]:
    """A profile that leads nowhere yet."""
    return {
        "messageTimeout": model.read(variables.MESSAGE_TIMEOUT),
        "ocppCsmsUrl": "",
        "ocppInterface": "Any",
        "ocppTransport": TRANSPORT,
        "securityProfile": model.read(variables.SECURITY_PROFILE),
    }


def forget_password(model: DeviceModel, slot: int) -> None:
    """Have a profile use the station's password (B09.FR.27)."""
    rows = _rows(model)
    for row in rows:
        if _slot_of(row) == slot and isinstance(row.get("connectionData"), dict):
            row["connectionData"].pop("basicAuthPassword", None)
    _put(model, rows)


def _put(model: DeviceModel, rows: list[Any]) -> SetResult:
    rows.sort(key=lambda each: str(_slot_of(each)).rjust(20))
    return model.put(variables.NETWORK_PROFILES, json.dumps(rows, separators=(",", ":")))


def _rows(model: DeviceModel) -> list[Any]:
    """What the variable holds; what cannot be read at all is given up."""
    try:
        rows = json.loads(model.read(variables.NETWORK_PROFILES) or "[]")
    except (ValueError, RecursionError):
        return []
    return rows if isinstance(rows, list) else []


def _slot_of(row: Any) -> Any:
    return row.get("configurationSlot") if isinstance(row, dict) else None
