import base64
from dataclasses import replace

import pytest

from certs import pem, pki, profiles
from certs.hashes import hash_data
from certs.keys import KeyKind
from certs.ocsp import Status
from certs.pki.hierarchies import contents
from certs.profiles import Domain
from certs.store.decisions import INSTALL_RESULTS, rows_for
from certs.store.hash_types import to_message
from certs.verdict import Reason
from certs.verdict import Result as Verification
from protocols.types.evse_security import CertificateValidationResult as Result
from tests.support.der import without_version
from tests.support.stores import (
    DAY,
    NOW,
    Ca,
    Leaf,
    add_leaf,
    chain_text,
    opened,
    other_world,
    provision,
    station,
    text,
    world,
)  # fmt: skip

MO, SUB = world()["MO_LEAF"], world()["MO_SUB_CA2"]


def contract(issuer=SUB, **changes):
    usual = contents(world().rows["MO_LEAF"], world().options, pki.Edition.ISO2)
    return world().mint.identity("CONTRACT", replace(usual, **changes), issuer, key=MO.key)


def contract_text(**changes):
    return text(*contract(**changes).chain)


def with_bad_signature(chain, position):
    der = bytearray(pem.to_der(chain[position]))
    der[-1] ^= 1
    return text(*chain[:position], pem.load_der(bytes(der)), *chain[position + 1 :])


def forged_front():
    """A CA somebody made for himself in another's name, and a genuine chain behind it."""
    usual = contents(world().rows["MO_LEAF"], world().options, pki.Edition.ISO2)
    forged = world().mint.identity("FORGED", replace(usual, ca=True), None, kind=KeyKind.P256)
    return (forged.certificate, *MO.chain)


CASES = {
    "a good chain": (lambda: chain_text("MO_LEAF"), Result.VALID),
    "sub-CAs in another order": (lambda: text(MO.certificate, *reversed(MO.chain[1:])), Result.VALID),
    "a CA before the leaf": (lambda: text(*reversed(MO.chain)), Result.INVALID_CHAIN),
    "a forged CA before a genuine chain": (lambda: text(*forged_front()), Result.ISSUER_NOT_FOUND),
    "text and line ends": (
        lambda: "subject=x\n" + chain_text("MO_LEAF").replace("\n", "\r\n"),
        Result.VALID,
    ),
    "its own root inside": (lambda: text(*MO.path), Result.VALID),
    "expired": (lambda: contract_text(not_before=NOW - 9 * DAY, not_after=NOW - DAY), Result.EXPIRED),
    "not yet valid": (
        lambda: contract_text(not_before=NOW + DAY, not_after=NOW + 9 * DAY),
        Result.UNKNOWN,
    ),
    "a leaf signature that is wrong": (
        lambda: with_bad_signature(MO.chain, 0),
        Result.INVALID_LEAF_SIGNATURE,
    ),
    "a signature above that is wrong": (lambda: with_bad_signature(MO.chain, 1), Result.INVALID_SIGNATURE),
    "no sub-CAs": (lambda: text(MO.certificate), Result.ISSUER_NOT_FOUND),
    "a root smuggled in": (
        lambda: text(*other_world()["MO_LEAF"].path),
        Result.ISSUER_NOT_FOUND,
    ),
    "a wrong usage": (lambda: contract_text(usages=frozenset({"crl_sign"})), Result.INVALID_CHAIN),
    "garbage": (lambda: "garbage", Result.UNKNOWN),
    "nothing": (lambda: "", Result.UNKNOWN),
    "a leaf that contradicts itself": (
        lambda: text(pem.load_der(without_version(pem.to_der(MO.certificate)))),
        Result.UNKNOWN,
    ),
    "a sub-CA that contradicts itself": (
        lambda: text(*MO.chain, pem.load_der(without_version(pem.to_der(SUB.certificate)))),
        Result.VALID,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_chain_has_its_result(tmp_path, case):
    given, expected = CASES[case]

    assert station(tmp_path).verify_certificate(given(), [Leaf.MO], now=NOW) is expected


def test_every_result_of_a_verification_is_in_the_table():
    assert {expected for _, expected in CASES.values()} == set(Result)
    assert set(INSTALL_RESULTS) == set(Verification)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("SECC_LEAF", Leaf.V2G), ("CSMS_LEAF", Leaf.CSMS), ("CSMS_SERVER", Leaf.CSMS), ("MF_LEAF", Leaf.MF)],
)
def test_leaves_of_every_domain_can_be_verified(tmp_path, name, kind):
    store = station(tmp_path)

    assert store.verify_certificate(chain_text(name), [kind], now=NOW) is Result.VALID
    assert store.verify_certificate(chain_text(name), [Leaf.MO], now=NOW) is Result.ISSUER_NOT_FOUND


def test_a_contract_may_hang_below_a_v2g_root(tmp_path):
    below = replace(world()["V2G_ROOT_CA"])
    chain = contract_text(issuer=below)
    store = station(tmp_path)

    assert store.verify_certificate(chain, [Leaf.MO, Leaf.V2G], now=NOW) is Result.VALID
    assert store.verify_certificate(chain, [Leaf.MO], now=NOW) is Result.ISSUER_NOT_FOUND


