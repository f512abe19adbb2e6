"""An EVSE manager that says what the test lets it say, beside the charge point's actor in a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.engine.base import SiteActor, handles
from actors.engine.supervision import ChildSpec
from actors.evse.messages import EvseCondition
from protocols.interfaces import evse_manager
from protocols.message import Command, Reply
from protocols.types.evse_manager import Connector, ConnectorTypeEnum, Evse
from tests.support.ocpp_point import Root, Scene, config_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from actors.ocpp.inputs import Target

NAME = "evse_1/evse"


class ManagerActor(SiteActor):
    """Waits for its go; publishes what it is told; writes down what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Command] = []

    def on_start(self) -> None:
        """Wait for the go."""
        self.publish(evse_manager.WaitingForExternalReady(waiting=True), retain=True)

    @handles(evse_manager.SessionEvent)
    def handle_session_event(self, news: evse_manager.SessionEvent) -> None:
        """Publish it."""
        self.publish(news)

    @handles(EvseCondition)
    def handle_condition(self, news: EvseCondition) -> None:
        """Publish it, for late subscribers as well."""
        self.publish(news, NAME, retain=True)

    @handles(evse_manager.Powermeter)
    def handle_powermeter(self, news: evse_manager.Powermeter) -> None:
        """Publish it."""
        self.publish(news)

    @handles(evse_manager.GetEvse)
    def handle_get_evse(self, command: evse_manager.GetEvse) -> evse_manager.GetEvseReply:
        """It is the first."""
        self.commands.append(command)
        outlet = Connector(id=1, type=ConnectorTypeEnum.C_TYPE2)
        return evse_manager.GetEvseReply(evse=Evse(id=1, connectors=(outlet,)))

    @handles(evse_manager.SetPlugAndChargeConfiguration)
    def handle_set_plug_and_charge_configuration(
        self, command: evse_manager.SetPlugAndChargeConfiguration
    ) -> Reply:
        """Take it."""
        self.commands.append(command)
        return Reply()

    @handles(evse_manager.ExternalReadyToStartCharging)
    def handle_external_ready_to_start_charging(
        self, command: evse_manager.ExternalReadyToStartCharging
    ) -> evse_manager.ExternalReadyToStartChargingReply:
        """The go."""
        self.commands.append(command)
        self.publish(evse_manager.Ready(ready=True), retain=True)
        return evse_manager.ExternalReadyToStartChargingReply(used=True)

    @handles(evse_manager.StopTransaction)
    def handle_stop_transaction(
        self, command: evse_manager.StopTransaction
    ) -> evse_manager.StopTransactionReply:
        """Take it."""
        self.commands.append(command)
        return evse_manager.StopTransactionReply(stopped=True)


class RootWithManager(Root):
    """The charge point with one EVSE manager."""

    def branches(self) -> Sequence[ChildSpec]:
        """All of them."""
        actor = f"{__name__}.ManagerActor"
        return [*super().branches(), ChildSpec(id="evse", actor=actor, grants={NAME: "evse_manager"})]


class ManagedScene(Scene):
    """A station of one EVSE; an `Evse` of the tests can speak through it."""

    def __init__(self, state: Path) -> None:
        peers = [["system", 1, "system/main"], ["evse_manager", 1, NAME]]
        config = config_of(state, peers=peers, evses={"1": 1})
        del config["modules"]["evse_2"]
        super().__init__(config, RootWithManager)

    @property
    def now(self) -> datetime:
        """The simulation's time."""
        return self.site.clock.now()

    def say(self, _target: Target, news: Any, _number: int = 1) -> None:
        """The manager publishes something."""
        self.site.tell("site/evse", news)
        self.site.run()

    def sent(self, action: str) -> list[Any]:
        """What the link was asked to send, each message once, in order."""
        found = {call.message_id: call for call, _ in self.actor("link").calls if call.action == action}
        return list(found.values())
