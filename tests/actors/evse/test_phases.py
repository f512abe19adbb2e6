"""Tests for actors/evse/phases.py: what happens to a session, and what is said of it (rows M6.1 to M6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.connector.messages import Contactor, Pin, Sequence, Supply, Urgency
from actors.evse import phases
from actors.evse.phases import TABLE
from actors.evse.record import State
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types.evse_manager import HlcSessionFailedReasonEnum
from tests.support.evse import CARD, CONTRACT, Bench
from tests.support.examples import few

if TYPE_CHECKING:
    from collections.abc import Callable

END = ["StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished"]
CHARGE = ["TransactionStarted", "PrepareCharging", "ChargingStarted"]


def charging(**changes: Any) -> Bench:
    """An AC car that charges by card."""
    bench = Bench(**changes)
    bench.ready()
    bench.plug()
    bench.grant()
    bench.wants()
    assert bench.state == "Charging"
    return bench


def direct(**changes: Any) -> Bench:
    """A DC car that charges by card."""
    bench = Bench(dc=True, **changes)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.StartCableCheck(), charger.StartPreCharge(), charger.CurrentDemandStarted())
    assert bench.state == "Charging"
    return bench


def test_a_card_after_the_plug_gives_the_happy_order_of_events() -> None:
    """Row M6.2."""
    bench = charging()

    bench.stop()
    bench.unplug()

    assert bench.events == ["SessionStarted", "AuthRequired", "Authorized", *CHARGE, *END]
    assert bench.state == "Idle"


def test_a_card_before_the_plug_begins_the_session_and_carries_its_token() -> None:
    """Row M6.3."""
    bench = Bench()
    bench.ready()

    bench.grant()
    bench.plug()
    bench.wants()

    assert bench.events == ["SessionStarted", "Authorized", *CHARGE]
    started = bench.session_events[0].session_started
    assert started is not None
    assert (started.reason.value, started.id_tag) == ("Authorized", CARD)


def test_a_dc_session_says_the_same_events() -> None:
    bench = direct()

    bench.car(charger.CurrentDemandFinished(), charger.DcOpenContactor(), charger.DlinkTerminate())
    bench.unplug()

    assert bench.events == ["SessionStarted", "AuthRequired", "Authorized", *CHARGE, *END]
    finished = next(each for each in bench.session_events if each.transaction_finished)
    assert finished.transaction_finished is not None
    assert finished.transaction_finished.reason == "StoppedByEV"


def test_all_events_of_a_session_carry_its_id_and_its_connector() -> None:
    bench = charging()
    bench.stop()
    bench.unplug()

    assert len({each.uuid for each in bench.session_events}) == 1
    assert {each.connector_id for each in bench.session_events[1:]} == {1}


def test_a_car_that_pauses_and_goes_on_is_seen() -> None:
    bench = charging()
    bench.forget()

    bench.rests()
    bench.wants()

    assert bench.events == ["ChargingPausedEV", "ChargingStarted"]


def test_an_unplugged_car_ends_its_transaction() -> None:
    bench = charging()
    bench.forget()

    bench.unplug()

    assert bench.events == END
    finished = next(each for each in bench.session_events if each.transaction_finished)
    assert finished.transaction_finished is not None
    assert finished.transaction_finished.reason == "EVDisconnected"
    assert bench.state == "Idle"


def test_a_car_pulled_under_power_is_switched_off_as_an_emergency() -> None:
    bench = charging()
    bench.obeys = False

    bench.outlet(pin=Pin.A, plugged_in=False, wants_power=False)

    assert bench.order is not None
    assert (bench.order.supply, bench.order.urgency) == (Supply.OFF, Urgency.EMERGENCY)
    assert bench.state == "StoppingCharging"


def test_a_stopped_session_charges_no_more_before_it_is_unplugged() -> None:
    """Rows M6.12, M6.14: a stop latches."""
    bench = charging()
    bench.stop()
    bench.forget()

    bench.grant()
    bench.rests()
    bench.wants()
    bench.command(evse_manager.ResumeCharging())

    assert bench.state == "Finished"
    assert bench.events == []
    assert bench.order is not None
    assert bench.order.supply is Supply.OFF


def test_a_second_car_is_asked_to_stop_as_the_first_was() -> None:
    """`SessionSetup` makes the link forget the stop of the session before."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    for _ in range(2):
        bench.plug()
        bench.grant()
        bench.stop()
        bench.unplug()

    assert [each.stop for each in bench.told(charger.StopCharging)] == [True, True]


