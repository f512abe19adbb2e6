"""A charge point's actor in a simulation, with a link and a system that the test plays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from actors.catalog.auth import AUTH
from actors.engine import messages
from actors.engine.base import Deferred, SiteActor, handles
from actors.engine.clock import ManualClock
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.errors.messages import FRAMEWORK, StandingErrors
from actors.evse.messages import EvseCondition, OutletCondition
from actors.ocpp.messages import Call, Called, CallReply, LinkState, Outcome, SecurityNews
from protocols.interfaces import ocpp, system
from protocols.ocpp.version import Version
from protocols.types.system import BootReason
from tests.support.ocpp_station import START

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from protocols.message import Reply

NAMES = {
    "ocpp/auth_validator": "auth_token_validator",
    "ocpp/auth_provider": "auth_token_provider",
    "ocpp/data_transfer": "ocpp_data_transfer",
    "ocpp/ocpp_generic": "ocpp",
    "ocpp/session_cost": "session_cost",
    "ocpp/charge_point": "",
}
PARAMETERS = {
    "CoreDatabasePath": "ocpp201",
    "DeviceModelConfigPath": "component_config",
    "DeviceModelDatabasePath": "device_model_storage.db",
    "EverestDeviceModelDatabasePath": "everest_device_model_storage.db",
    "MessageQueueResumeDelay": 0,
    "DelayOcppStart": 0,
    "ResetStopDelay": 0,
    "CompositeScheduleIntervalS": 30,
    "RequestCompositeScheduleDurationS": 600,
    "RequestCompositeScheduleUnit": "A",
    "EnableExternalWebsocketControl": False,
}


def config_of(state: Path, **changes: Any) -> dict[str, Any]:
    """What the actor is told: a station of two EVSEs, and an Auth whose parameters variables show.

    `state` is the state directory of a site; journals are in a folder of it.
    """
    journals = state / "journals"
    journals.mkdir(parents=True, exist_ok=True)
    auth = {"connection_timeout": 90, "master_pass_group_id": ""}
    manager = {"connector_id": 1, "evse_id": "DE*EVS*E1"}
    module = {"evse": None, "may_write": True, "may_set_read_only": True}
    return {
        "module": "ocpp",
        "parameters": PARAMETERS,
        "implementations": {},
        "connections": {},
        "state": str(journals),
        "evses": {"1": 1, "2": 1},
        "peers": [["system", 1, "system/main"]],
        "modules": {
            "ocpp": {**module, "name": "OCPP201", "parameters": PARAMETERS},
            "auth": {**module, "name": "Auth", "parameters": auth},
            "evse_1": {**module, "name": "EvseManager", "evse": 1, "parameters": manager},
            "evse_2": {**module, "name": "EvseManager", "evse": 2, "parameters": manager},
        },
        **changes,
    }


class LinkActor(SiteActor):
    """Plays the link: says what it is told to, keeps calls until the test answers."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Call, Deferred]] = []
        self.replies: list[Reply] = []

    @handles(LinkState)
    def handle_state(self, state: LinkState) -> None:
        """Publish it."""
        self.publish(state, "ocpp/link", retain=True)

    @handles(SecurityNews)
    def handle_security_news(self, news: SecurityNews) -> None:
        """Publish it."""
        self.publish(news, "ocpp/link")

    @handles(Call)
    def handle_call(self, call: Call) -> Deferred:
        """Keep it."""
        self.calls.append((call, self.defer()))
        return self.calls[-1][1]

    @handles(Called)
    def handle_called(self, called: Called) -> None:
        """The CSMS asks."""
        self.ask("ocpp/charge_point", called, self.replies.append, repeat=True)


class SystemActor(SiteActor):
    """Plays the module system."""

    @handles(system.GetBootReason)
    def handle_get_boot_reason(self, _cmd: system.GetBootReason) -> system.GetBootReasonReply:
        """The power came."""
        return system.GetBootReasonReply(boot_reason=BootReason.POWER_UP)

    @handles(system.SetSystemTime)
    def handle_set_system_time(self, _cmd: system.SetSystemTime) -> system.SetSystemTimeReply:
        """Whatever time it is."""
        return system.SetSystemTimeReply(accepted=True)


class ErrorsActor(SiteActor):
    """Plays the error framework."""

    @handles(StandingErrors)
    def handle_standing(self, news: StandingErrors) -> None:
        """Publish it."""
        self.publish(news, FRAMEWORK, retain=True)


