"""What evidence costs: a DC car's answers with and without it, by turns at one link, and the link's work.

    python -m tests.benchmarks.evidence_bench [--turns 4]

Our simulated car on plain TCP, real processes, loopback, a played EVSE manager. "answer": from the last byte
of a CurrentDemandReq sent to the response read, as the car sees it. "kept": what the link does with a request
and its answer while the car may be waiting; "worked on": decoding and writing out of that, in a pause.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import pathlib
import secrets
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Final

from actors.simulation.ev import exchange, machine, runner
from actors.simulation.replay.record import read
from actors.v2g import messages
from actors.v2g.link.evidence import Limits, Recorder
from protocols.iso15118 import v2gtp
from protocols.iso15118.capture.tcp import Side
from protocols.iso15118.v2gtp import PayloadType
from protocols.message import Reply
from tests.benchmarks.machine import Figure, describe, in_ms, print_table
from tests.support.engine import running
from tests.support.ev_cars import script
from tests.support.evidence import ENDS, NOON, TALK, RecordedPairing
from tests.support.links import CHARGER, Root, ports

if TYPE_CHECKING:
    from actors.engine.client import Client

CAR: Final = "car: {mode: dc, pay: eim, tls: false, time_lapse: 30}\n"
STEPS: Final = "steps: [plug, charge: {energy_wh: 12000}, unplug]"
PAIRS: Final = 2000


def main() -> int:
    """Measure and print; exit code 1 when a bar was missed: that of the answers is the design's, for any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=4, help="talks, every second one recorded")
    arguments = parser.parse_args()
    kept_s, worked_s = alone()
    answers: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as name, running(Root, {"played": True}) as (_system, client):
        for turn in range(arguments.turns):
            recorded = bool(turn % 2)
            wanted = messages.Evidence(path=name if recorded else "")
            if client.ask(CHARGER, wanted) != Reply():
                raise RuntimeError("the link does not take the switch")
            answers[recorded] += talk(client)
        size = sum(path.stat().st_size for path in pathlib.Path(name).rglob("*.*") if path.is_file())
    held = print_table(
        describe(),
        [
            in_ms("answer without evidence", answers[False]),
            in_ms("answer with evidence", answers[True], 5.0, 20.0),
            in_ms("kept, of a pair", kept_s, 0.05),
            in_ms("worked on, of a pair", worked_s, 1.0),
            Figure("bytes on disk for a pair of the loop", f"{size / max(1, len(answers[True])):.0f}"),
        ],
    )
    return 0 if held else 1


def talk(client: Client) -> list[float]:
    """The seconds each answer of a charging loop took."""
    car = machine.Evcc(script(CAR + STEPS), None, secrets.token_bytes)
    place = runner.Place(connect=("::1", ports(client).plain or 0))
    took: list[float] = []
    with contextlib.closing(runner.Runner(car, place)) as run:
        while not run.finished:
            done = (one for one in run.step(0.05) if isinstance(one, exchange.Exchanged))
            took += [one.took_s for one in done if one.phase == "CurrentDemand"]
    if car.outcome is None or not car.outcome.completed:
        raise RuntimeError(f"the car has not charged: {car.outcome}")
    return took


def alone() -> tuple[list[float], list[float]]:
    """The seconds of keeping a pair of the loop and of working on it, without a link around."""
    steps = STEPS.replace("12000", "300")
    loop = [
        (one.request, one.answer)
        for one in read(RecordedPairing(CAR + steps).lines).steps
        if one.answer is not None and one.request.name == "CurrentDemandReq"
    ]
    request, answer = loop[0][0].payload, loop[0][1].payload
    recorder = Recorder(ENDS, {}, Limits(file_bytes=10**9), NOON)
    for asked, answered in TALK:
        pair(recorder, asked, answered)
    recorder.work(recorder.pending)
    kept, worked = [], []
    gc.freeze()  # as in every process of ours
    for _ in range(PAIRS):
        begun_s = time.perf_counter()
        pair(recorder, request, answer)
        between_s = time.perf_counter()
        recorder.work(recorder.pending)
        kept.append(between_s - begun_s)
        worked.append(time.perf_counter() - between_s)
    return kept, worked


def pair(recorder: Recorder, request: bytes, answer: bytes) -> None:
    """A request and its answer pass."""
    frame = v2gtp.Frame(PayloadType.EXI, request)
    recorder.passed(Side.CLIENT, frame.encode(), NOON)
    recorder.event(frame, NOON)
    recorder.answered(PayloadType.EXI, answer, NOON)
    recorder.passed(Side.SERVER, v2gtp.encode(PayloadType.EXI, answer), NOON)


if __name__ == "__main__":
    sys.exit(main())
