"""The command language of a simulated car, as EVerest's EvManager has it: `sleep 1;...;unplug`. Pure.

A program is read whole before anything of it is done: an unknown command, or a wrong number of values, is an
error that names it. `TABLE` says what each command waits for and what it makes of the car.
"""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.simulation.car.messages import TalkOrder, TalkState
from actors.simulation.plant.messages import Car, Fault, Plant, Steady

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_STEPS: Final = 1000
MAX_TEXT: Final = 20_000
MAX_NUMBER: Final = 1_000_000
FIVE_PERCENT: Final = (3.0, 7.0)
NOMINAL: Final = (8.0, 97.0)


class ProgramError(ValueError):
    """A text is no program; says which command is at fault."""


class Step(NamedTuple):
    """One command and its values."""

    name: str
    values: tuple[str, ...]

    def number(self, index: int, otherwise: float) -> float:
        """A value as a number."""
        return float(self.values[index]) if len(self.values) > index else otherwise


@dataclass(slots=True)
class Doing:
    """What a step may look at, and what it changes."""

    car: Car
    plant: Plant | None = None
    talk: TalkState = field(default_factory=TalkState)
    lost: str = ""
    """Why there will be no talk any more; empty as long as there is one, or may be."""
    waited_s: float = 0.0
    """Since the step began."""
    fault: Fault | None = None
    start: str = ""
    """The energy mode of a talk that is to begin: ac, dc, dc_bpt."""
    pay: str = ""
    order: TalkOrder | None = None

    def be(self, **what: object) -> None:
        """Change the car."""
        self.car = dataclasses.replace(self.car, **what)  # type: ignore[arg-type]  # rows name fields of Car


class Command(NamedTuple):
    """What a command of the language does."""

    values: tuple[int, int]
    """How few and how many values it takes."""
    begin: Callable[[Doing, Step], None]
    """Done when its turn comes."""
    done: Callable[[Doing, Step], bool]
    """Whether the next one may come."""
    by_talk: bool = False
    """It waits for what only a talk can bring: without one the program has failed."""


class State(enum.StrEnum):
    """How far a program is."""

    IDLE = "Idle"
    RUNNING = "Running"
    DONE = "Done"


def _nothing(_doing: Doing, _step: Step) -> None:
    pass


def _at_once(_doing: Doing, _step: Step) -> bool:
    return True


def _slept(doing: Doing, step: Step) -> bool:
    return doing.waited_s >= step.number(0, 0.0)


def _duty(bounds: tuple[float, float]) -> Callable[[Doing, Step], bool]:
    def shown(doing: Doing, _step: Step) -> bool:
        plant = doing.plant
        return (
            plant is not None
            and plant.signal is Steady.PWM
            and bounds[0] <= plant.duty_cycle_percent <= bounds[1]
        )

    return shown


def _matched(doing: Doing, _step: Step) -> bool:
    return doing.plant is not None and doing.plant.matched


def _charging(doing: Doing, _step: Step) -> bool:
    return doing.talk.charging or (doing.talk.running and doing.talk.pin == "C")


def _in_loop(doing: Doing, _step: Step) -> bool:
    return doing.talk.charging


def _stopped(doing: Doing, _step: Step) -> bool:
    return not doing.talk.running


def _stopped_or_waited(doing: Doing, step: Step) -> bool:
    return not doing.talk.running or doing.waited_s >= step.number(0, 0.0)


def _draw(*, greedy: bool) -> Callable[[Doing, Step], None]:
    def begin(doing: Doing, step: Step) -> None:
        doing.be(
            pin="C",
            draws_a=max(0.0, step.number(0, 16.0)),
            phases=max(1, min(3, int(step.number(1, 3)))),
            greedy=greedy,
        )

    return begin


def _pin(letter: str) -> Callable[[Doing, Step], None]:
    return lambda doing, _step: doing.be(pin=letter)


def _unplug(doing: Doing, _step: Step) -> None:
    doing.be(pin="A", plugged=False, draws_a=0.0, connected=False, greedy=False)


def _start(doing: Doing, step: Step) -> None:
    current, _, rest = step.values[0].lower().partition("_")
    doing.start = f"{current}_bpt" if rest.endswith("bpt") else current
    doing.pay = step.values[1].lower() if len(step.values) > 1 else ""


def _order(order: TalkOrder) -> Callable[[Doing, Step], None]:
    def begin(doing: Doing, _step: Step) -> None:
        doing.order = order

    return begin


def _break(fault: Fault) -> Callable[[Doing, Step], None]:
    def begin(doing: Doing, _step: Step) -> None:
        doing.fault = fault

    return begin


TOGGLE_S: Final = 0.5
"""Half a BCB toggle."""


def _toggle(doing: Doing, _step: Step) -> None:
    doing.be(pin="C")


