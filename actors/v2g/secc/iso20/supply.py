"""What the outlet can give and take, as the station has told it and as the car is told. Pure.

Fields without a phase are L1 where L2 is given, the sum of all phases where it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.v2g.secc.iso20.contactors import is_ac
from actors.v2g.secc.iso20.numbers import rational
from actors.v2g.secc.iso20.offer import nominal_voltage_v
from actors.v2g.secc.iso20.phases import RefusedError, mine
from protocols.iso15118.iso20.enumerations import ResponseCode
from protocols.types.iso15118 import Connector
from protocols.types.units import Power

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.iso15118.iso20.types import RationalNumber
    from protocols.types.iso15118 import DcEvseMaximumLimits

_NONE = Power(total_w=0.0)


def ac_maximum(turn: Turn) -> Power:
    """The most an AC outlet can give: as told, or from its current and voltage."""
    if turn.station.ac_maximum is not None:
        return turn.station.ac_maximum.charge_power
    current_a = turn.station.ac_max_current_a
    if current_a is None:
        raise RefusedError(ResponseCode.FAILED, "station_limits_unknown")
    power_w = current_a * nominal_voltage_v(turn)
    selected = mine(turn).selected
    if selected is not None and selected.connector is Connector.SINGLE_PHASE:
        return Power(total_w=power_w)
    return Power(total_w=3 * power_w, l1_w=power_w, l2_w=power_w, l3_w=power_w)


def ac_minimum(turn: Turn) -> Power:
    """The least an AC outlet can give."""
    told = turn.station.ac_minimum
    return told.charge_power if told is not None else _NONE


def ac_discharge(turn: Turn) -> tuple[Power, Power]:
    """The most and the least an AC outlet can take back."""
    most, least = turn.station.ac_maximum, turn.station.ac_minimum
    return (
        (most.discharge_power if most is not None else None) or _NONE,
        (least.discharge_power if least is not None else None) or _NONE,
    )


def dc_maximum(turn: Turn) -> DcEvseMaximumLimits:
    """The most a DC output can do."""
    if turn.station.dc_maximum is None:
        raise RefusedError(ResponseCode.FAILED, "station_limits_unknown")
    return turn.station.dc_maximum


def charge_power_w(turn: Turn) -> float:
    """The most power the station can give now, over all phases; never negative."""
    most = ac_maximum(turn).total_w if is_ac(turn) else dc_maximum(turn).evse_maximum_power_limit_w
    return max(most, 0.0)


def discharge_power_w(turn: Turn) -> float:
    """The most power the station can take back now, over all phases."""
    if is_ac(turn):
        return abs(ac_discharge(turn)[0].total_w)
    return abs(dc_maximum(turn).evse_maximum_discharge_power_limit_w or 0.0)


def discharging(value: float | None, turn: Turn) -> RationalNumber:
    """A discharge limit for the car, with the sign that the site file asks for (row M7.4)."""
    sign = -1.0 if turn.settings.negative_bidirectional_limits else 1.0
    return rational(sign * abs(value or 0.0))


def by_phase(power: Power) -> tuple[float, float | None, float | None]:
    """The three numbers that stand for a power."""
    if power.l1_w is None or power.l2_w is None:
        return power.total_w, None, None
    return power.l1_w, power.l2_w, power.l3_w


def spread(field: str, power: Power | None) -> dict[str, RationalNumber]:
    """The fields of a message that carry a power by phase: `field`, `field_l2`, `field_l3`."""
    if power is None:
        return {}
    names = (field, f"{field}_l2", f"{field}_l3")
    return {
        name: rational(value) for name, value in zip(names, by_phase(power), strict=True) if value is not None
    }


def gathered(message: Any, field: str) -> Power | None:
    """The power that the car has sent in `field`, `field_l2`, `field_l3`; None if it has not."""
    first = getattr(message, field)
    if first is None:
        return None
    others: Mapping[str, float] = {
        f"{phase}_w": float(number)
        for phase in ("l2", "l3")
        if (number := getattr(message, f"{field}_{phase}")) is not None
    }
    if not others:
        return Power(total_w=float(first))
    return Power(total_w=float(first) + sum(others.values()), l1_w=float(first), **others)
