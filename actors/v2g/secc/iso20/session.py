"""Session set-up and stop: a talk begins, goes on behind a pause, ends, pauses, renegotiates services. Pure.

Only the car that paused may go on: beside the id it has to show the same certificate and name [V2G20-2545];
the digest is the standard's example (8.3.4.1.4.3). Over plain TCP only the name is left.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Final

from actors.v2g.secc import authorization, handshake
from actors.v2g.secc.exchange import Level
from actors.v2g.secc.iso20 import contactors, offer
from actors.v2g.secc.iso20.answers import head, ok
from actors.v2g.secc.iso20.phases import Phase, RefusedError, enter, keep, mine
from actors.v2g.secc.iso20.talk import Ending, Iso20Talk
from actors.v2g.secc.state import Dialect, Paused, Verdict
from certs import pem
from certs.errors import CertificateError
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.identifiers.error import IdentifierError
from protocols.iso15118.identifiers.session import SessionId
from protocols.iso15118.identifiers.vehicle import EvccMac
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import ResponseCode
from protocols.types.iso15118 import (
    AppProtocols,
    ControlMode,
    EvInformation,
    EvTermination,
    PaymentOption,
    SelectedServiceParameters,
)

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

_NO_EVSE_ID: Final = "ZZ00000"
"""Where the station has not said who it is: the standard's "not known" of earlier editions."""
_MAC_CHARACTERS: Final = 17


def handle_session_setup(request: common.SessionSetupReq, turn: Turn) -> common.SessionSetupRes:
    """Open a session, or join the one this car has paused."""
    turn.cancel(handshake.TIMER)
    turn.change(evcc_id=request.evcc_id)
    _publish_car(turn)
    code = ResponseCode.OK_NEW_SESSION_ESTABLISHED
    paused = turn.state.paused
    selected = _resumable(paused, request, turn) if paused is not None else None
    if paused is not None and selected is not None:
        code = ResponseCode.OK_OLD_SESSION_JOINED
        _join(paused, selected, turn)
    else:
        taken = SessionId(paused.session_id) if paused is not None else None
        turn.change(session_id=SessionId.fresh(turn.random, unlike=taken).raw, iso20=Iso20Talk())
        authorization.reset(turn)
        enter(turn, Phase.AUTHORIZATION_SETUP)
    turn.state = dataclasses.replace(turn.state, paused=None)
    told = turn.station.evse_id
    return common.SessionSetupRes(
        header=head(turn), response_code=code, evse_id=told.evse_id if told else _NO_EVSE_ID
    )


def _resumable(
    paused: Paused, request: common.SessionSetupReq, turn: Turn
) -> SelectedServiceParameters | None:
    """What was agreed on, if this is the car that paused and may go on with it [V2G20-2622, -2545]."""
    selected = paused.iso20.selected if paused.iso20 is not None else None
    same_car = (
        paused.dialect is Dialect.ISO20
        and request.header.session_id == paused.session_id
        and request.evcc_id == paused.evcc_id
        and binding(turn, paused.session_id) == paused.binding
    )
    welcome = (
        selected is not None
        and selected.energy_transfer in offer.energy_services(turn)
        and paused.authorization.verdict is Verdict.GRANTED
        and not turn.stopped
    )
    return selected if same_car and welcome else None


def _join(paused: Paused, selected: SelectedServiceParameters, turn: Turn) -> None:
    """Go on at the charge parameters, authorized as before [V2G20-1032, -1844]."""
    option = paused.authorization.option or PaymentOption.EXTERNAL_PAYMENT
    turn.change(
        session_id=paused.session_id,
        authorization=paused.authorization,
        energy_mode=paused.energy_mode,
        iso20=Iso20Talk(selected=selected),
    )
    turn.publish(charger.SelectedPaymentOption(payment_option=option))
    publish_choice(turn, selected)
    turn.note("session_resumed")
    enter(turn, Phase.PARAMETERS)


def publish_choice(turn: Turn, selected: SelectedServiceParameters) -> None:
    """Tell what the car has chosen."""
    mode = offer.mode_of(selected)
    turn.change(energy_mode=mode)
    turn.publish(charger.RequestedEnergyTransferMode(energy_transfer_mode=mode))
    turn.publish(charger.SelectedServiceParameters(parameters=selected))


