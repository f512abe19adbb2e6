import pytest

from actors.v2g.secc import authorization, contract
from actors.v2g.secc.contract import OCSP, VERIFY, Problem, Progress
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols.interfaces import evse_security
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import iso2, signature
from protocols.message import Failure, FailureReason
from protocols.types.evse_security import CertificateValidationResult as Found
from protocols.types.evse_security import OCSPRequestDataList
from tests.support import certificates
from tests.support.certificates import Forge, der, world
from tests.support.secc import NOW, counted_random
from tests.support.secc_iso2 import OCSP_REPLY

EMAID = "DE8EVSC0000001X"
CHALLENGE = bytes(range(16))
FAILURE = Failure(reason=FailureReason.TIMEOUT, detail="")


def chain():
    return tuple(map(der, world()["MO_LEAF"].chain))


def turn_with(*, verify=False, central=False):
    state = State(station=Station(central_contract_validation=central), talk=Talk())
    return Turn(state, Settings(verify_contract_cert_chain=verify), NOW, counted_random())


def found(result):
    return evse_security.VerifyCertificateReply(result=result)


def asked(turn):
    return [each.ask for each in turn.effects if hasattr(each, "ask")]


def authorization_request(challenge=CHALLENGE):
    header = iso2.MessageHeader(session_id=bytes(8))
    body = iso2.Body(body_element=iso2.AuthorizationReq(gen_challenge=challenge, id="ID1"))
    return iso2.V2gMessage(header=header, body=body)


def signed_request(key=None):
    return signature.sign(authorization_request(), key or world()["MO_LEAF"].key, signature.ISO2)


@pytest.mark.parametrize("emaid", [EMAID, "de-8ev-sc0000001-x", "DE-8EV-SC0000001-X", None])
def test_an_emaid_is_compared_without_hyphens_and_case(emaid):
    turn = turn_with()

    assert contract.show(turn, chain(), emaid) is None
    assert turn.talk.contract.emaid == EMAID


@pytest.mark.parametrize("emaid", ["DE8EVSC0000002X", "DE8EVSC0000001"])
def test_an_emaid_that_is_not_the_leafs_is_refused(emaid):
    turn = turn_with()

    assert contract.show(turn, chain(), emaid) is Problem.FOREIGN_EMAID
    assert turn.talk.contract is None
    assert not asked(turn)


@pytest.mark.parametrize(
    "name", ["No Emaid", "DE8\u00c4BC", "A" * 37, "04A1B2C3", "04A1B2C3D4E5F6", "DE8EVSC000000"]
)
def test_a_leaf_whose_name_is_no_emaid_is_refused(name):
    forge = Forge()
    leaf = forge.leaf(forge.root(), name)

    assert contract.show(turn_with(), (der(leaf.certificate),)) is Problem.FOREIGN_EMAID


@pytest.mark.parametrize("place", [0, 1])
def test_a_chain_with_something_else_in_it_is_unreadable(place):
    broken = list(chain())
    broken[place] = b"\x30\x00"

    assert contract.show(turn_with(), broken, EMAID) is Problem.UNREADABLE


def test_a_ca_in_place_of_the_contract_is_refused_unasked():
    forge = Forge()
    turn = turn_with(verify=True, central=True)

    assert contract.show(turn, (der(forge.root(EMAID).certificate), *chain()), EMAID) is Problem.BROKEN
    assert turn.talk.contract is None
    assert not asked(turn)


def test_without_local_verification_only_ocsp_data_is_asked_for():
    turn = turn_with()

    contract.show(turn, chain(), EMAID)

    assert asked(turn) == [OCSP]


def test_with_local_verification_the_chain_is_verified_as_well():
    turn = turn_with(verify=True)

    contract.show(turn, chain(), EMAID)

    assert asked(turn) == [VERIFY, OCSP]
    assert turn.effects[0].command.certificate_chain.count("BEGIN") == 3


@pytest.mark.parametrize("order", [(VERIFY, OCSP), (OCSP, VERIFY)])
def test_a_contract_is_ready_when_both_answers_are_there(order):
    turn = turn_with(verify=True)
    contract.show(turn, chain(), EMAID)
    replies = {VERIFY: found(Found.VALID), OCSP: OCSP_REPLY}

    assert contract.answered(turn, order[0], replies[order[0]]) is Progress.WAITING
    assert contract.answered(turn, order[0], replies[order[0]]) is Progress.WAITING
    assert contract.answered(turn, order[1], replies[order[1]]) is Progress.READY
    assert [each.serial_number for each in turn.talk.contract.hash_data] == ["1"]


def test_what_is_found_about_one_contract_says_nothing_about_the_next():
    # given a contract that was shown and given up before the answers came
    turn = turn_with(verify=True)
    contract.show(turn, chain(), EMAID)
    stale = asked(turn)
    authorization.reset(turn)

    # when another is shown
    contract.show(turn, chain(), EMAID)

    # then the answers about the first are not about it
    for ask, reply in zip(stale, (found(Found.VALID), OCSP_REPLY), strict=True):
        assert contract.answered(turn, ask, reply) is Progress.WAITING
    assert turn.talk.contract.pending == tuple(asked(turn)[2:])
    assert len(set(asked(turn))) == 4


def test_every_result_of_a_verification_has_its_meaning():
    assert set(contract.JUDGED) == set(Found) - {Found.VALID}


