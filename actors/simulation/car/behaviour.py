"""What a car does that is told how to behave, in the command language of simulated cars. Pure.

`plug_in` gives the program from the plug on, `move` the one that takes its place when somebody wants
something else. A car of the site file that runs a program of its own can be moved as well.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.car.messages import Move, TalkState, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.simulation.car.messages import Behaviour

SETTLE_S: Final = 0.5
"""Between the end of a charge by the pilot alone and the plug being pulled."""
STOP_S: Final = 10.0
"""A driver waits so long for the end of a talk before he pulls the plug."""
CONTROL: Final = "control"
"""Beside the parameters of SimulatedCarV2g: the control mode of -20 that is preferred."""
PAUSED: Final = "Paused"
"""The phase of a talk that is paused."""
PROTOCOLS: Final[Mapping[Way, frozenset[str]]] = MappingProxyType(
    {
        Way.DIN70121: frozenset({"supported_DIN70121"}),
        Way.ISO15118_2: frozenset({"supported_ISO15118_2"}),
        Way.ISO15118_20: frozenset({"supported_ISO15118_20_AC", "supported_ISO15118_20_DC"}),
    }
)
"""The parameters of SimulatedCarV2g that say what is spoken."""


class MoveError(ValueError):
    """The car cannot make that move now; says why."""


def plug_in(behaviour: Behaviour) -> str:
    """The program of a car that plugs in."""
    steps = [_begin(behaviour)] if behaviour.ready else _waits(behaviour)
    return ";".join(steps)


def _waits(behaviour: Behaviour) -> list[str]:
    return [] if behaviour.way is Way.IEC61851 else ["iso_wait_slac_matched"]


def _begin(behaviour: Behaviour) -> str:
    """From being plugged in to charging, and on to the end where that is known."""
    if behaviour.way is Way.IEC61851:
        steps = ["iec_wait_pwr_ready", _draw(behaviour)]
        end = f"pause;sleep {SETTLE_S};unplug"
    else:
        mode, pay = ("DC" if behaviour.dc else "AC"), "Contract" if behaviour.contract else "ExternalPayment"
        # on DC state C comes with the cable check: seconds before any energy
        power = "iso_dc_power_on" if behaviour.dc else "iso_wait_pwr_ready"
        steps = ["iso_wait_slac_matched", f"iso_start_v2g_session {mode},{pay}", power]
        end = f"iso_stop_charging;iso_wait_for_stop {STOP_S};unplug"
    if behaviour.duration_s is not None:
        steps += [f"sleep {behaviour.duration_s}", end]
    return ";".join(steps)


def _draw(behaviour: Behaviour) -> str:
    return f"draw_power_regulated {behaviour.current_a},{behaviour.phases}"


def own_parameters(behaviour: Behaviour) -> dict[str, Any]:
    """What a behaviour changes of the parameters of SimulatedCar."""
    changed: dict[str, Any] = {"max_current": behaviour.current_a, "three_phases": behaviour.phases > 1}
    if behaviour.soc_percent is not None:
        changed["soc"] = behaviour.soc_percent
    return changed


def v2g_parameters(behaviour: Behaviour) -> dict[str, Any]:
    """What a behaviour changes of the parameters of SimulatedCarV2g; nothing for a car of the site file."""
    if behaviour.way is Way.IEC61851:
        return {}
    spoken = PROTOCOLS[behaviour.way]
    changed: dict[str, Any] = {name: name in spoken for each in PROTOCOLS.values() for name in each}
    if behaviour.contract or behaviour.way is Way.ISO15118_20:
        changed["tls_active"] = True
    if behaviour.scheduled:
        changed[CONTROL] = "scheduled"
    return changed


# -- moves ---------------------------------------------------------------------------------------------------


def move(wanted: Move, behaviour: Behaviour, talk: TalkState) -> str:
    """The program of a move of a car that is plugged in. MoveError for one that it cannot make."""
    if talk.running:
        return TALKING[wanted](behaviour, talk)
    if behaviour.way is not Way.IEC61851:
        return SILENT[wanted](behaviour, talk)
    return BASIC[wanted](behaviour, talk)


def _says(text: str) -> Callable[[Behaviour, TalkState], str]:
    return lambda _behaviour, _talk: text


def _refuses(why: str) -> Callable[[Behaviour, TalkState], str]:
    def refuse(_behaviour: Behaviour, _talk: TalkState) -> str:
        raise MoveError(why)

    return refuse


def _takes(behaviour: Behaviour, _talk: TalkState) -> str:
    return _draw(behaviour)


def _takes_nothing(behaviour: Behaviour, _talk: TalkState) -> str:
    return f"draw_power_regulated 0,{behaviour.phases}"


def _starts(behaviour: Behaviour, _talk: TalkState) -> str:
    return _begin(behaviour)


def _in_loop(text: str) -> Callable[[Behaviour, TalkState], str]:
    def say(_behaviour: Behaviour, talk: TalkState) -> str:
        if not talk.charging:
            raise MoveError(f"the car is not charging: its talk is at {talk.phase or 'its beginning'}")
        return text

    return say


def _resumes(_behaviour: Behaviour, talk: TalkState) -> str:
    """A station that was paused wants to be woken first."""
    wake = "iso_start_bcb_toggle;" if talk.phase == PAUSED else ""
    return f"{wake}iso_resume_charging"


BASIC: Final[Mapping[Move, Callable[[Behaviour, TalkState], str]]] = MappingProxyType(
    {
        Move.UNPLUG: _says("unplug"),
        Move.STOP: _says(f"pause;sleep {SETTLE_S};unplug"),
        Move.PAUSE: _says("pause"),
        Move.SUSPEND: _takes_nothing,
        Move.RESUME: _takes,
        Move.READY: _starts,
    }
)
"""Moves of a car that charges by the pilot alone."""
TALKING: Final[Mapping[Move, Callable[[Behaviour, TalkState], str]]] = MappingProxyType(
    {
        Move.UNPLUG: _says("unplug"),
        Move.STOP: _says(f"iso_stop_charging;iso_wait_for_stop {STOP_S};unplug"),
        Move.PAUSE: _in_loop("iso_hold_charging"),
        Move.SUSPEND: _in_loop("iso_suspend_charging"),
        Move.RESUME: _resumes,
        Move.READY: _refuses("the car has begun to talk already"),
    }
)
"""Moves of a car that talks."""
SILENT: Final[Mapping[Move, Callable[[Behaviour, TalkState], str]]] = MappingProxyType(
    {
        Move.UNPLUG: _says("unplug"),
        Move.STOP: _says("unplug"),
        Move.PAUSE: _refuses("the car does not talk"),
        Move.SUSPEND: _refuses("the car does not talk"),
        Move.RESUME: _starts,
        Move.READY: _starts,
    }
)
"""Moves of a car that could talk and does not: it has not begun, or its talk is over."""
