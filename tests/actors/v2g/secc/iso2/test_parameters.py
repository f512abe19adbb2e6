import dataclasses
from datetime import timedelta

import pytest

from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.iso2 import EnergyTransferMode, EvseProcessing, ResponseCode
from protocols.types import iso15118
from tests.support.secc_iso2 import (
    AC_MODE,
    AC_WISH,
    DC_MODE,
    DC_WISH,
    EXTERNAL,
    RENEGOTIATE,
    Iso2Bench,
    iso2,
    parameters,
    quantity,
    refusal,
)

SINGLE = EnergyTransferMode.AC_SINGLE_PHASE_CORE


def at_parameters(*, dc=True):
    bench = Iso2Bench(dc=dc)
    bench.to_parameters(EXTERNAL)
    return bench


def power_of(response):
    (one,) = response.sa_schedules.sa_schedule_tuple
    return float(one.p_max_schedule.p_max_schedule_entry[0].p_max)


@pytest.mark.parametrize(("mode", "power"), [(AC_MODE, 11040), (SINGLE, 3680), (DC_MODE, 80000)])
def test_the_schedule_offers_the_power_of_the_mode(mode, power):
    bench = at_parameters()

    response = bench.ask(parameters(mode))

    assert response.evse_processing is EvseProcessing.FINISHED
    assert power_of(response) == power
    assert bench.talk.energy_mode == mode.value


def test_a_dc_offer_carries_the_limits_of_the_station():
    offer = at_parameters().ask(parameters(DC_MODE)).evse_charge_parameter

    assert float(offer.evse_maximum_current_limit) == 200
    assert float(offer.evse_minimum_voltage_limit) == 150
    assert float(offer.evse_current_regulation_tolerance) == 1
    assert float(offer.evse_peak_current_ripple) == 2
    assert float(offer.evse_energy_to_be_delivered) == 10000


def test_an_ac_offer_carries_voltage_and_current():
    offer = at_parameters().ask(parameters(AC_MODE)).evse_charge_parameter

    assert float(offer.evse_nominal_voltage) == 230
    assert float(offer.evse_max_current) == 16


def test_the_wishes_of_an_ac_car_are_published_once():
    bench = at_parameters()

    bench.ask(parameters(AC_MODE))

    assert bench.published(charger.RequestedEnergyTransferMode)
    assert bench.published(charger.AcEamount) == [charger.AcEamount(energy_wh=20000.0)]
    assert bench.published(charger.AcEvMaxVoltage) == [charger.AcEvMaxVoltage(max_voltage_v=400.0)]
    assert bench.published(charger.AcEvMaxCurrent) == [charger.AcEvMaxCurrent(max_current_a=32.0)]
    assert bench.published(charger.AcEvMinCurrent) == [charger.AcEvMinCurrent(min_current_a=6.0)]
    leaves = bench.now + timedelta(hours=1)
    assert bench.published(charger.DepartureTime) == [charger.DepartureTime(departure_time=leaves)]
    (needs,) = bench.published(extensions.ChargingNeeds)
    assert needs.needs.ac_charging_parameters.ev_max_current_a == 32
    assert needs.needs.departure_time == leaves


@pytest.mark.parametrize("mode", [AC_MODE, DC_MODE])
def test_a_car_that_leaves_in_no_seconds_has_not_said_when(mode):
    bench = at_parameters()
    wish = dataclasses.replace({AC_MODE: AC_WISH, DC_MODE: DC_WISH}[mode], departure_time_s=0)

    bench.ask(parameters(mode, wish))

    assert bench.published(charger.DepartureTime) == []
    (needs,) = bench.published(extensions.ChargingNeeds)
    assert needs.needs.departure_time is None


def test_the_wishes_of_a_dc_car_are_published_once():
    bench = at_parameters()

    bench.ask(parameters(DC_MODE))

    for kind in (charger.DcEvStatus, charger.DcEvMaximumLimits, charger.DcFullSoc, charger.DcBulkSoc):
        assert len(bench.published(kind)) == 1
    assert bench.published(charger.DcEvEnergyCapacity) == [charger.DcEvEnergyCapacity(capacity_wh=80000.0)]
    (needs,) = bench.published(extensions.ChargingNeeds)
    assert needs.needs.dc_charging_parameters.state_of_charge_percent == 40
    assert needs.needs.requested_energy_transfer == "DC_extended"


