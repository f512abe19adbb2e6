"""What an actor of interface `system` stands on: its journal, its helper processes, its machine."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actors.engine import messages
from actors.engine.journal import Journal, JournalError
from actors.module_actor import ModuleActor
from actors.state_directory import boot_id
from actors.system import boot, jobs
from actors.system.entries import SystemState
from actors.system.helper import Helpers
from actors.system.jobs import Tries
from actors.system.messages import StatusHistory
from actors.system.outcome import Outcome
from protocols.types.system import BootReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

AGAIN_S: Final = 2.0
"""How often a simulated station says that it is to restart."""


class Station(ModuleActor):
    """Base of the system actors. Its successor recovers the state from the journal; what helper processes do
    ends with this actor.
    """

    def __init__(self) -> None:
        super().__init__()
        self.state = SystemState()
        """As it was made durable last."""
        self.rebooted = False
        """Whether this run of the site is another one than what the state is from."""
        self._journal: Journal | None = None
        self._helpers = Helpers()

    # -- of the machine; the real one replaces these -------------------------------------------------------

    def set_clock(self, _moment: datetime) -> bool:
        """Set the machine's clock; False when that is not possible."""
        return True

    def restart(self) -> None:
        """Start the machine, or the site, again. Here it is the site, by whoever has started it."""
        self.log.warning("restart_simulated", reason=self.state.next_boot)
        self._want_restart()

    def log_sources(self) -> dict[str, Any]:
        """What logs an upload packs; see `errand.pack_logs`."""
        return {"sources": [str(self.directory.parent / each) for each in ("evsite.log", "message_log")]}

    def install_command(self, _image: Path) -> list[str] | None:
        """The program that installs an image; None: none is needed. Then the station starts anew."""
        return None

    def verify_command(self) -> list[str] | None:
        """The program that judges a new firmware after its first start; None: it is good."""
        return None

    # -- life ----------------------------------------------------------------------------------------------

    @property
    def directory(self) -> Path:
        """Where the journals are."""
        return Path(self.config["state"])

    def run_of_site(self) -> str:
        """What tells this run of the site from every other: the session of its processes."""
        return f"{boot_id()}/{os.getsid(0)}"

    def on_start(self) -> None:
        """Recover what was under way."""
        self.own(self._helpers)
        path = self.directory / f"{self.module_id}.system.journal"
        self._journal = self.own(Journal.open(path, now=self.port.clock.now()))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        state, records = self._journal.recover()
        for item in (state, *(record.item for record in records)):
            if isinstance(item, SystemState):
                self.state = item
        run = self.run_of_site()
        self.rebooted = self.state.run != run
        self.keep(boot.begun(self.state, run=run, machine=boot_id()))

    def keep(self, state: SystemState) -> bool:
        """Make a state durable, then take it; on a full disk it is taken all the same, and False returned."""
        assert self._journal is not None
        if state == self.state:
            return True
        self.state = state
        try:
            if self._journal.append(state).snapshot_due:
                self._journal.snapshot(state)
        except JournalError as error:
            self.log.error("not_durable", problem=str(error))
            return False
        return True

    def tell_history(self) -> None:
        """Have those who were away know what they have missed."""
        state = self.state
        history = StatusHistory(logs=state.log_news, firmware=state.firmware_news)
        self.publish(history, f"{self.module_id}/main", retain=True)

    # -- helpers -------------------------------------------------------------------------------------------

    def help_with(self, name: str, job: dict[str, Any], then: Callable[[Outcome, str], None]) -> None:
        """Have a process do a job, in place of one of that name, and call `then` when it has ended."""
        self.dismiss(name)
        try:
            helper = self._helpers.start(name, job)
        except OSError as error:
            self.soon(partial(then, Outcome.FAILED, str(error)))
            return
        self.watch(helper.fileno(), partial(self._look, name, then))

    def _look(self, name: str, then: Callable[[Outcome, str], None]) -> None:
        if (helper := self._helpers.get(name)) is None:
            return
        number = helper.fileno()
        if (found := helper.look()) is not None:
            self.unwatch(number)
            self._helpers.end(name)
            self.log.info("errand_ended", errand=name, outcome=found[0], text=found[1])
            then(*found)

    def dismiss(self, name: str) -> None:
        """End the helper of that name, if there is one."""
        if (helper := self._helpers.get(name)) is not None:
            self.unwatch(helper.fileno())
            self._helpers.end(name)

    def tries(self, retries: int | None, interval_s: int | None) -> Tries:
        """How often something is tried, by its request and the site file (M15.4)."""
        first = self.parameters["DefaultRetries"] + 1, float(self.parameters["DefaultRetryInterval"])
        return jobs.tries(retries, interval_s, Tries(*first))

    # -- restarts ------------------------------------------------------------------------------------------

    def restart_later(self) -> None:
        """Restart after the delay of the site file."""
        self.start_timer("reset", float(self.parameters.get("ResetDelay", 0)), self.restart)

    def _want_restart(self) -> None:
        """Until it happens: what is told may be lost with a supervisor."""
        self.to_supervisor(messages.RestartSite(reason=self.state.next_boot or BootReason.UNKNOWN))
        self.start_timer("restart", AGAIN_S, self._want_restart)