@pytest.mark.parametrize(
    ("reply", "alone", "central"),
    [
        (found(Found.VALID), None, None),
        (found(Found.EXPIRED), Problem.EXPIRED, Problem.EXPIRED),
        (found(Found.INVALID_SIGNATURE), Problem.BROKEN, Problem.BROKEN),
        (found(Found.INVALID_LEAF_SIGNATURE), Problem.BROKEN, Problem.BROKEN),
        (found(Found.INVALID_CHAIN), Problem.BROKEN, Problem.BROKEN),
        (found(Found.ISSUER_NOT_FOUND), Problem.NO_ROOT, None),
        (found(Found.UNKNOWN), Problem.NOT_ALLOWED, None),
        (FAILURE, Problem.NOT_ALLOWED, None),
    ],
)
def test_a_verification_fails_at_once_or_is_forwarded_as_m7_8_says(reply, alone, central):
    for allowed, problem in ((False, alone), (True, central)):
        turn = turn_with(verify=True, central=allowed)
        contract.show(turn, chain(), EMAID)

        outcome = contract.answered(turn, VERIFY, reply)

        assert outcome is (problem or Progress.WAITING)
        assert (turn.talk.contract is None) is (problem is not None)
        if problem is None:
            assert turn.talk.contract.forwarded is (reply != found(Found.VALID))


@pytest.mark.parametrize(
    "reply",
    [
        FAILURE,
        evse_security.GetMoOcspRequestDataReply(request_data=OCSPRequestDataList(ocsp_request_data_list=())),
    ],
)
def test_missing_ocsp_data_does_not_hold_a_contract_up(reply):
    turn = turn_with()
    contract.show(turn, chain(), EMAID)

    assert contract.answered(turn, OCSP, reply) is Progress.READY
    assert contract.token(turn.talk.contract).iso15118_certificate_hash_data is None


def test_an_answer_without_a_contract_is_ignored():
    assert contract.answered(turn_with(), OCSP, OCSP_REPLY) is Progress.WAITING


def test_each_challenge_is_fresh_and_has_sixteen_bytes():
    turn = turn_with()

    first, second = contract.challenge(turn), contract.challenge(turn)

    assert len(first) == len(second) == 16
    assert first != second
    assert turn.talk.challenge == second


def ready():
    turn = turn_with()
    contract.show(turn, chain(), EMAID)
    contract.answered(turn, OCSP, OCSP_REPLY)
    turn.change(challenge=CHALLENGE)
    return turn


def test_a_signed_challenge_is_accepted_only_once():
    turn, message = ready(), signed_request()

    assert contract.signed(turn, CHALLENGE, message, [signature.ISO2]) is None
    assert contract.signed(turn, CHALLENGE, message, [signature.ISO2]) is Problem.CHALLENGE


@pytest.mark.parametrize("given", [None, b"", bytes(16), CHALLENGE[:-1]])
def test_another_challenge_is_refused_and_used_up(given):
    turn = ready()

    assert contract.signed(turn, given, signed_request(), [signature.ISO2]) is Problem.CHALLENGE
    assert turn.talk.challenge == b""


@pytest.mark.parametrize("message", [authorization_request(), signed_request(world()["OEM_LEAF"].key)])
def test_a_missing_or_foreign_signature_is_refused(message):
    assert contract.signed(ready(), CHALLENGE, message, [signature.ISO2]) is Problem.SIGNATURE


def test_without_a_contract_nothing_is_signed():
    assert not contract.is_signed(turn_with(), signed_request(), [signature.ISO2])


def test_a_token_names_the_contract_and_carries_its_chain():
    turn = ready()

    contract.authorize(turn)
    contract.authorize(turn)

    tokens = [
        each.variable.token
        for each in turn.effects
        if isinstance(getattr(each, "variable", None), charger.RequireAuthPnc)
    ]
    assert len(tokens) == 1
    assert tokens[0].id_token.value == EMAID
    assert tokens[0].id_token.type == "eMAID"
    assert tokens[0].authorization_type == "PlugAndCharge"
    assert tokens[0].certificate.count("BEGIN CERTIFICATE") == 3
    assert len(tokens[0].iso15118_certificate_hash_data) == 1


def test_of_a_published_contract_only_the_leaf_is_kept():
    turn = ready()

    contract.authorize(turn)

    assert turn.talk.contract.chain == chain()[:1]
    assert contract.is_signed(turn, signed_request(), [signature.ISO2])


LONG = (*chain(), *chain()[1:] * 4)
"""More than a token carries."""


def test_a_chain_nobody_could_see_is_refused_unasked():
    turn = turn_with()

    assert contract.show(turn, LONG, EMAID) is Problem.BROKEN
    assert turn.talk.contract is None
    assert not asked(turn)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (Found.VALID, Progress.WAITING),
        (Found.ISSUER_NOT_FOUND, Problem.NO_ROOT),
        (Found.UNKNOWN, Problem.NOT_ALLOWED),
    ],
)
def test_a_chain_too_long_for_a_token_is_judged_here_or_not_at_all(result, outcome):
    turn = turn_with(verify=True, central=True)

    assert contract.show(turn, LONG, EMAID) is None
    assert contract.answered(turn, VERIFY, found(result)) is outcome


def test_a_chain_too_long_for_a_token_is_left_out():
    turn = ready()
    long = contract.Contract(chain=chain()[:1] * 9, emaid=EMAID)

    assert contract.token(long).certificate is None
    assert contract.token(turn.talk.contract).certificate is not None


def test_a_contract_that_is_not_checked_is_never_published():
    turn = turn_with()
    with pytest.raises(RuntimeError):
        contract.authorize(turn)
    contract.show(turn, chain(), EMAID)
    with pytest.raises(RuntimeError):
        contract.authorize(turn)


def test_the_forge_and_the_world_are_of_one_time():
    assert certificates.NOW == NOW