@pytest.mark.parametrize(
    ("mode", "wish", "code"),
    [
        (EnergyTransferMode.DC_CORE, None, ResponseCode.FAILED_WRONG_ENERGY_TRANSFER_MODE),
        (DC_MODE, AC_WISH, ResponseCode.FAILED_WRONG_CHARGE_PARAMETER),
        (AC_MODE, DC_WISH, ResponseCode.FAILED_WRONG_CHARGE_PARAMETER),
        (
            AC_MODE,
            dataclasses.replace(AC_WISH, ev_min_current=quantity(40, "A")),
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            AC_MODE,
            dataclasses.replace(AC_WISH, e_amount=quantity(-1, "Wh")),
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            AC_MODE,
            dataclasses.replace(AC_WISH, ev_max_voltage=quantity(-1, "V")),
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            DC_MODE,
            dataclasses.replace(DC_WISH, ev_maximum_current_limit=quantity(-3, "A")),
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            DC_MODE,
            dataclasses.replace(DC_WISH, ev_maximum_voltage_limit=quantity(100, "V")),
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            DC_MODE,
            dataclasses.replace(DC_WISH, ev_maximum_power_limit=quantity(-3, "W")),
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
        (
            DC_MODE,
            dataclasses.replace(DC_WISH, ev_energy_request=quantity(-3, "Wh")),
            ResponseCode.FAILED_WRONG_CHARGE_PARAMETER,
        ),
    ],
)
def test_parameters_that_cannot_be_are_refused(mode, wish, code):
    bench = at_parameters()

    assert bench.ask(parameters(mode, wish)).response_code is code
    assert bench.closed.failed == "ChargingParametersNotAccepted"
    assert not bench.published(charger.RequestedEnergyTransferMode)


def test_what_a_car_calls_not_known_is_taken_for_that():
    bench = at_parameters()
    wish = dataclasses.replace(
        DC_WISH,
        ev_maximum_current_limit=quantity(-1, "A"),
        ev_maximum_power_limit=quantity(-2, "W"),
        ev_maximum_voltage_limit=quantity(-1, "V"),
        ev_energy_request=quantity(-1, "Wh"),
    )

    assert bench.ask(parameters(DC_MODE, wish)).response_code is ResponseCode.OK
    assert not bench.published(charger.DcEvEnergyRequest)
    assert not bench.published(charger.SaeBidiModeActive)


def test_values_beyond_all_measure_are_clipped():
    bench = at_parameters()
    wish = dataclasses.replace(
        AC_WISH,
        e_amount=quantity(32_767_000, "Wh"),
        ev_max_voltage=quantity(32_767_000, "V"),
        ev_max_current=quantity(32_767_000, "A"),
        departure_time_s=2**32 - 1,
    )

    bench.ask(parameters(AC_MODE, wish))

    assert bench.published(charger.AcEamount)[0].energy_wh == 200000
    assert bench.published(charger.AcEvMaxVoltage)[0].max_voltage_v == 1000
    assert bench.published(charger.AcEvMaxCurrent)[0].max_current_a == 400


def untold(kind, **station):
    bench = Iso2Bench(dc=kind == "dc")
    bench.to_parameters(EXTERNAL)
    bench.state = dataclasses.replace(
        bench.state, station=dataclasses.replace(bench.state.station, **station)
    )
    return bench


@pytest.mark.parametrize(
    ("kind", "mode", "station"),
    [
        ("dc", DC_MODE, {"dc_maximum": None, "dc_minimum": None, "physical": None}),
        ("ac", AC_MODE, {"ac_max_current_a": None, "physical": None}),
    ],
)
def test_limits_nobody_has_told_yet_are_waited_for(kind, mode, station):
    bench = untold(kind, **station)

    for _ in range(2):
        assert bench.ask(parameters(mode)).evse_processing is EvseProcessing.ONGOING
    assert len(bench.published(extensions.ChargingNeeds, ever=True)) == 1
    bench.pass_time(54)
    assert bench.ask(parameters(mode)).evse_processing is EvseProcessing.ONGOING
    bench.pass_time(2)

    assert bench.ask(parameters(mode)).response_code is ResponseCode.FAILED


def test_limits_that_come_in_time_end_the_waiting():
    bench = untold("ac", ac_max_current_a=None)
    bench.ask(parameters(AC_MODE))
    bench.tell(charger.UpdateAcMaxCurrent(max_current_a=10.0))

    assert bench.ask(parameters(AC_MODE)).evse_processing is EvseProcessing.FINISHED
    assert "ongoing" not in bench.timers


def test_a_grant_taken_back_ends_at_the_parameters():
    bench = at_parameters()
    bench.tell(refusal())

    assert bench.ask(parameters(DC_MODE)).response_code is ResponseCode.FAILED


@pytest.mark.parametrize("mode", [iso15118.SaeJ2847BidiMode.V2G, iso15118.SaeJ2847BidiMode.V2H])
def test_a_car_that_would_give_energy_back_says_so(mode):
    bench = Iso2Bench()
    evse_id = iso15118.EVSEID(evse_id="DE*EVS*E1")
    bench.tell(charger.Setup(evse_id=evse_id, sae_j2847_mode=mode, debug_mode=True))
    bench.to_parameters(EXTERNAL)

    wish = dataclasses.replace(DC_WISH, ev_energy_request=quantity(-3, "Wh"))
    response = bench.ask(parameters(DC_MODE, wish))

    assert response.response_code is ResponseCode.OK
    assert bench.published(charger.SaeBidiModeActive)
    assert [each.message.id for each in bench.published(charger.V2gMessages)] == [
        "ChargeParameterDiscoveryReq",
        "ChargeParameterDiscoveryRes",
    ]


def test_a_car_in_the_loop_cannot_change_its_mode():
    bench = Iso2Bench(dc=False)
    bench.to_loop()
    bench.ask(RENEGOTIATE)

    code = bench.ask(parameters(SINGLE)).response_code

    assert code is ResponseCode.FAILED_WRONG_ENERGY_TRANSFER_MODE
    assert bench.published(charger.AcOpenContactor)


@pytest.mark.parametrize("mode", list(iso15118.NoEnergyPauseMode))
def test_without_energy_the_car_is_offered_nothing(mode):
    bench = at_parameters()
    bench.tell(charger.NoEnergyPauseCharging(mode=mode))

    assert power_of(bench.ask(parameters(DC_MODE))) == 0


def test_a_station_without_a_voltage_of_its_own_says_230():
    bench = untold("ac", physical=None)

    offer = bench.ask(parameters(AC_MODE)).evse_charge_parameter

    assert isinstance(offer, iso2.AcEvseChargeParameter)
    assert float(offer.evse_nominal_voltage) == 230
