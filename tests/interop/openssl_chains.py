"""Differential run: `openssl verify` and `openssl ocsp` against ours, on generated chains, good and broken.

    python -m tests.interop.openssl_chains [--random 300] [--verbose]

Each chain is judged by both with the same roots and the same moment. A disagreement must be one of `RULES`,
which say why we differ; any other one, and any rule no chain has needed, ends in exit code 1. Where there
is no openssl the run says so and is skipped with exit code 0.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from certs import chain, ocsp, pki, profiles
from certs.errors import CertificateError
from certs.facts import read
from certs.keys import KeyKind
from certs.ocsp import Status
from certs.pem import to_pem
from certs.pki.issuing import CA_USAGES
from certs.revocation import Evidence
from certs.verdict import Reason, Refused, Verified
from tests.support.certificates import DAY, NOW, Forge, forged, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.pki import Identity
    from certs.profiles import Profile

RULES = {
    Reason.DOMAIN_COMPONENT: "ISO 15118 asks for a DC in the subject; OpenSSL knows nothing of it.",
    Reason.ALGORITHM: "ISO 15118 allows one curve (-2) or two (-20) and one hash; OpenSSL any of its level.",
    Reason.TOO_DEEP: "ISO 15118 allows two sub-CAs, and one cross-signing; OpenSSL's limit is 100.",
    Reason.LEAF_IS_CA: "The profiles want a leaf that is no CA; OpenSSL lets a CA be the end of a path.",
    Reason.KEY_USAGE: "The profiles want a leaf that signs; OpenSSL also takes one for key agreement.",
    Reason.SUBJECT: "The profiles of cars want a CN; OpenSSL takes an empty subject.",
    Reason.NOT_A_CA: "RFC 5280 4.2.1.9 wants basic constraints; OpenSSL takes keyCertSign for them.",
    Reason.EXTENDED_KEY_USAGE: "openssl verify 3.0 has no purpose for code signing, so it is not asked.",
}
"""Why OpenSSL accepts what we refuse, by our reason."""

STRICTER = "unsuitable certificate purpose"
"""The one way in which OpenSSL refuses what we accept: it applies the purposes of the root, which RFC 5280
leaves out of the path, and does not take anyExtendedKeyUsage for the purpose it looks for (4.2.1.12 does)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One chain."""

    name: str
    leaf: x509.Certificate
    received: tuple[x509.Certificate, ...]
    roots: tuple[x509.Certificate, ...]
    profile: Profile
    crls: tuple[x509.CertificateRevocationList, ...] = ()


def say(text: str) -> None:
    """One line for whoever runs this."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def shipped() -> Iterator[Case]:
    """The hierarchies that are shipped, good, shuffled and in every broken variant."""
    for kind in (KeyKind.P521, KeyKind.ED448):
        made = world(kind)
        for name, profile in pki.LEAF_PROFILES.items():
            leaf = made[name]
            yield Case(f"{kind} {name}", leaf.certificate, leaf.chain[1:], leaf.path[-1:], profile)
            yield Case(f"{kind} {name} reversed", leaf.certificate, leaf.path[::-1], leaf.path[-1:], profile)
            for variant in pki.variants_of(made, name):
                broken = pki.broken(made, name, variant)
                yield Case(
                    f"{kind} {name} {variant}",
                    broken.leaf,
                    broken.received,
                    broken.roots,
                    profile,
                    broken.crls,
                )


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
Change = dict[str, Any]
CHANGES: tuple[Change, ...] = (
    {"not_after": NOW - DAY / 24},
    {"not_before": NOW + DAY / 24},
    {"usages": None},
    {"usages": frozenset({"key_agreement"})},
    {"usages": CA_USAGES | {"digital_signature"}},
    {"others": ((UNKNOWN, True),)},
    {"others": ((UNKNOWN, False),)},
    {"purposes": (Purpose.SERVER_AUTH,)},
    {"purposes": (Purpose.CLIENT_AUTH,)},
    {"purposes": (Purpose.ANY_EXTENDED_KEY_USAGE,)},
    {"key_ids": False},
    {"kind": KeyKind.P384},
)
ON_CAS: tuple[Change, ...] = (
    *CHANGES,
    {"ca": False},
    {"basic_constraints": False},
    {"path_length": 0},
    {"path_length": 1},
    {"others": ((x509.NameConstraints([x509.DNSName("example")], None), True),)},
    {"others": ((x509.NameConstraints(None, [x509.DNSName("example")]), True),)},
)
ON_LEAVES: tuple[Change, ...] = (
    *CHANGES,
    {"ca": True},
    {"basic_constraints": False},
    {"names": (x509.DNSName("a.example"),)},
    {"names": (x509.DNSName("other"),)},
    {"subject": x509.Name([])},
)


