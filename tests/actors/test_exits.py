import os
import subprocess
import sys

import pytest
import typer

from actors import exits
from tests.support import sites

EVSITE = [sys.executable, "-c", "from actors.cli import main; main()"]
FULL = "/dev/full"
"""A file that is never written to: the disk is full."""


def evsite(*words, **options):
    return subprocess.run(
        [*EVSITE, *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=sites.ROOT,
        timeout=60,
        check=False,
        **options,
    )


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"schema": "iso2_msgdef", "exi_hex": "80"}\n' * 5000)
    return path


@pytest.mark.parametrize(("end", "code"), [(exits.refuse, 2), (exits.fail, 1)])
def test_a_command_ends_with_one_line_and_its_code(capsys, end, code):
    with pytest.raises(typer.Exit) as caught:
        end("the disk is upside down")

    assert caught.value.exit_code == code
    assert capsys.readouterr() == ("", "evsite: the disk is upside down\n")


@pytest.mark.parametrize(
    "words",
    [["version"], ["schema"], ["decode", "--jsonl", "{lines}"], ["decode", "80ffffff"], ["pki", "--help"]],
    ids=" ".join,
)
def test_output_to_a_full_disk_ends_with_one_line(lines, words):
    with open(FULL, "w") as full:
        done = evsite(*(word.format(lines=lines) for word in words), stdout=full)

    assert (done.returncode, done.stderr) == (1, "evsite: standard output: No space left on device\n")


def test_output_nobody_reads_any_more_ends_with_one_line(lines):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = evsite("decode", "--jsonl", lines, stdout=writer)
    finally:
        os.close(writer)

    assert (done.returncode, done.stderr) == (1, "evsite: standard output: Broken pipe\n")


def test_the_exit_code_counts_when_nothing_can_be_told():
    with open(FULL, "w") as full:
        done = subprocess.run(
            [*EVSITE, "decode", "no message"],
            stdout=full,
            stderr=full,
            cwd=sites.ROOT,
            timeout=60,
            check=False,
        )

    assert done.returncode == exits.BAD_INPUT


def test_a_command_without_standard_output_still_runs():
    code = "import sys; sys.stdout = None; from actors.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "version"], capture_output=True, cwd=sites.ROOT, timeout=60, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_a_program_prints_is_watched_to_its_last_byte():
    # given a program that leaves its last line in the buffer
    code = "from actors.exits import output_watched as watched\nwith watched():\n    print('last', end='')"
    with open(FULL, "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=sites.ROOT,
            timeout=60,
            check=False,
        )

    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)


def test_an_output_that_is_full_raises_nothing_a_command_could_mistake(monkeypatch, capsys):
    with open(FULL, "w") as full:
        monkeypatch.setattr(sys, "stdout", full)

        with pytest.raises(SystemExit) as caught, exits.output_watched():
            write_and_take_errors_for_those_of_a_file("x")

    assert caught.value.code == exits.FAILED
    assert capsys.readouterr().err == "evsite: standard output: No space left on device\n"


def write_and_take_errors_for_those_of_a_file(text):
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        pytest.fail("taken for an error of a file that was named")


def test_what_is_printed_goes_through_unchanged(monkeypatch, tmp_path):
    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with exits.output_watched():
            sys.stdout.write("Grün")
            assert not sys.stdout.isatty()

    assert (tmp_path / "out").read_text("utf-8") == "Grün"


def test_without_standard_output_nothing_is_watched(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)

    with exits.output_watched():
        assert sys.stdout is None
