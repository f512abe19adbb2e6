"""What a CSMS, a car or a person may put in: always a documented result, soon, and nothing lost."""

import os
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certs import pem, pki
from certs.pki.hierarchies import contents
from certs.store import Store
from protocols.types.evse_security import CertificateValidationResult, InstallCertificateResult
from tests.support.examples import few
from tests.support.stores import (
    NOW,
    Ca,
    Leaf,
    add_leaf,
    chain_text,
    opened,
    provision,
    put,
    station,
    text,
    world,
)  # fmt: skip

ROOT = text(world()["V2G_ROOT_CA"].certificate)
TIME_LIMIT_S = 2.0
"""Of processor time, for one command."""


def commands(store: Store, given: str):
    """Every command that takes a certificate."""
    data = store.get_mo_ocsp_request_data(given, now=NOW)
    return [
        store.install_ca_certificate(given, Ca.MO, now=NOW),
        store.update_leaf_certificate(given, Leaf.V2G, now=NOW),
        store.verify_certificate(given, [Leaf.MO, Leaf.V2G], now=NOW),
        data.ocsp_request_data_list,
        store.verify_file_signature("/dev/zero", given, "AAAA"),
    ]


def thousand(*, distinct=True):
    leaf, sub = world()["MO_LEAF"], world()["MO_SUB_CA2"]
    if not distinct:
        return text(leaf.certificate) + text(sub.certificate) * 999
    usual = contents(world().rows["MO_SUB_CA2"], world().options, pki.Edition.ISO2)
    public = sub.key.public_key()
    made = [
        pki.issue(usual, public, world()["MO_SUB_CA1"], world()["MO_SUB_CA1"].key, n) for n in range(1, 999)
    ]
    return text(leaf.certificate, *made)


CASES = {
    "ten mebibytes of nothing": lambda: "x" * pem.MAX_BYTES,
    "ten mebibytes of one block": lambda: (
        ROOT[:100] + "A" * (pem.MAX_BYTES - 200) + "\n-----END CERTIFICATE-----"
    ),
    "ten mebibytes of marks": lambda: "-----BEGIN CERTIFICATE-----\n" * (pem.MAX_BYTES // 28),
    "more than ten mebibytes": lambda: ROOT * (pem.MAX_BYTES // len(ROOT) + 1),
    "a thousand certificates": thousand,
    "one certificate a thousand times": lambda: thousand(distinct=False),
    "two thousand certificates": lambda: ROOT * 2000,
    "characters that are not ASCII": lambda: "\ud800\u1234" + ROOT[:-5],
}


@pytest.mark.untraced
@pytest.mark.parametrize("case", CASES)
def test_absurd_input_has_a_result_and_soon(tmp_path, case):
    store = station(tmp_path)
    before = store.fingerprint()
    given = CASES[case]()

    started = time.process_time()
    results = commands(store, given)
    spent = time.process_time() - started

    assert results[0] is not InstallCertificateResult.ACCEPTED
    assert results[1] is not InstallCertificateResult.ACCEPTED
    assert isinstance(results[2], CertificateValidationResult)
    assert results[4] is False
    assert spent < TIME_LIMIT_S * len(results)
    assert store.fingerprint() == before


@pytest.mark.untraced
@settings(few(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 2500), replacement=st.binary(max_size=4), cut=st.booleans())
def test_damaged_chains_always_have_a_result(tmp_path, position, replacement, cut):
    store = station(tmp_path)
    good = chain_text("MO_LEAF").encode()
    rest = b"" if cut else good[position + len(replacement) :]
    given = (good[:position] + replacement + rest).decode("latin-1")

    commands(store, given)

    assert (
        store.verify_certificate(chain_text("MO_LEAF"), [Leaf.MO], now=NOW)
        is CertificateValidationResult.VALID
    )


@pytest.mark.parametrize("name", ["garbage.pem", "garbage.key", "garbage.der", "ocsp/garbage.hash"])
def test_garbage_among_the_files_harms_nobody(tmp_path, name):
    provision(tmp_path)
    put(tmp_path / "client/cso/ocsp/garbage.der", os.urandom(100))
    put(tmp_path / f"client/cso/{name}", os.urandom(1000))

    store = opened(tmp_path)

    assert len(store.get_installed_certificates((), now=NOW).certificate_hash_data_chain) == 5
    assert store.collect_garbage(now=NOW) == ()


def test_issuers_in_a_circle_end_the_search(tmp_path):
    # given two sub-CAs that have issued each other, and a leaf below

    one, two = world()["CPO_SUB_CA1"], world()["CPO_SUB_CA2"]
    usual = {
        name: contents(world().rows[name], world().options, pki.Edition.ISO2) for name in (one.name, two.name)
    }
    circle = [
        pki.issue(replace(usual[one.name], path_length=None), one.key.public_key(), two, two.key, 901),
        pki.issue(replace(usual[two.name], path_length=None), two.key.public_key(), one, one.key, 902),
    ]
    provision(tmp_path, ("ca/mo/",))
    leaf = add_leaf(tmp_path, "leaf", with_chain=False)
    put(tmp_path / "client/cso/circle.pem", text(leaf, *circle))
    put(tmp_path / "ca/v2g/V2G_ROOT_CA.pem", text(*circle))

    store = opened(tmp_path)

    assert store.get_v2g_ocsp_request_data(now=NOW).ocsp_request_data_list == ()
    assert store.verify_certificate(text(leaf, *circle), [Leaf.V2G], now=NOW) is (
        CertificateValidationResult.ISSUER_NOT_FOUND
    )
