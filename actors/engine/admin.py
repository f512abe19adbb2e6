"""The admin process of one host: it creates top-level actors and speaks for its host among several."""

from __future__ import annotations

import contextlib
import os
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from thespian.actors import NoCompatibleSystemForActor
from thespian.system.messages.admin import PendingActorResponse, QueryExists
from thespian.system.messages.multiproc import EndpointConnected
from thespian.system.systemAdmin import ThespianAdmin
from thespian.system.transport import SendStatus, TransmitIntent
from thespian.system.transport.hysteresis import HysteresisDelaySender

from actors.engine import hosts, messages
from actors.engine.address import host_of
from actors.engine.envelope import Envelope, Kind, unpack
from actors.engine.hosts import PLACE, Ward
from actors.engine.processes import name_process
from actors.engine.replicator import Replicator, exited, note_of
from actors.engine.transport import CONVENTION_CAPABILITY, Endpoint, Transport
from protocols import codec

if TYPE_CHECKING:
    from collections.abc import Callable

    from thespian.actors import ActorAddress, ChildActorExited


ADMIN: Final = "admin"
"""What it calls itself."""


class Admin(Replicator, ThespianAdmin):
    """One per host."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        at_once = timedelta(0)  # Thespian would hold check-in messages back; our links are bounded anyway
        self._hysteresisSender = HysteresisDelaySender(self._send_intent, at_once, at_once)
        self._wards: list[Ward] = []
        self._asked: set[str] = set()
        self._note: str | None = None

    # -- children ------------------------------------------------------------------------------------------

    def handleIncoming(self, envelope: Any) -> Any:  # noqa: N802  # Thespian's name
        """Handle a message, and what this process has told itself meanwhile.

        A message that cannot be handled is logged and dropped: a host is not ended by another one's nonsense.
        """
        result = self._handle_one(envelope)
        while self._receiveQueue:
            self._handle_one(self._receiveQueue.pop(0))
        return result

    def _handle_one(self, envelope: Any) -> Any:
        try:
            if isinstance(envelope.message, bytes):
                return self._answer(envelope.message, envelope.sender)
            return super().handleIncoming(envelope)
        except Exception:
            self.log.exception(
                "not_handled", message=type(envelope.message).__name__, sender=str(envelope.sender)
            )
            return True

    def _answer(self, data: bytes, sender: ActorAddress) -> bool:
        """Tell an actor what this process has refused: it is the one that strangers knock at."""
        letter = unpack(data)
        if letter.kind is not Kind.REQUEST or not isinstance(
            codec.decode(letter.payload), messages.GetMetrics
        ):
            raise ValueError("an admin is asked for metrics only")
        told = codec.encode(messages.GetMetricsReply(path=ADMIN, refused=dict(self.transport.refused)))
        reply = Envelope(Kind.RESPONSE, letter.id, ADMIN, letter.about, patient=False, payload=told)
        self._send_intent(TransmitIntent(sender, reply.pack()))
        return True

    def child_never_started(self, number: int, reason: str) -> None:
        """Tell whoever asked for the child as well."""
        for request in self._pendingChildren.pop(number, []):
            self._refuse(request, PendingActorResponse.ERROR_Invalid_ActorClass, reason)
        super().child_never_started(number, reason)

    def _refuse(self, request: Any, code: int, reason: str) -> None:
        self._sendPendingActorResponse(request, None, errorCode=code, errorStr=reason)

    def h_ChildActorExited(self, envelope: Any) -> Any:  # noqa: N802  # Thespian's name
        """A child has ended; its supervisor on another host is told with the reason."""
        notice: ChildActorExited = envelope.message
        supervisor = self._nannying.find(notice.childAddress)
        if supervisor:
            self._nannying.rmv(notice.childAddress)
            self._send_intent(TransmitIntent(supervisor, exited(notice.childAddress, note_of(notice))))
        return super().h_ChildActorExited(envelope)

    def note_exit(self, pid: int, _reason: str) -> None:
        """A ward that has ended is one no longer."""
        self._wards = [ward for ward in self._wards if ward.pid != pid]

    def _cleanupAdmin(self, finish: Callable[[], None]) -> None:  # noqa: N802  # Thespian's name
        """Last step of a shutdown; Thespian would end its logger process first."""
        for pid in self.child_pids():
            _kill(pid)
        finish()

    # -- wards ---------------------------------------------------------------------------------------------

    def about_to_fork(self, requirements: Any) -> None:
        """Make room for a ward: whoever had its place before is a leftover of another life."""
        place = (requirements or {}).get(PLACE)
        for ward in self._wards:
            if place is not None and ward.place == place:
                self.log.warning("place_cleared", place=place, pid=ward.pid)
                _kill(ward.pid)

    def _startChildActor(self, childAddr: ActorAddress, *args: Any, **kwargs: Any) -> None:  # noqa: N802, N803  # Thespian's name
        super()._startChildActor(childAddr, *args, **kwargs)
        child = self._child_procs[-1]
        request = self._pendingChildren[childAddr.addressDetails.addressInstanceNum][0].message
        if request.forActor is not None:
            place = (request.targetActorReq or {}).get(PLACE)
            self._wards.append(Ward(child.pid, request.forActor, place))

    def h_WakeupMessage(self, _envelope: object) -> bool:  # noqa: N802  # Thespian's name
        """Ask every supervisor of a ward for a sign of life."""
        self.watch_supervisors()
        return True

    def watch_supervisors(self) -> None:
        """Do so, and again after a while."""
        self.transport.addWakeup(timedelta(seconds=hosts.WATCH_S), None)
        for supervisor in {str(ward.supervisor): ward.supervisor for ward in self._wards}.values():
            if str(supervisor) not in self._asked:
                self._asked.add(str(supervisor))
                question = TransmitIntent(
                    supervisor, QueryExists(), onSuccess=self._lives, onError=self._is_gone
                )
                self._send_intent(question)

    def _lives(self, _result: Any, question: TransmitIntent) -> None:
        self._asked.discard(str(question.targetAddr))

    def _is_gone(self, result: Any, question: TransmitIntent) -> None:
        self._asked.discard(str(question.targetAddr))
        if result is SendStatus.NotSent:
            return
        for ward in self._wards:
            if str(ward.supervisor) == str(question.targetAddr):
                self.log.warning("ward_ended", pid=ward.pid, place=ward.place, supervisor=str(result))
                _kill(ward.pid)

    def h_EndWard(self, envelope: Any) -> bool:  # noqa: N802  # Thespian's name
        """Kill an actor of ours, or pass the wish on to the host it runs on."""
        target: ActorAddress = envelope.message.address
        if host_of(target) == host_of(self.myAddress):
            for child in self._child_procs:
                if child.childRealAddr == target:
                    _kill(child.pid)
            return True
        members = [each.remoteAddress for each in self._cstate._conventionMembers.values()]  # noqa: SLF001  # the descriptor is not ours to close
        for member in members:
            if host_of(member) == host_of(target):
                self._send_intent(TransmitIntent(member, envelope.message))
        return True

    def _pending_send_failed(self, result: Any, intent: Any) -> None:
        """The host that was to create a child is out of reach: try the next, or say that there is none."""
        request = intent.orig_create_envelope
        try:
            super()._pending_send_failed(result, intent)
        except NoCompatibleSystemForActor:
            self._refuse(
                request, PendingActorResponse.ERROR_No_Compatible_ActorSystem, "its host is out of reach"
            )


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def admin_main(address: ActorAddress, starter: ActorAddress, capabilities: dict[str, Any]) -> int:
    """What the process of the admin runs."""
    os.setsid()
    channel = Transport(Endpoint(None, address, address))
    if CONVENTION_CAPABILITY in capabilities:
        hosts.check_in_often()
    admin = Admin(channel, address, capabilities, None, None)
    admin.addrOfStarter = starter
    admin.asLogger = channel.myAddress
    name_process("evsite-admin")
    signal.signal(signal.SIGCHLD, admin.signalChildDied)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    channel.scheduleTransmit(None, TransmitIntent(starter, EndpointConnected(0)))
    admin._activate()  # noqa: SLF001  # what Thespian does when its logger has started
    if CONVENTION_CAPABILITY in capabilities:
        admin.watch_supervisors()
    admin.run()
    return 0
