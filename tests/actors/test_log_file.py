"""A log that stays small while many processes write to it."""

import os
import resource

import pytest

from actors.log_file import LogFile


@pytest.fixture
def log(tmp_path):
    return LogFile(tmp_path / "evsite.log", max_bytes=100, kept=3)


@pytest.fixture
def stream(log):
    """A descriptor that writes to the log, as every actor has one."""
    number = os.open(os.devnull, os.O_WRONLY)
    log.take_over(number)
    yield number
    os.close(number)


def texts(log):
    return {path.name: path.read_text() for path in sorted(log.path.parent.iterdir())}


def test_what_a_descriptor_is_given_comes_to_the_log(log, stream):
    os.write(stream, b"line\n")

    assert texts(log) == {"evsite.log": "line\n"}
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_a_small_log_is_left_alone(log, stream):
    os.write(stream, b"x" * 99)

    assert not log.rotate()
    assert texts(log) == {"evsite.log": "x" * 99}


def test_a_large_log_is_set_aside_and_goes_on_empty(log, stream):
    os.write(stream, b"x" * 100)

    assert log.rotate()
    os.write(stream, b"next\n")

    assert texts(log) == {"evsite.log": "next\n", "evsite.log.1": "x" * 100}


def test_only_the_youngest_logs_are_kept(log, stream):
    for letter in b"abcd":
        os.write(stream, bytes([letter]) * 100)
        log.rotate()

    assert texts(log) == {"evsite.log": "", "evsite.log.1": "d" * 100, "evsite.log.2": "c" * 100}


def test_a_copy_that_does_not_fit_leaves_the_log_as_it_is(log, stream):
    # given
    os.write(stream, b"x" * 4096)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    # when: no file may grow beyond half of it
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, usual[1]))
    try:
        rotated = log.rotate()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    # then
    assert not rotated
    assert texts(log) == {"evsite.log": "x" * 4096}


def test_a_log_that_is_gone_is_not_set_aside(log):
    assert not log.rotate()


def test_a_link_in_place_of_the_log_is_not_followed(log, tmp_path):
    (tmp_path / "elsewhere").write_text("")
    log.path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic link"):
        log.take_over(99)
