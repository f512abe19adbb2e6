"""Network connection profiles as components: NetworkConfiguration, one per slot (OCPP 2.1, B09.FR.10). Pure.

A profile is kept once, in `NetworkConnectionProfiles`; these components show it, and what is set in them goes
there. A slot without a profile shows nothing; the first value that is set makes one, of what a station needs
and can know by itself.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ocpp.v21 import enums

from actors.ocpp.device_model.characteristics import Characteristics, DataType
from actors.ocpp.device_model.component import Mutability, actual, component
from actors.ocpp.device_model.names import ComponentName, VariableName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.device_model.component import Component

NAME: Final = "NetworkConfiguration"
URL: Final = "OcppCsmsUrl"
SECURITY: Final = "SecurityProfile"
READ_ONLY, READ_WRITE = Mutability.READ_ONLY, Mutability.READ_WRITE


class Part(NamedTuple):
    """One variable, and where its value stands in a profile's `connectionData`."""

    field: str
    kind: DataType
    mutability: Mutability = READ_WRITE
    options: str | None = None
    most: int | None = None
    unit: str | None = None


def _options(values: type[enums.OCPPInterfaceEnumType | enums.OCPPVersionEnumType]) -> str:
    return ",".join(each.value for each in values)


PARTS: Final[Mapping[str, Part]] = MappingProxyType(
    {
        URL: Part("ocppCsmsUrl", DataType.STRING, most=2000),
        "OcppInterface": Part(
            "ocppInterface", DataType.OPTION_LIST, options=_options(enums.OCPPInterfaceEnumType)
        ),
        "OcppTransport": Part("ocppTransport", DataType.OPTION_LIST, READ_ONLY, options="JSON"),
        "OcppVersion": Part("ocppVersion", DataType.OPTION_LIST, options=_options(enums.OCPPVersionEnumType)),
        "MessageTimeout": Part("messageTimeout", DataType.INTEGER, most=600, unit="s"),
        SECURITY: Part("securityProfile", DataType.INTEGER, most=3),
        "Identity": Part("identity", DataType.STRING, most=48),
        "BasicAuthPassword": Part("basicAuthPassword", DataType.STRING, Mutability.WRITE_ONLY, most=64),
    }
)
ABSENT: Final = ("ApnEnabled", "VpnEnabled")
"""Access points and tunnels are the operating system's: what a station says of them is no."""


def name_of(slot: int) -> ComponentName:
    """The component of a slot."""
    return ComponentName(NAME, str(slot))


def network_configuration(slot: int) -> Component:
    """The component for `DeviceModel.add`; it is not kept, for the profile is."""
    made = [
        actual(
            VariableName(variable),
            Characteristics(
                data_type=part.kind,
                unit=part.unit,
                min_limit=Decimal(0) if part.kind is DataType.INTEGER else None,
                max_limit=None if part.most is None else Decimal(part.most),
                values_list=part.options,
                supports_monitoring=part.mutability is not Mutability.WRITE_ONLY,
            ),
            mutability=part.mutability,
        )
        for variable, part in PARTS.items()
    ]
    no = Characteristics(data_type=DataType.BOOLEAN, supports_monitoring=True)
    absent = [actual(VariableName(each), no, value="false") for each in ABSENT]
    return component(name_of(slot), (*made, *absent), file="run time")


def shown(data: Mapping[str, Any], part: Part) -> str | None:
    """A value of a profile as the text of its variable; None: it has none that could be shown."""
    value = data.get(part.field, "")
    if part.kind is DataType.INTEGER:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
    return value if isinstance(value, str) and (value or part.kind is DataType.STRING) else None


def parsed(text: str, part: Part) -> int | str | None:
    """The value for a profile; None: it is to have none."""
    if part.kind is DataType.INTEGER:
        return int(text)
    return text or None
