"""Talks as evidence tells them: made by hand, without a link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from actors.simulation.ev import exchange as car_side
from actors.v2g.link import evidence_lines as lines
from actors.v2g.link.evidence import Limits, Recorder
from protocols.iso15118 import exi, iso2, v2gtp
from protocols.iso15118.capture.network import Endpoint
from tests.support.links import AGREED, HELLO
from tests.support.pairing import Pairing

NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
ENDS: Final = Endpoint("::1", 50000), Endpoint("::1", 61851)
SESSION: Final = bytes(range(1, 9))


def iso2_payload(body: Any, session_id: bytes = SESSION) -> bytes:
    """A message of -2."""
    header = iso2.MessageHeader(session_id=session_id)
    return exi.encode(iso2.V2gMessage(header=header, body=iso2.Body(body_element=body)), exi.Schema.ISO2)


SETUP: Final = iso2_payload(iso2.SessionSetupReq(evcc_id=b"\x02EV\0\0\x01"), bytes(8))
SET_UP: Final = iso2_payload(
    iso2.SessionSetupRes(response_code=iso2.ResponseCode.OK_NEW_SESSION_ESTABLISHED, evse_id="DE*EVS*E1")
)
DISCOVERY: Final = iso2_payload(iso2.ServiceDiscoveryReq())
REFUSED: Final = iso2_payload(iso2.SessionStopRes(response_code=iso2.ResponseCode.FAILED_SEQUENCE_ERROR))
TALK: Final = ((HELLO, AGREED), (SETUP, SET_UP))
"""Requests and their answers."""


class Told:
    """A recorder and what has become of it; each thing that happens takes a millisecond."""

    def __init__(self, limits: Limits = Limits(), **facts: Any) -> None:  # noqa: B008  # it is frozen
        self.now = NOON
        self.recorder = Recorder(ENDS, facts, limits, NOON)
        self.files = dict.fromkeys(lines.FILES, b"")

    def tick(self) -> datetime:
        """The next moment."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def request(self, payload: bytes, payload_type: int = v2gtp.PayloadType.EXI) -> None:
        """A frame of the car."""
        frame = v2gtp.Frame(v2gtp.PayloadType(payload_type), payload)
        self.recorder.event(frame, self.tick())

    def answer(self, payload: bytes, payload_type: int = v2gtp.PayloadType.EXI) -> None:
        """A frame of the station."""
        self.recorder.answered(payload_type, payload, self.tick())

    def talk(self, pairs: tuple[tuple[bytes, bytes], ...] = TALK) -> None:
        """Requests and answers."""
        for request, answer in pairs:
            self.request(request)
            self.answer(answer)

    def work(self) -> None:
        """Let it write everything."""
        while self.recorder.pending:
            for chunk in self.recorder.work(4):
                self.files[chunk.file] += chunk.data

    def end(self, reason: str = "closed_by_car", **facts: Any) -> list[lines.Fact | lines.Message]:
        """The end of the talk; everything that its lines say."""
        self.recorder.end(reason, self.tick(), lambda: facts)
        self.work()
        return self.lines

    @property
    def lines(self) -> list[lines.Fact | lines.Message]:
        """Everything that the lines say so far."""
        return list(lines.read(self.files[lines.LINES].splitlines()))

    @property
    def kinds(self) -> list[str]:
        """The kinds of the lines; of messages their names."""
        return [one.name if isinstance(one, lines.Message) else one.kind for one in self.lines]


class RecordedPairing(Pairing):
    """A car and a station in memory whose talk leaves lines of evidence."""

    def __init__(self, text: str, **how: Any) -> None:
        self.recorder = Recorder(ENDS, {"transport": "TLS" if how.get("tls") else "TCP"}, Limits(), NOON)
        super().__init__(text, **how)
        self.recorder.end("closed_by_car", self.now, dict)
        chunks = self.recorder.work(self.recorder.pending)
        self.lines = b"".join(chunk.data for chunk in chunks if chunk.file == lines.LINES).splitlines()

    def to_car(self, given: Any) -> None:
        """What the station has said."""
        if isinstance(given, car_side.Received):
            self.recorder.answered(given.payload_type, given.payload, self.now)
        super().to_car(given)

    def _car_effect(self, effect: Any) -> None:
        if isinstance(effect, car_side.Send):
            frame = v2gtp.Frame(v2gtp.PayloadType(effect.payload_type), effect.payload)
            self.recorder.event(frame, self.now)
        super()._car_effect(effect)
