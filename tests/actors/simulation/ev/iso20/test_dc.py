import pytest

from actors.simulation.ev.outcome import Reason
from actors.simulation.plant.hardware import Hardware
from actors.simulation.plant.messages import Car as Plugged
from actors.simulation.plant.messages import Flow
from protocols.iso15118.iso20 import dc
from protocols.iso15118.iso20.enumerations import Processing
from tests.support.ev_cars import script
from tests.support.ev_iso20_station import Iso20Station, changed, number, then_usual
from tests.support.ev_stations import Run

SHORT = "\nsteps: [plug, charge: {energy_wh: 100}, unplug]\n"
BACK = "\nsteps: [plug, charge: {discharge_to_soc_percent: 19.9}, unplug]\n"
ONE_WAY = "mode: dc, protocols: [iso20], time_lapse: 60"
BOTH = "mode: dc_bpt, protocols: [iso20], time_lapse: 60, battery: {discharge_w: 5000}"


def run(car=ONE_WAY, answers=None, steps=SHORT, until=None):
    station = Iso20Station(answers)
    return Run(script(f"car: {{{car}}}" + steps), station, until=until)


@pytest.mark.parametrize("control", ["dynamic", "scheduled"])
@pytest.mark.parametrize("car", [ONE_WAY, BOTH], ids=["one way", "both ways"])
def test_a_car_charges_by_dc(car, control):
    one = run(f"{car}, control: {control}")

    assert (str(one.outcome), one.outcome.energy_wh >= 100) == ("completed", True)
    assert one.phases[-7:] == [
        "CableCheck",
        "PreCharge",
        "PowerDeliveryStart",
        "ChargeLoop",
        "PowerDeliveryStop",
        "WeldingDetection",
        "SessionStop",
    ]


def test_a_car_gives_energy_back_where_it_is_told_to():
    one = run(BOTH + ", control: scheduled", steps=BACK)

    assert str(one.outcome) == "completed"
    assert one.outcome.energy_wh < -50


@pytest.mark.parametrize("soc", ["30", "30.0001", "29.99", "55.37"])
def test_a_supply_takes_energy_however_full_the_car_is(soc):
    """30.0001 %: a car that had taken 2 A of its pre-charge for a moment asked for its voltage, rounded up to
    the next tenth of a volt, and nothing ever flowed out of it.
    """
    steps = f"\nsteps: [plug, charge: {{discharge_to_soc_percent: {float(soc) - 0.5}}}, unplug]\n"
    car = f"{BOTH[:-1]}, soc_percent: {soc}}}, control: scheduled"
    one = run(car, steps=steps)

    loops = [each for each in asked(one, dc.DcChargeLoopReq) if taken_a(each) > 0]
    assert len(loops) > 1
    for each in loops:
        car = Plugged(plugged=True, connected=True, battery_v=float(each.ev_present_voltage.to_decimal()))
        plant = Hardware(dc=True, car=car, closed=True, flow=Flow.IMPORT, set_a=taken_a(each))
        plant.set_v = float(each.cl_req_control_mode.ev_target_voltage.to_decimal())
        assert plant.current_a == -taken_a(each)


def taken_a(request):
    return -float(request.cl_req_control_mode.ev_target_current.to_decimal())


def test_a_discharge_limit_counts_whatever_its_sign():
    assert run(BOTH, until="ScheduleExchange").car.drive.station.discharge_w == 20_000


def asked(one, kind):
    return [each for each in one.station.requests if isinstance(each, kind)]


def test_waiting_is_said_and_ended_by_the_car():
    answers = {
        dc.DcCableCheckReq: then_usual(changed(evse_processing=Processing.ONGOING)),
        dc.DcPreChargeReq: then_usual(changed(evse_present_voltage=number(10))),
        dc.DcWeldingDetectionReq: then_usual(changed(evse_present_voltage=number(300))),
    }
    one = run(answers=answers)

    assert one.outcome.completed
    assert len(asked(one, dc.DcCableCheckReq)) == 2
    for kind in (dc.DcPreChargeReq, dc.DcWeldingDetectionReq):
        assert [each.ev_processing for each in asked(one, kind)] == ["Ongoing", "Ongoing", "Finished"]


ONE_DIRECTION = dc.DcCpdResEnergyTransferMode(
    evse_maximum_charge_power=number(50_000),
    evse_minimum_charge_power=number(0),
    evse_maximum_charge_current=number(200),
    evse_minimum_charge_current=number(0),
    evse_maximum_voltage=number(500),
    evse_minimum_voltage=number(150),
)


@pytest.mark.parametrize(
    ("car", "request_type", "changes", "reason"),
    [
        (
            BOTH,
            dc.DcChargeParameterDiscoveryReq,
            {"dc_cpd_res_energy_transfer_mode": ONE_DIRECTION},
            Reason.LIMITS,
        ),
        (ONE_WAY, dc.DcChargeLoopReq, {"evse_present_voltage": number(900)}, Reason.LIMITS),
        (
            ONE_WAY,
            dc.DcChargeLoopReq,
            {"cl_res_control_mode": dc.ScheduledDcClResControlMode()},
            Reason.SERVICE,
        ),
        (ONE_WAY, dc.DcPreChargeReq, {"evse_present_voltage": number(10)}, Reason.TIMEOUT),
        (ONE_WAY, dc.DcCableCheckReq, {"evse_processing": Processing.ONGOING}, Reason.TIMEOUT),
    ],
)
def test_an_answer_that_cannot_be_right_ends_with_its_reason(car, request_type, changes, reason):
    assert run(car, {request_type: changed(**changes)}).outcome.reason is reason


def test_a_stopping_car_asks_for_nothing_more():
    from actors.simulation.ev.iso20 import dc as side

    one = run(until="ChargeLoop")
    one.car.drive.stopping = True

    assert side.charge_loop(one.car.drive).cl_req_control_mode.ev_maximum_charge_power.to_decimal() == 0


def test_what_is_measured_goes_before_what_is_said():
    one = run(until="ChargeLoop")
    one.car.drive.measured = True
    one.step()

    assert one.car.drive.flowing_w == 0
