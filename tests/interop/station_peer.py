"""Lets our simulated car charge at the station of the PyPI package `iso15118`, over a cable of two hosts.

    python -m tests.interop.station_peer [--venv .venv-interop] [--only NAME] [--keep DIR]

Each case is one run of `evsite ev`. The package's simulated DC supply stays at 1 V; but for one case it is
replaced by one that follows the car. Needs and exit codes are those of `ev_peer`.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from certs import pki
from tests.interop import peer_pki
from tests.interop.exi_java import say
from tests.interop.peers import STATION, STATION_WITH_SUPPLY, STATION_WITH_TLS_20, cable, peer, text_of
from tests.interop.table import Limit, Outcome, keep_log, run_all
from tests.support.engine import eventually
from tests.support.stores import put

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_S: Final = 60.0
START_S: Final = 60.0
"""The peer starts a Java machine first."""
CAR: Final = """
car:
  protocols: [{protocol}]
  mode: {mode}
  patience: {patience}
  time_lapse: 1000
  install: {install}
  control: {control}
  ac: {{loop_s: 0.25}}
  dc: {{max_current_a: 40, max_power_w: 1600, max_voltage_v: 60}}
  battery:
    voltage_v: [[0, 40], [100, 40]]
    discharge_w: 1000
steps: [{steps}]
"""
"""The peer offers 40 V, no more and no less, and takes its time: it is not speed that is tried here."""
CHARGE: Final = "plug, charge: {minutes: 15}, unplug"
PAUSE: Final = "plug, charge: {minutes: 8}, pause: {seconds: 7}, resume, charge: {minutes: 8}, unplug"
"""It closes the connection five seconds after the session, and listens from then on."""


class Case(NamedTuple):
    """One run of our car."""

    name: str
    protocol: str
    """What both speak, as the peer calls it."""
    mode: str
    options: tuple[str, ...]
    limit: Limit | None = None
    steps: str = CHARGE
    install: str = "never"
    control: str = "dynamic"
    station: tuple[str, ...] = STATION_WITH_SUPPLY
    chains: Mapping[str, peer_pki.Names] = peer_pki.CHAINS
    patience: int = 20
    """How many times as long as the standard says our car waits."""


def tls_20(
    name: str, protocol: str, mode: str, *pay: str, limit: Limit | None = None, install: str = "never"
) -> Case:
    """One with the TLS and the certificates of -20."""
    return Case(
        name,
        protocol,
        mode,
        pay,
        limit,
        install=install,
        chains=peer_pki.CHAINS_20,
        station=STATION_WITH_TLS_20,
    )


DIN, ISO2, AC_20, DC_20 = "DIN_SPEC_70121", "ISO_15118_2", "ISO_15118_20_AC", "ISO_15118_20_DC"
LANGUAGES: Final = {DIN: "din", ISO2: "iso2", AC_20: "iso20", DC_20: "iso20"}
EIM_TCP: Final = ("--pay", "eim", "--no-tls")
EIM_TLS: Final = ("--pay", "eim", "--tls")
CONTRACT: Final = ("--pay", "contract")
HASH: Final = Limit(
    "it checks digests by SHA-256 whatever they say they are; -20 asks for SHA-512",
    shown_by=r"xmlenc#sha512[\s\S]*Digest mismatch",
)
CASES: Final = (
    Case("-2 AC EIM over TCP", ISO2, "ac", EIM_TCP),
    Case(
        "-2 DC EIM over TCP, its own DC supply",
        ISO2,
        "dc",
        EIM_TCP,
        Limit(
            "its supply stays at 1 V while our car asks for 40 V",
            shown_by="failed in PreCharge: Timeout: phase",
        ),
        station=STATION,
        patience=1,
    ),
    Case("-2 DC EIM over TCP", ISO2, "dc", EIM_TCP),
    Case("-2 AC EIM over TLS", ISO2, "ac", EIM_TLS),
    Case("-2 DC EIM over TLS", ISO2, "dc", EIM_TLS),
    Case("-2 AC contract over TLS", ISO2, "ac", CONTRACT),
    Case("-2 DC contract over TLS", ISO2, "dc", CONTRACT),
    Case("-2 AC contract installed on the way", ISO2, "ac", CONTRACT, install="always"),
    Case("-2 AC paused and resumed", ISO2, "ac", EIM_TCP, steps=PAUSE),
    Case("-2 DC paused and resumed", ISO2, "dc", EIM_TCP, steps=PAUSE),
    Case("DIN DC", DIN, "dc", EIM_TCP),
    Case("-20 AC EIM over TCP", AC_20, "ac", EIM_TCP),
    Case("-20 DC EIM over TCP", DC_20, "dc", EIM_TCP),
    Case("-20 AC scheduled EIM over TCP", AC_20, "ac", EIM_TCP, control="scheduled"),
    Case("-20 DC scheduled EIM over TCP", DC_20, "dc", EIM_TCP, control="scheduled"),
    Case("-20 AC_BPT EIM over TCP", AC_20, "ac_bpt", EIM_TCP),
    Case("-20 DC_BPT EIM over TCP", DC_20, "dc_bpt", EIM_TCP),
    Case("-20 AC paused and resumed", AC_20, "ac", EIM_TCP, steps=PAUSE),
    Case("-20 DC paused and resumed", DC_20, "dc", EIM_TCP, steps=PAUSE),
    Case(
        "-20 AC EIM over its own TLS 1.3",
        AC_20,
        "ac",
        EIM_TLS,
        Limit(
            "its TLS knows secp256r1 alone, -20 asks for curves of 448 bits and more",
            shown_by="failed in Connecting: Tls",
        ),
        chains=peer_pki.CHAINS_20,
    ),
    tls_20("-20 AC EIM over TLS 1.3", AC_20, "ac", *EIM_TLS),
    tls_20("-20 DC EIM over TLS 1.3", DC_20, "dc", *EIM_TLS),
    tls_20("-20 AC contract over TLS 1.3", AC_20, "ac", *CONTRACT, limit=HASH),
    tls_20("-20 DC contract over TLS 1.3", DC_20, "dc", *CONTRACT, limit=HASH),
    tls_20(
        "-20 AC contract installed on the way",
        AC_20,
        "ac",
        *CONTRACT,
        limit=Limit("it has not implemented that", shown_by="CertificateInstallation not yet implemented"),
        install="always",
    ),
)
UNTRIED: Final[dict[str, str]] = {}


def play(case: Case, python: pathlib.Path, keep: str) -> Outcome:
    """One run between two hosts."""
    with tempfile.TemporaryDirectory() as name, cable() as laid:
        directory = pathlib.Path(name)
        made = pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint(case.name))
        peer_pki.write(made, directory / "peer", case.chains)
        for path, file in pki.files(made, None, with_broken=False).items():
            put(directory / "car" / path, file.content, file.mode)
        script = directory / "car.yaml"
        script.write_text(
            CAR.format(**case._asdict() | {"protocol": LANGUAGES[case.protocol]}), encoding="utf-8"
        )
        settings = {
            "PROTOCOLS": case.protocol,
            "AUTH_MODES": "EIM,PNC",
            "SECC_ENFORCE_TLS": "False",
            "ENABLE_TLS_1_3": str(case.chains is peer_pki.CHAINS_20),
        }
        with (
            laid.inside(0),
            peer(python, case.station, directory, laid.device(0), **settings) as (_process, log),
        ):
            eventually(lambda: "UDP server started" in text_of(log), within_s=START_S)
            begun_s = time.monotonic()
            with laid.inside(1):
                good, said = run(case, directory, laid.device(1))
            seconds = time.monotonic() - begun_s
            seen = said + text_of(log)
    keep_log(keep, f"station {case.name}", seen)
    return Outcome(good, seconds, (said.strip().splitlines() or [""])[-1], seen)


def run(case: Case, directory: pathlib.Path, device: str) -> tuple[bool, str]:
    """Our car: whether it has charged, and what it has said."""
    command = [
        sys.executable, "-m", "actors.cli", "ev", "--interface", device, "--pki", str(directory / "car"),
        "--script", "car.yaml", *case.options,
    ]  # fmt: skip
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=RUN_S, check=False, cwd=directory
        )
    except subprocess.TimeoutExpired:
        return False, f"our car has not ended after {RUN_S:g} s"
    return ran.returncode == 0, ran.stderr + ran.stdout


if __name__ == "__main__":
    say("our car at the station of the package iso15118:")
    sys.exit(run_all(CASES, play, __doc__ or "", UNTRIED))
