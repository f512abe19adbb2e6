import pytest

from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso2 import ResponseCode
from protocols.types import iso15118
from tests.support.secc_iso2 import (
    AC_MODE,
    CABLE_CHECK,
    DC_MODE,
    DEMAND,
    PRE_CHARGE,
    RENEGOTIATE,
    START,
    STATUS,
    STATUS_REQ,
    STOP,
    WELDING,
    Iso2Bench,
    iso2,
    parameters,
    quantity,
    refusal,
)

CLOSED = charger.AcContactorClosed(status=True)
OPENED = charger.AcContactorClosed(status=False)
AFTER = iso15118.NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE
IGNORED = iso15118.NoEnergyPauseMode.ALLOW_EV_TO_IGNORE_PAUSE


def profile(*entries):
    made = tuple(
        iso2.ProfileEntry(
            charging_profile_entry_start_s=start, charging_profile_entry_max_power=quantity(power, "W")
        )
        for start, power in entries
    )
    return iso2.ChargingProfile(profile_entry=made)


def start_with(tuple_id=1, **fields):
    return iso2.PowerDeliveryReq(
        charge_progress=iso2.ChargeProgress.START, sa_schedule_tuple_id=tuple_id, **fields
    )


def offered(*, dc=False):
    bench = Iso2Bench(dc=dc)
    if dc:
        bench.to_pre_charge()
    else:
        bench.to_offer()
    return bench


def test_a_start_is_answered_when_the_contactor_has_closed():
    bench = offered()

    assert bench.ask(START) is None
    assert bench.published(object) == [charger.V2gSetupFinished(), charger.AcCloseContactor()]
    bench.tell(OPENED)
    assert bench.response() is None
    bench.tell(CLOSED)

    assert bench.response().response_code is ResponseCode.OK
    assert not bench.published(charger.AcCloseContactor)
    assert bench.talk.phase == "Charging"
    assert "contactor" not in bench.timers


def test_a_contactor_that_was_closed_before_does_not_count():
    bench = offered()
    bench.tell(CLOSED)

    assert bench.ask(START) is None


def test_a_contactor_that_does_not_close_fails_after_4_5_seconds():
    bench = offered()
    bench.ask(START)

    bench.pass_time(4.4)
    assert bench.response() is None
    bench.pass_time(0.2)

    assert bench.response().response_code is ResponseCode.FAILED_CONTACTOR_ERROR
    assert bench.published(charger.AcOpenContactor)
    assert bench.closed.failed == "ChargingParametersNotAccepted"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (charger.StopCharging(stop=True), ResponseCode.FAILED_POWER_DELIVERY_NOT_APPLIED),
        (refusal(), ResponseCode.FAILED_POWER_DELIVERY_NOT_APPLIED),
        (
            charger.SendError(error=iso15118.EvseError.ERROR_EMERGENCY_SHUTDOWN),
            ResponseCode.FAILED_POWER_DELIVERY_NOT_APPLIED,
        ),
        (charger.SendError(error=iso15118.EvseError.ERROR_CONTACTOR), ResponseCode.FAILED_CONTACTOR_ERROR),
    ],
)
def test_what_comes_up_before_energy_flows_stops_the_start(told, code):
    waiting, asking = offered(), offered()
    waiting.ask(START)

    waiting.tell(told)
    asking.tell(told)

    assert waiting.response().response_code is code
    assert waiting.published(charger.AcOpenContactor)
    assert asking.ask(START).response_code is code
    assert not asking.published(charger.AcCloseContactor)


def test_dc_starts_at_once_after_pre_charge():
    bench = offered(dc=True)

    response = bench.ask(START)

    assert response.response_code is ResponseCode.OK
    assert isinstance(response.evse_status, iso2.DcEvseStatus)
    assert bench.published(object) == [charger.V2gSetupFinished()]


def test_dc_without_cable_check_does_not_start():
    bench = Iso2Bench()
    bench.to_offer()

    assert bench.ask(START).response_code is ResponseCode.FAILED_SEQUENCE_ERROR


@pytest.mark.parametrize(("mode", "code"), [(AFTER, "FAILED_PowerDeliveryNotApplied"), (IGNORED, "OK")])
def test_a_dc_car_waits_for_energy_unless_it_may_ignore_that(mode, code):
    bench = offered(dc=True)
    bench.tell(charger.NoEnergyPauseCharging(mode=mode))

    assert bench.ask(START).response_code == code


