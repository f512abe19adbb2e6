"""What actors log: one JSON object a line, with time and level."""

import io
import json

import pytest
import structlog

from actors import logs


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


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="loud"):
        logs.configure("loud")
