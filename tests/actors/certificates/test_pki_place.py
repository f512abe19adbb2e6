from __future__ import annotations

from pathlib import Path

import pytest
import typer

from actors import exits
from actors.certificates.pki_place import password_in, settings_of
from tests.support import sites

SITE = sites.ROOT / "deploy" / "sil-2evse.yaml"


def test_a_directory_is_laid_out_as_everest_does():
    settings = settings_of(Path("certs"), None)

    assert (settings.root, settings.secc_leaf_cert_directory) == (Path("certs"), "client/cso")


def test_a_site_file_says_where_its_store_is(tmp_path):
    assert settings_of(None, SITE, state=tmp_path).root == tmp_path / "certs"
    assert settings_of(Path("elsewhere"), SITE, state=tmp_path).root == Path("elsewhere")


def test_a_password_comes_from_the_first_line_of_a_file(tmp_path):
    (tmp_path / "password").write_bytes(b"secret\nmore\n")

    assert settings_of(tmp_path, None, tmp_path / "password").private_key_password == "secret"
    assert password_in(None) is None


@pytest.mark.parametrize("content", [b"", b"\nsecret\n"])
def test_an_empty_password_is_bad_input(tmp_path, content):
    (tmp_path / "password").write_bytes(content)

    with pytest.raises(typer.Exit) as caught:
        password_in(tmp_path / "password")
    assert caught.value.exit_code == exits.BAD_INPUT


@pytest.mark.parametrize("site", [None, Path("/nowhere.yaml")])
def test_without_directory_and_usable_site_there_is_no_store(site, capsys):
    with pytest.raises(typer.Exit) as caught:
        settings_of(None, site, state=Path("run"))

    assert caught.value.exit_code == exits.BAD_INPUT
    assert capsys.readouterr().err


def test_a_site_without_the_module_has_no_store(tmp_path, capsys):
    site = tmp_path / "site.yaml"
    site.write_text("active_modules:\n  store:\n    module: PersistentStore\n")

    with pytest.raises(typer.Exit):
        settings_of(tmp_path, site)
    assert "EvseSecurity" in capsys.readouterr().err
