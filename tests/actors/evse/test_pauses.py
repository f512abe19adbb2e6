"""Tests for actors/evse/pauses.py: a pause is no end, whoever ends the talk (rows M5.9, M6.20, M6.21)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from actors.connector.messages import CableCheck, Contactor, Pilot, Pin, Sequence, Supply
from actors.evse import pauses
from actors.evse.record import Session
from actors.evse.turn import Turn
from actors.v2g.progress import DataLink, Direct, Progress
from protocols.interfaces import evse_manager, slac
from protocols.interfaces import iso15118_charger as charger
from protocols.types import iso15118
from protocols.types.evse_manager import (
    HlcSessionFailedReasonEnum,
    StartSessionReason,
    StopTransactionReason,
)
from protocols.types.evse_manager import PauseChargingEVSEReasonEnum as Reason
from tests.support.evse import START, Bench

if TYPE_CHECKING:
    from collections.abc import Callable

ENERGY_W = 50_000.0
TALK = (charger.StartCableCheck(), charger.StartPreCharge(), charger.CurrentDemandStarted())
TARGET = charger.DcEvTargetVoltageCurrent(
    target=iso15118.DcEvTargetValues(dc_ev_target_voltage_v=400.0, dc_ev_target_current_a=100.0)
)
END = (charger.CurrentDemandFinished(), charger.DcOpenContactor())


def energy(bench: Bench, power_w: float) -> None:
    bench.limits(power_w=power_w, valid_s=3600)


def charging() -> Bench:
    """A DC car that charges by card at a station whose power is managed."""
    bench = Bench(dc=True, managed=True)
    bench.ready()
    energy(bench, ENERGY_W)
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(*TALK)
    assert bench.state == "Charging"
    bench.forget()
    return bench


PAUSES: dict[str, tuple[Callable[[Bench], object], Callable[[Bench], object]]] = {
    "no energy": (lambda bench: energy(bench, 0.0), lambda bench: energy(bench, ENERGY_W)),
    "user": (
        lambda bench: bench.command(evse_manager.PauseCharging()),
        lambda bench: bench.command(evse_manager.ResumeCharging()),
    ),
    "error": (
        lambda bench: bench.errors("evse_board_support/BrownOut", severity="Medium"),
        lambda bench: bench.errors(),
    ),
}


@pytest.mark.parametrize("ending", [charger.DlinkTerminate(), charger.DlinkPause()])
@pytest.mark.parametrize("name", PAUSES)
def test_a_talk_that_ends_in_a_pause_is_taken_up_again(name: str, ending: Any) -> None:
    """The same session and transaction go on with a talk of their own once the pause is over."""
    pause, resume = PAUSES[name]
    bench = charging()
    session = bench.session

    pause(bench)
    bench.pass_s(6)
    bench.car(*END, ending)
    assert bench.state == "ChargingPausedEVSE"
    assert bench.order is not None
    assert (bench.order.supply, bench.order.pilot) == (Supply.OFF, Pilot.IDLE)
    resume(bench)
    assert bench.state == "PrepareCharging"
    assert (bench.order.pilot, bench.order.sequence) == (Pilot.DIGITAL, Sequence.STEP_X1)
    bench.car(charger.RequireAuthEim(), *TALK)

    assert bench.events == ["ChargingPausedEVSE", "PrepareCharging", "ChargingStarted"]
    assert (bench.session.uuid, bench.session.stop) == (session.uuid, None)
    assert len(bench.answers) == 1


def test_a_car_that_ended_its_talk_is_looked_for_anew() -> None:
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.car(*END, charger.DlinkTerminate())
    bench.forget()

    energy(bench, ENERGY_W)

    assert len(bench.told(slac.EnterBcd)) == 1
    assert [each.stop for each in bench.told(charger.StopCharging)] == [False]


def asleep(ending: Any) -> Bench:
    """A car that has ended its talk, to begin another one after the pause, or has paused it."""
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.car(*END, ending)
    assert bench.state == "ChargingPausedEVSE"
    return bench


SILENT = charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.UNEXPECTED_SESSION_END)
ENDINGS = [charger.DlinkTerminate(), charger.DlinkPause()]


@pytest.mark.parametrize("first", ["failed", "started"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_link_that_dies_does_not_wake_a_sleeping_car(ending: Any, first: str) -> None:
    """Nobody was speaking: what a new link says of its predecessor's end is no news, in either order."""
    bench = asleep(ending)
    bench.forget()

    if first == "failed":
        bench.car(SILENT)
    bench.take(bench.core.link_started("link#1", bench.now))
    if first == "started":
        bench.car(SILENT)

    assert bench.order is not None
    assert (bench.order.pilot, bench.order.sequence) == (Pilot.IDLE, None)
    assert bench.published(evse_manager.HlcSessionFailed) == []


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_car_sleeps_on_at_a_new_link_and_is_woken(ending: Any, replaced: Any) -> None:
    """Also by a new manager, which takes the word of a link that has spoken to nobody."""
    bench = asleep(ending)
    bench.take(bench.core.link_started("link#1", bench.now))
    if replaced:
        bench = bench.replaced()
        bench.take(bench.core.progress(Progress(), bench.now))

    bench.forget()
    energy(bench, ENERGY_W)

    assert bench.state == "PrepareCharging"
    assert bench.order is not None
    assert (bench.order.pilot, bench.order.sequence) == (Pilot.DIGITAL, Sequence.STEP_X1)
    assert len(bench.told(slac.EnterBcd)) == isinstance(ending, charger.DlinkTerminate)


