"""Lets the simulated car of the PyPI package `iso15118` charge at our link, over a cable between two hosts.

    python -m tests.interop.ev_peer [--venv .venv-interop] [--only NAME] [--keep DIR]

Each case is one session of that car: it has to reach the end of its charge and to stop in order. Our side is
the real link, session and certificate manager, as processes; the EVSE manager behind it is played. Needs
root (network namespaces), Java and the package's own environment; skipped with the reason where one is
missing. Exit code 1 when a case fails that is not a known limit of the peer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from certs import pki
from tests.interop import peer_pki
from tests.interop.exi_java import ROOT, SkippedError, environment, say
from tests.support import network
from tests.support.engine import eventually, running
from tests.support.evse_player import Played, PlayedReply
from tests.support.links import Root, ports
from tests.support.stores import provision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SESSION_S: Final = 90.0
"""The longest a session may take; the peer starts a Java machine in it."""


class NamedCase(Protocol):
    """What every case has."""

    @property
    def name(self) -> str:
        """As it is printed."""

    @property
    def limit(self) -> str:
        """Why the peer cannot do it, where it cannot."""


class Case(NamedTuple):
    """One session."""

    name: str
    config: dict[str, Any]
    """The peer's configuration file."""
    limit: str = ""
    """Why the peer cannot do it, where it cannot."""


def _iso2(service: str, *, tls: bool, install: bool = False) -> dict[str, Any]:
    mode = {"AC": "AC_three_phase_core", "DC": "DC_extended"}[service]
    return {
        "supportedProtocols": ["ISO_15118_2"],
        "supportedEnergyServices": [service],
        "energyTransferMode": mode,
        "isCertInstallNeeded": install,
        "useTls": tls,
        "chargeLoopCycle": 5,
    }


def _iso20(service: str) -> dict[str, Any]:
    return {
        "supportedProtocols": [f"ISO_15118_20_{service[:2]}"],
        "supportedEnergyServices": [service],
        "isCertInstallNeeded": False,
        "useTls": False,
        "chargeLoopCycle": 5,
    }


DIN: Final = {
    "supportedProtocols": ["DIN_SPEC_70121"],
    "energyTransferMode": "DC_extended",
    "isCertInstallNeeded": False,
    "useTls": False,
    "chargeLoopCycle": 5,
}
CASES: Final = (
    Case("-2 AC EIM over TCP", _iso2("AC", tls=False)),
    Case("-2 DC EIM over TCP", _iso2("DC", tls=False)),
    Case("-2 AC contract over TLS", _iso2("AC", tls=True)),
    Case("-2 DC contract over TLS", _iso2("DC", tls=True)),
    Case("DIN DC", DIN),
    Case("-20 AC over TCP", _iso20("AC")),
    Case("-20 DC over TCP", _iso20("DC")),
)


class Outcome(NamedTuple):
    """What became of a session."""

    good: bool
    seconds: float
    last: str
    """The peer's last message or complaint."""
    heard: tuple[str, ...]


def main() -> int:
    """Run all cases and print a table."""
    return run_all(CASES, play, __doc__ or "")


def run_all(cases: Sequence[NamedCase], play: Callable[[Any, pathlib.Path, str], Outcome], about: str) -> int:
    """Run cases one after the other and print a line for each; the exit code."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--venv", default=str(ROOT / ".venv-interop"))
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", default="", help="directory for the peer's logs")
    arguments = parser.parse_args()
    if (reason := network.why_not()) is not None:
        say(f"skipped: {reason}")
        return 0
    try:
        python = environment(pathlib.Path(arguments.venv))
    except SkippedError as error:
        say(f"skipped: {error}")
        return 0
    failed = 0
    for case in cases:
        if arguments.only in case.name:
            outcome = play(case, python, arguments.keep)
            verdict = "good" if outcome.good else (f"limit: {case.limit}" if case.limit else "FAILED")
            failed += verdict == "FAILED"
            detail = "" if outcome.good else f"  {outcome.last}"
            say(f"{case.name:28} {verdict:8} {outcome.seconds:6.1f} s{detail}")
    return 1 if failed else 0


def play(case: Case, python: pathlib.Path, keep: str) -> Outcome:
    """One session between two hosts."""
    with tempfile.TemporaryDirectory() as name, cable() as laid:
        directory = pathlib.Path(name)
        made = pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint(case.name))
        provision(directory / "certs", made=made)
        peer_pki.write(made, directory / "peer")
        config = {
            "directory": str(directory),
            "parameters": {"device": "auto"},
            "played": True,
        }
        begun_s = time.monotonic()
        with laid.inside(0), running(Root, config) as (_system, client):
            eventually(lambda: (found := ports(client)).plain and found.tls, within_s=30)
            log = run_peer(case, python, directory, laid)
            played = client.ask("player/main", Played())
        keep_log(keep, case.name, log)
        heard = played.heard if isinstance(played, PlayedReply) else ()
        failures = played.failures if isinstance(played, PlayedReply) else ("?",)
        good = "dlink_terminate" in heard and not failures
        return Outcome(good, time.monotonic() - begun_s, _last(log, failures), heard)


def keep_log(keep: str, name: str, log: str) -> None:
    """Put a log where the user wants it."""
    if keep:
        pathlib.Path(keep, re.sub(r"\W+", "_", name) + ".log").write_text(log, encoding="utf-8")


@contextlib.contextmanager
def cable() -> Iterator[network.Cable]:
    """Two hosts, joined."""
    made = network.Cable()
    try:
        made.lay()
        yield made
    finally:
        made.take_away()


def run_peer(case: Case, python: pathlib.Path, directory: pathlib.Path, laid: network.Cable) -> str:
    """The peer's whole log."""
    config = directory / "ev.json"
    config.write_text(json.dumps(case.config), encoding="utf-8")
    module = ("iso15118.evcc.main", str(config))
    with laid.inside(1), peer(python, module, directory, laid.device(1)) as (process, log):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SESSION_S)
        return log.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def peer(
    python: pathlib.Path, module: tuple[str, ...], directory: pathlib.Path, device: str, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], pathlib.Path]]:
    """One program of the package while it runs, and its log; it ends with everything it has started."""
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
            [str(python), "-m", *module], env=environ, cwd=directory, stdout=file, stderr=file,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        yield process, log
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last(log: str, failures: tuple[str, ...]) -> str:
    lines = [line for line in log.splitlines() if re.search(r"ERROR|error|Exception|FAILED|terminat", line)]
    return f"{', '.join(failures)} {lines[-1][-200:] if lines else log[-200:]}"


if __name__ == "__main__":
    sys.exit(main())
