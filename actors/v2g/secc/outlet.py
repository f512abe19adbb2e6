"""What a DC outlet says of itself in DIN 70121 and ISO 15118-2, whose messages have the same fields. Pure.

Source: ISO 15118-2 8.5.3.1 and 8.5.4; DIN SPEC 70121 has them from an earlier draft of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc.state import Verdict
from protocols.types.iso15118 import EvseError, NoEnergyPauseMode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from actors.v2g.secc.turn import Turn

CODES: Final[Mapping[EvseError, str]] = {
    EvseError.ERROR_CONTACTOR: "EVSE_Malfunction",
    EvseError.ERROR_RCD: "EVSE_Malfunction",
    EvseError.ERROR_UTILITY_INTERRUPT_EVENT: "EVSE_UtilityInterruptEvent",
    EvseError.ERROR_MALFUNCTION: "EVSE_Malfunction",
    EvseError.ERROR_EMERGENCY_SHUTDOWN: "EVSE_EmergencyShutdown",
}
"""What each error of the station is called in DC_EVSEStatusCode."""
PAUSES: Final = frozenset(
    {NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE, NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK}
)
"""Where a car without energy has to wait; the third mode lets it go on."""


def must_stop(turn: Turn) -> bool:
    """Whether the station wants no (more) energy to flow: told so, broken, or the grant was taken back."""
    broken = turn.station.error is not None
    return turn.stopped or broken or turn.authorization.verdict is Verdict.REFUSED


class DcOutlet:
    """One protocol's way of saying it. `protocol` is the module of its messages."""

    def __init__(self, protocol: Any, *, ready: Collection[str], checking: str) -> None:
        self._protocol = protocol
        self._ready = ready
        """The phases in which an outlet without error is ready."""
        self._checking = checking
        """The phase of the cable check."""

    def quantity(self, number: float, unit: str) -> Any:
        """A number with the unit of that name; what the station tells is bounded and always fits."""
        return self._protocol.PhysicalValue.nearest(number, self._protocol.UnitSymbol[unit])

    def status_code(self, turn: Turn) -> Any:
        """DC_EVSEStatusCode."""
        phase, error, codes = turn.talk.phase, turn.station.error, self._protocol.DcEvseStatusCode
        if error is not None:
            return codes(CODES[error])
        if must_stop(turn):
            return codes.EVSE_SHUTDOWN
        if phase == self._checking:
            return codes.EVSE_ISOLATION_MONITORING_ACTIVE
        return codes.EVSE_READY if phase in self._ready else codes.EVSE_NOT_READY

    def charge_parameter(self, turn: Turn, status: Any) -> Any:
        """What the outlet can do, as far as it is known."""
        station, told = turn.station, self.quantity
        most, least, physical = station.dc_maximum, station.dc_minimum, station.physical
        tolerance = physical.dc_current_regulation_tolerance_a if physical else None
        energy = physical.dc_energy_to_be_delivered_wh if physical else None
        ripple = physical.dc_peak_current_ripple_a if physical else None
        return self._protocol.DcEvseChargeParameter(
            dc_evse_status=status,
            evse_maximum_current_limit=told(most.evse_maximum_current_limit_a if most else 0.0, "A"),
            evse_maximum_power_limit=told(most.evse_maximum_power_limit_w if most else 0.0, "W"),
            evse_maximum_voltage_limit=told(most.evse_maximum_voltage_limit_v if most else 0.0, "V"),
            evse_minimum_current_limit=told(least.evse_minimum_current_limit_a if least else 0.0, "A"),
            evse_minimum_voltage_limit=told(least.evse_minimum_voltage_limit_v if least else 0.0, "V"),
            evse_current_regulation_tolerance=None if tolerance is None else told(tolerance, "A"),
            evse_peak_current_ripple=told(ripple or 0.0, "A"),
            evse_energy_to_be_delivered=None if energy is None else told(energy, "WH"),
        )

    def present_voltage(self, turn: Turn) -> Any:
        """What the output has now; 0 as long as nobody has said it."""
        present = turn.station.dc_present
        return self.quantity(present.evse_present_voltage_v if present else 0.0, "V")

    def present_current(self, turn: Turn) -> Any:
        """As above."""
        present = turn.station.dc_present
        return self.quantity((present.evse_present_current_a if present else None) or 0.0, "A")

    def limits(self, turn: Turn, wanted_v: float, wanted_a: float) -> Mapping[str, Any]:
        """The limits for the loop, and which of them the car's wish reaches; nothing until they are told."""
        most = turn.station.dc_maximum
        if most is None:
            return {}
        voltage_v, current_a = most.evse_maximum_voltage_limit_v, most.evse_maximum_current_limit_a
        power_w = most.evse_maximum_power_limit_w
        return {
            "evse_maximum_voltage_limit": self.quantity(voltage_v, "V"),
            "evse_maximum_current_limit": self.quantity(current_a, "A"),
            "evse_maximum_power_limit": self.quantity(power_w, "W"),
            "evse_voltage_limit_achieved": wanted_v >= voltage_v,
            "evse_current_limit_achieved": wanted_a >= current_a,
            "evse_power_limit_achieved": wanted_v * wanted_a >= power_w,
        }
