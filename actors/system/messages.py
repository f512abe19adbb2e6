"""What a simulated station is told beyond EVerest's interface `system`."""

from protocols.message import Command, message


@message
class ExpectPowerUp(Command):
    """For tests: the power of the station is about to fail; its next start will have been a power-up."""
