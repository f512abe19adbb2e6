"""Differential run: `openssl s_client -status` against our car, at stations that show good and broken chains.

    python -m tests.interop.openssl_staples [--count 240] [--verbose]

Each case is a station of ISO 15118-2 with a generated chain and an OCSP response about its leaf, or none.
Both clients trust the same root and judge by the same moment: whether they accept the chain, and what the
response says. A disagreement must be one of `RULES` of `openssl_chains`, or of `STAPLES` here. Skipped with
exit code 0 where there is no openssl; anything unexplained ends in exit code 1.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from certs import ocsp, pki
from certs.errors import CertificateError
from certs.ocsp import Status
from certs.pem import to_pem
from certs.tls import ClientContext, ClientMaterial, Identity, ServerContexts, ServerMaterial, State
from tests.interop.openssl_chains import CHANGES, ON_CAS, RULES, STRICTER, Change, say
from tests.support.certificates import DAY, NOW, Forge

if TYPE_CHECKING:
    from certs.pki import Identity as Made
    from certs.tls import ServerEndpoint

STAPLES = {
    "revoked": "Our car refuses a station whose response says that it is revoked; s_client only prints it.",
    "stale": "We do not show a response that no car should believe; nor does our car.",
}
CHANGED_KINDS = {"kind"}
"""Changes that make a key no station of -2 may have: our server does not even load it."""
SECONDS = 20


class Case(NamedTuple):
    """A station, and the root its cars trust."""

    name: str
    leaf: Made
    staple: bytes | None
    staple_kind: str


class Seen(NamedTuple):
    """What a client makes of a station."""

    accepted: bool
    status: str
    """What the response said that was shown; empty if none was."""
    words: str


def case_of(seed: int) -> Case:
    """A chain of up to four certificates with up to one change, and a response of some kind."""
    rng = random.Random(seed)
    forge = Forge(f"staples {seed}")
    depth = rng.choice((0, 1, 2, 2))
    place = rng.randrange(depth + 2) if rng.random() < 0.5 else None
    usual = [
        each
        for each in (ON_CAS if place is not None and place <= depth else CHANGES)
        if not CHANGED_KINDS & set(each)
    ]
    change: Change = rng.choice(usual)
    issuer = forge.root(**(change if place == 0 else {}))
    for number in range(1, depth + 1):
        issuer = forge.ca(f"Sub {number}", issuer, **(change if place == number else {}))
    leaf = forge.leaf(issuer, **(change if place == depth + 1 else {}))
    kind = rng.choice(("none", "good", "good", "revoked", "unknown", "stale"))
    return Case(f"{seed} {change if place is not None else {}} {kind}", leaf, staple_of(leaf, kind), kind)


def staple_of(leaf: Made, kind: str) -> bytes | None:
    """A response about the leaf."""
    assert leaf.issuer is not None
    if kind == "none":
        return None
    stale = pki.Period(this_update=NOW - 9 * DAY, next_update=NOW - DAY)
    period = stale if kind == "stale" else pki.Period.around(NOW)
    status = Status(kind) if kind in ("revoked", "unknown") else Status.GOOD
    return pki.ocsp_response(leaf.certificate, leaf.issuer, period=period, status=status)


def station(case: Case) -> ServerEndpoint:
    """The station's end of a new connection."""
    leaf = case.leaf
    shown = leaf.chain if len(leaf.path) > 1 else leaf.path
    identity = Identity(certificates=shown, key=leaf.key, root=leaf.path[-1], staple=case.staple)
    return ServerContexts(ServerMaterial(identities=(identity,))).accept(now=NOW)


def by_us(case: Case) -> Seen:
    """What our car says."""
    server = station(case)
    client = ClientContext(ClientMaterial(roots=case.leaf.path[-1:])).connect(now=NOW)
    while data := client.data_to_send():
        server.receive_data(data)
        if answer := server.data_to_send():
            client.receive_data(answer)
    status = ""
    if client.peer_staple is not None and case.leaf.issuer is not None:
        try:
            status = ocsp.verify_response(
                client.peer_staple, case.leaf.certificate, case.leaf.issuer.certificate, now=NOW
            ).status.value
        except CertificateError:
            status = "refused"
    failure = client.failure
    refused = failure.refused.reason.name if failure and failure.refused else ""
    return Seen(client.state is State.OPEN, status, refused)


def by_openssl(openssl: str, case: Case, folder: pathlib.Path) -> Seen:
    """What `openssl s_client -status` says."""
    (folder / "roots").write_bytes(to_pem(case.leaf.path[-1:]))
    server = station(case)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        command = [
            openssl, "s_client", "-connect", f"127.0.0.1:{listener.getsockname()[1]}", "-tls1_2", "-status",
            "-CAfile", str(folder / "roots"), "-no-CApath", "-no-CAstore", "-verify_return_error",
            "-attime", str(int(NOW.timestamp())), "-purpose", "sslserver",
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(SECONDS)
                serve(connection, server)
            words, _ = process.communicate(timeout=SECONDS)
    found = re.search(r"Cert Status: (\w+)", words)
    accepted = "Verify return code: 0 (ok)" in words and "Cipher is ECDHE" in words
    return Seen(accepted, found[1] if found else "", words)


def serve(connection: socket.socket, server: ServerEndpoint) -> None:
    """Until the handshake is over, one way or the other."""
    while server.state not in {State.OPEN, State.CLOSED, State.FAILED}:
        try:
            server.receive_data(connection.recv(65536))
        except OSError:
            return
        connection.sendall(server.data_to_send())
    server.close()
    connection.sendall(server.data_to_send())


def judge(case: Case, ours: Seen, theirs: Seen) -> str:
    """The label of an outcome."""
    if case.staple_kind == "revoked" and theirs.accepted and ours.words == "REVOKED":
        return "staple: revoked"
    if ours.accepted != theirs.accepted:
        if not ours.accepted:
            return (
                f"rule: {ours.words}"
                if ours.words in {one.name for one in RULES}
                else "unexplained: only we refuse"
            )
        return "rule: STRICTER" if STRICTER in theirs.words else "unexplained: only openssl refuses"
    if not ours.accepted:
        return "both refuse"
    if case.staple_kind == "stale":
        return "staple: stale" if not ours.status and not theirs.status else "unexplained: stale"
    return (
        f"both accept, {ours.status or 'no response'}"
        if ours.status == theirs.status
        else "unexplained: status"
    )


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    openssl = shutil.which("openssl")
    if openssl is None:
        say("skipped: there is no openssl on this machine")
        return 0
    seen: collections.Counter[str] = collections.Counter()
    unexplained = []
    with tempfile.TemporaryDirectory() as name:
        for seed in range(options.count):
            case = case_of(seed)
            ours, theirs = by_us(case), by_openssl(openssl, case, pathlib.Path(name))
            label = judge(case, ours, theirs)
            seen[label] += 1
            if options.verbose or label.startswith("unexplained"):
                unexplained += (
                    [f"{label}: {case.name}: ours {ours}"] if label.startswith("unexplained") else []
                )
                say(f"{label:32} {case.name}")
    say(f"{options.count} stations")
    for label, count in sorted(seen.items()):
        why = STAPLES.get(label.removeprefix("staple: "), "")
        say(f"  {count:5} {label}{'. ' if why else ''}{why}")
    for line in unexplained:
        say(f"  {line}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
