"""What every response about energy says of the station: AC_EVSEStatus, DC_EVSEStatus, the meter. Pure.

Source: ISO 15118-2 8.5.3.1, 8.5.4.1 and 8.5.2.27.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.iso2.kept import is_dc, keep, kept
from actors.v2g.secc.iso2.limits import RECEIPT_EVERY_S, RENEGOTIATE_EVERY_S
from actors.v2g.secc.iso2.phase import LOOP, Phase
from actors.v2g.secc.iso2.schedules import p_max_w
from actors.v2g.secc.iso2.talk import Reading
from actors.v2g.secc.outlet import DcOutlet, must_stop
from protocols.iso15118 import iso2
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso2 import EvseNotification, IsolationLevel
from protocols.types.iso15118 import EvseError, PaymentOption

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

NO_EVSE_ID: Final = "ZZ00000"
"""For a station that has none (ISO 15118-2 8.4.3.2.3)."""
EVSE_ID_LENGTHS: Final = range(7, 38)
METER_ID_MAX: Final = 32
READING_MAX_WH: Final = 2**64 - 1
RISE: Final = 1.1
"""A car is asked to negotiate anew when it could have so much more than it was offered."""

READY: Final = frozenset({Phase.OFFERED, Phase.CHECKED, Phase.PRE_CHARGE, *LOOP})
"""Where a DC outlet without error is ready."""
OUTLET: Final = DcOutlet(iso2, ready=READY, checking=Phase.CABLE_CHECK)


def evse_id(turn: Turn) -> str:
    """The id of the outlet."""
    told = turn.station.evse_id
    return told.evse_id if told is not None and len(told.evse_id) in EVSE_ID_LENGTHS else NO_EVSE_ID


def notification(turn: Turn) -> EvseNotification:
    """What the car shall do."""
    if must_stop(turn):
        return EvseNotification.STOP_CHARGING
    if Phase(turn.talk.phase) in LOOP and _could_have_more(turn):
        keep(turn, renegotiation_at=turn.now)
        return EvseNotification.RE_NEGOTIATION
    return EvseNotification.NONE


def _could_have_more(turn: Turn) -> bool:
    """Whether the schedule holds the car down; a lower limit needs no new one, the loop carries it."""
    ours = kept(turn)
    last = ours.renegotiation_at
    if last is not None and turn.now - last < timedelta(seconds=RENEGOTIATE_EVERY_S):
        return False
    now_w = p_max_w(turn)
    return ours.p_max_w is not None and now_w is not None and now_w > max(ours.p_max_w, 0.0) * RISE


def ac(turn: Turn) -> iso2.AcEvseStatus:
    """AC_EVSEStatus."""
    return iso2.AcEvseStatus(
        notification_max_delay_s=0,
        evse_notification=notification(turn),
        rcd=turn.station.error is EvseError.ERROR_RCD,
    )


def dc(turn: Turn) -> iso2.DcEvseStatus:
    """DC_EVSEStatus."""
    return iso2.DcEvseStatus(
        notification_max_delay_s=0,
        evse_notification=notification(turn),
        evse_isolation_status=IsolationLevel(turn.station.isolation.value),
        evse_status_code=OUTLET.status_code(turn),
    )


def of(turn: Turn) -> iso2.AcEvseStatus | iso2.DcEvseStatus:
    """The one that goes with the car's energy transfer mode."""
    return dc(turn) if is_dc(turn) else ac(turn)


def meter(turn: Turn) -> iso2.MeterInfo | None:
    """The newest reading, if there is one."""
    told = turn.station.meter
    if told is None:
        return None
    return iso2.MeterInfo(
        meter_id=(told.meter_id or "")[:METER_ID_MAX] or "0",
        meter_reading_wh=min(max(0, int(told.energy_wh_import.total_wh)), READING_MAX_WH),
        t_meter=UnixTime.of(told.timestamp),
    )


def receipt_due(turn: Turn, reading: iso2.MeterInfo | None) -> bool:
    """Whether the car has to sign this reading now; only one that charges on a contract can."""
    contract = turn.authorization.option is PaymentOption.CONTRACT and turn.talk.contract is not None
    if reading is None or not (contract and turn.station.receipt_required):
        return False
    last = kept(turn).receipt_at
    if last is not None and turn.now - last < timedelta(seconds=RECEIPT_EVERY_S):
        return False
    sent = Reading(
        meter_id=reading.meter_id, reading_wh=reading.meter_reading_wh or 0, at=int(reading.t_meter or 0)
    )
    keep(turn, receipt=sent, receipt_at=turn.now)
    return True
