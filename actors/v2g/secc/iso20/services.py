"""Service discovery, detail and selection. Pure.

Sources: ISO 15118-20 8.3.4.3.4 to 8.3.4.3.6, requirement ids at the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc.iso20 import offer, value_added
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.phases import Phase, RefusedError, enter, keep, mine
from actors.v2g.secc.iso20.session import publish_choice
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import ResponseCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.v2g.secc.turn import Turn

RENEGOTIATION: Final = True
"""Services can be chosen anew during a talk [V2G20-1931]."""


def handle_service_discovery(
    request: common.ServiceDiscoveryReq, turn: Turn
) -> common.ServiceDiscoveryRes | None:
    """Say which services there are, once the providers of others than energy have answered."""
    return None if value_added.fetch(turn) else _discovered(request, turn)


def proceed(request: common.ServiceDiscoveryReq, turn: Turn) -> common.ServiceDiscoveryRes | None:
    """Go on when the last provider has answered."""
    return None if mine(turn).fetching else _discovered(request, turn)


def _discovered(request: common.ServiceDiscoveryReq, turn: Turn) -> common.ServiceDiscoveryRes:
    known = request.supported_service_ids
    wanted = None if known is None else set(known.service_id)
    energy = [
        common.Service(service_id=offer.IDS[service], free_service=False)
        for service in offer.energy_services(turn)
        if wanted is None or offer.IDS[service] in wanted
    ]
    others = tuple(
        common.Service(service_id=each.service_id, free_service=each.free)
        for each in value_added.offered(turn)
        if wanted is None or each.service_id in wanted
    )
    if not energy:
        raise RefusedError(ResponseCode.FAILED, "no_service_in_common")
    turn.publish(extensions.ServiceRenegotiationSupported(supported=RENEGOTIATION))
    enter(turn, Phase.SERVICE_DETAIL)
    return common.ServiceDiscoveryRes(
        **ok(turn),
        service_renegotiation_supported=RENEGOTIATION,
        energy_transfer_service_list=common.ServiceList(service=tuple(energy)),
        vas_list=common.ServiceList(service=others) if others else None,
    )


def handle_service_detail(request: common.ServiceDetailReq, turn: Turn) -> common.ServiceDetailRes:
    """Give the variants of one service [V2G20-425, -464]."""
    sets = _variants(request.service_id, turn)
    if not sets:
        raise RefusedError(ResponseCode.FAILED_SERVICE_ID_INVALID, "service_not_offered")
    enter(turn, Phase.SERVICE_SELECTION)
    return common.ServiceDetailRes(
        **ok(turn),
        service_id=request.service_id,
        service_parameter_list=common.ServiceParameterList(parameter_set=tuple(sets)),
    )


def _variants(service_id: int, turn: Turn) -> Sequence[common.ParameterSet]:
    for service in offer.energy_services(turn):
        if offer.IDS[service] == service_id:
            found = offer.parameter_sets(service, turn)
            return tuple(offer.on_the_wire(number, each, turn) for number, each in found.items())
    for added in value_added.offered(turn):
        if added.service_id == service_id:
            return value_added.variants(added)
    return ()


def handle_service_selection(request: common.ServiceSelectionReq, turn: Turn) -> common.ServiceSelectionRes:
    """Take the car's choice; each pair of service and variant has to be on offer [V2G20-433, -467]."""
    energy = request.selected_energy_transfer_service
    others = request.selected_vas_list.selected_service if request.selected_vas_list is not None else ()
    added = {each.service_id for each in value_added.offered(turn)}
    if energy.service_id in added:  # [V2G20-1618]
        raise RefusedError(ResponseCode.FAILED_NO_ENERGY_TRANSFER_SERVICE_SELECTED, "no_energy_selected")
    found = [service for service in offer.energy_services(turn) if offer.IDS[service] == energy.service_id]
    sets = offer.parameter_sets(found[0], turn) if found else {}
    selected = sets.get(energy.parameter_set_id)
    if selected is None or not all(_is_offered(each, turn) for each in others):
        raise RefusedError(ResponseCode.FAILED_SERVICE_SELECTION_INVALID, "selection_not_offered")
    parking = any(each.service_id == offer.PARKING_STATUS for each in others)
    keep(turn, selected=selected, parking=parking, wants_services=False)
    value_added.tell(others, turn)
    publish_choice(turn, selected)
    enter(turn, Phase.PARAMETERS)
    return common.ServiceSelectionRes(**ok(turn))


def _is_offered(choice: common.SelectedService, turn: Turn) -> bool:
    return any(
        each.parameter_set_id == choice.parameter_set_id
        for added in value_added.offered(turn)
        if added.service_id == choice.service_id
        for each in value_added.variants(added)
    )
