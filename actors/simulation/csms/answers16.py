"""The answer to each action of a station in OCPP 1.6, with security extension and Plug & Charge. Pure.

Plug & Charge travels in DataTransfer (M12.4, M12.5): the messages of 2.0.1 as JSON text, both ways.
"""

from __future__ import annotations

import dataclasses
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from actors.simulation.csms import answers, tokens
from actors.simulation.csms.answers import Asked, Follow
from actors.simulation.csms.authority import Use
from certs.errors import CertificateError
from protocols.ocpp import frames, schemas
from protocols.ocpp.errors import Code, RefusalError
from protocols.ocpp.projection import project
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from protocols.ocpp.frames import CallResult, Payload

PNC_VENDOR: Final = "org.openchargealliance.iso15118pnc"


def answer(asked: Asked) -> Payload:
    """The answer. RefusalError for what no station may ask."""
    make = ANSWERS.get(asked.action)
    if make is None:
        known = asked.action in schemas.actions(Version.V16)
        raise RefusalError(Code.NOT_SUPPORTED if known else Code.NOT_IMPLEMENTED, "no action of stations")
    return make(asked)


def _authorize(asked: Asked) -> Payload:
    return {"idTagInfo": tokens.tag_info(asked.script, asked.payload["idTag"], asked.now)}


def _start(asked: Asked) -> Payload:
    one = asked.transactions.started(asked.station, asked.payload, asked.now)
    info = tokens.tag_info(asked.script, asked.payload["idTag"], asked.now)
    return {"idTagInfo": info, "transactionId": int(one.id)}


def _stop(asked: Asked) -> Payload:
    asked.transactions.stopped(asked.station, asked.payload, asked.now)
    tag = asked.payload.get("idTag")
    return {} if tag is None else {"idTagInfo": tokens.tag_info(asked.script, tag, asked.now)}


def _meter_values(asked: Asked) -> Payload:
    if "transactionId" in asked.payload:
        number = str(asked.payload["transactionId"])
        asked.transactions.metered(asked.station, number, asked.payload["meterValue"])
    return {}


def _sign_certificate(asked: Asked) -> Payload:
    """The station's own certificate, which is all that the security extension signs."""
    settings = asked.script.certificates
    if asked.authority is None or not settings.sign:
        return {"status": "Rejected"}
    try:
        chain = asked.authority.sign(asked.payload["csr"], Use.STATION, asked.now)
    except CertificateError:
        return {"status": "Rejected"}
    asked.follows.append(Follow("CertificateSigned", {"certificateChain": chain}, settings.sign_after_s))
    return {"status": "Accepted"}


def _data_transfer(asked: Asked) -> Payload:
    if asked.payload["vendorId"] != PNC_VENDOR:
        return {"status": "UnknownVendorId"}
    name = asked.payload.get("messageId", "")
    make = PNC.get(name)
    if make is None:
        return {"status": "UnknownMessageId"}
    try:
        payload = _inside(asked.payload.get("data", ""))
        schemas.check(Version.V201, name, payload)
    except RefusalError as refusal:
        return {"status": "Rejected", "data": json.dumps({"error": str(refusal)})}
    inner = dataclasses.replace(asked, version=Version.V201, action=name, payload=payload, follows=[])
    made = project(Version.V201, name, make(inner), answer=True)
    asked.follows.extend(wrapped(each) for each in inner.follows)
    return {"status": "Accepted", "data": json.dumps(made, separators=(",", ":"))}


def _inside(text: str) -> Payload:
    """The payload in a DataTransfer, read with every care that a frame is read with. RefusalError."""
    answer = cast("CallResult", frames.parse(f'[3,"inside",{text}]', Version.V201))
    return answer.payload


def wrapped(follow: Follow) -> Follow:
    """A message of 2.0.1 as a back-end sends it to a station of 1.6."""
    data = json.dumps(follow.payload, separators=(",", ":"))
    inside = {"vendorId": PNC_VENDOR, "messageId": follow.action, "data": data}
    return Follow("DataTransfer", inside, follow.after_s)


PNC: Final[Mapping[str, Callable[[Asked], Payload]]] = MappingProxyType(
    {
        "Authorize": answers.authorize,
        "Get15118EVCertificate": answers.ev_certificate,
        "GetCertificateStatus": answers.certificate_status,
        "SignCertificate": answers.sign_certificate,
    }
)
"""What a station asks in DataTransfer (M12.5)."""

ANSWERS: Final[Mapping[str, Callable[[Asked], Payload]]] = MappingProxyType(
    {
        "Authorize": _authorize,
        "BootNotification": answers.boot,
        "DataTransfer": _data_transfer,
        "Heartbeat": answers.heartbeat,
        "MeterValues": _meter_values,
        "SignCertificate": _sign_certificate,
        "StartTransaction": _start,
        "StopTransaction": _stop,
        **dict.fromkeys(
            (
                "DiagnosticsStatusNotification",
                "FirmwareStatusNotification",
                "LogStatusNotification",
                "SecurityEventNotification",
                "SignedFirmwareStatusNotification",
                "StatusNotification",
            ),
            answers.nothing,
        ),
    }
)
"""Every action that a station may call."""
