"""Value-added services: what the providers offer, asked for before the car hears of it. Pure.

The parameter sets are fetched when the car discovers services, so that a provider that does not answer is not
offered and cannot fail a talk later. Sources: ISO 15118-20 8.4.3.2, Table 204; interface `ISO15118_vas`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.exchange import Level
from actors.v2g.secc.iso20.numbers import rational
from actors.v2g.secc.iso20.phases import keep, mine
from actors.v2g.secc.iso20.talk import ValueAdded
from actors.v2g.secc.iso20.timers import VALUE_ADDED_S
from protocols.interfaces import iso15118_vas
from protocols.iso15118.iso20 import common
from protocols.types import iso15118_vas as vas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.message import Reply

REQUIREMENT: Final = "iso15118_vas"
ASK: Final = "service parameters "
TOLD: Final = "selected services "
MAX_SERVICES: Final = 8
MAX_ENTRIES: Final = 32
_ENERGY: Final = range(1, 60)
"""Ids that the standard keeps for energy transfer."""
_UNSIGNED: Final = range(1 << 16)


def fetch(turn: Turn) -> bool:
    """Ask each provider for the variants of its services; whether there is anything to wait for."""
    found: dict[int, ValueAdded] = {}
    for provider, offer in enumerate(turn.station.value_added):
        for service in offer.services:
            number = service.service_id
            if number in _UNSIGNED and number not in _ENERGY and number not in found:
                free = service.free_service is not False
                found[number] = ValueAdded(service_id=number, provider=provider, free=free)
    wanted = tuple(found.values())[:MAX_SERVICES]
    keep(turn, value_added=wanted, fetching=tuple(f"{ASK}{each.service_id}" for each in wanted))
    for each in wanted:
        turn.ask(
            f"{ASK}{each.service_id}",
            REQUIREMENT,
            iso15118_vas.GetServiceParameters(service_id=each.service_id),
            within_s=VALUE_ADDED_S,
            index=each.provider,
        )
    return bool(wanted)


def answered(ask: str, reply: Reply, turn: Turn) -> bool:
    """A provider has answered or failed; whether that was the last one waited for."""
    waited = mine(turn).fetching
    if ask not in waited:
        return False
    sets: tuple[vas.ParameterSet, ...] = ()
    if isinstance(reply, iso15118_vas.GetServiceParametersReply):
        sets = tuple(each for each in reply.parameter_sets if on_the_wire(each) is not None)[:MAX_ENTRIES]
    if not sets:
        turn.note("value_added_service_withheld", Level.WARNING, ask=ask)
    known = mine(turn).value_added
    told = tuple(
        dataclasses.replace(each, parameter_sets=sets) if f"{ASK}{each.service_id}" == ask else each
        for each in known
    )
    left = tuple(each for each in waited if each != ask)
    keep(turn, value_added=told, fetching=left)
    return not left


def offered(turn: Turn) -> tuple[ValueAdded, ...]:
    """The services whose variants are known."""
    return tuple(each for each in mine(turn).value_added if each.parameter_sets)


def variants(service: ValueAdded) -> tuple[common.ParameterSet, ...]:
    """The variants of a service as ServiceDetailRes carries them."""
    return tuple(filter(None, map(on_the_wire, service.parameter_sets)))


def tell(selected: Iterable[common.SelectedService], turn: Turn) -> None:
    """Tell each provider concerned what the car has chosen of its services."""
    providers: dict[int, list[vas.SelectedService]] = {}
    owners = {each.service_id: each.provider for each in offered(turn)}
    for each in selected:
        choice = vas.SelectedService(service_id=each.service_id, parameter_set_id=each.parameter_set_id)
        providers.setdefault(owners[each.service_id], []).append(choice)
    for provider, choices in providers.items():
        command = iso15118_vas.SelectedServices(selected_services=tuple(choices))
        turn.ask(f"{TOLD}{provider}", REQUIREMENT, command, within_s=VALUE_ADDED_S, index=provider)


def on_the_wire(given: vas.ParameterSet) -> common.ParameterSet | None:
    """A variant for the car; None if it has values the wire cannot carry."""
    parameters = tuple(map(_parameter, given.parameters))
    if given.set_id not in _UNSIGNED or None in parameters or not 0 < len(parameters) <= MAX_ENTRIES:
        return None
    return common.ParameterSet(parameter_set_id=given.set_id, parameter=tuple(filter(None, parameters)))


_RANGES: Final[Mapping[str, range]] = {
    "byte_value": range(-(1 << 7), 1 << 7),
    "short_value": range(-(1 << 15), 1 << 15),
    "int_value": range(-(1 << 31), 1 << 31),
}


def _parameter(given: vas.Parameter) -> common.Parameter | None:
    value = given.value
    if value.finite_string is not None:
        return common.Parameter(name=given.name, finite_string=value.finite_string)
    if value.rational_number is not None:
        return common.Parameter(name=given.name, rational_number=rational(value.rational_number))
    if value.bool_value is not None:
        return common.Parameter(name=given.name, bool_value=value.bool_value)
    for field, fits in _RANGES.items():
        number = getattr(value, field)
        if number is not None:
            made = common.Parameter(name=given.name, **{field: number})
            return made if number in fits else None
    return None
