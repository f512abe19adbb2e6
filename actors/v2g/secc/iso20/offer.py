"""The energy services the station offers, with the parameter sets the car may choose from. Pure.

Sources: ISO 15118-20 8.4.3.1, Tables 204 to 209: service ids, names of parameters and their numbers. Prices
are never offered: no command tells them to a session.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.iso20.contactors import is_ac
from actors.v2g.secc.iso20.numbers import clip
from protocols.iso15118.iso20 import common
from protocols.types.iso15118 import (
    BptChannel,
    Connector,
    ControlMode,
    EnergyTransferMode,
    GeneratorMode,
    GridCodeIslandingDetectionMethod,
    MobilityNeedsMode,
    Pricing,
    SelectedServiceParameters,
    ServiceCategory,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from actors.v2g.secc.turn import Turn

IDS: Final[Mapping[ServiceCategory, int]] = {
    ServiceCategory.AC: 1,
    ServiceCategory.DC: 2,
    ServiceCategory.AC_BPT: 5,
    ServiceCategory.DC_BPT: 6,
}
PARKING_STATUS: Final = 66
BIDIRECTIONAL: Final = frozenset({ServiceCategory.AC_BPT, ServiceCategory.DC_BPT})
ALTERNATING: Final = frozenset({ServiceCategory.AC, ServiceCategory.AC_BPT})

_Mode = EnergyTransferMode
MODES: Final[Mapping[ServiceCategory, frozenset[EnergyTransferMode]]] = {
    ServiceCategory.AC: frozenset(
        {_Mode.AC_SINGLE_PHASE_CORE, _Mode.AC_TWO_PHASE, _Mode.AC_THREE_PHASE_CORE}
    ),
    ServiceCategory.AC_BPT: frozenset({_Mode.AC_BPT}),
    ServiceCategory.DC: frozenset(
        {_Mode.DC, _Mode.DC_CORE, _Mode.DC_EXTENDED, _Mode.DC_COMBO_CORE, _Mode.DC_UNIQUE}
    ),
    ServiceCategory.DC_BPT: frozenset({_Mode.DC_BPT}),
}
"""Any of these modes of the station makes the service available."""

CONNECTORS: Final[Mapping[Connector, int]] = {
    Connector.SINGLE_PHASE: 1,
    Connector.THREE_PHASE: 3,
    Connector.CORE: 1,
    Connector.EXTENDED: 2,
    Connector.DUAL2: 3,
    Connector.DUAL4: 4,
}
CONTROLS: Final[Mapping[ControlMode, int]] = {
    ControlMode.SCHEDULED_CONTROL: 1,
    ControlMode.DYNAMIC_CONTROL: 2,
}
MOBILITY: Final[Mapping[MobilityNeedsMode, int]] = {MobilityNeedsMode.EVCC: 1, MobilityNeedsMode.EVCC_SECC: 2}
CHANNELS: Final[Mapping[BptChannel, int]] = {BptChannel.UNIFIED: 1, BptChannel.SEPARATED: 2}
GENERATORS: Final[Mapping[GeneratorMode, int]] = {
    GeneratorMode.GRID_FOLLOWING: 1,
    GeneratorMode.GRID_FORMING: 2,
}
ISLANDING: Final[Mapping[GridCodeIslandingDetectionMethod, int]] = {
    GridCodeIslandingDetectionMethod.ACTIVE: 1,
    GridCodeIslandingDetectionMethod.PASSIVE: 2,
}
_DEFAULT_VOLTAGE_V: Final = 230.0
_MAX_SETS: Final = 32
_MAX_INT: Final = 2**31 - 1


def energy_services(turn: Turn) -> tuple[ServiceCategory, ...]:
    """What the station can do in this talk: one kind of current, bidirectional only where it is set up."""
    modes = frozenset(turn.station.energy_transfer_modes)
    return tuple(
        service
        for service, enough in MODES.items()
        if (service in ALTERNATING) is is_ac(turn)
        and modes & enough
        and (service not in BIDIRECTIONAL or turn.station.bpt is not None)
    )


def connectors(service: ServiceCategory, turn: Turn) -> Sequence[Connector]:
    """The connectors of the outlet that this service can use."""
    if service in ALTERNATING:
        told = turn.station.ac.connectors if turn.station.ac is not None else ()
        known = tuple(each for each in told if each in {Connector.SINGLE_PHASE, Connector.THREE_PHASE})
        single = not {_Mode.AC_TWO_PHASE, _Mode.AC_THREE_PHASE_CORE} & set(turn.station.energy_transfer_modes)
        return known or (Connector.SINGLE_PHASE if single else Connector.THREE_PHASE,)
    core = _Mode.DC_CORE in turn.station.energy_transfer_modes
    return (Connector.CORE if core else Connector.EXTENDED,)


def controls(turn: Turn) -> Sequence[tuple[ControlMode, MobilityNeedsMode]]:
    """Who may make the schedule, and who may say when the car leaves; the station only in dynamic control.

    Dynamic control is what remains when the site file allows neither.
    """
    settings = turn.settings
    found = []
    if settings.scheduled_mode:
        found.append((ControlMode.SCHEDULED_CONTROL, MobilityNeedsMode.EVCC))
    if settings.dynamic_mode or not settings.scheduled_mode:
        found.append((ControlMode.DYNAMIC_CONTROL, MobilityNeedsMode.EVCC))
        if settings.mobility_needs_from_station:
            found.append((ControlMode.DYNAMIC_CONTROL, MobilityNeedsMode.EVCC_SECC))
    return found


def parameter_sets(service: ServiceCategory, turn: Turn) -> Mapping[int, SelectedServiceParameters]:
    """The variants of a service by their number."""
    bpt = turn.station.bpt if service in BIDIRECTIONAL else None
    variants = itertools.product(connectors(service, turn), controls(turn))
    return {
        number: SelectedServiceParameters(
            energy_transfer=service,
            connector=connector,
            control_mode=control,
            mobility_needs_mode=mobility,
            pricing=Pricing.NO_PRICING,
            bpt_channel=bpt.bpt_channel if bpt else None,
            generator_mode=bpt.generator_mode if bpt else None,
        )
        for number, (connector, (control, mobility)) in enumerate(itertools.islice(variants, _MAX_SETS), 1)
    }


def nominal_voltage_v(turn: Turn) -> float:
    """Between a phase and neutral."""
    if turn.station.ac is not None:
        return turn.station.ac.nominal_voltage_v
    physical = turn.station.physical
    told = physical.ac_nominal_voltage_v if physical is not None else None
    return _DEFAULT_VOLTAGE_V if told is None else told


def on_the_wire(number: int, variant: SelectedServiceParameters, turn: Turn) -> common.ParameterSet:
    """A variant as ServiceDetailRes carries it."""
    named = {
        "Connector": CONNECTORS[variant.connector],
        "ControlMode": CONTROLS[variant.control_mode],
        "MobilityNeedsMode": MOBILITY[variant.mobility_needs_mode],
        "Pricing": 0,
    }
    if variant.energy_transfer in ALTERNATING:
        named["EVSENominalVoltage"] = round(clip(nominal_voltage_v(turn), 0.0, _MAX_INT))
    if variant.bpt_channel is not None and variant.generator_mode is not None:
        named["BPTChannel"] = CHANNELS[variant.bpt_channel]
        named["GeneratorMode"] = GENERATORS[variant.generator_mode]
    bpt = turn.station.bpt
    if variant.energy_transfer is ServiceCategory.AC_BPT and bpt is not None and bpt.grid_code_detection:
        named["GridCodeIslandingDetectionMethod"] = ISLANDING[bpt.grid_code_detection]
    return common.ParameterSet(
        parameter_set_id=number,
        parameter=tuple(common.Parameter(name=name, int_value=value) for name, value in named.items()),
    )


def mode_of(chosen: SelectedServiceParameters) -> EnergyTransferMode:
    """The mode of the rest of the station that a chosen service is."""
    if chosen.energy_transfer is ServiceCategory.AC:
        single = chosen.connector is Connector.SINGLE_PHASE
        return _Mode.AC_SINGLE_PHASE_CORE if single else _Mode.AC_THREE_PHASE_CORE
    return _Mode(chosen.energy_transfer.value)
