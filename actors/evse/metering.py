"""The meter: its readings, and the records it signs (rows S9.15, M5.8, M5.11). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.evse.exchange import AskMeter, Raise, Timer
from actors.evse.record import Meter
from protocols import errors
from protocols.interfaces import evse_manager, powermeter
from protocols.interfaces import iso15118_charger as charger
from protocols.types import powermeter as types
from protocols.types.authorization import AuthorizationType, IdTokenType
from protocols.types.error_history import Severity
from protocols.types.powermeter import OCMFIdentificationFlags as Flag
from protocols.types.powermeter import OCMFIdentificationLevel as Level
from protocols.types.powermeter import OCMFIdentificationType as Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.evse.turn import Turn
    from protocols.message import Reply
    from protocols.types.units_signed import SignedMeterValue

FLAGS: Final[Mapping[AuthorizationType, tuple[Flag, ...]]] = {
    AuthorizationType.OCPP: (Flag.RFID_NONE, Flag.OCPP_RS_TLS, Flag.ISO15118_NONE, Flag.PLMN_NONE),
    AuthorizationType.RFID: (Flag.RFID_PLAIN, Flag.OCPP_NONE, Flag.ISO15118_NONE, Flag.PLMN_NONE),
    AuthorizationType.AUTOCHARGE: (Flag.RFID_NONE, Flag.OCPP_NONE, Flag.ISO15118_NONE, Flag.PLMN_NONE),
    AuthorizationType.PLUG_AND_CHARGE: (
        Flag.RFID_NONE,
        Flag.OCPP_NONE,
        Flag.ISO15118_PNC,
        Flag.PLMN_NONE,
    ),
    AuthorizationType.BANK_CARD: (Flag.RFID_NONE, Flag.OCPP_NONE, Flag.ISO15118_NONE, Flag.PLMN_NONE),
}
"""OCMF field IF, by how the user was identified."""

KINDS: Final[Mapping[IdTokenType, Kind]] = {
    IdTokenType.CENTRAL: Kind.CENTRAL,
    IdTokenType.EMAID: Kind.EMAID,
    IdTokenType.MAC_ADDRESS: Kind.EVCCID,
    IdTokenType.ISO14443: Kind.ISO14443,
    IdTokenType.ISO15693: Kind.ISO15693,
    IdTokenType.KEY_CODE: Kind.KEY_CODE,
    IdTokenType.LOCAL: Kind.LOCAL,
    IdTokenType.NO_AUTHORIZATION: Kind.NONE,
}
"""OCMF field IT."""

LEVELS: Final[Mapping[AuthorizationType, Level]] = {
    AuthorizationType.PLUG_AND_CHARGE: Level.SECURE,
    AuthorizationType.OCPP: Level.TRUSTED,
}
"""OCMF field IL; all others are HEARSAY."""


def read(turn: Turn, reading: types.Powermeter) -> None:
    """The meter that bills has a new value."""
    if turn.facts.meter is None:
        turn.cancel(Timer.METER)
    turn.facts.meter = reading
    turn.publish(evse_manager.Powermeter(powermeter=reading), retain=True)
    if turn.running:
        turn.tell_car(charger.UpdateMeterInfo(powermeter=reading))
        if not turn.settings.dc and reading.power_w is not None:
            turn.tell_car_changed(charger.UpdateAcPresentPower(present_power=reading.power_w))


def no_value_in_time(turn: Turn) -> None:
    """The first value has not come: be ready without."""
    turn.facts.waited_for_meter = True
    turn.note("meter_silent", warning=True, waited_s=turn.settings.initial_meter_value_timeout_s)


def wait_for_first_value(turn: Turn) -> None:
    """Ready is said once the meter has spoken, or has not in time."""
    waits = turn.settings.has_meter and turn.settings.initial_meter_value_timeout_s > 0
    turn.facts.waited_for_meter = not waits
    if waits and turn.facts.meter is None:  # a successor may have heard it before the site said it was ready
        turn.start(Timer.METER, turn.settings.initial_meter_value_timeout_s)


def open_record(turn: Turn) -> None:
    """Have the meter open a record; whether it can is in the answer."""
    session, transaction = turn.session, turn.transaction
    if session is None or transaction is None:
        return
    token = transaction.token
    texts = session.verdict.tariff_messages if session.verdict is not None else ()
    request = types.TransactionReq(
        evse_id=turn.settings.evse_id,
        transaction_id=session.uuid,
        identification_status=types.OCMFUserIdentificationStatus.ASSIGNED,
        identification_level=LEVELS.get(token.authorization_type, Level.HEARSAY),
        identification_flags=FLAGS[token.authorization_type],
        identification_type=KINDS[token.id_token.type],
        identification_data=token.id_token.value,
        tariff_text=texts[0].content[:250] if texts else None,
    )
    turn.effects.append(AskMeter(command=powermeter.StartTransaction(value=request), session=session.uuid))


def close_record(turn: Turn) -> None:
    """Have the meter close its record and hand it over."""
    if turn.session is None:
        return
    turn.change_transaction(meter=Meter.CLOSING)
    command = powermeter.StopTransaction(transaction_id=turn.session.uuid)
    turn.effects.append(AskMeter(command=command, session=turn.session.uuid))


def answered(turn: Turn, session: str, reply: Reply) -> None:
    """The meter has opened or closed its record, or has not been able to; Failure counts as that."""
    transaction = turn.transaction
    if turn.session is None or turn.session.uuid != session or transaction is None:
        return
    if transaction.meter is Meter.OPENING:
        _opened(turn, reply)
    elif transaction.meter is Meter.CLOSING:
        _closed(turn, reply)


def _opened(turn: Turn, reply: Reply) -> None:
    response = reply.response if isinstance(reply, powermeter.StartTransactionReply) else None
    status = response.status if response is not None else types.TransactionRequestStatus.UNEXPECTED_ERROR
    turn.change_transaction(meter=Meter.OPEN if status is types.TransactionRequestStatus.OK else Meter.NONE)
    if status is types.TransactionRequestStatus.UNEXPECTED_ERROR:
        why = (response.error if response is not None else None) or repr(reply)
        turn.note("meter_record_not_opened", warning=True, error=why)
        if turn.settings.fail_on_powermeter_errors:
            turn.effects.append(
                Raise(
                    error=errors.EvseManager.POWERMETER_TRANSACTION_START_FAILED,
                    message=why[:200],
                    severity=Severity.MEDIUM,
                )
            )


def _closed(turn: Turn, reply: Reply) -> None:
    signed: SignedMeterValue | None = None
    start = turn.transaction.start_signed if turn.transaction is not None else None
    if isinstance(reply, powermeter.StopTransactionReply):
        signed = reply.response.signed_meter_value
        start = reply.response.start_signed_meter_value or start
    if signed is None:
        turn.note("meter_record_missing", warning=True, reply=repr(reply)[:200])
    turn.change_transaction(meter=Meter.CLOSED, signed=signed, start_signed=start)
