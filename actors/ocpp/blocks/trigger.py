"""TriggerMessage: the CSMS wants to be told something now (F06; row M11.7).

`TRIGGERS` says who sends what; a trigger that is not in it is answered NotImplemented (F06.FR.08). The answer
goes out before the message that it promises (F06.FR.04), for what a turn queues leaves after its answers.
One certificate for both ISO 15118-2 and -20 (SignCombinedCertificate) is not made, a site publishes no
firmware for other stations, and no custom trigger is known.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import MessageTriggerEnumType as Wanted
from ocpp.v21.enums import TriggerMessageStatusEnumType as Status

from actors.ocpp.block import Block
from actors.ocpp.blocks import boot, csr, firmware, log_upload, metering, status
from actors.ocpp.blocks.certificate_tables import Kind as Leaf
from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.entries import Numbered, Queued, Rank
from protocols.types.system import BootReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.ocpp.turn import Turn

NOTHING: Final = Hindrance("NotFound", "there is nothing to tell of")


def _boot(turn: Turn, _evse: datatypes.EVSEType | None) -> Hindrance | None:
    """F06.FR.17: not once a boot has been accepted."""
    if turn.live.accepted:
        return Hindrance("NotEnabled", "the boot has been accepted already")
    boot.notify(turn, BootReason.TRIGGERED)
    return None


def _heartbeat(turn: Turn, _evse: datatypes.EVSEType | None) -> Hindrance | None:
    """F06.FR.02: an EVSE makes no difference here."""
    return None if boot.beat(turn) else NOTHING


def _meter_values(turn: Turn, evse: datatypes.EVSEType | None) -> Hindrance | None:
    """F06.FR.06: of one EVSE, or of all."""
    return None if metering.trigger_meter_values(turn, _evse_id(evse)) else NOTHING


def _transaction_event(turn: Turn, evse: datatypes.EVSEType | None) -> Hindrance | None:
    """F06.FR.07, FR.10: of the transaction of one EVSE, or of all that run."""
    return None if metering.trigger_transaction_event(turn, _evse_id(evse)) else NOTHING


def _status(turn: Turn, evse: datatypes.EVSEType | None) -> Hindrance | None:
    """F06.FR.12, FR.13: of one connector, which must be named."""
    connector_id = None if evse is None else evse.connector_id
    if evse is None or connector_id is None:
        return Hindrance("MissingParam", "EVSE and connector must be named")
    if not 1 <= connector_id <= turn.settings.evses.get(evse.id, 0):
        return Hindrance("UnknownConnectorId", f"EVSE {evse.id} has no connector {connector_id}")
    status.notify(turn, evse.id, connector_id)
    return None


def _evse_id(evse: datatypes.EVSEType | None) -> int | None:
    return None if evse is None else evse.id


def _log_status(turn: Turn, _evse: datatypes.EVSEType | None) -> Hindrance | None:
    """N01.FR.13: Idle where nothing is uploaded."""
    log_upload.trigger(turn)
    return None


def _firmware_status(turn: Turn, _evse: datatypes.EVSEType | None) -> Hindrance | None:
    """L01.FR.25, FR.26: Idle where nothing is updated."""
    firmware.trigger(turn)
    return None


PER_EVSE: Final = frozenset({Wanted.meter_values, Wanted.transaction_event})
"""Of an EVSE that there is not, nothing can be told."""
TRIGGERS: Final[Mapping[Wanted, Callable[[Turn, datatypes.EVSEType | None], Hindrance | None]]] = (
    MappingProxyType(
        {
            Wanted.boot_notification: _boot,
            Wanted.heartbeat: _heartbeat,
            Wanted.meter_values: _meter_values,
            Wanted.transaction_event: _transaction_event,
            Wanted.status_notification: _status,
            Wanted.log_status_notification: _log_status,
            Wanted.firmware_status_notification: _firmware_status,
            # M11.7
            Wanted.sign_charging_station_certificate: lambda turn, _evse: csr.trigger(turn, Leaf.STATION),
            Wanted.sign_v2g_certificate: lambda turn, _evse: csr.trigger(turn, Leaf.V2G),
            Wanted.sign_v2g20_certificate: lambda turn, _evse: csr.trigger(turn, Leaf.V2G20),
        }
    )
)
"""Sends what is wanted, or says what hinders it."""


def _trigger(turn: Turn, tag: int, request: call.TriggerMessage) -> None:
    wanted, evse = Wanted(request.requested_message), request.evse
    handler = TRIGGERS.get(wanted)
    if handler is None:
        turn.respond(tag, call_result.TriggerMessage(Status.not_implemented))
        return
    if wanted in PER_EVSE and evse is not None and evse.id not in {0, *turn.settings.evses}:
        found: Hindrance | None = Hindrance("UnknownEvse", f"there is no EVSE {evse.id}")
    else:
        last = turn.get(Numbered) or Numbered(last=0)
        found = handler(turn, evse)
        _let_out(turn, last.last)
    if found is None:
        turn.respond(tag, call_result.TriggerMessage(Status.accepted))
        return
    turn.respond(tag, call_result.TriggerMessage(Status.rejected, status_info=found.info))


def _let_out(turn: Turn, last: int) -> None:
    """B02.FR.02: what was asked for goes out even while the boot is pending."""
    if turn.live.accepted:
        return
    for each in list(turn.all(Queued)):
        if each.number > last and each.rank is Rank.OTHER:
            turn.unqueue(each)
            asked = replace(each, rank=Rank.ASKED)
            turn.put(asked)
            turn.live.waiting.add(asked)


BLOCK: Final = Block(name="trigger", requests={call.TriggerMessage: _trigger})
