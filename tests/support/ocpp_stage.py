"""A station whose second EVSE is a program of the test's own, its back-end, and what happens there.

The first EVSE is simulated hardware whose car and cards the Gateway moves. The second one is nothing but
what `Program` says and answers over the Gateway, so its readings and events are the test's, to the digit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.gateway.client import GatewayClient, url_of
from tests.support.charging_site import Car
from tests.support.story import CALL, Story

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.story import Said

ROLE: Final = "evse_2"
DECLARED: Final = {"LogMessagesFormat": "security,callback", "RoundClockAlignedTimestamps": True}
"""Of InternalCtrlr, what the CSMS cannot set: messages are published, aligned samples have their own time."""
TARIFF: Final = {"format": "UTF8", "content": "You pay 0.50 EUR/kWh"}
SCRIPT: Final = {
    "price_per_kwh": 0.5,
    "tokens": [
        {"id": "CARD1"},
        {"id": "CARD2"},
        {"id": "CARD3"},
        {"id": "REGRETTED"},
        {"id": "MASTER", "group": "POLICE"},
    ],
    "answers": [
        {
            "action": "TransactionEvent",
            "where": {"idToken": {"idToken": "REGRETTED"}},
            "merge": {"idTokenInfo": {"status": "Invalid"}},
        },
        {"action": "DataTransfer", "payload": {"status": "Accepted", "data": {"says": "hello"}}},
        {
            "action": "TransactionEvent",
            "where": {"idToken": {"idToken": "CARD1"}},
            "merge": {"updatedPersonalMessage": TARIFF},
        },
    ],
}
"""Of the back-end: cards, one of which it regrets as soon as it charges; and one that is told its tariff."""


def _modules(modules: dict[str, Any], model: Path) -> None:
    """A program in the place of the second EVSE; and messages are published."""
    for name in ("board_2", "car_2"):
        del modules[name]
    modules["gateway"] = {"module": "Gateway", "config_module": {"port": 0}}
    modules[ROLE] = {"module": "ExternalEvseManager", "mapping": {"module": {"evse": 2}}}
    modules["evse_1"]["config_module"]["external_ready_to_start_charging"] = True
    providers = modules["auth"]["connections"]["token_provider"]
    providers[:] = [each for each in providers if each["module_id"] != ROLE]
    modules["ocpp"]["access"] = {"config": {"modules": {"auth": {"allow_write": True}}}}
    file = model / "standardized" / "InternalCtrlr.json"
    component = json.loads(file.read_text(encoding="utf-8"))
    for name, value in DECLARED.items():
        component["properties"][name]["attributes"][0]["value"] = value
    file.write_text(json.dumps(component), encoding="utf-8")


REPLIES: Final = {
    "get_evse": {"evse": {"id": 2, "connectors": [{"id": 1}]}},
    "enable_disable": {"enabled": True},
    "external_ready_to_start_charging": {"used": True},
    "force_unlock": {"accepted": True},
    "pause_charging": {"paused": True},
    "resume_charging": {"resumed": True},
    "set_plug_and_charge_configuration": None,
    "stop_transaction": {"stopped": True},
}
"""What the program answers to the commands of its role."""


@dataclass
class Program:
    """Who is the manager of the second EVSE. `asked`: the commands it got, oldest first."""

    client: GatewayClient
    asked: list[str] = field(default_factory=list)
    sessions: count[int] = field(default_factory=lambda: count(1))
    session: str = ""

    def begin(self) -> None:
        """Take the role."""
        self.client.serve(ROLE, {each: partial(self._answer, each) for each in REPLIES})

    def _answer(self, command: str, **_arguments: Any) -> object:
        self.asked.append(command)
        return REPLIES[command]

    def say(self, variable: str, **fields: Any) -> None:
        """Publish a variable of the manager."""
        self.client.call("role.publish", role=ROLE, variable=variable, value=fields)

    def measure(self, energy_wh: float, power_w: float = 0.0) -> dict[str, Any]:
        """Publish a reading of the meter, and give it."""
        reading = {
            "timestamp": datetime.now(UTC).isoformat(),
            "energy_Wh_import": {"total": energy_wh},
            "power_W": {"total": power_w},
        }
        self.say("powermeter", powermeter=reading)
        return reading

    def event(self, name: str, energy_wh: float = 0.0, **details: Any) -> None:
        """Publish a session event; `SessionStarted` begins a new session."""
        if name == "SessionStarted":
            self.session = f"program-{next(self.sessions)}"
        reading = self.measure(energy_wh)
        value = {"uuid": self.session, "timestamp": reading["timestamp"], "connector_id": 1, "event": name}
        for key, more in details.items():
            value[key] = {"meter_value": reading, **more}
        self.say("session_event", event=value)

    def start(self, card: str, energy_wh: float) -> str:
        """A car comes and charges by a card; its session."""
        token = {"id_token": {"value": card, "type": "ISO14443"}, "authorization_type": "RFID"}
        self.event("SessionStarted", energy_wh, session_started={"reason": "EVConnected"})
        self.event("TransactionStarted", energy_wh, transaction_started={"id_tag": token})
        self.event("ChargingStarted", energy_wh, charging_state_changed_event={})
        return self.session

    def end(self, energy_wh: float, reason: str = "Local") -> None:
        """The charge is over, and the car leaves."""
        self.event("ChargingFinished", energy_wh)
        self.event("TransactionFinished", energy_wh, transaction_finished={"reason": reason})
        self.event("SessionFinished", energy_wh, session_finished={})


class Frame(NamedTuple):
    """A message of OCPP. `kind`: 2 a call, 3 an answer; `action` of an answer is that of its call."""

    direction: str
    kind: int
    action: str
    payload: Any
    whole: Any


@dataclass
class Stage:
    """The site while it runs, and afterwards what was noted of it.

    `told`: what scenes have noted, by names of their own. `marks`: by name, how many lines the record of the
    back-end and the trace had.
    """

    directory: Path
    told: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self._program: Program | None = None
        Story(
            self.directory,
            {1: Car(), 2: Car()},
            change=lambda modules: _modules(modules, self.directory / "component_config"),
            arrive=self._arrive,
            script=SCRIPT,
        )

    @property
    def program(self) -> Program:
        """The manager of the second EVSE."""
        assert self._program is not None
        return self._program

    def _arrive(self, story: Story) -> None:
        """The first EVSE is there and waits for its go, then the second one comes and is ready."""
        self.story, self.gateway, self.csms = story, story.gateway, story.csms
        story.until(lambda: story.trace(kind="variable", name="evse_1/evse", tag=WAITS))
        self._program = Program(GatewayClient(url_of(story.state)))
        self.program.begin()
        self.mark("the second EVSE")
        self.program.say("ready", ready=True)

    def stop(self) -> None:
        """End everything; what was written stays."""
        if self._program is not None:
            self._program.client.close()
        self.story.stop()

    def mark(self, name: str) -> None:
        """Remember this moment."""
        self.marks[name] = len(self.csms.entries()), len(self.story.trace())

    # -- looking back --------------------------------------------------------------------------------------

    @cached_property
    def trace(self) -> list[Said]:
        """All that actors have said to one another; once everything is over."""
        return self.story.trace()

    @cached_property
    def record(self) -> list[dict[str, Any]]:
        """All that the back-end has written down; once everything is over."""
        return self.csms.entries()

    def said(self, begin: str = "", end: str = "", **wanted: Any) -> list[Said]:
        """The lines of the trace from one mark to another whose fields are these."""
        since, until = self._span(begin, end)
        lines = self.trace[since[1] : until[1]]
        return [each for each in lines if all(getattr(each, name) == wanted[name] for name in wanted)]

    def calls(self, action: str, begin: str = "", end: str = "", direction: str = "in") -> list[Any]:
        """The payloads of the calls of an action from one mark to another, of the station or to it."""
        return [each.payload for each in self.frames(begin, end) if each[:3] == (direction, CALL, action)]

    def frames(self, begin: str = "", end: str = "") -> list[Frame]:
        """The messages from one mark to another."""
        since, until = self._span(begin, end)
        return [
            Frame(each["direction"], each["frame"][0], each["action"], each["frame"][-1], each["frame"])
            for each in self.record[since[0] : until[0]]
            if each["kind"] == "frame"
        ]

    def _span(self, begin: str, end: str) -> tuple[tuple[int, int], tuple[int, int]]:
        whole = len(self.record), len(self.trace)
        return self.marks[begin] if begin else (0, 0), self.marks[end] if end else whole

    # -- moving it -----------------------------------------------------------------------------------------

    def set_variable(self, component: str, variable: str, value: str) -> None:
        """The CSMS sets a variable. Raises AssertionError when the station does not take it."""
        wish = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
        (result,) = self.csms.call("SetVariables", {"setVariableData": [wish]})["setVariableResult"]
        assert result["attributeStatus"] == "Accepted", result

    def get_variable(self, component: str, variable: str) -> str:
        """What the CSMS reads."""
        wish = {"component": {"name": component}, "variable": {"name": variable}}
        (result,) = self.csms.call("GetVariables", {"getVariableData": [wish]})["getVariableResult"]
        return str(result["attributeValue"])

    def ocpp(self, command: str, **arguments: Any) -> Any:
        """A command of interface `ocpp`."""
        return self.gateway.ask("ocpp/ocpp_generic", f"ocpp.{command}", **arguments)

    def status(self, evse: int) -> str | None:
        """What the CSMS was told last of an EVSE."""
        said = [each for each in self.csms.said("StatusNotification") if each["evseId"] == evse]
        return said[-1]["connectorStatus"] if said else None

    def until_status(self, evse: int, status: str) -> None:
        """Wait until the CSMS knows this of an EVSE."""
        self.story.until(lambda: self.status(evse) == status)


WAITS: Final = "evse_manager.waiting_for_external_ready"


def place(component: str, variable: str) -> dict[str, Any]:
    """A variable, as interface `ocpp` names it."""
    return {"component": {"name": component}, "variable": {"name": variable}}
