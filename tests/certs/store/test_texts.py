import pytest

from certs import pem
from certs.store.texts import certificates_in, with_certificate, without_certificate
from tests.support.stores import text, world

ROOT, OTHER = world()["V2G_ROOT_CA"].certificate, world()["MO_ROOT_CA"].certificate
BROKEN = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("data", [b"", b"no certificate", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_file_without_certificates_is_no_trouble(data):
    assert certificates_in(data) == ((), "")


def test_a_broken_block_does_not_hide_the_others():
    found, trouble = certificates_in(text(ROOT).encode() + BROKEN + text(OTHER).encode())

    assert found == (ROOT, OTHER)
    assert trouble


def test_der_counts_as_one_certificate():
    assert certificates_in(pem.to_der(ROOT)) == ((ROOT,), "")


@pytest.mark.parametrize("old", [b"", b"# mine\n", b"# no newline"])
def test_a_certificate_is_added_behind_what_is_there(old):
    new = with_certificate(old, ROOT)

    assert new.startswith(old)
    assert certificates_in(new) == ((ROOT,), "")


def test_a_broken_text_is_written_anew():
    assert with_certificate(text(OTHER).encode() + BROKEN, ROOT) == text(OTHER, ROOT).encode()


def test_der_becomes_text_when_one_is_added():
    assert with_certificate(pem.to_der(OTHER), ROOT) == text(OTHER, ROOT).encode()


def test_only_the_blocks_of_one_certificate_are_removed():
    data = b"# mine\n" + text(ROOT, OTHER, ROOT).encode() + b"# end\n" + BROKEN

    assert without_certificate(data, ROOT) == b"# mine\n" + text(OTHER).encode() + b"# end\n" + BROKEN


def test_nothing_is_left_of_a_removed_der_certificate():
    assert without_certificate(pem.to_der(ROOT), ROOT) == b""
