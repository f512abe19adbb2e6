"""Who may charge, as the station answers `validate_token` (rows S8.1 to S8.4, M10.5, M10.7 to M10.11)."""

import json
from dataclasses import replace
from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.blocks import (
    authorization,
    authorization_cache,
    authorization_waiting,
    local_list,
    metering,
)
from actors.ocpp.blocks.authorization_entries import CachedToken
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.steering import Steering
from actors.ocpp.inputs import CallEnded, LinkSaid, Resumed, Target
from actors.ocpp.messages import CallReply, LinkState, Outcome, Trouble
from protocols.interfaces import auth_token_validator, evse_manager, evse_security
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    CertificateStatus,
    CustomIdToken,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
    ValidationResult,
)
from protocols.types.evse_manager import EVInfo
from protocols.types.evse_security import (
    CertificateHashData,
    CertificateValidationResult,
    HashAlgorithm,
    OCSPRequestData,
    OCSPRequestDataList,
)
from protocols.types.iso15118 import CertificateHashAlgorithm, CertificateHashDataInfo, EnergyTransferMode
from tests.support.ocpp_station import Station

A = AuthorizationStatus
C = CertificateStatus
F = CertificateValidationResult
Status = enums.AuthorizationStatusEnumType
BLOCKS = (authorization_cache.BLOCK, local_list.BLOCK, authorization.BLOCK, metering.BLOCK)
CARD = ProvidedIdToken(
    id_token=IdToken(value="CARD", type=IdTokenType.ISO14443), authorization_type=AuthorizationType.RFID
)
CONTRACT = ProvidedIdToken(
    id_token=IdToken(value="DE8AACA2B3C4D5", type=IdTokenType.EMAID),
    authorization_type=AuthorizationType.PLUG_AND_CHARGE,
    certificate="-----BEGIN CERTIFICATE-----",
    connectors=(1,),
)
HASH = CertificateHashDataInfo(
    hash_algorithm=CertificateHashAlgorithm.SHA256,
    issuer_name_hash="aa",
    issuer_key_hash="bb",
    serial_number="1",
    responder_url="http://ocsp",
)
WITH_HASHES = replace(CONTRACT, iso15118_certificate_hash_data=(HASH,))
HASHES_ALONE = replace(WITH_HASHES, certificate=None)
BARE = replace(CONTRACT, certificate=None)
ON_WIRE = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "1",
    "responderURL": "http://ocsp",
}
MADE = OCSPRequestData(
    certificate_hash_data=CertificateHashData(
        hash_algorithm=HashAlgorithm.SHA256, issuer_name_hash="aa", issuer_key_hash="bb", serial_number="1"
    ),
    responder_url="http://ocsp",
)


def made(version: Version = Version.V21, *, online: bool = True) -> Station:
    station = Station(blocks=BLOCKS, version=version)
    station.feed(Resumed())
    station.was_accepted()
    station.core.live.accepted = True
    if online:
        station.connect()
    else:
        fail_to_connect(station)
    return station


def fail_to_connect(station: Station) -> None:
    """The link has tried, in vain."""
    station.feed(LinkSaid(LinkState(connection=0, trouble=Trouble.UNREACHABLE, since=station.now)))


@pytest.fixture
def station() -> Station:
    return made()


@pytest.fixture
def offline() -> Station:
    return made(online=False)


def validate(station: Station, token: ProvidedIdToken = CARD) -> ValidationResult | None:
    """The verdict, or None when somebody is asked first."""
    return _verdict(station.ask(auth_token_validator.ValidateToken(provided_token=token)))


def verdict(station: Station, tag: int | None = None) -> ValidationResult:
    found = _verdict(station.replies(tag))
    assert found is not None
    return found


def _verdict(replies: list[Any]) -> ValidationResult | None:
    assert len(replies) <= 1
    return replies[0].validation_result if replies else None


def status(station: Station, token: ProvidedIdToken = CARD) -> A | None:
    found = validate(station, token)
    return None if found is None else found.authorization_status


