from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from certs import keys, profiles, requests
from certs.errors import CertificateError, Problem
from certs.keys import KeyKind
from certs.requests import Subject
from tests.support.examples import few

SUBJECT = Subject(common_name="DE*ABC*E1", organization="Operator", country="DE")
KEY, REQUEST = requests.new_request(SUBJECT)
PEM = requests.request_to_pem(REQUEST)


def problem_of(act, *args, **kwargs):
    with pytest.raises(CertificateError) as caught:
        act(*args, **kwargs)
    return caught.value


def test_a_request_carries_country_organization_and_common_name():
    assert {one.oid: one.value for one in REQUEST.subject} == {
        NameOID.COUNTRY_NAME: "DE",
        NameOID.ORGANIZATION_NAME: "Operator",
        NameOID.COMMON_NAME: "DE*ABC*E1",
    }


def test_a_request_is_for_its_new_key_and_signed_by_it():
    assert keys.key_matches(KEY, REQUEST)
    assert REQUEST.is_signature_valid


@pytest.mark.parametrize(
    ("profile", "kind", "made"),
    [
        (None, None, KeyKind.P256),
        (profiles.SECC_ISO2, None, KeyKind.P256),
        (profiles.SECC_ISO20, None, KeyKind.P521),
        (profiles.SECC_ISO20, KeyKind.ED448, KeyKind.ED448),
        (None, KeyKind.ED25519, KeyKind.ED25519),
    ],
)
def test_the_key_is_the_profiles_unless_one_is_asked_for(profile, kind, made):
    key, request = requests.new_request(SUBJECT, profile, kind=kind)
    assert keys.kind_of(key.public_key()) is made
    assert request.is_signature_valid


def test_an_rsa_key_can_be_asked_for_too():
    request = requests.build_request(keys.generate_key(KeyKind.RSA, rsa_bits=2048), SUBJECT)
    assert request.is_signature_valid


FULL = {"organization": "Operator", "country": "DE"}


def test_the_csms_leaf_is_named_after_the_charge_box():
    made = requests.csms_subject(charge_box_serial=" cb-1 ", **FULL)
    assert made == Subject(common_name="cb-1", **FULL)


def test_the_secc_leaf_is_named_after_the_secc_id():
    assert requests.secc_subject(secc_id="DE*ABC", **FULL) == Subject(common_name="DE*ABC", **FULL)


@pytest.mark.parametrize("missing", ["charge_box_serial", "organization", "country"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_every_part_there_is_no_request_to_the_csms(missing, value):
    parts = {"charge_box_serial": "cb-1", **FULL, missing: value}
    assert problem_of(requests.csms_subject, **parts).problem is Problem.BAD_SUBJECT


@pytest.mark.parametrize("missing", ["secc_id", "organization", "country"])
def test_without_every_part_there_is_no_request_for_the_secc(missing):
    error = problem_of(requests.secc_subject, **{"secc_id": "DE*ABC", **FULL, missing: None})
    assert error.problem is Problem.BAD_SUBJECT


OCPP16 = {
    "common_name": "secc",
    "serial": "serial",
    "organization": "org",
    "cpo_name": "cpo",
    "country": "FR",
}


@pytest.mark.parametrize(
    ("unset", "expected"),
    [
        ((), ("secc", "org", "FR")),
        (("common_name",), ("serial", "org", "FR")),
        (("organization",), ("secc", "cpo", "FR")),
        (("country",), ("secc", "org", "DE")),
        (("common_name", "organization", "country"), ("serial", "cpo", "DE")),
    ],
)
def test_ocpp16_subjects_fall_back_part_by_part(unset, expected):
    made = requests.secc_subject_ocpp16(**{**OCPP16, **dict.fromkeys(unset)})
    assert (made.common_name, made.organization, made.country) == expected


@pytest.mark.parametrize("unset", [("organization", "cpo_name"), ("common_name", "serial")])
def test_ocpp16_without_any_organization_or_name_makes_no_request(unset):
    error = problem_of(requests.secc_subject_ocpp16, **{**OCPP16, **dict.fromkeys(unset)})
    assert error.problem is Problem.BAD_SUBJECT


def test_a_country_that_is_none_is_a_bad_subject():
    subject = Subject(common_name="a", organization="b", country="Germany")
    assert problem_of(requests.build_request, KEY, subject).problem is Problem.BAD_SUBJECT


FORMS = {
    "PEM": PEM,
    "text": PEM.decode(),
    "CRLF": PEM.replace(b"\n", b"\r\n"),
    "old name": PEM.replace(b"CERTIFICATE", b"NEW CERTIFICATE"),
    "DER": REQUEST.public_bytes(Encoding.DER),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_request_is_read_in_every_form(form):
    assert requests.load_request(FORMS[form]) == REQUEST


def foreign(key, algorithm):
    return x509.CertificateSigningRequestBuilder().subject_name(SUBJECT.name()).sign(key, algorithm)


def tampered():
    data = bytearray(FORMS["DER"])
    data[-1] ^= 1
    return bytes(data)


def unknown_curve():
    known = bytes.fromhex("06082a8648ce3d030107")
    return FORMS["DER"].replace(known, known[:-1] + b"\x7f")


REFUSED = {
    "nothing": (b"", Problem.MALFORMED),
    "garbage": (b"garbage", Problem.MALFORMED),
    "cut short": (PEM[:-40], Problem.MALFORMED),
    "too large": (b" " * 16_385, Problem.TOO_LARGE),
    "tampered with": (tampered(), Problem.BAD_SIGNATURE),
    "unknown curve": (unknown_curve(), Problem.UNSUPPORTED_KEY),
    "another curve": (
        foreign(ec.generate_private_key(ec.SECP256K1()), hashes.SHA256()).public_bytes(Encoding.PEM),
        Problem.UNSUPPORTED_KEY,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_request_is_refused_with_its_problem(case):
    data, problem = REFUSED[case]
    assert problem_of(requests.load_request, data).problem is problem


@few(100)
@given(st.data())
def test_a_changed_request_is_refused_with_a_problem(data):
    changed = bytearray(FORMS["DER"])
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= data.draw(st.integers(1, 255))
    assert isinstance(problem_of(requests.load_request, bytes(changed)), CertificateError)
