"""Actor that shares the power of the site. Serves EVerest interface `energy_manager`: no commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.energy.manager import Drawing, Manager, Settings, settings_of
from actors.energy.switching import Switched  # noqa: TC001  # pydantic reads the annotations
from actors.engine.journal import Journal, JournalError
from actors.module_actor import ModuleActor
from protocols.interfaces import energy
from protocols.message import message

if TYPE_CHECKING:
    from protocols.types.energy import LimitsRes

LEAST_S: Final = 0.2
"""Between two rounds, however urgent: so often the grants of a whole site may be told."""
PATIENCE_S: Final = 1.0
"""So long a grant waits for a trunk that is being replaced; the next one comes about then."""


def in_short(limits: LimitsRes) -> dict[str, float]:
    """Limits as a line of the log has them."""
    found = {
        "current_a": limits.ac_max_current_a,
        "phases": limits.ac_max_phase_count,
        "power_w": limits.total_power_w,
    }
    return {name: each.value for name, each in found.items() if each is not None}


@message
class Granted:
    """What is remembered of the EVSEs' grants."""

    drawing: tuple[Drawing, ...]
    switched: tuple[Switched, ...]


class EnergyManagerActor(ModuleActor):
    """Child of EnergySupervisor. Its successor is told again by the trunk what the site needs, and recovers
    from its journal what the EVSEs may be drawing, so that nobody is granted more before others have obeyed,
    and how often phases were changed in a session. What was granted holds meanwhile, as long as it is valid.
    """

    def __init__(self) -> None:
        super().__init__()
        self._core = Manager(Settings())
        self._journal: Journal | None = None
        self._committed: Granted | None = None
        self._durable = True
        self._shared_s = -LEAST_S
        self._unheeded: set[str] = set()

    def on_start(self) -> None:
        """Recover, and listen to the trunk."""
        self._core = Manager(settings_of(self.parameters))
        try:
            self._recover()
        except JournalError as error:  # nobody is without power because a disk is
            self._is_not_durable(str(error))
        for name in self.connected("energy_trunk"):
            self.subscribe(name, energy.EnergyFlowRequest, self._heard)

    def on_ready(self) -> None:
        """Begin to share."""
        self._tick()

    def _recover(self) -> None:
        now = self.port.clock.now()
        path = Path(self.config["state"]) / f"{self.module_id}.energy.journal"
        self._journal = self.own(Journal.open(path, now=now))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        state, _records = self._journal.recover()
        if isinstance(state, Granted):
            self._core.switches.recover(state.switched)
            if not self.first_life:  # who draws nothing yet keeps nobody from anything
                self._core.recover(state.drawing, now)

    def _heard(self, news: energy.EnergyFlowRequest) -> None:
        """What the site needs; shared at once where that is urgent, and with the next tick if not."""
        if self._core.hear(news.request, self.port.clock.now()) and self.ready:
            self._share_soon()
        elif self.ready:
            self._await_change()
        for node, what in self._core.unheeded.items():
            if node not in self._unheeded:
                self._unheeded.add(node)
                self.log.warning("not_heeded", node=node, what=what)

    def _tick(self) -> None:
        self.start_timer("update", self._core.settings.update_interval_s, self._tick)
        self._share_soon()

    def _share_soon(self) -> None:
        """At once, but for those that come thick and fast."""
        wait_s = self._shared_s + LEAST_S - self.port.clock.monotonic_s()
        if wait_s <= 0.0:
            self._share()
        elif not self.timers.running("soon"):
            self.start_timer("soon", wait_s, self._share)

    def _await_change(self) -> None:
        """Share again when a schedule says something else, not only with the next tick."""
        change_s = self._core.change_s(self.port.clock.now())
        if change_s is None:
            self.cancel_timer("change")
        else:
            self.start_timer("change", change_s, self._share_soon)

    def _share(self) -> None:
        """Grant everybody its share, once it stands in the journal."""
        self.cancel_timer("soon")
        self._shared_s = self.port.clock.monotonic_s()
        self._await_change()
        grants = self._core.grants(self.port.clock.now())
        self._commit()
        for grant in grants:
            if self.parameters["debug"]:
                self.log.info("granted", node=grant.uuid, **in_short(grant.limits_root_side))
            for name in self.connected("energy_trunk"):
                self.tell(name, energy.EnforceLimits(value=grant), patience_s=PATIENCE_S)

    def _commit(self) -> None:
        """Write down what has changed. Without a disk the power is shared all the same: a successor may then
        be quicker than cars are, and allow a session some changes of phases more.
        """
        granted = Granted(drawing=self._core.drawing, switched=self._core.switches.record)
        if self._journal is None or granted == self._committed:
            return
        try:
            self._journal.snapshot(granted)
        except JournalError as error:
            self._is_not_durable(str(error))
        else:
            self._committed, self._durable = granted, True

    def _is_not_durable(self, problem: str) -> None:
        if self._durable:
            self.log.error("not_durable", problem=problem)
        self._durable = False