class EarActor(SiteActor):
    """Hears what the charge point publishes."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[ocpp.BootNotificationResponse] = []
        self.security: list[ocpp.SecurityEventVar] = []
        self.standing: list[StandingErrors] = []

    def on_start(self) -> None:
        """Listen."""
        self.subscribe("ocpp/ocpp_generic", ocpp.BootNotificationResponse, self.heard.append)
        self.subscribe("ocpp/ocpp_generic", ocpp.SecurityEventVar, self.security.append)
        self.subscribe("ocpp/auth_validator", StandingErrors, self.standing.append)


class Root(RootSupervisor):
    """The charge point and those around it. It has no successor."""

    def branches(self) -> Sequence[ChildSpec]:
        """All of them."""
        return [
            ChildSpec(id="system", actor=f"{__name__}.SystemActor", grants={"system/main": "system"}),
            ChildSpec(id="link", actor=f"{__name__}.LinkActor", grants={"ocpp/link": ""}),
            ChildSpec(id="errors", actor=f"{__name__}.ErrorsActor", grants={FRAMEWORK: ""}),
            ChildSpec(id="ear", actor=f"{__name__}.EarActor"),
            ChildSpec(
                id="point",
                actor="actors.ocpp.charge_point_actor.ChargePointActor",
                grants=NAMES,
                config=self.config,
                stage=1,
            ),
        ]


class RootWithAuth(Root):
    """The same with an Auth, which has no EVSE to look after."""

    def branches(self) -> Sequence[ChildSpec]:
        """All of them."""
        module = {
            "module": "auth",
            "state": self.config["state"],
            "connections": {},
            "parameters": {
                **{name: each.default for name, each in AUTH.parameters.items()},
                **self.config["modules"]["auth"]["parameters"],
            },
        }
        grants = {"auth/main": "auth", "auth/reservation": "reservation"}
        actor = "actors.auth.auth_actor.AuthActor"
        return [*super().branches(), ChildSpec(id="auth", actor=actor, grants=grants, config=module)]


class EvseActor(SiteActor):
    """Plays the manager of an EVSE that is free."""

    def on_start(self) -> None:
        """Say so."""
        condition = EvseCondition(evse_id=1, connectors=(OutletCondition(connector_id=1),))
        self.publish(condition, "evse_1/evse", retain=True)


class RootWithStarts(Root):
    """The same with an Auth that takes tokens from us and has no EVSE for them, and an EVSE of our own."""

    def branches(self) -> Sequence[ChildSpec]:
        """All of them."""
        module = {
            "module": "auth",
            "state": self.config["state"],
            "connections": {"token_provider": ["ocpp/auth_provider"]},
            "parameters": {
                **{name: each.default for name, each in AUTH.parameters.items()},
                **self.config["modules"]["auth"]["parameters"],
            },
        }
        grants = {"auth/main": "auth", "auth/reservation": "reservation"}
        actor = "actors.auth.auth_actor.AuthActor"
        evse = ChildSpec(id="evse", actor=f"{__name__}.EvseActor", grants={"evse_1/evse": "evse_manager"})
        return [*super().branches(), evse, ChildSpec(id="auth", actor=actor, grants=grants, config=module)]


class Scene:
    """All of them in one thread."""

    def __init__(self, config: dict[str, Any], root: type[Root] = Root) -> None:
        self.site = Simulation(ManualClock(START))
        self.site.start(root, messages.Start(path="site", lineage="site#0", config=config))
        self.site.run()

    def actor(self, name: str) -> Any:
        """One of them, as it lives now."""
        return cast("Any", self.site.actor(f"site/{name}"))

    def connect(self, connection: int = 1) -> None:
        """The link has a connection."""
        state = LinkState(connection=connection, ocpp_version=Version.V21, slot=1, since=START)
        self.site.tell("site/link", state)
        self.site.run()

    def call(self) -> Call:
        """What the link was asked to send last."""
        call: Call = self.actor("link").calls[-1][0]
        return call

    def answer(self, payload: dict[str, Any]) -> None:
        """The CSMS answers it."""
        reply = CallReply(outcome=Outcome.ANSWERED, payload=json.dumps(payload))
        self.actor("link").calls[-1][1].answer(reply)
        self.site.run()

    def accept(self) -> None:
        """The CSMS accepts the boot, and then whatever is said to it at once."""
        answered = len(self.actor("link").calls)
        self.answer({"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300})
        self.oblige(answered)

    def oblige(self, answered: int) -> None:
        """The CSMS answers the calls behind so many, and those that follow, without saying anything."""
        while answered < len(self.actor("link").calls):
            answered += 1
            self.answer({})
