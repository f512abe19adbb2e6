"""Tests for actors/evse/stopping.py (rows M6.13 to M6.15, S9.3 to S9.5, M3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.connector.messages import Supply
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest
from tests.support.evse import CARD, Bench


def charging(**changes: Any) -> Bench:
    bench = Bench(**changes)
    bench.ready()
    bench.plug()
    bench.grant()
    bench.wants()
    return bench


def withdraw(bench: Bench) -> None:
    bench.command(evse_manager.WithdrawAuthorization())


@pytest.mark.parametrize("reason", StopTransactionReason)
def test_every_reason_to_stop_reaches_the_end_of_the_transaction(reason: StopTransactionReason) -> None:
    """Row S9.4."""
    bench = charging()

    wish = StopTransactionRequest(reason=reason, id_tag=CARD)
    assert bench.command(evse_manager.StopTransaction(request=wish)).stopped

    finished = [each.transaction_finished for each in bench.session_events if each.transaction_finished]
    assert [(each.reason, each.id_tag) for each in finished] == [(reason, CARD)]


def test_there_is_nothing_to_stop_without_a_transaction() -> None:
    """Row M6.14."""
    bench = Bench()
    bench.ready()
    assert not bench.stop()
    bench.plug()
    assert not bench.stop()
    bench.grant()
    assert bench.stop()
    assert not bench.stop()  # it is over


def test_the_first_reason_to_stop_stays() -> None:
    bench = charging(dc=True)
    bench.stop("Remote")
    bench.stop("Local")
    bench.pass_s(21)

    finished = [each.transaction_finished for each in bench.session_events if each.transaction_finished]
    assert [each.reason for each in finished] == ["Remote"]


def test_somebody_at_the_board_can_stop_a_transaction() -> None:
    bench = charging()

    wish = StopTransactionRequest(reason=StopTransactionReason.LOCAL)
    bench.take(bench.core.stop_wanted(wish, bench.now))

    assert bench.state == "Finished"


def test_a_grant_before_the_plug_can_be_withdrawn() -> None:
    """Row M3.5."""
    bench = Bench()
    bench.ready()
    bench.grant()

    withdraw(bench)

    assert bench.events == ["SessionStarted", "Authorized", "Deauthorized", "SessionFinished"]
    assert bench.state == "Idle"


def test_a_car_that_waited_in_vain_is_told_and_must_be_plugged_in_anew() -> None:
    """Rows M6.13, M3.7."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())

    withdraw(bench)
    withdraw(bench)

    assert bench.events == ["SessionStarted", "AuthRequired", "PluginTimeout"]
    assert bench.answers == [("Timeout", "NoCertificateAvailable")]
    bench.grant()
    assert bench.state == "WaitingForAuthentication"
    bench.unplug()
    bench.plug()
    bench.grant()
    assert bench.state == "PrepareCharging"


@pytest.mark.parametrize("raised", [True, False])
def test_mrec9_is_raised_for_it_where_that_is_configured_until_the_car_goes(raised: object) -> None:
    bench = Bench(raise_mrec9=raised)
    bench.ready()
    bench.plug()

    withdraw(bench)
    assert ("evse_manager/MREC9AuthorizationTimeout" in bench.raised) is raised

    bench.unplug()
    assert not bench.raised


def test_a_running_transaction_is_not_withdrawn() -> None:
    bench = charging()
    bench.forget()

    withdraw(bench)

    assert bench.events == []


def test_nothing_is_withdrawn_where_nothing_is() -> None:
    bench = Bench()
    bench.ready()

    withdraw(bench)

    assert bench.events == []


def test_a_pause_is_refused_where_there_is_nothing_to_pause() -> None:
    """Row S9.3."""
    bench = Bench()
    bench.ready()
    assert not bench.command(evse_manager.PauseCharging()).paused
    assert not bench.command(evse_manager.ResumeCharging()).resumed

    bench = charging()
    assert bench.command(evse_manager.PauseCharging()).paused
    assert bench.command(evse_manager.PauseCharging()).paused  # it is paused
    assert bench.command(evse_manager.ResumeCharging()).resumed
    assert not bench.command(evse_manager.ResumeCharging()).resumed
    bench.stop()
    assert not bench.command(evse_manager.PauseCharging()).paused


def test_an_unlock_ends_the_transaction_and_then_opens_the_lock() -> None:
    """Rows M6.15, S9.5."""
    bench = charging()

    assert bench.command(evse_manager.ForceUnlock(connector_id=1)).accepted

    finished = [each.transaction_finished for each in bench.session_events if each.transaction_finished]
    assert [each.reason for each in finished] == ["UnlockCommand"]
    assert bench.order is not None
    assert (bench.order.locked, bench.order.supply) == (False, Supply.OFF)


def test_an_unlock_without_a_session_or_a_transaction_is_tried_all_the_same() -> None:
    bench = Bench()
    bench.ready()
    assert bench.command(evse_manager.ForceUnlock(connector_id=1)).accepted

    bench.plug()
    assert bench.order is not None
    assert bench.order.locked
    assert bench.command(evse_manager.ForceUnlock(connector_id=1)).accepted
    assert not bench.order.locked


@pytest.mark.parametrize(("lock", "connector"), [(False, 1), (True, 2)])
def test_there_is_no_unlock_without_lock_or_connector(lock: object, connector: int) -> None:
    bench = Bench(has_lock=lock)
    bench.ready()

    assert not bench.command(evse_manager.ForceUnlock(connector_id=connector)).accepted
