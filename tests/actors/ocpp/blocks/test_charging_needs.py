"""What a car needs is told to the CSMS (K15, K17)."""

from typing import Any

import pytest
from ocpp.v21 import call_result, enums

from actors.ocpp import inputs
from actors.ocpp.blocks import charging_needs
from actors.ocpp.blocks.charging_needs import MODES
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Outcome
from protocols.interfaces import iso15118_extensions
from protocols.ocpp.projection import project
from protocols.ocpp.version import Version
from protocols.types.iso15118 import (
    ACChargingParameters,
    ChargingNeeds,
    ControlMode,
    DCChargingParameters,
    EnergyTransferMode,
    MobilityNeedsMode,
    V2XChargingParameters,
)
from tests.support.charging_profiles import at, text_at
from tests.support.ocpp_station import Station

AC = ChargingNeeds(
    requested_energy_transfer=EnergyTransferMode.AC_THREE_PHASE_CORE,
    departure_time=at(3600),
    ac_charging_parameters=ACChargingParameters(
        energy_amount_wh=12_000.4, ev_min_current_a=6.0, ev_max_current_a=31.6, ev_max_voltage_v=230.0
    ),
)
DC = ChargingNeeds(
    requested_energy_transfer=EnergyTransferMode.DC_EXTENDED,
    dc_charging_parameters=DCChargingParameters(
        ev_max_current_a=200.0, ev_max_voltage_v=400.0, state_of_charge_percent=35, full_soc_percent=98
    ),
)
DYNAMIC = ChargingNeeds(
    requested_energy_transfer=EnergyTransferMode.DC_BPT,
    available_energy_transfer=(EnergyTransferMode.MCS, EnergyTransferMode.DC, EnergyTransferMode.DC_BPT),
    control_mode=ControlMode.DYNAMIC_CONTROL,
    mobility_needs_mode=MobilityNeedsMode.EVCC,
    v2x_charging_parameters=V2XChargingParameters(
        max_charge_power_w=50_000.0,
        max_charge_power_l2_w=1.0,
        ev_min_v2xenergy_request_wh=-5.0,
        target_soc_percent=80,
    ),
)


def made(version: Version = Version.V21) -> Station:
    station = Station(blocks=(charging_needs.BLOCK,), version=version)
    station.connect()
    station.core.live.accepted = True
    return station


def say(station: Station, needs: ChargingNeeds) -> list[dict[str, Any]]:
    station.say(Target.EXTENSIONS_15118, iso15118_extensions.ChargingNeeds(needs=needs), 2)
    return station.sent("NotifyEVChargingNeeds")


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_the_needs_of_a_car_on_ac_are_told(version: Version) -> None:
    (told,) = say(made(version), AC)

    assert (told["evseId"], told["timestamp"]) == (2, text_at(0))
    assert told["chargingNeeds"] == {
        "requestedEnergyTransfer": "AC_three_phase",
        "departureTime": text_at(3600),
        "acChargingParameters": {
            "energyAmount": 12_000,
            "evMinCurrent": 6,
            "evMaxCurrent": 32,
            "evMaxVoltage": 230,
        },
    }


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_the_needs_of_a_car_on_dc_are_told(version: Version) -> None:
    (told,) = say(made(version), DC)

    assert told["chargingNeeds"] == {
        "requestedEnergyTransfer": "DC",
        "dcChargingParameters": {
            "evMaxCurrent": 200,
            "evMaxVoltage": 400,
            "stateOfCharge": 35,
            "fullSoC": 98,
        },
    }


def test_the_needs_of_a_car_that_gives_back_are_told() -> None:
    (told,) = say(made(), DYNAMIC)

    assert told["chargingNeeds"] == {
        "requestedEnergyTransfer": "DC_BPT",
        "availableEnergyTransfer": ["DC", "DC_BPT"],
        "controlMode": "DynamicControl",
        "mobilityNeedsMode": "EVCC",
        "v2xChargingParameters": {
            "maxChargePower": 50_000,
            "maxChargePower_L2": 1,
            "evMinV2XEnergyRequest": -5,
            "targetSoC": 80,
        },
    }


@pytest.mark.parametrize("mode", EnergyTransferMode)
def test_every_mode_has_a_word_in_ocpp(mode: EnergyTransferMode) -> None:
    assert MODES[mode].value.startswith(mode.value[:2]) or mode.value.startswith("MCS")


@pytest.mark.parametrize("mode", [each for each in EnergyTransferMode if each is not EnergyTransferMode.WPT])
def test_each_of_them_has_one_in_the_older_version(mode: EnergyTransferMode) -> None:
    (told,) = say(made(Version.V201), ChargingNeeds(requested_energy_transfer=mode))

    older = project(Version.V201, "NotifyEVChargingNeeds", told)["chargingNeeds"]
    assert older["requestedEnergyTransfer"].startswith("AC" if mode.value.startswith("AC") else "DC")


def test_giving_back_is_told_as_charging_in_the_older_version() -> None:
    (told,) = say(made(Version.V201), DYNAMIC)

    assert project(Version.V201, "NotifyEVChargingNeeds", told)["chargingNeeds"] == {
        "requestedEnergyTransfer": "DC"
    }


@pytest.mark.parametrize(("version", "messages"), [(Version.V201, 0), (Version.V21, 1)])
def test_charging_without_cable_is_told_where_there_is_a_word(version: Version, messages: int) -> None:
    station = made(version)

    found = say(station, ChargingNeeds(requested_energy_transfer=EnergyTransferMode.WPT))

    assert len(found) == messages
    assert station.notes().count("charging_needs_untold") == 1 - messages


def test_without_connection_boot_or_smart_charging_nothing_is_told() -> None:
    station = made()
    station.core.live.accepted = False
    assert say(station, AC) == []
    station.core.live.accepted = True
    station.set(variables.SMART_CHARGING, value=False)
    assert say(station, AC) == []
    station.set(variables.SMART_CHARGING, value=True)

    station.disconnect()

    assert say(station, AC) == []


@pytest.mark.parametrize("status", enums.NotifyEVChargingNeedsStatusEnumType)
def test_whatever_the_csms_says_is_noted(status: enums.NotifyEVChargingNeedsStatusEnumType) -> None:
    station = made()
    say(station, AC)

    station.answered(call_result.NotifyEVChargingNeeds(status))

    assert noted(station) == [{"evse": 2, "status": status.value}]


def test_so_is_that_it_says_nothing() -> None:
    station = made()
    say(station, AC)

    station.ended(Outcome.TIMEOUT)

    assert noted(station) == [{"evse": 2, "status": "Timeout"}]
    assert len(station.sent("NotifyEVChargingNeeds")) == 1


def noted(station: Station) -> list[Any]:
    return [dict(each.fields) for each in station.effects if isinstance(each, inputs.Note)]
