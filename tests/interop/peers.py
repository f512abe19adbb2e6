"""The programs of the PyPI package `iso15118` while they run, and the cable between two hosts."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
from typing import TYPE_CHECKING, Final

from tests.support import network

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = pathlib.Path(__file__).parent
STATION: Final = ("-m", "iso15118.secc.main")
STATION_WITH_SUPPLY: Final = (str(HERE / "peer_station_main.py"),)
"""The same with a DC supply that follows the car."""
STATION_WITH_TLS_20: Final = (*STATION_WITH_SUPPLY, "--tls-20")
"""And with the TLS that ISO 15118-20 asks for."""
CAR: Final = ("-m", "iso15118.evcc.main")
CAR_WITH_TLS_20: Final = (str(HERE / "peer_car_main.py"),)
"""The same with the TLS that ISO 15118-20 asks for."""


@contextlib.contextmanager
def cable() -> Iterator[network.Cable]:
    """Two hosts, joined; their addresses can be used at once."""
    made = network.Cable()
    try:
        made.lay()
        for end, name in enumerate(made.names):
            device = made.device(end)
            with made.inside(end):
                pathlib.Path(f"/proc/sys/net/ipv6/conf/{device}/accept_dad").write_text("0", encoding="ascii")
            for state in ("down", "up"):
                network.ip("-n", name, "link", "set", device, state)
        yield made
    finally:
        made.take_away()


@contextlib.contextmanager
def peer(
    python: pathlib.Path, program: tuple[str, ...], directory: pathlib.Path, device: str, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], pathlib.Path]]:
    """One program of the package while it runs, and its log; it ends with everything it has started.

    Its certificates are in `directory/peer`.
    """
    environ = os.environ | {
        "PKI_PATH": f"{directory / 'peer'}/",
        "NETWORK_INTERFACE": device,
        "LOG_LEVEL": "DEBUG",
        "ENABLE_TLS_1_3": "False",
        **settings,
    }
    log = directory / "peer.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(python), *program], env=environ, cwd=directory, stdout=file, stderr=file,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        yield process, log
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def text_of(log: pathlib.Path) -> str:
    """What a peer has logged so far."""
    return log.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def printing_to(path: pathlib.Path) -> Iterator[None]:
    """What this process, and those it starts meanwhile, print goes into a file."""
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    try:
        with path.open("ab") as file:
            for descriptor in (1, 2):
                os.dup2(file.fileno(), descriptor)
        yield
    finally:
        for descriptor, before in zip((1, 2), kept, strict=True):
            os.dup2(before, descriptor)
            os.close(before)
