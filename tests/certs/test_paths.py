"""Finding paths: names, key ids, signatures, circles, crowds and cross-signed roots."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from certs import chain, profiles
from certs.paths import Limits
from certs.verdict import Reason, Refused, Result, Verified
from tests.support.certificates import NOW, Forge, check, forged, unreadable, world

ANY_DEPTH = replace(profiles.SECC_ISO2, max_subs=100)


def reason_of(verdict):
    assert isinstance(verdict, Refused), verdict
    return verdict.reason


def test_without_any_issuer_the_leaf_is_named():
    leaf = world()["SECC_LEAF"]
    verdict = check(leaf, received=())
    assert reason_of(verdict) is Reason.ISSUER_NOT_FOUND
    assert verdict.certificate == leaf.certificate


def test_a_missing_upper_sub_ca_is_found_at_the_lower_one():
    leaf = world()["SECC_LEAF"]
    verdict = check(leaf, received=[leaf.issuer.certificate])
    assert reason_of(verdict) is Reason.ISSUER_NOT_FOUND
    assert verdict.certificate == leaf.issuer.certificate


def test_an_issuer_with_the_right_name_and_another_key_does_not_serve():
    forge = Forge()
    right, wrong = forge.root("Root", key_ids=False), forge.root("Root", key_ids=False)
    assert reason_of(check(forge.leaf(right), wrong)) is Reason.LEAF_SIGNATURE


def test_an_issuer_with_another_key_id_is_not_even_tried():
    forge = Forge()
    right, wrong = forge.root("Root"), forge.root("Root")
    assert reason_of(check(forge.leaf(right), wrong)) is Reason.KEY_ID


def test_a_sub_ca_that_was_tampered_with_is_a_wrong_signature():
    leaf = world()["SECC_LEAF"]
    lower, upper = leaf.chain[1:]
    verdict = check(leaf, received=[forged(lower), upper])
    assert reason_of(verdict) is Reason.SIGNATURE
    assert verdict.result is Result.INVALID_SIGNATURE


def test_a_self_signed_leaf_leads_to_no_trusted_root():
    forge = Forge()
    assert reason_of(check(forge.leaf(None), forge.root())) is Reason.NO_TRUSTED_ROOT


def test_a_cross_signed_root_leads_to_the_root_that_signed_it():
    # given root A that only other cars know, and its key and name certified by root B
    forge = Forge()
    ours, theirs = forge.root("B"), forge.root("A")
    crossed = forge.ca("A", ours, key=theirs.key)
    leaf = forge.leaf(forge.ca("Sub 2", forge.ca("Sub 1", theirs)))
    # when only B is trusted
    verdict = check(leaf, ours, received=[*leaf.path[1:], crossed.certificate])
    # then
    assert isinstance(verdict, Verified)
    assert verdict.path[-2:] == (crossed.certificate, ours.certificate)


def test_a_root_that_is_trusted_itself_is_preferred_to_its_cross_signing():
    forge = Forge()
    ours, theirs = forge.root("B"), forge.root("A")
    crossed = forge.ca("A", ours, key=theirs.key)
    leaf = forge.leaf(theirs)
    verdict = chain.verify(
        leaf.certificate,
        [crossed.certificate],
        [ours.certificate, theirs.certificate],
        profile=profiles.SECC_ISO2,
        now=NOW,
    )
    assert isinstance(verdict, Verified)
    assert verdict.path == (leaf.certificate, theirs.certificate)


def test_a_sub_ca_among_the_roots_is_a_link_and_no_anchor():
    leaf = world()["SECC_LEAF"]
    alone = chain.verify(leaf.certificate, [], leaf.path[1:3], profile=profiles.SECC_ISO2, now=NOW)
    with_root = chain.verify(leaf.certificate, [], leaf.path[1:], profile=profiles.SECC_ISO2, now=NOW)
    assert reason_of(alone) is Reason.ISSUER_NOT_FOUND
    assert with_root.result is Result.VALID


def test_unreadable_certificates_beside_a_good_chain_do_no_harm():
    leaf = world()["SECC_LEAF"]
    spoiled = [unreadable(world()["MO_LEAF"].certificate), unreadable(world()["CPS_LEAF"].certificate)]
    assert check(leaf, received=[*spoiled, *leaf.chain[1:]]).result is Result.VALID


def test_a_circle_of_issuers_ends_without_a_root():
    # given two CAs that have certified each other
    forge = Forge()
    one = forge.ca("One", None)
    two = forge.ca("Two", one)
    back = forge.ca("One", two, key=one.key)
    leaf = forge.leaf(two)
    verdict = check(leaf, forge.root(), received=[two.certificate, back.certificate])
    assert reason_of(verdict) is Reason.ISSUER_NOT_FOUND


def test_an_endless_chain_stops_at_the_depth_limit():
    forge = Forge()
    issuer = forge.root()
    for number in range(12):
        issuer = forge.ca(f"Sub {number}", issuer)
    verdict = check(forge.leaf(issuer), profile=ANY_DEPTH)
    assert reason_of(verdict) is Reason.TOO_DEEP


def test_ten_certificates_are_within_the_depth_limit():
    forge = Forge()
    issuer = forge.root()
    for number in range(8):
        issuer = forge.ca(f"Sub {number}", issuer)
    assert check(forge.leaf(issuer), profile=ANY_DEPTH).result is Result.VALID


def test_a_crowd_of_cas_of_one_name_is_given_up_in_bounded_time():
    # given 200 CAs of the same name without key ids, any of which might have signed the leaf
    forge = Forge()
    crowd = [forge.ca("Sub", None, key_ids=False) for _ in range(200)]
    leaf = forge.leaf(crowd[-1], key_ids=False)
    started = time.process_time()
    verdict = check(leaf, forge.root(), received=[one.certificate for one in crowd])
    assert reason_of(verdict) is Reason.TOO_COMPLEX
    assert time.process_time() - started < 5


def test_a_mesh_of_cas_that_all_certified_each_other_is_given_up():
    # given eight CAs, each certified by each other one, none by the root
    forge = Forge()
    cas = [forge.ca(f"CA {number}", None) for number in range(8)]
    mesh = [forge.ca(one.name, other, key=one.key) for one in cas for other in cas if one is not other]
    leaf = forge.leaf(cas[0])
    verdict = check(leaf, forge.root(), received=[one.certificate for one in mesh])
    assert reason_of(verdict) is Reason.TOO_COMPLEX


@pytest.mark.parametrize("limits", [Limits(signatures=1), Limits(steps=1)])
def test_when_the_budget_is_spent_the_chain_is_too_complex(limits):
    leaf = world()["SECC_LEAF"]
    assert reason_of(check(leaf, limits=limits)) is Reason.TOO_COMPLEX


def test_only_so_many_whole_paths_are_tried():
    # given four equal ways up, the last of which is the only good one
    forge = Forge()
    root = forge.root()
    good = forge.ca("Sub", root)
    bad = [forge.ca("Sub", root, key=good.key, ca=False).certificate for _ in range(3)]
    leaf = forge.leaf(good)
    received = [*bad, good.certificate]
    assert check(leaf, received=received).result is Result.VALID
    assert reason_of(check(leaf, received=received, limits=Limits(paths=3))) is Reason.NOT_A_CA


def test_a_thousand_received_certificates_are_sifted_in_bounded_time():
    leaf = world()["SECC_LEAF"]
    forge = Forge("thousand")
    strangers = [forge.leaf(None, f"Stranger {number}").certificate for number in range(1000)]
    started = time.process_time()
    assert check(leaf, received=[*strangers, *leaf.chain[1:]]).result is Result.VALID
    assert time.process_time() - started < 10


def test_names_are_compared_byte_by_byte():
    # given a root whose name differs in one letter's case only
    forge = Forge()
    leaf = forge.leaf(forge.root("Root", key_ids=False))
    assert reason_of(check(leaf, forge.root("ROOT", key_ids=False))) is Reason.ISSUER_NOT_FOUND
