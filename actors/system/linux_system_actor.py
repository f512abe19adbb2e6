"""Actor of a station on Linux with systemd. Answers EVerest interface `system`, as module LinuxSystem."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Any, Final

from actors.system.outcome import Outcome
from actors.system.system_actor import SystemActor

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


JOURNAL: Final = ["journalctl", "--no-pager", "--output=short-iso", "--unit=evsite"]
"""What of systemd's journal belongs to us; where there is none, its part of an upload is empty."""
INSTALL: Final = ("rauc", "install")


class LinuxSystemActor(SystemActor):
    """Child of the site. Its successor recovers as the simulated one's. An installation that was cut short is
    begun again: RAUC writes the slot that does not run, and leaves the running one alone.
    """

    def set_clock(self, moment: datetime) -> bool:
        """Set the kernel's clock, where we may."""
        try:
            time.clock_settime(time.CLOCK_REALTIME, moment.timestamp())
        except (OSError, OverflowError) as error:
            self.log.warning("clock_not_set", problem=str(error))
            return False
        return True

    def restart(self) -> None:
        """Run the program of the site file; `systemctl restart evsite` restarts the site alone."""
        self.log.warning("restart", command=self.parameters["RebootCommand"])
        order = {"errand": "command", "command": shlex.split(self.parameters["RebootCommand"])}
        self.help_with("restart", order, self._restarted)

    def _restarted(self, outcome: Outcome, text: str) -> None:
        self.log.warning("restart_ordered", outcome=outcome, text=text)
        if outcome is not Outcome.DONE:
            self.restart_failed()

    def log_sources(self) -> dict[str, Any]:
        """The directories of the site file as well, and systemd's journal."""
        directories = [self.parameters["OCPPLogPath"], self.parameters["SessionLogPath"]]
        return {"sources": [*super().log_sources()["sources"], *directories], "journal": JOURNAL}

    def install_command(self, image: Path) -> list[str] | None:
        """RAUC."""
        return [*INSTALL, str(image)]

    def verify_command(self) -> list[str] | None:
        """The script of the site file, if there is one."""
        return shlex.split(self.parameters["VerifyUpdateScriptPath"]) or None
