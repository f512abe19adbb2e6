"""Messages that journal tests and benchmarks write."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from protocols.message import message


@message
class Note:
    """The n-th thing that happened."""

    number: int
    text: str = ""


@message
class Summary:
    """What all notes up to a number amount to."""

    through: int
    text: str = ""


@message
class Positive:
    """Can be made, and encoded, with a value that its schema refuses."""

    limit_w: Annotated[float, Field(alias="limit", ge=0)]


@message
class Misnumbered:
    """Can be encoded, but no decoder takes its version: a mistake in a message's declaration."""

    version: ClassVar[int] = 0
    number: int
