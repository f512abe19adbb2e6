"""The ways in to a link: SDP and the TCP ports, opened and closed as certificates come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from actors.v2g import messages
from actors.v2g.link import discovery, sockets
from actors.v2g.link.discovery import TlsSecurity

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

SDP_BYTES: Final = 2048
SDP_PER_SECOND: Final = 40
"""Answers; a car asks four times a second."""
CONNECTIONS: Final = 10
WINDOW_S: Final = 10.0
"""So many connections in so long a time; whoever comes after waits in the kernel's queue."""
STRATEGIES: Final[Mapping[str, TlsSecurity]] = {
    "ACCEPT_CLIENT_OFFER": TlsSecurity.ALLOW,
    "ENFORCE_TLS": TlsSecurity.FORCE,
    "ENFORCE_NO_TLS": TlsSecurity.PROHIBIT,
}


class House(Protocol):
    """Whose doors these are: the link actor."""

    def watch(self, fd: int, action: Callable[[], None]) -> None:
        """As SiteActor."""

    def unwatch(self, fd: int) -> None:
        """As SiteActor."""

    def start_timer(self, name: str, after_s: float, action: Callable[[], None]) -> None:
        """As SiteActor."""

    def admit(self, connection: socket.socket, *, tls: bool) -> None:
        """A car has connected."""

    def turn_away(self, reason: str) -> None:
        """Count somebody who came in vain."""


class Doors:
    """The listening sockets of one link."""

    def __init__(self, parameters: Mapping[str, Any], house: House) -> None:
        self._house = house
        self._device_name = str(parameters.get("device", "auto"))
        strategy = parameters.get("tls_negotiation_strategy")
        self._policy = (
            STRATEGIES[strategy] if strategy else TlsSecurity(parameters.get("tls_security", "allow"))
        )
        self._with_sdp = bool(parameters.get("enable_sdp_server", True))
        self._device: sockets.Device | None = None
        self._open: dict[str, socket.socket] = {}
        self._answers = 0
        self._admitted = 0

    @property
    def wants_tls(self) -> bool:
        """Whether certificates are of any use."""
        return self._policy is not TlsSecurity.PROHIBIT

    def open(self, *, tls: bool) -> dict[str, str | int | None] | None:
        """Open what should be open and is not, close what should not be. OSError when that cannot be done.

        Gives where cars find us, for the log; None when nothing has changed. A device that has come back as
        another, a modem that was plugged in anew, is looked for again: the old sockets hear nothing more.
        """
        moved = self._device is not None and not sockets.is_there(self._device)
        if moved:
            self.close()
        if moved or self._device is None:
            self._device = None
            self._device = sockets.find_device(self._device_name)
        wanted = {
            "plain": self._policy is not TlsSecurity.FORCE,
            "tls": tls and self.wants_tls,
            "sdp": self._with_sdp,
        }
        before = set(self._open)
        for name, wish in wanted.items():
            if wish and name not in self._open:
                self._open_one(name, self._device)
            elif not wish and name in self._open:
                self._close_one(name)
        if set(self._open) == before:
            return None
        ports = self.ports()
        return {"device": ports.device, "sdp": ports.sdp, "plain": ports.plain, "tls": ports.tls}

    def ports(self) -> messages.Ports:
        """Where cars find us."""
        ports = {name: sockets.port_of(each) for name, each in self._open.items()}
        device = self._device
        name, address = (device.name, str(device.address)) if device else (self._device_name, "::")
        return messages.Ports(device=name, address=address, **ports)

    def close(self) -> None:
        """Close everything."""
        for name in tuple(self._open):
            self._close_one(name)

    def _open_one(self, name: str, device: sockets.Device) -> None:
        made = sockets.sdp_server(device) if name == "sdp" else sockets.listen(device)
        self._open[name] = made
        self._watch(name)

    def _close_one(self, name: str) -> None:
        server = self._open.pop(name)
        self._house.unwatch(server.fileno())
        server.close()

    def _watch(self, name: str) -> None:
        server = self._open.get(name)
        if server is not None:
            action = self._asked if name == "sdp" else lambda: self._accept(name)
            self._house.watch(server.fileno(), action)

    def _accept(self, name: str) -> None:
        try:
            connection, _address = self._open[name].accept()
        except OSError:  # gone again, or no descriptors left: the next one may do better
            self._house.turn_away("accept_failed")
            return
        if not self._admitted:
            self._house.start_timer("connection window", WINDOW_S, self._new_window)
        self._admitted += 1
        if self._admitted >= CONNECTIONS:
            self._house.turn_away("connections_throttled")
            for each in ("plain", "tls"):
                if each in self._open:
                    self._house.unwatch(self._open[each].fileno())
        sockets.look_after(connection)
        self._house.admit(connection, tls=name == "tls")

    def _new_window(self) -> None:
        self._admitted = 0
        for name in ("plain", "tls"):
            self._watch(name)

    def _asked(self) -> None:
        try:
            datagram, sender = self._open["sdp"].recvfrom(SDP_BYTES)
        except OSError:
            return
        if not self._answers:
            self._house.start_timer("sdp window", 1.0, self._new_second)
        self._answers += 1
        if self._answers > SDP_PER_SECOND or self._device is None:
            self._house.turn_away("sdp_throttled")
            return
        ports = discovery.Ports(
            address=self._device.address, plain=self._port("plain"), tls=self._port("tls")
        )
        answer = discovery.answer(datagram, ports, self._policy)
        if isinstance(answer, str):
            self._house.turn_away("sdp_ignored")
            return
        try:
            self._open["sdp"].sendto(answer, sender)
        except OSError:
            self._house.turn_away("sdp_unanswered")

    def _new_second(self) -> None:
        self._answers = 0

    def _port(self, name: str) -> int | None:
        server = self._open.get(name)
        return sockets.port_of(server) if server is not None else None
