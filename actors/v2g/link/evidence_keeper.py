"""Keeps the evidence of a link's talks, where somebody has asked for it: between the link and its bundles.

What passes through a car's socket and channel is only kept; it is decoded and written in the pauses of the
talk, a little at a time.
"""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from actors.v2g import snapshot
from actors.v2g.link.car import Car
from actors.v2g.link.channel import Channel
from actors.v2g.link.evidence import Limits, Recorder
from actors.v2g.link.evidence_files import Files, Place
from protocols.iso15118.capture.network import Endpoint
from protocols.iso15118.capture.tcp import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actors.engine.port import Port
    from actors.engine.timers import Timers
    from actors.v2g.link.channel import Event
    from actors.v2g.link.evidence_files import Bundle
    from actors.v2g.messages import Evidence
    from actors.v2g.secc.exchange import Note
    from certs.tls import ServerEndpoint

AFTER_S: Final = 0.01
"""From something that happens to the work it makes: mostly the car has its answer by then."""
AGAIN_S: Final = 0.002
"""Between two pieces of work: the link looks after its car then."""
WATCH_S: Final = 0.5
"""Between two looks at a disk that has not written everything yet."""
AT_ONCE: Final = 4
"""What is worked on in one piece: a request and its answer, decoded in less than a millisecond."""
TIMER: Final = "evidence"
MEGABYTE: Final = 1_000_000


class RecordedSocket(socket.socket):
    """A connection that tells what passes through it."""

    def __init__(self, connection: socket.socket, tell: Callable[[Side, bytes], None]) -> None:
        super().__init__(fileno=connection.detach())
        self._tell = tell

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """What the car sends."""
        data = super().recv(bufsize, flags)
        self._tell(Side.CLIENT, data)
        return data

    def send(self, data: Any, flags: int = 0, /) -> int:
        """What the kernel takes for the car."""
        sent = super().send(data, flags)
        self._tell(Side.SERVER, bytes(data[:sent]))
        return sent


class RecordedChannel(Channel):
    """A channel that tells what is said on it."""

    def __init__(self, endpoint: ServerEndpoint | None, keeper: EvidenceKeeper) -> None:
        super().__init__(endpoint)
        self._keeper = keeper

    def receive(self, data: bytes) -> Iterator[Event]:
        """What the car's bytes mean."""
        for event in super().receive(data):
            self._keeper.happened(event)
            yield event

    def send(self, payload_type: int, payload: bytes) -> None:
        """A frame for the car."""
        super().send(payload_type, payload)
        self._keeper.tell(lambda recorder, now: recorder.answered(payload_type, payload, now))

    def key_log_lines(self) -> tuple[str, ...]:
        """The secrets of the connection, once."""
        secrets = super().key_log_lines()
        self._keeper.tell(lambda recorder, _now: recorder.keys(secrets))
        return secrets


class House(Protocol):
    """Whose talks these are: the link actor."""

    evse: int | None
    log: Any
    timers: Timers

    @property
    def module_id(self) -> str:
        """As ModuleActor."""

    @property
    def parameters(self) -> dict[str, Any]:
        """As ModuleActor."""

    @property
    def port(self) -> Port:
        """As SiteActor."""

    def start_timer(self, name: str, after_s: float, action: Callable[[], object]) -> None:
        """As SiteActor."""

    def count(self, event: str) -> None:
        """Count something."""


