import errno
import os
import stat
import threading
from datetime import timedelta

import pytest

from actors.v2g.link import evidence_files
from actors.v2g.link.evidence import Chunk
from actors.v2g.link.evidence_files import Bundle, Files, Place, word
from tests.support.evidence import NOON


@pytest.fixture
def files():
    made = Files()
    yield made
    made.close()


def place(directory, **changes):
    return Place(**({"directory": directory, "module": "v2g_1", "keep": 3} | changes))


def write(files, where, *chunks, now=NOON):
    """A whole bundle; written when this returns."""
    bundle = files.begin(where, now)
    files.write(bundle, chunks)
    files.end(bundle)
    while not files.idle:
        pass
    return bundle


def test_a_bundle_is_for_its_owner_only(files, tmp_path):
    bundle = write(files, place(tmp_path / "new" / "one"), Chunk("talk.jsonl", b"{}\n"))

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (bundle.path, bundle.path / "talk.jsonl")]

    assert modes == [0o700, 0o600]
    assert stat.S_IMODE(bundle.path.parent.stat().st_mode) == 0o700


def test_pieces_are_put_together_in_their_order(files, tmp_path):
    pieces = [Chunk("talk.jsonl", b"%d\n" % number) for number in range(50)]
    bundle = write(files, place(tmp_path), *pieces, Chunk("talk.pcap", b"x"))

    assert (bundle.path / "talk.jsonl").read_bytes() == b"".join(data for _, data in pieces)
    assert bundle.problem is None


def test_a_name_tells_module_moment_and_suffix(tmp_path):
    named = place(tmp_path, module="v2g 1/../x", suffix="a/b").name(NOON)

    assert named == "v2g-v2g_1_.._x-20260701T120000.000000Z-a_b"
    assert len(word("x" * 1000)) == 64


def test_the_oldest_bundles_go_and_nothing_else(files, tmp_path):
    for other in ("v2g-v2g_1-notes", "v2g-v2g_10-20200101T000000.000000Z", "holiday"):
        (tmp_path / other).mkdir()
    made = [
        write(files, place(tmp_path), Chunk("talk.jsonl", b"x"), now=NOON + timedelta(seconds=number))
        for number in range(5)
    ]

    left = sorted(path.name for path in tmp_path.iterdir())

    assert left == sorted(
        [
            *(bundle.name for bundle in made[2:]),
            "v2g-v2g_1-notes",
            "v2g-v2g_10-20200101T000000.000000Z",
            "holiday",
        ]
    )


def test_an_old_bundle_with_something_of_others_keeps_that(files, tmp_path):
    old = write(files, place(tmp_path, keep=1), Chunk("talk.jsonl", b"x"))
    (old.path / "my notes").write_text("mine")

    write(files, place(tmp_path, keep=1), now=NOON + timedelta(seconds=1))

    assert [path.name for path in old.path.iterdir()] == ["my notes"]


def test_a_link_in_the_place_of_an_old_bundle_is_not_followed(files, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "talk.jsonl").write_text("precious")
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / place(kept).name(NOON)).symlink_to(elsewhere)

    write(files, place(kept, keep=1), now=NOON + timedelta(seconds=1))

    assert (elsewhere / "talk.jsonl").read_text() == "precious"


def test_a_directory_that_is_there_already_is_not_written_into(files, tmp_path):
    (tmp_path / place(tmp_path).name(NOON)).mkdir()

    bundle = write(files, place(tmp_path), Chunk("talk.jsonl", b"x"))

    assert bundle.problem == os.strerror(errno.EEXIST)
    assert not list(bundle.path.iterdir())


def test_a_place_that_is_a_file_is_a_problem_and_no_more(files, tmp_path):
    (tmp_path / "file").write_text("")

    bundle = write(files, place(tmp_path / "file"), Chunk("talk.jsonl", b"x"))

    assert bundle.problem


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    bundle = Bundle(place(tmp_path), NOON)
    bundle.open()
    bundle.write(Chunk("talk.jsonl", b"whole\n"))
    real = os.write

    def small(number, data):
        if len(data) < 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(number, data[: len(data) // 2])

    monkeypatch.setattr(evidence_files.os, "write", small)
    with pytest.raises(OSError, match="No space"):
        bundle.write(Chunk("talk.jsonl", b"not whole\n"))
    bundle.close()
    bundle.close()

    assert (bundle.path / "talk.jsonl").read_bytes() == b"whole\n"


def test_after_a_problem_nothing_more_of_that_bundle_is_tried(files, tmp_path, monkeypatch):
    tried = []

    def full(number, data):
        tried.append(bytes(data))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(evidence_files.os, "write", full)
    bundle = files.begin(place(tmp_path), NOON)
    for data in (b"first", b"second"):
        files.write(bundle, [Chunk("talk.jsonl", data)])
    files.end(bundle)
    while not files.idle:
        pass

    assert (tried, bundle.problem) == ([b"first"], "No space left on device")


def test_a_disk_that_hangs_holds_nobody_up_and_costs_bounded_memory(files, tmp_path, monkeypatch):
    go_on = threading.Event()
    real = os.write

    def hanging(number, data):
        go_on.wait(30)
        return real(number, data)

    monkeypatch.setattr(evidence_files.os, "write", hanging)
    monkeypatch.setattr(evidence_files, "MAX_WAITING_BYTES", 1000)
    bundle = files.begin(place(tmp_path), NOON)
    for _ in range(20):
        files.write(bundle, [Chunk("talk.jsonl", bytes(100))])

    assert bundle.problem == "the disk is too slow"
    assert not files.idle
    go_on.set()


def test_the_end_of_the_process_does_not_wait_for_a_disk_that_hangs(tmp_path, monkeypatch):
    go_on, files = threading.Event(), Files()
    files.close()
    monkeypatch.setattr(evidence_files, "CLOSE_S", 0.01)
    monkeypatch.setattr(Bundle, "open", lambda _bundle: go_on.wait(30))
    files.begin(place(tmp_path), NOON)

    files.close()

    assert not files.idle
    go_on.set()