def random_chain(seed: int) -> Case:
    """A chain of up to six certificates with up to two changes, judged for a CSMS or a car."""
    rng = random.Random(seed)
    forge = Forge(f"openssl {seed}")
    depth = rng.choice((0, 1, 1, 2, 2, 3, 4))
    changed: dict[int, Change] = {}
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        place = rng.randrange(depth + 2)
        changed.setdefault(place, {}).update(rng.choice(ON_CAS if place <= depth else ON_LEAVES))
    issuer = forge.root(**changed.get(0, {}))
    for place in range(1, depth + 1):
        issuer = forge.ca(f"Sub {place}", issuer, **changed.get(place, {}))
    leaf = forge.leaf(issuer, **changed.get(depth + 1, {}))
    profile = rng.choice((profiles.CSMS_CLIENT, profiles.CSMS_CLIENT, profiles.SECC_ISO2))
    return Case(f"random {seed}", *_spoiled(rng, leaf), leaf.path[-1:], profile)


def _spoiled(rng: random.Random, leaf: Identity) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The leaf and what is received: in any order, at times with a gap or a forged signature."""
    received = list(leaf.chain[1:])
    rng.shuffle(received)
    fate = rng.random()
    if fate < 0.1 and received:
        received.pop()
    elif fate < 0.2 and received:
        received[0] = forged(received[0])
    elif fate < 0.25:
        return forged(leaf.certificate), tuple(received)
    return leaf.certificate, tuple(received)


PURPOSES = {
    Purpose.SERVER_AUTH: "sslserver",
    Purpose.CLIENT_AUTH: "sslclient",
}


def by_openssl(openssl: str, case: Case, folder: pathlib.Path) -> tuple[bool, str]:
    """Whether `openssl verify` accepts the chain, and what it says."""
    for name, content in (
        ("leaf", to_pem([case.leaf])),
        ("received", to_pem(case.received)),
        ("roots", to_pem(case.roots)),
        ("crls", b"".join(one.public_bytes(Encoding.PEM) for one in case.crls)),
    ):
        (folder / name).write_bytes(content)
    command = [openssl, "verify", "-attime", str(int(NOW.timestamp())), "-no-CApath", "-no-CAstore"]
    command += ["-CAfile", str(folder / "roots")]
    if case.received:
        command += ["-untrusted", str(folder / "received")]
    if case.crls:
        command += ["-crl_check", "-CRLfile", str(folder / "crls")]
    if purpose := PURPOSES.get(case.profile.purpose) if case.profile.purpose else None:
        command += ["-purpose", purpose]
    done = subprocess.run(
        [*command, str(folder / "leaf")], capture_output=True, text=True, check=False, timeout=30
    )
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def by_us(case: Case) -> Verified | Refused:
    """What `chain.verify` says."""
    return chain.verify(
        case.leaf,
        case.received,
        case.roots,
        profile=case.profile,
        now=NOW,
        revocation=Evidence(crls=case.crls),
    )


def compare(openssl: str, cases: list[Case], *, verbose: bool) -> tuple[collections.Counter[str], list[str]]:
    """How often each outcome was seen, and the disagreements no rule explains."""
    seen: collections.Counter[str] = collections.Counter()
    unexplained = []
    with tempfile.TemporaryDirectory() as name:
        for case in cases:
            accepted, words = by_openssl(openssl, case, pathlib.Path(name))
            ours = by_us(case)
            label = _label(accepted, words, ours)
            seen[label] += 1
            if verbose:
                say(f"{label:40} {case.name}")
            if label.startswith("unexplained"):
                unexplained.append(
                    f"{case.name}: openssl {words!r}, ours {ours.result} {getattr(ours, 'detail', '')}"
                )
    return seen, unexplained


def _label(accepted: bool, words: str, ours: Verified | Refused) -> str:  # noqa: FBT001  # a judgement
    if isinstance(ours, Refused):
        if not accepted:
            return "both refuse"
        return f"rule: {ours.reason.name}" if ours.reason in RULES else "unexplained: only we refuse"
    if accepted:
        return "both accept"
    return (
        "rule: STRICTER"
        if STRICTER in words and _purposes_differ(ours)
        else "unexplained: only openssl refuses"
    )


def _purposes_differ(ours: Verified) -> bool:
    """Whether the root names purposes without the wanted one, or any certificate names any purpose."""
    *below, root = (read(one).purposes for one in ours.path)
    wanted = ours.profile.purpose
    return (root is not None and wanted not in root) or any(
        one is not None and Purpose.ANY_EXTENDED_KEY_USAGE in one for one in below
    )


def responses(now: datetime) -> Iterator[tuple[str, bytes, Identity]]:
    """OCSP answers, good and bad, about leaves of both editions."""
    made = pki.build(pki.Options(now=now), pki.insecure_mint("ocsp"))
    for name in ("SECC_LEAF", "SECC_LEAF_20", "MO_LEAF", "CSMS_LEAF"):
        leaf = made[name]
        assert leaf.issuer is not None
        period = pki.Period.around(now)
        responder = pki.responder(leaf.issuer, made.mint, now=now)
        stranger = pki.responder(made["MF_ROOT_CA"], made.mint, now=now)
        ways: tuple[dict[str, Any], ...] = (
            {},
            {"by_name": True},
            {"responder": responder},
            {"responder": stranger},
            {"responder": leaf},
            {"period": pki.Period(this_update=now - 9 * DAY, next_update=now - DAY)},
            {"period": pki.Period(this_update=now + DAY, next_update=now + 2 * DAY)},
        )
        for number, way in enumerate(ways):
            for status in Status:
                options = {"period": period, "status": status, **way}
                answer = pki.ocsp_response(leaf.certificate, leaf.issuer, **options)
                yield f"{name} {number} {status}", answer, leaf
                if not way:
                    yield f"{name} tampered {status}", answer[:-1] + bytes([answer[-1] ^ 1]), leaf


def ocsp_by_openssl(openssl: str, response: bytes, leaf: Identity, folder: pathlib.Path) -> str:
    """The status `openssl ocsp` believes, or "refused". It reads the clock of the machine."""
    assert leaf.issuer is not None
    (folder / "response").write_bytes(response)
    (folder / "leaf").write_bytes(to_pem([leaf.certificate]))
    (folder / "issuer").write_bytes(to_pem(leaf.issuer.path[:1]))
    (folder / "roots").write_bytes(to_pem(leaf.issuer.path))
    command = [
        openssl,
        "ocsp",
        "-respin",
        str(folder / "response"),
        "-issuer",
        str(folder / "issuer"),
        "-sha256",
    ]
    command += ["-cert", str(folder / "leaf"), "-CAfile", str(folder / "roots"), "-no_nonce"]
    command += ["-no-CApath", "-no-CAstore"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    text = done.stdout + done.stderr
    if done.returncode or "Response verify OK" not in text or "Status times invalid" in text:
        return "refused"
    line = next((one for one in text.splitlines() if one.startswith(str(folder / "leaf"))), "")
    return line.rpartition(":")[2].strip() or "refused"


def ocsp_by_us(response: bytes, leaf: Identity, now: datetime) -> str:
    """The status we believe, or "refused"."""
    assert leaf.issuer is not None
    try:
        return ocsp.verify_response(response, leaf.certificate, leaf.issuer.certificate, now=now).status.value
    except CertificateError:
        return "refused"


def compare_ocsp(openssl: str) -> tuple[collections.Counter[str], list[str]]:
    """How often each status was agreed on, and the disagreements."""
    now = datetime.now(UTC)
    seen: collections.Counter[str] = collections.Counter()
    unexplained = []
    with tempfile.TemporaryDirectory() as name:
        for label, response, leaf in responses(now):
            theirs = ocsp_by_openssl(openssl, response, leaf, pathlib.Path(name))
            ours = ocsp_by_us(response, leaf, now)
            seen[ours] += 1
            if theirs != ours:
                unexplained.append(f"{label}: openssl {theirs}, ours {ours}")
    return seen, unexplained


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=300, help="how many random chains")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    openssl = shutil.which("openssl")
    if openssl is None:
        say("skipped: there is no openssl on this machine")
        return 0
    cases = [*shipped(), *(random_chain(seed) for seed in range(options.random))]
    seen, unexplained = compare(openssl, cases, verbose=options.verbose)
    say(f"{len(cases)} chains")
    for label, count in sorted(seen.items()):
        say(f"  {count:5} {label}")
    answers, wrong = compare_ocsp(openssl)
    say(f"{sum(answers.values())} OCSP answers")
    for label, count in sorted(answers.items()):
        say(f"  {count:5} both {label}")
    idle = [f"rule {rule.name} was never needed" for rule in RULES if not seen[f"rule: {rule.name}"]]
    for line in (*unexplained, *wrong, *idle):
        say(f"  {line}")
    return 1 if unexplained or wrong or idle else 0


if __name__ == "__main__":
    sys.exit(main())
