"""What the fields of a script may hold: payloads, codes, actions, times. Pure."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from actors.config.problems import did_you_mean
from actors.simulation.csms.templates import problem_of
from protocols.ocpp import schemas
from protocols.ocpp.version import Version

Seconds = Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False)]
SENDABLE: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""What may stand in a close frame (RFC 6455, 7.4); the others are for the other side's own use."""


def _sendable(code: int) -> int:
    if code not in SENDABLE:
        raise ValueError("no close code that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999")
    return code


def _known_status(status: int) -> int:
    if status not in set(HTTPStatus):
        raise ValueError("HTTP has no such status")
    return status


def json_only(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload, if it can be written as JSON. ValueError."""
    json.dumps(payload, allow_nan=False)
    return payload


HttpStatus = Annotated[int, Field(ge=300, le=599), AfterValidator(_known_status)]
CloseCode = Annotated[int, AfterValidator(_sendable)]
Pattern = dict[str, Any]
"""Fields that must be there and fit, see `matching`."""
Body = Annotated[dict[str, Any], AfterValidator(json_only)]
"""A payload, or a part of one, that is sent."""


def known_action(action: str) -> str:
    """The action, if any version has it. ValueError with the nearest one."""
    every = {name for version in Version for name in schemas.actions(version)}
    if action not in every and not {"*", "?"} & set(action):
        raise ValueError(f"no version has this action. {did_you_mean(action, every)}".strip())
    return action


def filled(value: Any) -> Any:
    """The payload, if nothing stands in it that can never be filled. ValueError."""
    if (problem := problem_of(value)) is not None:
        raise ValueError(problem)
    return value