def answer(station: Station, status: Status = Status.accepted, **more: Any) -> ValidationResult:
    info = datatypes.IdTokenInfoType(status=status, **more.pop("info", {}))
    station.answered(call_result.Authorize(id_token_info=info, **more))
    return verdict(station)


def known(station: Station, where: str, status: Status, expires: str | None = None) -> None:
    """Have the list or the cache say something about the card."""
    info = datatypes.IdTokenInfoType(status=status, cache_expiry_date_time=expires)
    id_token = datatypes.IdTokenType(id_token="card", type="ISO14443")
    if where == "cache":
        station.turn(lambda turn: authorization_cache.learn(turn, id_token, info))
    else:
        items = [datatypes.AuthorizationData(id_token, id_token_info=info)]
        request = call.SendLocalList(enums.UpdateEnumType.full, 1, local_authorization_list=items)
        assert station.request(request) == {"status": "Accepted"}


def checked(station: Station, found: F) -> None:
    """The security module has checked the contract."""
    station.reply(evse_security.VerifyCertificate, evse_security.VerifyCertificateReply(result=found))


def hashed(station: Station, *data: OCSPRequestData) -> None:
    """It has made hash data of it."""
    request_data = OCSPRequestDataList(ocsp_request_data_list=data)
    station.reply(
        evse_security.GetMoOcspRequestData,
        evse_security.GetMoOcspRequestDataReply(request_data=request_data),
    )


# -- M10.7 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("kind", [IdTokenType.CENTRAL, IdTokenType.NO_AUTHORIZATION])
def test_row_m10_7_some_types_need_nobodys_word(kind: IdTokenType, *, online: bool) -> None:
    station = made(online=online)

    assert status(station, replace(CARD, id_token=IdToken(value="X", type=kind))) is A.ACCEPTED
    assert not station.sent()


@pytest.mark.parametrize("token", [CARD, CONTRACT, BARE])
def test_row_m10_7_without_authorization_everybody_may_charge(
    station: Station, token: ProvidedIdToken
) -> None:
    station.set(variables.AUTH_ENABLED, value=False)

    assert status(station, token) is A.ACCEPTED
    assert not station.sent()


# -- the CSMS ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_row_s8_1_an_unknown_token_is_for_the_csms(version: Version) -> None:
    station = made(version)
    info = (CustomIdToken(value="1234", type="PIN"),)
    token = replace(CARD, id_token=replace(CARD.id_token, additional_info=info))

    assert validate(station, token) is None

    (sent,) = station.sent("Authorize")
    assert sent == {
        "idToken": {
            "idToken": "CARD",
            "type": "ISO14443",
            "additionalInfo": [{"additionalIdToken": "1234", "type": "PIN"}],
        }
    }
    assert answer(station, Status.no_credit).authorization_status is A.NO_CREDIT


def test_a_price_is_not_told_while_tariffs_are_off(station: Station) -> None:
    price = datatypes.MessageContentType(content="30 ct", format=enums.MessageFormatEnumType.utf8)
    station.set(variables.TARIFF_ENABLED, value=False)
    validate(station)

    tariff = datatypes.TariffType(currency="EUR", tariff_id="T", description=[price])
    assert answer(station, tariff=tariff).tariff_messages == ()


def test_all_that_the_csms_says_reaches_the_site(station: Station) -> None:
    text = datatypes.MessageContentType(content="Hello", format=enums.MessageFormatEnumType.utf8)
    price = datatypes.MessageContentType(content="30 ct", format=enums.MessageFormatEnumType.utf8)
    validate(station)

    result = answer(
        station,
        info={
            "group_id_token": datatypes.IdTokenType(id_token="MASTER", type="Central"),
            "evse_id": [2],
            "personal_message": text,
        },
        allowed_energy_transfer=[enums.EnergyTransferModeEnumType.dc_bpt],
        tariff=datatypes.TariffType(currency="EUR", tariff_id="T", description=[price]),
    )

    assert result.parent_id_token == IdToken(value="MASTER", type=IdTokenType.CENTRAL)
    assert result.evse_ids == (2,)
    assert [each.content for each in result.tariff_messages] == ["30 ct", "Hello"]
    assert EnergyTransferMode.DC_BPT in (result.allowed_energy_transfer_modes or ())
    assert result.certificate_status is None


