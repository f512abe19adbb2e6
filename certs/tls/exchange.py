"""What is learnt in one handshake, where OpenSSL's callbacks leave it. Pure.

That is: the verdict on the peer, the staples, the alerts, the secrets.

A connection holds its exchange and the exchange knows no connection, so nothing lives in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from certs.chain import verify
from certs.errors import CertificateError
from certs.ocsp import Status, verify_response
from certs.tls.faults import Alert
from certs.verdict import Reason, Refused, Verdict, Verified

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from certs.chain import Revocation
    from certs.profiles import Profile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expectation:
    """What the certificate of the peer must be."""

    roots: tuple[x509.Certificate, ...]
    profiles: tuple[Profile, ...]
    revocation: Revocation | None = None
    staple_required: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Exchange:
    """One handshake at the time `now`. Secrets do not show in its repr."""

    now: datetime
    expected: Expectation | None = None
    """None: the peer shows no certificate."""
    staple: bytes | None = field(default=None, repr=False)
    """What we show."""
    stapled: bool = False
    """Whether we were asked for it, and have shown it."""
    verdict: Verdict | None = None
    peer_staple: bytes | None = field(default=None, repr=False)
    """The response that a server has shown to us, once it is verified."""
    staple_missing: bool = False
    _waiting_staple: bytes | None = field(default=None, init=False, repr=False)
    alert_sent: int | None = None
    alert_received: int | None = None
    key_log: list[str] = field(default_factory=list, repr=False)

    def judge(self, certificates: tuple[x509.Certificate, ...]) -> Verdict:
        """The verdict on the peer's chain, the leaf first; reached once for each connection."""
        if self.verdict is None:
            self.verdict = self._judge(certificates)
        return self.verdict

    def _judge(self, certificates: tuple[x509.Certificate, ...]) -> Verdict:
        if self.expected is None or not certificates:
            return Refused(reason=Reason.MALFORMED, detail="no certificate where one is judged")
        return verify(
            certificates[0],
            certificates[1:],
            self.expected.roots,
            profile=self.expected.profiles,
            now=self.now,
            revocation=self.expected.revocation,
        )

    def staple_to_show(self) -> bytes:
        """What goes out to a client that asks; nothing at all if there is none."""
        self.stapled = self.staple is not None
        return self.staple or b""

    def accept_staple(self, response: bytes) -> bool:
        """Judge what a server has stapled. A revoked leaf turns the verdict; a missing one may be fatal.

        Where OpenSSL asks before there is a verdict, the staple waits for `catch_up`.
        """
        if self.verdict is None:
            self._waiting_staple = response
            return True
        if not isinstance(self.verdict, Verified):
            return False
        leaf, issuer = self.verdict.path[:2]
        required = self.expected is not None and self.expected.staple_required
        try:
            answer = verify_response(response, leaf, issuer, now=self.now)
        except CertificateError:
            self.staple_missing = True
            return not required
        if answer.status is Status.REVOKED:
            self.verdict = Refused(reason=Reason.REVOKED, certificate=leaf, detail="says its staple")
            return False
        self.peer_staple = response
        self.staple_missing = answer.status is not Status.GOOD
        return not (required and self.staple_missing)

    def catch_up(self) -> bool:
        """Judge the staple that waits for the verdict, if one does."""
        waiting, self._waiting_staple = self._waiting_staple, None
        return waiting is None or self.accept_staple(waiting)

    def note_alert(self, value: int, *, sent: bool) -> None:
        """An alert went by, its level in the upper byte. The first one of each side that ends things counts.

        The level is not looked at: TLS 1.3 has done away with it (RFC 8446 6).
        """
        number = value & 0xFF
        if number in _HARMLESS:
            return
        if sent and self.alert_sent is None:
            self.alert_sent = number
        elif not sent and self.alert_received is None:
            self.alert_received = number


_HARMLESS: Final = frozenset({Alert.CLOSE_NOTIFY, Alert.USER_CANCELED, Alert.NO_RENEGOTIATION})


def judge(exchange: Exchange, certificates: tuple[x509.Certificate, ...]) -> Verdict:
    """`Exchange.judge` as the callback of `binding.verify_peers`."""
    return exchange.judge(certificates)
