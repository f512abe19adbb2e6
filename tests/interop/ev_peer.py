"""Lets the simulated car of the PyPI package `iso15118` charge at our link, over a cable between two hosts.

    python -m tests.interop.ev_peer [--venv .venv-interop] [--only NAME] [--keep DIR]

Each case is one session of that car: it has to reach the end of its charge and to stop in order. Our side is
the real link, session and certificate manager, as processes; the EVSE manager behind it is played, and so is
the service that installs contracts. Needs root (network namespaces), Java and the package's own environment;
skipped with the reason where one is missing. Exit code 1 when something happens that is not expected.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from certs import pki
from certs.pki.layout import ROOT_BUNDLES
from certs.profiles import Domain
from tests.interop import peer_pki
from tests.interop.exi_java import say
from tests.interop.peers import CAR, CAR_WITH_TLS_20, cable, peer, printing_to, text_of
from tests.interop.table import Limit, Outcome, keep_log, run_all
from tests.support.engine import eventually, running
from tests.support.evse_player import Played, PlayedReply
from tests.support.links import Root, ports
from tests.support.stores import provision, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.engine.client import Client
    from tests.support import network

SESSION_S: Final = 90.0
"""The longest a session may take; the peer starts a Java machine in it."""
LOOK_S: Final = 0.2
STOPPED: Final = "SessionStopRes received"
"""In its log; then it waits five seconds before it ends."""
END, END_S = "dlink_terminate", 5.0
"""What our EVSE manager hears at the end of every session, and how long after the peer's at most."""
EIM: Final = {"contract": False}
"""What our EVSE manager is, where it takes no contracts."""


class Case(NamedTuple):
    """One session."""

    name: str
    config: dict[str, Any]
    """The peer's configuration file."""
    limit: Limit | None = None
    evse: dict[str, Any] = {}  # noqa: RUF012  # nobody changes it
    """Arguments of `pairing.Evse`."""
    said: str = ""
    """What our EVSE manager must have heard besides the end."""
    program: tuple[str, ...] = CAR
    chains: Mapping[str, peer_pki.Names] = peer_pki.CHAINS
    settings: dict[str, str] = {}  # noqa: RUF012  # as above


def iso2(service: str, *, tls: bool, install: bool = False) -> dict[str, Any]:
    """What the car of ISO 15118-2 is configured to do."""
    mode = {"AC": "AC_three_phase_core", "DC": "DC_extended"}[service]
    return {
        "supportedProtocols": ["ISO_15118_2"],
        "supportedEnergyServices": [service],
        "energyTransferMode": mode,
        "isCertInstallNeeded": install,
        "useTls": tls,
        "chargeLoopCycle": 5,
    }


def iso20(service: str, *, tls: bool = False, install: bool = False) -> dict[str, Any]:
    """The same for ISO 15118-20."""
    return {
        "supportedProtocols": [f"ISO_15118_20_{service[:2]}"],
        "supportedEnergyServices": [service],
        "isCertInstallNeeded": install,
        "useTls": tls,
        "chargeLoopCycle": 5,
    }


DIN: Final = {
    "supportedProtocols": ["DIN_SPEC_70121"],
    "energyTransferMode": "DC_extended",
    "isCertInstallNeeded": False,
    "useTls": False,
    "chargeLoopCycle": 5,
}
EIM_ASKED, CONTRACT_ASKED, INSTALLED = "require_auth_eim", "require_auth_pnc", "iso15118_certificate_request"
TLS_20: Final[dict[str, Any]] = {"chains": peer_pki.CHAINS_20, "settings": {"ENABLE_TLS_1_3": "True"}}
ONE_CURVE: Final = Limit(
    "its TLS offers secp256r1 alone, by which we speak -2 over TLS 1.2 but not -20",
    shown_by="Failed_NoNegotiation",
)
NUMBERS: Final = Limit(
    "it writes signatures of 64 bytes whatever the key, those by secp521r1 need 132", shown_by="OverflowError"
)
HASH: Final = Limit(
    "it signs by SHA-256 with secp256r1 as in -2, which -20 does not know: we refuse it",
    shown_by="FAILED_SignatureError",
)
OLD_CONTRACT: Final = TLS_20 | {"chains": {**peer_pki.CHAINS_20, "MO_LEAF": peer_pki.CHAINS["MO_LEAF"]}}
CASES: Final = (
    Case("-2 AC EIM over TCP", iso2("AC", tls=False), said=EIM_ASKED),
    Case("-2 DC EIM over TCP", iso2("DC", tls=False), said=EIM_ASKED),
    Case("-2 AC EIM over TLS", iso2("AC", tls=True), evse=EIM, said=EIM_ASKED),
    Case("-2 DC EIM over TLS", iso2("DC", tls=True), evse=EIM, said=EIM_ASKED),
    Case("-2 AC contract over TLS", iso2("AC", tls=True), said=CONTRACT_ASKED),
    Case("-2 DC contract over TLS", iso2("DC", tls=True), said=CONTRACT_ASKED),
    Case("-2 AC contract installed on the way", iso2("AC", tls=True, install=True), said=INSTALLED),
    Case("DIN DC", DIN, said=EIM_ASKED),
    Case("-20 AC EIM over TCP", iso20("AC"), said=EIM_ASKED),
    Case("-20 DC EIM over TCP", iso20("DC"), said=EIM_ASKED),
    Case("-20 AC_BPT EIM over TCP", iso20("AC_BPT"), said=EIM_ASKED),
    Case("-20 DC_BPT EIM over TCP", iso20("DC_BPT"), said=EIM_ASKED),
    Case("-20 AC EIM over its own TLS 1.3", iso20("AC", tls=True), ONE_CURVE, evse=EIM, **TLS_20),
    Case(
        "-20 AC EIM over TLS 1.3",
        iso20("AC", tls=True),
        evse=EIM,
        said=EIM_ASKED,
        program=CAR_WITH_TLS_20,
        **TLS_20,
    ),
    Case(
        "-20 DC EIM over TLS 1.3",
        iso20("DC", tls=True),
        evse=EIM,
        said=EIM_ASKED,
        program=CAR_WITH_TLS_20,
        **TLS_20,
    ),
    Case("-20 AC contract over TLS 1.3", iso20("AC", tls=True), NUMBERS, program=CAR_WITH_TLS_20, **TLS_20),
    Case(
        "-20 AC contract of -2 over TLS 1.3",
        iso20("AC", tls=True),
        HASH,
        program=CAR_WITH_TLS_20,
        **OLD_CONTRACT,
    ),
    Case(
        "-20 DC contract of -2 over TLS 1.3",
        iso20("DC", tls=True),
        HASH,
        program=CAR_WITH_TLS_20,
        **OLD_CONTRACT,
    ),
)
UNTRIED: Final = {
    "-20 contract installed on the way": "its state for the answer of -20 only raises an error",
    "pause and resume": "it never sends SessionStopReq with Pause, and keeps no session id for later",
}


