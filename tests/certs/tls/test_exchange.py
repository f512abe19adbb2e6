import pytest

from certs import pki
from certs.ocsp import Status
from certs.profiles import SECC_ISO2, VEHICLE_ISO20
from certs.revocation import Evidence
from certs.tls.exchange import Exchange, Expectation, judge
from certs.verdict import Reason, Refused, Verified
from tests.support.tls import LATER, NOW, secc, staple_of, v2g_roots, world


def exchange(*, now=NOW, **how):
    return Exchange(now=now, expected=Expectation(roots=v2g_roots(), profiles=(SECC_ISO2,), **how))


def judged(**how):
    one = exchange(**how)
    judge(one, secc().certificates)
    return one


def test_a_good_chain_is_verified():
    assert isinstance(exchange().judge(secc().certificates), Verified)


def test_a_verdict_is_reached_only_once():
    one = judged()

    assert one.judge(secc(seed="other").certificates) is one.verdict


@pytest.mark.parametrize(
    ("one", "shown", "reason"),
    [
        pytest.param(exchange(now=LATER), secc().certificates, Reason.EXPIRED, id="expired"),
        pytest.param(exchange(), secc(seed="other").certificates, Reason.ISSUER_NOT_FOUND, id="unknown"),
        pytest.param(exchange(), (), Reason.MALFORMED, id="nothing shown"),
        pytest.param(Exchange(now=NOW), secc().certificates, Reason.MALFORMED, id="nothing expected"),
    ],
)
def test_a_bad_chain_is_refused_with_its_reason(one, shown, reason):
    assert one.judge(shown).reason is reason


@pytest.mark.parametrize("variant", pki.variants_of(world(), "VEHICLE_LEAF_20"))
def test_every_broken_vehicle_chain_is_refused(variant):
    broken = pki.broken(world(), "VEHICLE_LEAF_20", variant)
    known = Evidence(responses=broken.responses, crls=broken.crls)
    expected = Expectation(roots=broken.roots, profiles=(VEHICLE_ISO20,), revocation=known)

    verdict = Exchange(now=NOW, expected=expected).judge((broken.leaf, *broken.received))

    assert verdict.reason is broken.reason


def test_a_good_staple_is_kept():
    one = judged(staple_required=True)

    assert one.accept_staple(staple_of("SECC_LEAF"))
    assert one.peer_staple == staple_of("SECC_LEAF")


@pytest.mark.parametrize("staple", [b"", b"garbage", staple_of("MO_LEAF")])
@pytest.mark.parametrize("required", [False, True])
def test_a_staple_that_does_not_count_is_as_none(staple, required):
    one = judged(staple_required=required)

    assert one.accept_staple(staple) is not required
    assert one.peer_staple is None
    assert one.staple_missing


@pytest.mark.parametrize("required", [False, True])
def test_an_unknown_status_counts_only_where_none_is_needed(required):
    assert (
        judged(staple_required=required).accept_staple(staple_of("SECC_LEAF", status=Status.UNKNOWN))
        is not required
    )


def test_a_revoked_staple_turns_the_verdict():
    one = judged()

    assert not one.accept_staple(staple_of("SECC_LEAF", status=Status.REVOKED))
    assert isinstance(one.verdict, Refused)
    assert one.verdict.reason is Reason.REVOKED


def test_a_staple_of_a_refused_leaf_counts_for_nothing():
    one = exchange(now=LATER)
    one.judge(secc().certificates)

    assert not one.accept_staple(staple_of("SECC_LEAF"))


@pytest.mark.parametrize(("staple", "counts"), [(staple_of("SECC_LEAF"), True), (b"", False)])
def test_a_staple_that_comes_early_waits_for_the_verdict(staple, counts):
    one = exchange(staple_required=True)

    assert one.accept_staple(staple)
    one.judge(secc().certificates)

    assert one.catch_up() is counts
    assert one.catch_up()


def test_showing_a_staple_is_noted():
    one, other = Exchange(now=NOW, staple=b"DER"), Exchange(now=NOW)

    assert (one.staple_to_show(), one.stapled) == (b"DER", True)
    assert (other.staple_to_show(), other.stapled) == (b"", False)


def test_the_first_alert_of_each_side_counts():
    one = Exchange(now=NOW)
    for value, sent in ((0x0264, False), (0x0230, False), (0x0228, False), (0x022A, True), (0x022B, True)):
        one.note_alert(value, sent=sent)

    assert (one.alert_received, one.alert_sent) == (48, 42)


def test_a_repr_shows_no_secrets():
    one = Exchange(now=NOW, key_log=["CLIENT_RANDOM 00 11"])

    assert "CLIENT_RANDOM" not in repr(one)