@pytest.mark.parametrize(
    ("version", "evses", "told"),
    [
        (Version.V21, (1,), True),
        (Version.V201, (1,), False),
        (Version.V21, (2,), False),
        (Version.V21, (1, 2), False),
        (Version.V21, None, False),
    ],
    ids=["2.1", "2.0.1", "another EVSE", "two EVSEs", "any EVSE"],
)
def test_row_m10_5_the_car_is_named_where_it_is_known(
    version: Version, evses: tuple[int, ...] | None, *, told: bool
) -> None:
    station = made(version)
    station.say(
        Target.EVSE_MANAGER, evse_manager.EvInfo(ev_info=EVInfo(evcc_id="00:11:22:33:44:55")), number=1
    )
    station.say(Target.EVSE_MANAGER, evse_manager.EvInfo(ev_info=EVInfo()), number=2)

    validate(station, replace(CARD, connectors=evses))

    (sent,) = station.sent("Authorize")
    info = [{"additionalIdToken": "00:11:22:33:44:55", "type": "EVCCID"}] if told else None
    assert sent["idToken"].get("additionalInfo") == info


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.INVALID])
def test_a_csms_without_verdict_lets_nobody_charge(station: Station, outcome: Outcome) -> None:
    validate(station)

    station.ended(outcome, code="InternalError")

    assert verdict(station).authorization_status is A.UNKNOWN
    assert "no_verdict" in station.notes()


@pytest.mark.parametrize(
    ("where", "judged"), [(None, A.TIMEOUT), ("list", A.ACCEPTED), ("cache", A.ACCEPTED)]
)
@pytest.mark.parametrize("by", ["our patience", "the link's"])
def test_when_the_csms_is_silent_what_is_kept_counts(
    station: Station, where: str | None, judged: A, by: str
) -> None:
    # given a station that asks the CSMS first, whatever is kept
    station.set(variables.LOCAL_PRE_AUTHORIZE, value=False)
    if where is not None:
        known(station, where, Status.accepted)
    validate(station)
    timer = f"authorize {station.tags}"
    assert station.timers()[timer] == authorization.PATIENCE_S

    if by == "our patience":
        station.fire(timer)
    else:
        station.ended(Outcome.TIMEOUT)

    assert verdict(station).authorization_status is judged
    assert by == "our patience" or timer not in station.timers()


def test_an_answer_that_comes_too_late_is_kept_for_the_next(station: Station) -> None:
    validate(station)
    station.fire(f"authorize {station.tags}")
    assert verdict(station).authorization_status is A.TIMEOUT

    answer_late = call_result.Authorize(id_token_info=datatypes.IdTokenInfoType(status=Status.accepted))
    station.answered(answer_late)

    assert len(station.replies()) == 1
    assert status(station) is A.ACCEPTED


def test_no_answer_that_comes_too_late_changes_nothing(station: Station) -> None:
    validate(station)
    station.fire(f"authorize {station.tags}")

    station.ended(Outcome.TIMEOUT)

    assert len(station.replies()) == 1


def test_a_timer_of_an_answered_question_does_nothing(station: Station) -> None:
    validate(station)
    answer(station)

    station.fire(f"authorize {station.tags}")

    assert len(station.replies()) == 1


def test_the_check_of_a_contract_takes_from_the_patience(station: Station) -> None:
    validate(station, CONTRACT)
    station.later(6)
    checked(station, F.ISSUER_NOT_FOUND)

    assert station.timers()[f"authorize {station.tags}"] == authorization.PATIENCE_S - 6


def test_a_contract_is_judged_here_when_the_csms_is_silent(station: Station) -> None:
    validate(station, WITH_HASHES)
    station.fire(f"authorize {station.tags}")

    checked(station, F.VALID)

    assert verdict(station).authorization_status is A.TIMEOUT
    assert verdict(station).certificate_status is C.ACCEPTED


