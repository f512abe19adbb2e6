"""What a connector tells of its car, and what it does not tell yet."""

from actors.connector.messages import Contactor, Pin, Sequence, Supply
from tests.support.evse import Bench


def charging():
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    bench.wants()
    assert bench.condition.contactor is Contactor.CLOSED
    return bench


def test_a_connector_that_knows_nothing_yet_has_not_lost_its_car():
    # given
    bench = charging()
    session, known = bench.core.record.session.uuid, bench.condition
    bench.obeys = False

    # when
    bench.outlet(
        pin=Pin.UNKNOWN, plugged_in=False, plug_ins=0, wants_power=False, contactor=Contactor.UNKNOWN,
        supply=Supply.OFF, order=0, standing=None,
    )  # fmt: skip
    bench.condition = known
    bench.outlet(plug_ins=0)

    # then
    assert bench.core.record.session.uuid == session
    assert bench.core.record.session.plugged
    assert bench.order.supply is Supply.AC


def test_a_sequence_that_has_been_gone_through_is_not_ordered_any_more():
    # given
    bench = Bench()
    bench.ready()
    bench.obeys = False
    bench.plug()
    bench.core.record = bench.core.record.__class__(
        **{
            **{name: getattr(bench.core.record, name) for name in bench.core.record.__slots__},
            "sequence": Sequence.STEP_EF,
            "sequences": 3,
        }
    )

    # when
    bench.outlet(sequence_done=2)
    assert bench.core.record.sequence is Sequence.STEP_EF
    bench.outlet(sequence_done=3)

    # then
    assert bench.core.record.sequence is None
    assert bench.core.record.sequences == 3
