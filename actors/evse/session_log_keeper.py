"""Keeps the log of each session of an EVSE, where the site file asks for it: from the manager to the disk.

Each log is a directory `session-<module>-<UTC time>-<suffix>` beside the evidence of the session's talks. It
is written by a thread of its own; a disk that is full or slow costs the log and nothing else. A manager that
was replaced begins another one, for the rest of the session.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actors.evse import session_log
from actors.evse.exchange import Publish
from actors.evse.session_log import SessionLog
from actors.v2g.link.evidence_files import Files, Place
from protocols.interfaces import evse_manager
from protocols.types.evse_manager import SessionEventEnum

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from actors.evse.exchange import Effect
    from actors.evse.record import Record
    from actors.evse.settings import Settings
    from actors.v2g.link.evidence_files import Bundle

FINISHED: Final = SessionEventEnum.SESSION_FINISHED
KEEP: Final = 1000
"""Logs of one EVSE; the oldest goes."""


class SessionLogKeeper:
    """The logs of one EVSE. `warn` tells of one that could not be written, with its path and why."""

    def __init__(self, module: str, settings: Settings, warn: Callable[[str, str], None]) -> None:
        self._module, self._settings, self._warn = module, settings, warn
        self._files = Files()
        self._log: SessionLog | None = None
        self._bundle: Bundle | None = None
        self._ended: list[Bundle] = []
        """Not wholly on the disk, as far as is known."""
        self._state = ""

    @property
    def on(self) -> bool:
        """Whether a log is being written: whoever asks saves the lines otherwise."""
        return self._log is not None

    def follow(self, record: Record, now: datetime) -> None:
        """Begin the log of a session that has none, and note where it is."""
        self._look_back()
        if record.session is not None and self._log is None and self._settings.session_logging:
            self._begin(record, now)
        if self._log is not None:
            self._write(self._log.state(now, self._state, record.state.value))
        self._state = record.state.value

    def _begin(self, record: Record, now: datetime) -> None:
        settings, uuid = self._settings, record.session.uuid if record.session is not None else ""
        by_session = settings.logfile_suffix == "session_uuid"
        place = Place(
            directory=Path(settings.session_logging_path),
            module=self._module,
            suffix=uuid if by_session else settings.logfile_suffix,
            keep=KEEP,
            kind="session",
            files=(session_log.FILE,),
        )
        self._log, self._bundle = SessionLog(), self._files.begin(place, now)
        facts: dict[str, Any] = {"session": uuid, "evse": settings.evse, "evse_id": settings.evse_id}
        self._write(self._log.begin(now, facts))

    def say(self, line: Callable[[SessionLog], bytes]) -> None:
        """Write a line, while there is a log."""
        if self._log is not None:
            self._write(line(self._log))

    def effect(self, effect: Effect, record: Record, now: datetime) -> None:
        """Write what the manager does; the last event of a session ends its log."""
        self.say(lambda log: log.effect(now, effect))
        said = effect.variable if isinstance(effect, Publish) else None
        if isinstance(said, evse_manager.SessionEvent) and said.event.event is FINISHED:
            self._end()
            self.follow(record, now)

    def _write(self, data: bytes) -> None:
        if data and self._bundle is not None:
            self._files.write(self._bundle, [session_log.Lines(data)])

    def _end(self) -> None:
        if self._bundle is not None:
            self._files.end(self._bundle)
            self._ended.append(self._bundle)
        self._log = self._bundle = None

    def _look_back(self) -> None:
        """Tell of logs that could not be written, once that is known."""
        if self._ended and self._files.idle:
            for bundle in self._ended:
                if bundle.problem is not None:
                    self._warn(str(bundle.path), bundle.problem)
            self._ended.clear()

    def close(self) -> None:
        """Write what waits, and end."""
        self._end()
        self._files.close()
        self._look_back()
