"""What a station of ours says and is told beyond EVerest's interface `system`."""

from protocols.message import Command, Var, message
from protocols.types.system import FirmwareUpdateStatus, LogStatus


@message
class ExpectPowerUp(Command):
    """For tests: the power of the station is about to fail; its next start will have been a power-up."""


@message
class StatusHistory(Var):
    """All that was said of the last upload and of the last update, oldest first; retained.

    Publishing reaches nobody who is away; whoever comes back finds here what it has missed. Each status
    stands here once where it was said several times in a row.
    """

    logs: tuple[LogStatus, ...] = ()
    firmware: tuple[FirmwareUpdateStatus, ...] = ()
