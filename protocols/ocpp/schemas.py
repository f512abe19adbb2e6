"""Every payload against the schema of its version (OCPP 2.1 part 3; DESIGN 7: compiled).

The schemas are those of the package `ocpp`. A validator is compiled when it is first asked for and kept;
`prepare` compiles all of a version beforehand, in a parent process for example.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from protocols.ocpp.errors import Code, RefusalError
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from protocols.ocpp.frames import Payload

_FOLDERS: Final = MappingProxyType({Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"})
_REQUEST: Final = MappingProxyType({Version.V16: "", Version.V201: "Request", Version.V21: "Request"})
"""What the name of a request's schema has behind the action."""
_SENT: Final = MappingProxyType({Version.V21: frozenset({"NotifyPeriodicEventStream"})})
"""By version: the actions of SEND, which nobody answers; their schemas are named by the action alone."""

MAX_INTEGER: Final = 2**63 - 1
_CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "required": Code.OCCURRENCE_CONSTRAINT_VIOLATION,
        "minItems": Code.OCCURRENCE_CONSTRAINT_VIOLATION,
        "maxItems": Code.OCCURRENCE_CONSTRAINT_VIOLATION,
        "type": Code.TYPE_CONSTRAINT_VIOLATION,
        "additionalProperties": Code.FORMAT_VIOLATION,
    }
)
"""By keyword of the schema: the code of the refusal; every other keyword says that a value is not allowed."""


def _folder(version: Version) -> Traversable:
    return resources.files("ocpp") / _FOLDERS[version] / "schemas"


@cache
def actions(version: Version) -> frozenset[str]:
    """The actions of a version, CALL and SEND."""
    stems = (each.name.removesuffix(".json") for each in _folder(version).iterdir())
    if version is Version.V16:
        return frozenset(stem for stem in stems if not stem.endswith("Response"))
    return frozenset(stem.removesuffix("Request") for stem in stems if not stem.endswith("Response"))


@cache
def schema(version: Version, action: str, *, answer: bool = False) -> Mapping[str, Any]:
    """The schema of a request, or of its answer. Raises KeyError for an action that the version has not."""
    if action not in actions(version) or (answer and action in _SENT.get(version, ())):
        raise KeyError(action)
    suffix = "Response" if answer else "" if action in _SENT.get(version, ()) else _REQUEST[version]
    text = (_folder(version) / f"{action}{suffix}.json").read_text(encoding="utf-8-sig")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator(
    version: Version, action: str, *, answer: bool, formats: bool = True
) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(dict(schema(version, action, answer=answer)), validate_formats=formats)


def prepare(version: Version) -> None:
    """Compile every validator of a version."""
    for action in actions(version):
        _validator(version, action, answer=False)
        if action not in _SENT.get(version, ()):
            _validator(version, action, answer=True)


def check(
    version: Version, action: str, payload: Payload, *, answer: bool = False, formats: bool = True
) -> None:
    """Raise RefusalError unless the payload is one of this action, or of its answer.

    NotImplemented is the code for an action that the version has not, a code of a constraint for a payload
    that does not fit. The problem names the place, not the value. `formats`: date-times are looked at.
    """
    try:
        validator = _validator(version, action, answer=answer, formats=formats)
    except KeyError:
        raise RefusalError(Code.NOT_IMPLEMENTED, f"{version.value} has no action of this name") from None
    try:
        validator.validate(payload)
    except jsonschema_rs.ValidationError as error:
        keyword = next((str(each) for each in reversed(error.schema_path) if isinstance(each, str)), "")
        place = "/".join(str(each) for each in error.instance_path)
        problem = f"{place or 'the payload'}: {_MEANINGS.get(keyword, f'breaks {keyword}')}"
        raise RefusalError(_CODES.get(keyword, Code.PROPERTY_CONSTRAINT_VIOLATION), problem) from None


def check_received(version: Version, action: str, payload: Payload, *, answer: bool = False) -> None:
    """As `check`, for what a peer has sent: its whole numbers must have at most 64 bits.

    JSON and its schemas know no bound; what keeps and carries a number does. OCPP's own integers have 32.
    Date-times are not looked at: back-ends write them in many ways, see `times`.
    """
    check(version, action, payload, answer=answer, formats=False)
    left: list[Any] = [payload]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
        elif isinstance(value, int) and not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise RefusalError(Code.PROPERTY_CONSTRAINT_VIOLATION, "a number of more than 64 bits")


_MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "required": "a required field is missing",
        "minItems": "too few entries",
        "maxItems": "too many entries",
        "type": "of another type",
        "additionalProperties": "a field that the schema has not",
        "enum": "not one of the allowed values",
        "maxLength": "too long",
        "minLength": "too short",
        "minimum": "too small",
        "maximum": "too large",
        "format": "badly written",
    }
)
