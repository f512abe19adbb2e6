"""Actor of a simulated car: plug, pilot, what it draws. EVerest interface `car_simulator`, as EvManager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.engine.base import handles
from actors.module_actor import ModuleActor
from actors.simulation.car.messages import EndTalk, OrderTalk, StartTalk, TalkState
from actors.simulation.car.program import Doing, Player, ProgramError, read_program
from actors.simulation.car.talk_script import talk_script
from actors.simulation.plant.messages import Car, Plant, SetFault
from protocols.interfaces import car_simulator
from protocols.message import Failure, FailureReason, Reply

if TYPE_CHECKING:
    from protocols.message import Command

STEP_S: Final = 0.1
"""How often a waiting program looks again."""
AGAIN_S: Final = 2.0
"""Between two runs of a program that runs for ever."""


class SimulatedCarActor(ModuleActor):
    """Child of EvseSupervisor, one per car. Its successor finds the plug as the hardware has it; a program
    that was under way is begun anew only where the site file says that programs run by themselves.
    """

    def __init__(self) -> None:
        super().__init__()
        self._doing = Doing(Car(plugged=False))
        self._player: Player | None = None
        self._begun_s = 0.0
        self._enabled = False
        self._said: Car | None = None

    def on_start(self) -> None:
        """Look at the hardware, and listen to the other half."""
        self.subscribe(str(self.config["plant"]), Plant, self._seen)
        for name in self.connected("ev"):
            self.subscribe(name, TalkState, self._talked)

    def on_ready(self) -> None:
        """Be there, and begin, where the site file says so."""
        if self.parameters["auto_enable"]:
            self._enable(on=True)
        if self.parameters["auto_exec"] and self._enabled:
            self._run_by_itself()

    @handles(car_simulator.Enable)
    def handle_enable(self, command: car_simulator.Enable) -> Reply:
        """Switch the simulation on or off; a car that is switched off is gone."""
        self._enable(on=command.value)
        return Reply()

    @handles(car_simulator.ExecuteChargingSession)
    def handle_execute_charging_session(self, command: car_simulator.ExecuteChargingSession) -> Reply:
        """Plug in and go through a program."""
        if not self._enabled:
            return Failure(reason=FailureReason.INVALID, detail="this car is not enabled")
        try:
            self._begin(command.value)
        except ProgramError as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        return Reply()

    def _enable(self, *, on: bool) -> None:
        self._enabled = on
        self.publish(car_simulator.Enabled(enabled=on), f"{self.module_id}/main", retain=True)
        if not on:
            self._player = None
            self._end_talk()
            self._doing.be(pin="A", plugged=False, draws_a=0.0, connected=False)
            self._show()

    def _run_by_itself(self) -> None:
        try:
            self._begin(str(self.parameters["auto_exec_commands"]))
        except ProgramError as error:
            self.log.error("program_refused", error=str(error))

    def _begin(self, text: str) -> None:
        program = read_program(text)
        self._end_talk()
        self._player = Player(program)
        self._begun_s = self.port.clock.monotonic_s()
        self._doing.be(
            pin="B", plugged=True, draws_a=0.0, connected=False, greedy=False, mac_address=self.mac_address
        )
        self._show()
        self._go_on()

    @property
    def mac_address(self) -> str:
        """Every car has its own."""
        return f"02:45:56:00:00:{int(self.parameters['connector_id']) % 256:02X}"

    # -- going on ------------------------------------------------------------------------------------------

    def _seen(self, plant: Plant) -> None:
        first, self._doing.plant = self._doing.plant is None, plant
        if first and plant.plugged and self._player is None:
            self._doing.be(plugged=True, pin=plant.pin)  # a predecessor's car
            self._said = self._doing.car
        elif self._said is not None and self._said.plugged and not plant.plugged:
            self._said = None  # new hardware knows nothing of a car
            self._show()
        self._go_on()

    def _talked(self, talk: TalkState) -> None:
        before, self._doing.talk = self._doing.talk, talk
        if talk.running:
            self._doing.be(
                pin=talk.pin, connected=talk.connected, battery_v=talk.battery_v, draws_a=talk.wants_a
            )
        elif before.running:
            self._doing.be(pin="B" if self._doing.car.plugged else "A", connected=False, draws_a=0.0)
        self._show()
        self._go_on()

    def _go_on(self) -> None:
        player = self._player
        if player is None:
            return
        while True:
            now_s = self.port.clock.monotonic_s()
            self._doing.waited_s = now_s - self._begun_s
            if not player.go_on(self._doing):
                break
            self._begun_s = now_s
            self._carry_out()
        self._show()
        if not player.done:
            self.start_timer("look", STEP_S, self._go_on)
            return
        self._player = None
        self.cancel_timer("look")
        self.log.info("program_done")
        if self.parameters["auto_exec_infinite"] and self.parameters["auto_exec"]:
            self.start_timer("again", AGAIN_S, self._run_by_itself)

    def _carry_out(self) -> None:
        """What a step wants of others."""
        doing = self._doing
        if doing.fault is not None:
            self._tell_plant(SetFault(fault=doing.fault, active=True))
            doing.fault = None
        if doing.start:
            script = talk_script(self.parameters, doing.start, doing.pay, self._v2g)
            for name in self.connected("ev"):
                self.ask(name, StartTalk(script=script), self._started)
            doing.start = ""
        if doing.order is not None:
            for name in self.connected("ev"):
                self.tell(name, OrderTalk(order=doing.order))
            doing.order = None
        if not doing.car.plugged:
            self._end_talk()

    @property
    def _v2g(self) -> dict[str, object]:
        """What the other half is able to, as the site file says."""
        found: dict[str, object] = self.config.get("v2g", {})
        return found

    def _started(self, reply: Reply) -> None:
        if isinstance(reply, Failure):
            self.log.error("talk_not_begun", problem=reply.detail)

    def _end_talk(self) -> None:
        if self._doing.talk.running:
            for name in self.connected("ev"):
                self.tell(name, EndTalk())

    def _show(self) -> None:
        """Let the hardware see the car, if it is another one than before."""
        if self._said != self._doing.car:
            self._said = self._doing.car
            self._tell_plant(self._doing.car)

    def _tell_plant(self, command: Command) -> None:
        self.tell(str(self.config["plant"]), command)
