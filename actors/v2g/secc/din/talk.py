"""What a talk in DIN 70121 keeps between two messages. Pure data."""

from __future__ import annotations

from protocols.message import message


@message
class DinTalk:
    """State of one talk beyond what all protocols share (`state.Talk`)."""
