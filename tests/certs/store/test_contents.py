import os
import stat

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs import pem
from certs.errors import CertificateError
from certs.facts import read as read_facts
from certs.keys import KeyKind, generate_key, key_to_pem, public_bytes
from certs.store.contents import read_content
from certs.store.scan import stamp_of
from tests.support.der import without_version
from tests.support.stores import put, text, world

KEY = generate_key(KeyKind.P256)
PUBLIC = public_bytes(KEY.public_key())
ROOT = world()["V2G_ROOT_CA"].certificate


def content_of(path, password=None, *, may_hold_key=True):
    return read_content(path, stamp_of(path.stat()), password, may_hold_key=may_hold_key)


def test_certificates_are_read_without_repetitions(tmp_path):
    content = content_of(put(tmp_path / "a.pem", text(ROOT, ROOT)))

    assert [one.certificate for one in content.certificates] == [ROOT]
    assert (content.is_pem, content.trouble) == (True, "")


def test_a_der_certificate_is_not_taken_for_text(tmp_path):
    content = content_of(put(tmp_path / "a.der", pem.to_der(ROOT)))

    assert [one.certificate for one in content.certificates] == [ROOT]
    assert not content.is_pem


def test_of_a_private_key_only_the_public_half_is_kept(tmp_path):
    content = content_of(put(tmp_path / "a.key", key_to_pem(KEY), 0o600))

    assert (content.public_key, content.encrypted, content.trouble) == (PUBLIC, False, "")


def test_a_der_key_is_read_as_well(tmp_path):
    der = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    content = content_of(put(tmp_path / "a.key", der, 0o600))

    assert (content.public_key, content.is_pem) == (PUBLIC, False)


def test_certificate_and_key_may_share_a_file(tmp_path):
    content = content_of(put(tmp_path / "a.pem", text(ROOT).encode() + key_to_pem(KEY), 0o600))

    assert [one.certificate for one in content.certificates] == [ROOT]
    assert content.public_key == PUBLIC


def test_keys_among_roots_are_not_looked_at(tmp_path):
    content = content_of(put(tmp_path / "a.pem", key_to_pem(KEY)), may_hold_key=False)

    assert content.public_key is None


@pytest.mark.parametrize(("password", "public"), [(b"right", PUBLIC), (b"wrong", None), (None, None)])
def test_an_encrypted_key_needs_its_password(tmp_path, password, public):
    content = content_of(put(tmp_path / "a.key", key_to_pem(KEY, b"right"), 0o600), password)

    assert (content.public_key, content.encrypted) == (public, True)
    assert bool(content.trouble) is (public is None)


def test_garbage_instead_of_a_key_is_trouble(tmp_path):
    assert content_of(put(tmp_path / "a.key", "garbage", 0o600)).trouble


def test_a_key_others_may_read_is_taken_from_them(tmp_path):
    path = put(tmp_path / "a.key", key_to_pem(KEY), 0o644)

    assert content_of(path).trouble == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_cannot_be_secured_is_trouble(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError("not yours")

    monkeypatch.setattr(os, "chmod", refuse)

    assert content_of(put_open(tmp_path)).trouble == "a private key that others may read"


def put_open(folder):
    path = folder / "a.key"
    path.write_bytes(key_to_pem(KEY))
    os.fchmod(descriptor := os.open(path, os.O_RDONLY), 0o644)
    os.close(descriptor)
    return path


def test_a_file_that_cannot_be_read_is_trouble(tmp_path):
    path = put(tmp_path / "a.pem", b"")
    stamp = stamp_of(path.stat())
    path.unlink()

    content = read_content(path, stamp, None, may_hold_key=True)

    assert content.trouble == "No such file or directory"


def test_a_file_of_ten_mebibytes_is_not_read(tmp_path):
    path = tmp_path / "a.pem"
    with path.open("wb") as file:
        file.truncate(pem.MAX_BYTES + 1)

    assert "bytes" in content_of(path).trouble


def test_a_certificate_that_contradicts_itself_is_trouble(tmp_path):
    odd = pem.load_der(without_version(pem.to_der(ROOT)))
    with pytest.raises(CertificateError):
        read_facts(odd)

    content = content_of(put(tmp_path / "a.pem", text(odd, ROOT)))

    assert [one.certificate for one in content.certificates] == [ROOT]
    assert "version 1" in content.trouble
