"""Counting what was refused, and saying so now and then."""

import structlog

from actors.engine.refusals import LOG_EVERY_S, Refusals, Throttle


def test_every_refusal_is_counted_by_kind():
    refusals = Refusals(structlog.get_logger())
    with structlog.testing.capture_logs():
        for kind in ("forged", "forged", "silent"):
            refusals.add(kind, "a stranger", "why", 10.0)

    assert refusals.counted == {"forged": 2, "silent": 1}


def test_the_first_of_a_kind_is_logged_at_once():
    refusals = Refusals(structlog.get_logger())
    with structlog.testing.capture_logs() as logs:
        refusals.add("forged", "a stranger", "why", 10.0)

    assert logs == [
        {"event": "refused", "log_level": "warning", "kind": "forged", "peer": "a stranger", "detail": "why",
         "times": 1}
    ]  # fmt: skip


def test_a_flood_is_logged_once_a_second_with_its_size():
    refusals = Refusals(structlog.get_logger())
    with structlog.testing.capture_logs() as logs:
        for step in range(100):
            refusals.add("forged", "a stranger", "why", 10.0 + step * 0.0001)
        refusals.add("forged", "a stranger", "why", 10.0 + LOG_EVERY_S)

    assert [each["times"] for each in logs] == [1, 100]


def test_one_kind_does_not_silence_another():
    refusals = Refusals(structlog.get_logger())
    with structlog.testing.capture_logs() as logs:
        refusals.add("forged", "a stranger", "why", 10.0)
        refusals.add("silent", "a stranger", "why", 10.0)

    assert [each["kind"] for each in logs] == ["forged", "silent"]


def test_a_throttle_tells_the_first_and_then_how_many_there_were():
    throttle = Throttle()
    times = [throttle.count("kind", 10.0 + number * 0.3) for number in range(8)]

    assert times == [1, 0, 0, 0, 4, 0, 0, 0]
    assert throttle.count("other", 12.0) == 1