def test_an_ac_car_is_not_kept_from_starting_without_energy():
    bench = offered()
    bench.tell(charger.NoEnergyPauseCharging(mode=AFTER))

    bench.ask(START)

    assert bench.published(charger.AcCloseContactor)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (start_with(2), ResponseCode.FAILED_TARIFF_SELECTION_INVALID),
        (start_with(charging_profile=profile((0, 12000))), ResponseCode.FAILED_CHARGING_PROFILE_INVALID),
        (start_with(charging_profile=profile((0, -1))), ResponseCode.FAILED_CHARGING_PROFILE_INVALID),
        (start_with(charging_profile=profile((5, 100))), ResponseCode.FAILED_CHARGING_PROFILE_INVALID),
        (
            start_with(charging_profile=profile((0, 100), (60, 90), (60, 80))),
            ResponseCode.FAILED_CHARGING_PROFILE_INVALID,
        ),
    ],
)
def test_a_choice_that_does_not_keep_to_the_offer_is_refused(request_, code):
    bench = offered()

    assert bench.ask(request_).response_code is code
    assert not bench.published(charger.AcCloseContactor)


def test_a_profile_that_keeps_to_the_offer_is_taken():
    bench = offered()

    assert bench.ask(start_with(charging_profile=profile((0, 11000), (60, 0)))) is None


def test_stopping_ac_opens_the_contactor_once():
    bench = Iso2Bench(dc=False)
    bench.to_loop()

    assert bench.ask(STOP).response_code is ResponseCode.OK
    assert bench.published(object) == [
        charger.V2gSetupFinished(),
        charger.CurrentDemandFinished(),
        charger.AcOpenContactor(),
    ]
    bench.disconnect()
    assert not bench.published(charger.AcOpenContactor)
    assert bench.published(charger.HlcSessionFailed) == [
        charger.HlcSessionFailed(reason="UnexpectedSessionEnd")
    ]


def test_stopping_dc_opens_the_contactors_and_reports_the_car():
    bench = Iso2Bench()
    bench.to_loop()
    done = iso2.DcEvPowerDeliveryParameter(
        dc_ev_status=STATUS, bulk_charging_complete=True, charging_complete=True
    )

    bench.ask(
        iso2.PowerDeliveryReq(
            charge_progress=iso2.ChargeProgress.STOP,
            sa_schedule_tuple_id=1,
            ev_power_delivery_parameter=done,
        )
    )

    assert bench.published(charger.DcOpenContactor)
    assert bench.published(charger.DcChargingComplete) == [charger.DcChargingComplete(complete=True)]
    assert bench.ask(WELDING).response_code is ResponseCode.OK


def test_ac_renegotiates_with_the_contactor_closed():
    bench = Iso2Bench(dc=False)
    bench.to_loop()

    assert bench.ask(RENEGOTIATE).response_code is ResponseCode.OK
    assert not bench.published(charger.AcOpenContactor)
    bench.ask(parameters(AC_MODE))
    assert bench.published(charger.AcEamount)
    assert bench.ask(START).response_code is ResponseCode.OK
    bench.ask(STATUS_REQ)

    assert not bench.published(charger.CurrentDemandStarted)
    assert len(bench.published(charger.AcCloseContactor, ever=True)) == 1


@pytest.mark.parametrize("again", [False, True], ids=["straight on", "with cable check"])
def test_dc_renegotiates_with_a_live_cable(again):
    bench = Iso2Bench()
    bench.to_loop()
    bench.ask(RENEGOTIATE)
    bench.ask(parameters(DC_MODE))

    if again:
        assert bench.ask(CABLE_CHECK).evse_processing == "Finished"
        bench.ask(PRE_CHARGE)
    assert bench.ask(START).response_code is ResponseCode.OK
    bench.ask(DEMAND)

    assert len(bench.published(charger.StartCableCheck, ever=True)) == 1
    assert len(bench.published(charger.StartPreCharge, ever=True)) == 1


def test_after_a_stop_the_cable_is_checked_again():
    bench = Iso2Bench()
    bench.to_loop()
    bench.ask(STOP)
    bench.ask(parameters(DC_MODE))

    assert bench.ask(CABLE_CHECK).evse_processing == "Ongoing"
    assert bench.published(charger.StartCableCheck)


@pytest.mark.parametrize(("bench_of", "request_"), [("loop", START), ("offer", RENEGOTIATE)])
def test_progress_out_of_order_is_refused(bench_of, request_):
    bench = Iso2Bench(dc=False)
    getattr(bench, f"to_{bench_of}")()

    assert bench.ask(request_).response_code is ResponseCode.FAILED_SEQUENCE_ERROR
