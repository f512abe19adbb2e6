"""One end of a TLS connection that touches no socket: bytes in, bytes out (sans-IO).

`receive_data` what came from the peer, send it `data_to_send`, `read` and `write` what is protected. A peer
can make a connection FAILED, never make a method raise; exceptions are for our own mistakes. How long a
handshake may take is the caller's to say. Not for use from several threads at once.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from OpenSSL import SSL

from certs.pem import unique
from certs.tls.editions import RULES, Edition
from certs.tls.faults import (
    Alert,
    Fault,
    TlsBacklogError,
    TlsFailure,
    TlsStateError,
    alert_name,
)
from certs.verdict import Refused, Verdict, Verified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

    from certs.tls.exchange import Exchange

MAX_HANDSHAKE_BYTES: Final = 64 * 1024
"""That a peer may send before the connection is open. A -20 car needs about 8 KiB."""
MAX_UNREAD_BYTES: Final = 256 * 1024
"""Of decrypted bytes nobody has read. Read after each `receive_data` and it is never reached."""
MAX_UNSENT_BYTES: Final = 1024 * 1024
_CHUNK: Final = 16 * 1024


class State(enum.Enum):
    """Where a connection stands."""

    HELLO = "the server waits for a ClientHello"
    HANDSHAKE = "the handshake goes on"
    OPEN = "data can be read and written"
    CLOSED = "one side has closed it in order"
    FAILED = "it is over; `failure` says why"


_OVER: Final = frozenset({State.CLOSED, State.FAILED})
_FAULTS: Final[Mapping[int, Fault]] = {
    Alert.PROTOCOL_VERSION: Fault.VERSION,
    Alert.CERTIFICATE_REQUIRED: Fault.NO_PEER_CERTIFICATE,
    Alert.BAD_CERTIFICATE_STATUS_RESPONSE: Fault.STAPLE,
}
"""What has gone wrong where OpenSSL sends this alert; PROTOCOL otherwise."""


class TlsEndpoint:
    """What both ends have in common. Made by `ServerContexts.accept` and `ClientContext.connect`.

    The application should let a connection in state FAILED send what it still has to send (an alert).
    """

    def __init__(self, exchange: Exchange, connection: SSL.Connection | None) -> None:
        self._exchange = exchange
        self._connection: SSL.Connection | None = None
        self._state = State.HELLO
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._handshake_bytes = 0
        self._opened = False
        self.failure: TlsFailure | None = None
        """Why the connection is FAILED."""
        if connection is not None:
            self._begin(connection)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._state.name}>"

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    @property
    def edition(self) -> Edition | None:
        """The edition whose rules were agreed on; None as long as that is open, and if nothing came of it."""
        if self._connection is None or not self._opened:
            return None
        version = self._connection.get_protocol_version()
        return next((edition for edition, rules in RULES.items() if rules.version == version), None)

    @property
    def suite(self) -> str | None:
        """The name of the cipher suite, once there is one."""
        return None if self._connection is None else self._connection.get_cipher_name()

    @property
    def group(self) -> str | None:
        """The name of the key exchange group, in lower case, once there is one."""
        name = None if self._connection is None else self._connection.get_group_name()
        return name.lower() if name is not None else None

    @property
    def peer(self) -> Verified | None:
        """The path of the peer's certificate; None if it shows none, as cars of -2 do."""
        verdict: Verdict | None = self._exchange.verdict
        return verdict if isinstance(verdict, Verified) else None

    @property
    def peer_staple(self) -> bytes | None:
        """The OCSP response a server has shown to us, verified, as DER."""
        return self._exchange.peer_staple

    def receive_data(self, data: bytes) -> State:
        """Take bytes of the peer; empty bytes for the end of its stream. Gives the new state.

        Whatever comes when the connection is over is dropped.
        """
        if self._state in _OVER:
            return self._state
        if not data:
            self._fail(TlsFailure(fault=Fault.TRUNCATED))
        elif self._state is State.OPEN:
            self._feed(data)
            self._decrypt()
        else:
            self._handshake_bytes += len(data)
            self._receive_early(data)
        self._collect()
        return self._state

    def data_to_send(self) -> bytes:
        """The bytes to send to the peer now; each is given once."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    @property
    def unread_bytes(self) -> int:
        """Decrypted bytes that `read` has not given yet."""
        return len(self._incoming)

    @property
    def unsent_bytes(self) -> int:
        """Bytes that `data_to_send` has not given yet."""
        return len(self._outgoing)

    def read(self, limit: int | None = None) -> bytes:
        """Decrypted bytes, at most `limit`; empty if there are none. Also when the connection is over."""
        data = bytes(self._incoming[:limit])
        del self._incoming[: len(data)]
        return data

    def write(self, data: bytes) -> None:
        """Protect bytes for the peer. TlsStateError if the connection is not open, TlsBacklogError if too
        much waits to be sent already; either way nothing was taken.
        """
        if self._state is not State.OPEN or self._connection is None:
            raise TlsStateError(f"cannot write: {self._state.value}")
        if len(self._outgoing) + len(data) > MAX_UNSENT_BYTES:
            raise TlsBacklogError(f"{len(self._outgoing)} bytes are not sent yet")
        if data:
            self._connection.sendall(data)
            self._collect()

    def close(self) -> None:
        """Close in order: close_notify where there are keys, and nothing more after that. Any time, often."""
        if self._state in _OVER:
            return
        was_open, self._state = self._state is State.OPEN, State.CLOSED
        if was_open:
            self._shut_down()
        self._collect()

    def key_log_lines(self) -> tuple[str, ...]:
        """The secrets of this connection as lines of an NSS key log, each given once. Empty unless the
        contexts were made with `key_log`.
        """
        lines = tuple(self._exchange.key_log)
        self._exchange.key_log.clear()
        return lines

    def _begin(self, connection: SSL.Connection) -> None:
        connection.set_app_data(self._exchange)
        self._connection = connection
        self._state = State.HANDSHAKE

    def _receive_early(self, data: bytes) -> None:
        self._feed(data)
        self._advance()

    def _feed(self, data: bytes) -> None:
        assert self._connection is not None
        self._connection.bio_write(data)

    def _advance(self) -> None:
        """Let OpenSSL go on with the handshake as far as it can."""
        assert self._connection is not None
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            if self._handshake_bytes > MAX_HANDSHAKE_BYTES:
                self._fail(TlsFailure(fault=Fault.OVERSIZED, detail=f"{self._handshake_bytes} bytes"))
            return
        except SSL.Error as error:
            self._fail_by(error)
            return
        if (refused := self._peer_refused()) is not None:
            self._fail(refused)
            return
        self._state, self._opened = State.OPEN, True
        self._decrypt()

    def _peer_refused(self) -> TlsFailure | None:
        """The last gate: nobody comes through whose certificate has not been found good."""
        if self._exchange.expected is None:
            return None
        if self._exchange.verdict is None:
            self._exchange.judge(self._peer_chain())
        staple_counts = self._exchange.catch_up()
        if isinstance(self._exchange.verdict, Refused):
            return TlsFailure(fault=Fault.PEER_CERTIFICATE, refused=self._exchange.verdict)
        return None if staple_counts else TlsFailure(fault=Fault.STAPLE)

    def _peer_chain(self) -> tuple[x509.Certificate, ...]:
        assert self._connection is not None
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        others = self._connection.get_peer_cert_chain(as_cryptography=True) or ()
        return () if leaf is None else unique((leaf, *others))

    def _decrypt(self) -> None:
        """Move what is readable into the buffer."""
        assert self._connection is not None
        try:
            while True:
                self._incoming += self._connection.recv(_CHUNK)
                if len(self._incoming) > MAX_UNREAD_BYTES:
                    self._fail(TlsFailure(fault=Fault.UNREAD))
                    return
        except SSL.WantReadError:
            return
        except SSL.ZeroReturnError:
            self._state = State.CLOSED
            self._shut_down()
        except SSL.Error as error:
            self._fail_by(error)

    def _shut_down(self) -> None:
        """Send close_notify, if OpenSSL still can."""
        assert self._connection is not None
        try:
            self._connection.shutdown()
        except SSL.Error:
            return  # in the middle of a message of the peer, say: then the end goes without saying

    def _collect(self) -> None:
        """Take what OpenSSL wants to send."""
        try:
            while self._connection is not None:
                self._outgoing += self._connection.bio_read(_CHUNK)
        except SSL.Error:  # nothing more is there
            return

    def _fail_by(self, error: SSL.Error) -> None:
        """Name what OpenSSL has stumbled over, by the alerts that went by."""
        exchange = self._exchange
        if isinstance(exchange.verdict, Refused):
            alert = exchange.alert_sent
            failure = TlsFailure(fault=Fault.PEER_CERTIFICATE, alert=alert, refused=exchange.verdict)
        elif (received := exchange.alert_received) is not None:
            failure = TlsFailure(fault=Fault.PEER_ALERT, alert=received, detail=alert_name(received))
        elif isinstance(error, SSL.ZeroReturnError):
            failure = TlsFailure(fault=Fault.PEER_ALERT, alert=Alert.CLOSE_NOTIFY, detail="close_notify")
        else:
            sent = exchange.alert_sent
            fault = Fault.PROTOCOL if sent is None else _FAULTS.get(sent, Fault.PROTOCOL)
            failure = TlsFailure(fault=fault, alert=sent, detail=_reasons(error))
        self._fail(failure)

    def _fail(self, failure: TlsFailure) -> None:
        self.failure = failure
        self._state = State.FAILED


def _reasons(error: SSL.Error) -> str:
    """What OpenSSL says, for people."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(entry[-1]) for entry in queue if isinstance(entry, tuple) and entry)
