import base64
import dataclasses

import pytest

from actors.v2g.messages import CarAuthorized
from actors.v2g.secc.contract import OCSP, VERIFY
from actors.v2g.secc.iso2.answers import RESPONSES
from actors.v2g.secc.settings import Settings
from protocols.interfaces import evse_security
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import exi, xmldsig
from protocols.iso15118.iso2 import EvseProcessing, ResponseCode
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.evse_security import CertificateValidationResult
from protocols.types.iso15118 import CertificateActionEnum, ExiResponseStatus, ResponseExiStreamStatus
from tests.support.secc_iso2 import (
    ANSWERS,
    CONTRACT,
    EXTERNAL,
    GRANT,
    INSTALL,
    SCHEMA,
    UPDATE,
    Iso2Bench,
    details,
    iso2,
    refusal,
    selection,
)
from tests.support.secc_security import answer_truly, forged_contract

WAITING = EvseProcessing.ONGOING_WAITING_FOR_CUSTOMER_INTERACTION


def at_contract(settings=None):
    bench = Iso2Bench(settings, tls=True)
    bench.to_services()
    bench.ask(selection(CONTRACT))
    return bench


def signed(bench, challenge=None):
    return bench.sign(iso2.AuthorizationReq(gen_challenge=challenge or bench.challenge, id="ID1"))


def test_external_authorization_is_asked_for_once_and_waited_for():
    bench = Iso2Bench()
    bench.to_authorization()

    for times in range(3):
        assert bench.ask(iso2.AuthorizationReq()).evse_processing is WAITING
        assert len(bench.published(charger.RequireAuthEim)) == (times == 0)
    bench.tell(GRANT)
    assert not bench.published(CarAuthorized, ever=True)

    assert bench.ask(iso2.AuthorizationReq()).evse_processing is EvseProcessing.FINISHED
    assert bench.published(CarAuthorized)


def test_a_car_without_tls_or_contract_has_no_token_published():
    bench = Iso2Bench()
    bench.to_parameters(EXTERNAL)

    assert not bench.published(charger.RequireAuthPnc, ever=True)


def test_a_token_is_published_only_after_challenge_and_signature():
    bench = Iso2Bench(tls=True)
    bench.to_authorization(CONTRACT)
    assert not bench.published(charger.RequireAuthPnc, ever=True)

    response = signed(bench)

    assert response.evse_processing is EvseProcessing.ONGOING
    (required,) = bench.published(charger.RequireAuthPnc)
    assert required.token.id_token.value == "DE8EVSC0000001X"
    assert signed(bench).evse_processing is EvseProcessing.ONGOING
    assert not bench.published(charger.RequireAuthPnc)


def test_another_challenge_publishes_no_token():
    bench = Iso2Bench(tls=True)
    bench.to_authorization(CONTRACT)

    assert signed(bench, bytes(16)).response_code is ResponseCode.FAILED_CHALLENGE_INVALID
    assert not bench.published(charger.RequireAuthPnc, ever=True)


def test_a_missing_signature_publishes_no_token():
    bench = Iso2Bench(tls=True)
    bench.to_authorization(CONTRACT)

    response = bench.ask(iso2.AuthorizationReq(gen_challenge=bench.challenge, id="ID1"))

    assert response.response_code is ResponseCode.FAILED_SIGNATURE_ERROR
    assert not bench.published(charger.RequireAuthPnc, ever=True)
    assert bench.closed.failed == "AuthorizationFailed"


def test_a_challenge_of_one_connection_is_no_good_in_the_next():
    bench = Iso2Bench(tls=True)
    bench.to_authorization(CONTRACT)
    old = bench.challenge
    bench.disconnect()
    bench.join(tls=True)
    bench.session = bytes(8)
    bench.to_authorization(CONTRACT)

    assert bench.challenge != old
    assert signed(bench, old).response_code is ResponseCode.FAILED_CHALLENGE_INVALID


