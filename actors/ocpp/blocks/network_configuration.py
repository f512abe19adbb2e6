"""NetworkConfiguration: profiles that the CSMS sets variable by variable (OCPP 2.1, B09.FR.10 to FR.35).

An alternative to SetNetworkProfile for the same profiles. A slot that is in use, or may come into use at a
reconnect, cannot be changed (B09.FR.22); one that is to come into use has to be whole by then (B09.FR.33,
FR.34), which `NetworkConfigurationPriority` asks for (`network_orders`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.block import Block
from actors.ocpp.blocks import network, security
from actors.ocpp.device_model import network_profiles, variables
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.names import Place, VariableName
from actors.ocpp.device_model.network_configuration import (
    NAME,
    PARTS,
    SECURITY,
    name_of,
    network_configuration,
    parsed,
    shown,
)
from actors.ocpp.device_model.requests import Origin, SetRequest

if TYPE_CHECKING:
    from actors.ocpp.device_model.model import DeviceModel
    from actors.ocpp.device_model.requests import Change
    from actors.ocpp.turn import Turn


def _resumed(turn: Turn) -> None:
    """The slots that there may be; where files declare a component of ours, its values are the profile's."""
    for slot in network_profiles.slots(turn.model):
        if name_of(slot) not in turn.model.components:
            turn.model.add(network_configuration(slot))
        for variable in PARTS:
            check = partial(_refusal, turn.model, slot, variable)
            turn.model.guard(Place(name_of(slot), VariableName(variable)), check)
    _show(turn.model)


def _refusal(model: DeviceModel, slot: int, variable: str, value: str) -> Refusal | None:
    if str(slot) in model.read(variables.NETWORK_PRIORITY):  # B09.FR.22
        return Refusal(
            Reason.PRIORITY_NETWORK_CONF, f"slot {slot} is one of those in NetworkConfigurationPriority"
        )
    if slot == model.find(variables.ACTIVE_NETWORK_PROFILE):
        return Refusal(Reason.PRIORITY_NETWORK_CONF, f"slot {slot} is the one that is connected")
    if variable == SECURITY and network_profiles.is_downgrade(model, int(value)):  # B09.FR.32, FR.35
        text = f"security profile {value} is below the present one"
        return Refusal(Reason.NO_SECURITY_DOWNGRADE, text)
    return None


def _show(model: DeviceModel) -> None:
    """Let the components say what the profiles do."""
    for slot in network_profiles.slots(model):
        data: dict[str, Any] = network_profiles.data_of(model, slot) or {}
        for variable, part in PARTS.items():
            if (text := shown(data, part)) is not None:
                request = SetRequest(component=name_of(slot), variable=VariableName(variable), value=text)
                model.set_one(request, Origin.INTERNAL)


def take_over(turn: Turn, change: Change | None) -> None:
    """What somebody outside has set goes into the profile at once: the next entry may bring it into use."""
    if change is None or change.name.component.name != NAME:
        return
    slot, part = change.name.component.instance or "", PARTS.get(change.name.variable.name)
    if part is not None and slot.isdecimal():
        network_profiles.write_part(turn.model, int(slot), part.field, parsed(change.new, part))
        security.report(turn, network.RECONFIGURED, f"network configuration {slot} was changed")


def _changed(turn: Turn, changes: tuple[Change, ...]) -> None:
    if any(each.name.place == variables.NETWORK_PROFILES.at() for each in changes):
        _show(turn.model)


BLOCK: Final = Block(name="network_configuration", resumed=_resumed, changed=_changed)
