"""The way in for each kind of input of a talk in ISO 15118-20. Pure.

A request goes through in this order: payload type and schema, the table of its phase, the session id, what
the station has failed at, its handler. What a handler refuses leaves nothing behind but the refusal, which
ends the talk [V2G20-2222]. A request whose answer has to wait is held; `WAITS` says how it goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.v2g.secc import authorization, contract, debugging, handshake
from actors.v2g.secc.exchange import Level, Note
from actors.v2g.secc.iso20 import (
    cable,
    contactors,
    delivery,
    installation,
    offer,
    schedule,
    services,
    tables,
    value_added,
)
from actors.v2g.secc.iso20.answers import refusal
from actors.v2g.secc.iso20.authorizing import contract_checked
from actors.v2g.secc.iso20.phases import FAILURES, Phase, RefusedError, keep, mine, phase_of
from actors.v2g.secc.iso20.talk import Ending
from actors.v2g.secc.iso20.timers import CLOSE_S, LOOP_SEQUENCE_S, SECONDS, Timer
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common, dc
from protocols.iso15118.iso20.enumerations import ResponseCode
from protocols.iso15118.iso20.types import V2gRequest, V2gResponse
from protocols.types.iso15118 import EvseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.message import Command, Reply, Var

Answer = V2gResponse | bytes | None


class Wait(NamedTuple):
    """How a held request goes on."""

    proceed: Callable[[Any, Command | None, Turn], Answer]
    """Something was told or answered; None: wait on."""
    timer: Timer | None = None
    late: Callable[[Any, Turn], Answer] | None = None


WAITS: Final[Mapping[type[V2gRequest], Wait]] = {
    common.PowerDeliveryReq: Wait(delivery.proceed, Timer.CONTACTOR, delivery.late),
    common.CertificateInstallationReq: Wait(installation.proceed, Timer.CERTIFICATE, installation.late),
    common.ServiceDiscoveryReq: Wait(lambda request, _command, turn: services.proceed(request, turn)),
}

FAULTS: Final[Mapping[EvseError, ResponseCode]] = {
    EvseError.ERROR_CONTACTOR: ResponseCode.FAILED_CONTACTOR_ERROR,
    EvseError.ERROR_RCD: ResponseCode.FAILED,
    EvseError.ERROR_MALFUNCTION: ResponseCode.FAILED,
    EvseError.ERROR_EMERGENCY_SHUTDOWN: ResponseCode.FAILED,
}
"""What ends a talk before energy flows; in the loop only an emergency does, else the car is asked to stop."""
LIMITS: Final = (charger.UpdateAcMaximumLimits, charger.UpdateDcMaximumLimits, charger.UpdateAcMaxCurrent)
"""The commands after which a schedule may not hold any more."""
LINKS: Final[Mapping[Ending, type[Var]]] = {
    Ending.TERMINATE: charger.DlinkTerminate,
    Ending.PAUSE: charger.DlinkPause,
    Ending.ERROR: charger.DlinkError,
}
"""What becomes of the data link."""
_AT_STAKE: Final = frozenset(
    {Phase.PARAMETERS, Phase.SCHEDULE, Phase.CABLE_CHECK, Phase.PRE_CHARGE, Phase.DELIVERY, Phase.LOOP}
)


def received(payload_type: int, payload: bytes, turn: Turn) -> None:
    """Answer a frame of the car, hold it until something else is known, or end the talk."""
    if turn.talk.held:
        _give_up(turn, "request_before_answer")
        return
    request = _decoded(payload_type, payload, turn)
    if request is None:
        return
    debugging.publish(turn, type(request).__name__, payload)
    row = tables.row(request, payload_type, turn)
    turn.change(held=payload, held_type=payload_type)
    if row is None:
        _fail(request, ResponseCode.FAILED_SEQUENCE_ERROR, "sequence_error", turn)
    elif _is_foreign(request, turn):
        _fail(request, ResponseCode.FAILED_UNKNOWN_SESSION, "unknown_session", turn)
    else:
        handler = row.handler
        if not _work(request, lambda: _checked(request, handler, turn), turn):
            turn.cancel(Timer.SEQUENCE)


def _decoded(payload_type: int, payload: bytes, turn: Turn) -> V2gRequest | None:
    schema = tables.schema_of(payload_type, turn)
    if schema is None:
        _give_up(turn, "payload_type_unexpected")
        return None
    try:
        message = exi.decode(payload, schema)
    except exi.DecodeError as error:
        _give_up(turn, "message_undecodable", error=str(error))
        return None
    if not isinstance(message, V2gRequest):
        _give_up(turn, "request_expected")
        return None
    return message


def _is_foreign(request: V2gRequest, turn: Turn) -> bool:
    setup = isinstance(request, common.SessionSetupReq)
    return not setup and request.header.session_id != turn.talk.session_id


def _checked(request: V2gRequest, handler: Callable[[Any, Turn], Answer], turn: Turn) -> Answer:
    """Handle a request unless the station has failed and the request would have it go on."""
    error, phase = turn.station.error, phase_of(turn)
    letting_go = isinstance(request, (common.SessionStopReq, dc.DcWeldingDetectionReq)) or (
        isinstance(request, common.PowerDeliveryReq) and request.charge_progress is common.ChargeProgress.STOP
    )
    grave = phase is not Phase.LOOP or error is EvseError.ERROR_EMERGENCY_SHUTDOWN
    code = FAULTS.get(error) if error is not None else None
    if code is not None and phase in _AT_STAKE and grave and not letting_go:
        raise RefusedError(code, "station_failed")
    return handler(request, turn)


def _work(request: V2gRequest, handle: Callable[[], Answer], turn: Turn) -> bool:
    """Let a handler work; whether the request was answered.

    What it refuses has not happened, save for what it wrote down.
    """
    before, done = turn.state, len(turn.effects)
    try:
        response = handle()
    except RefusedError as refused:
        turn.state = before
        turn.effects[done:] = [each for each in turn.effects[done:] if isinstance(each, Note)]
        _fail(request, refused.code, refused.why, turn)
        return True
    if response is not None:
        _respond(request, response, turn)
    return response is not None


def _respond(request: V2gRequest, response: V2gResponse | bytes, turn: Turn) -> None:
    channel = turn.talk.held_type
    turn.change(held=b"", held_type=0)
    _send(response, channel, turn)
    if isinstance(request, common.SessionStopReq) and mine(turn).ending is not Ending.ERROR:
        _quiet(turn)
        turn.close("session_stopped", after_s=CLOSE_S)
    elif channel not in tables.SIDE:
        loop = phase_of(turn) is Phase.LOOP
        turn.start(Timer.SEQUENCE, LOOP_SEQUENCE_S if loop else SECONDS[Timer.SEQUENCE])


def _send(response: V2gResponse | bytes, channel: int, turn: Turn) -> None:
    if isinstance(response, bytes):
        turn.send(channel, response)
        debugging.publish(turn, common.CertificateInstallationRes.__name__, response)
        return
    data = exi.encode(response, tables.schema_of(channel, turn) or exi.Schema.ISO20_COMMON)
    turn.send(channel, data)
    debugging.publish(turn, type(response).__name__, data)


def _fail(request: V2gRequest, code: ResponseCode, why: str, turn: Turn) -> None:
    """Refuse a request, which ends the talk [V2G20-2222]; the car is parted at once."""
    failed = FAILURES[phase_of(turn)]
    turn.note(why, Level.WARNING, phase=phase_of(turn).value, request=type(request).__name__)
    channel = turn.talk.held_type
    turn.change(held=b"", held_type=0)
    _send(refusal(request, code, turn), channel, turn)
    _quiet(turn)
    contactors.part(turn)
    at_once = turn.settings.terminate_connection_on_failed_response
    turn.close(why, failed=failed, after_s=0.0 if at_once else CLOSE_S)


def _give_up(turn: Turn, why: str, **facts: str) -> None:
    """End the talk without an answer."""
    failed = FAILURES[phase_of(turn)]
    turn.note(why, Level.WARNING, phase=phase_of(turn).value, **facts)
    _quiet(turn)
    contactors.part(turn)
    turn.close(why, failed=failed)


def _quiet(turn: Turn) -> None:
    """Nothing is waited for any more."""
    for timer in (*Timer, authorization.TIMER, handshake.TIMER):
        turn.cancel(timer)


def _held(turn: Turn) -> V2gRequest | None:
    """The request that waits, if one does; it was decoded before, so it can be again."""
    talk = turn.talk
    schema = tables.schema_of(talk.held_type, turn)
    if not talk.held or schema is None:
        return None
    request: V2gRequest = exi.decode(talk.held, schema)
    return request


def _proceed(command: Command | None, turn: Turn) -> None:
    request = _held(turn)
    if request is not None:
        wait = WAITS[type(request)]
        _work(request, lambda: wait.proceed(request, command, turn), turn)


def told(command: Command, turn: Turn) -> None:
    """React to a command: a request may go on, a car in the loop may have to be asked for something."""
    if phase_of(turn) is Phase.LOOP:
        if isinstance(command, LIMITS):
            schedule.limits_changed(turn)
        elif isinstance(command, charger.UpdateEnergyTransferModes):
            selected = mine(turn).selected
            gone = selected is not None and selected.energy_transfer not in offer.energy_services(turn)
            keep(turn, wants_services=gone)
    _proceed(command, turn)


def answered(ask: str, reply: Reply, turn: Turn) -> None:
    """A question about the contract or about a value-added service is answered."""
    contract_checked(contract.answered(turn, ask, reply), turn)
    if value_added.answered(ask, reply, turn):
        _proceed(None, turn)


def expired(timer: str, turn: Turn) -> None:
    """A timer has run down; that of the authorization is told to the car when it asks next."""
    if timer == Timer.SEQUENCE:
        _give_up(turn, "sequence_timeout")
    elif timer == Timer.CABLE_CHECK:
        cable.check_late(turn)
    else:
        request = _held(turn)
        wait = WAITS[type(request)] if request is not None else None
        if request is not None and wait is not None and wait.late is not None and wait.timer == timer:
            late = wait.late
            _work(request, lambda: late(request, turn), turn)


def disconnected(turn: Turn) -> None:
    """The car is gone: part it, and tell what became of talk and data link."""
    failed = FAILURES[phase_of(turn)]
    _quiet(turn)
    contactors.part(turn)
    if not turn.talk.closing:
        turn.publish(charger.HlcSessionFailed(reason=failed))
    turn.publish(LINKS[mine(turn).ending]())
