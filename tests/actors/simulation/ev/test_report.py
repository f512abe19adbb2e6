import json
from datetime import timedelta

from actors.simulation.ev import report
from actors.simulation.ev.exchange import Exchanged
from actors.simulation.ev.outcome import Outcome
from tests.support.ev_stations import NOON


def exchanged(request, at_s, took_s=0.01):
    return Exchanged(
        phase="Loop",
        request=request,
        response="R",
        code="OK",
        sent_at=NOON + timedelta(seconds=at_s),
        took_s=took_s,
        request_bytes=10,
        response_bytes=20,
    )


def test_repetitions_are_gathered_into_one_line():
    first, second = report.lines([exchanged("A", 0), exchanged("B", 1, 0.02), exchanged("B", 2, 0.04)])

    assert (first.count, second.count, second.began_s) == (1, 2, 1)
    assert (round(second.mean_ms), round(second.max_ms)) == (30, 40)


def test_nothing_said_makes_no_lines():
    assert report.lines([]) == []


def test_a_line_has_a_cell_for_each_heading():
    (row,) = report.cells(report.lines([exchanged("A", 0)]))

    assert row == ("0.000", "A", "OK", "1", "10.0", "10.0", "10", "20")
    assert len(row) == len(report.HEADINGS)


def test_programs_get_every_exchange_by_itself():
    made = report.to_json("-2", [exchanged("A", 0), exchanged("A", 1)], Outcome(completed=True, good=True))

    assert len(json.loads(json.dumps(made))["exchanges"]) == 2
    assert made["outcome"]["good"]
