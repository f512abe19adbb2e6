"""What a TLS handshake costs, for both editions: station and car on one core, over memory.

    python -m tests.benchmarks.tls_bench [SECONDS]

"both ends" is the whole handshake with our car; "station" counts only the time inside the station's endpoint,
which is what a site has to afford. The station verifies the car's chain of three certificates in -20; the
car verifies the station's and its OCSP staple in both.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from typing import TYPE_CHECKING

from OpenSSL import SSL

from certs.tls import Edition, HelloReader, State
from tests.support.tls import NOW, car, secc, station

if TYPE_CHECKING:
    from collections.abc import Callable

    from certs.tls import ClientContext, ServerContexts


def handshake(contexts: ServerContexts, context: ClientContext) -> tuple[float, float]:
    """Milliseconds of one handshake: of both ends, and of the station alone."""
    started, spent = time.perf_counter(), 0.0
    client = context.connect(now=NOW)
    server = contexts.accept(now=NOW)
    while data := client.data_to_send():
        before = time.perf_counter()
        server.receive_data(data)
        answer = server.data_to_send()
        spent += time.perf_counter() - before
        if answer:
            client.receive_data(answer)
    if not client.state is server.state is State.OPEN:
        raise SystemExit(f"no handshake: {client.failure} {server.failure}")
    return (time.perf_counter() - started) * 1000, spent * 1000


def repeat(seconds: float, action: Callable[[], tuple[float, ...]]) -> list[tuple[float, ...]]:
    """What the action measured, again and again for some seconds."""
    action()
    end = time.perf_counter() + seconds
    rows = []
    while time.perf_counter() < end:
        rows.append(action())
    return rows


def timed(action: Callable[[], object]) -> tuple[float, ...]:
    """How many milliseconds the action took."""
    started = time.perf_counter()
    action()
    return ((time.perf_counter() - started) * 1000,)


def show(name: str, values: list[float]) -> None:
    """One line of the table."""
    ordered = sorted(values)
    p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    rate = 1000 / statistics.mean(ordered)
    sys.stdout.write(f"{name:44} {len(values):7} {p50:9.3f} {p99:9.3f} {rate:10.0f}\n")


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    out = sys.stdout.write
    out(f"{platform.machine()}, Python {platform.python_version()}, {SSL.SSLeay_version(0).decode()}\n")
    out(f"{'':44} {'n':>7} {'p50 ms':>9} {'p99 ms':>9} {'per second':>10}\n")
    contexts = station()
    for edition in Edition:
        context = car(edition)
        rows = repeat(seconds, lambda context=context: handshake(contexts, context))
        show(f"{edition} handshake, both ends", [row[0] for row in rows])
        show(f"{edition} handshake, station", [row[1] for row in rows])
    hello = car().connect(now=NOW).data_to_send()
    rows = repeat(seconds / 4, lambda: timed(lambda: HelloReader().feed(hello)))
    show("read a ClientHello", [row[0] for row in rows])
    material = contexts.material
    rows = repeat(seconds / 4, lambda: timed(lambda: contexts.update(material)))
    show("new contexts for two chains", [row[0] for row in rows])
    client, server = car().connect(now=NOW), station(secc()).accept(now=NOW)
    while data := client.data_to_send():
        server.receive_data(data)
        client.receive_data(server.data_to_send())
    payload = bytes(600)

    def exchange() -> None:
        client.write(payload)
        server.receive_data(client.data_to_send())
        server.write(server.read())
        client.receive_data(server.data_to_send())
        client.read()

    rows = repeat(seconds / 4, lambda: timed(exchange))
    show("600 bytes there and back, both ends", [row[0] for row in rows])


if __name__ == "__main__":
    main()