def binding(turn: Turn, session_id: bytes) -> bytes:
    """What ties a session to the certificate the car showed in TLS; empty over plain TCP."""
    if turn.talk.tls_version is None:
        return b""
    shown = turn.talk.client_chain[0] if turn.talk.client_chain else b""
    return hashlib.sha512(session_id + hashlib.sha512(shown).digest()).digest()


def _publish_car(turn: Turn) -> None:
    """Tell what is known of the car. A name that is no network address has no place in these variables."""
    try:
        name = str(EvccMac.parse(turn.talk.evcc_id))
    except IdentifierError:
        name = ""
    if len(name) != _MAC_CHARACTERS:
        turn.note("evcc_id_no_address", Level.DEBUG)
        return
    turn.publish(charger.EvccId(evcc_id=name))
    offered = turn.talk.offered
    selected = next((each for each in offered if each.protocol_namespace == turn.talk.namespace), None)
    if selected is None:
        return
    texts = [_pem(each) for each in turn.talk.client_chain[:3]] + [None] * 3
    known = EvInformation(
        supported_protocols=AppProtocols(protocols=offered),
        selected_protocol=selected,
        evcc_id=name,
        tls_leaf_certificate=texts[0],
        tls_sub_ca_1_certificate=texts[1],
        tls_sub_ca_2_certificate=texts[2],
    )
    turn.publish(extensions.EvInfo(ev_info=known))


def _pem(certificate: bytes) -> str | None:
    try:
        return pem.to_pem((pem.load_der(certificate),)).decode()
    except CertificateError:
        return None


def handle_session_stop(request: common.SessionStopReq, turn: Turn) -> common.SessionStopRes:
    """End the talk, for good, for a while, or only what was agreed on."""
    if request.ev_termination_code is not None or request.ev_termination_explanation is not None:
        turn.publish(
            charger.EvTermination(
                termination=EvTermination(
                    ev_termination_code=request.ev_termination_code,
                    ev_termination_explanation=request.ev_termination_explanation,
                )
            )
        )
    if request.charging_session is common.ChargingSession.SERVICE_RENEGOTIATION:
        _renegotiate(turn)
    elif request.charging_session is common.ChargingSession.PAUSE:
        _pause(turn)
    else:
        keep(turn, ending=Ending.TERMINATE)
    contactors.part(turn)
    return common.SessionStopRes(**ok(turn))


def _agreed(turn: Turn) -> bool:
    return mine(turn).selected is not None and turn.authorization.verdict is Verdict.GRANTED


def _renegotiate(turn: Turn) -> None:
    """Services are chosen again; session and authorization go on [V2G20-1643]."""
    if not _agreed(turn):
        raise RefusedError(ResponseCode.FAILED_NO_SERVICE_RENEGOTIATION_SUPPORTED, "nothing_to_renegotiate")
    before = mine(turn)
    turn.change(
        iso20=Iso20Talk(
            options=before.options,
            certificate_service=before.certificate_service,
            confirmed_at=before.confirmed_at,
            connected=before.connected,
        )
    )
    enter(turn, Phase.SERVICE_DISCOVERY)


def _pause(turn: Turn) -> None:
    """Remember the talk for the car that comes back [V2G20-1195, -1842]."""
    selected = mine(turn).selected
    dynamic = selected is not None and selected.control_mode is ControlMode.DYNAMIC_CONTROL
    if not _agreed(turn) or (dynamic and not mine(turn).pause_notified):
        raise RefusedError(ResponseCode.FAILED_PAUSE_NOT_ALLOWED, "pause_not_allowed")
    keep(turn, ending=Ending.PAUSE)
    talk = turn.talk
    paused = Paused(
        session_id=talk.session_id,
        dialect=Dialect.ISO20,
        energy_mode=talk.energy_mode,
        option=talk.authorization.option,
        evcc_id=talk.evcc_id,
        paused_at=turn.now,
        binding=binding(turn, talk.session_id),
        authorization=talk.authorization,
        iso20=Iso20Talk(selected=selected),
    )
    turn.state = dataclasses.replace(turn.state, paused=paused)
