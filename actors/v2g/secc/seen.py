"""What a DC car of DIN 70121 or ISO 15118-2 has said last, so that only changes are published. Pure data."""

from protocols.message import message
from protocols.types import iso15118


@message
class DcSeen:
    """The last published values; None where the car has not said anything yet."""

    status: iso15118.DcEvStatus | None = None
    limits: iso15118.DcEvMaximumLimits | None = None
    bulk_complete: bool | None = None
    complete: bool | None = None
