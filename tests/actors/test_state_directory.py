"""Where a running site is found: lock, key and description."""

import os
import stat

import pytest

from actors.state_directory import Running, StateDirectory, StateError, boot_id, command_of


def running(**changed):
    fields = {
        "file": "site.yaml", "root": "127.0.0.1:1:0000000000000001", "session": os.getpid(),
        "starter": os.getpid(), "boot_id": boot_id(), "command": "evsite",
    }  # fmt: skip
    return Running(**(fields | changed))


def test_a_key_is_made_once_and_read_by_its_owner_only(tmp_path):
    first, second = StateDirectory(tmp_path).key(), StateDirectory(tmp_path).key()

    assert first == second
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "engine.key").stat().st_mode) == 0o600


def test_a_key_others_can_read_is_refused(tmp_path):
    StateDirectory(tmp_path).key()
    (tmp_path / "engine.key").chmod(0o644)

    with pytest.raises(StateError, match="owner only"):
        StateDirectory(tmp_path).key()


def test_a_truncated_key_is_refused(tmp_path):
    (tmp_path / "engine.key").write_bytes(b"short")
    (tmp_path / "engine.key").chmod(0o600)

    with pytest.raises(StateError, match="remove it"):
        StateDirectory(tmp_path).key()


def test_a_second_site_in_the_same_directory_is_refused(tmp_path):
    first = StateDirectory(tmp_path)
    first.claim()
    first.write(running(file="first.yaml"))

    with pytest.raises(StateError, match=r"already \(process \d+, first.yaml\)"):
        StateDirectory(tmp_path).claim()
    first.release()


def test_a_released_directory_can_be_claimed_again(tmp_path):
    first = StateDirectory(tmp_path)
    first.claim()
    first.release()

    assert StateDirectory(tmp_path).claim() is None


def test_what_a_killed_predecessor_left_is_handed_over(tmp_path):
    (tmp_path / "site.json").write_text("")
    StateDirectory(tmp_path).write(running(session=4711))

    assert StateDirectory(tmp_path).claim() == running(session=4711)


def test_a_running_site_is_found(tmp_path):
    StateDirectory(tmp_path).write(running())

    assert StateDirectory(tmp_path).running() == running()


@pytest.mark.parametrize(
    "left",
    [None, "not json", "[]", '{"file": 1}'],
    ids=["nothing", "garbage", "a list", "another shape"],
)
def test_no_running_site_is_found_without_a_whole_description(tmp_path, left):
    if left is not None:
        (tmp_path / "site.json").write_text(left)

    with pytest.raises(StateError, match="no site runs"):
        StateDirectory(tmp_path).running()


def test_a_site_from_before_a_reboot_does_not_run(tmp_path):
    StateDirectory(tmp_path).write(running(boot_id="another"))

    with pytest.raises(StateError, match="evsite run FILE"):
        StateDirectory(tmp_path).running()


def test_a_directory_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match="cannot be used"):
        StateDirectory(tmp_path / "file" / "state").claim()


def test_the_command_line_of_a_dead_process_is_empty():
    assert command_of(2**22 - 1) == ""
