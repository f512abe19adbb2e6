from __future__ import annotations

import pytest
import typer

from actors import exits
from actors.certificates import pki_files


def test_a_file_is_written_whole_with_its_mode(tmp_path):
    path = tmp_path / "a" / "b.key"
    pki_files.write_file(path, b"content", 0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"content", 0o600)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        pki_files.write_file(tmp_path / "taken", b"content", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    pki_files.write_file(tmp_path / "link", b"content", 0o644)
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_no_more_than_the_bound_is_read(tmp_path):
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(pki_files.MAX_FILE_BYTES * 2)
    assert len(pki_files.read_file(tmp_path / "large")) == pki_files.MAX_FILE_BYTES


def test_a_missing_file_is_bad_input(tmp_path):
    with pytest.raises(typer.Exit) as caught:
        pki_files.read_file(tmp_path / "missing")
    assert caught.value.exit_code == exits.BAD_INPUT