def test_a_paused_car_whose_new_talk_fails_is_asked_again() -> None:
    """It came back to the link by itself: it is not asleep any more."""
    bench = charging()
    bench.car(*END, charger.DlinkPause())

    bench.car(charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.FAILED_TLS_HANDSHAKE))

    assert len(bench.published(evse_manager.HlcSessionFailed)) == 1
    assert bench.order is not None
    assert bench.order.pilot is Pilot.DIGITAL


def test_a_talk_that_breaks_off_in_a_pause_is_not_begun_again_in_it() -> None:
    """The car was to end it, and has, if not in order: it is left alone until there is energy again."""
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.forget()

    bench.car(SILENT, *END, charger.DlinkError())
    shown = [bench.order and (bench.order.pilot, bench.order.sequence)]
    assert [len(bench.told(kind)) for kind in (slac.DlinkError, slac.DlinkTerminate)] == [0, 1]
    energy(bench, ENERGY_W)

    shown.append(bench.order and (bench.order.pilot, bench.order.sequence))
    assert shown == [(Pilot.IDLE, None), (Pilot.DIGITAL, Sequence.STEP_X1)]
    assert len(bench.told(slac.EnterBcd)) == 1


def looping(bench: Bench) -> None:
    bench.car(TALK[-1])


def told_by_the_link(bench: Bench) -> None:
    progress = dataclasses.replace(bench.session.car, loop=True, direct=Direct.LOOP)
    bench.take(bench.core.progress(progress, bench.now))
    bench.take(bench.core.progress(progress, bench.now))  # which is no news


@pytest.mark.parametrize("comes", [looping, told_by_the_link])
@pytest.mark.parametrize("name", ["no energy", "user"])
def test_a_loop_that_begins_in_a_pause_has_its_time_too(name: str, comes: Callable[[Bench], object]) -> None:
    """Row M5.9: a car that was checked while the pause began comes to its loop, and is to end it."""
    bench = charging()
    bench.car(SILENT)
    bench.car(charger.SelectedProtocol(protocol="ISO15118-2"), *TALK[:-1])
    PAUSES[name][0](bench)
    bench.pass_s(6)
    assert bench.told(charger.StopCharging) == []

    comes(bench)
    bench.pass_s(4.9)
    assert bench.told(charger.StopCharging) == []
    bench.pass_s(0.2)

    assert [each.stop for each in bench.told(charger.StopCharging)] == [True]


def test_a_loop_that_broke_off_has_not_lasted_long_enough() -> None:
    """Row M5.9: its time begins with the next."""
    bench = charging()
    energy(bench, 0.0)
    bench.car(SILENT)

    bench.pass_s(6)

    assert bench.told(charger.StopCharging) == []


