"""What the methods of the Gateway take and give, for the type checker of who uses `GatewayClient`.

Each is what JSON makes of a form with the published schema (`/schema.json`); a test compares them, field by
field. Units are in the names; times are RFC 3339, UTC. What a field means stands beside the form: in
`actors/gateway/picture/forms.py` and `actors/gateway/methods/`.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

# -- words ---------------------------------------------------------------------------------------------------

Attribute: TypeAlias = Literal["Actual", "Target", "MinSet", "MaxSet"]
Behaviour: TypeAlias = Literal["iec61851", "din70121", "iso15118-2", "iso15118-20", "iso15118"]
Control: TypeAlias = Literal["dynamic", "scheduled"]
Energy: TypeAlias = Literal["AC", "DC"]
IdTokenType: TypeAlias = Literal[
    "Central", "eMAID", "MacAddress", "ISO14443", "ISO15693", "KeyCode", "Local", "NoAuthorization"
]
Lock: TypeAlias = Literal["lock", "unlock"]
Payment: TypeAlias = Literal["contract", "external"]
Severity: TypeAlias = Literal["Low", "Medium", "High"]
Signal: TypeAlias = Literal["KILL", "STOP", "CONT"]
Source: TypeAlias = Literal["ocpp", "v2g"]
TokenKind: TypeAlias = Literal["OCPP", "Autocharge", "BankCard", "PlugAndCharge", "RFID"]
Topic: TypeAlias = Literal["site", "tree", "messages", "errors", "variables"]


class Done(TypedDict):
    """It was done; there is nothing to report."""


# -- actors and roles ----------------------------------------------------------------------------------------


class Killed(TypedDict):
    """Who was meant by `actor_kill`."""

    path: str
    kind: str
    pid: int


class NameEntry(TypedDict):
    """One name of the site."""

    name: str
    interface: str
    module: str
    kind: str
    evse: int | None
    commands: list[str]
    variables: list[str]


class CommandForm(TypedDict):
    """One command, as JSON Schemas."""

    arguments: dict[str, Any]
    result: dict[str, Any]


class Interface(TypedDict):
    """One interface; its variables as JSON Schemas."""

    interface: str
    commands: dict[str, CommandForm]
    variables: dict[str, dict[str, Any]]
    errors: list[str]


class RoleEntry(TypedDict):
    """One role of the site, and whether a program fills it."""

    role: str
    provides: dict[str, str]
    evse: int | None
    registered: bool
    ready: bool


# -- the site ------------------------------------------------------------------------------------------------


class Step(TypedDict):
    """One of the steps 0 to 6 of a session."""

    step: int
    title: str
    at: str | None
    detail: str


class Token(TypedDict):
    """Whom a session is charged to, most of it masked."""

    type: str
    shown: str


class Session(TypedDict):
    """One session, from plug-in or grant to unplug; `power`: seconds since it began, and watts."""

    session: str
    transaction: str | None
    evse: int
    connector: int | None
    token: Token | None
    authorization: str | None
    began: str
    ended: str | None
    reason: str | None
    energy_wh: float
    protocol: str | None
    tls: bool | None
    steps: list[Step]
    power: list[list[float]]
    evidence: bool


class SessionList(TypedDict):
    """Sessions, the newest first."""

    sessions: list[Session]


class ErrorShown(TypedDict):
    """An error that stands."""

    uuid: str
    type: str
    sub_type: str | None
    severity: str
    message: str
    description: str
    origin: str
    evse: int | None
    connector: int | None
    at: str
    mrec: str | None


class Errors(TypedDict):
    """The errors that stand."""

    errors: list[ErrorShown]


class Outlet(TypedDict):
    """One connector."""

    connector: int
    type: str


class Evse(TypedDict):
    """One EVSE as it stands."""

    evse: int
    id: str
    mode: str
    connectors: list[Outlet]
    state: str
    available: bool
    power_w: float | None
    energy_wh: float | None
    soc_percent: float | None
    offered_w: float | None
    offered_a: float | None
    errors: list[ErrorShown]
    session: Session | None


class Certificate(TypedDict):
    """A certificate of the station, or one that it trusts."""

    kind: str
    subject: str
    issuer: str
    not_before: str
    not_after: str
    days_left: int
    problem: str | None


class Certificates(TypedDict):
    """Every certificate, the station's own first."""

    certificates: list[Certificate]


class Csms(TypedDict):
    """The back-end."""

    connected: bool
    version: str | None
    boot: str | None
    url: str | None


class SimulatedCar(TypedDict):
    """A simulated car."""

    module: str
    evse: int
    dc: bool
    contract: bool


class SimulatedReader(TypedDict):
    """A simulated card reader."""

    module: str
    name: str


class Simulated(TypedDict):
    """What is simulated, and whether actors may be killed."""

    cars: list[SimulatedCar]
    readers: list[SimulatedReader]
    kill: bool


class Site(TypedDict):
    """Everything about the site but its tree, its errors and what is said."""

    file: str
    ready: bool
    since: str | None
    csms: Csms | None
    evses: list[Evse]
    certificates: list[Certificate]
    simulated: Simulated


class MessageShown(TypedDict):
    """A message of OCPP or ISO 15118."""

    number: int
    at: str
    source: str
    direction: str
    name: str
    evse: int | None
    kind: str
    id: str | None
    body: Any


class MessageList(TypedDict):
    """Messages in the order in which they were said."""

    messages: list[MessageShown]


# -- what is simulated ---------------------------------------------------------------------------------------


class EvState(TypedDict):
    """How a simulated car is."""

    evse: int
    plugged: bool
    pilot: str
    talks: bool
    phase: str


class FaultState(TypedDict):
    """What was broken or mended."""

    evse: int
    hardware: str | None
    device: str | None


class ReaderPresented(TypedDict):
    """Where a token was presented."""

    reader: str


class PowerCycled(TypedDict):
    """When the power is going to fail."""

    cut_after_s: float


# -- charge point --------------------------------------------------------------------------------------------


class LinkChanged(TypedDict):
    """Whether `link_set` changed anything."""

    changed: bool


class ConfigSet(TypedDict):
    """What came of it, in OCPP's words."""

    status: str


class ConfigValue(TypedDict):
    """What the variable says now, and whether that counts after the next start only."""

    value: str
    restart: bool


class LocalList(TypedDict):
    """The list as it is now."""

    version: int
    entries: int


class CallFate(TypedDict):
    """What became of a request to the CSMS."""

    outcome: str
    payload: dict[str, Any] | None
    code: str
    description: str
