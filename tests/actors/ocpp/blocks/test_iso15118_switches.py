"""What the switches of ISO15118Ctrlr mean together (M9.8, S18.5, S21.4)."""

import itertools

import pytest

from actors.ocpp.blocks import iso15118_switches as switches
from actors.ocpp.blocks import startup
from actors.ocpp.blocks.variables import CHANGED
from actors.ocpp.device_model import variables
from protocols.interfaces import evse_manager
from tests.support.ocpp_station import Station

OURS = (
    variables.ISO15118_ENABLED,
    variables.PNC_ENABLED,
    variables.CONTRACT_INSTALLATION,
    variables.V2G_INSTALLATION,
)


@pytest.mark.parametrize("values", list(itertools.product((True, False), repeat=4)))
def test_nothing_is_on_while_the_controller_is_off(values):
    station = Station(blocks=())
    for variable, value in zip(OURS, values, strict=True):
        station.set(variable, value)
    enabled, pnc, contracts, leaves = values

    assert switches.contracts(station.model) == (enabled and pnc)
    assert switches.installs_contracts(station.model) == (enabled and contracts)
    assert switches.installs_leaves(station.model) == (enabled and leaves)
    assert switches.renews_leaves(station.model) == (enabled and pnc and leaves)


def test_the_managers_hear_of_the_controller_too():
    station = Station(blocks=(startup.BLOCK,))
    station.set(variables.ISO15118_ENABLED, value=False)
    station.turn(CHANGED[variables.ISO15118_ENABLED])

    told = [
        each.plug_and_charge_configuration
        for each in station.asks(evse_manager.SetPlugAndChargeConfiguration)
    ]
    assert [(each.pnc_enabled, each.contract_certificate_installation_enabled) for each in told] == [
        (False, False)
    ] * 2
