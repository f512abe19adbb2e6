"""Actor that works on the certificate store: one job at a time, for the certificate manager."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.certificates import messages
from actors.certificates.commands import ROWS, unable
from actors.certificates.evse_security_actor import EvseSecurityActor
from actors.certificates.inventory import packed
from actors.certificates.places import ROOT, settings_at
from actors.engine.base import handles
from certs.store import Store, StoreError, files
from protocols import codec
from protocols.interfaces import evse_security as say
from protocols.message import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import datetime
    from typing import Any

    from actors.engine.base import Deferred
    from certs.store import Settings
    from protocols.message import Command

_TOLD: Final = "told"
"""The file beside the store's lock that holds what others have been told of."""
_MAX_TOLD_BYTES: Final = 4 * 1024 * 1024
_MAX_TROUBLES: Final = 20


def settings_of(parameters: Mapping[str, Any], state: str) -> Settings:
    """The store of a site file's entry. `state` is the directory of the journals (see `state_directory`).

    The certificate root is a folder beside it, unless an absolute path is given; other paths begin there.
    """
    return settings_at(Path(state).parent / parameters[ROOT], parameters)


class StoreWorkerActor(EvseSecurityActor):
    """Child of the certificates' supervisor. Has the store open; what it does is whole or not done at all.

    Its successor opens the store anew, which completes a change that was cut short by a death in its middle
    after it had been decided, and removes what is left of one before. A store that cannot be opened (a bad
    path, a disk that cannot be written) does not keep the actor from starting: every job is answered with
    Failure, reason Unavailable, and tries to open it again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._store: Store | None = None
        self._stale = False
        self._trouble = ""
        self._seen: tuple[datetime, messages.LookReply] | None = None

    def on_start(self) -> None:
        """Open the store, and make what is missing (M8.4)."""
        self._with_store(lambda _store, _now: Reply())

    def carry_out(self, command: Command) -> Deferred | Reply:
        """Do it now; a file of any size is verified piece by piece."""
        if isinstance(command, say.VerifyFileSignature):
            return self._verify_file(command)
        row = ROWS[type(command)]
        return self._with_store(lambda store, now: row.run(store, command, now))

    @handles(messages.Look)
    def handle_look(self, command: messages.Look) -> Reply:
        """Look at every file."""
        return self._with_store(lambda store, now: self._look(store, now, recall=command.recall))

    @handles(messages.Remember)
    def handle_remember(self, command: messages.Remember) -> Reply:
        """Keep what has been told of."""

        def keep(store: Store, _now: datetime) -> Reply:
            with files.locked(store.layout.state):  # a worker that starts sweeps away what is being written
                files.replace(files.Write(store.layout.state / _TOLD, codec.encode(command.inventory)))
            return Reply()

        return self._with_store(keep)

    @handles(messages.CollectGarbage)
    def handle_collect_garbage(self, _command: messages.CollectGarbage) -> Reply:
        """Throw away what nobody needs (M8.10, M8.18)."""

        def collect(store: Store, now: datetime) -> Reply:
            removed = store.collect_garbage(now=now)
            return messages.CollectGarbageReply(removed=tuple(str(path) for path in removed))

        return self._with_store(collect)

    @handles(messages.Refresh)
    def handle_refresh(self, _news: messages.Refresh) -> None:
        """Somebody else has changed the store."""
        self._stale = True

    def _with_store(self, action: Callable[[Store, datetime], Reply]) -> Reply:
        try:
            return action(self._opened(), self.port.clock.now())
        except (StoreError, OSError) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self.log.error("store_unusable", error=self._trouble)
            return unable(str(error))

    def _opened(self) -> Store:
        """The store as it is now. StoreError."""
        if self._store is None or not self._store.layout.state.is_dir():  # somebody has removed everything
            self._store = None
            self._store = Store(settings_of(self.parameters, self.config["state"]))
            self._trouble = ""
        elif self._stale:
            self._store.fingerprint()
        self._stale = False
        return self._store

    def _look(self, store: Store, now: datetime, *, recall: bool) -> messages.LookReply:
        fingerprint = store.fingerprint()
        if self._seen is None or not _still(self._seen, fingerprint, now):
            self._seen = now, _survey(store, fingerprint, now)
        seen = self._seen[1]
        return replace(seen, told=_recalled(store)) if recall else seen

    def _verify_file(self, command: say.VerifyFileSignature) -> Deferred | Reply:
        steps: list[Generator[None, None, bool]] = []

        def begin(store: Store, _now: datetime) -> Reply:
            given = command.file_path, command.signing_certificate, command.signature
            steps.append(store.verify_file_in_steps(*given))
            return Reply()

        failure = self._with_store(begin)
        if not steps:
            return failure
        deferred = self.defer()
        self._verify_on(steps[0], deferred)
        return deferred

    def _verify_on(self, steps: Generator[None, None, bool], deferred: Deferred) -> None:
        """A piece; between pieces pings are answered."""
        try:
            next(steps)
        except StopIteration as end:
            deferred.answer(say.VerifyFileSignatureReply(valid=bool(end.value)))
        else:
            self.start_timer("file", 0.0, lambda: self._verify_on(steps, deferred))


def _still(seen: tuple[datetime, messages.LookReply], fingerprint: str, now: datetime) -> bool:
    """Whether neither files nor time have changed what was seen."""
    begin, reply = seen
    end = reply.next_moment
    return reply.fingerprint == fingerprint and begin <= now and (end is None or now < end)


def _survey(store: Store, fingerprint: str, now: datetime) -> messages.LookReply:
    return messages.LookReply(
        fingerprint=fingerprint,
        inventory=packed(store.snapshot(now=now)),
        next_moment=store.next_moment(now=now),
        troubles=tuple(f"{path}: {what}" for path, what in store.troubles()[:_MAX_TROUBLES]),
    )


def _recalled(store: Store) -> messages.Inventory | None:
    """What was remembered; None where that cannot be told."""
    try:
        found = codec.decode(files.read(store.layout.state / _TOLD, _MAX_TOLD_BYTES))
    except (OSError, codec.DecodeError):
        return None
    return found if isinstance(found, messages.Inventory) else None
