"""Tests for actors/evse/car.py: what the car says (rows S9.17, M6.24, M16.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from actors.connector.messages import Sequence
from actors.evse.car import HANDLERS, OFFERS
from actors.v2g.progress import DataLink, Direct, Progress, Waits
from protocols.interfaces import auth_token_provider, evse_manager, slac
from protocols.interfaces import iso15118_charger as charger
from protocols.types import iso15118
from protocols.types.evse_manager import EVInfo, HlcSessionFailedReasonEnum
from tests.support.evse import CONTRACT, Bench

TOKEN = auth_token_provider.ProvidedToken
LATER = datetime(2026, 3, 1, 18, tzinfo=UTC)
FAILED = charger.HlcSessionFailed(reason=HlcSessionFailedReasonEnum.FAILED_TLS_HANDSHAKE)


def plugged(**changes: Any) -> Bench:
    bench = Bench(**({"dc": True} | changes))
    bench.ready()
    bench.plug()
    return bench


def info(bench: Bench) -> EVInfo:
    found = bench.published(evse_manager.EvInfo)[-1].ev_info
    assert isinstance(found, EVInfo)
    return found


def test_what_goes_into_ev_info_has_its_fields() -> None:
    fields = EVInfo.__dataclass_fields__
    for variable, (field, source) in OFFERS.items():
        assert field in fields
        assert source in variable.__dataclass_fields__
    assert not set(OFFERS) & set(HANDLERS) - {charger.EvccId}


KNOWN: list[tuple[Any, str, object]] = [
    (charger.DepartureTime(departure_time=LATER), "departure_time", LATER),
    (charger.DcEvEnergyCapacity(capacity_wh=60_000.0), "battery_capacity_wh", 60_000.0),
    (charger.DcFullSoc(full_soc_percent=98.0), "battery_full_soc_percent", 98.0),
    (charger.EvccId(evcc_id="00:7D:FA:01:02:03"), "evcc_id", "00:7D:FA:01:02:03"),
    (
        charger.DcEvStatus(
            status=iso15118.DcEvStatus(
                dc_ev_ready=True,
                dc_ev_error_code=iso15118.DcEvErrorCode.NO_ERROR,
                dc_ev_ress_soc_percent=42.0,
            )
        ),
        "soc_percent",
        42.0,
    ),
    (
        charger.DcEvRemainingTime(
            remaining_time=iso15118.DcEvRemainingTime(ev_remaining_time_to_full_soc=LATER)
        ),
        "estimated_time_full",
        LATER,
    ),
    (
        charger.DcEvMaximumLimits(limits=iso15118.DcEvMaximumLimits(dc_ev_maximum_current_limit_a=125.0)),
        "maximum_current_limit_a",
        125.0,
    ),
]


@pytest.mark.parametrize(("variable", "field", "value"), KNOWN)
def test_what_the_car_states_is_published(variable: Any, field: str, value: object) -> None:
    """Row S9.17."""
    bench = plugged()

    bench.car(variable)

    assert getattr(info(bench), field) == value


def test_the_next_car_begins_with_nothing_known() -> None:
    bench = plugged()
    bench.car(charger.DcFullSoc(full_soc_percent=98.0))
    bench.unplug()
    bench.plug()

    bench.car(charger.EvccId(evcc_id="00:7D:FA:01:02:03"))

    assert info(bench) == EVInfo(evcc_id="00:7D:FA:01:02:03")


def test_a_protocol_is_published_for_people() -> None:
    bench = plugged()

    bench.car(charger.SelectedProtocol(protocol="ISO15118-2-2013"))

    assert bench.published(evse_manager.SelectedProtocol)[-1].protocol == "ISO15118-2-2013"


def test_a_car_in_dynamic_mode_gets_what_both_can() -> None:
    bench = plugged()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.CurrentDemandStarted())

    bench.car(
        charger.D20DcDynamicChargeMode(
            request=iso15118.DcChargeDynamicModeValues(
                target_energy_request_wh=30_000.0,
                max_energy_request_wh=60_000.0,
                min_energy_request_wh=10_000.0,
                max_charge_power_w=50_000.0,
                min_charge_power_w=0.0,
                max_charge_current_a=300.0,
                max_voltage_v=450.0,
                min_voltage_v=250.0,
            )
        )
    )

    assert bench.order is not None
    assert (bench.order.target_voltage_v, bench.order.target_current_a) == (450.0, 200.0)
    assert info(bench).target_energy_request_wh == 30_000.0


def test_a_failed_talk_is_published_with_the_session() -> None:
    """Row M16.2."""
    bench = plugged()

    bench.car(FAILED)

    event = bench.published(evse_manager.HlcSessionFailed)[-1].event
    assert (event.uuid, event.reason.value) == (bench.session.uuid, "FailedTLSHandshake")
    assert bench.session.car == Progress()


@pytest.mark.parametrize("dc", [True, False])
def test_an_ac_car_that_may_charge_falls_back_when_its_talk_fails(dc: Any) -> None:
    bench = plugged(dc=dc, ac_hlc_enabled=True)
    bench.car(charger.RequireAuthEim())
    bench.grant()

    bench.car(FAILED)

    assert bench.session.basic is not dc
    assert (bench.core.record.sequence is Sequence.STEP_X1) is not dc


def test_a_failed_talk_without_car_concerns_nobody() -> None:
    bench = Bench(dc=True)
    bench.ready()

    bench.car(FAILED)

    assert bench.published(evse_manager.HlcSessionFailed)[-1].event.uuid == ""


LINKS: list[tuple[Any, type, str]] = [
    (charger.DlinkTerminate(), slac.DlinkTerminate, "StoppingCharging"),
    (charger.DlinkError(), slac.DlinkError, "PrepareCharging"),
    (charger.DlinkPause(), slac.DlinkPause, "ChargingPausedEV"),
]


@pytest.mark.parametrize(("variable", "command", "state"), LINKS)
def test_what_the_car_wants_of_the_data_link_is_done(variable: Any, command: type, state: str) -> None:
    bench = plugged()
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.car(charger.CurrentDemandStarted())
    bench.meter_answers = False

    bench.car(variable)

    assert len(bench.told(command)) == 1
    if variable != charger.DlinkError():
        assert bench.state == state


def test_a_lost_data_link_makes_the_pilot_begin_again() -> None:
    bench = plugged()
    bench.car(charger.RequireAuthEim())

    bench.car(charger.DlinkError())

    assert bench.core.record.sequence is Sequence.STEP_EF
    assert bench.session.car == Progress()


def test_the_modem_tells_when_the_link_stands_and_who_is_there() -> None:
    bench = plugged()
    bench.forget()

    bench.take(bench.core.matched(bench.now, ready=False))
    bench.take(bench.core.mac_address("00:7D:FA:01:02:03", bench.now))

    assert [each.value for each in bench.told(charger.DlinkReady)] == [False]
    assert info(bench).evcc_id == "00:7D:FA:01:02:03"
    assert bench.published(evse_manager.CarManufacturer)[-1].manufacturer == "VolkswagenGroup"


def test_what_was_missed_while_away_is_made_up_for() -> None:
    """A manager that was replaced while a car showed its contract hears of it from the link."""
    bench = plugged()
    bench.forget()

    bench.take(bench.core.progress(Progress(waits=Waits.PNC, token=CONTRACT), bench.now))

    assert [each.token.id_token.value for each in bench.published(TOKEN)] == [CONTRACT.id_token.value]


def test_a_stage_that_was_missed_while_away_is_gone_into() -> None:
    bench = plugged()
    bench.car(charger.RequireAuthEim())
    bench.grant()

    bench.take(bench.core.progress(Progress(direct=Direct.CABLE_CHECK), bench.now))
    assert [each.status for each in bench.told(charger.CableCheckFinished)] == [True]
    bench.take(bench.core.progress(Progress(data_link=DataLink.TERMINATE), bench.now))

    assert bench.state == "Finished"


@pytest.mark.parametrize("late", [charger.RequireAuthEim(), *(variable for variable, *_ in LINKS)])
def test_a_talk_that_outlives_its_session_moves_nothing(late: Any) -> None:
    bench = Bench(dc=True)
    bench.ready()

    bench.car(late)

    assert bench.state == "Idle"
    assert not bench.events


def test_progress_without_a_session_is_of_no_interest() -> None:
    bench = Bench(dc=True)
    bench.ready()

    bench.take(bench.core.progress(Progress(loop=True), bench.now))

    assert bench.state == "Idle"


def test_an_address_by_slac_makes_that_of_the_talk_no_token() -> None:
    """Parameter `autocharge_use_slac_instead_of_hlc` (row M5.6)."""
    bench = plugged(enable_autocharge=True, autocharge_by_slac=True)

    bench.car(charger.EvccId(evcc_id="00:7D:FA:01:02:03"))

    assert bench.published(TOKEN) == []
    assert info(bench).evcc_id == "00:7D:FA:01:02:03"


def test_a_car_falls_back_to_the_duty_cycle_only_once() -> None:
    bench = plugged(dc=False, ac_hlc_enabled=True)
    bench.car(charger.RequireAuthEim())
    bench.grant()

    for _ in range(2):
        bench.car(FAILED)

    assert bench.session.basic
    assert bench.core.record.sequences == 1


def test_an_ac_car_that_may_charge_keeps_its_pilot_when_the_link_is_lost() -> None:
    """It falls back to the duty cycle; only who still waits is matched anew by state E."""
    bench = plugged(dc=False, ac_hlc_enabled=True)
    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.forget()

    bench.car(charger.DlinkError())

    assert len(bench.told(slac.DlinkError)) == 1
    assert bench.core.record.sequence is None


def test_a_car_that_spoke_again_while_nobody_looked_is_awake() -> None:
    bench = plugged()
    bench.car(charger.DlinkPause())
    assert bench.session.car.data_link is DataLink.PAUSE
    bench.forget()

    fresh = bench.replaced()
    fresh.take(fresh.core.progress(Progress(protocol="ISO15118-2"), fresh.now))

    assert fresh.session.car.data_link is DataLink.UP
    assert fresh.told(slac.DlinkPause) == []
