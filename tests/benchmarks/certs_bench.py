"""What a verification, a request and an OCSP answer cost on one core.

    python -m tests.benchmarks.certs_bench [--quick]

Every chain has four certificates: leaf, two sub-CAs, root. "first" reads all of them anew, as for a car that
was never seen; "again" finds what the certificates say already read, as sub-CAs and roots mostly are;
signatures are verified each time. There is no bar for these; a station does a handful of them per session.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from typing import TYPE_CHECKING

from certs import chain, ocsp, pem, pki, requests
from certs.facts import read
from certs.keys import KeyKind
from certs.revocation import Evidence
from tests.benchmarks.machine import Figure, describe, in_ms, print_table
from tests.support.certificates import NOW, Forge, world

if TYPE_CHECKING:
    from collections.abc import Callable

SUBJECT = requests.Subject(common_name="DE*EVS*E000001", organization="Operator", country="DE")


def timed(action: Callable[[], object], repeats: int) -> list[float]:
    """How many seconds each call took."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return taken


def verifying(label: str, name: str, kind: KeyKind, repeats: int) -> list[Figure]:
    """Verification of one hierarchy: first, again, and with an OCSP answer for each certificate."""
    leaf = world(kind)[name]
    profile = pki.LEAF_PROFILES[name]
    text = pem.to_pem(leaf.chain)
    period = pki.Period.around(NOW)
    answers = []
    one = leaf
    while one.issuer is not None:
        answers.append(pki.ocsp_response(one.certificate, one.issuer, period=period))
        one = one.issuer
    evidence = Evidence(responses=tuple(answers), required=True)

    def verify(revocation: Evidence | None = None) -> None:
        verdict = chain.verify(
            leaf.certificate, leaf.chain[1:], leaf.path[-1:], profile=profile, now=NOW, revocation=revocation
        )
        assert verdict.result == "Valid", verdict

    def first() -> None:
        read.cache_clear()
        certificates = pem.load_certificates(text)
        verdict = chain.verify(certificates[0], certificates[1:], leaf.path[-1:], profile=profile, now=NOW)
        assert verdict.result == "Valid", verdict

    return [
        in_ms(f"verify 4 certificates, {label}, from PEM, first", timed(first, repeats)),
        in_ms(f"verify 4 certificates, {label}, again", timed(verify, repeats)),
        in_ms(f"verify 4 certificates, {label}, 3 OCSP answers", timed(lambda: verify(evidence), repeats)),
    ]


def making(repeats: int) -> list[Figure]:
    """Keys and requests."""
    kinds = (KeyKind.P256, KeyKind.P521, KeyKind.ED448)
    figures = []
    for kind in kinds:
        request = functools.partial(requests.new_request, SUBJECT, kind=kind)
        figures.append(in_ms(f"new key and request, {kind}", timed(request, repeats)))
    leaf = world()["SECC_LEAF"]
    assert leaf.issuer is not None
    issuer = leaf.issuer.certificate
    answer = pki.ocsp_response(leaf.certificate, leaf.issuer, period=pki.Period.around(NOW))
    options = pki.Options(now=NOW)
    return [
        *figures,
        in_ms(
            "verify 1 OCSP answer",
            timed(lambda: ocsp.verify_response(answer, leaf.certificate, issuer, now=NOW), repeats),
        ),
        in_ms("whole test PKI, both editions", timed(lambda: pki.build(options), max(5, repeats // 50))),
    ]


def resisting(repeats: int) -> list[Figure]:
    """What somebody can make us do who sends what he likes."""
    forge = Forge("bench")
    root = forge.root().certificate
    crowd = [forge.ca("Sub", None, key_ids=False) for _ in range(999)]
    leaf = forge.leaf(crowd[-1], key_ids=False)
    text = pem.to_pem([leaf.certificate, *(one.certificate for one in crowd)])
    profile = pki.LEAF_PROFILES["SECC_LEAF"]

    def refuse() -> None:
        read.cache_clear()
        first, *received = pem.load_certificates(text)
        verdict = chain.verify(first, received, [root], profile=profile, now=NOW)
        assert verdict.result == "InvalidChain", verdict

    return [in_ms("refuse 1,000 certificates of one name, from PEM", timed(refuse, max(5, repeats // 50)))]


def main() -> int:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the repetitions")
    repeats = 50 if parser.parse_args().quick else 500
    figures = [
        *verifying("-2, P-256", "SECC_LEAF", KeyKind.P521, repeats),
        *verifying("-20, P-521", "SECC_LEAF_20", KeyKind.P521, repeats),
        *verifying("-20, Ed448", "SECC_LEAF_20", KeyKind.ED448, repeats),
        *making(repeats),
        *resisting(repeats),
    ]
    return 0 if print_table(f"certificates, {describe()}", figures) else 1


if __name__ == "__main__":
    sys.exit(main())
