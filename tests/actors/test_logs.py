"""What actors log: one JSON object a line, with time and level."""

import io
import json

import pytest
import structlog

from actors import logs
from tests.support.disk import file_size_limit


@pytest.fixture
def lines():
    stream = io.StringIO()
    yield stream
    structlog.reset_defaults()


def test_a_line_is_one_json_object_with_time_and_level(lines):
    logs.configure("info", lines)

    structlog.get_logger().bind(actor="site/auth").info("started", pid=7)

    (line,) = lines.getvalue().splitlines()
    fields = json.loads(line)
    assert fields.pop("timestamp").endswith("Z")
    assert fields == {"actor": "site/auth", "event": "started", "level": "info", "pid": 7}


def test_lines_below_the_level_are_not_written(lines):
    logs.configure("warning", lines)

    structlog.get_logger().info("started")

    assert lines.getvalue() == ""


def test_lines_for_people_are_plain_text(lines):
    logs.configure("info", lines, for_people=True)

    structlog.get_logger().info("started", pid=7)

    assert "started" in lines.getvalue()
    assert "\x1b" not in lines.getvalue()


def test_a_line_goes_to_the_descriptor_in_one_piece(tmp_path, lines):
    with open(tmp_path / "log", "w") as log:
        logs.configure("info", log)
        structlog.get_logger().info("started", name="caf\udce9")

        (line,) = (tmp_path / "log").read_text().splitlines()
    assert json.loads(line)["event"] == "started"


def test_what_a_full_disk_refuses_is_not_written_later(tmp_path, lines):
    with open(tmp_path / "log", "w") as log:
        logs.configure("info", log)
        with file_size_limit(0), pytest.raises(OSError, match="File too large"):
            structlog.get_logger().info("lost")
        structlog.get_logger().info("kept")

    assert [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()] == ["kept"]


def test_the_line_after_a_torn_one_begins_anew(tmp_path, lines):
    with open(tmp_path / "log", "w") as log:
        logs.configure("info", log)
        with file_size_limit(10), pytest.raises(OSError, match="No space left"):
            structlog.get_logger().info("torn")
        structlog.get_logger().info("kept")

    torn, kept = (tmp_path / "log").read_text().splitlines()
    assert len(torn) == 10
    assert json.loads(kept)["event"] == "kept"


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="loud"):
        logs.configure("loud")