def _toggled(doing: Doing, _step: Step) -> bool:
    if doing.waited_s >= TOGGLE_S:
        doing.be(pin="B")
    return doing.waited_s >= 2 * TOGGLE_S


TABLE: Final[Mapping[str, Command]] = {
    "sleep": Command((1, 1), _nothing, _slept),
    "iec_wait_pwr_ready": Command((0, 0), _nothing, _duty(NOMINAL)),
    "draw_power_regulated": Command((1, 2), _draw(greedy=False), _at_once),
    "draw_power_fixed": Command((1, 2), _draw(greedy=True), _at_once),
    "pause": Command((0, 0), _pin("B"), _at_once),
    "unplug": Command((0, 0), _unplug, _at_once),
    "error_e": Command((0, 0), _pin("E"), _at_once),
    "diode_fail": Command((0, 0), _break(Fault.DIODE), _at_once),
    "rcd_current": Command((0, 1), _break(Fault.GROUND_FAULT), _at_once),
    "iso_wait_pwm_is_running": Command((0, 0), _nothing, _duty(FIVE_PERCENT)),
    "iso_wait_slac_matched": Command((0, 0), _nothing, _matched),
    "iso_start_v2g_session": Command((1, 3), _start, _at_once),
    "iso_wait_pwr_ready": Command((0, 0), _nothing, _charging, by_talk=True),
    "iso_draw_power_regulated": Command((0, 2), _nothing, _at_once),
    "iso_dc_power_on": Command((0, 0), _nothing, _in_loop, by_talk=True),
    "iso_stop_charging": Command((0, 0), _order(TalkOrder.STOP), _at_once),
    "iso_pause_charging": Command((0, 0), _order(TalkOrder.PAUSE), _at_once),
    "iso_hold_charging": Command((0, 0), _order(TalkOrder.HOLD), _at_once),
    "iso_suspend_charging": Command((0, 0), _order(TalkOrder.SUSPEND), _at_once),
    "iso_resume_charging": Command((0, 0), _order(TalkOrder.RESUME), _at_once),
    "iso_wait_for_stop": Command((1, 1), _nothing, _stopped_or_waited),
    "iso_wait_v2g_session_stopped": Command((0, 0), _nothing, _stopped),
    "iso_start_bcb_toggle": Command((0, 1), _toggle, _toggled),
}
"""By command. `iso_draw_power_regulated` changes nothing: a car that speaks takes what it has agreed on.
Holding, suspending and resuming are ours; EVerest's cars have no words for them.

Who waits for the pilot waits as long as the plug is in, as cars do.
"""


def read_program(text: str) -> tuple[Step, ...]:
    """The steps of a program. ProgramError for a text that is none."""
    if len(text) > MAX_TEXT:
        raise ProgramError(f"a program has at most {MAX_TEXT} characters")
    found = []
    for number, part in enumerate((one.strip() for one in text.split(";")), 1):
        if not part:
            continue
        name, _, rest = part.partition(" ")
        values = tuple(one.strip() for one in rest.replace(" ", ",").split(",") if one.strip())
        command = TABLE.get(name)
        if command is None:
            raise ProgramError(f"command {number}: there is no {name!r}")
        least, most = command.values
        if not least <= len(values) <= most:
            raise ProgramError(f"command {number}: {name} takes {least} to {most} values, not {len(values)}")
        if name != "iso_start_v2g_session":
            _numbers(number, name, values)
        found.append(Step(name, values))
    if len(found) > MAX_STEPS:
        raise ProgramError(f"a program has at most {MAX_STEPS} commands")
    return tuple(found)


def _numbers(number: int, name: str, values: tuple[str, ...]) -> None:
    for value in values:
        try:
            fits = 0 <= float(value) <= MAX_NUMBER
        except ValueError:
            fits = False
        if not fits:
            raise ProgramError(f"command {number}: {name} takes numbers from 0 up, not {value!r}")


class Player:
    """Goes through a program, step by step."""

    def __init__(self, program: tuple[Step, ...]) -> None:
        self._program, self._at, self._begun = program, 0, False
        self.failed = ""
        """What has ended it early: the command that waited, and why in vain."""

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._program)

    @property
    def step(self) -> Step | None:
        """What is being done or waited for."""
        return None if self.done else self._program[self._at]

    def go_on(self, doing: Doing) -> bool:
        """Do what can be done now; True when a step has begun or ended, so that its time starts anew."""
        step = self.step
        if step is None:
            return False
        command = TABLE[step.name]
        if not self._begun:
            self._begun = True
            command.begin(doing, step)
            return True
        if command.done(doing, step):
            self._at, self._begun = self._at + 1, False
            return True
        if command.by_talk and doing.lost:
            self.failed = f"{step.name}: {doing.lost}"
            self._at = len(self._program)
            return True
        return False
