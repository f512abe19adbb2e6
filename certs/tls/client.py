"""The car's contexts, for simulated cars and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL

from certs.tls.contexts import client_context
from certs.tls.endpoint import TlsEndpoint
from certs.tls.exchange import Exchange, Expectation

if TYPE_CHECKING:
    from datetime import datetime

    from certs.tls.material import ClientMaterial


class ClientEndpoint(TlsEndpoint):
    """The car's end. It speaks first: there is something to send as soon as it is made."""

    def __init__(self, exchange: Exchange, connection: SSL.Connection) -> None:
        super().__init__(exchange, connection)
        self._advance()
        self._collect()


class ClientContext:
    """Connects as one car. `key_log`: gather the secrets of each connection."""

    def __init__(self, material: ClientMaterial, *, key_log: bool = False) -> None:
        self.material = material
        self._context = client_context(material, key_log=key_log)

    def connect(self, *, now: datetime) -> ClientEndpoint:
        """The car's end of a new connection; its ClientHello is ready to be sent."""
        if now.utcoffset() is None:
            raise ValueError("`now` needs a time zone")
        material = self.material
        expected = Expectation(
            roots=material.roots,
            profiles=tuple(rules.server for rules in material.rules),
            revocation=material.revocation,
            staple_required=material.staple_required,
        )
        connection = SSL.Connection(self._context, None)
        connection.set_connect_state()
        connection.request_ocsp()
        return ClientEndpoint(Exchange(now=now, expected=expected), connection)
