"""Tests for actors/evse/detour.py: an AC car tells its state of charge in a talk about DC (row M5.4)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.connector.messages import Pilot, Sequence, Supply
from actors.evse.exchange import Timer
from actors.evse.patience import DETOUR_S
from actors.evse.record import Detour
from protocols.interfaces import evse_manager, slac
from protocols.interfaces import iso15118_charger as charger
from protocols.types.evse_manager import HlcSessionFailedReasonEnum
from protocols.types.iso15118 import DcEvErrorCode, DcEvStatus
from tests.support.evse import CONTRACT, Bench

STATUS = charger.DcEvStatus(
    status=DcEvStatus(dc_ev_ready=True, dc_ev_error_code=DcEvErrorCode.NO_ERROR, dc_ev_ress_soc_percent=37.0)
)
FAILED = charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.CHARGING_INTERRUPTED)


def modes(bench: Bench) -> list[str]:
    told = bench.told(charger.UpdateEnergyTransferModes)[-1].supported_energy_transfer_modes
    return [each.value for each in told]


def plugged(**changes: Any) -> Bench:
    bench = Bench(**{"ac_with_soc": True, **changes})
    bench.ready()
    bench.plug()
    return bench


def asked(**changes: Any) -> Bench:
    """A car that was granted by card, and goes on to its parameters."""
    bench = plugged(**changes)
    bench.car(charger.RequireAuthEim())
    bench.grant()
    return bench


def stepped(bench: Bench) -> Bench:
    """The pilot has gone through its sequence."""
    assert bench.order is not None
    bench.outlet(sequence_done=bench.order.sequence_number)
    return bench


def order(bench: Bench) -> Any:
    assert bench.order is not None
    return bench.order


def test_an_ac_car_is_offered_dc_and_no_power() -> None:
    bench = asked()

    assert modes(bench) == ["DC_core", "DC_extended"]
    assert bench.told(charger.UpdateDcMaximumLimits)
    assert bench.told(charger.UpdateDcMinimumLimits)
    assert bench.answers == [("Accepted", "NoCertificateAvailable")]
    assert (order(bench).pilot, order(bench).supply) == (Pilot.DIGITAL, Supply.OFF)


def test_a_car_that_has_told_its_state_of_charge_is_pulled_out_of_the_talk() -> None:
    bench = asked()

    bench.car(STATUS)

    assert bench.published(evse_manager.EvInfo)[-1].ev_info.soc_percent == 37.0
    assert order(bench).sequence is Sequence.STEP_EF
    assert bench.told(slac.DlinkError)
    assert modes(bench) == ["AC_single_phase_core", "AC_three_phase_core"]
    assert bench.session.detour is Detour.LEAVING


def test_then_it_charges_by_the_duty_cycle() -> None:
    bench = asked()
    bench.car(STATUS)

    stepped(bench).wants()

    assert (order(bench).pilot, order(bench).supply) == (Pilot.NOMINAL, Supply.AC)
    assert bench.state == "Charging"
    assert Timer.FALL_BACK not in bench.timers


def test_or_it_speaks_of_ac_where_that_is_configured() -> None:
    bench = asked(ac_hlc_enabled=True)
    bench.car(STATUS)
    bench.forget()

    stepped(bench)
    assert order(bench).pilot is Pilot.DIGITAL
    assert Timer.FALL_BACK in bench.timers
    bench.car(charger.RequireAuthEim(), charger.AcCloseContactor())
    bench.wants()
    bench.car(charger.CurrentDemandStarted())

    assert bench.told(charger.SessionSetup)
    assert bench.answers == [("Accepted", "NoCertificateAvailable")]
    assert bench.state == "Charging"


def test_a_contract_shown_on_the_detour_counts_after_it() -> None:
    bench = plugged(ac_hlc_enabled=True)
    bench.car(charger.RequireAuthPnc(token=CONTRACT))
    bench.grant(CONTRACT)
    bench.car(STATUS)

    stepped(bench).car(charger.RequireAuthPnc(token=CONTRACT))

    assert bench.answers == [("Accepted", "Accepted")] * 2


ENDS = [
    FAILED,
    charger.DlinkTerminate(),
    charger.DlinkError(),
    charger.DlinkPause(),
    charger.StartCableCheck(),  # it has not told anything before
]


@pytest.mark.parametrize("end", ENDS)
def test_a_car_that_does_not_go_along_charges_all_the_same(end: Any) -> None:
    bench = asked()
    bench.car(end)
    assert bench.session.detour is Detour.LEAVING

    stepped(bench).wants()

    assert bench.state == "Charging"


def test_a_car_that_never_speaks_is_offered_ac_in_time() -> None:
    bench = plugged()
    bench.take(bench.core.matched(bench.now, ready=False))
    bench.grant()
    assert order(bench).pilot is Pilot.DIGITAL  # not at once the duty cycle, though the card came first

    bench.pass_s(DETOUR_S)
    stepped(bench).wants()

    assert bench.state == "Charging"


@pytest.mark.parametrize("news", [*ENDS, STATUS])
def test_nothing_the_car_says_counts_while_it_is_pulled_out(news: Any) -> None:
    bench = asked()
    bench.car(STATUS)
    number = order(bench).sequence_number

    bench.car(news)
    stepped(bench)

    assert order(bench).sequence_number == number
    assert bench.state == "PrepareCharging"


def test_a_replaced_manager_goes_on_with_the_detour() -> None:
    bench = asked()
    fresh = bench.replaced()
    assert Timer.FALL_BACK in fresh.timers
    fresh.car(STATUS)

    again = fresh.replaced()
    stepped(again).wants()

    assert again.state == "Charging"


def test_a_link_that_starts_anew_is_told_of_dc_as_well() -> None:
    bench = asked()
    bench.forget()

    bench.take(bench.core.link_started("link#1", bench.now))

    assert modes(bench) == ["DC_core", "DC_extended"]


@pytest.mark.parametrize("changes", [{"ac_with_soc": False, "ac_hlc_enabled": True}, {"dc": True}])
def test_no_other_car_makes_the_detour(changes: dict[str, Any]) -> None:
    assert plugged(**changes).session.detour is Detour.NONE


def test_without_a_link_to_the_car_there_is_no_detour() -> None:
    bench = Bench(ac_with_soc=True, has_hlc=False)
    bench.ready()
    bench.plug()

    assert bench.session.detour is Detour.NONE
    assert order(bench).pilot is Pilot.IDLE


def test_a_car_that_leaves_on_the_detour_ends_its_session() -> None:
    bench = asked()
    bench.car(STATUS)
    bench.unplug()

    assert bench.state == "Idle"
    bench.plug()
    assert bench.session.detour is Detour.READING
    assert modes(bench) == ["DC_core", "DC_extended"]


def test_a_car_that_waits_for_its_grant_after_the_detour_has_time() -> None:
    """Only who may charge is watched for how long it takes to begin."""
    bench = Bench(ac_with_soc=True, ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.DlinkTerminate())
    stages = [bench.session.detour]

    bench.outlet(sequence_done=bench.core.record.sequences)

    assert [*stages, bench.session.detour] == [Detour.LEAVING, Detour.NONE]
    assert bench.state == "WaitingForAuthentication"
    assert Timer.FALL_BACK not in bench.timers
