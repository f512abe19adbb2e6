"""Tests for actors/evse/metering.py (rows S9.15, M5.8, M5.11)."""

from __future__ import annotations

from typing import Any

import pytest

from actors.evse import exchange, metering
from protocols.interfaces import evse_manager, powermeter
from protocols.interfaces import iso15118_charger as charger
from protocols.message import Failure, FailureReason
from protocols.types import powermeter as types
from protocols.types import units, units_signed
from protocols.types.authorization import AuthorizationType, IdTokenType
from protocols.types.powermeter import TransactionRequestStatus
from tests.support.evse import CONTRACT, Bench


def plugged(**changes: Any) -> Bench:
    bench = Bench(**changes)
    bench.ready()
    bench.plug()
    return bench


def asks(bench: Bench) -> list[Any]:
    return [each.command for each in bench.effects if hasattr(each, "session") and hasattr(each, "command")]


def test_a_reading_goes_to_everybody_and_during_a_transaction_to_the_car() -> None:
    bench = plugged(ac_hlc_enabled=True)
    bench.forget()

    bench.read(10)
    assert len(bench.published(evse_manager.Powermeter)) == 1
    assert not bench.told(charger.UpdateMeterInfo)

    bench.car(charger.RequireAuthEim())
    bench.grant()
    bench.read(10)
    assert len(bench.told(charger.UpdateMeterInfo)) == 1


def test_a_transaction_is_said_when_the_meter_has_opened_its_record() -> None:
    bench = plugged()
    bench.meter_answers = False

    bench.grant()
    bench.read(100)
    assert "TransactionStarted" not in bench.events
    bench.meter_says()

    started = [each.transaction_started for each in bench.session_events if each.transaction_started]
    assert [each.meter_value.energy_wh_import.total_wh for each in started] == [1000]


def test_the_meter_is_told_who_charges() -> None:
    bench = plugged(ac_hlc_enabled=True)
    bench.car(charger.RequireAuthPnc(token=CONTRACT))

    bench.grant(CONTRACT)

    request = next(each.value for each in asks(bench) if isinstance(each, powermeter.StartTransaction))
    assert request.transaction_id == bench.session.uuid
    assert (request.identification_type.value, request.identification_data) == ("EMAID", "DEABCC123456789")
    assert "ISO15118_PNC" in [each.value for each in request.identification_flags]


def test_every_kind_of_token_has_its_place_in_the_record() -> None:
    assert set(metering.KINDS) == set(IdTokenType)
    assert set(metering.FLAGS) == set(AuthorizationType)
    assert all(len(flags) == 4 for flags in metering.FLAGS.values())


@pytest.mark.parametrize("fail", [True, False])
def test_a_meter_that_does_not_open_its_record_stops_a_charge_where_configured(fail: Any) -> None:
    """Row M5.11."""
    bench = plugged(fail_on_powermeter_errors=fail)
    bench.meter_status = TransactionRequestStatus.UNEXPECTED_ERROR

    bench.grant()
    bench.wants()

    assert ("evse_manager/PowermeterTransactionStartFailed" in bench.raised) is fail
    assert bench.state == ("ChargingPausedEVSE" if fail else "Charging")
    assert "TransactionStarted" in bench.events
    bench.unplug()
    assert not bench.raised
    assert bench.state == "Idle"


def test_a_meter_that_cannot_sign_is_no_matter() -> None:
    bench = plugged()
    bench.meter_status = TransactionRequestStatus.NOT_SUPPORTED

    bench.grant()
    bench.wants()
    bench.stop()

    assert bench.state == "Finished"
    assert not any(isinstance(each, powermeter.StopTransaction) for each in asks(bench))


def test_the_end_waits_for_the_meters_record() -> None:
    bench = plugged()
    bench.grant()
    bench.wants()
    bench.meter_answers = False

    bench.stop()
    assert "TransactionFinished" not in bench.events
    bench.meter_says()

    assert bench.events[-2:] == ["ChargingFinished", "TransactionFinished"]


def test_an_answer_for_another_session_counts_for_nothing() -> None:
    bench = plugged()
    bench.meter_answers = False
    bench.grant()
    ask = bench.open_asks[0]
    bench.unplug()
    bench.read()

    bench.take(bench.core.meter_answered("another", powermeter.StopTransactionReply, bench.now))  # type: ignore[arg-type]  # it is not looked at
    assert bench.open_asks[0] is ask


