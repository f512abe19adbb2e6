"""A session from its beginning to its end, and its transaction (rows M6.2, M6.3). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.evse import metering, session_ids
from actors.evse.exchange import Clear, Timer
from actors.evse.record import Contracts, Meter, Session, Transaction
from actors.v2g.messages import Evidence
from actors.v2g.progress import Progress
from protocols import errors
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types import evse_manager as types
from protocols.types.authorization import AuthorizationType
from protocols.types.iso15118 import PaymentOption

if TYPE_CHECKING:
    from actors.evse.turn import Turn
    from protocols.types.authorization import ProvidedIdToken


def begin(turn: Turn, reason: types.StartSessionReason, token: ProvidedIdToken | None = None) -> None:
    """A car was plugged in, or somebody was authorized, whichever came first."""
    turn.remember(
        session=Session(
            uuid=session_ids.session_id(turn.settings.session_id_type, turn.random),
            began=turn.now,
            reason=reason,
        )
    )
    turn.event(
        types.SessionEventEnum.SESSION_STARTED,
        session_started=types.SessionStarted(
            reason=reason,
            id_tag=token,
            meter_value=turn.reading,
            signed_meter_value=turn.reading.signed_meter_value,
            reservation_id=turn.record.reservation_id,
            logging_path=turn.settings.session_logging_path if turn.settings.session_logging else None,
        ),
    )


def plug_in(turn: Turn, connector: int) -> None:
    """A car is there: a session begins, or the one that waited for it goes on."""
    if turn.session is None:
        begin(turn, types.StartSessionReason.EV_CONNECTED)
    turn.change(connector=connector, plugged=True, plugged_at=turn.now)
    turn.tell_car(session_setup(turn))
    keep_evidence(turn)
    if turn.session is not None and turn.session.token is None:
        turn.event(types.SessionEventEnum.AUTH_REQUIRED)


def session_setup(turn: Turn) -> charger.SessionSetup:
    """How the car may be authorized in this session (rows M6.9, M6.10).

    An EVSE whose site file wants no contracts (S4.4) offers none, also where OCPP has them on everywhere.
    """
    contracts = contracts_of(turn)
    wanted = turn.settings.payment_enable_contract and contracts.enabled
    token = turn.session.token if turn.session is not None else None
    otherwise = token is not None and token.authorization_type is not AuthorizationType.PLUG_AND_CHARGE
    options = tuple(
        option
        for option, offered in (
            (PaymentOption.CONTRACT, wanted and not otherwise),
            (PaymentOption.EXTERNAL_PAYMENT, turn.settings.payment_enable_eim),
        )
        if offered
    )
    offers = PaymentOption.CONTRACT in options
    return charger.SessionSetup(
        payment_options=options or (PaymentOption.EXTERNAL_PAYMENT,),
        supported_certificate_service=offers and contracts.installation,
        central_contract_validation_allowed=offers and contracts.central_validation,
    )


def contracts_of(turn: Turn) -> Contracts:
    """How contracts are treated: as set last, else as the parameters say."""
    return turn.record.contracts or Contracts(
        enabled=turn.settings.payment_enable_contract,
        central_validation=turn.settings.central_contract_validation_allowed,
        installation=turn.settings.contract_certificate_installation_enabled,
    )


def open_transaction(turn: Turn) -> None:
    """Plugged in and authorized: remember how it began, and have the meter open its record."""
    session = turn.session
    if session is None or session.token is None:
        raise RuntimeError("a transaction needs a car and a grant")
    transaction = Transaction(
        token=session.token,
        began=turn.now,
        start=turn.reading,
        start_signed=turn.reading.signed_meter_value,
        reservation_id=session.reservation_id,
        meter=Meter.OPENING if turn.settings.has_meter else Meter.NONE,
    )
    turn.change(transaction=transaction)
    turn.remember(grants_used=turn.record.grants_taken)
    if turn.settings.has_meter:
        metering.open_record(turn)


def announce_transaction(turn: Turn) -> None:
    """Say that the transaction has begun."""
    transaction = turn.transaction
    if transaction is None:
        raise RuntimeError("there is no transaction")
    turn.change_transaction(announced=True)
    turn.event(
        types.SessionEventEnum.TRANSACTION_STARTED,
        transaction_started=types.TransactionStarted(
            id_tag=transaction.token,
            meter_value=transaction.start,
            signed_meter_value=transaction.start_signed,
            reservation_id=transaction.reservation_id,
        ),
    )


def finish_transaction(turn: Turn) -> None:
    """Say that the transaction is over, with the meter's record if it gave one."""
    session, transaction = turn.session, turn.transaction
    if session is None or transaction is None:
        raise RuntimeError("there is no transaction")
    turn.change_transaction(finished=True)
    turn.event(
        types.SessionEventEnum.TRANSACTION_FINISHED,
        transaction_finished=types.TransactionFinished(
            meter_value=turn.reading,
            start_signed_meter_value=transaction.start_signed,
            signed_meter_value=transaction.signed,
            reason=session.stop.reason if session.stop is not None else None,
            id_tag=session.stop.token if session.stop is not None else None,
        ),
    )
    turn.remember(ended=turn.record.unsaid[-1])


def end(turn: Turn) -> None:
    """The car is gone, or nobody came: the EVSE is free."""
    turn.event(
        types.SessionEventEnum.SESSION_FINISHED,
        session_finished=types.SessionFinished(meter_value=turn.reading),
    )
    turn.remember(session=None, pauses=())
    facts = turn.facts
    facts.target = facts.maximum = facts.giving = facts.gives = None
    facts.ev = types.EVInfo()
    if evse_manager.EvInfo.__name__ in facts.said:  # nobody is to take the next car for this one
        turn.publish_changed(evse_manager.EvInfo(ev_info=facts.ev))
    turn.cancel(Timer.HARD_STOP, Timer.NO_ENERGY, Timer.FALL_BACK, Timer.WAKE_UP)
    for error in (
        errors.EvseManager.MREC9_AUTHORIZATION_TIMEOUT,
        errors.EvseManager.POWERMETER_TRANSACTION_START_FAILED,
    ):
        turn.effects.append(Clear(error=error))
    turn.tell_car(session_setup(turn))
    turn.tell_car(Evidence(path="" if turn.settings.session_logging else None))


def keep_evidence(turn: Turn) -> None:
    """Have the link write down what the car of this session says, where that is configured (M5.7).

    Elsewhere the link is only told whose talks these are: whether and where it writes them down is up to its
    own parameters, or to who else has asked it to.
    """
    settings, session = turn.settings, turn.session
    if session is None:
        return
    if not settings.session_logging:
        turn.tell_car(Evidence(path=None, suffix=session.uuid))
        return
    by_session = settings.logfile_suffix == "session_uuid"
    turn.tell_car(
        Evidence(
            path=settings.session_logging_path,
            suffix=session.uuid if by_session else settings.logfile_suffix,
            in_full=settings.session_logging_xml,
        )
    )


def new_talk(turn: Turn) -> None:
    """The car speaks anew within its session: what it had come to is over."""
    if turn.session is not None:
        turn.change(car=Progress(), published="")
