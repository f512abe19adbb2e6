"""What the picture says, as it goes out to who watches: forms, whose JSON is the data of each topic.

Units are in the names; times are UTC, energy is what the session's transaction has taken so far.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from actors.gateway.method import adapter, form
from protocols.message import Timestamp  # noqa: TC001  # read at run time: pydantic builds from it

if TYPE_CHECKING:
    from collections.abc import Callable


class News:
    """What has changed in a topic; its data are made when somebody looks, and once."""

    def __init__(self, topic: str, make: Callable[[], dict[str, Any]]) -> None:
        self.topic = topic
        self._make = make
        self._data: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:
        """JSON values."""
        if self._data is None:
            self._data = self._make()
        return self._data


def as_json(thing: Any) -> dict[str, Any]:
    """A form as JSON values."""
    made: dict[str, Any] = adapter(type(thing)).dump_python(thing, mode="json")
    return made


# -- sessions ------------------------------------------------------------------------------------------------


@form
class Step:
    """One of the steps 0 to 6 of a session."""

    step: int
    title: str
    at: Timestamp | None = None
    """When it was done; None: not yet, or it is no part of such a session (`detail` says so)."""
    detail: str = ""


@form
class Token:
    """Whom a session is charged to."""

    type: str
    """RFID, eMAID, ..."""
    shown: str
    """Most of it masked."""


@form
class Session:
    """One session, from plug-in or grant to unplug."""

    session: str
    transaction: str | None = None
    """The transaction's id: OCPP's where there is a CSMS that has been told, else the session's own."""
    evse: int
    connector: int | None = None
    token: Token | None = None
    authorization: str | None = None
    """PlugAndCharge, RFID, OCPP, Autocharge, BankCard."""
    began: Timestamp
    ended: Timestamp | None = None
    reason: str | None = None
    """Why the transaction ended."""
    energy_wh: float = 0.0
    protocol: str | None = None
    """ISO 15118-2, DIN 70121, ISO 15118-20 or IEC 61851-1."""
    tls: bool | None = None
    """None: the car has not connected by network."""
    steps: tuple[Step, ...]
    power: tuple[tuple[float, float], ...] = ()
    """Seconds since the session began, and watts; at most `curve.MOST` points."""
    evidence: bool = False
    """Whether its talk, or its log, is kept."""


# -- the site ------------------------------------------------------------------------------------------------


@form
class ErrorShown:
    """An error that stands."""

    uuid: str
    type: str
    sub_type: str | None
    severity: str
    message: str
    description: str
    origin: str
    """`module/implementation`."""
    evse: int | None
    """None: the station."""
    connector: int | None
    at: Timestamp
    mrec: str | None
    """The code of the ChargeX consortium."""


@form
class Outlet:
    """One connector."""

    connector: int
    type: str


@form
class Evse:
    """One EVSE as it stands."""

    evse: int
    id: str
    mode: str
    """AC or DC."""
    connectors: tuple[Outlet, ...]
    state: str
    """Unknown, Available, Reserved, Preparing, Charging, SuspendedEV, SuspendedEVSE, Finishing, Unavailable
    or Faulted."""
    available: bool
    """In service and not faulted."""
    power_w: float | None = None
    energy_wh: float | None = None
    """Of the session."""
    soc_percent: float | None = None
    offered_w: float | None = None
    offered_a: float | None = None
    """AC: per phase."""
    errors: tuple[ErrorShown, ...] = ()
    session: Session | None = None


@form
class Certificate:
    """A certificate of the station, or one that it trusts."""

    kind: str
    subject: str
    issuer: str
    not_before: Timestamp
    not_after: Timestamp
    days_left: int
    """0 also when it has expired."""
    problem: str | None = None


@form
class Csms:
    """The back-end."""

    connected: bool = False
    version: str | None = None
    """ocpp1.6, ocpp2.0.1 or ocpp2.1, as agreed last."""
    boot: str | None = None
    """Accepted, Pending or Rejected."""
    url: str | None = None


@form
class SimulatedCar:
    """A simulated car."""

    module: str
    evse: int
    dc: bool
    contract: bool


@form
class SimulatedReader:
    """A simulated card reader."""

    module: str
    name: str


@form
class Simulated:
    """What is simulated, for who offers buttons."""

    cars: tuple[SimulatedCar, ...] = ()
    readers: tuple[SimulatedReader, ...] = ()
    kill: bool = False
    """Actors may be killed: something is simulated, or faults are allowed."""


@form
class Site:
    """Everything about the site but its tree, its errors and what is said."""

    file: str
    ready: bool
    """Every EVSE is ready to charge."""
    since: Timestamp | None
    """Since when it runs; None while that is not known."""
    csms: Csms | None
    """None: there is none."""
    evses: tuple[Evse, ...]
    certificates: tuple[Certificate, ...] = ()
    simulated: Simulated = field(default_factory=Simulated)


@form
class Errors:
    """Every error that stands, the oldest first."""

    errors: tuple[ErrorShown, ...] = ()


@form
class Certificates:
    """Every certificate, the station's own first."""

    certificates: tuple[Certificate, ...] = ()


# -- what is said --------------------------------------------------------------------------------------------


@form
class MessageShown:
    """A message of OCPP or ISO 15118."""

    number: int
    """Counts up; numbers are left out where messages were."""
    at: Timestamp
    source: str
    """ocpp or v2g."""
    direction: str
    """sent or received, seen from the station."""
    name: str
    """The action of OCPP; the element of ISO 15118."""
    evse: int | None = None
    kind: str
    """request, response, error or event."""
    id: str | None = None
    """OCPP: what request and response have in common."""
    body: Any = None
    """Secrets blotted out; too much is told as `{"too_long": characters}`."""


@form
class VariableShown:
    """What an actor has published."""

    name: str
    """Of the actor: `module/implementation`."""
    tag: str
    """Of the variable: `evse_manager.session_event`."""
    value: Any
    at: Timestamp
    """When it came here."""


@form
class Variables:
    """What was published last, of those that are listened to."""

    variables: tuple[VariableShown, ...] = ()