def test_a_paused_dc_car_is_given_nothing_while_it_loops() -> None:
    """It is told so, and the supply too, whatever it asks for until it has let go."""
    bench = charging()
    bench.car(TARGET)
    assert bench.order is not None
    assert bench.order.target_current_a == 100.0

    bench.command(evse_manager.PauseCharging())
    assert (bench.order.supply, bench.order.target_current_a) == (Supply.CHARGE, 0.0)
    assert bench.told(charger.UpdateDcMaximumLimits)[-1].maximum_limits.evse_maximum_power_limit_w == 0.0

    bench.command(evse_manager.ResumeCharging())
    assert bench.order.target_current_a == 100.0
    assert bench.events == ["ChargingPausedEVSE", "ChargingStarted"]


@pytest.mark.parametrize("dc", [True, False])
def test_a_replaced_manager_has_no_news_of_a_users_pause(dc: Any) -> None:
    """What may be given is not known for a moment; that is said only of a pause that would be over."""
    bench = charging() if dc else Bench(managed=True)
    if not dc:
        bench.ready()
        bench.limits(current_a=16.0, valid_s=3600)
        bench.plug()
        bench.grant()
        bench.wants()
    bench.command(evse_manager.PauseCharging())

    fresh = bench.replaced()
    assert fresh.events == []
    fresh.command(evse_manager.ResumeCharging())
    assert (fresh.state, fresh.core.record.pauses) == ("ChargingPausedEVSE", (Reason.NO_ENERGY,))
    fresh.limits(current_a=16.0, power_w=ENERGY_W, valid_s=3600)

    assert fresh.state == "Charging"


def resting(bench: Bench) -> None:
    bench.car(*END, charger.DlinkPause())


def taking_nothing(bench: Bench) -> None:
    bench.car(
        charger.DcEvTargetVoltageCurrent(
            target=iso15118.DcEvTargetValues(dc_ev_target_voltage_v=400.0, dc_ev_target_current_a=0.0)
        )
    )


@pytest.mark.parametrize("being", [resting, taking_nothing])
def test_a_replaced_manager_does_not_take_a_car_at_rest_for_a_pause(being: Callable[[Bench], object]) -> None:
    """What such a car was given tells nothing of what may be given; only when no word comes there is none."""
    bench = charging()
    being(bench)

    fresh = bench.replaced()
    assert (fresh.state, fresh.events) == (bench.state, [])
    fresh.pass_s(5.1)
    fresh.read()

    assert fresh.events == ["ChargingPausedEVSE"]


