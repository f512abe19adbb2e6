"""Gives a simulated car a network: discovery, connection, timers. One loop that never blocks for long.

    runner = Runner(car, Place(sdp=("::1", 15118)), contexts)
    while not runner.finished:
        for effect in runner.step(0.1): ...

A leaf actor watches `fileno()`, waits no longer than `due_s`, and calls `step(0)`, in place of the loop.

One file because discovery, connection and timers wait at one selector.
"""

from __future__ import annotations

import dataclasses
import errno
import selectors
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from actors.simulation.ev import sdp as discovery
from actors.simulation.ev import timing
from actors.simulation.ev.exchange import (
    CancelTimer,
    Close,
    Connect,
    Disconnected,
    Drop,
    Exchanged,
    Expired,
    Finished,
    Plugged,
    Send,
    SendRaw,
    StartTimer,
)
from actors.simulation.ev.link import CarLink
from protocols.iso15118 import sdp, v2gtp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from actors.simulation.ev.capture import Capture
    from actors.simulation.ev.exchange import Effect, Input
    from certs.tls import ClientContext

_DATAGRAM: Final = 2048
_SEARCH: Final = "\0search"
"""The runner's own timers begin with a zero byte: no core names one like that."""
_TRICKLE: Final = "\0trickle"
_RUN: Final = "the whole run"
"""The core's name for it, too: it gives up when that has run down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the station is: exactly one of these."""

    interface: str | None = None
    """Discovery by multicast on this interface."""
    sdp: tuple[str, int] | None = None
    """Discovery by asking one host."""
    connect: tuple[str, int] | None = None
    """No discovery: the V2G port itself."""


