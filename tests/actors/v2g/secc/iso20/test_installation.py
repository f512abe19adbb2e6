import base64
import dataclasses

import pytest

from actors.v2g.secc import contract
from actors.v2g.secc.iso20.answers import refusal
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.turn import Turn
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import ResponseCode
from protocols.types.iso15118 import (
    CertificateActionEnum,
    ExiResponseStatus,
    PaymentOption,
    ResponseExiStreamStatus,
)
from tests.support.secc_iso20 import STATION, Car20, every_request
from tests.support.secc_iso20_pnc import ACCEPTED, NO_DATA, contract_request, expiring_car, pnc_car


def install(car):
    return car.send(every_request(car)["CertificateInstallationReq"][0])


def told(text, status=ExiResponseStatus.ACCEPTED):
    return extensions.SetGetCertificateResponse(
        certificate_response=ResponseExiStreamStatus(
            status=status, exi_response=text, certificate_action=CertificateActionEnum.INSTALL
        )
    )


def answer(car):
    """What the back-end would answer this car."""
    request = every_request(car)["CertificateInstallationReq"][0]
    turn = Turn(car.bench.state, car.bench.settings, car.bench.now, car.bench.random)
    return exi.encode(refusal(request, ResponseCode.OK, turn), exi.Schema.ISO20_COMMON)


def test_the_request_goes_to_the_back_end_untouched():
    car = pnc_car()
    request = every_request(car)["CertificateInstallationReq"][0]

    assert car.send(request) is None

    (asked,) = car.bench.published(extensions.Iso15118CertificateRequest)
    assert base64.b64decode(asked.request.exi_request) == exi.encode(request, exi.Schema.ISO20_COMMON)
    assert asked.request.certificate_action is CertificateActionEnum.INSTALL
    assert asked.request.iso15118_schema_version == "urn:iso:std:iso:15118:-20:CommonMessages"
    assert car.bench.timers["certificate"] > car.bench.now
    assert "sequence" not in car.bench.timers


def test_the_answer_goes_to_the_car_untouched():
    car = pnc_car()
    data = answer(car)
    install(car)

    car.bench.tell(told(base64.b64encode(data).decode()))

    assert car.bench.sent() == data
    assert car.phase is Phase.AUTHORIZATION
    assert "certificate" not in car.bench.timers
    assert "sequence" in car.bench.timers


def test_an_answer_that_was_made_for_another_session_is_waited_past():
    car = pnc_car()
    own = answer(car)
    foreign = exi.decode(own, exi.Schema.ISO20_COMMON)
    header = dataclasses.replace(foreign.header, session_id=b"ANOTHER1")
    other = exi.encode(dataclasses.replace(foreign, header=header), exi.Schema.ISO20_COMMON)
    install(car)

    car.bench.tell(told(base64.b64encode(other).decode()))

    assert car.bench.sent() is None
    car.bench.tell(told(base64.b64encode(own).decode()))
    assert car.bench.sent() == own


NO_USE = {
    "failed": told(None, ExiResponseStatus.FAILED),
    "nothing": told(None),
    "no base64": told("###"),
    "no exi": told(base64.b64encode(b"hello").decode()),
    "another message": told(
        base64.b64encode(
            exi.encode(Car20().message(common.AuthorizationSetupReq), exi.Schema.ISO20_COMMON)
        ).decode()
    ),
}


@pytest.mark.parametrize("command", NO_USE.values(), ids=NO_USE)
def test_an_answer_of_no_use_is_no_certificate(command):
    car = pnc_car()
    install(car)

    car.bench.tell(command)

    assert car.heard().response_code == "WARNING_NoCertificateAvailable"
    assert car.phase is Phase.AUTHORIZATION


def test_an_answer_that_does_not_come_is_no_certificate():
    car = pnc_car()
    install(car)

    car.bench.pass_time(4.6)

    assert car.heard().response_code == "WARNING_NoCertificateAvailable"
    assert car.bench.closed is None


def test_other_commands_do_not_end_the_wait():
    car = pnc_car()
    install(car)

    car.bench.tell(charger.DlinkReady(value=True))

    assert car.bench.talk.held
    assert car.bench.effects == ()


def test_an_answer_nobody_waits_for_is_dropped():
    car = pnc_car()

    car.bench.tell(told(base64.b64encode(answer(car)).decode()))

    assert car.bench.effects == ()


def test_a_request_too_long_for_the_interface_is_not_passed_on():
    car = pnc_car()
    request = every_request(car)["CertificateInstallationReq"][0]
    chain = common.SignedCertificateChain(
        id="ID1",
        certificate=bytes(1600),
        sub_certificates=common.SubCertificates(certificate=(bytes(1600),) * 3),
    )

    response = car.send(dataclasses.replace(request, oem_provisioning_certificate_chain=chain))

    assert response.response_code == "WARNING_NoCertificateAvailable"
    assert car.bench.published(extensions.Iso15118CertificateRequest) == []


def test_installation_that_was_not_offered_is_a_sequence_error():
    station = dataclasses.replace(STATION, payment_options=tuple(PaymentOption), certificate_service=False)
    car = Car20(tls="TLSv1.3", station=station).go_to(Phase.AUTHORIZATION)

    assert install(car).response_code == "FAILED_SequenceError"
    assert car.bench.closed.reason == "installation_not_offered"


def test_a_newer_contract_has_to_be_authorized_anew():
    # given
    car, _ = expiring_car()
    install(car)

    # when
    car.bench.tell(told(base64.b64encode(answer(car)).decode()))

    # then
    assert car.phase is Phase.AUTHORIZATION
    request = contract_request(car)
    assert car.send(request).evse_processing == "Ongoing"
    car.bench.answer(f"{contract.OCSP} 2", NO_DATA)
    car.bench.tell(ACCEPTED)
    assert car.send(request).response_code == "OK_CertificateExpiresSoon"