def test_a_verdict_that_cannot_be_read_is_none(station: Station) -> None:
    validate(station)

    station.ended(Outcome.ANSWERED, payload=json.dumps({"idTokenInfo": {"status": "Perhaps"}}))

    assert verdict(station).authorization_status is A.UNKNOWN


@pytest.mark.parametrize("known", ["before", "after"])
@pytest.mark.parametrize("outcome", [Outcome.LOST, Outcome.NOT_SENT])
@pytest.mark.parametrize(("trusts", "judged"), [(True, A.ACCEPTED), (False, A.UNKNOWN)])
def test_a_connection_that_ends_meanwhile_makes_it_offline(
    station: Station, outcome: Outcome, judged: A, known: str, *, trusts: bool
) -> None:
    station.set(variables.OFFLINE_UNKNOWN_IDS, trusts)
    validate(station)

    if known == "before":
        station.disconnect()
    station.ended(outcome)
    if known == "after" and outcome is Outcome.NOT_SENT:  # it might have been sent the next time
        station.disconnect()
        station.fire(f"authorize_again {station.tags}")

    assert verdict(station).authorization_status is judged
    assert len(station.sent()) == 1


def test_a_question_that_never_went_out_is_judged_offline(station: Station) -> None:
    # given a question behind another one that the link has in hand
    station.set(variables.OFFLINE_UNKNOWN_IDS, value=False)
    validate(station, replace(CARD, id_token=replace(CARD.id_token, value="OTHER")))
    assert validate(station) is None

    station.disconnect()

    assert verdict(station).authorization_status is A.UNKNOWN


def test_several_tokens_are_judged_side_by_side(station: Station) -> None:
    validate(station)
    first = station.tags
    validate(station, replace(CARD, id_token=replace(CARD.id_token, value="OTHER")))
    second = station.tags

    station.answered(call_result.Authorize(id_token_info=datatypes.IdTokenInfoType(status=Status.blocked)))
    station.answered(call_result.Authorize(id_token_info=datatypes.IdTokenInfoType(status=Status.accepted)))

    assert verdict(station, first).authorization_status is A.BLOCKED
    assert verdict(station, second).authorization_status is A.ACCEPTED


# -- M10.11 --------------------------------------------------------------------------------------------------

PAST, FUTURE = "2026-03-01T11:59:59Z", "2026-03-01T12:00:01Z"
ASKS = None


@pytest.mark.parametrize("where", ["list", "cache"])
@pytest.mark.parametrize(
    ("said", "expires", "online", "offline"),
    [
        (Status.accepted, None, A.ACCEPTED, A.ACCEPTED),
        (Status.accepted, FUTURE, A.ACCEPTED, A.ACCEPTED),
        (Status.accepted, PAST, ASKS, A.EXPIRED),
        (Status.blocked, None, ASKS, A.BLOCKED),
        (Status.concurrent_tx, PAST, ASKS, A.CONCURRENT_TX),
    ],
    ids=["accepted", "still good", "expired", "blocked", "in use"],
)
def test_row_m10_11_what_is_kept_of_a_token(
    station: Station, where: str, said: Status, expires: str | None, online: A | None, offline: A
) -> None:
    known(station, where, said, expires)

    assert status(station) is online
    assert len(station.sent("Authorize")) == (online is ASKS)

    station.disconnect()
    assert status(station) is offline


@pytest.mark.parametrize("where", ["list", "cache"])
@pytest.mark.parametrize(
    ("said", "expires", "judged"),
    [(Status.blocked, None, A.BLOCKED), (Status.accepted, PAST, ASKS)],
    ids=["blocked", "expired"],
)
def test_row_m10_11_without_post_authorize_a_refusal_is_final(
    station: Station, where: str, said: Status, expires: str | None, judged: A | None
) -> None:
    list_, cache = variables.LIST_NO_POST_AUTHORIZE, variables.CACHE_NO_POST_AUTHORIZE
    station.set(list_ if where == "list" else cache, value=True)
    known(station, where, said, expires)

    assert status(station) is judged


