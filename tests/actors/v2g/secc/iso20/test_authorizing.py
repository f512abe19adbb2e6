import dataclasses

import pytest

from actors.v2g.secc import contract
from actors.v2g.secc.exchange import Ask
from actors.v2g.secc.iso20.authorizing import MAX_ATTEMPTS, PROBLEMS, REFUSALS
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import Verdict
from protocols.interfaces import evse_security
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import common
from protocols.types import evse_security as security
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import PaymentOption
from tests.support import certificates
from tests.support.secc_iso20 import GRANTED, REFUSED, STATION, Car20, car_in
from tests.support.secc_iso20_pnc import (
    ACCEPTED,
    CRASH,
    NO_DATA,
    PNC_STATION,
    contract_request,
    expiring_car,
    pnc_car,
)
from tests.support.secc_security import answer_truly, forged_contract


def asked(car):
    return [each.ask for each in car.bench.effects if isinstance(each, Ask)]


def test_over_plain_tcp_no_contract_is_welcome():
    car = Car20(station=PNC_STATION).go_to(Phase.AUTHORIZATION_SETUP)

    response = car.authorization_setup()

    assert response.authorization_services == (common.Authorization.EIM,)
    assert response.pnc_as_res_authorization_mode is None
    assert response.certificate_installation_service is False


def test_over_tls_a_contract_is_welcome_with_a_fresh_challenge():
    car = Car20(station=PNC_STATION, tls="TLSv1.3").go_to(Phase.AUTHORIZATION_SETUP)

    response = car.authorization_setup()

    assert set(response.authorization_services) == {common.Authorization.EIM, common.Authorization.PNC}
    assert response.pnc_as_res_authorization_mode.gen_challenge == car.bench.talk.challenge
    assert len(car.bench.talk.challenge) == 16
    assert response.certificate_installation_service is True


def test_two_talks_get_two_challenges():
    car = pnc_car()
    first = car.bench.talk.challenge
    car.stop()
    car.bench.disconnect()

    car.go_to(Phase.AUTHORIZATION)

    assert car.bench.talk.challenge != first


def test_a_station_that_offers_contracts_only_offers_eim_without_tls():
    station = dataclasses.replace(STATION, payment_options=(PaymentOption.CONTRACT,))
    car = Car20(station=station).go_to(Phase.AUTHORIZATION_SETUP)

    assert car.authorization_setup().authorization_services == (common.Authorization.EIM,)


def test_by_other_means_the_station_is_asked_once():
    car = car_in(Phase.AUTHORIZATION)

    first = car.authorize()
    second = car.authorize()

    assert first.evse_processing == second.evse_processing == "Ongoing_WaitingForCustomerInteraction"
    assert car.bench.published(charger.RequireAuthEim, ever=True) == [charger.RequireAuthEim()]


def test_a_grant_reaches_the_car_with_its_next_request():
    car = car_in(Phase.AUTHORIZING)
    car.bench.tell(GRANTED)

    response = car.authorize()

    assert (response.response_code, response.evse_processing) == ("OK", "Finished")
    assert car.phase is Phase.SERVICE_DISCOVERY


def test_a_refusal_lets_the_car_try_again():
    car = car_in(Phase.AUTHORIZING)
    car.bench.tell(REFUSED)

    assert car.authorize().response_code == "WARNING_EIMAuthorizationFailure"
    assert car.phase is Phase.AUTHORIZATION
    assert car.authorize().evse_processing == "Ongoing_WaitingForCustomerInteraction"
    car.bench.tell(GRANTED)
    assert car.authorize().response_code == "OK"


def test_a_car_is_not_refused_for_ever():
    car = car_in(Phase.AUTHORIZATION)
    codes = []
    for _ in range(MAX_ATTEMPTS):
        car.authorize()
        car.bench.tell(REFUSED)
        codes.append(car.authorize().response_code)

    assert codes == ["WARNING_EIMAuthorizationFailure"] * (MAX_ATTEMPTS - 1) + ["FAILED"]
    assert car.bench.closed.reason == "authorization_attempts"


def test_when_nobody_answers_the_talk_fails():
    settings = Settings(auth_timeout_eim_s=30)
    car = Car20(settings=settings).go_to(Phase.AUTHORIZING)
    car.bench.pass_time(31)

    assert car.authorize().response_code == "FAILED"
    assert car.bench.closed.reason == "authorization_timeout"


def test_a_late_answer_does_not_revive_a_talk_that_timed_out():
    car = Car20(settings=Settings(auth_timeout_eim_s=30)).go_to(Phase.AUTHORIZING)
    car.bench.pass_time(31)
    car.bench.tell(GRANTED)

    assert car.authorize().response_code == "FAILED"