def test_another_car_behind_our_back_is_a_new_session() -> None:
    """The connector counts plug-ins, so a car that came while nobody looked is noticed."""
    bench = charging()
    bench.forget()

    bench.outlet(pin=Pin.B, plugged_in=True, plug_ins=2, wants_power=False, contactor=Contactor.OPEN)

    assert bench.events == [*END, "SessionStarted", "AuthRequired"]


def test_nothing_is_concluded_while_the_connector_does_not_know() -> None:
    bench = charging()
    bench.forget()

    bench.outlet(pin=Pin.UNKNOWN, plugged_in=False)

    assert bench.events == []
    assert bench.state == "Charging"


PAUSES: list[tuple[Callable[[Bench], object], Callable[[Bench], object], list[str]]] = [
    (
        lambda bench: bench.command(evse_manager.PauseCharging()),
        lambda bench: bench.command(evse_manager.ResumeCharging()),
        ["UserPause"],
    ),
    (
        lambda bench: bench.errors("evse_board_support/BrownOut", severity="Medium"),
        lambda bench: bench.errors(),
        ["Error"],
    ),
    (lambda bench: bench.limits(0.0), lambda bench: bench.limits(16.0), ["NoEnergy"]),
]


@pytest.mark.parametrize(("pause", "resume", "reasons"), PAUSES)
def test_the_station_pauses_and_goes_on_with_the_reason_said(
    pause: Callable[[Bench], object], resume: Callable[[Bench], object], reasons: list[str]
) -> None:
    """Row M6.21."""
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(16.0)
    bench.plug()
    bench.grant()
    bench.wants()
    bench.forget()

    pause(bench)
    said = [each.charging_paused_evse.reasons for each in bench.session_events if each.charging_paused_evse]
    assert [each.value for each in said[0]] == reasons
    assert bench.order is not None
    assert bench.order.supply is Supply.OFF

    resume(bench)
    bench.wants()
    assert bench.events == ["ChargingPausedEVSE", "PrepareCharging", "ChargingStarted"]


def test_a_second_reason_is_said_and_all_must_go() -> None:
    bench = charging()
    bench.forget()

    bench.command(evse_manager.PauseCharging())
    bench.errors("evse_board_support/BrownOut", severity="Medium")
    bench.command(evse_manager.ResumeCharging())

    said = [each.charging_paused_evse.reasons for each in bench.session_events if each.charging_paused_evse]
    assert [[each.value for each in reasons] for reasons in said] == [
        ["UserPause"],
        ["UserPause", "Error"],
        ["Error"],
    ]
    assert bench.state == "ChargingPausedEVSE"


def test_a_car_that_does_not_let_go_is_cut_off_after_twenty_seconds() -> None:
    """Row M6.24: hard stop."""
    bench = direct()
    bench.stop()
    assert bench.state == "StoppingCharging"
    assert bench.told(charger.StopCharging)[-1].stop

    bench.pass_s(19.9)
    assert bench.state == "StoppingCharging"
    bench.pass_s(0.2)

    assert bench.state == "Finished"
    assert bench.order is not None
    assert bench.order.supply is Supply.OFF


def test_a_car_that_leaves_its_offer_is_woken_after_thirty_seconds() -> None:
    """Row M6.24: legacy wake-up."""
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()

    bench.pass_s(29.9)
    assert bench.order is not None
    before = bench.order.sequence_number
    bench.pass_s(0.2)

    assert (bench.order.sequence, bench.order.sequence_number) == (Sequence.WAKE_UP, before + 1)
    bench.pass_s(60)
    assert bench.order.sequence_number == before + 1


