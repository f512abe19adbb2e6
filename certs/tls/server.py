"""The station's contexts: one port for cars of both editions, swapped as a whole when the store changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from OpenSSL import SSL

from certs.tls.client_hello import ClientHello, HelloError, HelloReader
from certs.tls.contexts import server_context
from certs.tls.editions import RULES, Edition, TlsRules
from certs.tls.endpoint import TlsEndpoint
from certs.tls.exchange import Exchange, Expectation
from certs.tls.faults import Alert, TlsFailure, alert_record
from certs.tls.selection import Selection, select

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from certs.tls.material import Identity, ServerMaterial


Choose = Callable[[ClientHello], tuple[Selection, SSL.Connection] | TlsFailure]
"""Decides what a ClientHello gets."""


class ServerEndpoint(TlsEndpoint):
    """The station's end. It reads the ClientHello first and decides then what the car gets."""

    def __init__(self, exchange: Exchange, choose: Choose) -> None:
        super().__init__(exchange, None)
        self._choose = choose
        self._reader: HelloReader | None = HelloReader()
        self.hello: ClientHello | None = None
        """What the car has offered."""
        self.selection: Selection | None = None
        """What it gets."""

    @property
    def identity(self) -> Identity | None:
        """The chain that is shown."""
        return None if self.selection is None else self.selection.identity

    @property
    def stapled(self) -> bool:
        """Whether the car has asked for an OCSP response and got one."""
        return self._exchange.stapled

    def _receive_early(self, data: bytes) -> None:
        if self._reader is None:
            super()._receive_early(data)
            return
        try:
            self.hello = self._reader.feed(data)
        except HelloError as error:
            self._refuse(error.failure)
            return
        if self.hello is None:
            return
        raw, self._reader = bytes(self._reader.raw), None
        chosen = self._choose(self.hello)
        if isinstance(chosen, TlsFailure):
            self._refuse(chosen)
            return
        self.selection, connection = chosen
        self._begin(connection)
        super()._receive_early(raw)

    def _refuse(self, failure: TlsFailure) -> None:
        """Before OpenSSL has seen a byte the alert is ours to write."""
        self._outgoing += alert_record(Alert(failure.alert or Alert.INTERNAL_ERROR))
        self._fail(failure)


@dataclass(frozen=True, slots=True, eq=False)
class _Snapshot:
    """The contexts of one material: for each chain one, and for -2 one more that answers trusted_ca_keys."""

    material: ServerMaterial
    contexts: Mapping[tuple[Identity, bool], SSL.Context]


class ServerContexts:
    """Accepts connections with the newest material; those that run keep what they began with.

    `key_log`: gather the secrets of each connection (`TlsEndpoint.key_log_lines`). Whoever has them can read
    everything that was said; only for finding faults (M7.2).
    """

    def __init__(self, material: ServerMaterial, *, key_log: bool = False) -> None:
        self._key_log = key_log
        self._snapshot = self._build(material)

    @property
    def material(self) -> ServerMaterial:
        """What new connections get."""
        return self._snapshot.material

    def update(self, material: ServerMaterial) -> None:
        """Use other material from now on. If it cannot be used, the old one stays and the error goes on."""
        self._snapshot = self._build(material)

    def accept(self, *, now: datetime) -> ServerEndpoint:
        """The station's end of a new connection; certificates are judged as of `now`, which has a zone."""
        if now.utcoffset() is None:
            raise ValueError("`now` needs a time zone")
        snapshot, exchange = self._snapshot, Exchange(now=now)

        def choose(hello: ClientHello) -> tuple[Selection, SSL.Connection] | TlsFailure:
            selection = select(hello, snapshot.material, now)
            if isinstance(selection, TlsFailure):
                return selection
            exchange.staple = selection.identity.fresh_staple(now)
            exchange.expected = _expectation(selection.rules, snapshot.material)
            connection = SSL.Connection(snapshot.contexts[selection.identity, selection.acknowledged], None)
            connection.set_accept_state()
            return selection, connection

        return ServerEndpoint(exchange, choose)

    def _build(self, material: ServerMaterial) -> _Snapshot:
        contexts = {
            (identity, acknowledge): server_context(
                rules, identity, material, acknowledge=acknowledge, key_log=self._key_log
            )
            for rules in RULES.values()
            for identity in material.of(rules.edition)
            for acknowledge in ((False, True) if rules.edition is Edition.ISO2 else (False,))
        }
        return _Snapshot(material, contexts)


def _expectation(rules: TlsRules, material: ServerMaterial) -> Expectation | None:
    if rules.client is None:
        return None
    return Expectation(roots=material.vehicle_roots, profiles=(rules.client,), revocation=material.revocation)
