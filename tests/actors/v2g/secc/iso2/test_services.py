import pytest

from actors.v2g.secc.exchange import Heard
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_vas as vas
from protocols.iso15118.iso2 import ResponseCode, ServiceCategory
from protocols.message import Failure, FailureReason
from protocols.types import iso15118, iso15118_vas
from tests.support.secc_iso2 import CONTRACT, EXTERNAL, Iso2Bench, iso2, selection

WEB = iso15118_vas.OfferedService(service_id=3, service_name="web", free_service=True)
PARK = iso15118_vas.OfferedService(service_id=60000, service_scope="park")
ODD = (1, 2, 70000)


def offers(bench, *services, index=0):
    offered = iso15118_vas.OfferedServices(services=services)
    bench.feed(Heard(requirement="iso15118_vas", index=index, variable=vas.OfferedVas(offered=offered)))


def discovered(*, tls=True, certificates=True, **request):
    bench = Iso2Bench(tls=tls)
    bench.tell(
        charger.SessionSetup(
            payment_options=(iso15118.PaymentOption.CONTRACT, iso15118.PaymentOption.EXTERNAL_PAYMENT),
            supported_certificate_service=certificates,
            central_contract_validation_allowed=False,
        )
    )
    offers(bench, WEB)
    offers(bench, PARK, WEB, *(iso15118_vas.OfferedService(service_id=each) for each in ODD), index=2)
    bench.set_up()
    return bench, bench.ask(iso2.ServiceDiscoveryReq(**request))


def ids(response):
    return [each.service_id for each in response.service_list.service] if response.service_list else []


def test_contract_is_offered_over_tls_only():
    assert discovered()[1].payment_option_list.payment_option == (CONTRACT, EXTERNAL)
    assert discovered(tls=False)[1].payment_option_list.payment_option == (EXTERNAL,)


@pytest.mark.parametrize(
    ("tls", "certificates", "found"),
    [(True, True, [2, 3, 60000]), (True, False, [3, 60000]), (False, True, [3, 60000])],
)
def test_certificates_are_offered_with_plug_and_charge_only(tls, certificates, found):
    assert ids(discovered(tls=tls, certificates=certificates)[1]) == found


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({"service_category": ServiceCategory.INTERNET}, [3]),
        ({"service_category": ServiceCategory.EV_CHARGING}, []),
        ({"service_scope": "park"}, [60000]),
        ({"service_scope": ""}, [2, 3, 60000]),
    ],
)
def test_services_are_filtered_as_the_car_asks(request_, found):
    assert ids(discovered(**request_)[1]) == found


def test_only_modes_that_the_protocol_knows_are_offered():
    bench = Iso2Bench()
    modes = (iso15118.EnergyTransferMode.DC_BPT, iso15118.EnergyTransferMode.DC_EXTENDED)
    bench.tell(charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=modes))
    bench.set_up()

    response = bench.ask(iso2.ServiceDiscoveryReq())

    found = response.charge_service.supported_energy_transfer_mode.energy_transfer_mode
    assert found == (iso2.EnergyTransferMode.DC_EXTENDED,)


@pytest.mark.parametrize("mode", ["AC_BPT", "DC_BPT"])
def test_a_station_without_a_fitting_mode_cannot_serve(mode):
    bench = Iso2Bench()
    modes = (iso15118.EnergyTransferMode(mode),)
    bench.tell(charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=modes))
    bench.set_up()

    assert bench.ask(iso2.ServiceDiscoveryReq()).response_code is ResponseCode.FAILED


def test_a_station_that_takes_contracts_only_cannot_serve_without_tls():
    bench = Iso2Bench()
    bench.tell(
        charger.SessionSetup(
            payment_options=(iso15118.PaymentOption.CONTRACT,),
            supported_certificate_service=True,
            central_contract_validation_allowed=False,
        )
    )
    bench.set_up()

    assert bench.ask(iso2.ServiceDiscoveryReq()).response_code is ResponseCode.FAILED


def test_the_certificate_service_has_two_variants():
    bench, _ = discovered()

    response = bench.ask(iso2.ServiceDetailReq(service_id=2))

    sets = response.service_parameter_list.parameter_set
    assert [each.parameter[0].string_value for each in sets] == ["Installation", "Update"]


