"""ServiceDiscovery, ServiceDetail and PaymentServiceSelection. Pure.

Source: ISO 15118-2 8.4.3.3 to 8.4.3.5, Tables 105 and 106 for service ids and the certificate service's
parameter sets; row M7.10.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.v2g.secc import authorization
from actors.v2g.secc.exchange import Answered
from actors.v2g.secc.iso2.answers import CHARGE_SERVICE_ID, Answer, answer, charge_service
from actors.v2g.secc.iso2.kept import keep
from actors.v2g.secc.iso2.limits import VAS_WITHIN_S
from actors.v2g.secc.iso2.phase import Phase
from protocols.interfaces import iso15118_vas as vas
from protocols.iso15118 import iso2
from protocols.iso15118.iso2 import ResponseCode, ServiceCategory
from protocols.types import iso15118, iso15118_vas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.conversation import Cause
    from actors.v2g.secc.turn import Turn

CERTIFICATE_ID: Final = 2
INTERNET_ID: Final = 3
SERVICES_MAX: Final = 8
MODES_MAX: Final = 6
PARAMETERS_MAX: Final = 16
SETS_MAX: Final = 255
VAS: Final = "iso15118_vas"
DETAIL: Final = "service detail"
SELECTED: Final = "selected services"
BYTE: Final = range(-(2**7), 2**7)
SHORT: Final = range(-(2**15), 2**15)
INT: Final = range(-(2**31), 2**31)
INSTALL: Final = 1
UPDATE: Final = 2


class Offered(NamedTuple):
    """A value-added service and the provider that has it."""

    provider: int
    service: iso2.Service


def modes(turn: Turn) -> tuple[iso2.EnergyTransferMode, ...]:
    """The energy transfer modes of this station that -2 knows."""
    known = {mode.value for mode in iso2.EnergyTransferMode}
    told = (mode.value for mode in turn.station.energy_transfer_modes)
    return tuple(iso2.EnergyTransferMode(mode) for mode in dict.fromkeys(told) if mode in known)[:MODES_MAX]


def payment_options(turn: Turn) -> tuple[iso2.PaymentOption, ...]:
    """How this car may pay: by contract over TLS only (S3.2, M7.10)."""
    told = turn.station.payment_options or (iso15118.PaymentOption.EXTERNAL_PAYMENT,)
    secure = turn.talk.tls_version is not None
    return tuple(
        iso2.PaymentOption(option.value)
        for option in dict.fromkeys(told)
        if secure or option is not iso15118.PaymentOption.CONTRACT
    )


def has_certificates(turn: Turn) -> bool:
    """Whether the car may fetch a contract certificate (M7.10)."""
    return turn.station.certificate_service and iso2.PaymentOption.CONTRACT in payment_options(turn)


def value_added(turn: Turn) -> tuple[Offered, ...]:
    """The services of the providers; of two with one id the first."""
    found: dict[int, Offered] = {}
    for provider, offer in enumerate(turn.station.value_added):
        for each in offer.services:
            if INTERNET_ID <= each.service_id < 2**16:
                service = iso2.Service(
                    service_id=each.service_id,
                    service_name=each.service_name,
                    service_category=ServiceCategory.INTERNET
                    if each.service_id == INTERNET_ID
                    else ServiceCategory.OTHER_CUSTOM,
                    service_scope=each.service_scope,
                    free_service=each.free_service is not False,  # as EVerest has it where nothing is said
                )
                found.setdefault(each.service_id, Offered(provider, service))
    return tuple(found.values())


def _all(turn: Turn) -> tuple[iso2.Service, ...]:
    """Everything beside charging, the certificate service first."""
    certificate = iso2.Service(
        service_id=CERTIFICATE_ID,
        service_name="Certificate",
        service_category=ServiceCategory.CONTRACT_CERTIFICATE,
        free_service=True,
    )
    first = (certificate,) if has_certificates(turn) else ()
    return (first + tuple(each.service for each in value_added(turn)))[:SERVICES_MAX]


def handle_service_discovery(request: iso2.ServiceDiscoveryReq, turn: Turn) -> Answer:
    """What can be charged, paid for and used; filtered if the car asks for a scope or category."""
    offered, options = modes(turn), payment_options(turn)
    if not offered or not options:
        return ResponseCode.FAILED
    scope, category = request.service_scope, request.service_category
    services = tuple(
        each
        for each in _all(turn)
        if scope in (None, "", each.service_scope) and category in (None, each.service_category)
    )
    turn.change(phase=Phase.SERVICES.value)
    return answer(
        request,
        turn,
        payment_option_list=iso2.PaymentOptionList(payment_option=options),
        charge_service=charge_service(offered),
        service_list=iso2.ServiceList(service=services) if services else None,
    )


def handle_service_detail(request: iso2.ServiceDetailReq, turn: Turn) -> Answer:
    """The variants of a service; a provider is asked for those of its own."""
    wanted = request.service_id
    if wanted == CERTIFICATE_ID and has_certificates(turn):
        return answer(request, turn, service_parameter_list=CERTIFICATE_SETS)
    if wanted == CHARGE_SERVICE_ID:
        return answer(request, turn)
    for provider, service in value_added(turn):
        if service.service_id == wanted:
            command = vas.GetServiceParameters(service_id=wanted)
            turn.ask(DETAIL, VAS, command, within_s=VAS_WITHIN_S, index=provider)
            return None
    return ResponseCode.FAILED_SERVICE_ID_INVALID


def resume_service_detail(request: iso2.ServiceDetailReq, turn: Turn, cause: Cause) -> Answer:
    """Go on with what the provider has answered; one that does not answer has nothing to say."""
    if not isinstance(cause, Answered) or cause.ask != DETAIL:
        return None
    if not isinstance(cause.reply, vas.GetServiceParametersReply):
        turn.note("service_parameters_missing", service_id=request.service_id)
        return answer(request, turn)
    sets = tuple(
        iso2.ParameterSet(parameter_set_id=each.set_id, parameter=parameters)
        for each in cause.reply.parameter_sets
        if each.set_id in SHORT and (parameters := _parameters(each))
    )[:SETS_MAX]
    listed = iso2.ServiceParameterList(parameter_set=sets) if sets else None
    return answer(request, turn, service_parameter_list=listed)


def _parameters(variant: iso15118_vas.ParameterSet) -> tuple[iso2.Parameter, ...]:
    found = (_parameter(each.name, each.value) for each in variant.parameters)
    return tuple(each for each in found if each is not None)[:PARAMETERS_MAX]


def _parameter(name: str, value: iso15118_vas.ParameterValue) -> iso2.Parameter | None:
    """One value in the form of -2, which has no plain number: that becomes a text. None: it does not fit."""
    if value.bool_value is not None:
        return iso2.Parameter(name=name, bool_value=value.bool_value)
    if value.finite_string is not None:
        return iso2.Parameter(name=name, string_value=value.finite_string)
    if value.rational_number is not None:
        return iso2.Parameter(name=name, string_value=repr(value.rational_number))
    if value.byte_value is not None:
        return iso2.Parameter(name=name, byte_value=value.byte_value) if value.byte_value in BYTE else None
    if value.short_value is not None:
        return (
            iso2.Parameter(name=name, short_value=value.short_value) if value.short_value in SHORT else None
        )
    fits = value.int_value is not None and value.int_value in INT
    return iso2.Parameter(name=name, int_value=value.int_value) if fits else None


def _certificate_set(number: int, name: str) -> iso2.ParameterSet:
    parameter = iso2.Parameter(name="Service", string_value=name)
    return iso2.ParameterSet(parameter_set_id=number, parameter=(parameter,))


CERTIFICATE_SETS: Final = iso2.ServiceParameterList(
    parameter_set=(_certificate_set(INSTALL, "Installation"), _certificate_set(UPDATE, "Update"))
)

NEXT: Final[Mapping[tuple[iso2.PaymentOption, bool], Phase]] = {
    (iso2.PaymentOption.EXTERNAL_PAYMENT, False): Phase.AUTHORIZATION,
    (iso2.PaymentOption.EXTERNAL_PAYMENT, True): Phase.AUTHORIZATION,
    (iso2.PaymentOption.CONTRACT, False): Phase.CONTRACT,
    (iso2.PaymentOption.CONTRACT, True): Phase.CERTIFICATE,
}
"""Where the choice of payment, and of the certificate service, leads [V2G2-551]."""


def handle_payment_service_selection(request: iso2.PaymentServiceSelectionReq, turn: Turn) -> Answer:
    """Take the car's choice of payment and services, and tell the providers of theirs."""
    option = request.selected_payment_option
    chosen = request.selected_service_list.selected_service
    ids = tuple(each.service_id for each in chosen)
    if option not in payment_options(turn):
        return ResponseCode.FAILED_PAYMENT_SELECTION_INVALID
    if CHARGE_SERVICE_ID not in ids:
        return ResponseCode.FAILED_NO_CHARGE_SERVICE_SELECTED
    if not set(ids) <= {CHARGE_SERVICE_ID, *(each.service_id for each in _all(turn))}:
        return ResponseCode.FAILED_SERVICE_SELECTION_INVALID
    authorization.choose(turn, iso15118.PaymentOption(option.value))
    keep(turn, services=ids)
    _tell_providers(turn, chosen)
    turn.change(phase=NEXT[option, CERTIFICATE_ID in ids].value)
    return answer(request, turn)


def _tell_providers(turn: Turn, chosen: tuple[iso2.SelectedService, ...]) -> None:
    providers = {each.service.service_id: each.provider for each in value_added(turn)}
    mine = sorted(
        (each for each in chosen if each.service_id in providers), key=lambda one: providers[one.service_id]
    )
    for provider, group in groupby(mine, key=lambda one: providers[one.service_id]):
        selected = tuple(
            iso15118_vas.SelectedService(
                service_id=each.service_id, parameter_set_id=each.parameter_set_id or 0
            )
            for each in group
        )
        command = vas.SelectedServices(selected_services=selected)
        turn.ask(f"{SELECTED} {provider}", VAS, command, within_s=VAS_WITHIN_S, index=provider)
