"""What high-level communication is told of the station: once at its start, and when it changes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.evse import backflow, power, sessions
from actors.evse.record import Detour
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger
from protocols.types import iso15118, units
from protocols.types.iso15118 import EnergyTransferMode as Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.evse.turn import Turn
    from protocols.message import Command

REGULATION_A: Final = 1.0
RIPPLE_A: Final = 2.0
"""Told of a supply that does not say."""
MOST_A: Final = 400.0
"""The largest current that the interface can carry."""
THREE: Final = 3
DETOUR_MODES: Final = (Mode.DC_CORE, Mode.DC_EXTENDED)
"""What an AC car is offered that is to tell its state of charge."""
DETOUR_MOST: Final = iso15118.DcEvseMaximumLimits(
    evse_maximum_current_limit_a=200.0,
    evse_maximum_power_limit_w=50_000.0,
    evse_maximum_voltage_limit_v=1000.0,
)
DETOUR_LEAST: Final = iso15118.DcEvseMinimumLimits(
    evse_minimum_current_limit_a=0.0, evse_minimum_voltage_limit_v=0.0, evse_minimum_power_limit_w=0.0
)
"""What it is told of an output that there is not: as much as cars want, for it never comes to charging."""


def modes(turn: Turn) -> tuple[Mode, ...]:
    """The ways of energy transfer that this EVSE has, narrowed as it was told."""
    settings, supply = turn.settings, turn.facts.supply
    if turn.session is not None and turn.session.detour is Detour.READING:
        return DETOUR_MODES
    found: list[Mode] = []
    if settings.dc:
        found = [Mode.DC_CORE, Mode.DC_EXTENDED, Mode.DC]
        if supply is not None and supply.bidirectional:
            found.append(Mode.DC_BPT)
    else:
        found = [Mode.AC_SINGLE_PHASE_CORE]
        if power.own_limit(turn).phases == THREE:
            found.append(Mode.AC_THREE_PHASE_CORE)
        if settings.ac_bpt:
            found.append(Mode.AC_BPT)
    allowed = turn.facts.allowed_modes
    return tuple(each for each in found if allowed is None or each in allowed)


def introduce(turn: Turn, *, of_car: bool) -> None:
    """Tell all of it. `of_car`: also how the next car may be authorized; that ends a talk under way."""
    if not turn.settings.hlc:
        return
    turn.facts.told.clear()
    for command in _commands(turn):
        turn.tell_car_changed(command)
    if of_car:
        turn.tell_car(sessions.session_setup(turn))
        sessions.keep_evidence(turn)
    if not turn.settings.has_slac:
        turn.tell_car(charger.DlinkReady(value=True))
    elif turn.facts.matched is not None:
        turn.tell_car(charger.DlinkReady(value=turn.facts.matched))
    tell_limits(turn)
    if turn.session is not None and turn.session.detour is Detour.READING:
        tell_detour(turn)
    else:
        tell_modes(turn)


def tell_detour(turn: Turn) -> None:
    """Offer DC to an AC car."""
    turn.tell_car_changed(charger.UpdateDcMaximumLimits(maximum_limits=DETOUR_MOST))
    turn.tell_car_changed(charger.UpdateDcMinimumLimits(minimum_limits=DETOUR_LEAST))
    tell_modes(turn)


def tell_modes(turn: Turn) -> None:
    """The ways of energy transfer, to the car and to everybody."""
    if found := modes(turn):
        turn.tell_car_changed(charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=found))
        turn.publish_changed(evse_manager.SupportedEnergyTransferModes(energy_transfer_modes=found))


def _commands(turn: Turn) -> Iterator[Command]:
    settings, supply = turn.settings, turn.facts.supply
    sae = iso15118.SaeJ2847BidiMode(settings.sae_bpt_mode if settings.sae_bpt else "None")
    yield charger.Setup(
        evse_id=iso15118.EVSEID(evse_id=settings.evse_id, evse_id_din=settings.evse_id_din),
        sae_j2847_mode=sae,
        debug_mode=False,
    )
    yield charger.SetChargingParameters(
        physical_values=iso15118.SetupPhysicalValues(
            ac_nominal_voltage_v=settings.ac_nominal_voltage_v,
            dc_current_regulation_tolerance_a=(
                supply.current_regulation_tolerance_a if supply is not None else REGULATION_A
            ),
            dc_peak_current_ripple_a=supply.peak_current_ripple_a if supply is not None else RIPPLE_A,
        )
    )
    yield charger.ReceiptIsRequired(receipt_required=settings.ev_receipt_required)
    yield from _dc(turn) if settings.dc else _ac(turn)


def _dc(turn: Turn) -> Iterator[Command]:
    supply = turn.facts.supply
    if supply is None:
        return
    yield charger.SetPowersupplyCapabilities(capabilities=supply)
    yield charger.UpdateDcMinimumLimits(
        minimum_limits=iso15118.DcEvseMinimumLimits(
            evse_minimum_current_limit_a=supply.min_export_current_a,
            evse_minimum_voltage_limit_v=supply.min_export_voltage_v,
            evse_minimum_power_limit_w=0.0,
        )
    )
    yield from _both_ways(turn)


def _both_ways(turn: Turn) -> Iterator[Command]:
    """How energy is taken back in ISO 15118-20; nothing unless channel and generator mode are both given."""
    settings = turn.settings
    method = settings.bpt_grid_code_island_method
    if settings.both_ways:
        yield charger.BptSetup(
            bpt_config=iso15118.BptSetup(
                bpt_channel=iso15118.BptChannel(settings.bpt_channel),
                generator_mode=iso15118.GeneratorMode(settings.bpt_generator_mode),
                grid_code_detection=(
                    None if method == "None" else iso15118.GridCodeIslandingDetectionMethod(method)
                ),
            )
        )


def _ac(turn: Turn) -> Iterator[Command]:
    settings, own = turn.settings, power.own_limit(turn)
    most_w = own.current_a * own.phases * settings.ac_nominal_voltage_v
    three = own.phases == THREE
    connectors = (iso15118.Connector.SINGLE_PHASE, iso15118.Connector.THREE_PHASE)
    yield charger.UpdateAcParameters(
        ac_parameters=iso15118.AcParameters(
            nominal_frequency_hz=50.0,
            nominal_voltage_v=settings.ac_nominal_voltage_v,
            connectors=connectors[::-1] if three else connectors[:1],
        )
    )
    yield charger.UpdateAcMaximumLimits(
        maximum_limits=iso15118.AcEvseMaximumPower(
            charge_power=units.Power(total_w=most_w),
            discharge_power=units.Power(total_w=most_w) if settings.ac_bpt else None,
        )
    )
    yield charger.UpdateAcMinimumLimits(
        minimum_limits=iso15118.AcEvseMinimumPower(charge_power=units.Power(total_w=0.0))
    )
    if settings.ac_bpt:
        yield from _both_ways(turn)


def tell_limits(turn: Turn) -> None:
    """What is given now, to the car; each value once."""
    limit = power.given(turn)
    if not turn.settings.dc:
        turn.tell_car_changed(charger.UpdateAcMaxCurrent(max_current_a=min(MOST_A, limit.current_a)))
        power_w = limit.current_a * limit.phases * turn.settings.ac_nominal_voltage_v
        target = iso15118.AcTargetValues(target_active_power=units.Power(total_w=power_w))
        turn.tell_car_changed(charger.UpdateAcTargetValues(target_values=target))
        return
    supply = turn.facts.supply
    if supply is None:
        return
    both = turn.settings.sae_bpt or supply.bidirectional
    most = iso15118.DcEvseMaximumLimits(
        evse_maximum_current_limit_a=power.most_current_a(turn),
        evse_maximum_power_limit_w=limit.power_w,
        evse_maximum_voltage_limit_v=supply.max_export_voltage_v,
        evse_maximum_discharge_current_limit_a=supply.max_import_current_a if both else None,
        evse_maximum_discharge_power_limit_w=(limit.back_w or supply.max_import_power_w) if both else None,
    )
    turn.tell_car_changed(
        charger.UpdateDcMaximumLimits(maximum_limits=backflow.worded(turn, most, limit.power_w))
    )


def tell_present(turn: Turn) -> None:
    """What the DC output carries, to the car. EVerest's type has no negative current: a car that may give
    energy back knows the direction, all others are told of none.
    """
    offset_a = turn.settings.present_current_offset_a
    current_a = abs(turn.facts.current_a) if backflow.may(turn) else turn.facts.current_a
    turn.tell_car_changed(
        charger.UpdateDcPresentValues(
            present_voltage_current=iso15118.DcEvsePresentVoltageCurrent(
                evse_present_voltage_v=max(0.0, turn.facts.voltage_v),
                evse_present_current_a=max(0.0, current_a + offset_a),
            )
        )
    )
