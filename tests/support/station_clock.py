"""The clock of a running station's charge point, turned from outside, and what a car sees of the station.

    with StationClock(story.state) as clock:
        clock.jump(43_200.0)
        ...
    clock.shown(said.time)      # what it was on the station's clock when that was said

Only the charge point's time of day jumps; the machine, its other actors and the trace go on as they were. It
notices when it next looks at its clock for a reason: with a new connection above all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from actors.engine import messages
from actors.engine.client import Client
from actors.engine.faults import Fault, Rule
from actors.engine.wiring import Wiring
from actors.ocpp.messages import Connect, Disconnect
from actors.v2g.messages import GetPorts, Ports
from protocols import codec
from protocols.message import Failure
from tests.support.engine import eventually
from tests.support.links import HandCar

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

CHARGE_POINT: Final = "ocpp/charge_point"
MARGIN_S: Final = 0.3
"""So long before a moment it is after `jump_to`."""


class StationClock:
    """Of the site in this state directory, run with `--faults`; of the life it is in now."""

    def __init__(self, state: Path) -> None:
        placed = json.loads((state / "site.json").read_text(encoding="utf-8"))
        self._client = Client(placed["root"], Wiring(key=(state / "engine.key").read_bytes()))
        self._jumps: list[tuple[datetime, float]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def jump(self, by_s: float) -> None:
        """Turn it. Raises AssertionError when that is refused."""
        rule = codec.to_plain(Rule(fault=Fault.JUMP_CLOCK, seconds=by_s))
        self._jumps.append((datetime.now(UTC), by_s))
        reply = self._client.ask(CHARGE_POINT, messages.Inject(rules=(rule,)))
        assert not isinstance(reply, Failure), reply

    def jump_to(self, moment: datetime) -> None:
        """Turn it to `MARGIN_S` before a moment on it."""
        self.jump((moment - self.shown(datetime.now(UTC))).total_seconds() - MARGIN_S)

    def reconnect(self) -> None:
        """Cut its connection to the back-end and have it make another, at which it looks at its clock."""
        for command in (Disconnect(), Connect()):
            reply = self._client.ask(CHARGE_POINT, command)
            assert not isinstance(reply, Failure), reply

    def shown(self, moment: datetime) -> datetime:
        """What it showed at a moment."""
        by_s = sum(each for turned, each in self._jumps if turned <= moment)
        return moment + timedelta(seconds=by_s)

    def look(self, link: str, roots: Path) -> Shown:
        """What the V2G link of this name shows a car that trusts these V2G roots, in a TLS handshake."""
        ports = eventually(lambda: self._ports(link))
        with HandCar(ports.tls, roots=roots) as car:
            return Shown(leaf=car._tls.peer.path[0], staple=car.staple)  # a car by hand

    def _ports(self, link: str) -> Ports | None:
        found = self._client.ask(link, GetPorts())
        return found if isinstance(found, Ports) else None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a car has seen of a station."""

    leaf: x509.Certificate
    staple: bytes | None
    """The OCSP response about the leaf, DER; None if it had to do without one."""


def moment_of(text: str) -> datetime:
    """A moment of a trace or a record."""
    return datetime.fromisoformat(text)