def test_a_paused_ac_car_that_speaks_is_told_of_no_current() -> None:
    """Rows S9.18, M6.21: nothing is offered in a pause."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.SelectedProtocol(protocol="ISO15118-2"), charger.RequireAuthEim())
    bench.grant()
    bench.wants()
    bench.car(charger.AcCloseContactor(), charger.CurrentDemandStarted())
    assert bench.state == "Charging"

    bench.command(evse_manager.PauseCharging())

    assert bench.told(charger.UpdateAcMaxCurrent)[-1].max_current_a == 0.0
    assert bench.published(evse_manager.Limits)[-1].limits.max_current_a == 0.0


def toggle(bench: Bench) -> None:
    bench.outlet(toggles=bench.condition.toggles + 1)


def test_a_paused_car_that_toggles_is_asked_to_speak() -> None:
    """ISO 15118-3. The link knows its talk still, and the modem its match: neither is told anything."""
    bench = charging()
    bench.car(*END, charger.DlinkPause())
    bench.forget()

    toggle(bench)
    assert bench.order is not None
    assert (bench.order.pilot, bench.order.sequence) == (Pilot.DIGITAL, None)
    assert bench.told(slac.EnterBcd) + bench.told(charger.SessionSetup) == []
    bench.car(charger.SelectedProtocol(protocol="ISO15118-2"), charger.RequireAuthEim(), *TALK)

    assert bench.events == ["ChargingStarted"]


def test_a_car_that_gave_up_waiting_begins_anew_by_toggling() -> None:
    """It is looked for anew, and the link expects another talk."""
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim(), charger.DlinkTerminate())
    bench.forget()

    toggle(bench)

    assert bench.order is not None
    assert bench.order.pilot is Pilot.DIGITAL
    assert len(bench.told(slac.EnterBcd)) == len(bench.told(charger.SessionSetup)) == 1


def by_stop(bench: Bench) -> None:
    bench.car(*END, charger.DlinkPause())
    assert bench.stop()


def by_the_car(bench: Bench) -> None:
    bench.car(*END, charger.DlinkTerminate())


def by_a_pause(bench: Bench) -> None:
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.car(*END, charger.DlinkTerminate())


@pytest.mark.parametrize("ended", [by_stop, by_the_car, by_a_pause])
def test_a_toggle_brings_nobody_back_whom_the_station_lets_sleep(ended: Callable[[Bench], object]) -> None:
    """Row M6.14: a stop holds until the plug is pulled, and so does what the car has ended for good."""
    bench = charging()
    ended(bench)
    state = bench.state
    bench.forget()

    toggle(bench)

    assert bench.order is not None
    assert (bench.state, bench.order.pilot, bench.events) == (state, Pilot.IDLE, [])


def test_nobody_who_was_not_authorized_in_time_comes_back_by_toggling() -> None:
    """Row M6.13: it must be plugged in anew."""
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.command(evse_manager.WithdrawAuthorization())
    bench.car(charger.DlinkTerminate())

    toggle(bench)

    assert bench.order is not None
    assert bench.order.pilot is Pilot.IDLE


def test_a_toggle_that_no_manager_heard_is_heard_by_the_next() -> None:
    bench = charging()
    bench.car(*END, charger.DlinkPause())
    bench.condition = dataclasses.replace(bench.condition, toggles=1)

    fresh = bench.replaced()

    assert fresh.order is not None
    assert fresh.order.pilot is Pilot.DIGITAL
    assert fresh.session.toggles == 1


def test_a_new_connector_counts_toggles_from_the_beginning() -> None:
    bench = charging()
    toggle(bench)  # in the middle of its talk: nothing follows
    bench.outlet(toggles=0)
    bench.car(*END, charger.DlinkPause())
    shown = [bench.order and bench.order.pilot]

    toggle(bench)

    assert [*shown, bench.order and bench.order.pilot] == [Pilot.IDLE, Pilot.DIGITAL]


def test_a_successor_asks_on_whom_a_toggle_has_woken() -> None:
    """The link tells it of the last talk, which was paused, until there is another."""
    bench = charging()
    bench.car(*END, charger.DlinkPause())
    toggle(bench)

    fresh = bench.replaced()
    fresh.take(fresh.core.progress(Progress(data_link=DataLink.PAUSE, protocol="ISO15118-2"), fresh.now))

    assert fresh.order is not None
    assert fresh.order.pilot is Pilot.DIGITAL


def test_an_ac_car_that_has_paused_is_shown_no_duty_cycle() -> None:
    """[V2G3-M07-20]: it goes on by speaking, or not at all."""
    bench = Bench(ac_hlc_enabled=True, ac_hlc_use_5percent=False)
    bench.ready()
    bench.plug()
    bench.car(charger.SelectedProtocol(protocol="ISO15118-2"), charger.RequireAuthEim())
    bench.grant()
    bench.wants()
    bench.car(charger.AcCloseContactor(), charger.CurrentDemandStarted())
    assert bench.order is not None
    assert (bench.state, bench.order.pilot) == ("Charging", Pilot.NOMINAL)

    bench.car(charger.AcOpenContactor(), charger.DlinkPause())
    assert (bench.state, bench.order.pilot) == ("ChargingPausedEV", Pilot.IDLE)
    toggle(bench)

    assert bench.order.pilot is Pilot.NOMINAL


LATE: list[tuple[float, str, list[str]]] = [
    (1.0, "PrepareCharging", ["ChargingPausedEVSE", "ChargingStarted", "PrepareCharging"]),
    (19.0, "PrepareCharging", ["ChargingPausedEVSE", "ChargingStarted", "PrepareCharging"]),
    (
        21.0,
        "Finished",
        [
            "ChargingPausedEVSE",
            "ChargingStarted",
            "StoppingCharging",
            "ChargingFinished",
            "TransactionFinished",
        ],
    ),
]


@pytest.mark.parametrize(("after_s", "state", "events"), LATE)
def test_a_talk_that_ends_late_ends_for_the_pause_only_for_a_while(
    after_s: float, state: str, events: list[str]
) -> None:
    """The car was asked to stop, and energy came back before it had."""
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    energy(bench, ENERGY_W)

    bench.pass_s(after_s)
    bench.car(*END, charger.DlinkTerminate())

    assert bench.state == state
    assert bench.events == events


def test_a_car_that_was_not_asked_to_end_its_talk_has_stopped() -> None:
    """A pause that was over before the loop had to end is no excuse."""
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(2)
    energy(bench, ENERGY_W)

    bench.car(*END, charger.DlinkTerminate())

    assert bench.session.stop is not None
    assert bench.session.stop.reason is StopTransactionReason.STOPPED_BY_EV


def test_a_stop_in_a_pause_is_one_also_for_a_sleeping_car() -> None:
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.car(*END, charger.DlinkTerminate())

    assert bench.stop()
    energy(bench, ENERGY_W)

    assert bench.state == "Finished"


def test_a_replaced_manager_wakes_the_car_that_went_to_sleep() -> None:
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.car(*END, charger.DlinkTerminate())

    fresh = bench.replaced()
    energy(fresh, ENERGY_W)

    assert fresh.state == "PrepareCharging"
    assert fresh.session.car.data_link is DataLink.UP


@pytest.mark.parametrize("asleep", [DataLink.TERMINATE, DataLink.PAUSE])
def test_a_link_that_tells_of_the_last_talk_does_not_end_the_session(asleep: DataLink) -> None:
    """A manager may die between its decision to wake the car and the word to the link."""
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.car(*END, charger.DlinkTerminate())
    energy(bench, ENERGY_W)

    fresh = bench.replaced()
    fresh.take(fresh.core.progress(Progress(data_link=asleep), fresh.now))

    assert (fresh.state, fresh.session.stop) == ("PrepareCharging", None)
    assert fresh.session.car.data_link is DataLink.UP


def test_a_car_that_speaks_again_may_stop_for_good() -> None:
    bench = charging()
    energy(bench, 0.0)
    bench.pass_s(6)
    bench.car(*END, charger.DlinkTerminate())
    energy(bench, ENERGY_W)

    bench.car(charger.SelectedProtocol(protocol="ISO15118-2"), charger.DlinkTerminate())

    assert bench.state == "Finished"


def test_a_grant_wakes_a_car_that_had_given_up_waiting() -> None:
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim(), charger.DlinkTerminate())

    bench.grant()

    assert bench.state == "PrepareCharging"
    assert bench.session.car.data_link is DataLink.UP


def test_a_car_that_paused_by_itself_is_left_alone() -> None:
    bench = charging()

    bench.car(*END, charger.DlinkPause())

    assert bench.state == "ChargingPausedEV"
    assert bench.core.record.sequence is None


def test_a_car_that_paused_by_itself_comes_back_by_speaking() -> None:
    bench = charging()
    bench.car(*END, charger.DlinkPause())

    bench.car(charger.SelectedProtocol(protocol="ISO15118-2"), charger.RequireAuthEim(), *TALK)

    assert bench.events == ["ChargingPausedEV", "ChargingStarted"]
    assert len(bench.answers) == 1


def test_without_a_session_nobody_sleeps() -> None:
    bench = Bench(dc=True)
    bench.ready()
    turn = Turn(bench.core.record, bench.core.facts, bench.settings, bench.now, lambda size: b"0" * size)

    pauses.wake(turn)
    pauses.woken(turn)

    assert not pauses.excuses(turn)
    assert not pauses.asleep(turn)
    assert turn.effects == []


def test_a_session_of_an_older_record_was_never_asked_to_end() -> None:
    session = Session(uuid="1", began=START, reason=StartSessionReason.EV_CONNECTED)

    assert session.let_go is None


# -- an outlet that has opened under the car (docs/evse.md) --------------------------------------------------


def opened(bench: Bench, reason: str = "there was no pre-charge") -> None:
    """The connector has opened the contactor by itself, and may not close it again."""
    bench.wants()
    bench.obeys = False
    bench.outlet(contactor=Contactor.OPEN, supply=Supply.OFF, reason=reason)


def wishes(bench: Bench) -> list[bool]:
    return [each.stop for each in bench.told(charger.StopCharging)]


def test_a_dc_car_whose_outlet_has_opened_is_to_end_its_talk() -> None:
    """Under the same transaction; who looks on sees a pause with its reason."""
    bench = charging()

    opened(bench)
    bench.outlet(reason="the manager is silent")

    assert bench.state == "ChargingPausedEVSE"
    assert bench.core.record.pauses == (Reason.ERROR,)
    assert wishes(bench) == [True]
    assert bench.session.stop is None


@pytest.mark.parametrize("ending", [*ENDINGS, charger.DlinkError()])
def test_it_charges_on_with_another_talk(ending: Any) -> None:
    bench = charging()
    opened(bench)
    bench.forget()

    bench.car(*END, ending)
    assert bench.order is not None
    asked = (bench.order.supply, bench.order.pilot, bench.order.sequence)
    bench.obeys = True
    bench.car(charger.RequireAuthEim(), *TALK)

    ended = isinstance(ending, charger.DlinkError)
    assert asked == (Supply.OFF, Pilot.DIGITAL, Sequence.STEP_EF if ended else Sequence.STEP_X1)
    assert bench.events == ["PrepareCharging", "ChargingStarted"]
    assert wishes(bench) == [False]
    bench.pass_s(60)
    assert (bench.state, bench.session.stop) == ("Charging", None)


def test_a_car_that_does_not_leave_an_open_outlet_ends_its_transaction() -> None:
    bench = charging()
    opened(bench)

    bench.pass_s(pauses.STILL_ENDS_S - 1)
    states = [bench.state]
    bench.pass_s(2)

    assert [*states, bench.state] == ["ChargingPausedEVSE", "Finished"]
    assert bench.session.stop is not None
    assert bench.session.stop.reason is StopTransactionReason.OTHER


def test_a_successor_sees_to_an_open_outlet_too() -> None:
    """Also its time is new, and no charge seems to have begun while it hears what is wrong."""
    bench = charging()
    opened(bench)

    fresh = bench.replaced()
    fresh.errors()

    assert wishes(fresh) == [True]
    assert fresh.session_events == []
    fresh.pass_s(pauses.STILL_ENDS_S + 1)
    assert fresh.state == "Finished"


def test_a_loop_does_not_outlive_an_error_that_opened_the_outlet() -> None:
    """Of the error itself the car was told; when that has passed it may still be in its loop."""
    bench = charging()
    bench.wants()
    bench.errors("evse_board_support/BrownOut", severity="Medium")
    bench.obeys = False
    before = wishes(bench)

    bench.errors()

    assert (before, wishes(bench)) == ([], [True])
    assert bench.state == "ChargingPausedEVSE"


def test_an_outlet_that_opens_in_a_users_pause_ends_the_loop_too() -> None:
    bench = charging()
    bench.command(evse_manager.PauseCharging())

    opened(bench)
    pausing = bench.core.record.pauses
    bench.car(*END, charger.DlinkTerminate())
    bench.pass_s(pauses.STILL_ENDS_S + 1)

    assert (wishes(bench), pausing) == ([True], (Reason.USER_PAUSE, Reason.ERROR))
    assert (bench.state, bench.core.record.pauses) == ("ChargingPausedEVSE", (Reason.USER_PAUSE,))


@pytest.mark.parametrize("news", [{"wants_power": False, "pin": Pin.B}, {"contactor": Contactor.UNKNOWN}])
def test_an_outlet_that_may_be_closed_still_is_left_alone(news: dict[str, Any]) -> None:
    """A car leaves state C just before it says that it stops; a new connector does not know its contactor."""
    bench = charging()
    bench.wants()
    bench.obeys = False

    bench.outlet(**{"contactor": Contactor.OPEN, **news})

    assert (bench.state, wishes(bench)) == ("Charging", [])


@pytest.mark.parametrize(("check", "lost"), [("None", True), ("Passed", False)])
def test_a_pre_charge_needs_an_outlet_that_was_checked(check: str, lost: Any) -> None:
    """What was checked closes again by itself; a new connector at an open contactor has checked nothing."""
    bench = charging()
    bench.car(SILENT, *TALK[:2])
    bench.wants()
    bench.obeys = False

    bench.outlet(contactor=Contactor.OPEN, cable_check=CableCheck(check))
    bench.forget()
    bench.car(charger.DlinkTerminate())

    found = (bench.state, bench.session.stop is None)
    assert found == ("PrepareCharging" if lost else "StoppingCharging", lost)


def test_a_stop_is_no_loss_of_power() -> None:
    bench = charging()
    bench.wants()

    bench.stop()

    assert bench.session.stop is not None
    assert bench.session.stop.reason is StopTransactionReason.LOCAL
    assert "ChargingPausedEVSE" not in bench.events
