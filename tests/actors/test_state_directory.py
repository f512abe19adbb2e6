"""Where a running site is found: lock, key and description."""

import errno
import os
import stat

import pytest

from actors.state_directory import Running, StateDirectory, StateError, _trusted, boot_id, command_of


def running(**changed):
    fields = {
        "file": "site.yaml", "root": "127.0.0.1:1:0000000000000001", "session": os.getpid(),
        "starter": os.getpid(), "boot_id": boot_id(), "command": "evsite",
    }  # fmt: skip
    return Running(**(fields | changed))


def test_a_key_is_made_once_and_read_by_its_owner_only(tmp_path):
    first, second = StateDirectory(tmp_path).made_key(), StateDirectory(tmp_path).made_key()

    assert first == second == StateDirectory(tmp_path).key()
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "engine.key").stat().st_mode) == 0o600


def test_a_key_others_can_read_is_refused(tmp_path):
    StateDirectory(tmp_path).made_key()
    (tmp_path / "engine.key").chmod(0o644)

    with pytest.raises(StateError, match="owner only"):
        StateDirectory(tmp_path).key()


@pytest.mark.parametrize("take", [StateDirectory.key, StateDirectory.made_key])
@pytest.mark.parametrize("content", [b"short", bytes(33)])
def test_a_key_of_another_length_is_refused(tmp_path, take, content):
    (tmp_path / "engine.key").write_bytes(content)
    (tmp_path / "engine.key").chmod(0o600)

    with pytest.raises(StateError, match="remove it"):
        take(StateDirectory(tmp_path))


def test_looking_for_a_key_makes_none(tmp_path):
    with pytest.raises(StateError, match="cannot be read: No such file"):
        StateDirectory(tmp_path).key()

    assert not list(tmp_path.iterdir())


def test_an_empty_key_that_a_power_cut_left_is_made_anew(tmp_path):
    (tmp_path / "engine.key").touch(0o600)

    assert len(StateDirectory(tmp_path).made_key()) == 32


@pytest.mark.parametrize("take", [StateDirectory.key, StateDirectory.made_key])
def test_a_key_behind_a_link_is_refused(tmp_path, take):
    StateDirectory(tmp_path).made_key()
    (tmp_path / "engine.key").rename(tmp_path / "elsewhere")
    (tmp_path / "engine.key").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError, match=r"engine\.key cannot be read"):
        take(StateDirectory(tmp_path))


def test_a_pipe_in_place_of_the_key_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "engine.key", 0o600)

    with pytest.raises(StateError, match="remove it"):
        StateDirectory(tmp_path).key()


def test_a_directory_in_place_of_the_key_is_refused_and_not_left_open(tmp_path):
    (tmp_path / "engine.key").mkdir(mode=0o700)
    before = os.listdir("/proc/self/fd")

    with pytest.raises(StateError, match=r"engine\.key cannot be read"):
        StateDirectory(tmp_path).key()

    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
@pytest.mark.parametrize("take", [StateDirectory.key, StateDirectory.made_key])
def test_a_key_in_a_directory_that_others_may_change_is_refused(tmp_path, take, mode):
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(mode)

    with pytest.raises(StateError, match="chmod go-w"):
        take(StateDirectory(tmp_path / "state"))


@pytest.mark.parametrize("whose", ["state", "state/engine.key"])
def test_what_belongs_to_somebody_else_is_refused(tmp_path, monkeypatch, whose):
    # given: the files are ours, and for one of them we are somebody else
    directory = StateDirectory(tmp_path / "state")
    (tmp_path / "state").mkdir(mode=0o700)
    directory.made_key()
    foreign = (tmp_path / whose).stat().st_ino
    monkeypatch.setattr("actors.state_directory._trusted", lambda found: found.st_ino != foreign)

    with pytest.raises(StateError, match="this user"):
        directory.key()


@pytest.mark.parametrize(("user", "trusted"), [(4711, True), (4712, False), (0, True)])
def test_files_are_trusted_of_ourselves_and_by_the_administrator(monkeypatch, user, trusted):
    monkeypatch.setattr(os, "geteuid", lambda: user)

    assert _trusted(os.stat_result((0o600, 1, 1, 1, 4711, 0, 0, 0, 0, 0))) is trusted


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


WRONG_TYPES = (
    '{"file": "f", "root": "r", "session": "1", "starter": 2, "boot_id": "b", "command": "c"}'  # a text
)


@pytest.mark.parametrize(
    "left",
    [None, "not json", "[]", '{"file": 1}', "[" * 100_000, WRONG_TYPES],
    ids=["nothing", "garbage", "a list", "another shape", "endless", "wrong types"],
)
def test_no_running_site_is_found_without_a_whole_description(tmp_path, left):
    if left is not None:
        (tmp_path / "site.json").write_text(left)

    with pytest.raises(StateError, match="no site runs"):
        StateDirectory(tmp_path).running()


@pytest.mark.parametrize(
    "changed", [{"session": 0}, {"session": True}, {"starter": "2"}, {"root": 7}, {"command": None}], ids=str
)
def test_a_description_of_other_types_is_none(changed):
    with pytest.raises(ValueError, match="something else"):
        running(**changed)


@pytest.mark.parametrize("root", ["", "nowhere", "/", "127.0.0.1:99999:0000000000000001"])
def test_a_root_that_is_no_address_is_a_clear_error(tmp_path, root):
    StateDirectory(tmp_path).write(running(root=root))

    with pytest.raises(StateError, match=r"site\.json is damaged"):
        StateDirectory(tmp_path).running()


def test_a_directory_where_the_description_belongs_is_a_clear_error(tmp_path):
    (tmp_path / "site.json").mkdir()
    directory = StateDirectory(tmp_path)

    assert directory.claim() is None
    with pytest.raises(StateError, match=r"site\.json cannot be written"):
        directory.write(running())
    with pytest.raises(StateError, match=r"site\.json cannot be removed"):
        directory.release()


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("work", [StateDirectory.made_key, lambda directory: directory.write(running())])
def test_what_the_disk_refuses_is_a_clear_error(tmp_path, monkeypatch, code, work):
    def refuse(*_arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(StateError, match=f"cannot be written: {os.strerror(code)}"):
        work(StateDirectory(tmp_path))


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
