import dataclasses
from decimal import Decimal

import pytest

from actors.simulation.ev.outcome import Reason
from protocols.iso15118.iso20 import ac
from tests.support.ev_cars import script
from tests.support.ev_iso20_station import Iso20Station, changed, number
from tests.support.ev_stations import Run

CAR = "protocols: [iso20]"
SHORT = "\nsteps: [plug, charge: {energy_wh: 100}, unplug]\n"
BACK = "\nsteps: [plug, charge: {discharge_to_soc_percent: 19.9}, unplug]\n"
DISCHARGE = ", mode: ac_bpt, battery: {discharge_w: 5000}"


def run(more="", answers=None, steps=SHORT, until=None):
    lapse = "" if "time_lapse" in more else ", time_lapse: 600"
    return Run(script(f"car: {{{CAR}{lapse}{more}}}" + steps), Iso20Station(answers), until=until)


@pytest.mark.parametrize("control", ["dynamic", "scheduled"])
@pytest.mark.parametrize("mode", ["", DISCHARGE], ids=["one way", "both ways"])
def test_a_car_charges_by_ac(control, mode):
    one = run(f", control: {control}{mode}")

    assert (str(one.outcome), one.outcome.energy_wh >= 100) == ("completed", True)
    assert one.pilots == ["B", "C", "B", "A"]


def test_a_limit_of_discharge_may_be_stated_either_way():
    limits = [
        run(DISCHARGE, {ac.AcChargeParameterDiscoveryReq: then_back(sign * 4_000)}, until="ScheduleExchange")
        for sign in (1, -1)
    ]

    assert [one.car.drive.station.discharge_w for one in limits] == [4_000, 4_000]


def then_back(power_w):
    """The usual answer with a limit of discharge."""

    def answer(station, request):
        usual = changed()(station, request)
        mode = dataclasses.replace(
            usual.ac_cpd_res_energy_transfer_mode, evse_maximum_discharge_power=number(power_w)
        )
        return dataclasses.replace(usual, ac_cpd_res_energy_transfer_mode=mode)

    return answer


def test_dynamic_control_follows_the_target_of_the_station():
    assert run(until="PowerDeliveryStop").car.drive.flowing_w == 7_000


def test_scheduled_control_follows_the_car_and_its_limits():
    one = run(", control: scheduled", until="PowerDeliveryStop")

    assert one.car.drive.flowing_w == 11_040


def test_a_lower_target_counts_in_scheduled_control():
    answer = changed(
        cl_res_control_mode=ac.ScheduledAcClResControlMode(evse_target_active_power=number(2_000))
    )
    one = run(", control: scheduled", {ac.AcChargeLoopReq: answer}, until="PowerDeliveryStop")

    assert one.car.drive.flowing_w == 2_000


def test_a_car_gives_energy_back_where_it_is_told_to():
    answer = changed(cl_res_control_mode=ac.ScheduledAcClResControlMode())
    one = run(DISCHARGE + ", control: scheduled", {ac.AcChargeLoopReq: answer}, BACK)

    assert str(one.outcome) == "completed"
    assert one.outcome.energy_wh < -50


def test_a_car_of_one_direction_gives_nothing_back():
    mode = ac.DynamicAcClResControlMode(evse_target_active_power=number(-3_000))
    one = run(", time_lapse: 1", {ac.AcChargeLoopReq: changed(cl_res_control_mode=mode)}, until="ChargeLoop")
    for _ in range(4):
        one.step()

    assert (one.car.phase, one.car.drive.flowing_w) == ("ChargeLoop", 0)


def test_the_powers_of_the_phases_are_added():
    def answer(station, request):
        usual = station.on_AcChargeParameterDiscoveryReq(request)
        mode = ac.AcCpdResEnergyTransferMode(
            evse_maximum_charge_power=number(1_000),
            evse_maximum_charge_power_l2=number(1_000),
            evse_maximum_charge_power_l3=number(1_000),
            evse_minimum_charge_power=number(0),
            evse_nominal_frequency=number(50),
        )
        return dataclasses.replace(usual, ac_cpd_res_energy_transfer_mode=mode)

    one = run("", {ac.AcChargeParameterDiscoveryReq: answer}, until="ScheduleExchange")

    assert one.car.drive.station.power_w == 3_000


def test_an_answer_for_one_direction_will_not_do_for_both():
    mode = ac.AcCpdResEnergyTransferMode(
        evse_maximum_charge_power=number(1),
        evse_minimum_charge_power=number(0),
        evse_nominal_frequency=number(50),
    )
    answer = changed(ac_cpd_res_energy_transfer_mode=mode)

    assert run(DISCHARGE, {ac.AcChargeParameterDiscoveryReq: answer}).outcome.reason is Reason.LIMITS


def test_an_answer_in_another_control_mode_is_no_answer():
    answer = changed(cl_res_control_mode=ac.ScheduledAcClResControlMode())

    assert run("", {ac.AcChargeLoopReq: answer}).outcome.reason is Reason.SERVICE


def test_what_is_measured_goes_before_what_is_said():
    one = run(until="PowerDeliveryStart")
    one.car.drive.measured = True
    one.go_on("ChargeLoop")

    assert one.car.drive.flowing_w == Decimal()
