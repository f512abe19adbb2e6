import dataclasses

import pytest

from actors.v2g.secc.exchange import Ask
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.interfaces import iso15118_vas
from protocols.iso15118.iso20 import common
from protocols.message import Reply
from protocols.types.iso15118 import (
    BptChannel,
    Connector,
    ControlMode,
    EnergyTransferMode,
    GeneratorMode,
    MobilityNeedsMode,
    Pricing,
    ServiceCategory,
)
from protocols.types.iso15118 import SelectedServiceParameters as Selected
from protocols.types.iso15118_vas import (
    OfferedService,
    OfferedServices,
    Parameter,
    ParameterSet,
    ParameterValue,
)
from tests.support.secc_iso20 import STATION, Car20, car_in

INTERNET = OfferedServices(services=(OfferedService(service_id=65, free_service=True),))
PARKING = OfferedServices(services=(OfferedService(service_id=66, free_service=False),))
HTTP = ParameterSet(
    set_id=3, parameters=(Parameter(name="Protocol", value=ParameterValue(finite_string="http")),)
)
VAS_STATION = dataclasses.replace(STATION, value_added=(INTERNET, PARKING))


def vas_car():
    """A car whose station has two providers, both of which have answered."""
    car = Car20(station=VAS_STATION).go_to(Phase.SERVICE_DISCOVERY)
    assert car.discover() is None
    for ask in list(car.bench.asks):
        car.bench.answer(ask, iso15118_vas.GetServiceParametersReply(parameter_sets=(HTTP,)))
    return car


def choice(*pairs):
    return common.SelectedServiceList(
        selected_service=tuple(
            common.SelectedService(service_id=service, parameter_set_id=variant) for service, variant in pairs
        )
    )


def test_a_dc_talk_is_offered_dc_services_only():
    response = car_in(Phase.SERVICE_DISCOVERY, 2).discover()

    assert [each.service_id for each in response.energy_transfer_service_list.service] == [2, 6]
    assert response.service_renegotiation_supported is True
    assert response.vas_list is None


def test_an_ac_talk_is_offered_ac_services_only():
    response = car_in(Phase.SERVICE_DISCOVERY, 1).discover()

    assert [each.service_id for each in response.energy_transfer_service_list.service] == [1, 5]


def test_discovery_tells_that_services_can_be_renegotiated():
    car = car_in(Phase.SERVICE_DISCOVERY)

    car.discover()

    assert car.bench.published(extensions.ServiceRenegotiationSupported) == [
        extensions.ServiceRenegotiationSupported(supported=True)
    ]


def test_a_car_is_shown_only_what_it_knows():
    car = car_in(Phase.SERVICE_DISCOVERY)

    response = car.say(
        common.ServiceDiscoveryReq, supported_service_ids=common.ServiceIdList(service_id=(6, 1, 99))
    )

    assert [each.service_id for each in response.energy_transfer_service_list.service] == [6]


def test_without_a_service_in_common_the_talk_fails():
    car = car_in(Phase.SERVICE_DISCOVERY)

    response = car.say(
        common.ServiceDiscoveryReq, supported_service_ids=common.ServiceIdList(service_id=(1,))
    )

    assert response.response_code == "FAILED"
    assert car.bench.closed.reason == "no_service_in_common"


@pytest.mark.parametrize("service", [1, 2, 5, 6])
def test_a_service_says_its_variants_by_number(service):
    car = car_in(Phase.SERVICE_DETAIL, service)

    (variant,) = car.detail().service_parameter_list.parameter_set

    values = {each.name: each.int_value for each in variant.parameter}
    expected = {"Connector": 3 if car.ac else 2, "ControlMode": 2, "MobilityNeedsMode": 1, "Pricing": 0}
    if car.ac:
        expected["EVSENominalVoltage"] = 230
    if car.bpt:
        expected |= {"BPTChannel": 1, "GeneratorMode": 1}
    if service == 5:
        expected["GridCodeIslandingDetectionMethod"] = 2
    assert values == expected
    assert variant.parameter_set_id == 1


def test_both_control_modes_and_the_wishes_of_the_station_are_variants():
    settings = Settings(scheduled_mode=True, dynamic_mode=True, mobility_needs_from_station=True)
    car = Car20(settings=settings).go_to(Phase.SERVICE_DETAIL)

    sets = car.detail().service_parameter_list.parameter_set

    named = [{each.name: each.int_value for each in one.parameter} for one in sets]
    assert [(each["ControlMode"], each["MobilityNeedsMode"]) for each in named] == [(1, 1), (2, 1), (2, 2)]
    assert [each.parameter_set_id for each in sets] == [1, 2, 3]


