"""supportedAppProtocol: car and station agree on a protocol. Pure.

Source: ISO 15118-2 8.2, ISO 15118-20 8.2, DIN SPEC 70121 8.2. Of what both speak, the car's favourite is
taken; -20 only over TLS 1.3 unless plain TCP is all there is (loopback tests), DIN never over TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from actors.v2g.secc.exchange import Level
from actors.v2g.secc.state import Dialect
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import app_protocol, exi
from protocols.iso15118.app_protocol import ResponseCode
from protocols.iso15118.v2gtp import PayloadType, Protocol
from protocols.types import iso15118
from protocols.types.evse_manager import HlcSessionFailedReasonEnum

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.v2g.secc.turn import Turn

SCHEMA: Final = exi.Schema.APP_PROTOCOL
TIMER: Final = "communication setup"
SETUP_TIMEOUT_S: Final = 18.0
"""From the connection to SessionSetupRes, V2G_SECC_CommunicationSetup_Performance_Time [V2G2-714]."""


class Spoken(NamedTuple):
    """One protocol the station may speak."""

    namespace: str
    major: int
    minor: int
    dialect: Dialect
    everest: iso15118.SupportedAppProtocol


DIN: Final = Spoken(Protocol.DIN, 2, 0, Dialect.DIN, iso15118.SupportedAppProtocol.DIN70121)
ISO2: Final = Spoken(Protocol.ISO2, 2, 0, Dialect.ISO2, iso15118.SupportedAppProtocol.ISO15118D2)
ISO20_AC: Final = Spoken(Protocol.ISO20_AC, 1, 0, Dialect.ISO20, iso15118.SupportedAppProtocol.ISO15118D20)
ISO20_DC: Final = Spoken(Protocol.ISO20_DC, 1, 0, Dialect.ISO20, iso15118.SupportedAppProtocol.ISO15118D20)


def spoken(turn: Turn) -> tuple[Spoken, ...]:
    """What this station speaks with this car: configured, not narrowed away, fitting the connection."""
    settings, tls = turn.settings, turn.talk.tls_version
    dc = any("DC" in mode for mode in turn.station.energy_transfer_modes)
    ac = any(mode.startswith("AC") for mode in turn.station.energy_transfer_modes)
    offers = (
        (DIN, settings.din70121 and tls is None and dc),
        (ISO2, settings.iso15118_2 and tls != "TLSv1.3"),
        (ISO20_AC, settings.iso15118_20 and tls != "TLSv1.2" and ac),
        (ISO20_DC, settings.iso15118_20 and tls != "TLSv1.2" and dc),
    )
    narrowed = turn.station.protocols
    found = tuple(
        each for each, offered in offers if offered and (narrowed is None or each.everest in narrowed)
    )
    custom = settings.custom_protocol_namespace
    if custom and ISO20_DC in found:
        found += (ISO20_DC._replace(namespace=custom),)
    return found


def choose(
    wanted: Iterable[app_protocol.AppProtocol], ours: Iterable[Spoken]
) -> tuple[app_protocol.AppProtocol, Spoken] | None:
    """The car's favourite among what both speak; the major version must be the same [V2G2-173]."""
    for each in sorted(wanted, key=lambda one: one.priority):
        for our in ours:
            if each.protocol_namespace == our.namespace and each.version_number_major == our.major:
                return each, our
    return None


def received(payload_type: int, payload: bytes, turn: Turn) -> None:
    """Answer the handshake; anything else at this point ends the talk without an answer."""
    if payload_type != PayloadType.EXI:
        _give_up(turn, "payload_type_unexpected")
        return
    try:
        request = exi.decode(payload, SCHEMA)
    except exi.DecodeError as error:
        _give_up(turn, "message_undecodable", error=str(error))
        return
    if not isinstance(request, app_protocol.SupportedAppProtocolReq):
        _give_up(turn, "handshake_expected")
        return
    _publish(request, turn)
    chosen = choose(request.app_protocol, spoken(turn))
    if chosen is None:
        _answer(turn, ResponseCode.FAILED_NO_NEGOTIATION, None)
        _give_up(turn, "no_common_protocol")
        return
    theirs, ours = chosen
    exact = theirs.version_number_minor == ours.minor
    code = (
        ResponseCode.OK_SUCCESSFUL_NEGOTIATION
        if exact
        else ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION
    )
    turn.change(dialect=ours.dialect, namespace=theirs.protocol_namespace)
    turn.publish(charger.SelectedProtocol(protocol=ours.dialect.value))
    _answer(turn, code, theirs.schema_id)


def _publish(request: app_protocol.SupportedAppProtocolReq, turn: Turn) -> None:
    offered = tuple(
        iso15118.AppProtocol(
            protocol_namespace=each.protocol_namespace,
            version_number_major=each.version_number_major,
            version_number_minor=each.version_number_minor,
            schema_id=each.schema_id,
            priority=each.priority,
        )
        for each in request.app_protocol
        if each.protocol_namespace
    )
    if offered:
        turn.change(offered=offered)
        turn.publish(charger.EvAppProtocol(app_protocols=iso15118.AppProtocols(protocols=offered)))


def _answer(turn: Turn, code: ResponseCode, schema_id: int | None) -> None:
    response = app_protocol.SupportedAppProtocolRes(response_code=code, schema_id=schema_id)
    turn.send(PayloadType.EXI, exi.encode(response, SCHEMA))


def _give_up(turn: Turn, why: str, **facts: str) -> None:
    turn.note(why, Level.WARNING, phase="handshake", **facts)
    turn.close(why, failed=HlcSessionFailedReasonEnum.PROTOCOL_NEGOTIATION_FAILED)
