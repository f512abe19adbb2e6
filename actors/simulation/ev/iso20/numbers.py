"""Numbers and headers of ISO 15118-20. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from actors.simulation.ev.language import ANY_SESSION
from protocols.iso15118 import exi
from protocols.iso15118.iso20.types import MessageHeader, RationalNumber

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive

_STEP: Final = Decimal("0.1")


def rational(value: Decimal | int) -> RationalNumber:
    """A number in steps of a tenth."""
    return RationalNumber.nearest(Decimal(value).quantize(_STEP))


def decimal(number: RationalNumber | None) -> Decimal | None:
    """The number, exact; None stays None."""
    return None if number is None else number.to_decimal()


def seconds(drive: Drive) -> exi.UnixTime:
    """The car's time as messages carry it."""
    return exi.UnixTime(int(drive.now.timestamp()))


def header(drive: Drive) -> MessageHeader:
    """What precedes every request."""
    return MessageHeader(session_id=drive.session_id or ANY_SESSION, time_stamp=seconds(drive))
