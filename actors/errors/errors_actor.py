"""Actor of the error framework. Answers EVerest interface `error_history`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from actors.engine.base import handles
from actors.engine.journal import Journal, JournalError, JournalFull
from actors.errors.history import Ended, Everything, History, Raised
from actors.errors.messages import FRAMEWORK, ErrorCleared, ErrorRaised, StandingErrors
from actors.module_actor import ModuleActor
from protocols.codec import CodecError
from protocols.interfaces import error_history

FILE: Final = "database_path"
"""The parameter that names the journal; a relative one lies in the state directory."""
DEFAULT_FILE: Final = "error_history.db"
SUFFIX: Final = ".journal"
"""Behind that name: it is no file of EVerest's."""


class ErrorsActor(ModuleActor):
    """Child of the site, one in every site. It listens to the errors of all implementations, remembers them,
    and tells reporters: `ErrorRaised` and `ErrorCleared` once a change is durable, and what stands as a
    retained `StandingErrors`, all under the name `FRAMEWORK`. A reporter that was away compares the latter
    with what it has reported.

    Its successor recovers everything from the journal; what changed meanwhile it is told by whoever raised
    it. What stood when the whole site ended was cleared by the reboot. A disk that takes nothing more costs
    the memory of what happens from then on, not the reports.
    """

    def __init__(self) -> None:
        super().__init__()
        self._history = History()
        self._journal: Journal | None = None

    def on_start(self) -> None:
        """Recover, and listen to every name of the site."""
        file = self.implementation("error_history").get(FILE, DEFAULT_FILE)
        path = Path(self.config["state"]) / f"{file}{SUFFIX}"
        self._journal = self.own(Journal.open(path, now=self.port.clock.now()))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        state, records = self._journal.recover()
        known = state.errors if isinstance(state, Everything) else ()
        for change in (*known, *(each.item for each in records)):
            self._history.apply(change)
        if not self._site_ready:  # else only this actor was away
            self._change(*self._history.reboot())
        for name in self.config["sources"]:
            self.subscribe(name, StandingErrors, partial(self._heard, name))
        self._tell()

    @handles(error_history.GetErrors)
    def handle_get_errors(self, cmd: error_history.GetErrors) -> error_history.GetErrorsReply:
        """The errors that pass the filters, oldest first."""
        return error_history.GetErrorsReply(errors=self._history.find(cmd.filters))

    def _heard(self, name: str, news: StandingErrors) -> None:
        changes = self._history.take(name, news)
        if not changes:
            return
        for each in self._change(*changes):
            self.publish(each, FRAMEWORK)
        self._tell()

    def _change(self, *changes: Raised | Ended) -> list[ErrorRaised | ErrorCleared]:
        """Make changes durable, then make them; return what reporters are to be told."""
        due = self._keep(changes)
        told: list[ErrorRaised | ErrorCleared] = []
        for change in changes:
            standing = self._history.apply(change)
            assert standing is not None  # the history itself has said what changes
            kind = ErrorRaised if isinstance(change, Raised) else ErrorCleared
            told.append(kind(standing=standing))
        if due:
            self._fold()
        return told

    def _keep(self, changes: tuple[Raised | Ended, ...]) -> bool:
        """Append them to the journal; return whether a snapshot is due."""
        assert self._journal is not None
        try:
            return self._journal.append(*changes).snapshot_due
        except JournalFull:
            return True
        except (JournalError, CodecError) as error:
            self.log.error("errors_not_kept", problem=str(error), changes=len(changes))
            return False

    def _fold(self) -> None:
        assert self._journal is not None
        try:
            self._journal.snapshot(self._history.everything)
        except (JournalError, CodecError) as error:
            self.log.error("snapshot_failed", problem=str(error))

    def _tell(self) -> None:
        self.publish(StandingErrors(errors=self._history.standing), FRAMEWORK, retain=True)
