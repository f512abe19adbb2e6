"""Log files on real disks: large, full, read-only, slow, taken away, of somebody else, cut off."""

import errno
import os
import threading
import time
from datetime import UTC, datetime

import pytest

from actors.ocpp import message_log, message_log_files
from actors.ocpp.message_log import HTML, LOG, SECURITY, Piece
from actors.ocpp.message_log_files import MAX_WAITING_BYTES, RETRY_S, LogFiles, Work
from actors.ocpp.message_log_page import HEAD
from actors.ocpp.message_log_rotation import Rotation
from tests.support.disk import as_nobody, file_size_limit, fill, needs_root, small_disk
from tests.support.engine import eventually

pytestmark = pytest.mark.timeout(60)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Desk:
    """Hands entries in, and waits until they are on the disk."""

    def __init__(self, path):
        self.path, self.now_s = path / "logs", 0.0
        self.files = LogFiles(self.path)

    def write(self, *texts, rotation=None, wait=True):
        for file, text in texts:
            work = Work(
                files=(file,),
                size=len(text),
                make=lambda file=file, text=text: (Piece(file, text + message_log.ENDS[file]),),
                rotation=rotation or Rotation(),
                now=NOW,
                now_s=self.now_s,
            )
            self.files.write(work)
            if wait:
                self.wait()

    def wait(self):
        eventually(lambda: self.files.idle, 20)

    def text(self, file=LOG):
        return (self.path / file).read_text()

    def names(self):
        return {each.name for each in self.path.iterdir()}


@pytest.fixture
def make(tmp_path):
    made = []

    def desk(path=tmp_path):
        made.append(Desk(path))
        return made[-1]

    yield desk
    for each in made:
        each.files.close()


@pytest.fixture
def desk(make):
    return make()


def test_entries_stand_in_their_files_in_order(desk):
    desk.write((LOG, "a"), (SECURITY, "b"), (LOG, "c"))

    assert desk.text() == "a\n\nc\n\n"
    assert desk.text(SECURITY) == "b\n"
    assert desk.files.troubles == {}


def test_files_and_their_directory_are_ours_alone(desk):
    desk.write((LOG, "a"))

    assert (desk.path / LOG).stat().st_mode & 0o777 == 0o600
    assert desk.path.stat().st_mode & 0o777 == 0o700


def test_before_the_first_entry_there_is_nothing(desk):
    assert not desk.path.exists()


def test_a_page_has_one_head_over_two_lives(make):
    first = make()
    first.write((HTML, "a"))
    first.files.close()
    make().write((HTML, "b"))

    assert first.text(HTML) == f"{HEAD}a</details>\nb</details>\n"


def test_a_large_file_is_set_aside_and_the_oldest_goes(desk):
    for text in "abcd":
        desk.write((HTML, text * 100), rotation=Rotation(max_bytes=len(HEAD) + 200, files=3))

    assert desk.names() == {HTML, f"{HTML}.0", f"{HTML}.1"}
    assert [HEAD in desk.text(name) for name in sorted(desk.names())] == [True] * 3
    assert ["bcd".index(desk.text(name)[-len("x</details>\n")]) for name in sorted(desk.names())] == [2, 1, 0]


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (b"", "new\n\n"),
        (b"old\n\n", "old\n\nnew\n\n"),
        (b"old\n\nhalf", "old\n\nnew\n\n"),
        (b"old\n\n\0\0\0\0", "old\n\nnew\n\n"),
        (b"x" * 100_000 + b"\n\nhalf", "x" * 100_000 + "\n\nnew\n\n"),
    ],
)
def test_a_successor_goes_on_after_the_last_whole_entry(desk, found, left):
    desk.path.mkdir()
    (desk.path / LOG).write_bytes(found)

    desk.write((LOG, "new"))

    assert desk.text() == left
    assert desk.names() == {LOG}


