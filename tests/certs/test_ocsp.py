from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from certs import ocsp, pki
from certs.errors import CertificateError, Problem
from certs.hashes import HashAlgorithm
from certs.keys import KeyKind
from certs.ocsp import Status
from tests.support import der
from tests.support.certificates import DAY, NOW, Forge, unreadable, world
from tests.support.examples import few

LEAF = world()["SECC_LEAF"]
ISSUER = LEAF.issuer
SHA256 = hashes.SHA256()
PERIOD = pki.Period.around(NOW)
GOOD = pki.ocsp_response(LEAF.certificate, ISSUER, period=PERIOD)
MINT = pki.insecure_mint("responders")
RESPONDER = pki.responder(ISSUER, MINT, now=NOW)


def verify(data, leaf=LEAF.certificate, issuer=ISSUER.certificate, **how):
    return ocsp.verify_response(data, leaf, issuer, **{"now": NOW, **how})


def problem_of(act, *args, **kwargs):
    with pytest.raises(CertificateError) as caught:
        act(*args, **kwargs)
    return caught.value.problem


def respond(**changes):
    return pki.ocsp_response(LEAF.certificate, ISSUER, **{"period": PERIOD, **changes})


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_a_request_names_the_certificate_and_the_nonce(algorithm):
    data = ocsp.build_request(LEAF.certificate, ISSUER.certificate, algorithm=algorithm, nonce=b"n" * 32)
    request = library.load_der_ocsp_request(data)
    assert request.serial_number == LEAF.certificate.serial_number
    assert request.hash_algorithm.name == algorithm.lower()
    assert request.extensions[0].value.nonce == b"n" * 32


def test_a_request_needs_no_nonce():
    request = library.load_der_ocsp_request(ocsp.build_request(LEAF.certificate, ISSUER.certificate))
    assert len(request.extensions) == 0


@pytest.mark.parametrize("nonce", [b"", b"n" * 129])
def test_a_nonce_has_1_to_128_bytes(nonce):
    problem = problem_of(ocsp.build_request, LEAF.certificate, ISSUER.certificate, nonce=nonce)
    assert problem is Problem.NONCE_MISMATCH


def test_a_request_with_an_unsupported_hash_cannot_be_made(monkeypatch):
    monkeypatch.setitem(ocsp.ALGORITHMS, HashAlgorithm.SHA256, hashes.SHA3_256())
    assert problem_of(ocsp.build_request, LEAF.certificate, ISSUER.certificate) is Problem.MALFORMED


@pytest.mark.parametrize("status", Status)
def test_each_status_is_told(status):
    answer = verify(respond(status=status))
    assert answer.status is status
    assert (answer.revoked_at is not None) is (status is Status.REVOKED)
    assert answer.revocation_reason == ("keyCompromise" if status is Status.REVOKED else None)


def test_the_answer_knows_its_period_and_its_bytes():
    answer = verify(GOOD)
    assert (answer.this_update, answer.expires, answer.der) == (PERIOD.this_update, PERIOD.next_update, GOOD)
    assert answer.is_fresh(NOW)
    assert not answer.is_fresh(PERIOD.next_update + ocsp.SKEW + timedelta(seconds=1))


