import dataclasses
import re

import pytest

from actors.v2g.secc.iso2.answers import RESPONSES
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.iso2.table import AC, COMMON, DC, RESUMES
from actors.v2g.secc.iso2.talk import Iso2Talk
from protocols.iso15118.iso2 import ResponseCode
from protocols.types.iso15118 import EnergyTransferMode
from tests.support.secc_iso2 import GRANT, Iso2Bench, iso2, one_of_each

REQUESTS = one_of_each()
MODES = {"ac": EnergyTransferMode.AC_THREE_PHASE_CORE, "dc": EnergyTransferMode.DC_EXTENDED, "none": None}
TABLES = {"ac": AC, "dc": DC, "none": COMMON}
PAIRS = [
    pytest.param(mode, phase, kind, id=f"{mode}-{phase.name}-{kind.__name__}")
    for mode in MODES
    for phase in Phase
    if phase is not Phase.ENDED
    for kind in REQUESTS
]
SESSION = b"12345678"


def in_phase(mode, phase):
    bench = Iso2Bench(tls=True)
    talk = dataclasses.replace(
        bench.talk,
        phase=phase.value,
        energy_mode=MODES[mode],
        session_id=b"" if phase is Phase.SETUP else SESSION,
        iso2=Iso2Talk(),
    )
    bench.state = dataclasses.replace(bench.state, talk=talk)
    bench.session = SESSION
    bench.tell(GRANT)
    return bench


def test_the_tables_know_every_request_of_the_protocol():
    bodies = {
        each
        for name in iso2.__all__
        if name.endswith("Req") and isinstance(each := getattr(iso2, name), type)
    }

    assert bodies == set(REQUESTS) == set(RESPONSES) == {kind for _, kind in (*AC, *DC)}


@pytest.mark.parametrize("table", [AC, DC], ids=["ac", "dc"])
def test_each_row_names_the_requirement_it_obeys(table):
    assert all(re.match(r"\[V2G2-\d{3}\]", row.source) for row in table.values())


def test_only_requests_that_may_wait_can_resume():
    assert set(RESUMES) < set(RESPONSES)


@pytest.mark.parametrize(("mode", "phase", "kind"), PAIRS)
def test_a_request_is_answered_by_its_row_or_refused(mode, phase, kind):
    bench = in_phase(mode, phase)
    before = bench.talk

    response = bench.ask(REQUESTS[kind])

    if (phase, kind) in TABLES[mode]:
        assert response is None or isinstance(response, RESPONSES[kind][0])
        refused = response is not None and response.response_code is ResponseCode.FAILED_SEQUENCE_ERROR
        assert not refused or kind is iso2.PowerDeliveryReq  # whose progress has an order of its own
    else:
        assert isinstance(response, RESPONSES[kind][0])
        assert response.response_code is ResponseCode.FAILED_SEQUENCE_ERROR
        assert dataclasses.replace(bench.talk, closing=False) == before
        assert bench.closed.reason == "FAILED_SequenceError"


@pytest.mark.parametrize("kind", [kind for kind in REQUESTS if kind is not iso2.SessionSetupReq])
def test_a_request_of_another_session_is_refused(kind):
    bench = in_phase("dc", Phase.CHARGING)

    response = bench.ask(REQUESTS[kind], b"87654321")

    assert isinstance(response, RESPONSES[kind][0])
    assert response.response_code is ResponseCode.FAILED_UNKNOWN_SESSION
    assert bench.closed is not None
