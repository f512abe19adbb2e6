"""A logger that costs nobody anything, whatever becomes of its lines."""

import os

import pytest
import structlog

from actors.engine.log import LOST, logger


class Disk:
    """Where lines go; nothing does while it is full."""

    def __init__(self):
        self.lines = []
        self.full = None

    def __call__(self, _logger, level, fields):
        if self.full is not None:
            raise self.full
        self.lines.append({"level": level, **fields})
        raise structlog.DropEvent


@pytest.fixture
def disk():
    made = Disk()
    structlog.configure(processors=[made], wrapper_class=structlog.make_filtering_bound_logger(20))
    yield made
    structlog.reset_defaults()
    LOST.clear()


FULL = OSError(28, "No space left on device")


@pytest.mark.parametrize("level", ["info", "warning", "error", "exception"])
@pytest.mark.parametrize("error", [FULL, ValueError("closed file"), RecursionError()], ids=repr)
def test_a_line_that_cannot_be_written_raises_nothing(disk, level, error):
    disk.full = error

    getattr(logger("test").bind(actor="a"), level)("killing", pid=7)

    assert LOST.lines == 1


def test_a_line_has_its_level_and_what_was_bound(disk):
    logger("test").bind(actor="a").bind(evse=1).warning("killing", pid=7)

    assert disk.lines == [{"level": "warning", "event": "killing", "actor": "a", "evse": 1, "pid": 7}]


def test_what_was_bound_can_be_taken_back(disk):
    log = logger("test").bind(actor="a", session="s1").unbind("session", "other")
    log.info("here")
    logger("test").unbind("session").info("there")

    assert disk.lines == [
        {"level": "info", "event": "here", "actor": "a"}, {"level": "info", "event": "there"}
    ]  # fmt: skip


def test_lost_lines_are_told_of_when_writing_works_again(disk):
    # given
    log = logger("test")
    disk.full = FULL
    log.info("one")
    log.info("two")
    disk.full = None
    # when
    log.info("three")
    log.info("four")
    # then
    told = {
        "level": "error",
        "event": "log_lines_lost",
        "lines": 2,
        "reason": "OSError: No space left on device",
    }
    assert disk.lines[0]["event"] == "three"
    assert disk.lines[1] == told
    assert [line["event"] for line in disk.lines[2:]] == ["four"]


def test_a_line_below_the_level_does_not_count_as_written(disk):
    log = logger("test")
    disk.full = FULL
    log.info("one")

    log.debug("two")  # is left out, so nobody knows yet whether the disk is still full

    assert LOST.lines == 1


def test_a_field_that_cannot_be_shown_costs_only_its_line(disk):
    class Shy:
        def __repr__(self):
            raise RuntimeError

    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])

    logger("test").info("here", it=Shy())

    assert (LOST.lines, LOST.reason) == (1, "RuntimeError")


def test_a_forked_process_counts_its_own_lines_only(disk):
    disk.full = FULL
    logger("test").info("one")
    if (pid := os.fork()) == 0:
        os._exit(LOST.lines)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert LOST.lines == 1