def test_more_details_may_be_asked_before_the_choice():
    car = car_in(Phase.SERVICE_DETAIL)

    assert car.detail(2).service_id == 2
    assert car.detail(6).service_id == 6
    assert car.select(service=2).response_code == "OK"


@pytest.mark.parametrize("service", [0, 1, 3, 65, 0xFFFF])
def test_details_of_a_service_not_on_offer_fail(service):
    car = car_in(Phase.SERVICE_DETAIL)

    response = car.say(common.ServiceDetailReq, service_id=service)

    assert response.response_code == "FAILED_ServiceIDInvalid"


def test_the_choice_is_published_for_everybody():
    car = car_in(Phase.SERVICE_SELECTION, 6)

    car.select()

    (mode,) = car.bench.published(charger.RequestedEnergyTransferMode)
    assert mode.energy_transfer_mode is EnergyTransferMode.DC_BPT
    (chosen,) = car.bench.published(charger.SelectedServiceParameters)
    assert chosen.parameters == Selected(
        energy_transfer=ServiceCategory.DC_BPT,
        connector=Connector.EXTENDED,
        control_mode=ControlMode.DYNAMIC_CONTROL,
        mobility_needs_mode=MobilityNeedsMode.EVCC,
        pricing=Pricing.NO_PRICING,
        bpt_channel=BptChannel.UNIFIED,
        generator_mode=GeneratorMode.GRID_FOLLOWING,
    )
    assert car.bench.talk.energy_mode is EnergyTransferMode.DC_BPT


@pytest.mark.parametrize(("service", "variant"), [(2, 0), (2, 2), (1, 1), (3, 1), (65, 1)])
def test_a_pair_that_was_not_offered_cannot_be_chosen(service, variant):
    response = car_in(Phase.SERVICE_SELECTION).select(variant, service)

    assert response.response_code == "FAILED_ServiceSelectionInvalid"


def test_providers_are_asked_before_the_car_hears_of_them():
    car = Car20(station=VAS_STATION).go_to(Phase.SERVICE_DISCOVERY)

    assert car.discover() is None

    asks = [each for each in car.bench.effects if isinstance(each, Ask)]
    assert [(each.requirement, each.index, each.command.service_id) for each in asks] == [
        ("iso15118_vas", 0, 65),
        ("iso15118_vas", 1, 66),
    ]
    assert all(each.within_s < 1.5 for each in asks)


def test_services_that_answered_are_offered_with_their_price():
    car = vas_car()

    offered = car.heard().vas_list.service

    assert [(each.service_id, each.free_service) for each in offered] == [(65, True), (66, False)]


def test_a_provider_that_fails_is_not_offered():
    car = Car20(station=VAS_STATION).go_to(Phase.SERVICE_DISCOVERY)
    car.discover()
    first, second = list(car.bench.asks)

    car.bench.answer(first, Reply())
    assert car.bench.sent() is None
    car.bench.answer(second, iso15118_vas.GetServiceParametersReply(parameter_sets=(HTTP,)))

    assert [each.service_id for each in car.heard().vas_list.service] == [66]


def test_the_variants_of_an_added_service_are_shown():
    car = vas_car()

    response = car.detail(65)

    (variant,) = response.service_parameter_list.parameter_set
    assert variant.parameter_set_id == 3
    assert variant.parameter[0].finite_string == "http"


def test_each_added_service_has_its_own_variants():
    car = vas_car()

    assert car.detail(66).service_id == 66


def test_each_provider_hears_what_was_chosen_of_it():
    car = vas_car()
    car.detail()

    response = car.select(selected_vas_list=choice((65, 3), (66, 3)))

    assert response.response_code == "OK"
    told = {each.index: each.command for each in car.bench.effects if isinstance(each, Ask)}
    assert told[0].selected_services[0].service_id == 65
    assert told[1].selected_services[0].service_id == 66
    assert car.bench.talk.iso20.parking


@pytest.mark.parametrize("pairs", [[(65, 9)], [(70, 3)], [(65, 3), (66, 1)]])
def test_an_added_service_that_was_not_offered_cannot_be_chosen(pairs):
    car = vas_car()
    car.detail()

    response = car.select(selected_vas_list=choice(*pairs))

    assert response.response_code == "FAILED_ServiceSelectionInvalid"
    assert not any(isinstance(each, Ask) for each in car.bench.effects)


def test_an_added_service_is_no_energy_transfer():
    car = vas_car()
    car.detail()

    assert car.select(3, 65).response_code == "FAILED_NoEnergyTransferServiceSelected"
