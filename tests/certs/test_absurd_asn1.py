"""Structures that are ASN.1 and no certificate anybody would make: refused or judged, and soon."""

import time
import warnings
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs import chain, constraints, crl, names, ocsp, pem, profiles, requests
from certs.errors import CertificateError
from certs.facts import read
from certs.keys import load_key
from certs.verdict import Reason, Refused, Verified
from tests.support import der
from tests.support.certificates import NOW, Forge, check, world

TIME_LIMIT_S = 2.0
"""Of processor time, for one of them on a busy machine; the slowest takes a tenth of it."""
GOOD = pem.to_der(world()["SECC_LEAF"].certificate)
ROOT = world()["SECC_LEAF"].path[-1]
SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(1, 8)
INTEGER, BITS, OCTETS, OID, SET, UTC_TIME, LATE_TIME = 2, 3, 4, 6, 0x31, 0x17, 0x18
EC_KEY = der.write(OID, bytes.fromhex("2a8648ce3d0201"))
P256 = der.write(OID, bytes.fromhex("2a8648ce3d030107"))
RSA = der.write(OID, bytes.fromhex("2a864886f70d010101"))
CN = der.write(OID, bytes.fromhex("550403"))


def rebuilt(part, content):
    """The good certificate with one part of it replaced. Its signature does not fit any more."""
    tbs, algorithm, signature = der.inside(GOOD)
    parts = [whole for _, _, whole in der.inside(tbs[2])]
    parts[part] = content
    return der.write(der.SEQUENCE, der.write(der.SEQUENCE, *parts), algorithm[2], signature[2])


def signed(content):
    """The good certificate with another signature."""
    tbs, algorithm, _ = der.inside(GOOD)
    return der.write(der.SEQUENCE, tbs[2], algorithm[2], content)


def nested(depth, tag=der.SEQUENCE):
    made = b""
    for _ in range(depth):
        made = der.write(tag, made)
    return made


def extended(*extensions):
    return rebuilt(EXTENSIONS, der.write(0xA3, der.write(der.SEQUENCE, *extensions)))


def extension(oid, value, critical=b""):
    return der.write(der.SEQUENCE, der.write(OID, bytes.fromhex(oid)), critical, der.write(OCTETS, value))


def key(algorithm, bits):
    return rebuilt(KEY, der.write(der.SEQUENCE, der.write(der.SEQUENCE, *algorithm), der.write(BITS, bits)))


def times(begin, end):
    return rebuilt(VALIDITY, der.write(der.SEQUENCE, der.write(*begin), der.write(*end)))


def rdn(text, tag=0x0C):
    return der.write(SET, der.write(der.SEQUENCE, CN, der.write(tag, text)))


def rsa(modulus, exponent):
    numbers = der.write(der.SEQUENCE, der.write(INTEGER, modulus), der.write(INTEGER, exponent))
    return key((RSA, b"\x05\x00"), b"\0" + numbers)


