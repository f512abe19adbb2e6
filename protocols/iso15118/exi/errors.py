"""The only exceptions that the EXI codec raises, whatever it is fed.

    ExiError            (a ValueError)
    +-- DecodeError     these bytes are no valid message of the schema
    +-- EncodeError     this object is no valid message of the schema
    +-- JsonFormError   this JSON tree is no valid message of the schema
    +-- SchemaError     the schema or the root element asked for does not exist

Each carries `path`, the elements from the root down to the one at fault ("V2G_Message/Body/..."),
and `problem`, the bare statement of what is wrong.
"""

from __future__ import annotations


class ExiError(ValueError):
    """Something is not a valid message; `path` says where in the message, `problem` what is wrong."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.problem, self.path = problem, path

    def __reduce__(self) -> tuple[type[ExiError], tuple[object, ...]]:
        return type(self), (self.problem, self.path)


class DecodeError(ExiError):
    """Bytes that are not a valid message.

    `bit_offset` counts from the first bit of the input (the EXI header included) to the first bit of the
    event codes or the value that could not be accepted; `byte_offset` is the byte in which it lies.
    """

    def __init__(self, problem: str, path: str = "", bit_offset: int = 0) -> None:
        super().__init__(problem, path)
        self.bit_offset = bit_offset

    @property
    def byte_offset(self) -> int:
        """The byte in which `bit_offset` lies."""
        return self.bit_offset // 8

    def __str__(self) -> str:
        where = f"byte {self.byte_offset} bit {self.bit_offset % 8}"
        return f"{where}: {super().__str__()}"

    def __reduce__(self) -> tuple[type[DecodeError], tuple[object, ...]]:
        return type(self), (self.problem, self.path, self.bit_offset)


class EncodeError(ExiError):
    """A message object that breaks its declaration: a wrong type, a facet, an occurrence, a choice."""


class JsonFormError(ExiError):
    """A JSON tree that does not have the form of a message."""


class SchemaError(ExiError):
    """A schema that does not exist, or a root element that the schema does not have."""