class EvidenceKeeper:
    """Records the talks of one link. `state` gives the state of the talk at hand, as its parts."""

    def __init__(self, actor: House, state: Callable[[], snapshot.Parts]) -> None:
        self._actor, self._state = actor, state
        self._files = Files()
        self._in_full, self._suffix, self._path = True, "", ""
        self._talks: list[tuple[Recorder, Bundle]] = []
        """The talk at hand last; those before are over, and not wholly worked on."""
        self._ended: list[Bundle] = []
        """Not wholly on the disk, as far as is known."""
        self._began: tuple[datetime, float] | None = None
        """When the talk at hand began, by both clocks."""

    def start(self) -> None:
        """As the parameters say; a relative path begins at `logging_path`, where a module has one (M7.4)."""
        parameters = self._actor.parameters
        self._path = str(parameters.get("evidence_path", ""))
        if self._path:
            self._path = str(Path(str(parameters.get("logging_path", "."))) / self._path)

    def follow(self, command: Evidence) -> None:
        """From the next talk on, as somebody says: an empty path is the parameters', None the present one."""
        self._suffix = command.suffix
        if command.path is not None:
            self.start()
            self._path = command.path or self._path
            self._in_full = command.in_full

    # What the link tells

    def car(self, connection: socket.socket, endpoint: ServerEndpoint | None) -> Car:
        """A car that has connected, its talk recorded if somebody wants that."""
        if not self._path:
            return Car(connection, Channel(endpoint))
        try:
            ends = (_endpoint(connection.getpeername()), _endpoint(connection.getsockname()))
        except OSError:  # it has gone again
            return Car(connection, Channel(endpoint))
        self._begin(ends, tls=endpoint is not None)

        def passed(side: Side, data: bytes) -> None:
            self.tell(lambda recorder, now: recorder.passed(side, data, now))

        return Car(RecordedSocket(connection, passed), RecordedChannel(endpoint, self))

    def _begin(self, ends: tuple[Endpoint, Endpoint], *, tls: bool) -> None:
        parameters, clock = self._actor.parameters, self._actor.port.clock
        now = clock.now()
        self._began = now, clock.monotonic_s()
        place = Place(
            directory=Path(self._path),
            module=self._actor.module_id,
            suffix=self._suffix,
            keep=int(parameters.get("evidence_keep", 50)),
        )
        limits = Limits(
            file_bytes=int(parameters.get("evidence_max_mb", 16)) * MEGABYTE,
            in_full=self._in_full,
            keys=bool(parameters.get("tls_key_logging") or parameters.get("enable_tls_key_logging")),
        )
        facts = {
            "module": self._actor.module_id,
            "evse": self._actor.evse,
            "transport": "TLS" if tls else "TCP",
        }
        self._talks.append((Recorder(ends, facts, limits, now), self._files.begin(place, now)))
        self._later()

    def tell(self, what: Callable[[Recorder, Any], None]) -> None:
        """Have the recorder of the talk at hand keep something; the second argument is the time."""
        if self._talks and not self._talks[-1][0].over and self._began is not None:
            began, began_s = self._began  # within a talk no time goes back, whatever the clock is set to
            passed = timedelta(seconds=self._actor.port.clock.monotonic_s() - began_s)
            what(self._talks[-1][0], began + passed)
            self._later()

    def happened(self, event: Event) -> None:
        """The car's bytes have meant something."""
        self.tell(lambda recorder, now: recorder.event(event, now))

    def noted(self, note: Note) -> None:
        """The session has written something down."""
        self.tell(lambda recorder, now: recorder.noted(note, now))

    def end(self, reason: str) -> None:
        """The car is gone."""
        state = self._state()
        self.tell(lambda recorder, now: recorder.end(reason, now, lambda: facts_of(state)))

    def close(self) -> None:
        """Finish what can be finished."""
        for recorder, bundle in self._talks:
            self._files.write(bundle, recorder.work(recorder.pending))
        self._talks.clear()
        self._files.close()

    # What it makes of it

    def _later(self) -> None:
        if not self._actor.timers.running(TIMER):
            self._actor.start_timer(TIMER, AFTER_S, self._work)

    def _work(self) -> None:
        if self._talks:
            recorder, bundle = self._talks[0]
            self._files.write(bundle, recorder.work(AT_ONCE))
            if recorder.over and not recorder.pending:
                del self._talks[0]
                self._files.end(bundle)
                self._ended.append(bundle)
        if any(recorder.pending or recorder.over for recorder, _ in self._talks):
            self._actor.start_timer(TIMER, AGAIN_S, self._work)
        elif self._ended:
            self._look_back()

    def _look_back(self) -> None:
        """Tell of bundles that could not be written."""
        if not self._files.idle:
            self._actor.start_timer(TIMER, WATCH_S, self._work)
            return
        for bundle in self._ended:
            if bundle.problem is not None:
                self._actor.count("evidence_not_written")
                self._actor.log.warning("evidence_not_written", bundle=str(bundle.path), error=bundle.problem)
        self._ended.clear()


def facts_of(state: snapshot.Parts) -> dict[str, Any]:
    """What the end of a talk tells of it, out of the link's last state."""
    known = snapshot.state_of(state)
    evse, talk = known.station.evse_id, known.talk
    facts: dict[str, Any] = {"evse_id": evse.evse_id} if evse is not None else {}
    if talk is None:
        return facts
    granted = talk.authorization
    return facts | {
        "dialect": talk.dialect,
        "session_id": talk.session_id.hex().upper(),
        "phase": talk.phase,
        "evcc_id": talk.evcc_id,
        "energy_mode": talk.energy_mode,
        "authorization": {
            "verdict": granted.verdict,
            "option": granted.option,
            "status": granted.status,
            "certificate_status": granted.certificate_status,
        },
        "emaid": talk.contract.emaid if talk.contract is not None else None,
    }


def _endpoint(address: tuple[Any, ...]) -> Endpoint:
    host, port = address[:2]
    return Endpoint(str(host).partition("%")[0], int(port))
