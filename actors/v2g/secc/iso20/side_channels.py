"""What the car says on the side channels beside the charging loop: signed meter readings, parking. Pure.

Sources: ISO 15118-20 Table 14, 8.3.4.3.9 and 8.3.4.3.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.v2g.secc import contract
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.authorizing import SCHEMES
from actors.v2g.secc.iso20.phases import RefusedError, keep, mine
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import ResponseCode

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn


def handle_metering_confirmation(
    request: common.MeteringConfirmationReq, turn: Turn
) -> common.MeteringConfirmationRes:
    """Take the car's signature under a reading that it was shown in this talk."""
    data = request.signed_metering_data
    own = mine(turn)
    if own.metered_wh is None:
        raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "nothing_to_confirm")
    as_shown = (
        data.session_id == turn.talk.session_id
        and data.meter_info.charged_energy_reading_wh <= own.metered_wh
    )
    if not as_shown or not contract.is_signed(turn, request, SCHEMES):
        raise RefusedError(ResponseCode.FAILED_METERING_SIGNATURE_NOT_VALID, "meter_signature")
    keep(turn, confirmed_at=turn.now)
    turn.note("metering_confirmed", charged_energy_wh=data.meter_info.charged_energy_reading_wh)
    return common.MeteringConfirmationRes(**ok(turn))


def handle_vehicle_check_in(request: common.VehicleCheckInReq, turn: Turn) -> common.VehicleCheckInRes:
    """Note that the car has parked; over a wire it has nowhere to be led to."""
    _parked(turn)
    turn.note("vehicle_check_in", status=request.ev_check_in_status.value)
    return common.VehicleCheckInRes(**ok(turn))


def handle_vehicle_check_out(request: common.VehicleCheckOutReq, turn: Turn) -> common.VehicleCheckOutRes:
    """Note that the car wants to leave; nothing keeps it."""
    _parked(turn)
    turn.note("vehicle_check_out", status=request.ev_check_out_status.value)
    return common.VehicleCheckOutRes(**ok(turn), evse_check_out_status=common.EvseCheckOutStatus.COMPLETED)


def _parked(turn: Turn) -> None:
    """Only for cars that chose the parking status service."""
    if not mine(turn).parking:
        raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "parking_status_not_chosen")
