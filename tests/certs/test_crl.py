from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from certs import crl, ocsp, pki
from certs.errors import CertificateError, Problem
from certs.keys import KeyKind
from tests.support import der
from tests.support.certificates import DAY, NOW, Forge, world
from tests.support.examples import few

LEAF = world()["SECC_LEAF"]
ISSUER = LEAF.issuer
PERIOD = pki.Period.around(NOW)
SERIAL = LEAF.certificate.serial_number
LIST = pki.crl(
    ISSUER, period=PERIOD, revoked={SERIAL: x509.ReasonFlags.superseded, 7: x509.ReasonFlags.unspecified}
)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


def verify(given=LIST, issuer=ISSUER.certificate, **how):
    return crl.verify_crl(given, issuer, **{"now": NOW, **how})


def problem_of(act, *args, **kwargs):
    with pytest.raises(CertificateError) as caught:
        act(*args, **kwargs)
    return caught.value.problem


def test_a_listed_certificate_is_revoked_with_time_and_reason():
    entry = verify().find(SERIAL)
    assert entry == crl.Entry(revoked_at=PERIOD.this_update, reason="superseded")


def test_a_certificate_that_is_not_listed_is_not_revoked():
    assert verify().find(1234567) is None


def test_a_list_knows_its_period_and_its_issuer():
    found = verify()
    assert (found.this_update, found.expires) == (PERIOD.this_update, PERIOD.next_update)
    assert found.covers(ISSUER.certificate)
    assert not found.covers(ISSUER.issuer.certificate)


def test_a_list_of_the_same_name_and_another_key_does_not_cover():
    forge = Forge()
    one, other = forge.root("Root"), forge.root("Root")
    assert not verify(pki.crl(one, period=PERIOD), one.certificate).covers(other.certificate)


@pytest.mark.parametrize("kind", [KeyKind.P521, KeyKind.ED448])
def test_lists_of_edition_20_are_verified(kind):
    issuer = world(kind)["CPO_SUB_CA2_20"]
    assert verify(pki.crl(issuer, period=PERIOD), issuer.certificate).find(SERIAL) is None


def test_an_entry_that_was_removed_again_is_not_revoked():
    found = verify(pki.crl(ISSUER, period=PERIOD, revoked={SERIAL: x509.ReasonFlags.remove_from_crl}))
    assert found.find(SERIAL) is None


def built(*extensions, issuer=ISSUER, entry=None):
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(PERIOD.this_update).next_update(PERIOD.next_update)
    if entry is not None:
        builder = builder.add_revoked_certificate(entry)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer.key, hashes.SHA256())


def entry_with(*extensions):
    builder = x509.RevokedCertificateBuilder().serial_number(SERIAL).revocation_date(PERIOD.this_update)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.build()


def test_an_entry_needs_no_reason():
    found = verify(built(entry=entry_with(x509.InvalidityDate(NOW.replace(tzinfo=None))))).find(SERIAL)
    assert found == crl.Entry(revoked_at=PERIOD.this_update, reason=None)


def test_an_entry_that_cannot_be_read_is_malformed():
    bad = entry_with(x509.UnrecognizedExtension(x509.CRLEntryExtensionOID.CRL_REASON, b"\x0a\x01\x63"))
    assert problem_of(verify(built(entry=bad)).find, SERIAL) is Problem.MALFORMED


POINT = x509.IssuingDistributionPoint(
    full_name=None,
    relative_name=None,
    only_contains_user_certs=True,
    only_contains_ca_certs=False,
    only_some_reasons=None,
    indirect_crl=False,
    only_contains_attribute_certs=False,
)


@pytest.mark.parametrize("extension", [POINT, x509.DeltaCRLIndicator(1), UNKNOWN])
def test_lists_that_are_not_whole_are_refused(extension):
    assert problem_of(verify, built((extension, True))) is Problem.UNSUPPORTED_EXTENSION


def test_an_unknown_extension_that_is_not_critical_does_no_harm():
    assert verify(built((UNKNOWN, False))).find(SERIAL) is None


def test_a_list_whose_extension_cannot_be_read_is_malformed():
    bad = x509.UnrecognizedExtension(x509.ExtensionOID.CRL_NUMBER, b"\x05\x00")
    assert problem_of(verify, built((bad, False))) is Problem.MALFORMED


