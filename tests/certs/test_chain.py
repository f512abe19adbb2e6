"""The one entry point: whole hierarchies, good and broken, and what a caller can ask for."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from certs import chain, pki, profiles
from certs.keys import KeyKind
from certs.ocsp import Status
from certs.paths import LIMITS
from certs.profiles import Domain
from certs.revocation import Evidence
from certs.verdict import Reason, Refused, Result, Verified
from tests.support.certificates import DAY, NOW, Forge, check, forged, unreadable, world

LEAVES = tuple(pki.LEAF_PROFILES)
VARIANTS = [(name, variant) for name in LEAVES for variant in pki.variants_of(world(), name)]


@pytest.mark.parametrize("name", LEAVES)
def test_every_leaf_of_the_shipped_world_is_valid(name):
    leaf = world()[name]
    verdict = chain.verify(
        leaf.certificate, leaf.chain[1:], [leaf.path[-1]], profile=pki.LEAF_PROFILES[name], now=NOW
    )
    assert isinstance(verdict, Verified)
    assert verdict.path == leaf.path


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_every_broken_variant_is_refused_with_its_reason(name, variant):
    made = pki.broken(world(), name, variant)
    verdict = chain.verify(
        made.leaf,
        made.received,
        made.roots,
        profile=pki.LEAF_PROFILES[name],
        now=NOW,
        revocation=Evidence(responses=made.responses, crls=made.crls),
    )
    assert isinstance(verdict, Refused)
    assert verdict.reason is made.reason


def test_an_ed448_hierarchy_fulfils_the_profile_of_edition_20():
    leaf = world(KeyKind.ED448)["SECC_LEAF_20"]
    verdict = chain.verify(
        leaf.certificate, leaf.chain, [leaf.path[-1]], profile=profiles.SECC_ISO20, now=NOW
    )
    assert verdict.result is Result.VALID


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_received_certificates_does_not_matter(seed):
    # given strangers and repetitions among what is received
    leaf = world()["SECC_LEAF"]
    received = [*leaf.chain, *leaf.chain, *(one.certificate for one in world().identities.values())]
    random.Random(seed).shuffle(received)
    # when
    verdict = chain.verify(leaf.certificate, received, [leaf.path[-1]], profile=profiles.SECC_ISO2, now=NOW)
    # then
    assert isinstance(verdict, Verified)
    assert verdict.path == leaf.path


def test_a_root_that_was_only_received_is_not_trusted():
    leaf = world()["SECC_LEAF"]
    verdict = chain.verify(
        leaf.certificate, leaf.path, world().roots(Domain.MO), profile=profiles.SECC_ISO2, now=NOW
    )
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.NO_TRUSTED_ROOT
    assert verdict.result is Result.ISSUER_NOT_FOUND


def test_a_contract_may_end_at_the_v2g_root_as_well():
    # given a contract whose sub-CA stands below the V2G root (M8.9)
    forge = Forge()
    v2g = forge.root("V2G")
    contents = forge.contents("DE8")
    sub = forge.ca("MO Sub", v2g)
    leaf = forge.leaf(sub, subject=world()["MO_LEAF"].certificate.subject)
    # when the roots of both domains are trusted
    roots = [v2g.certificate, *world().roots(Domain.MO)]
    verdict = chain.verify(
        leaf.certificate, leaf.chain, roots, profile=profiles.profiles_of([Domain.MO]), now=NOW
    )
    # then
    assert isinstance(verdict, Verified)
    assert verdict.root == v2g.certificate
    assert contents.ca is False


@pytest.mark.parametrize(
    ("name", "profile"), [("SECC_LEAF", profiles.SECC_ISO2), ("SECC_LEAF_20", profiles.SECC_ISO20)]
)
def test_of_several_profiles_the_fitting_one_is_named(name, profile):
    leaf = world()[name]
    verdict = chain.verify(
        leaf.certificate, leaf.chain, [leaf.path[-1]], profile=profiles.profiles_of([Domain.V2G]), now=NOW
    )
    assert isinstance(verdict, Verified)
    assert verdict.profile is profile


def test_a_second_profile_for_the_same_key_is_tried_as_well():
    leaf = world()["VEHICLE_LEAF_20"]
    verdict = chain.verify(
        leaf.certificate,
        leaf.chain,
        [leaf.path[-1]],
        profile=(profiles.CONTRACT_ISO20, profiles.VEHICLE_ISO20),
        now=NOW,
    )
    assert isinstance(verdict, Verified)
    assert verdict.profile is profiles.VEHICLE_ISO20


def test_a_key_no_profile_knows_is_judged_by_all_of_them():
    made = pki.broken(world(), "SECC_LEAF", "weak-curve")
    verdict = chain.verify(
        made.leaf, made.received, made.roots, profile=profiles.profiles_of([Domain.V2G]), now=NOW
    )
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.ALGORITHM


def test_a_time_without_zone_is_the_callers_mistake():
    leaf = world()["SECC_LEAF"].certificate
    with pytest.raises(ValueError, match="time zone"):
        chain.verify(leaf, profile=profiles.SECC_ISO2, now=datetime(2026, 6, 1))  # noqa: DTZ001  # the point


def test_no_profile_at_all_is_the_callers_mistake():
    with pytest.raises(ValueError, match="no profile"):
        chain.verify(world()["SECC_LEAF"].certificate, profile=(), now=NOW)


def test_a_leaf_that_cannot_be_read_is_refused_as_malformed():
    # given a key usage that is no bit string
    leaf = world()["SECC_LEAF"]
    spoiled = unreadable(leaf.certificate)
    verdict = chain.verify(spoiled, leaf.chain[1:], [leaf.path[-1]], profile=profiles.SECC_ISO2, now=NOW)
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.MALFORMED
    assert verdict.result is Result.UNKNOWN


def test_a_revoked_sub_ca_is_named_before_its_leaf():
    # given both revoked
    leaf = world()["SECC_LEAF"]
    sub, above = leaf.issuer, leaf.issuer.issuer
    period = pki.Period.around(NOW)
    responses = tuple(
        pki.ocsp_response(one.certificate, by, period=period, status=said)
        for one, by, said in ((leaf, sub, Status.REVOKED), (sub, above, Status.REVOKED))
    )
    verdict = check(leaf, revocation=Evidence(responses=responses))
    # then the one nearer to the root is the reason
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.REVOKED
    assert verdict.certificate == sub.certificate


def test_a_good_answer_for_every_certificate_satisfies_required_evidence():
    leaf = world()["SECC_LEAF"]
    period = pki.Period.around(NOW)
    chained = (leaf, leaf.issuer, leaf.issuer.issuer)
    responses = tuple(pki.ocsp_response(one.certificate, one.issuer, period=period) for one in chained)
    verdict = check(leaf, revocation=Evidence(responses=responses, required=True))
    assert verdict.result is Result.VALID


def test_without_answers_required_evidence_refuses():
    verdict = check(world()["SECC_LEAF"], revocation=Evidence(required=True))
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.REVOCATION_UNKNOWN


def test_a_server_is_verified_by_its_name():
    leaf = world()["CSMS_SERVER"]
    for name in ("localhost", "127.0.0.1", "::1"):
        assert check(leaf, profile=profiles.CSMS_SERVER, server_name=name).result is Result.VALID
    verdict = check(leaf, profile=profiles.CSMS_SERVER, server_name="csms.example")
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.SERVER_NAME


def test_expired_future_and_revoked_have_three_results():
    results = {
        pki.broken(world(), "SECC_LEAF", name).reason: Refused(
            reason=pki.broken(world(), "SECC_LEAF", name).reason
        ).result
        for name in ("expired", "future", Status.REVOKED)
    }
    assert results == {
        Reason.EXPIRED: Result.EXPIRED,
        Reason.NOT_YET_VALID: Result.UNKNOWN,
        Reason.REVOKED: Result.INVALID_CHAIN,
    }


def test_an_alternative_that_is_good_wins_over_a_broken_path():
    # given two certificates of one CA, the first of them expired
    forge = Forge()
    root = forge.root()
    old = forge.ca("Sub", root, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    new = forge.ca("Sub", root, key=old.key)
    leaf = forge.leaf(old)
    # when both are received
    verdict = check(leaf, received=[old.certificate, new.certificate])
    # then
    assert isinstance(verdict, Verified)
    assert verdict.path[1] == new.certificate


def test_the_first_whole_path_gives_the_reason_if_all_are_broken():
    forge = Forge()
    root = forge.root()
    old = forge.ca("Sub", root, not_after=NOW - DAY / 2)
    other = forge.ca("Sub", root, key=old.key, ca=False)
    verdict = check(forge.leaf(old), received=[old.certificate, other.certificate])
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.EXPIRED


def test_ordered_puts_the_leaf_first_and_each_issuer_behind_it():
    leaf = world()["SECC_LEAF"]
    for seed in range(6):
        mixed = [*leaf.path, leaf.certificate]
        random.Random(seed).shuffle(mixed)
        assert chain.ordered(mixed) == leaf.path


def test_ordered_keeps_strangers_and_unreadable_certificates_at_the_end():
    leaf = world()["SECC_LEAF"]
    stranger = world()["MO_SUB_CA1"].certificate
    spoiled = unreadable(world()["MO_LEAF"].certificate)
    assert chain.ordered([spoiled, stranger, *reversed(leaf.chain)]) == (*leaf.chain, spoiled, stranger)


def test_ordered_begins_with_the_lowest_ca_where_there_is_no_leaf():
    path = world()["SECC_LEAF"].path[1:]
    assert chain.ordered(reversed(path)) == path


def test_ordered_leaves_a_circle_of_issuers_as_it_is():
    forge = Forge()
    one = forge.ca("One", None)
    two = forge.ca("Two", one)
    back = forge.ca("One", two, key=one.key)
    assert chain.ordered([back.certificate, two.certificate]) == (back.certificate, two.certificate)


def test_ordered_stops_where_no_path_is_verified_any_more():
    forge = Forge()
    path = [forge.root("Deep")]
    for _ in range(LIMITS.depth + 2):
        path.append(forge.ca("Deep", path[-1]))
    given = [one.certificate for one in path]
    assert chain.ordered([forge.leaf(path[-1]).certificate, *given])[1 : LIMITS.depth] == tuple(
        given[: -LIMITS.depth : -1]
    )
    assert set(chain.ordered(given)) == set(given)


def test_ordered_of_nothing_is_nothing():
    assert chain.ordered([]) == ()


def test_a_forged_leaf_is_told_from_a_forged_sub_ca():
    leaf = world()["SECC_LEAF"]
    subs = leaf.chain[1:]
    bad_leaf = chain.verify(
        forged(leaf.certificate), subs, [leaf.path[-1]], profile=profiles.SECC_ISO2, now=NOW
    )
    bad_sub = check(leaf, received=[forged(subs[0]), subs[1]])
    assert (bad_leaf.result, bad_sub.result) == (Result.INVALID_LEAF_SIGNATURE, Result.INVALID_SIGNATURE)