def test_without_any_domain_nothing_is_trusted(tmp_path):
    assert station(tmp_path).verify_certificate(chain_text("MO_LEAF"), [], now=NOW) is Result.UNKNOWN


def test_without_roots_no_issuer_is_found(tmp_path):
    store = opened(tmp_path)

    assert store.verify_certificate(chain_text("MO_LEAF"), [Leaf.MO], now=NOW) is Result.ISSUER_NOT_FOUND


def test_v2g_beside_mo_does_not_mean_stations():
    assert rows_for((Domain.MO, Domain.V2G)) == profiles.profiles_of([Domain.MO])
    assert rows_for((Domain.V2G,)) == profiles.profiles_of([Domain.V2G])


def test_a_sub_ca_may_come_from_the_bundle(tmp_path):
    provision(tmp_path)
    bundle = tmp_path / "ca/mo/MO_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + text(*SUB.chain).encode())

    assert opened(tmp_path).verify_certificate(text(MO.certificate), [Leaf.MO], now=NOW) is Result.VALID


def test_a_chain_revoked_by_a_cached_answer_is_invalid(tmp_path):
    # given the station's own leaf, and a responder that has revoked it
    leaf = add_leaf(provision(tmp_path), "a")
    issuer = world()["CPO_SUB_CA2"]
    store = opened(tmp_path)
    chain = text(leaf, *issuer.chain)
    assert store.verify_certificate(chain, [Leaf.V2G], now=NOW) is Result.VALID

    # when its answer arrives
    der = pki.ocsp_response(leaf, issuer, period=pki.Period.around(NOW), status=Status.REVOKED)
    store.update_ocsp_cache(
        to_message(hash_data(leaf, issuer.certificate)), base64.b64encode(der).decode(), now=NOW
    )

    # then the leaf is no longer trusted, and others still are
    assert store.verify_certificate(chain, [Leaf.V2G], now=NOW) is Result.INVALID_CHAIN
    assert store.verify_certificate(chain_text("SECC_LEAF"), [Leaf.V2G], now=NOW) is Result.VALID


def judged(store, name, *domains, made=None):
    leaf, *others = (made or world())[name].chain
    return store.judge([pem.to_der(one) for one in (leaf, *reversed(others))], domains, now=NOW)


@pytest.mark.parametrize(
    ("name", "domain"),
    [("MO_LEAF", Domain.MO), ("SECC_LEAF", Domain.V2G), ("CSMS_LEAF", Domain.CSMS), ("MF_LEAF", Domain.MF)],
)
def test_a_judgement_names_the_path_it_rests_on(tmp_path, name, domain):
    verdict = judged(station(tmp_path), name, domain)

    assert verdict.path[0] == world()[name].certificate
    assert verdict.result is Verification.VALID


def test_the_first_certificate_is_judged_and_no_other(tmp_path):
    store = station(tmp_path)

    verdict = store.judge([pem.to_der(one) for one in forged_front()], [Domain.MO, Domain.V2G], now=NOW)

    assert verdict.result is Verification.ISSUER_NOT_FOUND
    assert store.judge([pem.to_der(MO.chain[1])], [Domain.MO], now=NOW).result is not Verification.VALID


def test_nothing_is_asked_about_the_chain_behind_a_forged_ca(tmp_path):
    asked = station(tmp_path).get_mo_ocsp_request_data(text(*forged_front()), now=NOW)

    assert asked.ocsp_request_data_list == ()


@pytest.mark.parametrize(("name", "domain"), [("OEM_LEAF", Domain.OEM), ("CPS_LEAF", Domain.CPS)])
def test_leaves_of_cars_count_below_the_v2g_roots(tmp_path, name, domain):
    # given
    store = station(tmp_path)
    before = judged(store, name, domain)
    root = world()[name].chain[-1]
    above = world()[name].issuer
    while above.issuer is not None:
        above = above.issuer
    # when
    store.install_ca_certificate(text(above.certificate), Ca.V2G, now=NOW)
    # then
    assert root is not None
    assert judged(store, name, domain).result is Verification.VALID
    known_before = above.certificate == world()["V2G_ROOT_CA"].certificate
    assert (before.result is Verification.VALID) is known_before


def test_a_judgement_says_why_not_and_about_whom(tmp_path):
    verdict = judged(station(tmp_path), "MO_LEAF", Domain.MO, made=other_world())

    assert verdict.reason in {Reason.NO_TRUSTED_ROOT, Reason.ISSUER_NOT_FOUND, Reason.SIGNATURE}


@pytest.mark.parametrize("chain", [[], [b""], [b"\x30\x00"], [b"x" * 100_000]])
def test_what_is_no_certificate_is_judged_malformed(tmp_path, chain):
    verdict = opened(tmp_path).judge(chain, [Domain.MO], now=NOW)

    assert verdict.reason is Reason.MALFORMED


def test_without_a_domain_nobody_has_issued_it(tmp_path):
    assert judged(station(tmp_path), "MO_LEAF").reason is Reason.ISSUER_NOT_FOUND
