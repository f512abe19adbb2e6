"""The steps of a Plug & Charge session, the kinds of actors, and how who dies in a step: for `step_charge`.

A step is what the trace of the site shows. Where one would be over too soon to be struck, its last message is
held back for a moment. Who handles the very message of a step dies of that message, by a fault rule; all
others are killed from outside while it lasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.engine.faults import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Told = dict[str, Any]
"""A line of the trace, or of the log."""
FLOWS_WH: Final = 0.5
"""A car that has been given so much charges."""
METER: Final = "supply_1/powermeter"


def _says(tag: str, name: str = "") -> Callable[[Told], bool]:
    return lambda line: line["tag"] == tag and line["name"].startswith(name)


def _connected(line: Told) -> bool:
    """A car is connected over TLS, and has said nothing yet."""
    content = line["content"]
    return line["tag"] == "actors.v2g.messages.milestones" and "tls" in content and "contract" not in content


def hardware(line: Told) -> Told:
    """How the hardware of EVSE 1 is, if the line tells it."""
    told = line["tag"] == "actors.simulation.plant.messages.plant" and line["name"] == "plant:1"
    return dict(line["content"]) if told else {}


class Step(NamedTuple):
    """A part of the session: it begins with a line of the trace, and ends where the next one begins."""

    name: str
    opens: Callable[[Told], bool]
    late_s: float
    """It is struck up to so much later, as chance will have it."""


STEPS: Final = (
    Step("step 0", lambda _line: False, 0.0),
    Step("step 1", _connected, 0.05),
    Step("step 2", _says("iso15118_charger.require_auth_pnc"), 0.1),
    Step("step 3", _says("auth_token_provider.provided_token", "evse_1/"), 0.005),
    Step("step 4", _says("auth_token_validator.validate_token"), 0.1),
    Step("step 5", _says("evse_manager.authorize_response", "evse_1/"), 0.03),
    Step("step 6", _says("actors.v2g.messages.car_authorized"), 1.0),
    Step("charging", lambda line: float(hardware(line).get("energy_wh", 0)) >= FLOWS_WH, 1.0),
    Step("stopping", _says("iso15118_charger.current_demand_finished"), 0.3),
)
"""Step 0, certificates, is all before the plug; step 6 lasts until energy flows."""
NAMES: Final = tuple(step.name for step in STEPS)
LAST: Final = NAMES[-1]

HOLD: Final = {"step 2": ("v2g_1/charger", "iso15118_charger.require_auth_pnc")}
"""Who holds back what in a short step; in step 4 it is the back-end that takes its time."""


class Exact(NamedTuple):
    """A message whose receiver dies of it. `late`: not the first one of all, but the first in the step."""

    name: str
    tag: str
    moment: Moment
    late: bool = False


_SESSION: Final = "v2g_1/session"
_ORDER: Final = ("evse_1/connector_1", "actors.connector.messages.order", Moment.BEFORE, True)
_EVENT: Final = ("ocpp/auth_validator", "evse_manager.session_event", Moment.BEFORE, True)
EXACT: Final[Mapping[tuple[str, str], Exact]] = {
    ("step 1", "V2gSessionActor"): Exact(_SESSION, "*.step", Moment.DECIDED, late=True),
    ("step 2", "CertificateManagerActor"): Exact(
        "certificates/main", "evse_security.get_mo_ocsp_request_data", Moment.DECIDED
    ),
    ("step 2", "EvseManagerActor"): Exact(
        "evse_1/evse", "iso15118_charger.require_auth_pnc", Moment.BEFORE
    ),
    ("step 3", "AuthActor"): Exact("auth/main", "auth_token_provider.provided_token", Moment.BEFORE),
    ("step 4", "AuthActor"): Exact("auth/main", "actors.auth.messages.verdict", Moment.DECIDED),
    ("step 4", "ChargePointActor"): Exact(
        "ocpp/auth_validator", "auth_token_validator.validate_token", Moment.BEFORE
    ),
    ("step 5", "ChargePointActor"): Exact(*_EVENT),
    ("step 5", "EvseManagerActor"): Exact("evse_1/evse", "evse_manager.authorize_response", Moment.DECIDED),
    ("step 5", "V2gLinkActor"): Exact(
        "v2g_1/charger", "iso15118_charger.authorization_response", Moment.BEFORE
    ),
    ("step 6", "ConnectorActor"): Exact(*_ORDER),
    ("step 6", "V2gSessionActor"): Exact(_SESSION, "*.step", Moment.DECIDED, late=True),
    ("stopping", "ChargePointActor"): Exact(*_EVENT),
    ("stopping", "ConnectorActor"): Exact(*_ORDER),
    ("stopping", "EvseManagerActor"): Exact(
        "evse_1/evse", "iso15118_charger.dc_open_contactor", Moment.BEFORE
    ),
    ("stopping", "SimulatedSlacActor"): Exact("slac_1/evse", "slac.dlink_terminate", Moment.BEFORE),
}  # fmt: skip
"""Those who handle the message of a step, and that message."""

ASKER: Final = "TokenRequestActor"
"""It lives while validators are asked: in step 4, and in no other."""
KINDS: Final = (
    "Registry", "DummyProviderActor", "StoreActor", "CertificatesSupervisor", "StoreWorkerActor",
    "CertificateManagerActor", "AuthSupervisor", "AuthActor", "SystemActor", "OcppSupervisor",
    "ChargePointActor", "CsmsLinkActor", "MessageLogActor", "GatewayActor", "ErrorsActor", "EvseSupervisor",
    "SimulatedBoardActor", "SimulatedDcSupplyActor", "SimulatedImdActor", "SimulatedSlacActor",
    "V2gLinkActor", "V2gSessionActor", "EvseManagerActor", "ConnectorActor",
)  # fmt: skip
"""Every kind in the tree but the root, what is simulated hardware or car, and `ASKER`."""


HOLDERS: Final = frozenset({"V2gLinkActor", "EvseSupervisor"})
"""With them goes the car's connection."""


class Case(NamedTuple):
    """Who dies when."""

    step: str
    kind: str

    def __str__(self) -> str:
        return f"{self.step}, {self.kind}"


MATRIX: Final = tuple(
    Case(step, kind) for step in NAMES for kind in (*KINDS, *((ASKER,) if step == "step 4" else ()))
)