@pytest.mark.parametrize("where", ["list", "cache"])
def test_row_m10_11_the_other_ones_post_authorize_does_not_count(station: Station, where: str) -> None:
    list_, cache = variables.LIST_NO_POST_AUTHORIZE, variables.CACHE_NO_POST_AUTHORIZE
    station.set(cache if where == "list" else list_, value=True)
    known(station, where, Status.blocked)

    assert status(station) is ASKS


@pytest.mark.parametrize("where", ["list", "cache"])
@pytest.mark.parametrize(
    ("variable", "online"),
    [(variables.LOCAL_PRE_AUTHORIZE, True), (variables.LOCAL_AUTHORIZE_OFFLINE, False)],
    ids=["online", "offline"],
)
def test_row_m10_11_what_is_kept_may_not_count(where: str, variable: Steering[bool], *, online: bool) -> None:
    station = made(online=online)
    station.set(variable, value=False)
    station.set(variables.OFFLINE_UNKNOWN_IDS, value=False)
    known(station, where, Status.accepted)

    assert status(station) is (ASKS if online else A.UNKNOWN)


@pytest.mark.parametrize(
    ("where", "off"), [("list", variables.LIST_ENABLED), ("cache", variables.CACHE_ENABLED)]
)
def test_row_m10_11_a_disabled_list_or_cache_knows_nobody(
    station: Station, where: str, off: Steering[bool]
) -> None:
    known(station, where, Status.accepted)
    station.set(off, value=False)

    assert status(station) is ASKS


def test_row_m10_11_the_list_goes_before_the_cache(offline: Station) -> None:
    known(offline, "list", Status.blocked)
    known(offline, "cache", Status.accepted)

    assert status(offline) is A.BLOCKED


@pytest.mark.parametrize(
    ("where", "said", "judged"),
    [
        (None, None, A.UNKNOWN),
        ("list", Status.accepted, A.ACCEPTED),
        ("cache", Status.accepted, A.ACCEPTED),
        ("cache", Status.blocked, A.BLOCKED),
    ],
)
@pytest.mark.parametrize("pre_authorize", [True, False])
def test_row_m10_11_with_remote_authorization_off_nobody_is_asked(
    station: Station, where: str | None, said: Status | None, judged: A, *, pre_authorize: bool
) -> None:
    station.set(variables.NO_REMOTE_AUTHORIZATION, value=True)
    station.set(variables.LOCAL_PRE_AUTHORIZE, pre_authorize)
    if where is not None and said is not None:
        known(station, where, said)

    assert status(station) is judged
    assert not station.sent()


@pytest.mark.parametrize("trusts", [True, False])
@pytest.mark.parametrize("consults", [True, False])
def test_row_m10_11_offline_somebody_unknown(offline: Station, *, trusts: bool, consults: bool) -> None:
    offline.set(variables.OFFLINE_UNKNOWN_IDS, trusts)
    offline.set(variables.LOCAL_AUTHORIZE_OFFLINE, consults)

    assert status(offline) is (A.ACCEPTED if trusts else A.UNKNOWN)


def test_row_s8_2_listed_cached_and_unknown_make_one_question(station: Station) -> None:
    known(station, "list", Status.accepted)
    other = replace(CARD, id_token=replace(CARD.id_token, value="OTHER"))

    assert status(station) is A.ACCEPTED
    assert status(station, other) is ASKS
    answer(station)
    assert status(station, other) is A.ACCEPTED

    assert len(station.sent("Authorize")) == 1


def test_before_the_csms_has_accepted_us_it_is_not_asked(station: Station) -> None:
    station.core.live.accepted = False

    assert status(station) is A.ACCEPTED  # by OfflineTxForUnknownIdEnabled
    assert not station.sent()


