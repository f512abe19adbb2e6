from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs import pem
from certs.errors import CertificateError, Problem
from tests.support.certificates import der, world
from tests.support.examples import few

LEAF = world()["SECC_LEAF"]
PEM = pem.to_pem(LEAF.chain)


def problem_of(data):
    with pytest.raises(CertificateError) as caught:
        pem.load_certificates(data)
    return caught.value.problem


ACCEPTED = {
    "as written": PEM,
    "as text": PEM.decode(),
    "CRLF": PEM.replace(b"\n", b"\r\n"),
    "CR": PEM.replace(b"\n", b"\r"),
    "no line ends inside": b"".join(
        b"-----BEGIN CERTIFICATE-----" + base64.b64encode(der(one)) + b"-----END CERTIFICATE-----"
        for one in LEAF.chain
    ),
    "indented": PEM.replace(b"\n", b"\n   "),
    "subject lines": PEM.replace(b"-----BEGIN", b"subject=CN = a - b\nissuer=C = DE\n\n-----BEGIN"),
    "old name": PEM.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
    "other blocks": b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + PEM,
    "text before and behind": b"0 garbage\xff\n" + PEM + b"\ngarbage",
}


@pytest.mark.parametrize("form", ACCEPTED)
def test_a_chain_is_read_in_every_form_people_send(form):
    assert pem.load_certificates(ACCEPTED[form]) == LEAF.chain


def test_the_order_of_the_text_is_kept():
    assert pem.load_certificates(pem.to_pem(reversed(LEAF.chain))) == LEAF.chain[::-1]


def test_der_is_one_certificate():
    assert pem.load_certificates(pem.to_der(LEAF.certificate)) == (LEAF.certificate,)


def test_one_certificate_is_one():
    assert pem.load_certificate(pem.to_pem([LEAF.certificate])) == LEAF.certificate
    with pytest.raises(CertificateError) as caught:
        pem.load_certificate(PEM)
    assert caught.value.problem is Problem.TOO_MANY


BLOCK = pem.to_pem([LEAF.certificate])
REFUSED = {
    "nothing": (b"", Problem.EMPTY),
    "garbage": (b"garbage", Problem.EMPTY),
    "a key": (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", Problem.EMPTY),
    "cut inside": (BLOCK[:200], Problem.BAD_PEM),
    "cut at the end mark": (BLOCK[:-10], Problem.BAD_PEM),
    "end without begin": (BLOCK[30:], Problem.BAD_PEM),
    "two begins": (BLOCK[:200] + b"\n" + BLOCK, Problem.BAD_PEM),
    "another end": (BLOCK.replace(b"END C", b"END X509 C"), Problem.BAD_PEM),
    "not base64": (BLOCK.replace(b"M", b"!"), Problem.BAD_PEM),
    "half of the base64": (BLOCK[:100] + BLOCK[-26:], Problem.BAD_PEM),
    "empty block": (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", Problem.MALFORMED),
    "not a certificate": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", Problem.MALFORMED),
    "DER cut short": (der(LEAF.certificate)[:-1], Problem.MALFORMED),
    "DER with a tail": (der(LEAF.certificate) + b"\0", Problem.MALFORMED),
    "more than 10 MiB": (b" " * (10 * 1024 * 1024 + 1), Problem.TOO_LARGE),
    "10 MiB in one block": (
        b"-----BEGIN CERTIFICATE-----\n" + b"A" * 10_000_000 + b"\n-----END CERTIFICATE-----",
        Problem.TOO_LARGE,
    ),
    "10 MiB of DER": (b"\x30\x83\x98\x96\x80" + b"\0" * 10_000_000, Problem.TOO_LARGE),
    "66 KiB of DER in PEM": (
        b"-----BEGIN CERTIFICATE-----\n" + b"AAAA" * 22_000 + b"\n-----END CERTIFICATE-----",
        Problem.TOO_LARGE,
    ),
    "1,001 certificates": (BLOCK * 1001, Problem.TOO_MANY),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused_with_its_problem(case):
    data, problem = REFUSED[case]
    assert problem_of(data) is problem


def test_a_thousand_certificates_are_accepted():
    assert len(pem.load_certificates(BLOCK * 1000)) == 1000


def test_repetitions_can_be_left_out():
    one, two = LEAF.chain[:2]
    assert pem.unique([one, two, one]) == (one, two)


@few(100)
@given(st.data())
def test_changed_text_is_read_or_refused_with_a_problem(data):
    text = bytearray(PEM)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 60)))
        text[start:end] = data.draw(st.binary(max_size=40))
    try:
        certificates = pem.load_certificates(bytes(text))
    except CertificateError:
        return
    assert 1 <= len(certificates) <= 4
