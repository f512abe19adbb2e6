"""The codes with which a CALL is refused (OCPP-J 1.6 table 7; OCPP 2.0.1 and 2.1 part 4, section 4.3)."""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping


class Code(enum.StrEnum):
    """Why a CALL is refused, by the names of OCPP 2.1; `wire_code` says what an older version calls it."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


OLDER: Final[Mapping[Code, str]] = MappingProxyType(
    {
        Code.FORMAT_VIOLATION: "FormationViolation",
        Code.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
        Code.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
        Code.RPC_FRAMEWORK_ERROR: "GenericError",
    }
)
"""What OCPP 1.6 calls them, its spelling kept."""

MAX_DESCRIPTION: Final = 255
"""Characters of an error description."""


def wire_code(code: Code, version: Version) -> str:
    """The code as a version writes it."""
    return OLDER.get(code, code.value) if version is Version.V16 else code.value


class RefusalError(ValueError):
    """A frame or a payload that is answered with CALLERROR, or thrown away when it was no CALL.

    `code` is the reason, `message_id` the frame's id as far as it could be read, `problem` what was wrong and
    where; it never repeats a value of the peer's.
    """

    def __init__(self, code: Code, problem: str, message_id: str | None = None) -> None:
        super().__init__(f"{code.value}: {problem}")
        self.code, self.problem, self.message_id = code, problem, message_id

    def __reduce__(self) -> tuple[type[RefusalError], tuple[Code, str, str | None]]:
        return type(self), (self.code, self.problem, self.message_id)