USUAL = (UTC_TIME, b"260101000000Z")
ABSURD = {
    "a length of eight exabytes": lambda: b"\x30\x88\x7f" + b"\xff" * 7 + GOOD,
    "a length of length": lambda: b"\x30\xff" + b"\xff" * 127,
    "an indefinite length": lambda: b"\x30\x80" + GOOD + b"\0\0",
    "nothing but openings": lambda: b"\x30\x80" * 30_000,
    "ten thousand levels": lambda: nested(10_000),
    "a subject of a thousand levels": lambda: rebuilt(SUBJECT, nested(1000)),
    "sets of a thousand levels": lambda: rebuilt(SUBJECT, der.write(der.SEQUENCE, nested(1000, SET))),
    "a serial number of 60,000 bytes": lambda: rebuilt(SERIAL, der.write(INTEGER, b"\x7f" * 60_000)),
    "a negative serial number": lambda: rebuilt(SERIAL, der.write(INTEGER, b"\xff" * 20)),
    "no serial number": lambda: rebuilt(SERIAL, der.write(INTEGER, b"")),
    "a subject of 4,000 names": lambda: rebuilt(SUBJECT, der.write(der.SEQUENCE, *[rdn(b"x")] * 4000)),
    "4,000 names in one": lambda: rebuilt(
        SUBJECT,
        der.write(der.SEQUENCE, der.write(SET, *[der.write(der.SEQUENCE, CN, der.write(0x0C, b"x"))] * 4000)),
    ),
    "a name of 60,000 letters": lambda: rebuilt(SUBJECT, der.write(der.SEQUENCE, rdn(b"x" * 60_000))),
    "a name that is not UTF-8": lambda: rebuilt(SUBJECT, der.write(der.SEQUENCE, rdn(b"\xff\xfe"))),
    "half a character": lambda: rebuilt(SUBJECT, der.write(der.SEQUENCE, rdn(b"\0x\0", 0x1E))),
    "a name with a NUL": lambda: rebuilt(SUBJECT, der.write(der.SEQUENCE, rdn(b"evsite\0.evil"))),
    "an object id without end": lambda: rebuilt(
        ALGORITHM, der.write(der.SEQUENCE, der.write(OID, b"\xff" * 60_000))
    ),
    "an object id of one huge number": lambda: extended(
        der.write(der.SEQUENCE, der.write(OID, b"\x2a" + b"\xff" * 30_000 + b"\x7f"), der.write(OCTETS, b""))
    ),
    "month thirteen": lambda: times((UTC_TIME, b"261301000000Z"), USUAL),
    "no seconds": lambda: times((UTC_TIME, b"2601010000Z"), USUAL),
    "year zero": lambda: times((LATE_TIME, b"00000101000000Z"), USUAL),
    "an end before the beginning": lambda: times((UTC_TIME, b"270101000000Z"), USUAL),
    "a year of ten digits": lambda: times(USUAL, (LATE_TIME, b"99999999991231235959Z")),
    "a time of 60,000 digits": lambda: times(USUAL, (LATE_TIME, b"9" * 60_000 + b"Z")),
    "a point that is not on the curve": lambda: key((EC_KEY, P256), b"\0\4" + b"\7" * 64),
    "a point at infinity": lambda: key((EC_KEY, P256), b"\0\0"),
    "half a point": lambda: key((EC_KEY, P256), b"\0\2" + b"\7" * 32),
    "a key of no bytes": lambda: key((EC_KEY, P256), b""),
    "a curve of its own": lambda: key((EC_KEY, nested(40)), b"\0\4" + b"\7" * 64),
    "a modulus of 200,000 bits": lambda: rsa(b"\x7f" * 25_000, b"\1\0\1"),
    "an exponent of 200,000 bits": lambda: rsa(b"\x7f" * 512 + b"\1", b"\x7f" * 25_000),
    "a modulus of zero": lambda: rsa(b"\0", b"\0"),
    "a modulus below zero": lambda: rsa(b"\x80", b"\xff"),
    "an even modulus": lambda: rsa(b"\x7e" * 256, b"\2"),
    "a signature of nothing": lambda: signed(der.write(BITS, b"")),
    "a signature of 60,000 bytes": lambda: signed(der.write(BITS, b"\0" * 60_000)),
    "a signature of two zeros": lambda: signed(
        der.write(BITS, b"\0" + der.write(der.SEQUENCE, der.write(INTEGER, b"\0"), der.write(INTEGER, b"\0")))
    ),
    "a signature of negative numbers": lambda: signed(
        der.write(BITS, b"\0" + der.write(der.SEQUENCE, *[der.write(INTEGER, b"\xff" * 40)] * 2))
    ),
    "unused bits of a signature": lambda: signed(der.write(BITS, b"\7" + b"\xff" * 71)),
    "a path length of 2 to the 400th": lambda: extended(
        extension("551d13", der.write(der.SEQUENCE, b"\1\1\xff", der.write(INTEGER, b"\x7f" * 50)))
    ),
    "a path length below zero": lambda: extended(
        extension("551d13", der.write(der.SEQUENCE, b"\1\1\xff", der.write(INTEGER, b"\xff")))
    ),
    "a boolean of many values": lambda: extended(extension("551d13", nested(1), b"\1\2\xff\xff")),
    "the same extension twice": lambda: extended(*[extension("551d13", nested(1))] * 2),
    "4,000 extensions": lambda: extended(
        *[extension(f"2a03{number // 128 + 129:02x}{number % 128:02x}", b"") for number in range(4000)]
    ),
    "a key usage of 1,000 bits": lambda: extended(
        extension("551d0f", der.write(BITS, b"\0" + b"\xff" * 125))
    ),
    "an empty key usage": lambda: extended(extension("551d0f", der.write(BITS, b""))),
    "5,000 purposes": lambda: extended(
        extension(
            "551d25", der.write(der.SEQUENCE, *[der.write(OID, bytes.fromhex("2b06010505070301"))] * 5000)
        )
    ),
    "alternative names of no kind": lambda: extended(
        extension("551d11", der.write(der.SEQUENCE, b"\x9f\x7f\0"))
    ),
    "5,000 alternative names": lambda: extended(
        extension("551d11", der.write(der.SEQUENCE, *[der.write(0x82, b"evil.test")] * 5000))
    ),
    "an address of three bytes": lambda: extended(
        extension("551d11", der.write(der.SEQUENCE, der.write(0x87, b"\1\2\3")))
    ),
    "an extension of 60,000 bytes": lambda: extended(extension("2a03", b"\xff" * 60_000, b"\1\1\xff")),
}


