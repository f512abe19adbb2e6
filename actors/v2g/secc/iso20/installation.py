"""Installation of a contract certificate: the CSMS answers, the station only passes on. Pure.

Both messages go through untouched, base64 as `iso15118_extensions` carries them (rows S16.2, S16.3, M7.12).
The standard has no "ongoing" here: what is not there in time is answered as not available [V2G20-2225].
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from actors.v2g.secc import authorization
from actors.v2g.secc.exchange import Level
from actors.v2g.secc.iso20.answers import refusal
from actors.v2g.secc.iso20.phases import Phase, RefusedError, enter, mine, phase_of
from actors.v2g.secc.iso20.timers import SECONDS, Timer
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.common.simple import COMMON_MESSAGES
from protocols.iso15118.iso20.enumerations import ResponseCode
from protocols.types.iso15118 import CertificateActionEnum, ExiResponseStatus, RequestExiStreamSchema

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.iso15118.iso20.types import V2gResponse
    from protocols.message import Command

MAX_REQUEST: Final = 5600
"""Characters of base64 that the interface carries."""


def handle_certificate_installation(
    request: common.CertificateInstallationReq, turn: Turn
) -> V2gResponse | None:
    """Ask the CSMS; the car waits."""
    if not mine(turn).certificate_service:  # [V2G20-1970]
        raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "installation_not_offered")
    text = base64.b64encode(turn.talk.held).decode()
    if len(text) > MAX_REQUEST:
        turn.note("certificate_request_too_long", Level.WARNING, characters=len(text))
        return _unavailable(request, turn)
    turn.publish(
        extensions.Iso15118CertificateRequest(
            request=RequestExiStreamSchema(
                exi_request=text,
                iso15118_schema_version=COMMON_MESSAGES.uri,
                certificate_action=CertificateActionEnum.INSTALL,
            )
        )
    )
    turn.start(Timer.CERTIFICATE, SECONDS[Timer.CERTIFICATE])
    return None


def proceed(
    request: common.CertificateInstallationReq, command: Command | None, turn: Turn
) -> V2gResponse | bytes | None:
    """Pass on what the CSMS has answered, if that is a response at all."""
    if not isinstance(command, extensions.SetGetCertificateResponse):
        return None
    answer = command.certificate_response
    found = _response(answer.exi_response or "") if answer.status is ExiResponseStatus.ACCEPTED else None
    if found is not None and found.header.session_id not in (turn.talk.session_id, bytes(8)):
        turn.note("certificate_response_foreign", Level.WARNING)  # it comes late, for another car
        return None
    turn.cancel(Timer.CERTIFICATE)
    if found is None:
        turn.note("certificate_response_unusable", Level.WARNING, status=answer.status.value)
        return _unavailable(request, turn)
    _next(turn)
    return base64.b64decode(answer.exi_response or "")


def late(request: common.CertificateInstallationReq, turn: Turn) -> V2gResponse:
    """The CSMS has not answered in time [V2G20-2207]."""
    turn.note("certificate_response_late", Level.WARNING)
    return _unavailable(request, turn)


def _unavailable(request: common.CertificateInstallationReq, turn: Turn) -> V2gResponse:
    _next(turn)
    return refusal(request, ResponseCode.WARNING_NO_CERTIFICATE_AVAILABLE, turn)


def _next(turn: Turn) -> None:
    """The car goes on to authorization, anew if it was authorized by the old contract."""
    if phase_of(turn) is Phase.EXPIRING:
        challenge = turn.talk.challenge
        authorization.reset(turn)
        turn.change(challenge=challenge)
    enter(turn, Phase.AUTHORIZATION)


def _response(text: str) -> common.CertificateInstallationRes | None:
    """The response to be passed on; None if it is not one the car could read."""
    try:
        data = base64.b64decode(text, validate=True)
        message = exi.decode(data, exi.Schema.ISO20_COMMON)
    except (binascii.Error, exi.DecodeError):
        return None
    return message if isinstance(message, common.CertificateInstallationRes) else None