def test_a_contract_without_charging_loop_falls_back_after_ten_seconds() -> None:
    """Row M6.24: AC Plug & Charge."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthPnc(token=CONTRACT))
    bench.grant(CONTRACT)
    assert bench.state == "PrepareCharging"

    bench.pass_s(9.9)
    assert bench.state == "PrepareCharging"
    sequences = bench.core.record.sequences
    bench.pass_s(0.2)

    assert bench.session.basic
    assert bench.core.record.sequences == sequences + 1
    assert bench.order is not None
    assert bench.order.sequence is Sequence.STEP_X1


def test_a_loop_that_has_begun_does_not_fall_back() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthPnc(token=CONTRACT))
    bench.grant(CONTRACT)
    bench.wants()
    bench.car(charger.AcCloseContactor(), charger.CurrentDemandStarted())

    bench.pass_s(60)

    assert bench.state == "Charging"
    assert not bench.session.basic


def test_a_loop_without_energy_is_ended_after_five_seconds() -> None:
    """Row M5.9."""
    bench = Bench(dc=True, managed=True)
    bench.ready()
    bench.limits(power_w=50_000.0, valid_s=3600)
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.StartCableCheck(), charger.StartPreCharge(), charger.CurrentDemandStarted())
    bench.limits(power_w=0.0, valid_s=3600)
    assert bench.state == "ChargingPausedEVSE"
    bench.forget()

    bench.pass_s(4.9)
    assert not bench.told(charger.StopCharging)
    bench.pass_s(0.2)

    assert [each.stop for each in bench.told(charger.StopCharging)] == [True]
    bench.limits(power_w=50_000.0, valid_s=3600)
    assert [each.stop for each in bench.told(charger.StopCharging)] == [True, False]


def test_a_grant_that_runs_out_counts_as_nothing() -> None:
    """Row M6.21: `valid_for`."""
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(16.0, valid_s=10)
    bench.plug()
    bench.grant()
    bench.wants()

    bench.pass_s(9.5)
    assert bench.state == "Charging"
    bench.pass_s(1)

    assert bench.state == "ChargingPausedEVSE"


def test_less_than_six_ampere_are_no_energy_for_an_ac_car() -> None:
    """Row M6.21."""
    bench = Bench(managed=True)
    bench.ready()
    bench.limits(5.9)
    bench.plug()
    bench.grant()
    bench.wants()

    assert bench.state == "ChargingPausedEVSE"


def test_an_open_transaction_of_an_earlier_run_ends_with_power_loss() -> None:
    """Row M6.23."""
    bench = charging()
    session = bench.session.uuid

    fresh = Bench(bench.core.record)
    fresh.ready(first_life=True)

    finished = [each for each in fresh.session_events if each.transaction_finished]
    assert [
        (each.uuid, each.transaction_finished.reason) for each in finished if each.transaction_finished
    ] == [(session, "PowerLoss")]
    assert fresh.state == "Idle"  # nobody is plugged in any more


def test_a_replaced_manager_goes_on_with_the_transaction() -> None:
    """Same session, same meter start, contactor untouched, nothing said twice."""
    bench = charging()
    before = bench.session

    fresh = bench.replaced()

    assert fresh.session.uuid == before.uuid
    assert fresh.session.transaction == before.transaction
    assert fresh.state == "Charging"
    assert fresh.events == []
    assert fresh.condition.contactor is Contactor.CLOSED
    assert fresh.order is not None
    assert fresh.order.supply is Supply.AC


def test_a_replaced_manager_keeps_a_dc_output_as_it_was() -> None:
    """Targets come with the next loop; until then what was ordered last holds."""
    bench = direct()
    order = bench.order

    fresh = bench.replaced()

    assert order is not None
    assert fresh.order is not None
    assert fresh.order.supply is Supply.CHARGE
    assert fresh.order.target_voltage_v == order.target_voltage_v


def test_the_rows_of_the_table_start_where_a_session_can_be() -> None:
    assert {row.state for row in TABLE} == set(State)
    assert all(row.source.startswith(("M", "S")) for row in TABLE)


def test_a_table_with_a_circle_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that always applies would keep an EVSE busy for ever: it fails instead."""
    bench = Bench()
    bench.ready()
    row = phases.Row(State.IDLE, lambda _turn: True, State.DISABLED, lambda _turn: None, "test")
    back = phases.Row(State.DISABLED, lambda _turn: True, State.IDLE, lambda _turn: None, "test")
    monkeypatch.setattr(phases, "TABLE", (row, back))

    with pytest.raises(RuntimeError, match="no end of transitions"):
        bench.read()


# -- whatever happens ----------------------------------------------------------------------------------------

