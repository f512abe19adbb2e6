import stat

import pytest
import typer

from actors.simulation.ev import options
from actors.simulation.ev.runner import Place


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ((None, "[fe80::1]:61851", None), Place(connect=("fe80::1", 61851))),
        ((None, "host:1", None), Place(connect=("host", 1))),
        (("eth0", None, None), Place(interface="eth0")),
        ((None, None, "::1"), Place(sdp=("::1", 15118))),
        ((None, None, None), Place(sdp=("::1", 15118))),
    ],
)
def test_a_station_is_found_where_the_options_say(given, place):
    assert options.place_of(*given) == place


@pytest.mark.parametrize("given", [("eth0", "::1", None), (None, "host", None), (None, "[::1]:x", None)])
def test_nonsense_is_refused(given):
    with pytest.raises(typer.Exit) as refused:
        options.place_of(*given, option="--to")

    assert refused.value.exit_code == 2


def test_papers_are_for_their_owner_only(tmp_path):
    keys, packets = tmp_path / "keys", tmp_path / "packets"
    papers = options.Papers(keys, packets)
    papers.write()
    papers.close(["LABEL random secret"])

    assert [stat.S_IMODE(path.stat().st_mode) for path in (keys, packets)] == [0o600, 0o600]
    assert keys.read_text() == "LABEL random secret\n"
    assert packets.stat().st_size == 24


def test_secrets_are_added_to_a_log_and_packets_begin_anew(tmp_path):
    for _ in range(2):
        papers = options.Papers(tmp_path / "keys", tmp_path / "packets")
        papers.close(["line"])

    assert (tmp_path / "keys").read_text() == "line\n" * 2
    assert (tmp_path / "packets").stat().st_size == 24


def test_no_paper_is_written_that_nobody_wants(tmp_path):
    papers = options.Papers(None, None)
    papers.write()
    papers.close(["line"])
    options.Papers(tmp_path / "keys", None).close([])

    assert papers.capture is None
    assert not list(tmp_path.iterdir())


def test_a_place_for_packets_that_is_none_is_refused(tmp_path):
    with pytest.raises(typer.Exit) as refused:
        options.Papers(None, tmp_path)

    assert refused.value.exit_code == 2


def test_papers_that_cannot_be_written_are_told_of_and_given_up(capsys, tmp_path):
    (tmp_path / "packets").symlink_to("/dev/full")
    papers = options.Papers(tmp_path, tmp_path / "packets")
    capture = papers.capture
    capture.add(b"x" * 100_000)
    papers.write()
    capture.add(b"x")
    papers.close(["line"])

    told = capsys.readouterr().err
    assert "packets: No space left on device" in told
    assert "Is a directory" in told
    assert capture.take() == b""


def test_a_table_has_its_headings():
    made = options.table("Title", [("a", "b")], {"left one": "left", "right one": "right"})

    assert made.splitlines()[0].strip() == "Title"
    assert "right one" in made


def test_nothing_in_a_table_is_markup():
    made = options.table("[/] :car:", [("[red]x", "[fe80::1]")], {"a": "left", "b": "left"})

    assert "[/] :car:" in made
    assert "[red]x" in made
