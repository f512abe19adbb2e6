"""What cars of DIN 70121 and ISO 15118-2 say about themselves, published for the EVSE manager. Pure.

Every number is clipped to what `ISO15118_charger` carries: a car can say anything. A value that would have
to be raised to fit is left out instead. Sources: rows M16.4 and M5.18; EVerest `ISO15118_charger`.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, SupportsFloat

from actors.v2g.messages import DischargeWanted
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.identifiers import EvccMac, IdentifierError
from protocols.types import iso15118

if TYPE_CHECKING:
    from datetime import datetime

    from actors.v2g.secc.turn import Turn

MAC_BYTES: Final = 6
ENERGY_MAX_WH: Final = 200_000.0
VOLTAGE_MAX_V: Final = 1500.0
CURRENT_MAX_A: Final = 10_000.0
POWER_MAX_W: Final = 350_000.0
UNKNOWN: Final = -2.0
"""Some cars send -1 or -2 for "not known"; the interface lets that through."""


def number(value: SupportsFloat | None) -> float | None:
    """What a car said, None if it did not."""
    return None if value is None else float(value)


def dc_is_sound(turn: Turn, wish: Any) -> bool:
    """Whether a DC car could charge by its DC_EVChargeParameter: no limit is below "not known", nor the
    highest voltage below the least there is.

    A car that takes part in SAE J2847/2 says so by an energy request below zero (`flows_back`).
    """
    least, voltage_v = turn.station.dc_minimum, float(wish.ev_maximum_voltage_limit)
    known = (float(wish.ev_maximum_current_limit), voltage_v, number(wish.ev_maximum_power_limit) or 0.0)
    enough = voltage_v < 0 or least is None or voltage_v >= least.evse_minimum_voltage_limit_v
    return min(known) >= UNKNOWN and enough and (may_flow_back(turn) or not flows_back(wish))


def may_flow_back(turn: Turn) -> bool:
    """Whether the station takes part in SAE J2847/2."""
    return turn.station.sae_j2847_mode is not iso15118.SaeJ2847BidiMode.NONE


def flows_back(wish: Any) -> bool:
    """Whether a DC_EVChargeParameter asks for so little energy that the car would give some back."""
    request_wh = number(wish.ev_energy_request)
    return request_wh is not None and request_wh < UNKNOWN


def dc_wishes(turn: Turn, wish: Any) -> iso15118.DCChargingParameters:
    """Publish a DC_EVChargeParameter; the same as the CSMS is told of it."""
    current, voltage = float(wish.ev_maximum_current_limit), float(wish.ev_maximum_voltage_limit)
    power = number(wish.ev_maximum_power_limit)
    capacity, request = number(wish.ev_energy_capacity), number(wish.ev_energy_request)
    dc_says(turn, wish.dc_ev_status)
    dc_limits(turn, current_a=current, power_w=power, voltage_v=voltage)
    dc_energy(turn, capacity_wh=capacity, request_wh=request)
    dc_goals(turn, full_percent=wish.full_soc_percent, bulk_percent=wish.bulk_soc_percent)
    return iso15118.DCChargingParameters(
        ev_max_current_a=current,
        ev_max_voltage_v=voltage,
        ev_max_power_w=power,
        ev_energy_capacity_wh=capacity,
        energy_amount_wh=request,
        state_of_charge_percent=wish.dc_ev_status.ev_ress_soc_percent,
        full_soc_percent=wish.full_soc_percent,
        bulk_soc_percent=wish.bulk_soc_percent,
    )


def named(turn: Turn, raw: bytes) -> None:
    """The car has said its EVCCID. One that is no MAC address is only written down."""
    try:
        evcc_id = EvccMac(raw[:MAC_BYTES] if not any(raw[MAC_BYTES:]) else raw)
    except IdentifierError as error:
        turn.note("evcc_id_unusable", error=str(error))
        return
    turn.change(evcc_id=evcc_id.compact)
    if len(evcc_id.raw) != MAC_BYTES:
        turn.note("evcc_id_long", evcc_id=evcc_id.compact)
        return
    turn.publish(charger.EvccId(evcc_id=str(evcc_id)))
    offered, namespace = turn.talk.offered, turn.talk.namespace
    for chosen in offered:
        if chosen.protocol_namespace == namespace:
            info = iso15118.EvInformation(
                supported_protocols=iso15118.AppProtocols(protocols=offered),
                selected_protocol=chosen,
                evcc_id=str(evcc_id),
            )
            turn.publish(extensions.EvInfo(ev_info=info))
            break


def clipped(number: float | None, low: float, high: float) -> float | None:
    """The number, at most `high`; None if there is none or it is below `low`."""
    return None if number is None or number < low else min(number, high)


def departure(turn: Turn, departure_time_s: int | None) -> datetime | None:
    """The moment that lies so many seconds from now; None where the car says none, or 0.

    Nobody who asks for energy leaves this instant. Cars whose driver has set nothing say 0, as DIN 70121 has
    no way to say nothing for AC, and so does software that fills in the field whether it knows or not. Taken
    at its word a back-end would plan a charge of no length for them.
    """
    return turn.now + timedelta(seconds=departure_time_s) if departure_time_s else None


def leaves_in(turn: Turn, departure_time_s: int | None) -> None:
    """When the driver wants to leave, counted from now; published if the car knows it."""
    if (moment := departure(turn, departure_time_s)) is not None:
        turn.publish(charger.DepartureTime(departure_time=moment))


def dc_says(turn: Turn, status: Any) -> None:
    """The DC_EVStatus of either protocol; only DIN has the conditioning."""
    dc_status(
        turn,
        iso15118.DcEvStatus(
            dc_ev_ready=status.ev_ready,
            dc_ev_error_code=iso15118.DcEvErrorCode(status.ev_error_code.value),
            dc_ev_ress_soc_percent=float(status.ev_ress_soc_percent),
            dc_ev_cabin_conditioning=getattr(status, "ev_cabin_conditioning", None),
            dc_ev_ress_conditioning=getattr(status, "ev_ress_conditioning", None),
        ),
    )


def dc_status(turn: Turn, status: iso15118.DcEvStatus) -> None:
    """The status that comes with every DC request; published when it changes."""
    seen = turn.talk.dc_seen
    if status != seen.status:
        turn.change(dc_seen=dataclasses.replace(seen, status=status))
        turn.publish(charger.DcEvStatus(status=status))


def dc_limits(turn: Turn, *, current_a: float | None, power_w: float | None, voltage_v: float | None) -> None:
    """The most the car can take; published when it changes and the car has said anything."""
    limits = iso15118.DcEvMaximumLimits(
        dc_ev_maximum_current_limit_a=clipped(current_a, UNKNOWN, CURRENT_MAX_A),
        dc_ev_maximum_power_limit_w=clipped(power_w, UNKNOWN, POWER_MAX_W),
        dc_ev_maximum_voltage_limit_v=clipped(voltage_v, UNKNOWN, VOLTAGE_MAX_V),
    )
    seen = turn.talk.dc_seen
    if limits not in (seen.limits, iso15118.DcEvMaximumLimits()):
        turn.change(dc_seen=dataclasses.replace(seen, limits=limits))
        turn.publish(charger.DcEvMaximumLimits(limits=limits))


def dc_energy(turn: Turn, *, capacity_wh: float | None, request_wh: float | None) -> None:
    """How much fits into the battery, and how much is wanted."""
    if (capacity := clipped(capacity_wh, 0, ENERGY_MAX_WH)) is not None:
        turn.publish(charger.DcEvEnergyCapacity(capacity_wh=capacity))
    if (request := clipped(request_wh, 0, ENERGY_MAX_WH)) is not None:
        turn.publish(charger.DcEvEnergyRequest(energy_wh=request))


def dc_goals(turn: Turn, *, full_percent: int | None, bulk_percent: int | None) -> None:
    """Where the car is full and where fast charging ends."""
    if full_percent is not None:
        turn.publish(charger.DcFullSoc(full_soc_percent=float(full_percent)))
    if bulk_percent is not None:
        turn.publish(charger.DcBulkSoc(bulk_soc_percent=float(bulk_percent)))


def dc_target(turn: Turn, voltage_v: float, current_a: float) -> None:
    """What the car wants now; published with each request, so that nobody acts on an old wish.

    A current below "not known" is one that the car gives back, by SAE J2847/2.
    """
    if current_a < UNKNOWN and may_flow_back(turn):
        turn.publish(
            DischargeWanted(
                voltage_v=max(0.0, min(voltage_v, VOLTAGE_MAX_V)), current_a=min(-current_a, CURRENT_MAX_A)
            )
        )
        return
    target = iso15118.DcEvTargetValues(
        dc_ev_target_voltage_v=max(UNKNOWN, min(voltage_v, VOLTAGE_MAX_V)),
        dc_ev_target_current_a=max(UNKNOWN, min(current_a, CURRENT_MAX_A)),
    )
    turn.publish(charger.DcEvTargetVoltageCurrent(target=target))


def dc_complete(turn: Turn, *, complete: bool, bulk_complete: bool | None) -> None:
    """Whether the car is full; published when it changes."""
    seen = turn.talk.dc_seen
    if complete != seen.complete:
        turn.publish(charger.DcChargingComplete(complete=complete))
    if bulk_complete is not None and bulk_complete != seen.bulk_complete:
        turn.publish(charger.DcBulkChargingComplete(complete=bulk_complete))
    else:
        bulk_complete = seen.bulk_complete
    turn.change(dc_seen=dataclasses.replace(seen, complete=complete, bulk_complete=bulk_complete))


def dc_remaining(turn: Turn, *, full_s: float | None, bulk_s: float | None) -> None:
    """When the car expects to be done; times before now are no news."""
    times = iso15118.DcEvRemainingTime(
        ev_remaining_time_to_full_soc=None
        if full_s is None or full_s < 0
        else turn.now + timedelta(seconds=full_s),
        ev_remaining_time_to_full_bulk_soc=None
        if bulk_s is None or bulk_s < 0
        else turn.now + timedelta(seconds=bulk_s),
    )
    if times != iso15118.DcEvRemainingTime():
        turn.publish(charger.DcEvRemainingTime(remaining_time=times))