FAILED = charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.CHARGING_INTERRUPTED)
STEPS: dict[str, Callable[[Bench], object]] = {
    "plug": lambda bench: None if bench.condition.plugged_in else bench.plug(),
    "unplug": Bench.unplug,
    "want": lambda bench: bench.wants() if bench.condition.plugged_in else None,
    "rest": lambda bench: bench.rests() if bench.condition.plugged_in else None,
    "card": Bench.grant,
    "bad card": lambda bench: bench.verdict("Invalid"),
    "contract shown": lambda bench: bench.car(charger.RequireAuthPnc(token=CONTRACT)),
    "card asked": lambda bench: bench.car(charger.RequireAuthEim()),
    "contract": lambda bench: bench.grant(CONTRACT),
    "withdraw": lambda bench: bench.command(evse_manager.WithdrawAuthorization()),
    "stop": Bench.stop,
    "pause": lambda bench: bench.command(evse_manager.PauseCharging()),
    "resume": lambda bench: bench.command(evse_manager.ResumeCharging()),
    "reserve": lambda bench: bench.command(evse_manager.Reserve(reservation_id=1)),
    "fault": lambda bench: bench.errors("evse_board_support/BrownOut"),
    "mended": lambda bench: bench.errors(),
    "close": lambda bench: bench.car(charger.AcCloseContactor()),
    "open": lambda bench: bench.car(charger.AcOpenContactor()),
    "check": lambda bench: bench.car(charger.StartCableCheck()),
    "loop": lambda bench: bench.car(charger.CurrentDemandStarted()),
    "loop ends": lambda bench: bench.car(charger.CurrentDemandFinished()),
    "talk fails": lambda bench: bench.car(FAILED),
    "done": lambda bench: bench.car(charger.DlinkTerminate()),
    "sleeps": lambda bench: bench.car(charger.DlinkPause()),
    "no energy": lambda bench: bench.limits(0.0, 0.0),
    "energy": lambda bench: bench.limits(16.0, 50_000.0),
    "time": lambda bench: bench.pass_s(12),
    "unlock": lambda bench: bench.command(evse_manager.ForceUnlock(connector_id=1)),
}
ORDER = [
    "SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging",
    "StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished",
]  # fmt: skip
ONCE = {"SessionStarted", "TransactionStarted", "TransactionFinished", "SessionFinished", "ChargingFinished"}


def check_events(bench: Bench) -> None:
    """In every session each end is said once, after its beginning, and nothing comes after the last."""
    by_session: dict[str, list[str]] = {}
    for each in bench.session_events:
        if each.uuid and each.event.value not in {
            "Enabled",
            "Disabled",
            "ReservationStart",
            "ReservationEnd",
        }:
            by_session.setdefault(each.uuid, []).append(each.event.value)
    for events in by_session.values():
        assert events[0] == "SessionStarted"
        assert all(events.count(each) <= 1 for each in ONCE), events
        assert "SessionFinished" not in events[:-1], events
        if "ChargingStarted" in events or "PrepareCharging" in events:
            assert events.index("TransactionStarted") < events.index("PrepareCharging"), events
            assert "Authorized" in events[: events.index("TransactionStarted")], events
        if "TransactionFinished" in events:
            left = events[events.index("TransactionFinished") + 1 :]
            assert set(left) <= {"SessionFinished", "PluginTimeout"}, events


def check_power(bench: Bench) -> None:
    """Power is ordered only during a transaction that was granted and not stopped for good."""
    order, session = bench.order, bench.core.record.session
    if order is None or order.supply is Supply.OFF:
        return
    assert session is not None
    assert session.transaction is not None
    assert session.token is not None
    assert session.plugged
    assert not session.transaction.finished
    if session.stop is not None:
        assert bench.state == "StoppingCharging"
        assert not bench.raised


@pytest.mark.untraced
@pytest.mark.parametrize("kind", ["basic", "ac", "dc"])
@few(25)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=25), st.booleans())
def test_whatever_happens_power_needs_a_grant_and_events_stay_in_order(
    kind: str, steps: list[str], managed: Any
) -> None:
    bench = Bench(dc=kind == "dc", ac_hlc_enabled=kind == "ac", managed=managed)
    bench.ready()
    if managed:
        bench.limits(16.0, 50_000.0)

    for number, each in enumerate(steps):
        STEPS[each](bench)
        check_power(bench)
        if number % 7 == 6:  # now and then the manager is replaced
            before = bench.effects
            bench = bench.replaced()
            bench.effects[:0] = before
            if managed:
                bench.limits(16.0, 50_000.0)

    check_events(bench)