ACCEPTED = {
    "responder named by subject": {"by_name": True},
    "delegated responder": {"responder": RESPONDER},
    "delegated responder named by subject": {"responder": RESPONDER, "by_name": True},
    "SHA-384": {"algorithm": HashAlgorithm.SHA384},
    "SHA-512": {"algorithm": HashAlgorithm.SHA512},
    "no nextUpdate": {"period": replace(PERIOD, next_update=None)},
    "a nonce nobody asked for": {"nonce": b"n"},
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_an_answer_the_issuer_stands_behind_is_accepted(case):
    assert verify(respond(**ACCEPTED[case])).status is Status.GOOD


@pytest.mark.parametrize("kind", [KeyKind.P521, KeyKind.ED448])
def test_answers_of_edition_20_are_accepted(kind):
    leaf = world(kind)["SECC_LEAF_20"]
    data = pki.ocsp_response(leaf.certificate, leaf.issuer, period=PERIOD)
    assert verify(data, leaf.certificate, leaf.issuer.certificate).status is Status.GOOD


def test_answers_may_identify_the_certificate_by_sha1():
    builder = library.OCSPResponseBuilder().add_response(
        cert=LEAF.certificate,
        issuer=ISSUER.certificate,
        algorithm=hashes.SHA1(),
        cert_status=library.OCSPCertStatus.GOOD,
        this_update=PERIOD.this_update,
        next_update=PERIOD.next_update,
        revocation_time=None,
        revocation_reason=None,
    )
    response = builder.responder_id(library.OCSPResponderEncoding.HASH, ISSUER.certificate).sign(
        ISSUER.key, hashes.SHA256()
    )
    assert verify(response.public_bytes(Encoding.DER)).status is Status.GOOD


def stranger():
    forge = Forge("stranger")
    return forge.root("Stranger")


def weak_responder(key, digest=SHA256):
    """One that the issuer has certified, with a key of its own choice."""
    usual = RESPONDER.certificate
    builder = x509.CertificateBuilder(
        issuer_name=usual.issuer,
        subject_name=usual.subject,
        public_key=key.public_key(),
        serial_number=77,
        not_valid_before=usual.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=usual.not_valid_after_utc.replace(tzinfo=None),
    ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    return replace(RESPONDER, certificate=builder.sign(ISSUER.key, digest), key=key)


def test_a_responder_certified_as_usual_is_believed():
    assert verify(respond(responder=weak_responder(RESPONDER.key))).status is Status.GOOD


def responder_with(**changes):
    forge = Forge("responder")
    usual = {"purposes": (ExtendedKeyUsageOID.OCSP_SIGNING,)}
    return forge.leaf(changes.pop("issuer", ISSUER), "Responder", **{**usual, **changes})


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
REFUSED = {
    "garbage": (b"garbage", Problem.MALFORMED),
    "nothing": (b"", Problem.MALFORMED),
    "cut short": (GOOD[:-1], Problem.MALFORMED),
    "too large": (GOOD + b"\0" * 65_536, Problem.TOO_LARGE),
    "an error of the responder": (pki.refusal(), Problem.NOT_SUCCESSFUL),
    "about another certificate": (
        pki.ocsp_response(world()["CPS_LEAF"].certificate, world()["CPS_LEAF"].issuer, period=PERIOD),
        Problem.OTHER_CERTIFICATE,
    ),
    "signed by a stranger": (respond(responder=stranger()), Problem.UNAUTHORIZED_SIGNER),
    "signed by the leaf itself": (respond(responder=LEAF), Problem.UNAUTHORIZED_SIGNER),
    "responder without the purpose": (
        respond(responder=responder_with(purposes=())),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "responder whose key may not sign": (
        respond(responder=responder_with(usages=frozenset({"key_agreement"}))),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "responder with an unknown critical extension": (
        respond(responder=responder_with(others=((UNKNOWN, True),))),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "responder with a short key": (
        respond(responder=weak_responder(rsa.generate_private_key(65537, 1024))),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "responder certified with a short hash": (
        respond(responder=weak_responder(RESPONDER.key, hashes.SHA224())),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "responder that has expired": (
        respond(responder=responder_with(not_after=NOW - DAY / 2)),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "responder that is not valid yet": (
        respond(responder=responder_with(not_before=NOW + DAY)),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "responder of another CA": (
        respond(responder=responder_with(issuer=ISSUER.issuer)),
        Problem.UNAUTHORIZED_SIGNER,
    ),
    "tampered with": (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), Problem.BAD_SIGNATURE),
    "from the future": (
        respond(period=pki.Period(this_update=NOW + DAY, next_update=NOW + 2 * DAY)),
        Problem.FROM_THE_FUTURE,
    ),
    "stale": (respond(period=pki.Period(this_update=NOW - 2 * DAY, next_update=NOW - DAY)), Problem.STALE),
    "old and without nextUpdate": (
        respond(period=pki.Period(this_update=NOW - 8 * DAY, next_update=None)),
        Problem.STALE,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_counts_for_nothing_says_why(case):
    data, problem = REFUSED[case]
    assert problem_of(verify, data) is problem


def test_clocks_may_differ_by_the_skew():
    edge = pki.Period(this_update=NOW + ocsp.SKEW, next_update=NOW + DAY)
    assert verify(respond(period=edge)).status is Status.GOOD
    past = pki.Period(this_update=NOW - DAY, next_update=NOW - ocsp.SKEW)
    assert verify(respond(period=past)).status is Status.GOOD


@pytest.mark.parametrize(
    ("given", "problem"),
    [(b"n" * 16, None), (b"m" * 16, Problem.NONCE_MISMATCH), (None, Problem.NONCE_MISMATCH)],
)
def test_the_nonce_has_to_come_back_where_one_was_sent(given, problem):
    data = respond(nonce=given)
    if problem is None:
        assert verify(data, nonce=b"n" * 16).status is Status.GOOD
    else:
        assert problem_of(verify, data, nonce=b"n" * 16) is problem


def built(signer, extensions=(), certificates=()):
    """A response about the leaf with what ours never writes."""
    builder = library.OCSPResponseBuilder().add_response(
        cert=LEAF.certificate,
        issuer=ISSUER.certificate,
        algorithm=hashes.SHA256(),
        cert_status=library.OCSPCertStatus.GOOD,
        this_update=PERIOD.this_update,
        next_update=PERIOD.next_update,
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(library.OCSPResponderEncoding.HASH, signer.certificate)
    if certificates:
        builder = builder.certificates(certificates)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_critical_extension_nobody_understands_spoils_an_answer():
    assert problem_of(verify, built(ISSUER, [(UNKNOWN, True)])) is Problem.UNSUPPORTED_EXTENSION
    assert verify(built(ISSUER, [(UNKNOWN, False)])).status is Status.GOOD


def test_an_answer_counts_for_a_year_at_most():
    period = pki.Period(this_update=NOW - DAY, next_update=NOW + 27_000 * DAY)
    answer = respond(period=period)

    assert verify(answer).expires == NOW - DAY + ocsp.MAX_VALIDITY
    assert problem_of(verify, answer, now=NOW + ocsp.MAX_VALIDITY) is Problem.STALE


def test_more_than_eight_responder_certificates_are_too_many():
    # given a response whose responder is named by a key that is not the issuer's
    crowd = [RESPONDER.certificate, *(one.certificate for one in list(world().identities.values())[:8])]
    data = built(RESPONDER, certificates=crowd)
    assert problem_of(verify, data) is Problem.TOO_MANY


def test_an_unreadable_responder_certificate_makes_the_answer_malformed():
    assert (
        problem_of(verify, built(RESPONDER, certificates=[unreadable(RESPONDER.certificate)]))
        is Problem.MALFORMED
    )


def test_the_right_responder_is_found_among_several():
    data = built(RESPONDER, certificates=[world()["MO_LEAF"].certificate, RESPONDER.certificate])
    assert verify(data).status is Status.GOOD


@pytest.mark.untraced
@few(200)
@given(st.data())
def test_a_changed_answer_is_refused_with_a_problem(data):
    changed = bytearray(GOOD)
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= data.draw(st.integers(1, 255))
    assert problem_of(verify, bytes(changed)) in Problem


def merged(*responses):
    """One response with the answers of several."""
    answers = [answer for response in responses for answer in der.ocsp_answers(response)]
    return der.ocsp_merge(GOOD, answers, ISSUER)


def test_of_several_answers_the_one_about_the_certificate_counts():
    other = pki.ocsp_response(ISSUER.certificate, ISSUER.issuer, period=PERIOD, status=Status.REVOKED)
    assert verify(merged(other, GOOD, other)).status is Status.GOOD


def test_of_several_answers_about_one_certificate_the_newest_counts():
    older = pki.Period(this_update=NOW - DAY, next_update=NOW + DAY)
    revoked = respond(period=older, status=Status.REVOKED)
    assert verify(merged(revoked, GOOD)).status is Status.GOOD


def test_answers_with_another_hash_are_passed_over():
    builder = library.OCSPResponseBuilder().add_response(
        cert=LEAF.certificate,
        issuer=ISSUER.certificate,
        algorithm=hashes.SHA224(),
        cert_status=library.OCSPCertStatus.REVOKED,
        this_update=PERIOD.this_update,
        next_update=PERIOD.next_update,
        revocation_time=PERIOD.this_update,
        revocation_reason=None,
    )
    builder = builder.responder_id(library.OCSPResponderEncoding.HASH, ISSUER.certificate)
    odd = builder.sign(ISSUER.key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert problem_of(verify, odd) is Problem.OTHER_CERTIFICATE
    assert verify(merged(odd, GOOD)).status is Status.GOOD


def test_more_than_64_answers_are_too_many():
    assert verify(merged(*[GOOD] * 64)).status is Status.GOOD
    assert problem_of(verify, merged(*[GOOD] * 65)) is Problem.TOO_MANY