@pytest.mark.parametrize(
    ("status", "certificate", "code"),
    [
        (AuthorizationStatus.INVALID, CertificateStatus.ACCEPTED, ResponseCode.FAILED),
        (AuthorizationStatus.BLOCKED, CertificateStatus.SIGNATURE_ERROR, ResponseCode.FAILED_SIGNATURE_ERROR),
        (
            AuthorizationStatus.INVALID,
            CertificateStatus.CERTIFICATE_EXPIRED,
            ResponseCode.FAILED_CERTIFICATE_EXPIRED,
        ),
        (
            AuthorizationStatus.INVALID,
            CertificateStatus.CERTIFICATE_REVOKED,
            ResponseCode.FAILED_CERTIFICATE_REVOKED,
        ),
        (
            AuthorizationStatus.INVALID,
            CertificateStatus.NO_CERTIFICATE_AVAILABLE,
            ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE,
        ),
        (
            AuthorizationStatus.INVALID,
            CertificateStatus.CERT_CHAIN_ERROR,
            ResponseCode.FAILED_CERT_CHAIN_ERROR,
        ),
        (
            AuthorizationStatus.INVALID,
            CertificateStatus.CONTRACT_CANCELLED,
            ResponseCode.FAILED_CONTRACT_CANCELED,
        ),
        (
            AuthorizationStatus.NOT_AT_THIS_LOCATION,
            CertificateStatus.ACCEPTED,
            ResponseCode.FAILED_CERTIFICATE_NOT_ALLOWED_AT_THIS_EVSE,
        ),
    ],
)
def test_every_reason_to_reject_a_contract_has_its_code(status, certificate, code):
    bench = Iso2Bench(tls=True)
    bench.to_authorization(CONTRACT)
    signed(bench)

    bench.tell(refusal(status, certificate))

    assert signed(bench).response_code is code
    assert bench.closed.failed == "AuthorizationFailed"


def test_a_rejected_card_is_plainly_failed():
    bench = Iso2Bench()
    bench.to_authorization()
    bench.ask(iso2.AuthorizationReq())

    bench.tell(refusal(certificate=CertificateStatus.CERTIFICATE_REVOKED))

    assert bench.ask(iso2.AuthorizationReq()).response_code is ResponseCode.FAILED


@pytest.mark.parametrize(("option", "seconds"), [(CONTRACT, 56), (EXTERNAL, 301)])
def test_nobody_answers_and_the_authorization_times_out(option, seconds):
    bench = Iso2Bench(tls=True)
    bench.to_authorization(option)
    ask = (lambda: signed(bench)) if option is CONTRACT else (lambda: bench.ask(iso2.AuthorizationReq()))
    ask()
    for _ in range(seconds // 50):
        bench.pass_time(50)
        ask()
    bench.pass_time(seconds % 50)
    if bench.closed is None:
        assert ask().response_code is ResponseCode.FAILED
    bench.tell(GRANT)

    assert bench.talk.authorization.verdict == "TimedOut"


def test_a_grant_taken_back_stops_the_car_before_it_charges():
    bench = Iso2Bench()
    bench.to_authorization()
    bench.ask(iso2.AuthorizationReq())
    bench.tell(GRANT)
    bench.tell(refusal())

    assert bench.ask(iso2.AuthorizationReq()).response_code is ResponseCode.FAILED
    assert not bench.published(CarAuthorized, ever=True)


@pytest.mark.parametrize("option", [CONTRACT, EXTERNAL])
def test_a_session_that_is_stopped_is_not_authorized(option):
    bench = Iso2Bench(tls=True)
    bench.to_authorization(option)
    bench.tell(charger.StopCharging(stop=True))

    response = signed(bench) if option is CONTRACT else bench.ask(iso2.AuthorizationReq())

    assert response.response_code is ResponseCode.FAILED
    assert not bench.published(charger.RequireAuthPnc)
    assert not bench.published(charger.RequireAuthEim)


def test_a_grant_that_comes_after_a_stop_revives_nothing():
    bench = Iso2Bench()
    bench.to_authorization()
    bench.ask(iso2.AuthorizationReq())

    bench.tell(charger.StopCharging(stop=True), GRANT)

    assert bench.talk.authorization.verdict == "Waiting"
    bench.tell(charger.StopCharging(stop=False))
    assert bench.ask(iso2.AuthorizationReq()).evse_processing is WAITING


def test_a_foreign_emaid_is_refused_at_once():
    bench = at_contract()

    assert bench.ask(details("DE8EVSC0000002X")).response_code is ResponseCode.FAILED_CERT_CHAIN_ERROR
    assert not bench.asks


def test_a_leaf_alone_is_shown_without_sub_certificates():
    bench = at_contract()
    alone = iso2.CertificateChain(certificate=details().contract_signature_cert_chain.certificate)

    bench.ask(iso2.PaymentDetailsReq(emaid="DE8EVSC0000001X", contract_signature_cert_chain=alone))

    assert bench.asks[OCSP].command.certificate_chain.count("BEGIN") == 1


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (CertificateValidationResult.EXPIRED, ResponseCode.FAILED_CERTIFICATE_EXPIRED),
        (CertificateValidationResult.INVALID_CHAIN, ResponseCode.FAILED_CERT_CHAIN_ERROR),
        (CertificateValidationResult.ISSUER_NOT_FOUND, ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE),
        (CertificateValidationResult.UNKNOWN, ResponseCode.FAILED_CERTIFICATE_NOT_ALLOWED_AT_THIS_EVSE),
    ],
)
def test_a_contract_that_fails_here_reaches_no_csms(result, code):
    bench = at_contract(Settings(verify_contract_cert_chain=True))
    assert bench.ask(details()) is None

    bench.answer(VERIFY, evse_security.VerifyCertificateReply(result=result))

    assert bench.response().response_code is code
    assert not bench.published(charger.RequireAuthPnc, ever=True)