class Clock:
    """The time, never going back: the system's at the start, and what has passed since then."""

    def __init__(self) -> None:
        self._start, self._began_s = datetime.now(UTC), time.monotonic()

    def __call__(self) -> datetime:
        """Aware UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._began_s)


class Core(Protocol):
    """What decides: a simulated car, or whatever else speaks in the place of one."""

    @property
    def outcome(self) -> object | None:
        """None until it has come to an end."""

    @property
    def needs_tls(self) -> bool:
        """Whether a station without TLS will not do."""

    def feed(self, given: Input, now: datetime) -> tuple[Effect, ...]:
        """Take one input; what is to be done comes back."""


class Runner:
    """One car on a network. `tls`: how it speaks TLS, None if it does not. `capture` sees every byte.

    `within_s`: how long it may take at most; None: for ever.
    """

    def __init__(
        self,
        car: Core,
        place: Place,
        tls: ClientContext | None = None,
        clock: Callable[[], datetime] | None = None,
        capture: Capture | None = None,
        within_s: float | None = None,
    ) -> None:
        self.car, self.place = car, place
        self._within_s = within_s
        self._capture = capture
        self._tls, self._clock = tls, clock or Clock()
        self._selector = selectors.EpollSelector()
        self._timers: dict[str, datetime] = {}
        self._link: CarLink | None = None
        self._sent_at: datetime | None = None
        """When the last request left."""
        self._udp: socket.socket | None = None
        self._target: tuple[int, tuple[str | int, ...]] | None = None
        self._asked = 0
        self._trickle: list[bytes] = []
        self._every = timedelta()
        self._effects: list[Effect] = []
        self._later: list[Input] = []
        self._begun = False
        self.key_log: list[str] = []
        """Lines of a TLS key log that nobody has taken yet."""

    @property
    def finished(self) -> bool:
        """Whether the car's run is over."""
        return self.car.outcome is not None

    def fileno(self) -> int:
        """A descriptor that is readable whenever a socket of the car has something for `step`."""
        return self._selector.fileno()

    @property
    def due_s(self) -> float | None:
        """Seconds until `step` is due for a timer; None while none runs."""
        if not self._timers:
            return None
        return max(0.0, (min(self._timers.values()) - self._clock()).total_seconds())

    def step(self, timeout_s: float) -> tuple[Effect, ...]:
        """Wait at most so long for something to happen, and do it; what the car has done comes back."""
        self._effects = []
        if not self._begun:
            self._begun = True
            if self._within_s is not None:
                self._timers[_RUN] = self._clock() + timedelta(seconds=self._within_s)
            self._feed([Plugged()])
        self._wait(0.0 if self._later else timeout_s)
        self._run_timers()
        while self._later:
            self._feed([self._later.pop(0)])
        self._watch()
        return tuple(self._effects)

    def tell(self, given: Input) -> tuple[Effect, ...]:
        """Give the car an order, or what it measures; what it has done comes back."""
        self._effects = []
        if self._begun:
            self._feed([given])
            self._watch()
        return tuple(self._effects)

    def close(self) -> None:
        """Let go of everything, whatever the state."""
        self._end_search()
        self._end_link(politely=True)
        self._selector.close()

    # Waiting

    def _wait(self, timeout_s: float) -> None:
        if self.finished:
            return
        if (due_s := self.due_s) is not None:
            timeout_s = min(timeout_s, due_s)
        self._watch()
        if not self._selector.get_map():
            time.sleep(timeout_s)
            return
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._link and self._link is not None:
                self._feed(self._link.ready())
                self._take_key_log()
            elif key.fileobj is self._udp:
                self._found()

    def _watch(self) -> None:
        """Tell the selector what the link waits for."""
        if self._link is None or self._link.over:
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._link.wants_write else 0)
        if self._link.fileno() in {key.fd for key in self._selector.get_map().values()}:
            self._selector.modify(self._link, events)
        else:
            self._selector.register(self._link, events)

    def _run_timers(self) -> None:
        now = self._clock()
        due = sorted((moment, name) for name, moment in self._timers.items() if moment <= now)
        for _, name in due:
            if self._timers.pop(name, None) is None:
                continue  # cancelled by one before it
            if name == _SEARCH:
                self._ask()
            elif name == _TRICKLE:
                self._send_piece()
            else:
                self._feed([Expired(timer=name)])

    # The core

    def _feed(self, given: Iterable[Input]) -> None:
        for one in given:
            now = self._clock()
            for effect in self.car.feed(one, now):
                self._effects.append(self._timed(effect, now))
                self._carry_out(effect)
            if isinstance(one, Disconnected):
                self._end_link(politely=False)

    def _timed(self, effect: Effect, now: datetime) -> Effect:
        """An exchange with the time since its request left: what the car thought before is its own."""
        if not isinstance(effect, Exchanged) or self._sent_at is None:
            return effect
        took_s = (now - self._sent_at).total_seconds()
        return dataclasses.replace(effect, sent_at=self._sent_at, took_s=took_s)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Connect():
                self._connect()
            case Send():
                self._sent_at = self._clock()
                if self._link is not None:
                    self._link.send(v2gtp.encode(effect.payload_type, effect.payload))
            case SendRaw():
                size = effect.chunk_bytes or len(effect.data)
                self._trickle = [effect.data[at : at + size] for at in range(0, len(effect.data), size)]
                self._every = timedelta(seconds=effect.every_s)
                self._send_piece()
            case StartTimer():
                self._timers[effect.timer] = self._clock() + timedelta(seconds=effect.after_s)
            case CancelTimer():
                self._timers.pop(effect.timer, None)
            case Drop():
                self._end_link(politely=False)
            case Close():
                self._end_search()
                self._end_link(politely=True)
            case Finished():
                self._timers.clear()

    def _send_piece(self) -> None:
        if self._link is None or self._link.over or not self._trickle:
            return
        self._sent_at = self._clock()
        self._link.send(self._trickle.pop(0))
        if self._trickle:
            self._timers[_TRICKLE] = self._clock() + self._every

    # Finding the station

    def _connect(self) -> None:
        self._asked = 0
        try:
            if self.place.connect is not None:
                family, address = _resolve(*self.place.connect, socket.SOCK_STREAM)
                self._open(family, address, tls=self._tls is not None)
                return
            self._udp, self._target = _search_socket(self.place)
        except OSError as error:
            self._later.append(Disconnected(reason=error.strerror or str(error)))
            return
        self._udp.settimeout(0)
        self._selector.register(self._udp, selectors.EVENT_READ)
        self._ask()

    def _ask(self) -> None:
        """Send one discovery request, as often as the standard has it."""
        if self._udp is None or self._target is None:
            return
        if self._asked >= timing.SDP_TRIES:
            self._end_search()
            self._later.append(Disconnected(reason=f"no answer to {self._asked} discovery requests"))
            return
        self._asked += 1
        try:
            self._udp.sendto(discovery.request(tls=self._tls is not None), self._target[1])
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:  # the address of a device that just came up counts soon
                self._end_search()
                self._later.append(Disconnected(reason=error.strerror or str(error)))
                return
        self._timers[_SEARCH] = self._clock() + timedelta(seconds=timing.SDP_RETRY_S)

    def _found(self) -> None:
        if self._udp is None:
            return
        try:
            datagram, sender = self._udp.recvfrom(_DATAGRAM)
        except OSError:  # nobody listens there yet: the next request asks again
            return
        answer = discovery.accept(datagram, tls=self._tls is not None, required=self.car.needs_tls)
        if answer is None:
            return
        self._end_search()
        scope = sender[3] if len(sender) > 3 and answer.address.is_link_local else 0  # noqa: PLR2004  # of an IPv6 address
        secured = answer.security is sdp.Security.TLS
        self._open(socket.AF_INET6, (str(answer.address), answer.port, 0, scope), tls=secured)

    def _end_search(self) -> None:
        self._timers.pop(_SEARCH, None)
        if self._udp is not None:
            self._selector.unregister(self._udp)
            self._udp.close()
            self._udp = None

    def _open(self, family: int, address: tuple[str | int, ...], *, tls: bool) -> None:
        self._end_link(politely=False)
        endpoint = self._tls.connect(now=self._clock()) if tls and self._tls is not None else None
        watch = self._capture.of_connection(self._clock) if self._capture is not None else None
        self._link = CarLink(family, address, endpoint, watch)

    def _end_link(self, *, politely: bool) -> None:
        link, self._link = self._link, None
        self._timers.pop(_TRICKLE, None)
        if link is None:
            return
        self.key_log += link.key_log_lines()
        for key in [one for one in self._selector.get_map().values() if one.fileobj is link]:
            self._selector.unregister(key.fileobj)
        if politely:
            link.close()
        elif not link.over:
            link.drop()

    def _take_key_log(self) -> None:
        if self._link is not None:
            self.key_log += self._link.key_log_lines()


def _resolve(host: str, port: int, kind: int) -> tuple[int, tuple[str | int, ...]]:
    """Family and address of a host. OSError if there is none."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    return family, tuple(part if isinstance(part, int) else str(part) for part in address)


def _search_socket(place: Place) -> tuple[socket.socket, tuple[int, tuple[str | int, ...]]]:
    """A socket for discovery and where its requests go. OSError for an interface that is not there."""
    if place.sdp is not None:
        family, address = _resolve(*place.sdp, socket.SOCK_DGRAM)
        return socket.socket(family, socket.SOCK_DGRAM), (family, address)
    index = socket.if_nametoindex(place.interface or "")
    made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    except OSError:  # it was there a moment ago
        made.close()
        raise
    return made, (socket.AF_INET6, (str(sdp.MULTICAST_ADDRESS), sdp.PORT, 0, index))