def test_a_list_of_another_issuer_is_refused():
    assert problem_of(verify, LIST, ISSUER.issuer.certificate) is Problem.OTHER_CERTIFICATE


def test_a_ca_that_may_not_sign_lists_is_no_signer():
    forge = Forge()
    root = forge.root(usages=frozenset({"key_cert_sign"}))
    assert problem_of(verify, pki.crl(root, period=PERIOD), root.certificate) is Problem.UNAUTHORIZED_SIGNER


def test_a_ca_without_key_usage_may_sign_lists():
    forge = Forge()
    root = forge.root(usages=None)
    assert verify(pki.crl(root, period=PERIOD), root.certificate).find(1) is None


def test_a_list_signed_by_another_key_is_refused():
    forge = Forge()
    one, other = forge.root("Root"), forge.root("Root")
    assert problem_of(verify, pki.crl(one, period=PERIOD), other.certificate) is Problem.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [(DAY, 2 * DAY, Problem.FROM_THE_FUTURE), (-2 * DAY, -DAY, Problem.STALE)],
)
def test_lists_count_only_in_their_period(start, end, problem):
    period = pki.Period(this_update=NOW + start, next_update=NOW + end)
    assert problem_of(verify, pki.crl(ISSUER, period=period)) is problem


def test_clocks_may_differ_by_the_skew():
    period = pki.Period(this_update=NOW + ocsp.SKEW, next_update=NOW + DAY)
    found = verify(pki.crl(ISSUER, period=period))
    assert found.is_fresh(NOW)
    assert not found.is_fresh(NOW - timedelta(seconds=1))


def test_a_list_that_never_ends_is_stale():
    # given nextUpdate cut out of a list and the rest signed anew
    tbs, algorithm, _signature = der.inside(LIST.public_bytes(Encoding.DER))
    parts = [part[2] for part in der.inside(tbs[2])]
    del parts[4]
    body = der.write(0x30, *parts)
    made = der.write(0x30, body, algorithm[2], der.write(3, b"\0", ISSUER.key.sign(body, _ecdsa())))
    assert problem_of(verify, crl.load_crl(made)) is Problem.STALE


def _ecdsa():
    return ec.ECDSA(hashes.SHA256())


PEM = LIST.public_bytes(Encoding.PEM)
FORMS = {
    "PEM": PEM,
    "CRLF": PEM.replace(b"\n", b"\r\n"),
    "text before": b"issuer=CN = a\n" + PEM,
    "DER": LIST.public_bytes(Encoding.DER),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_list_is_read_in_every_form(form):
    assert crl.load_crl(FORMS[form]) == LIST


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", Problem.MALFORMED),
        (b"garbage", Problem.MALFORMED),
        (PEM[:-20], Problem.MALFORMED),
        (PEM.replace(b"M", b"!"), Problem.BAD_PEM),
        (b"\0" * (crl.MAX_BYTES + 1), Problem.TOO_LARGE),
    ],
)
def test_what_is_no_list_is_refused(data, problem):
    assert problem_of(crl.load_crl, data) is problem


def test_a_period_without_end_makes_no_list():
    with pytest.raises(ValueError, match="next one"):
        pki.crl(ISSUER, period=replace(PERIOD, next_update=None))


@few(200)
@given(st.data())
def test_a_changed_list_is_refused_with_a_problem(data):
    changed = bytearray(FORMS["DER"])
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= data.draw(st.integers(1, 255))

    def whole():
        verify(crl.load_crl(bytes(changed)))

    assert problem_of(whole) in Problem


def test_a_signature_that_is_written_in_another_way_is_refused():
    # given lists until one's signature ends in a zero bit, which its bit string could leave out
    made = next(
        one for one in iter(lambda: pki.crl(ISSUER, period=PERIOD), None) if not one.signature[-1] & 1
    )
    data = made.public_bytes(Encoding.DER)
    spoiled = data.replace(b"\0" + made.signature, b"\1" + made.signature)
    assert problem_of(lambda: verify(crl.load_crl(spoiled))) in {Problem.BAD_SIGNATURE, Problem.MALFORMED}