def play(case: Case, python: pathlib.Path, keep: str) -> Outcome:
    """One session between two hosts."""
    with tempfile.TemporaryDirectory() as name, cable() as laid:
        directory = pathlib.Path(name)
        made = pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint(case.name))
        furnish(directory, made)
        peer_pki.write(made, directory / "peer", case.chains)
        config = {
            "directory": str(directory),
            "parameters": {"device": "auto", "supported_ISO15118_20": True},
            "played": {"evse": case.evse, "provisioning": str(directory / "pki")},
        }
        begun_s, ours = time.monotonic(), directory / "station.log"
        with printing_to(ours), laid.inside(0), running(Root, config) as (_system, client):
            eventually(lambda: (found := ports(client)).plain and found.tls, within_s=30)
            log = run_peer(case, python, directory, laid)
            heard, failures = told(client, log)
        keep_log(keep, case.name, log)
        keep_log(keep, f"our station, {case.name}", text_of(ours))
        good = END in heard and case.said in (*heard, "") and not failures
        detail = _last(log, failures) + ("" if case.said in heard else f", {case.said} was not heard")
        return Outcome(good, time.monotonic() - begun_s, detail, log)


def told(client: Client, log: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What our EVSE manager has heard, and the failures among it; the end may take it a moment."""
    end_s = time.monotonic() + (END_S if STOPPED in log else 0.0)
    while True:
        played = client.ask("player/main", Played())
        heard, failures = (
            (played.heard, played.failures) if isinstance(played, PlayedReply) else ((), ("nobody",))
        )
        if END in heard or time.monotonic() >= end_s:
            return heard, failures
        time.sleep(LOOK_S)


def furnish(directory: pathlib.Path, made: pki.Pki) -> None:
    """Our station's store, with the roots of OEMs, to which vehicles lead, and the whole PKI beside it."""
    files = pki.files(made, None, with_broken=False)
    provision(directory / "certs", made=made)
    roots = [files[ROOT_BUNDLES[domain]].content for domain in (Domain.V2G, Domain.OEM)]
    put(directory / "certs" / ROOT_BUNDLES[Domain.V2G], b"".join(roots))
    for path, file in files.items():
        put(directory / "pki" / path, file.content, file.mode)


def run_peer(case: Case, python: pathlib.Path, directory: pathlib.Path, laid: network.Cable) -> str:
    """The peer's log, once it has stopped its session, has ended, or has shown what it cannot do."""
    config = directory / "ev.json"
    config.write_text(json.dumps(case.config), encoding="utf-8")
    program = (*case.program, str(config))
    with laid.inside(1), peer(python, program, directory, laid.device(1), **case.settings) as (process, log):
        end_s = time.monotonic() + SESSION_S
        ends = case.limit.shown_by if case.limit else STOPPED
        while time.monotonic() < end_s and process.poll() is None and not re.search(ends, text_of(log)):
            time.sleep(LOOK_S)
        time.sleep(LOOK_S)  # for what follows at once
        return text_of(log)


def _last(log: str, failures: tuple[str, ...]) -> str:
    lines = [line for line in log.splitlines() if re.search(r"ERROR|error|Exception|FAILED|terminat", line)]
    return f"{', '.join(failures)} {lines[-1][-200:] if lines else log[-200:]}"


if __name__ == "__main__":
    say("the car of the package iso15118 at our station:")
    sys.exit(run_all(CASES, play, __doc__ or "", UNTRIED))