def test_a_file_without_any_entry_of_ours_is_set_aside(desk):
    desk.path.mkdir()
    (desk.path / HTML).write_text("<html>of another program</html>")

    desk.write((HTML, "new"), (HTML, "newer"))

    assert desk.text(f"{HTML}.0") == "<html>of another program</html>"
    assert desk.text(HTML) == f"{HEAD}new</details>\nnewer</details>\n"


@pytest.mark.parametrize("act", ["unlink", "rename", "directory"])
def test_a_file_that_was_taken_away_is_begun_anew(desk, act):
    desk.write((LOG, "a"))
    (desk.path / LOG).rename(desk.path.parent / "taken")
    if act == "unlink":
        (desk.path.parent / "taken").unlink()
    elif act == "directory":
        desk.path.rmdir()
    desk.write((LOG, "b"))
    if act == "directory":  # it takes a moment
        desk.now_s += RETRY_S
        desk.write((LOG, "c"))

    assert desk.text().endswith("c\n\n" if act == "directory" else "b\n\n")


# -- what is not ours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["symlink", "hard link", "fifo", "directory"])
def test_nothing_is_written_to_what_is_no_file_of_ours(desk, tmp_path, what):
    desk.path.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("theirs")
    place = desk.path / LOG
    match what:
        case "symlink":
            place.symlink_to(victim)
        case "hard link":
            place.hardlink_to(victim)
        case "fifo":
            os.mkfifo(place)
        case _:
            place.mkdir()

    desk.write((LOG, "a"), (SECURITY, "b"))

    assert set(desk.files.troubles) == {LOG}
    assert victim.read_text() == "theirs"
    assert desk.text(SECURITY) == "b\n"


