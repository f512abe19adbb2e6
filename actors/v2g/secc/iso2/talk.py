"""What a talk in ISO 15118-2 keeps between two messages. Pure data."""

from __future__ import annotations

from protocols.message import message


@message
class Iso2Talk:
    """State of one talk beyond what all protocols share (`state.Talk`)."""
