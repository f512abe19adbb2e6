"""What a module is told when a variable of source SITE has changed its parameter (S11.3, S11.4, S20.9). Pure.

A parameter that a module cannot change while it runs is not here; it is read at the module's next start.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.catalog import CATALOG
from protocols import codec
from protocols.interfaces import auth, evse_manager, uk_random_delay
from protocols.message import tag_of
from protocols.types.evse_manager import PlugAndChargeConfiguration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.catalog.manifest import Scalar
    from actors.ocpp.device_model.site_mapping import Target
    from protocols.message import Command


def _plug_and_charge(field: str) -> Callable[[Any], Command]:
    def command(value: bool) -> Command:  # noqa: FBT001  # the value of a parameter
        wish = PlugAndChargeConfiguration(**{field: value})
        return evse_manager.SetPlugAndChargeConfiguration(plug_and_charge_configuration=wish)

    return command


COMMANDS: Final[Mapping[tuple[str, str], Callable[[Any], Command]]] = MappingProxyType(
    {
        ("Auth", "connection_timeout"): lambda value: auth.SetConnectionTimeout(connection_timeout_s=value),
        ("Auth", "master_pass_group_id"): lambda value: auth.SetMasterPassGroupId(master_pass_group_id=value),
        ("EvseManager", "payment_enable_contract"): _plug_and_charge("pnc_enabled"),
        ("EvseManager", "central_contract_validation_allowed"): _plug_and_charge(
            "central_contract_validation_allowed"
        ),
        ("EvseManager", "contract_certificate_installation_enabled"): _plug_and_charge(
            "contract_certificate_installation_enabled"
        ),
        ("EvseManager", "uk_smartcharging_random_delay_max_duration"): lambda value: (
            uk_random_delay.SetDurationS(duration_s=value)
        ),
    }
)
"""By kind of module and parameter: how its module is told."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A command, and the name it goes to."""

    name: str
    command: Command


def saying_of(kind: str, target: Target, value: Scalar) -> Saying | None:
    """What a module of a kind is told of a new value; None: no command says that.

    Some commands take less than the parameter in a site file may be; that the module reads itself.
    """
    if (make := COMMANDS.get((kind, target.declared.name))) is None:
        return None
    command = make(value)
    try:
        codec.encode(command)
    except codec.EncodeError:
        return None
    interface = tag_of(type(command)).partition(".")[0]
    provided = CATALOG[kind].provides.values()
    implementation = next(each.name for each in provided if each.interface == interface)
    return Saying(f"{target.module_id}/{implementation}", command)
