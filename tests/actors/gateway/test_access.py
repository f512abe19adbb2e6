"""Tokens, certificates, the page and the note where the Gateway is: as files."""

import json
import os
import ssl
import stat

import pytest

from actors.gateway import access
from actors.gateway.access import AccessError
from actors.gateway.guard import EVERYTHING
from actors.gateway.whereabouts import said_where
from tests.support.gateway_certificate import certificate

TOKEN = "0123456789abcdef"


def test_a_token_file_is_made_for_its_owner_only(tmp_path):
    path = tmp_path / "token"
    made = access.tokens_of(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(made.values()) == [EVERYTHING]
    assert access.tokens_of(path) == made
    assert len(next(iter(made))) >= 32


@pytest.mark.parametrize(
    ("data", "mode", "problem"),
    [
        (TOKEN.encode(), 0o640, "chmod 600"),
        (b"", 0o600, "no token in it"),
        (b"\xff\xfe" * 20, 0o600, "no text"),
    ],
)
def test_a_token_file_that_will_not_do_is_refused(tmp_path, data, mode, problem):
    path = tmp_path / "token"
    path.write_bytes(data)
    path.chmod(mode)
    with pytest.raises(AccessError, match=problem) as caught:
        access.tokens_of(path)
    assert TOKEN not in str(caught.value)


def test_a_token_file_in_no_directory_is_told_of(tmp_path):
    with pytest.raises(AccessError, match="No such file"):
        access.tokens_of(tmp_path / "nothing" / "token")


def test_tls_is_of_version_1_2_at_least(tmp_path):
    context = access.tls_of(*certificate(tmp_path))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_key_that_everybody_can_read_is_refused(tmp_path):
    pem, key = certificate(tmp_path)
    key.chmod(0o604)
    with pytest.raises(AccessError, match="chmod 600"):
        access.tls_of(pem, key)


def test_a_key_that_is_missing_or_nonsense_is_told_of(tmp_path):
    pem, key = certificate(tmp_path)
    with pytest.raises(AccessError, match="No such file"):
        access.tls_of(pem, tmp_path / "nothing")
    key.write_text("nonsense")
    with pytest.raises(AccessError, match="private_key"):
        access.tls_of(pem, key)


def test_a_key_with_a_password_is_refused_without_asking(tmp_path):
    from cryptography.hazmat.primitives import serialization as form

    pem, key = certificate(tmp_path)
    loaded = form.load_pem_private_key(key.read_bytes(), None)
    sealed = form.BestAvailableEncryption(b"secret")
    key.write_bytes(loaded.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, sealed))
    with pytest.raises(AccessError, match="encrypted"):
        access.tls_of(pem, key)


@pytest.mark.parametrize(
    ("host", "secure", "url"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:80"),
        ("::1", False, "http://[::1]:80"),
        ("0.0.0.0", True, "https://127.0.0.1:80"),
        ("::", True, "https://[::1]:80"),
        ("10.0.0.1", True, "https://10.0.0.1:80"),
        ("site.example", True, "https://site.example:80"),
    ],
)
def test_the_address_is_one_that_this_machine_can_use(host, secure, url):
    assert access.url_of(host, 80, secure=secure) == url


def test_where_it_is_stands_in_the_state_directory(tmp_path):
    access.say_where(tmp_path, "http://127.0.0.1:1")
    access.say_where(tmp_path, "http://127.0.0.1:2")
    path = tmp_path / "gateway.json"
    assert json.loads(path.read_text()) == {"url": "http://127.0.0.1:2", "pid": os.getpid()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert said_where(tmp_path) == "http://127.0.0.1:2"
    access.forget_where(tmp_path)
    access.forget_where(tmp_path)
    assert said_where(tmp_path) is None


def test_a_note_that_cannot_be_written_is_told_of(tmp_path):
    with pytest.raises(AccessError, match="No such file"):
        access.say_where(tmp_path / "nothing", "http://127.0.0.1:1")


def test_the_page_has_no_file_of_an_unknown_kind():
    for path, file in access.page_files().items():
        assert path == "/" or path.startswith("/static/")
        assert file.media_type in access.MEDIA_TYPES.values()
