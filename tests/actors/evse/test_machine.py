"""Tests for actors/evse/machine.py: every command has its place, and what the small ones do."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from actors.connector.messages import Pin, Supply
from actors.evse.machine import HANDLERS
from actors.evse.messages import OutlivePowerLoss
from protocols import interfaces
from protocols.interfaces import auth, evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.message import Failure
from protocols.types import evse_manager as types
from protocols.types.iso15118 import EnergyTransferMode as Mode
from protocols.types.iso15118 import PaymentOption
from tests.support.evse import Bench

SERVED = ("evse_manager", "energy", "uk_random_delay", "dc_external_derate")
BOTH, EXTERNAL = (PaymentOption.CONTRACT, PaymentOption.EXTERNAL_PAYMENT), (PaymentOption.EXTERNAL_PAYMENT,)


def test_every_command_of_its_interfaces_has_a_handler() -> None:
    faces = [interfaces.load_all()[name] for name in SERVED]

    own = {command for face in faces for command in face.commands.values()}
    assert set(HANDLERS) == own | {OutlivePowerLoss}  # the last for tests alone


def test_a_foreign_command_is_refused_and_changes_nothing() -> None:
    bench = Bench()
    bench.ready()

    reply = bench.command(auth.SetConnectionTimeout(connection_timeout_s=30))

    assert isinstance(reply, Failure)


def test_an_evse_tells_its_number_and_its_connectors() -> None:
    """Row S9.2."""
    bench = Bench(evse=7, connector_type="cType2", connectors=2)

    reply = bench.command(evse_manager.GetEvse())

    assert reply.evse.id == 7
    assert [(each.id, each.type.value) for each in reply.evse.connectors] == [(1, "cType2"), (2, "cType2")]


def test_the_go_from_outside_is_of_no_use_to_who_does_not_wait() -> None:
    """Row M6.16."""
    bench = Bench()
    bench.ready()

    assert not bench.command(evse_manager.ExternalReadyToStartCharging()).used


def test_an_evse_that_waits_for_the_go_is_ready_after_it_only() -> None:
    """Rows S9.20, S9.21."""
    bench = Bench(external_ready=True)
    bench.ready()
    assert [each.waiting for each in bench.published(evse_manager.WaitingForExternalReady)] == [True]
    assert not bench.published(evse_manager.Ready)

    assert bench.command(evse_manager.ExternalReadyToStartCharging()).used

    assert [each.ready for each in bench.published(evse_manager.Ready)] == [True]
    assert not bench.command(evse_manager.ExternalReadyToStartCharging()).used


def options(bench: Bench) -> list[Any]:
    """What cars were offered, time after time."""
    return [
        (each.payment_options, each.supported_certificate_service, each.central_contract_validation_allowed)
        for each in bench.told(charger.SessionSetup)
    ]


CONFIGURATIONS = [
    ({"pnc_enabled": False}, (EXTERNAL, False, False)),
    ({"contract_certificate_installation_enabled": False}, (BOTH, False, False)),
    ({"central_contract_validation_allowed": True}, (BOTH, True, True)),
    ({}, (BOTH, True, False)),
]


@pytest.mark.parametrize(("wish", "offered"), CONFIGURATIONS)
def test_plug_and_charge_is_configured_field_by_field(wish: dict[str, bool], offered: Any) -> None:
    """Rows M6.10, M6.11."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.forget()

    bench.command(
        evse_manager.SetPlugAndChargeConfiguration(
            plug_and_charge_configuration=types.PlugAndChargeConfiguration(**wish)
        )
    )

    assert options(bench) == [offered]


def test_an_evse_without_contracts_offers_none_whatever_the_station_does() -> None:
    """Row S4.4: OCPP says at every start that they are on, unless its PnCEnabled says otherwise."""
    bench = Bench(ac_hlc_enabled=True, payment_enable_contract=False)
    bench.ready()
    wish = types.PlugAndChargeConfiguration(pnc_enabled=True, contract_certificate_installation_enabled=True)

    bench.command(evse_manager.SetPlugAndChargeConfiguration(plug_and_charge_configuration=wish))

    assert {*options(bench)} == {(EXTERNAL, False, False)}


