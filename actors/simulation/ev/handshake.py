"""supportedAppProtocol from the car's side. Pure. Source: ISO 15118-2 8.2, ISO 15118-20 8.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.simulation.ev.din import table as din
from actors.simulation.ev.iso2 import table as iso2
from actors.simulation.ev.iso20 import table as iso20
from actors.simulation.ev.language import Language, decode_exi
from actors.simulation.ev.outcome import Reason, TalkError
from actors.simulation.ev.script import Protocol as Spoken
from protocols.iso15118 import app_protocol, exi
from protocols.iso15118.v2gtp import PayloadType, Protocol

if TYPE_CHECKING:
    from actors.simulation.ev.drive import Drive
    from actors.simulation.ev.script import Car

PHASE: Final = "SupportedAppProtocol"
_BY_VERSION: Final = {"TLSv1.2": {Spoken.ISO2, Spoken.DIN}, "TLSv1.3": {Spoken.ISO20}}
"""What may be spoken over which TLS; over plain TCP anything is tried."""


def _known(car: Car, spoken: Spoken) -> tuple[str, int, Language]:
    """Namespace, major version and language of a protocol."""
    if spoken is Spoken.DIN:
        return Protocol.DIN, 2, din.LANGUAGE
    if spoken is Spoken.ISO2:
        return Protocol.ISO2, 2, iso2.DC if car.mode.is_dc else iso2.AC
    if car.mode.is_dc:
        return Protocol.ISO20_DC, 1, iso20.DC
    return Protocol.ISO20_AC, 1, iso20.AC


def _offers(drive: Drive) -> list[tuple[str, int, Language]]:
    """What the car offers on this connection, its favourite first; the schema id is the place from 1."""
    allowed = _BY_VERSION.get(drive.tls.version, set()) if drive.tls else set(Spoken)
    return [_known(drive.car, one) for one in drive.car.protocols if one in allowed]


def request(drive: Drive) -> bytes:
    """The payload of supportedAppProtocolReq. TalkError NO_PROTOCOL where TLS leaves nothing to offer."""
    offers = _offers(drive)
    if not offers:
        version = drive.tls.version if drive.tls else "TCP"
        raise TalkError(Reason.NO_PROTOCOL, f"nothing the car speaks may be spoken over {version}")
    body = app_protocol.SupportedAppProtocolReq(
        app_protocol=tuple(
            app_protocol.AppProtocol(
                protocol_namespace=namespace,
                version_number_major=major,
                version_number_minor=0,
                schema_id=place,
                priority=place,
            )
            for place, (namespace, major, _) in enumerate(offers, start=1)
        )
    )
    return exi.encode(body, exi.Schema.APP_PROTOCOL)


def response(drive: Drive, payload_type: int, payload: bytes) -> tuple[Language, str]:
    """The language that was agreed on, and the response code. TalkError for anything else."""
    if payload_type != PayloadType.EXI:
        raise TalkError(Reason.UNDECODABLE, f"payload type {payload_type:#06x}")
    said = decode_exi(payload, exi.Schema.APP_PROTOCOL)
    if not isinstance(said, app_protocol.SupportedAppProtocolRes):
        raise TalkError(Reason.WRONG_MESSAGE, type(said).__name__)
    code = said.response_code
    if code is app_protocol.ResponseCode.FAILED_NO_NEGOTIATION:
        raise TalkError(Reason.NO_PROTOCOL, "the station speaks none of them", code.value)
    offers = _offers(drive)
    chosen = said.schema_id
    if chosen is None and len(offers) == 1:  # some stations leave it out where there was no choice
        chosen = 1
    if chosen is None or not 0 < chosen <= len(offers):
        raise TalkError(Reason.NO_PROTOCOL, f"schema id {chosen} was not offered", code.value)
    return offers[chosen - 1][2], code.value
