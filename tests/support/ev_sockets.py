"""A handmade station behind real sockets on the loopback, in the test's own thread or in one of its own."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from datetime import UTC, datetime

from actors.simulation.ev.exchange import Disconnected
from certs import pki
from certs.keys import KeyKind
from certs.profiles import Domain
from certs.tls import Identity, ServerContexts, ServerMaterial, State
from protocols.iso15118 import sdp, v2gtp


class SocketStation:
    """Answers discovery and one car after the other; `make()` gives the station for a connection.

    `contexts`: TLS, None for plain TCP. Nothing waits: `step` does what can be done.
    """

    def __init__(self, make, contexts=None, *, silent=0):
        self.make, self.contexts, self.silent = make, contexts, silent
        self.listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
        self.listener.settimeout(0)
        self.udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.udp.bind(("::1", 0))
        self.udp.settimeout(0)
        self.car = self.tls = self.station = None
        self.received = b""
        self.stations = []
        self.peer = None
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(self.udp, selectors.EVENT_READ)

    @property
    def port(self):
        return self.listener.getsockname()[1]

    @property
    def sdp_port(self):
        return self.udp.getsockname()[1]

    def step(self, timeout_s=0.0):
        for key, _ in self.selector.select(timeout_s):
            if key.fileobj is self.listener:
                self.accept()
            elif key.fileobj is self.udp:
                self.discover()
            else:
                self.serve()

    def accept(self):
        self.hang_up()
        self.car, _ = self.listener.accept()
        self.car.settimeout(0)
        self.selector.register(self.car, selectors.EVENT_READ)
        self.reader, self.station = v2gtp.FrameReader(), self.make()
        self.stations.append(self.station)
        self.tls = self.contexts.accept(now=datetime.now(UTC)) if self.contexts else None

    def discover(self):
        _, sender = self.udp.recvfrom(100)
        if self.silent:
            self.silent -= 1
            return
        security = sdp.Security.TLS if self.contexts else sdp.Security.NO_TLS
        answer = sdp.Response(
            address=sdp.IPv6Address("::1"), port=self.port, security=security, transport=sdp.Transport.TCP
        )
        self.udp.sendto(b"noise", sender)
        self.udp.sendto(answer.encode(), sender)

    def serve(self):
        try:
            data = self.car.recv(65536)
        except OSError:
            data = b""
        if self.tls is not None:
            self.tls.receive_data(data)
            self.send(b"")
            data = self.tls.read()
            self.peer = self.tls.peer or self.peer
            if self.tls.state not in {State.OPEN, State.HANDSHAKE, State.HELLO}:
                self.hang_up()
                return
            if not data:
                return
        self.received += data
        if not data:
            self.hang_up()
            return
        try:
            self.reader.receive_data(data)
            while isinstance(event := self.reader.next_event(), v2gtp.Frame):
                self.answer(event)
        except (v2gtp.RemoteProtocolError, ValueError):
            self.hang_up()

    def answer(self, frame):
        answer = self.station(frame.payload_type, frame.payload)
        if isinstance(answer, Disconnected):
            self.hang_up()
        elif answer is not None:
            self.send(v2gtp.encode(answer.payload_type, answer.payload))

    def send(self, data):
        if self.tls is not None:
            if data:
                self.tls.write(data)
            data = self.tls.data_to_send()
        if data:
            self.car.sendall(data)

    def hang_up(self):
        if self.car is not None:
            self.selector.unregister(self.car)
            self.car.close()
            self.car = None

    def close(self):
        self.hang_up()
        self.listener.close()
        self.udp.close()
        self.selector.close()


@contextlib.contextmanager
def serving(station):
    """The station in a thread of its own."""
    stop = threading.Event()

    def loop():
        while not stop.is_set():
            station.step(0.02)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield station
    finally:
        stop.set()
        thread.join()
        station.close()


def living_world():
    """Certificates that are valid now, as sockets are used with the real clock."""
    options = pki.Options(now=datetime.now(UTC), iso20_kind=KeyKind.P521)
    return pki.build(options, pki.insecure_mint("cars"))


def server_contexts(made, *, editions=2):
    """TLS as a station of both editions speaks it, or of -2 alone."""
    identities = tuple(
        Identity(certificates=made[name].chain, key=made[name].key, root=made[root].certificate)
        for name, root in (("SECC_LEAF", "V2G_ROOT_CA"), ("SECC_LEAF_20", "V2G_ROOT_CA_20"))[:editions]
    )
    return ServerContexts(ServerMaterial(identities=identities, vehicle_roots=made.roots(Domain.OEM)))