@pytest.mark.parametrize("phase", [Phase.AUTHORIZATION, Phase.AUTHORIZING])
def test_a_stopped_session_is_not_authorized(phase):
    car = car_in(phase)
    car.bench.tell(charger.StopCharging(stop=True), GRANTED)

    assert car.authorize().response_code == "FAILED"
    assert car.bench.closed.reason == "stopped"


def test_a_way_that_was_not_offered_is_warned_about():
    car = car_in(Phase.AUTHORIZATION)

    response = car.say(
        common.AuthorizationReq,
        selected_authorization_service=common.Authorization.PNC,
        eim_a_req_authorization_mode=common.EimAReqAuthorizationMode(),
    )

    assert response.response_code == "WARNING_AuthorizationSelectionInvalid"
    assert car.authorize().response_code == "OK"


def test_a_contract_is_published_only_after_its_check():
    # given
    car = pnc_car()

    # when
    response = car.send(contract_request(car))

    # then
    assert (response.response_code, response.evse_processing) == ("OK", "Ongoing")
    assert asked(car) == [contract.OCSP]
    assert car.bench.published(charger.RequireAuthPnc) == []
    car.bench.answer(contract.OCSP, NO_DATA)
    (told,) = car.bench.published(charger.RequireAuthPnc)
    assert told.token.id_token.value == "DE8EVSC0000001X"
    assert told.token.certificate.count("BEGIN CERTIFICATE") == 3


def test_a_contract_that_is_accepted_authorizes():
    car = pnc_car()
    request = contract_request(car)
    car.send(request)
    car.bench.answer(contract.OCSP, NO_DATA)
    assert car.send(request).evse_processing == "Ongoing"
    car.bench.tell(ACCEPTED)

    response = car.send(request)

    assert (response.response_code, response.evse_processing) == ("OK", "Finished")
    assert car.phase is Phase.SERVICE_DISCOVERY
    assert car.bench.talk.challenge == b""
    assert len(car.bench.published(charger.RequireAuthPnc, ever=True)) == 1


def test_a_contract_is_published_even_if_security_fails():
    car = pnc_car()
    car.send(contract_request(car))

    car.bench.answer(contract.OCSP, CRASH)

    assert len(car.bench.published(charger.RequireAuthPnc)) == 1


def test_while_it_is_decided_the_request_may_not_change():
    car = pnc_car()
    car.send(contract_request(car))

    response = car.authorize()

    assert response.response_code == "FAILED_SequenceError"
    assert car.bench.closed.reason == "authorization_altered"


def test_a_wrong_challenge_is_warned_about_and_no_token_published():
    car = pnc_car()

    response = car.send(contract_request(car, challenge=bytes(16)))

    assert response.response_code == "WARNING_ChallengeInvalid"
    car.bench.answer(contract.OCSP, NO_DATA)
    assert car.bench.published(charger.RequireAuthPnc) == []


def test_a_forged_signature_ends_the_talk_and_asks_nobody():
    car = pnc_car()

    response = car.send(contract_request(car, key=certificates.world()["CPS_LEAF_20"].key))

    assert response.response_code == "FAILED_SignatureError"
    assert asked(car) == []
    assert "signature_refused" in car.bench.notes()


def test_after_a_refused_contract_another_may_be_shown():
    # given
    car = pnc_car()
    request = contract_request(car)
    car.send(request)
    car.bench.answer(contract.OCSP, NO_DATA)
    car.bench.tell(REFUSED)
    assert car.send(request).response_code == "WARNING_NoCertificateAvailable"

    # when
    again = car.send(request)

    # then
    assert again.evse_processing == "Ongoing"
    car.bench.answer(f"{contract.OCSP} 2", NO_DATA)
    car.bench.tell(ACCEPTED)
    assert car.send(request).response_code == "OK"


def test_after_a_refused_contract_other_means_will_do():
    car = pnc_car()
    car.send(contract_request(car, challenge=bytes(16)))

    car.authorize()
    car.bench.tell(GRANTED)

    assert car.authorize().response_code == "OK"


def test_a_contract_without_a_mode_is_warned_about():
    car = pnc_car()

    response = car.say(
        common.AuthorizationReq,
        selected_authorization_service=common.Authorization.PNC,
        eim_a_req_authorization_mode=common.EimAReqAuthorizationMode(),
    )

    assert response.response_code == "WARNING_CertificateValidationError"


def test_a_certificate_that_is_none_is_warned_about():
    car = pnc_car()
    chain = common.ContractCertificateChain(
        certificate=b"no", sub_certificates=common.SubCertificates(certificate=(b"never",))
    )
    mode = common.PncAReqAuthorizationMode(
        id="ID1", gen_challenge=bytes(16), contract_certificate_chain=chain
    )

    response = car.say(
        common.AuthorizationReq,
        selected_authorization_service=common.Authorization.PNC,
        pnc_a_req_authorization_mode=mode,
    )

    assert response.response_code == "WARNING_CertificateValidationError"


