"""The whole state of the core, as data: what the station has told, and the talk with the car at hand. Pure.

A state goes through the message codec after every input; so it is frozen, and holds messages, tuples, enums
and numbers only. Each protocol keeps what only it needs in a message of its own.
"""

import enum

from actors.v2g.secc.din.talk import DinTalk
from actors.v2g.secc.iso2.talk import Iso2Talk
from actors.v2g.secc.iso20.talk import Iso20Talk
from actors.v2g.secc.seen import DcSeen
from actors.v2g.secc.station import Station
from protocols.message import Timestamp, message
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import AppProtocol, CertificateHashDataInfo, EnergyTransferMode, PaymentOption


class Dialect(enum.StrEnum):
    """The protocol that was agreed on."""

    DIN = "DIN70121"
    ISO2 = "ISO15118-2"
    ISO20 = "ISO15118-20"


class Verdict(enum.StrEnum):
    """How the authorization of a talk stands. A new talk puts it back to NONE; a stop lets no grant count."""

    NONE = "None"
    """Nobody was asked."""
    WAITING = "Waiting"
    """The EVSE manager was asked; an answer counts in this state only."""
    GRANTED = "Granted"
    REFUSED = "Refused"
    TIMED_OUT = "TimedOut"


@message
class Authorization:
    """Whether the car may charge."""

    verdict: Verdict = Verdict.NONE
    option: PaymentOption | None = None
    """What the car chose."""
    certificate_status: CertificateStatus | None = None
    """What the contract check found, once there is a verdict."""
    status: AuthorizationStatus | None = None
    """The verdict itself, which says why it is a refusal."""
    asked_at: Timestamp | None = None


@message
class Contract:
    """The contract a car has shown; kept to the end, for metering receipts are signed with it too."""

    chain: tuple[bytes, ...]
    """DER, leaf first; once the token is published, the leaf alone."""
    emaid: str
    """Without hyphens, upper case."""
    pending: tuple[str, ...] = ()
    """What `security` has been asked about it and has not answered yet."""
    hash_data: tuple[CertificateHashDataInfo, ...] = ()
    """What an OCSP responder needs to know, as far as it could be found out."""
    forwarded: bool = False
    """Whether the chain could not be verified here and the CSMS is to decide."""


@message
class Paused:
    """A talk that the car has paused and may resume with its session id."""

    session_id: bytes
    dialect: Dialect
    energy_mode: EnergyTransferMode | None = None
    option: PaymentOption | None = None
    evcc_id: str = ""
    paused_at: Timestamp
    binding: bytes = b""
    """What only the car that paused can show again: a digest over its certificate and the session id."""
    authorization: Authorization = Authorization()
    """-20: holds for the whole service session [V2G20-1844]."""
    iso20: Iso20Talk | None = None
    """What was agreed on, for a car that goes on behind it [V2G20-1032]."""


@message
class Talk:
    """The talk with the car that is connected now."""

    tls_version: str | None = None
    """None on plain TCP: no contract then."""
    tls_cipher: str | None = None
    client_chain: tuple[bytes, ...] = ()
    dialect: Dialect | None = None
    """None until the handshake has chosen one."""
    namespace: str = ""
    """The namespace the car knows the protocol by; EVerest passes it on to the CSMS."""
    offered: tuple[AppProtocol, ...] = ()
    """The protocols the car offered, in its order; for `EvInfo`."""
    phase: str = ""
    """The protocol's own phase, by its value; empty before the handshake is done."""
    session_id: bytes = b""
    evcc_id: str = ""
    """As the car gave it: six bytes in hex in DIN and -2, a text in -20."""
    energy_mode: EnergyTransferMode | None = None
    authorization: Authorization = Authorization()
    contract: Contract | None = None
    contracts_shown: int = 0
    """In this talk so far; an answer of `security` is about one of them only."""
    challenge: bytes = b""
    """What the car has to sign; used once, then empty."""
    held: bytes = b""
    """The car's request that waits for an answer from elsewhere; frames that come meanwhile end the talk."""
    held_type: int = 0
    loop_started: bool = False
    """Energy flows, or has flowed, since the last orderly stop."""
    dc_seen: DcSeen = DcSeen()
    """What a DC car of DIN 70121 or ISO 15118-2 has said last (`car`)."""
    stopped: bool = False
    """It was stopped, and the station has been set up for another session since: that lifts nothing here."""
    closing: bool = False
    """The last answer of this talk was sent; whatever comes is ignored."""
    din: DinTalk | None = None
    iso2: Iso2Talk | None = None
    iso20: Iso20Talk | None = None


@message
class State:
    """All there is to know."""

    station: Station = Station()
    talk: Talk | None = None
    """None while no car is connected."""
    paused: Paused | None = None