@pytest.mark.parametrize("verify", [True, False])
def test_a_genuine_chain_behind_a_forged_ca_publishes_no_token(tmp_path, verify):
    # given
    _, (forged, *genuine) = forged_contract()
    subs = iso2.SubCertificates(certificate=tuple(genuine))
    chain = iso2.CertificateChain(certificate=forged, sub_certificates=subs)
    bench = at_contract(Settings(verify_contract_cert_chain=verify))
    # when
    bench.ask(iso2.PaymentDetailsReq(emaid="DE8EVSC0000001X", contract_signature_cert_chain=chain))
    answer_truly(bench, tmp_path)
    # then
    assert bench.response().response_code is ResponseCode.FAILED_CERT_CHAIN_ERROR
    assert not bench.published(charger.RequireAuthPnc, ever=True)


def test_a_genuine_contract_is_challenged_by_a_real_store(tmp_path):
    bench = at_contract(Settings(verify_contract_cert_chain=True))

    bench.ask(details())
    answer_truly(bench, tmp_path)

    assert len(bench.response().gen_challenge) == 16


def test_a_contract_is_challenged_when_all_has_been_found_out():
    bench = at_contract(Settings(verify_contract_cert_chain=True))
    bench.ask(details())

    bench.tell(charger.DlinkReady(value=True))
    assert bench.response() is None
    bench.answer(OCSP, ANSWERS[OCSP])
    assert bench.response() is None
    bench.answer(VERIFY, ANSWERS[VERIFY])

    assert len(bench.response().gen_challenge) == 16


def at_certificate():
    bench = Iso2Bench(tls=True)
    bench.to_services()
    bench.ask(selection(CONTRACT, 1, 2))
    return bench


def response_to(request, bench, code=ResponseCode.OK):
    kind, fields = RESPONSES[type(request)]
    body = kind(response_code=code, **fields(request, None))
    return exi.encode(bench.message(body), SCHEMA)


def csms_says(response, action=CertificateActionEnum.INSTALL, status=ExiResponseStatus.ACCEPTED):
    text = base64.b64encode(response).decode() if isinstance(response, bytes) else response
    return extensions.SetGetCertificateResponse(
        certificate_response=ResponseExiStreamStatus(
            status=status, exi_response=text, certificate_action=action
        )
    )


