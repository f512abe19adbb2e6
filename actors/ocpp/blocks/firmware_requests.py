"""UpdateFirmware, until `system` has begun it or not (L01, L02; rows S12.3, S13.5, M15.4).

A signing certificate is verified before anything begins. A request is durable before `system` hears it:
whoever begins to work on it may do so while we are dead. A successor that hears of it knows that it has
begun; one that hears nothing asks again, and `system` takes the same request as the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call_result
from ocpp.v21.enums import UpdateFirmwareStatusEnumType as Status

from actors.ocpp.blocks import security, transfers
from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.blocks.firmware_entries import ANSWERS, BEGUN, UNTRUSTED, Stage, Update, Wanted
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_security, system
from protocols.ocpp import times
from protocols.types.evse_security import CertificateValidationResult, LeafCertificateType
from protocols.types.system import FirmwareUpdateRequest, UpdateFirmwareResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocpp.v21 import call

    from actors.ocpp.turn import Turn
    from protocols.message import Reply

TIMER: Final = "firmware_wanted"
TAKEN_S: Final = 60.0
"""So long `system` may take to answer: it may have the certificate verified as well."""
AGAIN_S: Final = 5.0
"""Until a successor asks again, and until that is asked once more where nobody has answered."""
UNTRUSTED_EVENT: Final = "InvalidFirmwareSigningCertificate"


def update_firmware(turn: Turn, tag: int, request: call.UpdateFirmware) -> None:
    """S12.3. Whether it can be fetched, and may replace another one, `system` judges."""
    firmware = request.firmware
    try:
        wanted = FirmwareUpdateRequest(
            retries=transfers.attempts(request.retries),
            retry_interval_s=request.retry_interval,
            request_id=request.request_id,
            location=firmware.location,
            retrieve_timestamp=times.moment_if(firmware.retrieve_date_time),
            install_timestamp=times.moment_if(firmware.install_date_time),
            signing_certificate=firmware.signing_certificate,
            signature=firmware.signature,
        )
    except ValueError:
        _refuse(turn, tag, Hindrance("InvalidValue", "a time cannot be read"))
        return
    if (wanted.signing_certificate is None) is not (wanted.signature is None):
        _refuse(turn, tag, Hindrance("MissingParam", "certificate and signature belong together"))
    elif wanted.signing_certificate is None:
        _pass_on(turn, tag, wanted)
    else:  # S13.5, L01.FR.10
        question = evse_security.VerifyCertificate(
            certificate_chain=wanted.signing_certificate, certificate_types=(LeafCertificateType.MF,)
        )
        turn.ask(Target.SECURITY, question, "firmware.certificate", tag=tag, wanted=wanted)


def _refuse(turn: Turn, tag: int, found: Hindrance, answer: Status = Status.rejected) -> None:
    turn.respond(tag, call_result.UpdateFirmware(answer, status_info=found.info))


def verified(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """S13.5: a certificate that nobody vouches for is refused before anything is fetched."""
    tag, wanted = context["tag"], context["wanted"]
    if not isinstance(reply, evse_security.VerifyCertificateReply):
        _refuse(turn, tag, Hindrance("InternalError", "the certificate cannot be verified now"))
    elif reply.result is CertificateValidationResult.VALID:
        _pass_on(turn, tag, wanted)
    else:
        security.report(turn, UNTRUSTED_EVENT, reply.result.value)
        found = Hindrance("InvalidCertificate", reply.result.value)
        _refuse(turn, tag, found, Status.invalid_certificate)


def _pass_on(turn: Turn, tag: int | None, wanted: FirmwareUpdateRequest) -> None:
    turn.put(Wanted(request=wanted))
    command = system.UpdateFirmware(firmware_update_request=wanted)
    turn.ask(Target.SYSTEM, command, "firmware.taken", deadline_s=TAKEN_S, tag=tag, wanted=wanted)


def answered(turn: Turn, context: Mapping[str, Any], reply: Reply) -> UpdateFirmwareResponse | None:
    """`system` has answered, and so do we. How it has begun, if it has and that was not known."""
    tag, given = context["tag"], Wanted(request=context["wanted"])
    is_news = turn.get(Wanted, given.key) == given
    if not isinstance(reply, system.UpdateFirmwareReply):
        if tag is None:
            turn.start(TIMER, AGAIN_S)
        elif is_news:
            turn.drop(Wanted, given.key)
            _refuse(turn, tag, Hindrance("InternalError", "the firmware cannot be updated now"))
        else:  # a status has said that it has begun
            turn.respond(tag, call_result.UpdateFirmware(Status.accepted))
        return None
    if is_news:
        turn.drop(Wanted, given.key)
    response = reply.response
    if response in UNTRUSTED:
        security.report(turn, UNTRUSTED_EVENT, response.value)
    if tag is not None:
        late = response is UpdateFirmwareResponse.REJECTED and _is_installed(turn)
        info = Hindrance("FwUpdateInProgress", "it cannot be given up any more").info if late else None
        turn.respond(tag, call_result.UpdateFirmware(ANSWERS[response], status_info=info))
    return response if is_news and response in BEGUN else None


def _is_installed(turn: Turn) -> bool:
    return any(each.stage is Stage.ALLOWED for each in turn.all(Update))


def is_open(turn: Turn) -> bool:
    """Whether `system` is asked for an update, and has not answered."""
    return any(True for _each in turn.all(Wanted))


def begun(turn: Turn, request_id: int) -> FirmwareUpdateRequest | None:
    """The request that was asked for under a number, if a status of that number says that it has begun.

    Where the number has been used before, a status says nothing, and the answer is waited for.
    """
    wanted = turn.get(Wanted, str(request_id))
    if wanted is None or is_known(turn, request_id):
        return None
    turn.drop(Wanted, wanted.key)
    return wanted.request


def is_known(turn: Turn, request_id: int) -> bool:
    """Whether there is or was an update of that number."""
    return any(each.request_id == request_id for each in turn.all(Update))


def resumed(turn: Turn) -> None:
    """A predecessor has died before the answer. The CSMS may ask again, or `system` say how it goes."""
    if is_open(turn):
        turn.start(TIMER, AGAIN_S)


def again(turn: Turn, _rest: str) -> None:
    """Nobody has said anything: it is asked again, for nobody who waits."""
    for each in list(turn.all(Wanted)):
        _pass_on(turn, None, each.request)
