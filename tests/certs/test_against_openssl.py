"""A part of the differential run of `tests.interop.openssl_chains`, small enough for every test run."""

from __future__ import annotations

import shutil

import pytest

from tests.interop import openssl_chains

pytestmark = pytest.mark.untraced

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl on this machine")


@needs_openssl
def test_openssl_and_we_agree_on_chains_or_a_rule_says_why():
    cases = [
        *list(openssl_chains.shipped())[::4],
        *(openssl_chains.random_chain(seed) for seed in range(120)),
    ]
    seen, unexplained = openssl_chains.compare(OPENSSL, cases, verbose=False)
    assert not unexplained
    assert seen["both accept"] > 40
    assert seen["both refuse"] > 80


@needs_openssl
def test_openssl_and_we_agree_on_every_ocsp_answer():
    seen, unexplained = openssl_chains.compare_ocsp(OPENSSL)
    assert not unexplained
    assert set(seen) == {"good", "revoked", "unknown", "refused"}
