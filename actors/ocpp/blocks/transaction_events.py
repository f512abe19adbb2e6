"""TransactionEvent as it is told to the CSMS: durable, in order, without gaps (E01 to E04, S8.17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ocpp.v21 import call, datatypes, enums
from ocpp.v21.enums import ReadingContextEnumType as Context
from ocpp.v21.enums import TransactionEventEnumType as Kind

from actors.ocpp.blocks import metering_series
from actors.ocpp.blocks.metering_readings import Signing, learn_meter, reading_of, record_of, sampled
from actors.ocpp.blocks.metering_values import phases_used
from actors.ocpp.blocks.transaction_entries import Standing, Transaction, changed, online, standing
from actors.ocpp.blocks.transaction_points import ENDINGS
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Rank, Weight
from protocols.interfaces import ocpp
from protocols.ocpp import times
from protocols.ocpp.version import Version
from protocols.types import ocpp as types
from protocols.types.authorization import AuthorizationType

if TYPE_CHECKING:
    from datetime import datetime

    from ocpp.v21.enums import TriggerReasonEnumType as Trigger

    from actors.ocpp.blocks.transaction_news import Occasion
    from actors.ocpp.turn import Turn
    from protocols.types.authorization import ProvidedIdToken
    from protocols.types.powermeter import Powermeter
    from protocols.types.units_signed import SignedMeterValue

RESERVED_BYTES: Final = 4000
"""Of the largest message: for all of the last event but its samples."""


OVERTAKEN: Final = timedelta(seconds=10)
"""What is heard of an EVSE by its condition counts from when it is heard, and an event that carries its time
may come after it; by so much at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one event says beside what follows from transaction and EVSE."""

    kind: Kind
    trigger: Trigger
    at: datetime
    weight: Weight = Weight.STEP
    values: tuple[datatypes.MeterValueType, ...] = ()
    stop_token: ProvidedIdToken | None = None
    stopped: enums.ReasonEnumType | None = None
    limits: datatypes.TransactionLimitType | None = None


def tell(turn: Turn, transaction: Transaction, now: Standing, telling: Telling) -> Transaction:
    """Queue an event; return the transaction as it is then. Nothing is told of one that is silent."""
    meter = reading_of(turn, transaction.evse_id).meter
    if transaction.silent or turn.live.stopped:
        return changed(turn, transaction, last_reading=meter or transaction.last_reading)
    token = telling.stop_token or (now.token if transaction.token is None else None)
    told_first = token is not None and transaction.token is None
    connector = now.connector_id is not None and not transaction.connector_told
    reservation = now.reservation_id if not transaction.reservation_told else None
    charging = now.charging_state is enums.ChargingStateEnumType.charging
    at = _not_before(transaction.told_at, telling.at)
    event = call.TransactionEvent(
        event_type=telling.kind,
        seq_no=transaction.seq_no,
        timestamp=times.text_of(at),
        trigger_reason=telling.trigger,
        transaction_info=datatypes.TransactionType(
            transaction_id=transaction.transaction_id,
            charging_state=now.charging_state,
            stopped_reason=telling.stopped,
            remote_start_id=_remote_start_id(token) if told_first else None,
            transaction_limit=telling.limits,
        ),
        evse=_evse(now) if connector or telling.kind is Kind.started else None,
        id_token=None if token is None else worded(turn, token, transaction.evse_id),
        meter_value=list(telling.values) or None,
        number_of_phases_used=phases_used(reading_of(turn, transaction.evse_id)) if charging else None,
        offline=not online(turn),  # E04.FR.03
        reservation_id=reservation if reservation is not None and reservation >= 0 else None,
    )
    turn.send(
        event,
        rank=Rank.TRANSACTION,
        weight=telling.weight,
        transaction_id=transaction.transaction_id,
    )
    turn.publish(ocpp.OcppTransactionEvent(event=told(transaction, telling.kind)))
    return changed(
        turn,
        transaction,
        seq_no=transaction.seq_no + 1,
        told_at=at,
        token=token if told_first else transaction.token,
        connector_told=transaction.connector_told or connector,
        reservation_told=transaction.reservation_told or reservation is not None,
        state_told=now.charging_state,
        last_reading=meter or transaction.last_reading,
    )


def _not_before(last: datetime | None, at: datetime) -> datetime:
    """The time of an event, not before the last one unless the clock was set meanwhile."""
    return last if last is not None and timedelta(0) < last - at < OVERTAKEN else at


def told(transaction: Transaction, kind: Kind) -> types.OcppTransactionEvent:
    """An event as the rest of the site hears of it (S8.17)."""
    return types.OcppTransactionEvent(
        transaction_event=types.TransactionEvent(kind.value),
        evse=types.EVSE(id=transaction.evse_id),
        session_id=transaction.session_id,
        transaction_id=transaction.transaction_id,
    )


def _evse(now: Standing) -> datatypes.EVSEType:
    return datatypes.EVSEType(id=now.evse_id, connector_id=now.connector_id)


def _remote_start_id(token: ProvidedIdToken | None) -> int | None:
    by_csms = token is not None and token.authorization_type is AuthorizationType.OCPP
    return token.request_id if token is not None and by_csms else None


def worded(turn: Turn, token: ProvidedIdToken, evse_id: int | None) -> datatypes.IdTokenType:
    """A token as the CSMS hears of it; in 2.1 with the id of the car at its EVSE (M10.5, Q01.FR.02)."""
    info = [
        datatypes.AdditionalInfoType(additional_id_token=each.value, type=each.type)
        for each in token.id_token.additional_info or ()
    ]
    if turn.version is Version.V21 and evse_id is not None:
        ev = reading_of(turn, evse_id).ev
        if ev is not None and ev.evcc_id is not None:
            info.append(datatypes.AdditionalInfoType(additional_id_token=ev.evcc_id, type="EVCCID"))
    return datatypes.IdTokenType(
        id_token=token.id_token.value, type=token.id_token.type.value, additional_info=info or None
    )


# -- what is measured at the beginning, in between and at the end -------------------------------------------


def samples(turn: Turn) -> bool:
    """Whether sampled values are wanted at all."""
    return turn.model.read(variables.SAMPLED_ENABLED) and turn.model.read(variables.SAMPLED_AVAILABLE)


def begin(turn: Turn, transaction: Transaction, now: Standing, trigger: Trigger, given: Occasion) -> None:
    """Tell that a transaction has begun, and keep the first sample for its end."""
    learn_meter(turn, transaction.evse_id, given.reading)
    meter = given.reading or reading_of(turn, transaction.evse_id).meter
    transaction = changed(turn, transaction, meter_start=meter)
    record = given.signed_start or record_of(meter)
    model, values = turn.model, []
    if samples(turn):
        both = model.read(variables.SAMPLED_SIGNED)
        starts = both and (turn.version is Version.V201 or model.read(variables.SAMPLED_SIGNED_STARTS))
        measurands = model.read(variables.SAMPLED_STARTED_MEASURANDS)
        value, transaction = measured(
            turn, transaction, measurands, Context.transaction_begin, meter, record if starts else None
        )
        values = [value] if value is not None else []
        measurands = model.read(variables.SAMPLED_ENDED_MEASURANDS)
        value, transaction = measured(
            turn, transaction, measurands, Context.transaction_begin, meter, record if both else None
        )
        if value is not None:
            metering_series.keep(turn, transaction.transaction_id, metering_series.Kind.SAMPLED, value)
    telling = Telling(
        kind=Kind.started, trigger=trigger, at=given.at, weight=Weight.NEVER, values=tuple(values)
    )
    tell(turn, transaction, now, telling)


def end(turn: Turn, transaction: Transaction, now: Standing, trigger: Trigger, given: Occasion) -> None:
    """Tell that a transaction is over, with all that was gathered for it."""
    learn_meter(turn, transaction.evse_id, given.reading)
    meter = given.reading or reading_of(turn, transaction.evse_id).meter or transaction.last_reading
    bound = turn.model.read(variables.MAX_MESSAGE_SIZE) - RESERVED_BYTES
    values = metering_series.gathered(turn, transaction.transaction_id, bound)
    metering_series.forget(turn, transaction.transaction_id)
    if samples(turn):
        wanted = turn.model.read(variables.SAMPLED_SIGNED)
        record = (given.signed or record_of(meter)) if wanted else None
        measurands = turn.model.read(variables.SAMPLED_ENDED_MEASURANDS)
        value, transaction = measured(turn, transaction, measurands, Context.transaction_end, meter, record)
        values += [value] if value is not None else []
    ending = ENDINGS[transaction.stopping] if transaction.stopping is not None else None
    telling = Telling(
        kind=Kind.ended,
        trigger=trigger,
        at=given.at,
        weight=Weight.NEVER,
        values=tuple(values),
        stop_token=given.stop_token,
        stopped=ending.reason if ending is not None else enums.ReasonEnumType.other,
    )
    made = changed(turn, tell(turn, transaction, now, telling), ended=True)
    if made.silent or turn.live.stopped:
        turn.drop(Transaction, made.key)


def measured(
    turn: Turn,
    transaction: Transaction,
    measurands: tuple[str, ...],
    context: Context,
    meter: Powermeter | None,
    record: SignedMeterValue | None,
) -> tuple[datatypes.MeterValueType | None, Transaction]:
    """A meter value within a transaction, and the transaction, which knows whether the key has gone out."""
    signing = Signing(turn, transaction.evse_id, transaction.key_told)
    signed = signing.worded(record)
    value = sampled(turn, transaction.evse_id, measurands, context, meter=meter, signed=signed)
    if value is not None and signing.key_told is not transaction.key_told:
        transaction = changed(turn, transaction, key_told=True)
    return value, transaction


def update(
    turn: Turn, transaction: Transaction, trigger: Trigger, value: datatypes.MeterValueType | None
) -> None:
    """Tell what was measured in the midst of a transaction."""
    now = standing(turn, transaction.evse_id)
    values = () if value is None else (value,)
    telling = Telling(kind=Kind.updated, trigger=trigger, at=turn.now, weight=Weight.SAMPLE, values=values)
    tell(turn, transaction, now, telling)
