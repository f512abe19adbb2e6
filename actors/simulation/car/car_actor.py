"""Actor of a simulated car: plug, pilot, what it draws. EVerest interface `car_simulator`, as EvManager."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Final

from actors.engine.base import handles
from actors.module_actor import ModuleActor
from actors.simulation.car.behaviour import MoveError, move, own_parameters, plug_in, v2g_parameters
from actors.simulation.car.messages import (
    Behaviour,
    CarReply,
    EndTalk,
    MakeMove,
    Move,
    OrderTalk,
    PlugIn,
    StartTalk,
    TalkOrder,
    TalkState,
    Way,
)
from actors.simulation.car.persistence import Persistence, Stand
from actors.simulation.car.program import FIVE_PERCENT, Doing, Player, ProgramError, read_program
from actors.simulation.car.talk_script import talk_script
from actors.simulation.plant.messages import Car, Plant, SetError, SetFault, Steady
from protocols.interfaces import car_simulator
from protocols.message import Failure, FailureReason, Reply

if TYPE_CHECKING:
    from protocols.message import Command

STEP_S: Final = 0.1
"""How often a waiting program looks again."""
AGAIN_S: Final = 2.0
"""Between two runs of a program that runs for ever."""


class SimulatedCarActor(ModuleActor):
    """Child of EvseSupervisor, one per car. Its successor finds the plug as the hardware has it, and what the
    car was told to do; a program that was under way is begun anew only where the site file says that programs
    run by themselves.

    A talk that breaks off is begun again (`persistence`). When that has come to nothing, a program that waits
    for it has failed: the car stays plugged in and takes nothing, unless its programs run for ever; then it
    leaves, and the next one begins.
    """

    def __init__(self) -> None:
        super().__init__()
        self._doing = Doing(Car(plugged=False))
        self._player: Player | None = None
        self._begun_s = 0.0
        self._enabled = False
        self._said: Car | None = self._doing.car  # an empty outlet says so by itself
        self._behaviour = Behaviour()
        self._persistence = Persistence()
        self._first_life = True  # in this site: what is plugged in then has stood through a power loss
        self._driven = False
        self._broken: tuple[SetFault | SetError, ...] = ()
        """What has broken because this car is here."""

    def on_start(self) -> None:
        """Look at the hardware, and listen to the other half."""
        self._first_life = not self._site_ready
        self.subscribe(str(self.config["plant"]), Plant, self._seen)
        for name in self.connected("ev"):
            self.subscribe(name, TalkState, self._talked)

    def on_ready(self) -> None:
        """Be there, and begin, where the site file says so."""
        if self.parameters["auto_enable"]:
            self._enable(on=True)
        if self.parameters["auto_exec"] and self._enabled and not self._driven:
            self._begin_by_itself()

    @handles(car_simulator.Enable)
    def handle_enable(self, command: car_simulator.Enable) -> Reply:
        """Switch the simulation on or off; a car that is switched off is gone."""
        self._enable(on=command.value)
        return Reply()

    @handles(PlugIn)
    def handle_plug_in(self, command: PlugIn) -> Reply:
        """Plug in, and behave as is said; the car is switched on for that."""
        behaviour = command.behaviour
        if self._doing.car.plugged:
            return Failure(reason=FailureReason.INVALID, detail="a car is plugged in already")
        if behaviour.way is not Way.IEC61851 and not self.connected("ev"):
            return Failure(
                reason=FailureReason.INVALID, detail="this car cannot talk: it has no module for that"
            )
        if not self._enabled:
            self._enable(on=True)
        self._drive()
        self._begin(plug_in(behaviour), behaviour)
        if command.fault is not None or command.error is not None:
            self.start_timer("fault", command.fault_after_s, partial(self._break, command))
        return self._answer_now()

    @handles(MakeMove)
    def handle_make_move(self, command: MakeMove) -> Reply:
        """Go on otherwise than so far, with the plug where it is."""
        doing = self._doing
        if not doing.car.plugged:
            return Failure(reason=FailureReason.INVALID, detail="no car is plugged in")
        try:
            text = move(command.move, self._behaviour, doing.talk)
        except MoveError as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        self._drive()
        if command.move is Move.READY:
            self._behaviour = dataclasses.replace(self._behaviour, ready=True)
            doing.be(behaviour=self._behaviour)
        self._player = Player(read_program(text))
        self._begun_s = self.port.clock.monotonic_s()
        self._go_on()
        return self._answer_now()

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
            self._mend()
            self._doing.be(pin="A", plugged=False, draws_a=0.0, connected=False)
            self._show()

    def _begin_by_itself(self) -> None:
        """A station that had a car before a power cut has to see first that it is gone."""
        if delay_s := float(self.parameters["auto_exec_delay"]):
            self.start_timer("again", delay_s, self._run_by_itself)
        else:
            self._run_by_itself()

    def _run_by_itself(self) -> None:
        try:
            self._begin(str(self.parameters["auto_exec_commands"]))
        except ProgramError as error:
            self.log.error("program_refused", error=str(error))

    def _begin(self, text: str, behaviour: Behaviour | None = None) -> None:
        program = read_program(text)
        self._end_talk()
        self._behaviour = behaviour or self._usual
        self._player = Player(program)
        self._begun_s = self.port.clock.monotonic_s()
        self._doing.be(
            pin="B", plugged=True, draws_a=0.0, connected=False, greedy=False, mac_address=self.mac_address,
            behaviour=behaviour,
        )  # fmt: skip
        self._show()
        self._go_on()

    @property
    def _usual(self) -> Behaviour:
        """What a car of the site file does that has been told nothing else."""
        return Behaviour(
            current_a=max(1.0, float(self.parameters["max_current"])),
            phases=3 if self.parameters["three_phases"] else 1,
            dc=bool(self.config.get("dc")),
        )

    def _answer_now(self) -> CarReply:
        car, talk = self._doing.car, self._doing.talk
        return CarReply(plugged=car.plugged, pin=car.pin, talks=talk.running, phase=talk.phase)

    def _break(self, command: PlugIn) -> None:
        """What breaks while this car is here."""
        broken = None if command.fault is None else SetFault(fault=command.fault, active=True)
        said = None if command.error is None else SetError(error=command.error, active=True)
        self._broken = tuple(each for each in (broken, said) if each is not None)
        for each in self._broken:
            self._tell_plant(each)

    def _mend(self) -> None:
        """It goes, and what it has broken with it."""
        self.cancel_timer("fault")
        broken, self._broken = self._broken, ()
        for each in broken:
            self._tell_plant(dataclasses.replace(each, active=False))

    @property
    def mac_address(self) -> str:
        """Every car has its own."""
        return f"02:45:56:00:00:{int(self.parameters['connector_id']) % 256:02X}"

    # -- going on ------------------------------------------------------------------------------------------

    def _seen(self, plant: Plant) -> None:
        first, self._doing.plant = self._doing.plant is None, plant
        if first and plant.plugged and self._player is None:
            self._take_over(plant)
        elif self._said is not None and self._said.plugged and not plant.plugged:
            self._said = None  # new hardware knows nothing of a car
            self._show()
        self._go_on()

    def _take_over(self, plant: Plant) -> None:
        """A predecessor's car; one that has stood through a power loss begins anew with what it does."""
        self._behaviour = plant.behaviour or self._usual
        self._doing.be(plugged=True, pin=plant.pin, behaviour=plant.behaviour)
        self._said = self._doing.car
        if self._first_life and plant.behaviour is not None:
            self._drive()
            self._enable(on=True)
            self._begin(plug_in(plant.behaviour), plant.behaviour)

    def _talked(self, talk: TalkState) -> None:
        before, self._doing.talk = self._doing.talk, talk
        self._persistence.talked(talk, self.port.clock.monotonic_s())
        if talk.running:
            self._doing.be(
                pin=talk.pin, connected=talk.connected, battery_v=talk.battery_v, draws_a=talk.wants_a
            )
        elif before.running:
            self._doing.be(pin="B" if self._doing.car.plugged else "A", connected=False, draws_a=0.0)
        self._show()
        self._talk_again()
        self._go_on()

    def _talk_again(self) -> None:
        """See what becomes of a talk that has broken off."""
        persistence = self._persistence
        if persistence.again(self.port.clock.monotonic_s(), wanted=self._is_wanted()):
            self._talk(persistence.mode, persistence.pay, soc_percent=self._doing.talk.soc_percent)
        elif persistence.stand is Stand.BROKEN:
            self.start_timer("talk again", STEP_S, self._talk_again)

    def _is_wanted(self) -> bool:
        """Whether the station asks for a talk."""
        plant, (least, most) = self._doing.plant, FIVE_PERCENT
        return (
            plant is not None
            and plant.matched
            and plant.signal is Steady.PWM
            and least <= plant.duty_cycle_percent <= most
        )

    def _go_on(self) -> None:
        player = self._player
        if player is None:
            return
        while True:
            now_s = self.port.clock.monotonic_s()
            self._doing.waited_s = now_s - self._begun_s
            self._doing.lost = "" if self._doing.talk.running else self._persistence.lost
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
        if player.failed:
            self._failed(player.failed)
        else:
            self.log.info("program_done")
        if self._goes_round:
            self.start_timer("again", AGAIN_S, self._run_by_itself)

    @property
    def _goes_round(self) -> bool:
        """Whether it runs its program again and again; one that somebody drives does not any more."""
        return all(self.parameters[each] for each in ("auto_exec", "auto_exec_infinite")) and not self._driven

    def _drive(self) -> None:
        """From now on somebody says what it does."""
        self._driven = True
        self.cancel_timer("again")

    def _failed(self, why: str) -> None:
        """A program that runs again and again begins at the plug."""
        self.log.warning("program_failed", reason=why)
        if self._goes_round:
            self._doing.be(pin="A", plugged=False, draws_a=0.0, connected=False)
            self._carry_out()
            self._show()

    def _carry_out(self) -> None:
        """What a step wants of others."""
        doing = self._doing
        if doing.fault is not None:
            self._tell_plant(SetFault(fault=doing.fault, active=True))
            doing.fault = None
        if doing.start:
            self._persistence.begin(doing.start, doing.pay)
            self._talk(doing.start, doing.pay)
            doing.start = ""
        if doing.order is not None:
            if doing.order is TalkOrder.STOP:
                self._persistence.leave()
            for name in self.connected("ev"):
                self.tell(name, OrderTalk(order=doing.order))
            doing.order = None
        if not doing.car.plugged:
            self._end_talk()
            self._mend()

    @property
    def _v2g(self) -> dict[str, object]:
        """What the other half is able to, as the site file says."""
        found: dict[str, object] = self.config.get("v2g", {})
        return found

    def _talk(self, mode: str, pay: str, *, soc_percent: float = 0.0) -> None:
        """Begin one; a battery that has been charged before is as full as it was."""
        own = own_parameters(self._behaviour) | ({"soc": int(soc_percent)} if soc_percent else {})
        v2g = self._v2g | v2g_parameters(self._behaviour)
        script = talk_script(self.parameters | own, mode, pay, v2g)
        for name in self.connected("ev"):
            self.ask(name, StartTalk(script=script), self._started)

    def _started(self, reply: Reply) -> None:
        if isinstance(reply, Failure):
            self.log.error("talk_not_begun", problem=reply.detail)
            self._persistence.refused(reply.detail or str(reply.reason), self.port.clock.monotonic_s())
            self._talk_again()

    def _end_talk(self) -> None:
        self._persistence.leave()
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