@pytest.mark.parametrize("kind", [IdTokenType.ISO14443, IdTokenType.CENTRAL, IdTokenType.EMAID])
@pytest.mark.parametrize("allowed", [True, False])
def test_a_station_that_is_not_accepted_charges_nobody(
    station: Station, kind: IdTokenType, *, allowed: bool
) -> None:
    station.core.live.accepted, station.core.live.pending = False, True
    station.set(variables.BEFORE_ACCEPTED, allowed)
    station.set(variables.AUTH_ENABLED, value=False)

    token = replace(CARD, id_token=replace(CARD.id_token, type=kind))
    assert status(station, token) is (A.ACCEPTED if allowed else A.UNKNOWN)


@pytest.mark.parametrize("word", ["accepted", "pending", "rejected"])
def test_a_token_waits_for_the_first_word_about_the_boot(word: str) -> None:
    made = Station(blocks=BLOCKS)
    made.connect()
    assert validate(made) is None

    made.turn(lambda turn: setattr(turn.live, word, True))

    if word == "accepted":
        assert len(made.sent("Authorize")) == 1
    else:
        assert verdict(made).authorization_status is A.UNKNOWN
    assert not [each for each in made.timers() if each.startswith("authorize_held")]


def test_a_token_does_not_wait_for_that_word_for_ever() -> None:
    made = Station(blocks=BLOCKS)
    assert validate(made) is None
    (timer,) = made.timers()
    assert made.timers()[timer] == authorization_waiting.BOOT_S
    made.later(authorization_waiting.BOOT_S)

    made.fire(timer)
    made.fire(timer)

    assert verdict(made).authorization_status is A.UNKNOWN
    assert "station_not_accepted" in made.notes()


# -- the cache learns ----------------------------------------------------------------------------------------


def test_an_answer_is_kept_over_a_kill_and_used(station: Station) -> None:
    validate(station)
    answer(station, info={"group_id_token": datatypes.IdTokenType(id_token="G", type="Central")})

    station.restart()
    station.disconnect()
    result = validate(station)

    assert result is not None
    assert result.authorization_status is A.ACCEPTED
    assert result.parent_id_token == IdToken(value="G", type=IdTokenType.CENTRAL)
    (entry,) = station.tables.all(CachedToken).values()
    assert entry.uses == 2


def test_a_kill_while_the_csms_is_asked_leaves_the_token_to_be_asked_again(station: Station) -> None:
    validate(station)
    lost = station.open
    assert lost is not None

    station.restart()
    station.core.live.accepted = True
    station.feed(CallEnded(lost.message_id, CallReply(outcome=Outcome.LOST)))

    assert not station.tables.all(CachedToken)
    assert validate(station) is None
    assert answer(station).authorization_status is A.ACCEPTED


# -- contracts: M10.8, M10.9 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
@pytest.mark.parametrize("token", [WITH_HASHES, HASHES_ALONE], ids=["with chain", "hashes alone"])
def test_row_m10_8_hash_data_goes_to_the_csms_without_chain(token: ProvidedIdToken, version: Version) -> None:
    station = made(version)

    assert validate(station, token) is None

    (sent,) = station.sent("Authorize")
    assert sent["iso15118CertificateHashData"] == [ON_WIRE]
    assert "certificate" not in sent
    assert not station.asks(evse_security.VerifyCertificate)


@pytest.mark.parametrize("found", [F.VALID, F.UNKNOWN])
def test_row_m10_9_of_a_chain_hash_data_is_made(station: Station, found: F) -> None:
    assert validate(station, CONTRACT) is None
    checked(station, found)
    hashed(station, MADE)

    (sent,) = station.sent("Authorize")
    assert sent["iso15118CertificateHashData"] == [ON_WIRE]
    assert "certificate" not in sent
    assert answer(station).authorization_status is A.ACCEPTED


