import dataclasses
import re

import pytest

from actors.v2g.secc.din.answers import RESPONSES
from actors.v2g.secc.din.phase import Phase
from actors.v2g.secc.din.table import DC
from actors.v2g.secc.din.talk import DinTalk
from protocols.iso15118 import din
from protocols.iso15118.din import ResponseCode
from tests.support.secc_din import DinBench, one_of_each
from tests.support.secc_iso2 import GRANT

REQUESTS = one_of_each()
SESSION = b"12345678"
PAIRS = [
    pytest.param(phase, kind, id=f"{phase.name}-{kind.__name__}")
    for phase in Phase
    if phase is not Phase.ENDED
    for kind in REQUESTS
]


def in_phase(phase):
    bench = DinBench()
    talk = dataclasses.replace(
        bench.talk, phase=phase.value, session_id=b"" if phase is Phase.SETUP else SESSION, din=DinTalk()
    )
    bench.state = dataclasses.replace(bench.state, talk=talk)
    bench.session = SESSION
    bench.tell(GRANT)
    return bench


def test_every_request_of_the_protocol_has_its_response():
    bodies = {
        each for name in din.__all__ if name.endswith("Req") and isinstance(each := getattr(din, name), type)
    }

    assert bodies == set(REQUESTS) == set(RESPONSES)
    assert {kind for _, kind in DC} < bodies


def test_each_row_names_the_requirement_it_obeys():
    sources = {row.source for (phase, _), row in DC.items() if phase is not Phase.SETUP}

    assert all(re.match(r"\[V2G-DC-\d{3}\]", source) for source in sources)


@pytest.mark.untraced
@pytest.mark.parametrize(("phase", "kind"), PAIRS)
def test_a_request_is_answered_by_its_row_or_refused(phase, kind):
    bench = in_phase(phase)
    before = bench.talk

    response = bench.ask(REQUESTS[kind])

    assert isinstance(response, RESPONSES[kind][0])
    refused = response.response_code is ResponseCode.FAILED_SEQUENCE_ERROR
    if (phase, kind) in DC:
        assert not refused or kind is din.PowerDeliveryReq  # which may only stop in the loop
    else:
        assert refused
        assert dataclasses.replace(bench.talk, closing=False) == before
        assert bench.closed.reason == "FAILED_SequenceError"


@pytest.mark.parametrize("kind", [kind for kind in REQUESTS if kind is not din.SessionSetupReq])
def test_a_request_of_another_session_is_refused(kind):
    bench = in_phase(Phase.CHARGING)

    response = bench.ask(REQUESTS[kind], b"87654321")

    assert isinstance(response, RESPONSES[kind][0])
    assert response.response_code is ResponseCode.FAILED_UNKNOWN_SESSION