def test_a_directory_that_is_a_link_is_not_followed(desk, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    desk.path.symlink_to(tmp_path / "elsewhere")

    desk.write((LOG, "a"))

    assert desk.files.troubles
    assert list((tmp_path / "elsewhere").iterdir()) == []


@needs_root
def test_a_file_of_somebody_else_is_not_written_to(desk):
    desk.path.mkdir()
    (desk.path / LOG).write_text("")
    os.chown(desk.path / LOG, 65534, 65534)

    desk.write((LOG, "a"))

    assert "not a file of ours" in desk.files.troubles[LOG]
    assert desk.text() == ""


def test_two_programs_do_not_write_to_one_file(make):
    first, second = make(), make()
    first.write((LOG, "a"))
    second.write((LOG, "b"))
    assert "another program" in second.files.troubles[LOG]

    first.files.close()
    second.now_s += RETRY_S
    second.write((LOG, "c"))

    assert second.text() == "a\n\n2026-03-01T12:00:00.000Z: SYS> 1 missing here\n\nc\n\n"


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_written_to(desk, monkeypatch, code):
    def refuse(_number, _wish):
        raise OSError(code, "no locks")

    monkeypatch.setattr(message_log_files.fcntl, "flock", refuse)
    desk.write((LOG, "a"))
    assert desk.text() == "a\n\n"


def test_any_other_fault_of_a_lock_is_a_trouble(desk, monkeypatch):
    def refuse(_number, _wish):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(message_log_files.fcntl, "flock", refuse)
    desk.write((LOG, "a"))
    assert desk.files.troubles == {LOG: "broken"}


# -- disks that refuse ---------------------------------------------------------------------------------------


def test_a_disk_that_refuses_is_left_alone_and_then_tried_again(desk, monkeypatch):
    tried = []
    real = os.write

    def refuse(number, data):
        tried.append(bytes(data))
        real(number, data[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    desk.write((LOG, "a"))
    with monkeypatch.context() as patch:
        patch.setattr(message_log_files.os, "write", refuse)
        desk.write((LOG, "b"), (LOG, "c"), (LOG, "d"))
        assert len(tried) == 1
        assert desk.files.troubles == {LOG: "No space left on device"}
        assert desk.files.missing == 3
        desk.now_s += RETRY_S
        desk.write((LOG, "e"))
        assert len(tried) == 2

    desk.now_s += RETRY_S
    desk.write((LOG, "f"))
    assert desk.text() == "a\n\n2026-03-01T12:00:00.000Z: SYS> 4 missing here\n\nf\n\n"
    assert desk.files.troubles == {}


def test_a_quota_leaves_whole_entries_only(desk):
    desk.write((LOG, "a" * 500))
    with file_size_limit(600):
        desk.write((LOG, "b" * 500))

    assert desk.text() == "a" * 500 + "\n\n"
    assert list(desk.files.troubles) == [LOG]


@needs_root
def test_a_full_disk_costs_entries_and_says_how_many(make, tmp_path):
    with small_disk(tmp_path / "disk", 256 * 1024) as disk:
        desk = make(disk)
        desk.write((LOG, "a"))
        ballast = fill(disk)
        desk.write((LOG, "b" * 10_000), (SECURITY, "c" * 10_000))
        assert set(desk.files.troubles) == {LOG, SECURITY}

        ballast.unlink()
        desk.now_s += RETRY_S
        desk.write((LOG, "d"))

        assert desk.text() == "a\n\n2026-03-01T12:00:00.000Z: SYS> 1 missing here\n\nd\n\n"
        desk.files.close()


@needs_root
def test_a_place_that_may_not_be_written_to_is_a_trouble(desk, tmp_path):
    tmp_path.chmod(0o555)
    with as_nobody():
        desk.write((LOG, "a"))
    tmp_path.chmod(0o755)

    assert "denied" in desk.files.troubles[LOG]
    assert desk.files.missing == 1


def test_a_slow_disk_delays_nobody_and_takes_so_much_memory_only(desk, monkeypatch):
    go_on = threading.Event()
    real = os.write

    def slow(number, data):
        assert go_on.wait(20)
        return real(number, data)

    monkeypatch.setattr(message_log_files.os, "write", slow)
    begun_s = time.monotonic()
    big = "x" * (MAX_WAITING_BYTES // 4)
    desk.write(*((LOG, big) for _ in range(6)), wait=False)
    assert time.monotonic() - begun_s < 5
    assert desk.files.missing == 2

    go_on.set()
    desk.wait()
    desk.write((LOG, "y"))

    assert desk.text() == f"{big}\n\n" * 4 + "2026-03-01T12:00:00.000Z: SYS> 2 missing here\n\ny\n\n"


def test_the_end_waits_for_a_dead_disk_so_long_only(desk, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(message_log_files, "CLOSE_S", 0.05)
    monkeypatch.setattr(message_log_files.os, "write", lambda _number, data: go_on.wait(20) and len(data))
    desk.write((LOG, "a"), wait=False)
    begun_s = time.monotonic()

    desk.files.close()

    assert time.monotonic() - begun_s < 5
    go_on.set()


def test_a_mistake_of_ours_is_not_kept_quiet(desk):
    work = Work(files=(LOG,), size=1, make=lambda: 1 / 0, rotation=Rotation(), now=NOW, now_s=0.0)
    desk.files.write(work)

    with pytest.raises(ZeroDivisionError):
        desk.wait()


def test_a_bad_file_does_not_keep_the_good_one_from_being_written(desk):
    desk.path.mkdir()
    (desk.path / HTML).mkdir()

    def work(text):
        pieces = tuple(Piece(file, text + message_log.ENDS[file]) for file in (LOG, HTML))
        return Work(
            files=(LOG, HTML), size=1, make=lambda: pieces, rotation=Rotation(), now=NOW, now_s=desk.now_s
        )

    for text in "ab":  # the second time it is known to be bad
        desk.files.write(work(text))
        desk.wait()

    assert desk.text() == "a\n\nb\n\n"
    assert set(desk.files.troubles) == {HTML}
    assert desk.files.missing == 2
