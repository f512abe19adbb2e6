"""What the charge point and the link to the CSMS say to each other.

The charge point decides, and says how things shall be (`LinkOrders`, retained); the link holds the socket
and says how they are (`LinkState`, retained). So whichever of them is new finds the other one's word and goes
on, and a socket outlives the charge point that used it.

A request of either side is a command of the engine whose reply is the answer of the other end. Both may be
sent again to a successor: the link knows the call that is open by its message id, and the charge point
remembers what it has answered.

Payloads are JSON text in the shape of OCPP 2.1. The link makes of it what the agreed version has and checks
both directions against the schemas.

One file because the two ends must agree on all of it.
"""

import enum
from typing import Annotated, ClassVar

from pydantic import Field

from protocols.message import Command, Reply, Timestamp, Var, message
from protocols.ocpp.version import Version
from protocols.types.ocpp import AttributeEnum, ComponentVariable


@message
class Profile:
    """One network connection profile (B09), with what dialling it needs."""

    slot: int
    """`configurationSlot`."""
    url: str
    """With scheme and path; the identity is appended (M11.14)."""
    security_profile: Annotated[int, Field(ge=0, le=3)]
    message_timeout_s: float
    """How long an answer is waited for."""
    identity: str
    """The name of the station towards the CSMS."""
    basic_auth_password: str | None = None
    """For profiles 1 and 2. Never logged."""
    interface: str | None = None
    """The network interface to use; None: as the routing table says."""


@message
class Dialling:
    """How it is tried, and tried again (J08, M11.14)."""

    attempts: Annotated[int, Field(ge=1)] = 3
    """`NetworkProfileConnectionAttempts`: so often a profile fails before the next one's turn."""
    wait_minimum_s: float = 10.0
    """`RetryBackOffWaitMinimum`."""
    repeat_times: Annotated[int, Field(ge=0)] = 5
    """`RetryBackOffRepeatTimes`: so often the wait is doubled."""
    random_range_s: float = 10.0
    """`RetryBackOffRandomRange`: at most this is added to every wait."""
    ping_interval_s: float = 0.0
    """`WebSocketPingInterval`; 0: none is sent, and a half-dead socket is found by the next call alone."""
    pong_timeout_s: float = 5.0
    """After this time without the pong the socket is given up."""
    versions: tuple[Version, ...]
    """What is offered, in order of preference (S6.5)."""
    lowest_security: Annotated[int, Field(ge=0, le=3)] = 1
    """Profiles of lower security are refused (M11.14): 0 only with `AllowSecurityLevelZeroConnections`, and
    what `SecurityProfile` was before unless a downgrade is allowed."""
    verify_common_name: bool = True
    """`VerifyCsmsCommonName`: the host must stand in the server's certificate."""
    allow_wildcards: bool = False
    """`VerifyCsmsAllowWildcards`."""
    use_system_roots: bool = True
    """`UseSslDefaultVerifyPaths`: the roots of the operating system count beside the installed ones."""
    ciphers_12: str = ""
    """`SupportedCiphers12`; empty: those the standard asks for."""
    ciphers_13: str = ""
    key_log_file: str = ""
    """Where TLS secrets go for a capture; empty: nowhere."""


@message
class LinkOrders(Var):
    """How the charge point wants the link. The last word counts, and holds until the next one."""

    online: bool
    """Whether there shall be a connection."""
    profiles: tuple[Profile, ...] = ()
    """In order of priority."""
    dialling: Dialling | None = None
    """Needed with `online`."""
    renewal: int = 0
    """A higher number than before ends the connection and dials anew: for a new certificate or password."""
    close_code: int = 1000
    """With which a connection is closed that is not wanted any more."""


@message
class LogOrders(Var):
    """How the charge point wants the messages logged (`LogMessages` and others of InternalCtrlr)."""

    formats: tuple[str, ...] = ()
    """Of `LogMessagesFormat`; none: nothing is logged."""
    raw: bool = False
    """Also as they went over the wire."""
    max_bytes: Annotated[int, Field(ge=0)] = 0
    """A larger file is set aside; 0: as the log has it by itself."""
    max_files: Annotated[int, Field(ge=0)] = 0
    """So many are kept of each kind; 0: as above."""
    dated: bool = False
    """Those that were set aside are named by date."""


class Trouble(enum.StrEnum):
    """Why there is no connection, as far as OCPP has a security event or a rule for it."""

    UNREACHABLE = "Unreachable"
    """Nobody answers, or not in time."""
    REFUSED = "Refused"
    """The CSMS answered the upgrade otherwise than with 101."""
    CREDENTIALS = "Credentials"
    """It does not take our name and password, or our certificate (FailedToAuthenticateAtCsms)."""
    CERTIFICATE = "Certificate"
    """Its certificate cannot be trusted (InvalidCsmsCertificate)."""
    TLS_VERSION = "TlsVersion"
    """No common TLS version (InvalidTLSVersion)."""
    TLS_CIPHER = "TlsCipher"
    """No common cipher suite (InvalidTLSCipherSuite)."""
    VERSION = "Version"
    """No common version of OCPP."""
    PONG = "Pong"
    """A ping was not answered."""
    CLOSED = "Closed"
    """The CSMS ended the connection."""
    LOST = "Lost"
    """The network did."""
    NOT_READY = "NotReady"
    """Something of our own is missing: a certificate for profile 3, a profile that can be used."""


