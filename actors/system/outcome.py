"""How an errand ends. By itself, so that a helper process begins without all that an actor needs."""

from __future__ import annotations

import enum


class Outcome(enum.StrEnum):
    """How an errand of a helper process ended."""

    DONE = "Done"
    FAILED = "Failed"
    """Trying again may help."""
    DENIED = "Denied"
    BAD_MESSAGE = "BadMessage"
    NOT_SUPPORTED = "NotSupported"
