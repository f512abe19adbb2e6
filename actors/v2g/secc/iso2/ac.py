"""ChargingStatus and MeteringReceipt: the charging loop of AC, and receipts in both loops. Pure.

Source: ISO 15118-2 8.4.4.2, 8.4.3.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.v2g.secc import contract, flow
from actors.v2g.secc.exchange import Level
from actors.v2g.secc.iso2 import status
from actors.v2g.secc.iso2.answers import Answer, answer
from actors.v2g.secc.iso2.kept import keep, kept
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.iso2.quantities import amperes
from actors.v2g.secc.iso2.talk import Reading
from protocols.iso15118.iso2 import ResponseCode
from protocols.iso15118.signature import ISO2

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.iso15118 import iso2


def loop_fields(turn: Turn) -> dict[str, Any]:
    """What both loops' responses say of the meter; a receipt that is due changes the phase."""
    reading = status.meter(turn)
    due = status.receipt_due(turn, reading)
    turn.change(phase=(Phase.RECEIPT if due else Phase.CHARGING).value)
    return {"meter_info": reading, "receipt_required": due}


def handle_charging_status(request: iso2.ChargingStatusReq, turn: Turn) -> Answer:
    """Tell the limit, the meter and what the station wants."""
    flow.begin(turn)
    limit_a = turn.station.ac_max_current_a
    most = None if limit_a is None else amperes(limit_a)
    return answer(request, turn, evse_max_current=most, **loop_fields(turn))


def handle_metering_receipt(message: iso2.V2gMessage, turn: Turn) -> Answer:
    """Check that the car has signed the reading it was sent, with its contract's key."""
    request: Any = message.body.body_element
    asked, given = kept(turn).receipt, request.meter_info
    signed = Reading(
        meter_id=given.meter_id, reading_wh=given.meter_reading_wh or 0, at=int(given.t_meter or 0)
    )
    keep(turn, receipt=None)
    if request.session_id != turn.talk.session_id or signed != asked:
        turn.note("receipt_of_another_reading", Level.WARNING)
        return ResponseCode.FAILED_METERING_SIGNATURE_NOT_VALID
    if not contract.is_signed(turn, message, [ISO2]):
        return ResponseCode.FAILED_METERING_SIGNATURE_NOT_VALID
    turn.note("receipt_signed", reading_wh=signed.reading_wh)
    turn.change(phase=Phase.RECEIPTED.value)
    return answer(request, turn)
