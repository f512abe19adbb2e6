"""Lets our simulated car charge at the station of the PyPI package `iso15118`, over a cable of two hosts.

    python -m tests.interop.station_peer [--venv .venv-interop] [--only NAME] [--keep DIR]

Each case is one run of `evsite ev`. Needs and exit codes are those of `ev_peer`.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import Final, NamedTuple

from certs import pki
from tests.interop import peer_pki
from tests.interop.ev_peer import Outcome, cable, keep_log, peer, run_all
from tests.interop.exi_java import say
from tests.support.engine import eventually
from tests.support.stores import put

RUN_S: Final = 80.0
START_S: Final = 60.0
"""The peer starts a Java machine first."""


SMALL_BATTERY: Final = """
car:
  mode: dc
  dc: {max_current_a: 40, max_power_w: 1600, max_voltage_v: 60}
  battery:
    capacity_wh: 2000
    voltage_v: [[0, 40], [100, 40]]
    charge_w: [[0, 1000], [100, 200]]
"""
"""The simulated station of the peer offers 40 V, no more and no less."""


PRE_CHARGE: Final = "its simulated supply stays at 1 V, and our car waits for the voltage of its battery"


class Case(NamedTuple):
    """One run of our car."""

    name: str
    options: tuple[str, ...]
    protocol: str
    """What the peer is told to speak."""
    limit: str = ""


CASES: Final = (
    Case(
        "-2 AC EIM over TCP",
        ("--protocol", "iso2", "--mode", "ac", "--pay", "eim", "--no-tls"),
        "ISO_15118_2",
    ),
    Case(
        "-2 DC EIM over TCP",
        ("--protocol", "iso2", "--script", "dc.yaml", "--pay", "eim", "--no-tls"),
        "ISO_15118_2",
        PRE_CHARGE,
    ),
    Case(
        "-2 AC contract over TLS", ("--protocol", "iso2", "--mode", "ac", "--pay", "contract"), "ISO_15118_2"
    ),
    Case(
        "-2 DC contract over TLS",
        ("--protocol", "iso2", "--script", "dc.yaml", "--pay", "contract"),
        "ISO_15118_2",
        PRE_CHARGE,
    ),
    Case(
        "DIN DC",
        ("--protocol", "din", "--script", "dc.yaml", "--pay", "eim", "--no-tls"),
        "DIN_SPEC_70121",
        PRE_CHARGE,
    ),
)


def play(case: Case, python: pathlib.Path, keep: str) -> Outcome:
    """One run between two hosts."""
    with tempfile.TemporaryDirectory() as name, cable() as laid:
        directory = pathlib.Path(name)
        made = pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint(case.name))
        peer_pki.write(made, directory / "peer")
        for path, file in pki.files(made, None, with_broken=False).items():
            put(directory / "car" / path, file.content, file.mode)
        (directory / "dc.yaml").write_text(SMALL_BATTERY, encoding="utf-8")
        settings = {"PROTOCOLS": case.protocol, "AUTH_MODES": "EIM,PNC", "SECC_ENFORCE_TLS": "False"}
        with (
            laid.inside(0),
            peer(python, ("iso15118.secc.main",), directory, laid.device(0), **settings) as (_process, log),
        ):
            eventually(lambda: "UDP server started" in log.read_text(errors="replace"), within_s=START_S)
            begun_s = time.monotonic()
            with laid.inside(1):
                ran = subprocess.run(
                    [
                        sys.executable, "-m", "actors.cli", "ev", "--interface", laid.device(1),
                        "--pki", str(directory / "car"), "--time-lapse", "2000", *case.options,
                    ],
                    capture_output=True, text=True, timeout=RUN_S, check=False, cwd=directory,
                )  # fmt: skip
            seconds = time.monotonic() - begun_s
            keep_log(keep, f"station {case.name}", ran.stdout + ran.stderr + log.read_text(errors="replace"))
    last = (ran.stderr or ran.stdout).strip().splitlines()[-1:] or [""]
    return Outcome(ran.returncode == 0, seconds, last[0], ())


if __name__ == "__main__":
    say("our car at the station of the package iso15118:")
    sys.exit(run_all(CASES, play, __doc__ or ""))
