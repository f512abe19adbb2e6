"""Whether the EVSEs and connectors of a device model are those of the site (row S5.10). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.ocpp.device_model.names import ComponentName, Tier
from actors.ocpp.device_model.problems import ComponentProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from actors.ocpp.device_model.component import Component

PLACE: Final = "numbering"
_TIERS: Final = {"evse": Tier.EVSE, "connector": Tier.CONNECTOR}


def differences(
    components: Iterable[Component], connectors: Mapping[int, int]
) -> tuple[ComponentProblem, ...]:
    """Everything in which a device model differs from the site.

    `connectors` is how many connectors each EVSE of the site has, by the number of the EVSE.
    """
    declared = {component.name: component.file for component in components}
    wanted = list(_wanted(connectors))
    missing = [
        ComponentProblem(
            file="component_config",
            place=PLACE,
            text=f"there is no file for {name}",
            advice=f"Add custom/{file_name(name)}; evsite components init DIR makes such files.",
        )
        for name in wanted
        if name not in declared
    ]
    return (*missing, *_surplus(declared, connectors))


def file_name(name: ComponentName) -> str:
    """What the file of an EVSE or a connector is called."""
    numbers = "".join(f"_{number}" for number in (name.evse_id, name.connector_id) if number is not None)
    return f"{name.name}{numbers}.json"


def _wanted(connectors: Mapping[int, int]) -> Iterator[ComponentName]:
    for evse_id, count in sorted(connectors.items()):
        yield ComponentName("EVSE", evse_id=evse_id)
        for connector_id in range(1, count + 1):
            yield ComponentName("Connector", evse_id=evse_id, connector_id=connector_id)


def _surplus(
    declared: Mapping[ComponentName, str], connectors: Mapping[int, int]
) -> Iterator[ComponentProblem]:
    for name, file in declared.items():
        text = _why_surplus(name, connectors)
        if text is not None:
            advice = "Take the file away, or correct its evse_id and connector_id."
            yield ComponentProblem(file=file, place=PLACE, text=text, advice=advice)


def _why_surplus(name: ComponentName, connectors: Mapping[int, int]) -> str | None:
    if _TIERS.get(name.name.casefold(), name.tier) is not name.tier:
        return f"{name} does not say where in the site it is"
    if name.evse_id is None:
        return None
    if name.evse_id not in connectors:
        return f"{name}: the site has no EVSE {name.evse_id}"
    if (name.connector_id or 0) > connectors[name.evse_id]:
        return f"{name}: EVSE {name.evse_id} of the site has {connectors[name.evse_id]} connectors"
    return None
