from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs import ocsp, ocsp_cache, pki
from certs.errors import CertificateError, Problem
from certs.hashes import HashAlgorithm, HashData, hash_data
from tests.support import der
from tests.support.certificates import DAY, NOW, world
from tests.support.examples import few

LEAF = world()["SECC_LEAF"]
PERIOD = pki.Period.around(NOW)
DATA = hash_data(LEAF.certificate, LEAF.issuer.certificate)
RESPONSE = pki.ocsp_response(LEAF.certificate, LEAF.issuer, period=PERIOD)


def problem_of(act, *args):
    with pytest.raises(CertificateError) as caught:
        act(*args)
    return caught.value.problem


def test_an_entry_is_dated_by_its_response():
    entry = ocsp_cache.cache_entry(DATA, RESPONSE)
    assert (entry.this_update, entry.expires, entry.der) == (PERIOD.this_update, PERIOD.next_update, RESPONSE)


def test_a_response_without_end_counts_seven_days():
    response = pki.ocsp_response(
        LEAF.certificate, LEAF.issuer, period=pki.Period(this_update=NOW, next_update=None)
    )
    assert ocsp_cache.cache_entry(DATA, response).expires == NOW + 7 * DAY


def test_an_entry_is_fresh_from_thisupdate_to_nextupdate():
    entry = ocsp_cache.cache_entry(DATA, RESPONSE)
    moments = (PERIOD.this_update - DAY, NOW, PERIOD.next_update + DAY)
    assert [entry.is_fresh(moment) for moment in moments] == [False, True, False]


def test_a_response_with_another_hash_is_told_by_its_serial_number():
    response = pki.ocsp_response(LEAF.certificate, LEAF.issuer, period=PERIOD, algorithm=HashAlgorithm.SHA384)
    assert ocsp_cache.cache_entry(DATA, response).hash_data == DATA


def test_the_answer_is_found_among_several():
    other = world()["MO_LEAF"]
    others = der.ocsp_answers(pki.ocsp_response(other.certificate, other.issuer, period=PERIOD))
    merged = der.ocsp_merge(RESPONSE, [*others, *der.ocsp_answers(RESPONSE)], LEAF.issuer)
    assert ocsp_cache.cache_entry(DATA, merged).expires == PERIOD.next_update


SAME_SERIAL = HashData(
    algorithm=DATA.algorithm,
    issuer_name_hash="0" * 64,
    issuer_key_hash=DATA.issuer_key_hash,
    serial_number=DATA.serial_number,
)
OTHER = world()["MO_LEAF"]


@pytest.mark.parametrize(
    ("data", "response", "problem"),
    [
        (DATA, b"garbage", Problem.MALFORMED),
        (DATA, b"\0" * (ocsp.MAX_RESPONSE_BYTES + 1), Problem.TOO_LARGE),
        (DATA, pki.refusal(), Problem.NOT_SUCCESSFUL),
        (SAME_SERIAL, RESPONSE, Problem.OTHER_CERTIFICATE),
        (hash_data(OTHER.certificate, OTHER.issuer.certificate), RESPONSE, Problem.OTHER_CERTIFICATE),
    ],
)
def test_a_response_that_is_none_of_this_certificate_is_no_entry(data, response, problem):
    assert problem_of(ocsp_cache.cache_entry, data, response) is problem


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_a_hash_file_is_read_as_it_was_written(algorithm):
    data = hash_data(LEAF.certificate, LEAF.issuer.certificate, algorithm)
    entry = ocsp_cache.cache_entry(data, RESPONSE)
    assert ocsp_cache.read_hash_file(entry.hash_file()) == data


def test_a_hash_file_has_three_lines():
    lines = ocsp_cache.write_hash_file(DATA).decode().splitlines()
    assert lines == [DATA.issuer_name_hash, DATA.issuer_key_hash, DATA.serial_number]


def test_a_hash_file_without_line_ends_is_read_too():
    joined = (DATA.issuer_name_hash + DATA.issuer_key_hash + DATA.serial_number).encode()
    assert ocsp_cache.read_hash_file(joined) == DATA


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.BAD_HASH_DATA),
        (b"garbage", Problem.BAD_HASH_DATA),
        (b"\xff", Problem.BAD_HASH_DATA),
        (b"a" * 128, Problem.BAD_HASH_DATA),
        (b"a b", Problem.BAD_HASH_DATA),
        (b"a b c", Problem.BAD_HASH_DATA),
        (b"a" * 1025, Problem.TOO_LARGE),
    ],
)
def test_what_is_no_hash_file_is_refused(content, problem):
    assert problem_of(ocsp_cache.read_hash_file, content) is problem


@few(100)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_hash_file_or_a_problem(content):
    with contextlib.suppress(CertificateError):
        assert ocsp_cache.read_hash_file(content).serial_number
