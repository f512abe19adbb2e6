"""Messages that journal tests and benchmarks write."""

from __future__ import annotations

from typing import Annotated

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
