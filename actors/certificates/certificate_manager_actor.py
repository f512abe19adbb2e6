"""Actor of the certificate store. Answers EVerest interface `evse_security`.

It touches no file and no certificate itself: it passes every command to one of its workers, sees to it that
each is answered once whatever becomes of them, and tells others what has come and gone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from actors.certificates import commands, messages
from actors.certificates.commands import ROWS
from actors.certificates.evse_security_actor import EvseSecurityActor
from actors.certificates.inventory import news
from actors.certificates.pool import Job, Pool
from actors.engine import messages as engine
from certs.store import CLEAN_UP_INTERVAL, Changes
from protocols.interfaces import evse_security as say
from protocols.message import Failure, FailureReason, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.engine.base import Deferred
    from protocols.message import Command
    from protocols.types.evse_security import CertificateStoreUpdate

WATCH_PERIOD: Final = "store_watch_s"
JOB_S: Final = 10.0
"""A worker that has not answered by then is replaced."""
FILE_JOB_S: Final = 240.0
"""The same for a file whose signature is verified: gigabytes from a slow disk."""
DEATH_S: Final = 20.0
"""By then the supervisor has ended a worker that is to be replaced."""
AWAIT_S: Final = 30.0
"""A worker that gives no sign of life for so long is asked for it again."""
ATTEMPTS: Final = 2
LOST: Final = frozenset(
    {FailureReason.CRASHED, FailureReason.UNAVAILABLE, FailureReason.TIMEOUT, FailureReason.OVERLOADED}
)
"""Answers that mean: not this worker, not now."""
LEAST_PAUSE_S: Final = 1.0


class CertificateManagerActor(EvseSecurityActor):
    """Child of the certificates' supervisor, beside its workers. Its mailbox waits for nobody.

    **Answers.** A command whose worker dies, hangs (ten seconds, or whatever the heartbeat finds before) or
    cannot use the store is given to a worker once more; the dead one is known to be dead then, so it cannot
    interfere. All commands may be done twice: those that ask, of course; an installed root, an updated leaf
    or a stored answer is the same when installed again; of a signing request done twice the first key is
    collected as garbage; a deletion that finds nothing the second time is Accepted when the store's files
    have changed since before the first. When the second attempt fails as well, or nobody knows what has
    become of the first (its worker neither answers nor dies), the answer is

        install_ca_certificate, update_leaf_certificate     WriteError
        delete_certificate                                  Failed
        verify_certificate                                  Unknown
        generate_certificate_signing_request                GenerationError
        get_leaf_certificate_info, get_all_valid_...        Rejected
        all others                                          Failure, reason Unavailable

    and the change may have been made or not; a look at the store tells, and publishes it if so. More than
    256 commands or 32 MiB waiting: Failure, reason Overloaded. Texts of more than 1 MiB: InvalidFormat,
    Unknown, false, or no request data. Commands that write are done one after the other in the order in
    which they came; each ends with a look, a publication and only then its answer. The first look at the
    store goes before every command, so what comes after it is published to whoever has asked before.

    **Publishes** `certificate_store_update` once for each change, by whomever: accepted commands (M8.19),
    files provisioned by hand (found by a look every `store_watch_s`, 2 s by default), a leaf whose time
    begins (Installed) or is over (Deleted). `messages.RevocationChanged` when answers of responders or
    revocation lists come or go, or answers get too old. `messages.FilesChanged` when any file has changed:
    a leaf without its key is no update, but people are to see it.

    **After a death** the callers of the moment get Failure, reason Crashed; their commands were done or not,
    as the store shows. Its successor learns from the store (`.evsite/told`) what had been told of, and
    publishes what has changed since: nothing is left out; what was published in the instant before the death
    may be published again. No state of its own is lost, as it has none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pool = Pool(())
        self._told: messages.Inventory | None = None
        self._recalled = False
        self._remembered: messages.Inventory | None = None
        self._remembering = self._looking = False
        self._fingerprint = ""
        self._stuck: dict[str, Job] = {}
        """Jobs that write and of which nobody knows whether they still do."""

    def on_start(self) -> None:
        """Wait for the workers, and look at the store as soon as one is there."""
        self._pool = Pool(tuple(self.config["workers"]))
        for worker in self._pool.workers:
            self._await(worker)
        self._look()
        self.start_timer("garbage", CLEAN_UP_INTERVAL.total_seconds(), self._collect)

    def on_ready(self) -> None:
        """What has been told so far has reached everybody."""
        self._remember()

    # -- commands ------------------------------------------------------------------------------------------

    def carry_out(self, command: Command) -> Deferred | Reply:
        """Have it done by a worker."""
        row, size = ROWS[type(command)], commands.given_bytes(command)
        if size > commands.MAX_GIVEN_BYTES:
            return commands.refused(row)
        job = Job(command=command, writes=row.writes, size=size, then=_nobody)
        if not self._pool.submit(job):
            return Failure(reason=FailureReason.OVERLOADED, detail="too many commands wait for the store")
        deferred = self.defer()
        job.then = partial(self._written, job, deferred.answer) if row.writes else deferred.answer
        self._dispatch()
        return deferred

    def _dispatch(self) -> None:
        for worker, job in self._pool.assignments():
            within_s = FILE_JOB_S if isinstance(job.command, say.VerifyFileSignature) else JOB_S
            self.start_timer(f"job {worker}", within_s, partial(self._overdue, worker))
            self.ask(
                worker,
                job.command,
                partial(self._returned, worker, job),
                deadline_s=within_s + DEATH_S,
                patient=False,
            )

    def _returned(self, worker: str, job: Job, reply: Reply) -> None:
        """A job has come back, done or not."""
        self.cancel_timer(f"job {worker}")
        if not isinstance(reply, Failure) or reply.reason not in LOST:
            self._pool.done(worker)
            job.then(reply)
        else:
            self._not_done(worker, job, reply)
        self._dispatch()

    def _not_done(self, worker: str, job: Job, failure: Failure) -> None:
        for one in (worker, *self._pool.free):  # what has ended one may have ended others
            self._pool.lost(one)
            self._await(one)
        known = failure.reason is not FailureReason.TIMEOUT
        again = known and job.attempts < ATTEMPTS
        tag = type(job.command).__name__
        self.log.warning("job_lost", worker=worker, command=tag, again=again, reason=failure.detail)
        if again:
            self._pool.put_first(job)
            return
        if not known and job.writes:
            self._stuck[worker] = job
        job.then(commands.failed(job.command, failure))

    def _overdue(self, worker: str) -> None:
        self.log.warning("worker_overdue", worker=worker)
        self.to_supervisor(messages.ReplaceWorker(worker=worker.rpartition("/")[2]))

    def _await(self, worker: str) -> None:
        """Give a worker nothing before it, or its successor, has shown that it takes up messages."""
        self.ask(worker, engine.Tick(), partial(self._arrived, worker), deadline_s=AWAIT_S, repeat=True)

    def _arrived(self, worker: str, reply: Reply) -> None:
        if isinstance(reply, Failure):
            self.start_timer(f"await {worker}", LEAST_PAUSE_S, partial(self._await, worker))
            return
        self._pool.up(worker)
        if (job := self._stuck.pop(worker, None)) is not None:
            self._written(job, _nobody, Reply())  # whatever it has done, it is over now
        self._dispatch()

    # -- what writes ---------------------------------------------------------------------------------------

    def _written(self, job: Job, answer: Callable[[Reply], None], reply: Reply) -> None:
        """A command that writes is over: see what has become of the store, tell others, then answer."""
        self._refresh()
        before = self._fingerprint

        def seen(look: Reply) -> None:
            changes = self._learn(look)
            final = commands.settled(
                job.command, reply, attempts=job.attempts, changed=self._fingerprint != before
            )
            self._tell(commands.announced(job.command, final, changes.updates), ocsp=changes.ocsp)
            answer(final)
            if job not in self._stuck.values():
                self._release(job)

        self._pool.put_first(Job(command=messages.Look(recall=not self._recalled), then=seen))
        self._dispatch()

    def _release(self, job: Job) -> None:
        self._pool.release(job)
        self._remember()
        self._dispatch()

    def _refresh(self) -> None:
        for worker in self._pool.serving():
            self.tell(worker, messages.Refresh(), patience_s=0.0)

    def _collect(self) -> None:
        """Throw away what nobody needs, now and then (M8.10, M8.18)."""
        self.start_timer("garbage", CLEAN_UP_INTERVAL.total_seconds(), self._collect)
        job = Job(command=messages.CollectGarbage(), writes=True, then=_nobody)
        job.then = partial(self._written, job, self._collected)
        self._pool.submit(job)
        self._dispatch()

    def _collected(self, reply: Reply) -> None:
        if isinstance(reply, messages.CollectGarbageReply) and reply.removed:
            self.log.info("garbage_collected", removed=reply.removed)

    # -- the watch -----------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Look at the store between two commands that write, so that none is seen half done."""
        self._start_watch()
        if self._looking:
            return
        job = Job(command=messages.Look(recall=not self._recalled), writes=True, then=_nobody)
        job.then = partial(self._looked, job)
        if not self._recalled:
            self._pool.opening = job  # what is told later counts from here: nobody may ask before
        self._looking = self._pool.submit(job)
        self._dispatch()

    def _looked(self, job: Job, look: Reply) -> None:
        self._looking = False
        before = self._fingerprint
        changes = self._learn(look)
        if self._fingerprint != before:
            self._refresh()
        self._tell(changes.updates, ocsp=changes.ocsp)
        self._start_watch()
        self._release(job)

    def _start_watch(self) -> None:
        self.start_timer("watch", float(self.parameters[WATCH_PERIOD]), self._look)

    def _learn(self, look: Reply) -> Changes:
        """What is new in what a worker has seen; nothing if it has not seen anything."""
        if not isinstance(look, messages.LookReply):
            return Changes()
        if not self._recalled:
            self._told, self._remembered, self._recalled = look.told, look.told, True
        changes = news(self._told, look.inventory)
        if look.fingerprint != self._fingerprint:
            if look.troubles:
                self.log.warning("store_troubles", troubles=look.troubles)
            self.publish(messages.FilesChanged(), self.grants[0].name)
        self._told, self._fingerprint = look.inventory, look.fingerprint
        if look.next_moment is not None:
            after_s = (look.next_moment - self.port.clock.now()).total_seconds()
            self.start_timer("switch", max(after_s, LEAST_PAUSE_S), self._look)
        return changes

    def _tell(self, updates: tuple[CertificateStoreUpdate, ...], *, ocsp: bool) -> None:
        for update in updates:
            self.log.info("store_update", update=repr(update))
            self.publish(say.CertificateStoreUpdate(update=update))
        if ocsp:
            self.publish(messages.RevocationChanged(), self.grants[0].name)

    def _remember(self) -> None:
        """Have what was told of written down, once it has reached those who are told."""
        if not self.ready or self._remembering or self._told in (None, self._remembered):
            return
        assert self._told is not None
        told = self._told
        job = Job(command=messages.Remember(inventory=told), then=_nobody)

        def done(reply: Reply) -> None:
            self._remembering = False
            if not isinstance(reply, Failure):
                self._remembered = told
                self._remember()

        job.then = done
        self._remembering = self._pool.submit(job)
        self._dispatch()


def _nobody(_reply: Reply) -> None:
    """Whom to tell is said when the job has been accepted."""
