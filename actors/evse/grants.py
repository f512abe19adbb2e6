"""Verdicts on tokens, and what the car is told of them (rows M6.5 to M6.8, M6.12, M6.17). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.evse import enabling, sessions
from actors.evse.exchange import Service
from actors.v2g.progress import Waits
from protocols.interfaces import auth_token_provider, evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.message import Reply
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    CertificateStatus,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
    ValidationResult,
)
from protocols.types.evse_manager import AuthorizationEvent, SessionEventEnum, StartSessionReason

if TYPE_CHECKING:
    from actors.evse.record import Session
    from actors.evse.turn import Turn

FREE_TOKEN: Final = "FREESERVICE"  # noqa: S105  # what a session without authorization is charged to
AUTOCHARGE_PREFIX: Final = "VID:"
OF_A_CAR: Final = frozenset({AuthorizationType.PLUG_AND_CHARGE, AuthorizationType.AUTOCHARGE})
"""Tokens that are a car's own: no other car may charge by them, and none that has left."""


def by_contract(token: ProvidedIdToken) -> bool:
    """Whether a token is a contract that a car has shown."""
    return token.authorization_type is AuthorizationType.PLUG_AND_CHARGE


def by_address(token: ProvidedIdToken) -> bool:
    """Whether a token is the address of a car."""
    return token.authorization_type is AuthorizationType.AUTOCHARGE


def same(one: ProvidedIdToken, other: ProvidedIdToken) -> bool:
    """Whether two tokens name the same user; case does not count (M2.16)."""
    return one.id_token.value.casefold() == other.id_token.value.casefold()


def handle_authorize_response(command: evse_manager.AuthorizeResponse, turn: Turn) -> Reply:
    """Take a verdict in; one that comes too late, or for somebody else, changes nothing."""
    accepted = command.validation_result.authorization_status is AuthorizationStatus.ACCEPTED
    if accepted:
        turn.remember(grants_taken=turn.record.grants_taken + 1)
        _granted(command.provided_token, command.validation_result, turn)
    else:
        _refused(command.provided_token, command.validation_result, turn)
    return Reply()


def _granted(token: ProvidedIdToken, verdict: ValidationResult, turn: Turn) -> None:
    session = turn.session
    why_not = _useless(token, turn)
    if why_not:
        turn.note("grant_ignored", reason=why_not)
        return
    if session is None:
        sessions.begin(turn, StartSessionReason.AUTHORIZED, token=token)
    reservation_id = _redeemed(verdict, turn)
    since = session.authorized_at if session is not None and session.token is not None else None
    turn.change(token=token, verdict=verdict, reservation_id=reservation_id, authorized_at=since or turn.now)
    turn.event(
        SessionEventEnum.AUTHORIZED,
        authorization_event=AuthorizationEvent(meter_value=turn.reading),
    )
    if turn.session is not None and turn.session.plugged:
        answer_car(turn)
    else:
        turn.tell_car(sessions.session_setup(turn))


def _useless(token: ProvidedIdToken, turn: Turn) -> str:
    """Why a grant leads to nothing; empty when it does not."""
    session = turn.session
    if session is None:
        if token.authorization_type in OF_A_CAR:
            return "its car is gone"
        return "" if enabling.any_in_service(turn) else "out of service"
    waits, shown = session.car.waits, session.car.token
    against = (
        (session.stop is not None or session.timed_out, "the session is over"),
        (session.token is not None and not same(session.token, token), "somebody else is authorized"),
        (session.transaction is not None and waits is Waits.NOTHING, "the transaction has begun"),
        (
            session.plugged and session.transaction is None and not _usable(turn, session),
            "out of service",
        ),
        (waits is Waits.PNC and not by_contract(token), "the car waits with its contract"),
        (
            by_contract(token) and (shown is None or not same(shown, token)),
            "this car has not shown that contract",
        ),
        (
            by_address(token) and session.address != token.id_token.value,
            "this car has another address",
        ),
    )
    return next((reason for holds, reason in against if holds), "")


def _usable(turn: Turn, session: Session) -> bool:
    return enabling.in_service(turn, session.connector or 1)


def _redeemed(verdict: ValidationResult, turn: Turn) -> int | None:
    """The reservation that a grant redeems; the EVSE is held no longer."""
    held = turn.record.reservation_id
    if held is not None and verdict.reservation_id is not None:
        turn.event(SessionEventEnum.RESERVATION_END)
        turn.remember(reservation_id=None)
    return verdict.reservation_id


