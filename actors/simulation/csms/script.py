"""What a simulated back-end is and does, as a YAML file says it: the models. Pure.

stations: {unknown: accept, known: {cp-1: {password: secret}}}
tokens:
  - {id: DEADBEEF}
  - {id: CAFE0001, status: Blocked}
answers:
  - {action: BootNotification, times: 1, merge: {status: Pending, interval: 10}}
scenes:
  - name: report after boot
    begin: {at: booted, after_s: 1}
    steps:
      - call: {action: GetBaseReport, payload: {requestId: 1, reportBase: FullInventory}}
      - wait: {action: NotifyReport, where: {tbc: false}}
faults:
  - {kind: drop, action: TransactionEvent, where: {eventType: Ended}, times: 1}
"""

from __future__ import annotations

import enum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from actors.simulation.csms.values import Body, CloseCode, HttpStatus, Pattern, Seconds, filled, known_action
from protocols.ocpp.version import Version

MAX_RULES: Final = 1000


class Model(BaseModel):
    """What every part of a script is."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unknown(enum.StrEnum):
    """What becomes of stations that are not listed."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    """HTTP 404."""
    CLOSE = "close"
    """Accepted, then closed with 1008."""


class Station(Model):
    """One that is known."""

    password: Annotated[str, Field(max_length=128)] | None = Field(default=None, repr=False)
    """For security profiles 1 and 2; none: any will do."""


class Stations(Model):
    """Who may connect."""

    unknown: Unknown = Unknown.ACCEPT
    known: dict[str, Station] = {}


class Token(Model):
    """An id token and what is answered about it."""

    id: Annotated[str, Field(min_length=1, max_length=255)]
    type: str | None = None
    """OCPP 2 only: it must be of this type."""
    status: str = "Accepted"
    valid_s: Annotated[float, Field(ge=-604_800, le=31_536_000)] | None = None
    """The answer counts so long."""
    group: str | None = None
    info: Body = {}
    """Further fields of idTokenInfo (OCPP 2)."""


class Contract(Model):
    """A contract for Plug & Charge."""

    emaid: Annotated[str, Field(min_length=14, max_length=18)]
    status: str = "Accepted"
    pcid: str | None = None
    """The car it is installed into when it asks for a certificate."""
    valid_s: Annotated[float, Field(ge=-604_800, le=31_536_000)] | None = None
    group: str | None = None
    info: Body = {}


class Pem(enum.StrEnum):
    """How certificates are written in CertificateSigned."""

    PLAIN = "plain"
    CRLF = "crlf"
    SUBJECT_LINES = "subject_lines"
    """With `subject=` and `issuer=` before each."""


class Certificates(Model):
    """What the back-end does with the keys of the test PKI."""

    revoked: tuple[str, ...] = ()
    """Names of certificates (`MO_LEAF`) or hexadecimal serial numbers."""
    sign: bool = True
    """Whether requests are signed; else SignCertificate is refused."""
    sign_after_s: Seconds = 0
    organization: str | None = None
    """The O that requests must have."""
    leaf_days: Annotated[float, Field(gt=0, le=36_500)] = 365
    ocsp_days: Annotated[float, Field(gt=0, le=3650)] = 7
    pem: Pem = Pem.PLAIN
    leaf_last: bool = False
    with_root: bool = False


class Rule(Model):
    """When something counts: for the messages that fit, past the first `after`, for `times` of them.

    Counted for each station by itself; what a rule above it has taken is not counted.
    """

    station: str = "*"
    version: Version | None = None
    action: str = "*"
    where: Pattern = {}
    after: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=1)] | None = None

    @field_validator("action")
    @classmethod
    def _known_action(cls, action: str) -> str:
        return known_action(action)


class Answer(Rule):
    """Another answer than our own: `payload` in place of it, or `merge` laid over it."""

    payload: Body | None = None
    merge: Body = {}

    _places = field_validator("payload", "merge")(filled)


class FaultKind(enum.StrEnum):
    """What the back-end does wrong."""

    DROP = "drop"
    """Cuts the connection in place of the answer."""
    DROP_AFTER = "drop_after"
    """Cuts it right behind the answer."""
    CLOSE = "close"
    """Closes the connection with `code` in place of the answer."""
    DELAY = "delay"
    """Answers `seconds` later."""
    SILENCE = "silence"
    """Does not answer."""
    CALL_ERROR = "call_error"
    """Refuses the call with `error`."""
    DUPLICATE = "duplicate"
    """Answers twice."""
    DUPLICATE_CALL = "duplicate_call"
    """Sends the call (one of ours) twice, under the same id."""
    STRAY = "stray"
    """Sends an answer to a call that nobody has made, and then the real one."""
    WRONG_ID = "wrong_id"
    """Answers under another message id."""
    GARBAGE = "garbage"
    """Sends what is no JSON in place of the answer."""
    INVALID = "invalid"
    """Answers with `payload`, whatever the schema says."""
    BINARY = "binary"
    """Answers in a binary message."""
    FRAGMENTS = "fragments"
    """Answers in so many fragments: `pieces`."""
    REFUSE = "refuse"
    """Answers the upgrade with the HTTP `status`."""
    HANG = "hang"
    """Does not answer the upgrade for `seconds`."""
    NO_SUBPROTOCOL = "no_subprotocol"
    """Accepts the upgrade, chooses no subprotocol, and goes on as if it had."""
    STORM = "storm"
    """Closes a connection with `code`, `seconds` after it was made."""
    FREEZE = "freeze"
    """Stops reading a connection `seconds` after it was made, and leaves it open."""


UPGRADE_FAULTS: Final = frozenset({FaultKind.REFUSE, FaultKind.HANG, FaultKind.NO_SUBPROTOCOL})
CONNECTION_FAULTS: Final = frozenset({FaultKind.STORM, FaultKind.FREEZE})
ANSWER_FAULTS: Final = frozenset(FaultKind) - UPGRADE_FAULTS - CONNECTION_FAULTS - {FaultKind.DUPLICATE_CALL}


class Fault(Rule):
    """Something the back-end does wrong, at messages that fit; upgrades and connections have none."""

    kind: FaultKind
    seconds: Seconds = 0
    code: CloseCode = 1001
    error: str = "InternalError"
    payload: Body = {}
    status: HttpStatus = 404
    pieces: Annotated[int, Field(ge=2, le=64)] = 3

    @model_validator(mode="after")
    def _without_message(self) -> Self:
        if self.kind in UPGRADE_FAULTS | CONNECTION_FAULTS and (self.action != "*" or self.where):
            raise ValueError(f"{self.kind} is not about a message: it takes no action and no where")
        return self


class At(enum.StrEnum):
    """What begins a scene."""

    CONNECTED = "connected"
    BOOTED = "booted"
    """A BootNotification was answered with Accepted."""
    MESSAGE = "message"
    """A call of the station that fits the rule was answered."""


class Begin(Rule):
    """When a scene begins: for each station, `times` times."""

    at: At = At.BOOTED
    after_s: Seconds = 0
    times: Annotated[int, Field(ge=1)] | None = 1


class Call(Model):
    """Ask the station for something and look at its answer."""

    action: str
    payload: Body = {}
    expect: Pattern | None = None
    """What the answer must fit; none: any answer will do."""
    expect_error: str | None = None
    """The code it must be refused with; `*` for any."""
    within_s: Seconds = 30

    _action = field_validator("action")(known_action)
    _places = field_validator("payload", "expect")(filled)


class Wait(Model):
    """Wait for a call of the station; one that came since our last call began counts."""

    action: str
    where: Pattern = {}
    within_s: Seconds = 60

    _action = field_validator("action")(known_action)
    _places = field_validator("where")(filled)


class Step(Model):
    """One thing a scene does: just one of these."""

    call: Call | None = None
    wait: Wait | None = None
    sleep_s: Seconds | None = None
    close: CloseCode | None = None
    """Close the connection with this code."""
    drop: Literal[True] | None = None
    """Cut it."""
    fault: Fault | None = None
    """From now on; its `station` is this one unless it says otherwise."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("a step is one of: " + ", ".join(type(self).model_fields))
        return self


