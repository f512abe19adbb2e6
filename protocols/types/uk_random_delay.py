"""The random delay that British smart charging rules ask for.

Mirror of EVerest's types file `uk_random_delay`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message


@message
class CountDown:
    """How much of a delay is left."""

    countdown_s: int
    """0 when no delay is running."""
    current_limit_after_delay_a: Annotated[float, Field(alias="current_limit_after_delay_A")]
    current_limit_during_delay_a: Annotated[float, Field(alias="current_limit_during_delay_A")]
    start_time: Timestamp | None = None
    """When the delay began."""
