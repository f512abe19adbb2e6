"""What both protocols have from `conversation`; the details are tried with each protocol's own car."""

import pytest

from actors.v2g.secc.conversation import CLOSE_AFTER_S, DATA_LINK, SEQUENCE, SEQUENCE_S
from actors.v2g.secc.din import dialogue as din
from actors.v2g.secc.ending import Ending
from actors.v2g.secc.exchange import Answered
from actors.v2g.secc.iso2 import dialogue as iso2
from actors.v2g.secc.settings import Settings
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.v2gtp import PayloadType
from protocols.message import Failure, FailureReason
from protocols.types.iso15118 import EvseError
from tests.support import secc_din, secc_iso2
from tests.support.secc_din import DinBench
from tests.support.secc_iso2 import Iso2Bench

BENCHES = pytest.mark.parametrize("bench_of", [DinBench, Iso2Bench], ids=["din", "iso2"])


@BENCHES
def test_the_car_has_sixty_seconds_for_its_next_request(bench_of):
    bench = bench_of()
    bench.to_loop()

    left = bench.timers[SEQUENCE] - bench.now

    assert left.total_seconds() == SEQUENCE_S == 60


@pytest.mark.parametrize("support", [secc_din, secc_iso2], ids=["din", "iso2"])
@pytest.mark.parametrize(("at_once", "after_s"), [(True, 0.0), (False, CLOSE_AFTER_S)])
def test_after_a_failed_response_the_connection_closes(support, at_once, after_s):
    bench_of = DinBench if support is secc_din else Iso2Bench
    bench = bench_of(Settings(terminate_connection_on_failed_response=at_once))
    bench.to_loop()
    bench.tell(charger.SendError(error=EvseError.ERROR_EMERGENCY_SHUTDOWN))

    assert bench.ask(support.DEMAND).response_code == "FAILED"
    assert bench.closed.after_s == after_s


@BENCHES
def test_a_frame_of_another_kind_closes_the_connection_at_once(bench_of):
    bench = bench_of()
    bench.to_loop()

    bench.receive(b"\x80", PayloadType.COMMON)

    assert bench.closed.reason == "payload_type_unexpected"
    assert bench.closed.after_s == 0


@BENCHES
def test_what_a_car_sends_after_the_end_is_ignored(bench_of):
    bench = bench_of()
    bench.to_loop()
    bench.receive(b"\x00")

    assert bench.receive(b"\x00") is None
    assert bench.notes() == ["frame_ignored"]


def test_a_module_that_does_not_answer_is_written_down():
    bench = Iso2Bench()
    bench.to_loop()

    bench.feed(
        Answered(ask="selected services 0", reply=Failure(reason=FailureReason.TIMEOUT, detail="late"))
    )

    assert bench.notes() == ["ask_failed"]


@pytest.mark.parametrize("rules", [din.RULES, iso2.RULES], ids=["din", "iso2"])
def test_what_needs_energy_or_may_wait_is_a_request(rules):
    assert rules.needs_energy < rules.requests
    assert set(rules.resumes) <= rules.requests
    assert rules.protocol.SessionSetupReq in rules.requests


def test_each_ending_has_its_word_for_the_data_link():
    assert set(DATA_LINK) == set(Ending)
