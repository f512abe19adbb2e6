"""Tests for actors/evse/outlook.py: what an EVSE says of itself (rows M6.20, M16.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors.connector.messages import CableCheck
from actors.evse.messages import EvseCondition, Flow, Phase, SessionSoFar
from actors.evse.outlook import FLOWS, PHASES
from actors.evse.record import State
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from tests.support.evse import CARD, CONTRACT, Bench

INOPERATIVE = "evse_manager/Inoperative"


def condition(bench: Bench) -> Any:
    return bench.published(EvseCondition)[-1]


def test_who_it_is_and_what_it_can_is_said_once() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()

    assert [each.evse_id for each in bench.published(evse_manager.EvseId)] == ["DE*PNX*E00001*1"]
    assert len(bench.published(evse_manager.HwCapabilities)) == 1
    assert len(bench.published(evse_manager.Ready)) == 1


def test_inoperative_is_raised_once_and_cleared_with_the_last_cause() -> None:
    """Row M6.20."""
    bench = Bench()
    bench.ready()

    bench.errors("evse_board_support/BrownOut")
    bench.errors("evse_board_support/BrownOut", "evse_board_support/MREC2GroundFailure")
    assert list(bench.raised) == [INOPERATIVE]
    assert bench.raised[INOPERATIVE].startswith("caused_by:evse_board_support/BrownOut")
    bench.errors("evse_board_support/MREC2GroundFailure")
    assert list(bench.raised) == [INOPERATIVE]
    bench.errors()

    assert not bench.raised


def test_what_only_warns_does_not_make_it_inoperative() -> None:
    """Row M6.18."""
    bench = Bench()
    bench.ready()

    bench.errors("evse_board_support/VendorWarning", "evse_board_support/MREC3HighTemperature")

    assert not bench.raised


CAR_ERRORS = [
    ("evse_board_support/MREC17EVSEContactorFault", "Error_Contactor"),
    ("ac_rcd/DC", "Error_RCD"),
    ("evse_board_support/MREC8EmergencyStop", "Error_EmergencyShutdown"),
    ("power_supply_DC/HardwareFault", "Error_Malfunction"),
]


@pytest.mark.parametrize(("kind", "told"), CAR_ERRORS)
def test_the_car_is_told_what_has_failed_and_when_it_is_mended(kind: str, told: str) -> None:
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()

    bench.errors(kind)
    bench.errors()

    assert [each.error.value for each in bench.told(charger.SendError)] == [told]
    assert len(bench.told(charger.ResetError)) == 1


@pytest.mark.parametrize(("outcome", "passed"), [(CableCheck.PASSED, True), (CableCheck.FAILED, False)])
def test_the_outcome_of_the_cable_check_is_told_once(outcome: CableCheck, passed: Any) -> None:
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.obeys = False
    bench.car(charger.StartCableCheck())
    assert not bench.told(charger.CableCheckFinished)

    bench.outlet(cable_check=outcome)
    bench.outlet()

    assert [each.status for each in bench.told(charger.CableCheckFinished)] == [passed]
    status = bench.told(charger.UpdateIsolationStatus)[-1].isolation_status
    assert status.value == ("Valid" if passed else "Fault")


def test_the_contactor_is_confirmed_each_time_the_car_asks() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.wants()

    for each in (charger.AcCloseContactor(), charger.AcOpenContactor(), charger.AcCloseContactor()):
        bench.car(each)

    assert [each.status for each in bench.told(charger.AcContactorClosed)] == [True, False, True]


def test_a_dc_car_is_told_to_wait_for_energy_where_that_is_configured() -> None:
    """Row M5.10."""
    bench = Bench(dc=True, managed=True, zero_power_ignore_pause=False)
    bench.ready()
    bench.limits(power_w=0.0)
    bench.plug()
    bench.car(charger.RequireAuthEim())
    bench.grant()

    told = bench.told(charger.NoEnergyPauseCharging)
    assert [each.mode.value for each in told] == ["PauseBeforeCableCheck"]
    assert bench.state == "ChargingPausedEVSE"


def test_every_state_is_a_phase_for_authorization() -> None:
    assert set(PHASES) == set(State)
    assert set(FLOWS) == {each for each in State if PHASES[each] is Phase.TRANSACTION}


def test_authorization_is_told_how_things_stand() -> None:
    bench = Bench()
    bench.ready()
    assert condition(bench).phase is Phase.IDLE
    bench.plug()
    assert (condition(bench).phase, condition(bench).plugged_in) == (Phase.SESSION, True)
    assert condition(bench).plugged_in_at == bench.now
    bench.grant()
    now = condition(bench)
    assert (now.phase, now.token, now.grants_taken) == (Phase.TRANSACTION, CARD, 1)
    assert now.flow is Flow.NONE  # no car draws yet
    assert now.session_id == bench.session.uuid
    bench.stop()
    assert (condition(bench).phase, condition(bench).flow) == (Phase.OVER, None)
    bench.unplug()
    assert (condition(bench).phase, condition(bench).session_id) == (Phase.IDLE, "")


def test_a_car_that_waited_in_vain_is_over_for_authorization() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()

    bench.command(evse_manager.WithdrawAuthorization())

    assert condition(bench).phase is Phase.OVER


def test_a_faulted_outlet_is_told() -> None:
    bench = Bench()
    bench.ready()

    bench.errors("evse_board_support/BrownOut")

    assert [each.faulted for each in condition(bench).connectors] == [True]


def test_whether_the_plug_is_held_is_told() -> None:
    """Rows S9.5, M9.9: what comes of an unlocking is seen here."""
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    assert [each.locked for each in condition(bench).connectors] == [True]

    bench.command(evse_manager.ForceUnlock(connector_id=1))

    assert [each.locked for each in condition(bench).connectors] == [False]


def test_a_meter_value_does_not_repeat_what_stands() -> None:
    bench = Bench()
    bench.ready()
    bench.forget()

    bench.read(10)

    assert not bench.published(EvseCondition)


def test_a_car_that_was_to_wait_for_energy_may_go_on_once_there_is_some() -> None:
    """Row M5.10: the link forbids the cable check as long as the last word is to pause."""
    bench = Bench(dc=True, managed=True, zero_power_ignore_pause=False)
    bench.ready()
    bench.limits(power_w=0.0)
    bench.plug()
    bench.grant()

    bench.limits(power_w=20_000.0)

    said = [each.mode.value for each in bench.told(charger.NoEnergyPauseCharging)]
    assert said == ["PauseBeforeCableCheck", "AllowEvToIgnorePause"]


def test_whoever_comes_late_finds_the_reading_a_transaction_began_with() -> None:
    bench = Bench()
    bench.ready()
    bench.read(1000)
    bench.plug()
    before = condition(bench).start_reading

    bench.grant()
    bench.read(1500)

    assert before is None
    assert condition(bench).start_reading.energy_wh_import.total_wh == Decimal(2000)
    bench.unplug()
    assert condition(bench).start_reading is None


def test_whoever_was_away_finds_how_the_last_transaction_ended() -> None:
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    before = condition(bench).ended

    bench.unplug()

    said = [each.event for each in bench.published(evse_manager.SessionEvent)]
    (finished,) = [each for each in said if each.transaction_finished is not None]
    assert before is None
    assert condition(bench).ended == finished
    assert condition(bench.replaced()).ended == finished


def so_far(bench: Bench) -> SessionSoFar:
    found: SessionSoFar = bench.published(SessionSoFar)[-1]
    return found


def test_the_moments_of_a_session_are_kept_for_who_comes_late() -> None:
    bench = Bench()
    bench.ready()
    bench.read(1000)
    bench.plug()
    began = bench.now
    bench.pass_s(5)

    bench.grant()
    bench.read(1500)

    said = so_far(bench)
    assert said.session_id == bench.session.uuid
    assert (said.began, said.reason) == (began, "EVConnected")
    assert said.authorized_at == said.transaction_began == bench.session.authorized_at
    assert said.authorized_at is not None
    assert said.authorized_at > began
    assert (said.start_import_wh, said.stopping, said.finished) == (Decimal(2000), None, False)


def test_a_contract_that_was_handed_over_has_its_moment() -> None:
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.plug()
    assert so_far(bench).provided_at is None

    bench.car(charger.RequireAuthPnc(token=CONTRACT))

    assert so_far(bench).provided_at == bench.now


def test_a_grant_that_was_withdrawn_has_no_moment() -> None:
    bench = Bench()
    bench.ready()
    bench.grant()
    assert so_far(bench).authorized_at == bench.now
    bench.plug()
    assert so_far(bench).transaction_began is not None

    bench.unplug()

    assert so_far(bench) == SessionSoFar()