def _refused(token: ProvidedIdToken, verdict: ValidationResult, turn: Turn) -> None:
    """A contract's refusal goes to the car at once; after a bad card another one may follow."""
    session = turn.session
    if session is not None and by_address(token) and session.address == token.id_token.value:
        turn.change(address="")
    if session is None or session.car.waits is not Waits.PNC or not by_contract(token):
        return
    if session.car.token is not None and not same(session.car.token, token):
        return
    turn.change(published="")
    turn.tell_car(
        charger.AuthorizationResponse(
            authorization_status=verdict.authorization_status,
            certificate_status=verdict.certificate_status or CertificateStatus.NO_CERTIFICATE_AVAILABLE,
        )
    )


def answer_car(turn: Turn) -> None:
    """Tell a car that waits for it that it may charge (M6.7)."""
    session = turn.session
    if session is None or session.token is None or session.car.waits is Waits.NOTHING:
        return
    if turn.settings.auth_after_tstep and turn.record.sequence is not None:
        return  # once the pilot has gone through it
    contract = session.car.waits is Waits.PNC
    turn.tell_car(
        charger.AuthorizationResponse(
            authorization_status=AuthorizationStatus.ACCEPTED,
            certificate_status=(
                CertificateStatus.ACCEPTED if contract else CertificateStatus.NO_CERTIFICATE_AVAILABLE
            ),
        )
    )


def car_waits(turn: Turn) -> None:
    """The car waits for a verdict: answer at once where there is one, hand its contract over where not."""
    session = turn.session
    if session is None or session.stop is not None:
        return
    waits, shown = session.car.waits, session.car.token
    if session.token is not None and _covers(session.token, waits, shown):
        answer_car(turn)
    elif waits is Waits.PNC and shown is not None and not session.timed_out:
        _provide_contract(turn, session, shown)


def _covers(token: ProvidedIdToken, waits: Waits, shown: ProvidedIdToken | None) -> bool:
    """Whether a grant of earlier is the answer to what the car waits for."""
    if waits is Waits.PNC:
        return by_contract(token) and shown is not None and same(token, shown)
    return waits is Waits.EIM


def _provide_contract(turn: Turn, session: Session, shown: ProvidedIdToken) -> None:
    """The contract goes to authorization, for this EVSE only (S3.8, S3.9), once for each time it is shown."""
    key = _key(shown)
    if session.published == key:
        return
    turn.change(published=key)
    provide(turn, shown)


def _key(shown: ProvidedIdToken) -> str:
    return f"{shown.id_token.value} {shown.request_id}"


def presented(turn: Turn) -> ProvidedIdToken | None:
    """The contract or address that authorization has been given and has not answered yet."""
    session = turn.session
    if session is None or session.stop is not None:
        return None
    if session.car.waits is not Waits.PNC:
        waits = session.address and session.token is None and not session.timed_out
        return _own(turn, _address_token(session.address)) if waits else None
    shown = session.car.token
    if shown is None or session.published != _key(shown):
        return None
    answered = session.token is not None and _covers(session.token, Waits.PNC, shown)
    return None if answered else _own(turn, shown)


def provide(turn: Turn, token: ProvidedIdToken) -> None:
    """Publish a token for this EVSE."""
    turn.change(provided_at=turn.now)
    turn.publish(auth_token_provider.ProvidedToken(token=_own(turn, token)), Service.TOKENS)


def _own(turn: Turn, token: ProvidedIdToken) -> ProvidedIdToken:
    return ProvidedIdToken(
        request_id=token.request_id,
        id_token=token.id_token,
        parent_id_token=token.parent_id_token,
        authorization_type=token.authorization_type,
        connectors=(turn.settings.evse,),
        prevalidated=token.prevalidated,
        certificate=token.certificate,
        iso15118_certificate_hash_data=token.iso15118_certificate_hash_data,
    )


def autocharge(turn: Turn, mac_address: str) -> None:
    """The car's network address as a token, where that is configured (M6.17)."""
    session = turn.session
    if not turn.settings.enable_autocharge or session is None or session.token or session.stop:
        return
    address = AUTOCHARGE_PREFIX + mac_address.replace(":", "")
    turn.change(address=address)
    provide(turn, _address_token(address))


def _address_token(address: str) -> ProvidedIdToken:
    return ProvidedIdToken(
        id_token=IdToken(value=address, type=IdTokenType.MAC_ADDRESS),
        authorization_type=AuthorizationType.AUTOCHARGE,
    )


def free(turn: Turn) -> None:
    """Without authentication whoever plugs in is authorized here (parameter `disable_authentication`)."""
    token = ProvidedIdToken(
        id_token=IdToken(value=FREE_TOKEN, type=IdTokenType.LOCAL),
        authorization_type=AuthorizationType.RFID,
        prevalidated=True,
        connectors=(turn.settings.evse,),
    )
    verdict = ValidationResult(authorization_status=AuthorizationStatus.ACCEPTED, tariff_messages=())
    _granted(token, verdict, turn)
