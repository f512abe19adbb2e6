import os
import stat

import pytest

from actors.v2g.link.key_log import append_privately, key_log_of


def test_no_secrets_are_kept_unless_asked_for(tmp_path):
    assert key_log_of({"tls_key_logging": False, "tls_key_logging_path": str(tmp_path)}, "v2g") is None
    assert key_log_of({}, "v2g") is None


@pytest.mark.parametrize("switch", ["tls_key_logging", "enable_tls_key_logging"])
def test_each_link_has_a_file_of_its_own(tmp_path, switch):
    found = key_log_of({switch: True, "tls_key_logging_path": str(tmp_path)}, "v2g_2")

    assert found == tmp_path / "tls_session_keys_v2g_2.log"


def test_lines_are_appended_where_only_the_owner_reads(tmp_path):
    path = tmp_path / "keys.log"

    append_privately(path, ["one"])
    append_privately(path, ["two", "three"])

    assert path.read_text() == "one\ntwo\nthree\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_planted_there_is_not_followed(tmp_path):
    target = tmp_path / "victim"
    target.write_text("")
    (tmp_path / "keys.log").symlink_to(target)

    with pytest.raises(OSError, match="symbolic"):
        append_privately(tmp_path / "keys.log", ["one"])
    assert target.read_text() == ""


def test_a_file_that_others_could_read_is_closed_to_them_first(tmp_path):
    path = tmp_path / "keys.log"
    path.touch(mode=0o644)

    append_privately(path, ["one"])

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_of_somebody_else_gets_no_secrets(tmp_path, monkeypatch):
    path = tmp_path / "keys.log"
    path.touch()
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)

    with pytest.raises(PermissionError, match="somebody else"):
        append_privately(path, ["one"])
    assert path.read_text() == ""


def test_a_pipe_planted_there_does_not_hold_the_link_up(tmp_path):
    os.mkfifo(tmp_path / "keys.log")

    with pytest.raises(OSError, match="No such device"):
        append_privately(tmp_path / "keys.log", ["one"])
