"""What a connector tells of its car, and what it does not tell yet."""

import pytest

from actors.connector.messages import Contactor, Pilot, Pin, Sequence, Supply
from protocols.interfaces import evse_manager, slac
from protocols.interfaces import iso15118_charger as charger
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


def waiting(**changes):
    """A DC car that waits for somebody's card."""
    bench = Bench(dc=True, **changes)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.forget()
    return bench


@pytest.mark.parametrize("severity", ["High", "Medium", "Low"])
def test_a_session_that_waits_ends_when_its_evse_is_inoperative(severity):
    """Row M6.20: its car begins another one as soon as nothing is wrong any more."""
    # given
    bench = waiting()
    session = bench.session.uuid

    # when
    bench.errors("evse_board_support/BrownOut", severity=severity)
    bench.errors("evse_board_support/BrownOut", "evse_board_support/MREC2GroundFailure")
    bench.errors("evse_board_support/MREC2GroundFailure")

    # then
    assert bench.events == ["SessionFinished"]
    assert (bench.state, bench.core.record.session) == ("Idle", None)
    assert bench.answers == [("Timeout", "NoCertificateAvailable")]
    assert len(bench.told(slac.LeaveBcd)) == 1
    assert bench.order.pilot is Pilot.UNAVAILABLE
    bench.errors()
    assert bench.events == ["SessionFinished", "SessionStarted", "AuthRequired"]
    assert bench.session.uuid != session


NO_END = {
    "a warning": (lambda bench: None, lambda bench: bench.errors("evse_board_support/VendorWarning")),
    "a card was there": (Bench.grant, lambda bench: bench.errors("evse_board_support/BrownOut")),
    "its time was over": (
        lambda bench: bench.command(evse_manager.WithdrawAuthorization()),
        lambda bench: bench.errors("evse_board_support/BrownOut"),
    ),
}
"""What happens before, and what stands then."""


@pytest.mark.parametrize(("before", "error"), NO_END.values(), ids=NO_END)
def test_a_session_that_does_not_wait_is_not_ended(before, error):
    bench = waiting()
    session = bench.session.uuid
    before(bench)
    bench.forget()

    error(bench)
    bench.errors()

    assert "SessionFinished" not in bench.events
    assert bench.session.uuid == session


def test_a_car_that_speaks_nothing_is_not_answered():
    bench = Bench()
    bench.ready()
    bench.plug()

    bench.errors("evse_board_support/BrownOut")

    assert bench.events[-1] == "SessionFinished"
    assert bench.answers == []


def test_a_car_that_comes_to_an_inoperative_evse_waits_for_the_mending():
    bench = Bench()
    bench.ready()
    bench.errors("evse_board_support/BrownOut")

    bench.plug()
    assert bench.events == []
    bench.errors()

    assert bench.events == ["SessionStarted", "AuthRequired"]


def test_a_card_for_an_inoperative_evse_is_good_for_its_car():
    """Authorization may ignore faults (row M1.5): charging begins once they are over."""
    bench = Bench()
    bench.ready()
    bench.errors("evse_board_support/BrownOut")

    bench.grant()
    bench.plug()
    assert bench.state == "ChargingPausedEVSE"
    bench.errors()

    assert bench.state == "PrepareCharging"


def test_a_replaced_manager_does_not_begin_a_session_it_must_end():
    bench = Bench()
    bench.ready()
    bench.errors("evse_board_support/BrownOut")
    bench.plug()

    fresh = bench.replaced()
    fresh.errors("evse_board_support/BrownOut")

    assert fresh.events == []


@pytest.mark.parametrize("heard", [True, False])
def test_a_replaced_manager_hears_every_device_before_a_session_begins(heard):
    """A device that says nothing at all holds nobody up for longer than a second."""
    bench = Bench()
    bench.ready()
    fresh = bench.replaced()
    fresh.plug()
    assert fresh.events == []

    if heard:
        fresh.errors()
    else:
        fresh.pass_s(1)

    assert fresh.events == ["SessionStarted", "AuthRequired"]