JUDGEMENTS = {
    security.CertificateValidationResult.EXPIRED: "WARNING_CertificateExpired",
    security.CertificateValidationResult.INVALID_SIGNATURE: "WARNING_CertificateValidationError",
    security.CertificateValidationResult.INVALID_CHAIN: "WARNING_CertificateValidationError",
    security.CertificateValidationResult.ISSUER_NOT_FOUND: "WARNING_eMSPUnknown",
    security.CertificateValidationResult.UNKNOWN: "WARNING_GeneralPnCAuthorizationError",
}


@pytest.mark.parametrize(("result", "code"), JUDGEMENTS.items())
def test_a_contract_refused_here_reaches_the_car_with_its_reason(result, code):
    # given
    car = pnc_car(verify=True)
    request = contract_request(car)
    car.send(request)

    # when
    car.bench.answer(contract.VERIFY, evse_security.VerifyCertificateReply(result=result))

    # then
    assert car.send(request).response_code == code
    assert car.bench.published(charger.RequireAuthPnc, ever=True) == []


def test_answers_about_the_contract_shown_before_do_not_authorize_this_one():
    # given
    car = pnc_car(verify=True)
    car.send(contract_request(car, challenge=bytes(16)))
    car.send(contract_request(car))
    valid = evse_security.VerifyCertificateReply(result=security.CertificateValidationResult.VALID)

    # when
    car.bench.answer(contract.VERIFY, valid)
    car.bench.answer(contract.OCSP, NO_DATA)

    # then
    assert car.bench.published(charger.RequireAuthPnc, ever=True) == []
    car.bench.answer(f"{contract.VERIFY} 2", valid)
    car.bench.answer(f"{contract.OCSP} 2", NO_DATA)
    assert len(car.bench.published(charger.RequireAuthPnc)) == 1


def test_an_unknown_root_may_be_left_to_the_back_end():
    car = pnc_car(verify=True, central=True)
    car.send(contract_request(car))
    unknown = security.CertificateValidationResult.ISSUER_NOT_FOUND

    car.bench.answer(contract.VERIFY, evse_security.VerifyCertificateReply(result=unknown))
    car.bench.answer(contract.OCSP, NO_DATA)

    assert len(car.bench.published(charger.RequireAuthPnc)) == 1


@pytest.mark.parametrize(("status", "code"), [(k, v) for k, v in REFUSALS.items() if k is not None])
def test_every_refusal_of_the_back_end_has_its_code(status, code):
    car = pnc_car()
    request = contract_request(car)
    car.send(request)
    car.bench.answer(contract.OCSP, NO_DATA)
    refused = charger.AuthorizationResponse(
        authorization_status=AuthorizationStatus.INVALID, certificate_status=status
    )
    car.bench.tell(refused)

    assert car.send(request).response_code == code


def test_every_problem_and_every_status_has_a_code():
    assert set(PROBLEMS) == set(contract.Problem)
    assert set(REFUSALS) == {*CertificateStatus, None}


def test_a_contract_that_ends_soon_is_said_to():
    car, response = expiring_car()

    assert response.response_code == "OK_CertificateExpiresSoon"
    assert car.phase is Phase.EXPIRING
    assert car.discover().response_code == "OK"
    assert car.phase is Phase.SERVICE_DETAIL


def test_an_answer_about_a_contract_of_an_earlier_phase_is_ignored():
    car = pnc_car()
    request = contract_request(car)
    car.send(request)
    car.bench.answer(contract.OCSP, NO_DATA)
    car.bench.tell(ACCEPTED)
    car.send(request)
    car.bench.asks[contract.OCSP] = None

    car.bench.answer(contract.OCSP, NO_DATA)

    assert car.bench.effects == ()
    assert car.bench.talk.authorization.verdict is Verdict.GRANTED


@pytest.mark.parametrize("verify", [True, False])
def test_a_genuine_chain_behind_a_forged_ca_publishes_no_token(tmp_path, verify):
    # given
    thief, (forged, *genuine) = forged_contract("MO_LEAF_20")
    car = pnc_car(verify=verify)
    # when
    response = car.send(contract_request(car, chain=(forged, *genuine), key=thief.key))
    answer_truly(car.bench, tmp_path)
    # then
    assert response.response_code == "WARNING_CertificateValidationError"
    assert not car.bench.published(charger.RequireAuthPnc, ever=True)


def test_a_genuine_contract_of_a_real_store_publishes_its_token(tmp_path):
    car = pnc_car(verify=True)

    car.send(contract_request(car))
    answer_truly(car.bench, tmp_path)

    assert len(car.bench.published(charger.RequireAuthPnc, ever=True)) == 1