@pytest.mark.parametrize(
    ("request_", "action"),
    [(INSTALL, CertificateActionEnum.INSTALL), (UPDATE, CertificateActionEnum.UPDATE)],
)
def test_a_certificate_request_and_its_response_pass_untouched(request_, action):
    bench = at_certificate()
    sent = exi.encode(bench.message(request_), SCHEMA)

    assert bench.ask(request_) is None
    (wanted,) = bench.published(extensions.Iso15118CertificateRequest)
    assert base64.b64decode(wanted.request.exi_request) == sent
    assert wanted.request.certificate_action is action
    assert wanted.request.iso15118_schema_version == "urn:iso:15118:2:2013:MsgDef"
    response = response_to(request_, bench)
    bench.tell(csms_says(response, action))

    assert bench.sent() == response
    assert bench.talk.phase == "Contract"
    assert "certificate" not in bench.timers


def test_a_response_that_was_made_for_another_session_is_waited_past():
    bench = at_certificate()
    bench.ask(INSTALL)
    kind, fields = RESPONSES[type(INSTALL)]
    body = kind(response_code=ResponseCode.OK, **fields(INSTALL, None))

    bench.tell(csms_says(exi.encode(bench.message(body, b"ANOTHER1"), SCHEMA)))

    assert bench.sent() is None
    own = exi.encode(bench.message(body), SCHEMA)
    bench.tell(csms_says(own))
    assert bench.sent() == own


def test_a_csms_that_is_late_fails_the_car_after_4_5_seconds():
    bench = at_certificate()
    bench.ask(INSTALL)

    bench.pass_time(4.4)
    assert bench.response() is None
    bench.pass_time(0.2)

    assert bench.response().response_code is ResponseCode.FAILED
    bench.tell(csms_says(response_to(INSTALL, bench)))
    assert bench.sent() is None


@pytest.mark.parametrize(
    "told",
    [
        csms_says(None, status=ExiResponseStatus.FAILED),
        csms_says(None),
        csms_says("!!"),
        csms_says("\u00e4\u00e4\u00e4\u00e4"),
        csms_says(b"\x80\x00"),
    ],
)
def test_a_response_that_is_none_fails_the_car(told):
    bench = at_certificate()
    bench.ask(INSTALL)

    bench.tell(told)

    assert bench.response().response_code is ResponseCode.FAILED


def test_a_response_of_another_kind_fails_the_car():
    bench = at_certificate()
    bench.ask(INSTALL)

    bench.tell(csms_says(response_to(UPDATE, bench)))

    assert bench.response().response_code is ResponseCode.FAILED


def test_a_response_to_another_request_is_not_this_ones():
    bench = at_certificate()
    bench.ask(INSTALL)

    bench.tell(charger.DlinkReady(value=True))
    assert bench.sent() is None
    bench.tell(csms_says(response_to(INSTALL, bench), CertificateActionEnum.UPDATE))

    assert bench.sent() is None


def test_a_failed_response_of_the_csms_ends_the_session():
    bench = at_certificate()
    bench.ask(INSTALL)

    bench.tell(csms_says(response_to(INSTALL, bench, ResponseCode.FAILED_CONTRACT_CANCELED)))

    assert bench.response().response_code is ResponseCode.FAILED_CONTRACT_CANCELED
    assert bench.closed.reason == "FAILED_ContractCanceled"


def test_a_request_too_long_for_ocpp_is_failed_here():
    bench = at_certificate()
    chain = iso2.CertificateChain(
        certificate=bytes(800), sub_certificates=iso2.SubCertificates(certificate=(bytes(800),) * 4)
    )
    roots = iso2.ListOfRootCertificateIds(
        root_certificate_id=(
            xmldsig.X509IssuerSerial(x509_issuer_name="CN=" + 30 * "x", x509_serial_number=1),
        )
        * 20
    )
    long = dataclasses.replace(
        UPDATE, contract_signature_cert_chain=chain, list_of_root_certificate_ids=roots
    )

    assert bench.ask(long).response_code is ResponseCode.FAILED
    assert not bench.published(extensions.Iso15118CertificateRequest)
