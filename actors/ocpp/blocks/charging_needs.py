"""What a car needs, told to the CSMS: NotifyEVChargingNeeds (K15, K17), so that it can set a profile.

A car says it at the plug and waits a minute at most: it is told at once or not at all. What the CSMS makes of
it comes as a charging profile. Numbers are told whole, as OCPP 2.0.1 wants them. The energy that a car offers
for money and what it can do as a generator (2.1) are not told. 2.0.1 has no word for charging without a
cable: of such needs nothing is told there; what gives back is told as what charges alike.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import ControlModeEnumType, EnergyTransferModeEnumType, MobilityNeedsModeEnumType

from actors.ocpp.block import Block
from actors.ocpp.blocks import charging_profiles
from actors.ocpp.messages import Outcome
from protocols.interfaces import iso15118_extensions
from protocols.ocpp import payloads, times
from protocols.ocpp.version import Version
from protocols.types.iso15118 import EnergyTransferMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn
    from protocols.types.iso15118 import ChargingNeeds

T = TypeVar("T")
_Mode = EnergyTransferModeEnumType
MODES: Final[Mapping[EnergyTransferMode, _Mode]] = MappingProxyType(
    {
        **{each: _Mode(each.value) for each in EnergyTransferMode if each.value in set(_Mode)},
        EnergyTransferMode.AC_SINGLE_PHASE_CORE: _Mode.ac_single_phase,
        EnergyTransferMode.AC_THREE_PHASE_CORE: _Mode.ac_three_phase,
        EnergyTransferMode.DC_CORE: _Mode.dc,
        EnergyTransferMode.DC_EXTENDED: _Mode.dc,
        EnergyTransferMode.DC_COMBO_CORE: _Mode.dc,
        EnergyTransferMode.DC_UNIQUE: _Mode.dc,
        EnergyTransferMode.MCS: _Mode.dc,
        EnergyTransferMode.MCS_BPT: _Mode.dc_bpt,
    }
)
"""OCPP's word for each mode of ours."""


def _needs(turn: Turn, peer: Peer, news: iso15118_extensions.ChargingNeeds) -> None:
    if not turn.live.accepted or not charging_profiles.works(turn):
        return
    needs = worded(news.needs)
    if turn.version is Version.V201 and needs.requested_energy_transfer is _Mode.wpt:
        turn.note("charging_needs_untold", evse=peer.number, reason="OCPP 2.0.1 has no word for them")
        return
    request = call.NotifyEVChargingNeeds(
        evse_id=peer.number, charging_needs=needs, timestamp=times.text_of(turn.now)
    )
    turn.call(request, "charging_needs.told", evse_id=peer.number)


def worded(needs: ChargingNeeds) -> datatypes.ChargingNeedsType:
    """The needs of a car in OCPP's words."""
    modes = needs.available_energy_transfer
    control, mobility = needs.control_mode, needs.mobility_needs_mode
    return datatypes.ChargingNeedsType(
        requested_energy_transfer=MODES[needs.requested_energy_transfer],
        available_energy_transfer=None
        if modes is None
        else list(dict.fromkeys(MODES[each] for each in modes)),
        control_mode=None if control is None else ControlModeEnumType(control.value),
        mobility_needs_mode=None if mobility is None else MobilityNeedsModeEnumType(mobility.value),
        departure_time=None if needs.departure_time is None else times.text_of(needs.departure_time),
        ac_charging_parameters=_stated(datatypes.ACChargingParametersType, needs.ac_charging_parameters),
        dc_charging_parameters=_stated(datatypes.DCChargingParametersType, needs.dc_charging_parameters),
        v2x_charging_parameters=_stated(datatypes.V2XChargingParametersType, needs.v2x_charging_parameters),
    )


def _stated(kind: type[T], given: Any) -> T | None:
    """Fields are named alike, ours with a unit behind."""
    if given is None:
        return None
    values = {name: getattr(given, name) for name in given.__dataclass_fields__}
    return kind(
        **{
            name.rpartition("_")[0].replace("v2xenergy", "v2x_energy"): round(value)
            for name, value in values.items()
            if value is not None
        }
    )


def _told(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    """K15: whatever the answer, a profile may come or not."""
    status = reply.outcome.value
    if reply.outcome is Outcome.ANSWERED:
        answer = payloads.of_text(call_result.NotifyEVChargingNeeds, reply.payload)
        status = answer.status.value
    turn.note("charging_needs_told", evse=context["evse_id"], status=status)


BLOCK: Final = Block(
    name="charging_needs",
    news={iso15118_extensions.ChargingNeeds: _needs},
    replies={"charging_needs.told": _told},
)