class Scene(Model):
    """A conversation that we lead."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    begin: Begin = Begin()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_RULES)]


class Schedule(Model):
    """The charging profile that is sent when a car has told its needs."""

    limit_w: Annotated[float, Field(ge=0, le=10_000_000)]
    stack_level: Annotated[int, Field(ge=0)] = 0


class Script(Model):
    """A back-end and what it does."""

    versions: Annotated[tuple[Version, ...], Field(min_length=1)] = (Version.V21, Version.V201, Version.V16)
    """Which are spoken, the favourite first: that one is chosen of those a station offers."""
    heartbeat_s: Annotated[int, Field(ge=0)] = 300
    message_timeout_s: Seconds = 30
    """So long answers are waited for."""
    stations: Stations = Stations()
    tokens: Annotated[tuple[Token, ...], Field(max_length=100_000)] | None = None
    """Without a list every token is accepted."""
    contracts: Annotated[tuple[Contract, ...], Field(max_length=100_000)] | None = None
    """Without a list every contract is accepted that the test PKI does not speak against."""
    certificates: Certificates = Certificates()
    price_per_kwh: Annotated[float, Field(ge=0)] | None = None
    """With a price, TransactionEvent is answered with totalCost."""
    schedule: Schedule | None = None
    answers: Annotated[tuple[Answer, ...], Field(max_length=MAX_RULES)] = ()
    """The first that fits and is due counts."""
    scenes: Annotated[tuple[Scene, ...], Field(max_length=MAX_RULES)] = ()
    faults: Annotated[tuple[Fault, ...], Field(max_length=MAX_RULES)] = ()
    """As with answers."""