@message
class LinkState(Var):
    """How the link is. Said at each change, and again to whoever subscribes."""

    connection: Annotated[int, Field(ge=0)]
    """The number of the present connection, 0: none. Never the same twice, also over lives of the link."""
    ocpp_version: Version | None = None
    """What was agreed."""
    slot: int | None = None
    """Of the profile that is connected, or dialled next."""
    url: str = ""
    """Of the same; without what stands before an `@` in it."""
    security_profile: int | None = None
    since: Timestamp
    trouble: Trouble | None = None
    """Without connection: why, None before the first attempt."""
    detail: str = ""
    """For people, without secrets."""
    attempts: int = 0
    """How often in a row nobody could be reached."""


class Outcome(enum.StrEnum):
    """What became of a call."""

    ANSWERED = "Answered"
    """With CALLRESULT; `payload` holds it."""
    REFUSED = "Refused"
    """With CALLERROR; `code` and `description` hold it."""
    INVALID = "Invalid"
    """The answer does not fit its schema."""
    UNSENDABLE = "Unsendable"
    """Nothing went out, and never will: the agreed version has no such call, or it is too long."""
    TIMEOUT = "Timeout"
    """No answer in time; one that comes later is thrown away."""
    LOST = "Lost"
    """The connection ended before the answer: it may have been taken in or not."""
    NOT_SENT = "NotSent"
    """There was no connection, or another call was open: nothing went out."""


@message
class CallReply(Reply):
    """What became of a call."""

    outcome: Outcome
    payload: str = ""
    code: str = ""
    description: str = ""


@message
class Call(Command):
    """To the link: send a CALL, or the SEND of 2.1, and answer when its fate is known.

    A message id that is open, or was the last one that got an answer, is not sent again: the reply is that
    call's. One that was lost or not answered in time is sent again when it is asked for again.

    `NotSent` speaks for the life of the link that says it: whoever has asked with `repeat` and got it from a
    successor cannot know whether the predecessor had sent the call.
    """

    answer: ClassVar[type[Reply]] = CallReply

    message_id: str
    action: str
    payload: str


@message
class CalledReply(Reply):
    """The charge point's answer to a CALL of the CSMS: a payload, or a refusal by its code."""

    payload: str = ""
    code: str = ""
    """Of `protocols.ocpp.errors.Code`; empty: it is no refusal."""
    description: str = ""


@message
class Called(Command):
    """From the link: the CSMS asks for something; the payload fits its schema. May be said again."""

    answer: ClassVar[type[Reply]] = CalledReply

    connection: int
    ocpp_version: Version
    message_id: str
    action: str
    payload: str


@message
class FrameSeen(Var):
    """One frame as it went over the wire, published by the link for logs and for `ocpp_message`."""

    at: Timestamp
    sent: bool
    text: str
    """Passwords and the like in SetVariables and SetNetworkProfile are blotted out."""


@message
class ConnectReply(Reply):
    """Whether that changed anything."""

    changed: bool


@message
class Connect(Command):
    """For tests: let the link dial again after `Disconnect`.

    Unsupported unless `EnableExternalWebsocketControl` (M9.3). EVerest: everest_api/ocpp/cmd/connect.
    """

    answer: ClassVar[type[Reply]] = ConnectReply


@message
class DisconnectReply(Reply):
    """Whether that changed anything."""

    changed: bool


@message
class Disconnect(Command):
    """For tests: cut the connection and do not dial, until `Connect` or the next start of the site.

    Unlike after `ocpp.Stop` everything goes on: what is to be said waits in the queue. Unsupported as above.
    EVerest: everest_api/ocpp/cmd/disconnect.
    """

    answer: ClassVar[type[Reply]] = DisconnectReply


@message
class SecurityNews(Var):
    """From the link: something OCPP has a security event for, that is not the fate of a connection."""

    event: str
    """Its name in OCPP, for example InvalidMessages."""
    at: Timestamp
    detail: str


@message
class MakeCall(Command):
    """For tests: send a request to the CSMS as it stands, before all that is queued; not durable.

    Failure INVALID for what is no request of OCPP 2.1, Unsupported where nothing of the site is simulated.
    """

    answer: ClassVar[type[Reply]] = CallReply

    action: str
    payload: str
    """JSON in the shape of OCPP 2.1."""


@message
class Known:
    """What somebody wants a charge point to know of a token: OCPP's words, as the CSMS would say them."""

    id_token: str
    type: str
    status: str = "Accepted"
    expires_at: Timestamp | None = None
    """`cacheExpiryDateTime`."""
    group_id: str | None = None


@message
class AddToCache(Command):
    """For tests: know something of a token as if the CSMS had answered so. Failures as of `MakeCall`."""

    known: Known


@message
class AddToListReply(Reply):
    """Of the list."""

    list_version: int
    entries: int


@message
class AddToList(Command):
    """For tests: put a token on the local list, beside the others. Failures as of `MakeCall`.

    The list keeps its version; the first entry of a list that is not there makes version 1.
    """

    answer: ClassVar[type[Reply]] = AddToListReply

    known: Known


@message
class ForgetValueReply(Reply):
    """What the variable says now."""

    value: str
    restart: bool = False
    """It counts after the next start only."""


@message
class ForgetValue(Command):
    """For tests: what was set of a variable holds no longer, the files decide again.

    Failures as of `MakeCall`.
    """

    answer: ClassVar[type[Reply]] = ForgetValueReply

    component_variable: ComponentVariable
    attribute: AttributeEnum = AttributeEnum.ACTUAL
