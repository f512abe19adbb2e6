"""Tests for actors/evse/enabling.py: the command `enable_disable` (rows M6.4, S9.6 to S9.8)."""

from __future__ import annotations

import pytest

from actors.connector.messages import Pilot
from protocols.interfaces import evse_manager
from protocols.message import Failure
from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState
from tests.support.evse import Bench


def tell(bench: Bench, state: str, priority: int = 5000, source: str = "CSMS", connector: int = 0) -> object:
    wish = EnableDisableSource(
        enable_source=EnableSource(source),
        enable_state=EnableState(state),
        enable_priority=priority,
    )
    return bench.command(evse_manager.EnableDisable(connector_id=connector, cmd_source=wish))


def test_the_reply_tells_what_holds_and_not_what_was_asked() -> None:
    """Row M6.4: a weightier source may want otherwise."""
    bench = Bench()
    bench.ready()

    assert tell(bench, "Disable", 100, "LocalKeyLock") == evse_manager.EnableDisableReply(enabled=False)
    assert tell(bench, "Enable") == evse_manager.EnableDisableReply(enabled=False)
    assert tell(bench, "Unassigned", 0, "LocalKeyLock") == evse_manager.EnableDisableReply(enabled=True)


def test_an_event_is_said_on_change_with_the_winning_source() -> None:
    bench = Bench()
    bench.ready()
    bench.forget()

    for state in ("Disable", "Disable", "Enable"):
        tell(bench, state)

    assert bench.events == ["Disabled", "Enabled"]
    assert [each.source.enable_source.value for each in bench.session_events if each.source] == ["CSMS"] * 2


@pytest.mark.parametrize("connector", [0, 1])
def test_an_evse_out_of_service_shows_state_f_and_begins_no_session(connector: int) -> None:
    bench = Bench()
    bench.ready()

    tell(bench, "Disable", connector=connector)
    bench.plug()

    assert bench.order is not None
    assert (bench.order.in_service, bench.order.pilot) == (False, Pilot.UNAVAILABLE)
    assert "SessionStarted" not in bench.events
    assert bench.state == "Disabled"


def test_a_car_that_waits_is_served_when_the_evse_comes_back() -> None:
    bench = Bench()
    bench.ready()
    tell(bench, "Disable")
    bench.plug()

    tell(bench, "Enable")

    assert bench.events[-2:] == ["SessionStarted", "AuthRequired"]


def test_a_running_transaction_outlasts_the_wish_to_disable() -> None:
    """Row S12.5: whoever needs the EVSE idle waits until the transaction ends."""
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    bench.wants()

    assert tell(bench, "Disable") == evse_manager.EnableDisableReply(enabled=False)
    assert bench.state == "Charging"

    bench.stop()
    bench.unplug()
    assert bench.state == "Disabled"


def test_a_connector_that_is_not_there_is_an_error() -> None:
    bench = Bench()
    bench.ready()

    reply = tell(bench, "Disable", connector=2)

    assert isinstance(reply, Failure)
    assert "no connector 2" in reply.detail


def test_disabling_ends_a_reservation() -> None:
    """Row M4.10."""
    bench = Bench()
    bench.ready()
    bench.command(evse_manager.Reserve(reservation_id=5))

    tell(bench, "Disable")

    assert bench.events == ["ReservationStart", "Disabled", "ReservationEnd"]


def test_who_wants_what_is_known_to_a_successor() -> None:
    bench = Bench()
    bench.ready()
    tell(bench, "Disable")

    fresh = bench.replaced()

    assert fresh.state == "Disabled"
    assert tell(fresh, "Enable") == evse_manager.EnableDisableReply(enabled=True)
