"""The method that lets the power of the whole site fail: every process dies at once, the site starts anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.evse.messages import OutlivePowerLoss
from actors.gateway.method import Ask, Scene, Steps, form, good, not_simulated, simulation
from actors.simulation.plant.messages import CutPower, PowerFails
from actors.system.messages import ExpectPowerUp

if TYPE_CHECKING:
    from protocols.message import Command

CUT_AFTER_S: Final = 0.5
"""Until then the answer has gone out."""
STATION: Final = "System"
"""The module of a station that is simulated."""


@form
class PowerCycle:
    """Let the power of the whole site fail and come back. Cars stay plugged in, contactors open.

    Without `keep_transactions` open transactions end with PowerLoss when the power is back. With it they go
    on: EVSEs keep them, and the charge point does where InternalCtrlr.ResumeTransactionsOnBoot says so.
    """

    keep_transactions: bool = False


@form
class PowerCycled:
    """The power has not failed yet when this is told."""

    cut_after_s: float


def _cycle(scene: Scene, params: PowerCycle) -> Steps[PowerCycled]:
    plants = [scene.site.plant(each.evse) for each in scene.site.evses]
    if not plants:
        raise not_simulated("any hardware of this site")
    yield from _everybody(
        [each.manager for each in scene.site.evses], OutlivePowerLoss(keep=params.keep_transactions)
    )
    yield from _everybody(plants, PowerFails())
    stations = [name for each in scene.site.modules if each.kind == STATION for name in each.provides]
    yield from _everybody(stations, ExpectPowerUp())
    good((yield Ask(plants[0], CutPower(after_s=CUT_AFTER_S))))
    return PowerCycled(cut_after_s=CUT_AFTER_S)


def _everybody(names: list[str], command: Command) -> Steps[None]:
    """Ask all of these for the same. Raises RpcError where one of them does not carry it out."""
    for name in names:
        good((yield Ask(name, command)))


METHODS: Final = (simulation("power.cycle", PowerCycle, PowerCycled, _cycle),)
