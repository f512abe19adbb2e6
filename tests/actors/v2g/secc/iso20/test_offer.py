import dataclasses

import pytest

from actors.v2g.secc.iso20 import offer
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.turn import Turn
from protocols.types.iso15118 import (
    AcParameters,
    Connector,
    ControlMode,
    EnergyTransferMode,
    ServiceCategory,
    SetupPhysicalValues,
)
from tests.support.secc_iso20 import STATION, Car20

MODE = EnergyTransferMode


def turn(service=2, settings=None, **station):
    car = Car20(service=service, station=dataclasses.replace(STATION, **station), settings=settings)
    car.arrive()
    return Turn(car.bench.state, car.bench.settings, car.bench.now, car.bench.random)


def test_without_a_bidirectional_set_up_none_is_offered():
    assert offer.energy_services(turn(bpt=None)) == (ServiceCategory.DC,)


@pytest.mark.parametrize(
    "mode", [MODE.DC, MODE.DC_CORE, MODE.DC_EXTENDED, MODE.DC_COMBO_CORE, MODE.DC_UNIQUE]
)
def test_every_dc_mode_of_the_station_is_the_dc_service(mode):
    assert offer.energy_services(turn(energy_transfer_modes=(mode,))) == (ServiceCategory.DC,)


@pytest.mark.parametrize(
    ("modes", "connector"),
    [
        ((MODE.AC_SINGLE_PHASE_CORE,), Connector.SINGLE_PHASE),
        ((MODE.AC_THREE_PHASE_CORE,), Connector.THREE_PHASE),
        ((MODE.AC_SINGLE_PHASE_CORE, MODE.AC_TWO_PHASE), Connector.THREE_PHASE),
    ],
)
def test_the_ac_connector_follows_the_modes_if_not_told(modes, connector):
    made = turn(1, ac=None, energy_transfer_modes=modes)

    assert offer.connectors(ServiceCategory.AC, made) == (connector,)


def test_a_told_connector_of_another_kind_does_not_count():
    odd = AcParameters(nominal_frequency_hz=50.0, nominal_voltage_v=230.0, connectors=(Connector.MARINE,))

    assert offer.connectors(ServiceCategory.AC, turn(1, ac=odd)) == (Connector.THREE_PHASE,)


def test_the_core_connector_is_known_by_its_mode():
    assert offer.connectors(ServiceCategory.DC, turn(energy_transfer_modes=(MODE.DC_CORE,))) == (
        Connector.CORE,
    )


def test_dynamic_control_remains_when_neither_is_configured():
    made = turn(settings=Settings(dynamic_mode=False, scheduled_mode=False))

    assert [control for control, _ in offer.controls(made)] == [ControlMode.DYNAMIC_CONTROL]


@pytest.mark.parametrize(
    ("physical", "voltage_v"),
    [
        (SetupPhysicalValues(ac_nominal_voltage_v=240.0), 240.0),
        (SetupPhysicalValues(), 230.0),
        (None, 230.0),
    ],
)
def test_the_nominal_voltage_has_a_fallback(physical, voltage_v):
    assert offer.nominal_voltage_v(turn(1, ac=None, physical=physical)) == voltage_v


def test_a_single_phase_choice_is_a_single_phase_mode():
    made = turn(1, ac=None, energy_transfer_modes=(MODE.AC_SINGLE_PHASE_CORE,))
    (chosen,) = offer.parameter_sets(ServiceCategory.AC, made).values()

    assert offer.mode_of(chosen) is MODE.AC_SINGLE_PHASE_CORE


def test_no_islanding_method_is_said_if_none_is_set():
    bpt = dataclasses.replace(STATION.bpt, grid_code_detection=None)
    made = turn(5, bpt=bpt)
    ((number, chosen),) = offer.parameter_sets(ServiceCategory.AC_BPT, made).items()

    names = [each.name for each in offer.on_the_wire(number, chosen, made).parameter]

    assert "GridCodeIslandingDetectionMethod" not in names
    assert "BPTChannel" in names