def described(data):
    certificate = read(pem.load_certificates(data)[0]).certificate
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's word about long names
        assert len(names.describe(certificate.subject)) <= 200


def everything_is_done_with(data):
    """Whatever a station does with bytes that are said to be a certificate, or something else."""
    for reader in (
        lambda: read(pem.load_certificates(data)[0]),
        lambda: described(data),
        lambda: crl.load_crl(data),
        lambda: ocsp.statements(data),
        lambda: requests.load_request(data),
        lambda: load_key(data),
    ):
        try:
            reader()
        except CertificateError:
            continue


@pytest.mark.parametrize("case", ABSURD)
def test_absurd_structures_are_no_leaf_and_take_no_time(case):
    data = ABSURD[case]()
    sub = world()["CPO_SUB_CA2"]

    started = time.process_time()
    everything_is_done_with(data)
    try:
        odd = pem.load_certificates(data)
    except CertificateError:
        odd = ()
    verdicts = [chain.verify(one, sub.chain, [ROOT], profile=profiles.PROFILES, now=NOW) for one in odd]
    spent = time.process_time() - started

    assert all(isinstance(one, Refused) for one in verdicts)
    assert spent < TIME_LIMIT_S


@pytest.mark.parametrize("case", ABSURD)
def test_absurd_certificates_beside_a_good_chain_do_no_harm(case):
    good = world()["SECC_LEAF"]
    try:
        odd = pem.load_certificates(ABSURD[case]())
    except CertificateError:
        odd = ()

    verdict = chain.verify(
        good.certificate, [*odd, *good.chain[1:]], [ROOT, *odd], profile=profiles.SECC_ISO2, now=NOW
    )

    assert isinstance(verdict, Verified)


def test_some_of_them_can_be_read_and_have_to_be_judged():
    readable = 0
    for make in ABSURD.values():
        try:
            read(pem.load_certificates(make())[0])
        except CertificateError:
            continue
        readable += 1

    assert 5 < readable < len(ABSURD) / 2


def test_thousands_of_names_below_thousands_of_constraints_are_not_compared():
    # given a CA everybody trusts that has gone mad, and a leaf of its that would take minutes
    forge = Forge("mad")
    trees = [x509.DNSName(f"x{number}.test") for number in range(2500)]
    limited = (x509.NameConstraints(permitted_subtrees=trees, excluded_subtrees=None), True)
    root = forge.root()
    mad = forge.ca("Mad", root, others=(limited,))
    hosts = x509.SubjectAlternativeName([x509.DNSName(f"a.x{number}.test") for number in range(2500)])
    leaf = forge.leaf(mad, others=((hosts, False),))

    started = time.process_time()
    verdict = check(leaf)
    spent = time.process_time() - started

    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.NAME_CONSTRAINTS
    assert spent < TIME_LIMIT_S


def test_as_many_names_and_constraints_as_anybody_needs_are_compared():
    trees = [x509.DNSName(f"x{number}.test") for number in range(250)]
    hosts = x509.SubjectAlternativeName([x509.DNSName(f"a.x{number}.test") for number in range(250)])
    forge = Forge("busy")
    root = forge.root()
    limited = (x509.NameConstraints(permitted_subtrees=trees, excluded_subtrees=None), True)
    leaf = forge.leaf(forge.ca("Busy", root, others=(limited,)), others=((hosts, False),))

    started = time.process_time()
    allowed = constraints.allows(limited[0], read(leaf.certificate))

    assert allowed
    assert time.process_time() - started < TIME_LIMIT_S


@pytest.mark.untraced
def test_a_list_of_20_000_serial_numbers_is_searched_soon():
    from certs import pki

    sub = world()["CPO_SUB_CA2"]
    revoked = dict.fromkeys(range(1, 20_000), x509.ReasonFlags.key_compromise)
    listed = pki.crl(sub, period=pki.Period.around(NOW), revoked=revoked)
    data = listed.public_bytes(Encoding.DER)

    started = time.process_time()
    found = crl.verify_crl(crl.load_crl(data), sub.certificate, now=NOW).find(19_999)

    assert found is not None
    assert time.process_time() - started < TIME_LIMIT_S


def test_certificates_of_absurd_age_are_judged_by_their_dates():
    forge = Forge("age")
    root = forge.root()
    leaf = forge.leaf(root, not_after=NOW.replace(year=9999))

    assert isinstance(check(leaf), Verified)
    assert isinstance(check(leaf, now=NOW.replace(year=9999) + timedelta(days=1)), Refused)
    assert replace(leaf, name="x").certificate == leaf.certificate