@pytest.mark.parametrize("why", ["no root", "no hashes", "no answer"])
@pytest.mark.parametrize("allowed", [True, False])
def test_row_m10_9_a_chain_nobody_here_can_judge(station: Station, why: str, *, allowed: bool) -> None:
    station.set(variables.CENTRAL_VALIDATION, allowed)
    validate(station, CONTRACT)

    checked(station, F.ISSUER_NOT_FOUND if why == "no root" else F.VALID)
    if why == "no hashes":
        hashed(station, replace(MADE, responder_url=None))
    elif why == "no answer":
        station.reply(evse_security.GetMoOcspRequestData, Failure(reason=FailureReason.CRASHED, detail="x"))

    sent = station.sent("Authorize")
    if allowed:
        assert [each["certificate"] for each in sent] == [CONTRACT.certificate]
        assert "iso15118CertificateHashData" not in sent[0]
    else:
        assert not sent
        assert verdict(station).authorization_status is A.INVALID
        assert verdict(station).certificate_status is C.CERT_CHAIN_ERROR


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        (F.EXPIRED, (A.EXPIRED, C.CERTIFICATE_EXPIRED)),
        (F.INVALID_SIGNATURE, (A.INVALID, C.SIGNATURE_ERROR)),
        (F.INVALID_LEAF_SIGNATURE, (A.INVALID, C.SIGNATURE_ERROR)),
        (F.INVALID_CHAIN, (A.INVALID, C.CERT_CHAIN_ERROR)),
    ],
    ids=str,
)
def test_row_m10_9_a_chain_that_is_bad_here_is_refused_here(
    station: Station, found: F, judged: tuple[A, C]
) -> None:
    validate(station, CONTRACT)

    checked(station, found)

    result = verdict(station)
    assert (result.authorization_status, result.certificate_status) == judged
    assert not station.sent()


def test_a_security_module_that_died_leaves_it_to_the_csms(station: Station) -> None:
    validate(station, CONTRACT)

    station.reply(evse_security.VerifyCertificate, Failure(reason=FailureReason.CRASHED, detail="x"))

    hashed(station, MADE)
    assert len(station.sent("Authorize")) == 1


@pytest.mark.parametrize(
    ("said", "about", "judged"),
    [
        (Status.accepted, None, A.ACCEPTED),
        (Status.accepted, C.ACCEPTED, A.ACCEPTED),
        (Status.accepted, C.CERTIFICATE_REVOKED, A.INVALID),
        (Status.blocked, C.CONTRACT_CANCELLED, A.BLOCKED),
        (Status.blocked, C.ACCEPTED, A.BLOCKED),
    ],
)
def test_a_contract_needs_the_good_word_for_its_certificate_too(
    station: Station, said: Status, about: C | None, judged: A
) -> None:
    validate(station, WITH_HASHES)

    wire = None if about is None else enums.AuthorizeCertificateStatusEnumType(about.value)
    result = answer(station, said, certificate_status=wire)

    assert (result.authorization_status, result.certificate_status) == (judged, about)
    assert bool(station.tables.all(CachedToken)) is (about in {None, C.ACCEPTED})


def test_a_contract_that_was_revoked_is_forgotten(station: Station) -> None:
    validate(station, WITH_HASHES)
    answer(station)
    assert station.tables.all(CachedToken)

    validate(station, WITH_HASHES)
    answer(station, certificate_status=enums.AuthorizeCertificateStatusEnumType.certificate_revoked)

    assert not station.tables.all(CachedToken)


# -- contracts: M10.10 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("offline_validation", [True, False])
def test_row_m10_10_a_contract_id_alone_is_invalid(*, online: bool, offline_validation: bool) -> None:
    station = made(online=online)
    station.set(variables.VALIDATION_OFFLINE, offline_validation)

    result = validate(station, BARE)

    assert result is not None
    assert result.authorization_status is A.INVALID
    assert result.certificate_status is C.NO_CERTIFICATE_AVAILABLE