def test_a_replaced_manager_asks_the_meter_again() -> None:
    bench = plugged()
    bench.meter_answers = False
    bench.grant()

    fresh = bench.replaced()

    assert fresh.state == "PrepareCharging"
    assert fresh.events == ["TransactionStarted", "PrepareCharging"]


def test_a_replaced_manager_asks_for_the_record_again() -> None:
    bench = plugged()
    bench.grant()
    bench.wants()
    bench.meter_answers = False
    bench.stop()

    fresh = bench.replaced()

    assert fresh.events == ["ChargingFinished", "TransactionFinished"]


def test_a_silent_meter_delays_readiness_by_its_time_out_only() -> None:
    """Row M5.8."""
    bench = Bench()
    bench.start()
    bench.outlet()
    assert not bench.published(evse_manager.Ready)

    bench.pass_s(4.9)
    assert not bench.published(evse_manager.Ready)
    bench.pass_s(0.2)

    assert [each.ready for each in bench.published(evse_manager.Ready)] == [True]


def test_the_last_reading_is_kept_for_who_comes_late() -> None:
    bench = Bench()
    bench.ready()
    bench.read(1000)

    said = [
        each
        for each in bench.effects
        if isinstance(each, exchange.Publish) and isinstance(each.variable, evse_manager.Powermeter)
    ]
    assert all(each.retain for each in said)
    assert said[-1].variable.powermeter.energy_wh_import.total_wh == 2000


def test_a_meter_that_spoke_before_the_start_is_not_waited_for() -> None:
    """A successor hears its meter at once."""
    bench = Bench()
    bench.read(1000)
    bench.start()
    bench.outlet()

    bench.pass_s(6.0)

    assert [each.ready for each in bench.published(evse_manager.Ready)] == [True]
    assert "meter_silent" not in [each.event for each in bench.effects if isinstance(each, exchange.Note)]


@pytest.mark.parametrize("changes", [{"has_meter": False}, {"initial_meter_value_timeout_s": 0.0}])
def test_without_meter_or_time_out_nobody_waits(changes: dict[str, Any]) -> None:
    bench = Bench(**changes)
    bench.start()
    bench.outlet()

    assert [each.ready for each in bench.published(evse_manager.Ready)] == [True]


def test_an_ac_car_is_told_the_power_that_flows() -> None:
    bench = plugged(ac_hlc_enabled=True)
    bench.car(charger.RequireAuthEim())
    bench.grant()
    reading = types.Powermeter(
        timestamp=bench.now,
        energy_wh_import=units.Energy(total_wh=bench.energy_wh),
        power_w=units.Power(total_w=6900.0),
    )

    for _ in range(2):
        bench.take(bench.core.reading(reading, bench.now))

    assert [each.present_power.total_w for each in bench.told(charger.UpdateAcPresentPower)] == [6900.0]


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    """A manager that was replaced asked twice."""
    bench = plugged()
    bench.grant()
    transaction = bench.session.transaction
    response = types.TransactionStartResponse(status=TransactionRequestStatus.UNEXPECTED_ERROR)
    reply = powermeter.StartTransactionReply(response=response)

    bench.take(bench.core.meter_answered(bench.session.uuid, reply, bench.now))

    assert bench.session.transaction == transaction


SIGNED = units_signed.SignedMeterValue(
    signed_meter_data="OCMF|{}|{}", signing_method="", encoding_method="OCMF"
)
RECORDS: list[tuple[Any, Any]] = [
    (Failure(reason=FailureReason.TIMEOUT, detail="silent"), None),
    (
        powermeter.StopTransactionReply(
            response=types.TransactionStopResponse(
                status=TransactionRequestStatus.OK, signed_meter_value=SIGNED
            )
        ),
        SIGNED,
    ),
]


@pytest.mark.parametrize(("reply", "signed"), RECORDS)
def test_the_end_carries_the_meters_record_if_there_is_one(reply: Any, signed: Any) -> None:
    bench = plugged()
    bench.grant()
    bench.meter_answers = False
    bench.stop()

    bench.take(bench.core.meter_answered(bench.session.uuid, reply, bench.now))

    (finished,) = [each.transaction_finished for each in bench.session_events if each.transaction_finished]
    assert finished.signed_meter_value == signed
    noted = [each.event for each in bench.effects if isinstance(each, exchange.Note)]
    assert ("meter_record_missing" in noted) == (signed is None)
