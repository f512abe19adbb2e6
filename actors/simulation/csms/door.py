"""Whether a station may connect, who it is, and in which version is spoken. Pure.

Source: OCPP-J 1.6 chapter 3, OCPP 2.1 part 4 chapter 3 (identity, subprotocol), part 2 A00 (basic auth).
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from actors.simulation.csms.script import FaultKind, Unknown
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from actors.simulation.csms.script import Fault, Script
    from protocols.ocpp.frames import Payload

MAX_IDENTITY: Final = 48
BASIC_PROFILES: Final = frozenset({1, 2})
POLICY_VIOLATION: Final = 1008
MAX_STATIONS: Final = 2_000
"""So many connections there may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """An upgrade request."""

    path: str
    offered: Sequence[str] = ()
    authorization: str | None = None
    security_profile: int | None = None
    """Of the port; None: 0 or 1, as the station likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What it is answered."""

    station: str = ""
    status: HTTPStatus = HTTPStatus.SWITCHING_PROTOCOLS
    reason: str = ""
    """For people, and in the body of a refusal."""
    version: Version | None = None
    subprotocol: str | None = None
    """What the answer names; None with 101: nothing, against the rules."""
    hold_s: float = 0
    """The answer waits so long."""
    close: int | None = None
    """Closed with this code as soon as it is open."""

    @property
    def granted(self) -> bool:
        """Whether there will be a connection."""
        return self.status is HTTPStatus.SWITCHING_PROTOCOLS


FULL: Final = Admission(status=HTTPStatus.SERVICE_UNAVAILABLE, reason="too many stations")


def identity_of(path: str) -> str | None:
    """The identity at the end of the path; None for what can be none."""
    name = unquote(path.partition("?")[0].rpartition("/")[2])
    good = 0 < len(name) <= MAX_IDENTITY and ":" not in name and name.isprintable()
    return name if good else None


def admit(
    script: Script, passwords: Mapping[str, frozenset[bytes]], knock: Knock, fault: Fault | None
) -> Admission:
    """The answer to an upgrade request. `passwords`: what has been set at run time beside the script's."""
    station = identity_of(knock.path)
    if station is None:
        return Admission(status=HTTPStatus.NOT_FOUND, reason="no identity at the end of the path")
    if fault is not None and fault.kind is FaultKind.REFUSE:
        return Admission(station=station, status=HTTPStatus(fault.status), reason="as the script wants")
    listed = station in script.stations.known
    if not listed and script.stations.unknown is Unknown.REFUSE:
        return Admission(station=station, status=HTTPStatus.NOT_FOUND, reason="this station is not known")
    if (problem := _credentials_problem(script, passwords, knock, station)) is not None:
        return Admission(station=station, status=HTTPStatus.UNAUTHORIZED, reason=problem)
    return _chosen(script, knock, fault, station, listed=listed)


def _chosen(script: Script, knock: Knock, fault: Fault | None, station: str, *, listed: bool) -> Admission:
    common = [version for version in script.versions if version.value in knock.offered]
    silent = fault is not None and fault.kind is FaultKind.NO_SUBPROTOCOL
    if not common and not silent:
        reason = f"none of {', '.join(script.versions)} is offered"
        return Admission(station=station, status=HTTPStatus.BAD_REQUEST, reason=reason)
    version = (common or script.versions)[0]
    closed = not listed and script.stations.unknown is Unknown.CLOSE
    return Admission(
        station=station,
        version=version,
        subprotocol=None if silent else version.value,
        hold_s=fault.seconds if fault is not None and fault.kind is FaultKind.HANG else 0,
        close=POLICY_VIOLATION if closed else None,
    )


def _credentials_problem(
    script: Script, passwords: Mapping[str, frozenset[bytes]], knock: Knock, station: str
) -> str | None:
    given = _credentials(knock.authorization)
    if given is None:
        return "name and password are missing" if knock.security_profile in BASIC_PROFILES else None
    if knock.security_profile not in {None, *BASIC_PROFILES}:
        return None
    name, password = given
    if name != station.encode():
        return "the name is not the identity"
    known = script.stations.known.get(station)
    allowed = set(passwords.get(station, ()))
    if known is not None and known.password is not None:
        allowed.add(known.password.encode())
    right = [hmac.compare_digest(password, one) for one in allowed]  # all of them, as long as it takes
    if right and not any(right):
        return "wrong password"
    return None


def _credentials(header: str | None) -> tuple[bytes, bytes] | None:
    """Name and password of basic authentication; None for anything else."""
    scheme, _, text = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(text.strip(), validate=True).partition(b":")
    except ValueError:  # neither base64 nor, it may be, ASCII
        return None
    return (name, password) if colon else None


def new_password(version: Version, action: str, payload: Payload, answer: Payload) -> bytes | None:
    """The password that a call of ours has just set in the station (A01), if it has."""
    if version is Version.V16:
        is_key = action == "ChangeConfiguration" and payload.get("key") == "AuthorizationKey"
        accepted = answer.get("status") in {"Accepted", "RebootRequired"}
        return _unhexed(str(payload.get("value"))) if is_key and accepted else None
    if action != "SetVariables":
        return None
    for data, result in zip(payload["setVariableData"], answer["setVariableResult"], strict=False):
        is_password = data["variable"]["name"] == "BasicAuthPassword"
        if is_password and result["attributeStatus"] in {"Accepted", "RebootRequired"}:
            return str(data["attributeValue"]).encode()
    return None


def _unhexed(value: str) -> bytes:
    """The key of 1.6 is written in hexadecimal digits; where it is not, it is meant as it stands."""
    try:
        return bytes.fromhex(value)
    except ValueError:
        return value.encode()
