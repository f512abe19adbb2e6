"""What a car says about itself in ISO 15118-2, in the words of the interface to the EVSE manager. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc import car
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.types import iso15118

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.iso15118 import iso2

AC_VOLTAGE_MAX_V: Final = 1000.0
AC_CURRENT_MAX_A: Final = 400.0


def ac_parameters(turn: Turn, wish: iso2.AcEvChargeParameter, mode: iso15118.EnergyTransferMode) -> None:
    """AC_EVChargeParameter, to the EVSE manager and as the needs for the CSMS."""
    energy = car.clipped(float(wish.e_amount), 0, car.ENERGY_MAX_WH) or 0.0
    voltage = min(float(wish.ev_max_voltage), AC_VOLTAGE_MAX_V)
    most = min(float(wish.ev_max_current), AC_CURRENT_MAX_A)
    least = min(float(wish.ev_min_current), AC_CURRENT_MAX_A)
    turn.publish(charger.AcEamount(energy_wh=energy))
    turn.publish(charger.AcEvMaxVoltage(max_voltage_v=voltage))
    turn.publish(charger.AcEvMaxCurrent(max_current_a=most))
    turn.publish(charger.AcEvMinCurrent(min_current_a=least))
    parameters = iso15118.ACChargingParameters(
        energy_amount_wh=energy, ev_min_current_a=least, ev_max_current_a=most, ev_max_voltage_v=voltage
    )
    _needs(turn, wish.departure_time_s, mode, ac=parameters)


def dc_parameters(turn: Turn, wish: iso2.DcEvChargeParameter, mode: iso15118.EnergyTransferMode) -> None:
    """DC_EVChargeParameter, to the EVSE manager and as the needs for the CSMS."""
    _needs(turn, wish.departure_time_s, mode, dc=car.dc_wishes(turn, wish))


def _needs(
    turn: Turn,
    departure_time_s: int | None,
    mode: iso15118.EnergyTransferMode,
    *,
    ac: iso15118.ACChargingParameters | None = None,
    dc: iso15118.DCChargingParameters | None = None,
) -> None:
    car.leaves_in(turn, departure_time_s)
    needs = iso15118.ChargingNeeds(
        requested_energy_transfer=mode,
        ac_charging_parameters=ac,
        dc_charging_parameters=dc,
        departure_time=car.departure(turn, departure_time_s),
    )
    turn.publish(extensions.ChargingNeeds(needs=needs))
