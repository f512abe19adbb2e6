"""Tests for actors/errors/messages.py."""

from __future__ import annotations

from datetime import UTC, datetime

from actors.errors import messages
from protocols import codec
from protocols.types import error_history


def test_standing_errors_survive_the_wire_with_their_place() -> None:
    """What a subscriber gets is what was said."""
    error = error_history.ErrorObject(
        type="evse_manager/Internal",
        description="It has lost track of what is going on.",
        message="two cars",
        severity=error_history.Severity.HIGH,
        origin=error_history.ImplementationIdentifier(module_id="evse_1", implementation_id="evse"),
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        uuid="6ba7b810",
        state=error_history.State.ACTIVE,
    )
    said = messages.StandingErrors(errors=(messages.Standing(error=error, evse=1, connector=2),))

    assert codec.decode(codec.encode(said)) == said