@pytest.mark.parametrize("token", [CONTRACT, WITH_HASHES, HASHES_ALONE], ids=["chain", "both", "hashes"])
def test_row_m10_10_without_offline_validation_not_at_this_time(
    offline: Station, token: ProvidedIdToken
) -> None:
    offline.set(variables.VALIDATION_OFFLINE, value=False)

    if validate(offline, token) is None:
        checked(offline, F.VALID)

    assert verdict(offline).authorization_status is A.NOT_AT_THIS_TIME


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        (F.EXPIRED, (A.EXPIRED, C.CERTIFICATE_EXPIRED)),
        (F.INVALID_SIGNATURE, (A.UNKNOWN, C.SIGNATURE_ERROR)),
        (F.INVALID_LEAF_SIGNATURE, (A.UNKNOWN, C.SIGNATURE_ERROR)),
        (F.INVALID_CHAIN, (A.UNKNOWN, C.CERT_CHAIN_ERROR)),
        (F.ISSUER_NOT_FOUND, (A.UNKNOWN, C.CERT_CHAIN_ERROR)),
        (F.UNKNOWN, (A.UNKNOWN, C.NO_CERTIFICATE_AVAILABLE)),
    ],
    ids=str,
)
def test_row_m10_10_a_chain_that_is_not_good_offline(offline: Station, found: F, judged: tuple[A, C]) -> None:
    validate(offline, CONTRACT)

    checked(offline, found)

    result = verdict(offline)
    assert (result.authorization_status, result.certificate_status) == judged


@pytest.mark.parametrize(
    ("where", "consults", "trusts", "judged"),
    [
        ("cache", True, False, A.ACCEPTED),
        ("cache", False, True, A.UNKNOWN),
        (None, True, False, A.UNKNOWN),
        (None, True, True, A.ACCEPTED),
    ],
    ids=["known", "not consulted", "unknown", "unknown and trusted"],
)
def test_row_m10_10_a_good_chain_goes_to_list_and_cache(
    station: Station, where: str | None, judged: A, *, consults: bool, trusts: bool
) -> None:
    station.set(variables.LOCAL_AUTHORIZE_OFFLINE, consults)
    station.set(variables.OFFLINE_UNKNOWN_IDS, trusts)
    if where is not None:
        validate(station, WITH_HASHES)
        answer(station)
    station.disconnect()

    assert validate(station, CONTRACT) is None
    checked(station, F.VALID)

    result = verdict(station)
    assert (result.authorization_status, result.certificate_status) == (judged, C.ACCEPTED)


def test_row_m10_10_hash_data_alone_proves_nothing_offline(offline: Station) -> None:
    assert status(offline, HASHES_ALONE) is A.UNKNOWN


def test_a_listed_contract_that_expired_is_so_offline(offline: Station) -> None:
    info = datatypes.IdTokenInfoType(status=Status.accepted, cache_expiry_date_time=PAST)
    id_token = datatypes.IdTokenType(id_token="DE-8AA-CA2B3C4D5", type="eMAID")
    offline.turn(lambda turn: authorization_cache.learn(turn, id_token, info))
    validate(offline, CONTRACT)

    checked(offline, F.VALID)

    assert verdict(offline).authorization_status is A.EXPIRED
    assert verdict(offline).certificate_status is C.ACCEPTED


@pytest.mark.parametrize("when", ["while checked", "while hashed", "while asked"])
def test_a_connection_lost_while_a_contract_is_judged(station: Station, when: str) -> None:
    # given a contract whose chain is good, and an unknown one may not charge offline
    station.set(variables.OFFLINE_UNKNOWN_IDS, value=False)
    validate(station, CONTRACT)
    if when == "while checked":
        station.disconnect()
    checked(station, F.VALID)
    if when == "while hashed":
        station.disconnect()
    if when != "while checked":
        hashed(station, MADE)
    if when == "while asked":
        station.ended(Outcome.LOST)
        checked(station, F.VALID)

    assert verdict(station).authorization_status is A.UNKNOWN
    assert verdict(station).certificate_status is C.ACCEPTED


def test_with_remote_authorization_off_contracts_are_judged_here(station: Station) -> None:
    station.set(variables.NO_REMOTE_AUTHORIZATION, value=True)
    validate(station, WITH_HASHES)

    checked(station, F.EXPIRED)

    assert verdict(station).authorization_status is A.EXPIRED
    assert not station.sent()
