"""Texts for people.

Mirror of EVerest's types file `text_message`.
"""

import enum

from protocols.message import message


class MessageFormat(enum.StrEnum):
    """How a text is to be read."""

    ASCII = "ASCII"
    HTML = "HTML"
    URI = "URI"
    """It is the address of a page."""
    UTF8 = "UTF8"
    QRCODE = "QRCODE"
    """To be shown as a QR code."""


@message
class MessageContent:
    """A text in one language."""

    format: MessageFormat | None = None
    """Absent leaves it to the display."""
    language: str | None = None
    """RFC 5646 tag."""
    content: str