def test_three_partial_configurations_add_up() -> None:
    """Row M6.11: only what is given changes."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()

    for wish in (
        {"pnc_enabled": False},
        {"central_contract_validation_allowed": True},
        {"pnc_enabled": True},
    ):
        bench.command(
            evse_manager.SetPlugAndChargeConfiguration(
                plug_and_charge_configuration=types.PlugAndChargeConfiguration(**wish)
            )
        )

    assert options(bench)[-1] == (BOTH, True, True)
    assert options(bench.replaced())[-1] == (BOTH, True, True)  # and a successor knows it


@pytest.mark.parametrize(
    ("allowed", "result", "left"),
    [
        ((Mode.AC_SINGLE_PHASE_CORE,), "Accepted", (Mode.AC_SINGLE_PHASE_CORE,)),
        ((Mode.DC_EXTENDED,), "IncompatibleEnergyTransfer", None),
    ],
)
def test_the_modes_of_energy_transfer_can_be_narrowed(
    allowed: tuple[Mode, ...], result: str, left: tuple[Mode, ...] | None
) -> None:
    """Row M16.2."""
    bench = Bench(ac_hlc_enabled=True)
    bench.ready()
    bench.forget()

    reply = bench.command(
        evse_manager.UpdateAllowedEnergyTransferModes(allowed_energy_transfer_modes=allowed)
    )

    assert reply.result.value == result
    told = [each.supported_energy_transfer_modes for each in bench.told(charger.UpdateEnergyTransferModes)]
    assert told == ([left] if left else [])


def test_without_iso_15118_there_is_nobody_to_narrow_modes_for() -> None:
    bench = Bench()
    bench.ready()

    reply = bench.command(
        evse_manager.UpdateAllowedEnergyTransferModes(allowed_energy_transfer_modes=(Mode.DC,))
    )

    assert reply.result.value == "NoHlc"


def test_what_a_predecessor_could_not_say_is_said_by_its_successor() -> None:
    """Committed, then killed before it was published."""
    bench = Bench()
    bench.ready()
    plugged = dataclasses.replace(bench.condition, pin=Pin.B, plugged_in=True, plug_ins=1)
    bench.core.outlet(1, plugged, bench.now)  # nobody carries the effects out
    bench.condition = plugged

    fresh = bench.replaced()

    assert fresh.events == ["SessionStarted", "AuthRequired"]
    assert fresh.replaced().events == []


def test_an_order_of_a_predecessor_that_arrives_late_is_overruled() -> None:
    """The connector passes over lower numbers: a successor that did not notice would order in vain."""
    bench = Bench()
    bench.ready()
    bench.plug()
    bench.grant()
    fresh = bench.replaced()
    before = fresh.order
    assert before is not None
    late = dataclasses.replace(before, number=before.number + 5, supply=Supply.OFF)

    fresh.outlet(standing=late, order=late.number)

    assert fresh.order is not None
    assert (fresh.order.number, fresh.order.supply) == (late.number + 1, before.supply)


def test_a_car_under_way_is_not_told_of_a_new_configuration() -> None:
    """`SessionSetup` would end its talk; the next car is told."""
    bench = Bench(dc=True)
    bench.ready()
    bench.plug()
    bench.forget()

    wish = types.PlugAndChargeConfiguration(pnc_enabled=False)
    bench.command(evse_manager.SetPlugAndChargeConfiguration(plug_and_charge_configuration=wish))
    assert bench.told(charger.SessionSetup) == []
    bench.unplug()

    (setup,) = bench.told(charger.SessionSetup)
    assert setup.payment_options == (PaymentOption.EXTERNAL_PAYMENT,)


@pytest.mark.parametrize("charges", [True, False])
def test_a_stop_at_the_outlet_needs_a_transaction(charges: Any) -> None:
    bench = Bench()
    bench.ready()
    bench.plug()
    if charges:
        bench.grant()
    request = types.StopTransactionRequest(reason=types.StopTransactionReason.LOCAL)

    bench.take(bench.core.stop_wanted(request, bench.now))

    assert (bench.session.stop is not None) == charges