@pytest.mark.parametrize(("tls", "service"), [(True, 4), (False, 2)])
def test_a_service_that_is_not_offered_has_no_detail(tls, service):
    bench, _ = discovered(tls=tls)

    response = bench.ask(iso2.ServiceDetailReq(service_id=service))

    assert response.response_code is ResponseCode.FAILED_SERVICE_ID_INVALID


def values(**value):
    return iso15118_vas.Parameter(name="p", value=iso15118_vas.ParameterValue(**value))


def test_a_provider_is_asked_for_the_variants_of_its_service():
    bench, _ = discovered()
    variant = iso15118_vas.ParameterSet(
        set_id=7,
        parameters=(
            values(bool_value=True),
            values(finite_string="text"),
            values(rational_number=0.5),
            values(byte_value=-1),
            values(short_value=1000),
            values(int_value=100000),
            values(int_value=2**40),
            values(byte_value=1000),
        ),
    )
    empty = iso15118_vas.ParameterSet(set_id=8, parameters=())
    beyond = iso15118_vas.ParameterSet(set_id=2**20, parameters=(values(bool_value=True),))

    assert bench.ask(iso2.ServiceDetailReq(service_id=60000)) is None
    assert bench.asks["service detail"].index == 2
    bench.tell(charger.DlinkReady(value=True))
    assert bench.response() is None
    bench.answer("service detail", vas.GetServiceParametersReply(parameter_sets=(variant, empty, beyond)))

    (found,) = bench.response().service_parameter_list.parameter_set
    assert found.parameter_set_id == 7
    assert [each.string_value for each in found.parameter] == [None, "text", "0.5", None, None, None]
    assert [each.byte_value for each in found.parameter] == [None, None, None, -1, None, None]
    assert found.parameter[4].short_value == 1000
    assert found.parameter[5].int_value == 100000


@pytest.mark.parametrize(
    "reply",
    [Failure(reason=FailureReason.TIMEOUT, detail=""), vas.GetServiceParametersReply(parameter_sets=())],
)
def test_a_provider_that_says_nothing_holds_nobody_up(reply):
    bench, _ = discovered()
    bench.ask(iso2.ServiceDetailReq(service_id=3))

    bench.answer("service detail", reply)

    assert bench.response().response_code is ResponseCode.OK
    assert bench.response().service_parameter_list is None


@pytest.mark.parametrize(
    ("option", "services", "code"),
    [
        (CONTRACT, (1,), ResponseCode.FAILED_PAYMENT_SELECTION_INVALID),
        (EXTERNAL, (3,), ResponseCode.FAILED_NO_CHARGE_SERVICE_SELECTED),
        (EXTERNAL, (1, 4), ResponseCode.FAILED_SERVICE_SELECTION_INVALID),
        (EXTERNAL, (1, 2), ResponseCode.FAILED_SERVICE_SELECTION_INVALID),
    ],
)
def test_a_choice_that_was_not_offered_is_refused(option, services, code):
    bench, _ = discovered(tls=False)

    assert bench.ask(selection(option, *services)).response_code is code
    assert not bench.published(charger.SelectedPaymentOption)


def test_providers_hear_of_the_services_that_were_chosen():
    bench, _ = discovered()

    response = bench.ask(selection(EXTERNAL, 60000, 1, 3))

    assert response.response_code is ResponseCode.OK
    assert bench.published(charger.SelectedPaymentOption)
    asked = {each.index: each.command.selected_services for each in bench.asks.values()}
    assert {index: [one.service_id for one in chosen] for index, chosen in asked.items()} == {
        0: [3],
        2: [60000],
    }


@pytest.mark.parametrize(
    ("option", "services", "phase"),
    [
        (EXTERNAL, (1,), "Authorization"),
        (EXTERNAL, (1, 2), "Authorization"),
        (CONTRACT, (1,), "Contract"),
        (CONTRACT, (1, 2), "Certificate"),
    ],
)
def test_the_choice_decides_what_comes_next(option, services, phase):
    bench, _ = discovered()

    bench.ask(selection(option, *services))

    assert bench.talk.phase == phase


@pytest.mark.parametrize(("told", "free"), [(None, True), (True, True), (False, False)])
def test_a_service_is_free_unless_its_provider_says_otherwise(told, free):
    bench = Iso2Bench()
    offers(bench, iso15118_vas.OfferedService(service_id=9, free_service=told))
    bench.set_up()

    (service,) = bench.ask(iso2.ServiceDiscoveryReq()).service_list.service

    assert service.free_service is free
