"""What an attempt needs before there is a socket: the TLS context, and the addresses of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.link.channel import Channel
from actors.ocpp.link.line import Line
from actors.ocpp.link.material import Material
from actors.ocpp.link.resolver import Lookup, address_of
from actors.ocpp.link.troubles import Mishap
from actors.ocpp.messages import Trouble

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from actors.engine.base import SiteActor
    from actors.ocpp.link.dialling import Dial
    from actors.ocpp.link.resolver import Address
    from actors.ocpp.messages import Dialling

LOOKUP_S: Final = 15.0
"""A name that has not been looked up by then cannot be."""


class Preparation:
    """One at a time; `then` gets the line, not connected yet, or why there is none."""

    def __init__(self, actor: SiteActor, security: str) -> None:
        self._actor = actor
        self._material = Material(actor, security)
        self._lookup: Lookup | None = None
        self._line: Line | None = None
        """The last one: an actor that ends in its middle has nobody else who would close it."""

    def begin(self, dial: Dial, dialling: Dialling, then: Callable[[Line | Mishap], None]) -> None:
        """Gather what the profile needs."""

        def have_context(context: ssl.SSLContext | Mishap | None) -> None:
            if isinstance(context, Mishap):
                then(context)
                return
            self._find(dial, lambda found: have_addresses(context, found))

        def have_addresses(context: ssl.SSLContext | None, found: tuple[Address, ...] | Mishap) -> None:
            if isinstance(found, Mishap):
                then(found)
                return
            channel = Channel(dial.target, dialling.versions, context)
            self._line = Line(channel, found, dial.profile.interface)
            then(self._line)

        self._material.fetch(dial.profile, dialling, have_context)

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._material.cancel()
        self._actor.cancel_timer("look-up")
        if self._lookup is not None:
            self._actor.unwatch(self._lookup.fd)
            self._lookup.close()
            self._lookup = None

    def close(self) -> None:
        """The actor ends."""
        self.cancel()
        if self._line is not None:
            self._line.close()

    def _find(self, dial: Dial, then: Callable[[tuple[Address, ...] | Mishap], None]) -> None:
        uri = dial.target.uri
        if (address := address_of(uri.host, uri.port)) is not None:
            then((address,))
            return
        try:
            lookup = self._lookup = Lookup(uri.host, uri.port)
        except OSError as error:
            then(Mishap(Trouble.UNREACHABLE, str(error)))
            return

        def found() -> None:
            try:
                addresses: tuple[Address, ...] | Mishap = lookup.result()
            except OSError as error:
                addresses = Mishap(Trouble.UNREACHABLE, f"{uri.host}: {error.strerror or error}")
            self.cancel()
            then(addresses)

        self._actor.watch(lookup.fd, found)
        self._actor.start_timer("look-up", LOOKUP_S, found)
