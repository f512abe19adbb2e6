import json

from actors.simulation.replay import report
from actors.simulation.replay.machine import Options, Replayer
from actors.simulation.replay.record import read
from protocols.types import authorization
from tests.support.ev_cars import wallet
from tests.support.evidence import RecordedPairing
from tests.support.pairing import Evse, Pairing

TEXT = "car: {time_lapse: 3600}\nsteps: [plug, charge: {energy_wh: 300}, unplug]"


def played(evse=None, **how):
    record = read(RecordedPairing(TEXT, **how).lines)
    car = Replayer(record, Options(fast=True, strict=True))
    Pairing(car=car, evse=evse, tls=how.get("tls"))
    return record, car


def test_what_repeats_itself_is_one_line():
    _record, car = played(Evse(authorize_s=3.0))
    rows = list(report.cells(car.rows))
    (again,) = [row for row in rows if row[-1] == "asked again"]

    assert {len(row) for row in rows} == {len(report.HEADINGS)}
    assert int(again[5]) > 5
    assert rows[0][1:5] == (
        "0.000",
        "supportedAppProtocolReq",
        "OK_SuccessfulNegotiation",
        "OK_SuccessfulNegotiation",
    )


def test_differences_are_told_below_the_table():
    record, car = played(Evse(grant=authorization.AuthorizationStatus.INVALID))

    (told,) = report.remarks(record, car.rows)

    assert "AuthorizationReq: FAILED, it was OK" in told


def test_what_cannot_be_replayed_is_told_once():
    record, car = played(tls="TLSv1.2", wallet=wallet())

    assert list(report.remarks(record, car.rows)) == []
    assert list(report.cells(car.rows))[-1][-1] == "cannot be replayed"


def test_programs_get_everything():
    record, car = played()

    told = json.loads(json.dumps(report.to_json(record, car.rows, car.outcome)))

    assert told["outcome"]["good"]
    assert len(told["requests"]) == len(car.rows)
    assert told["requests"][0]["verdict"] == "same"


def test_a_replay_that_never_began_has_no_lines():
    assert list(report.cells([])) == []
