"""One session from what is told of it in any order, and the newest sessions."""

from dataclasses import replace
from decimal import Decimal

import pytest

from actors.gateway.picture.session import MOST, Sessions, SessionView
from actors.gateway.picture.tokens import Tokens
from actors.v2g.messages import Milestones
from tests.support.gateway_data import CARD, CONTRACT, T0, at

TALK = Milestones(opened_at=at(1), tls="TLSv1.3", cipher="C", certificate="CN=X", protocol="ISO15118-20")


def session(uuid="a", began=T0):
    return SessionView(uuid, 1, began)


def test_the_transaction_is_called_as_ocpp_calls_it_else_as_the_session():
    found = session()
    assert found.show().transaction is None
    found.began_transaction(at(1), Decimal(5))
    assert found.show().transaction == "a"
    found.transaction = "T-1"
    assert found.show().transaction == "T-1"


def test_energy_counts_from_the_first_word_of_the_transaction_s_beginning():
    found = session()
    found.read(Decimal(50))
    assert found.energy_wh == 0
    found.began_transaction(at(1), Decimal(100))
    found.began_transaction(at(2), Decimal(999))
    found.read(Decimal("100.5"))
    assert (found.energy_wh, found.transaction_began) == (0.5, at(1))
    found.read(Decimal(1))
    assert found.energy_wh == 0


def test_a_car_may_connect_a_moment_before_its_plug_is_told_of():
    told = session(began=at(1.5))
    told.talked(TALK)
    assert told.proofs.opened_at == at(1)
    earlier = session(began=at(2.5))
    earlier.talked(TALK)
    assert earlier.proofs.opened_at is None


def test_the_energy_of_a_transaction_that_is_over_is_final():
    found = session()
    found.began_transaction(at(1), Decimal(0))
    found.read(Decimal(7))
    found.over = True
    found.read(Decimal(9))

    assert found.energy_wh == 7


def test_who_comes_when_the_transaction_is_over_reads_its_energy_once():
    found = session()
    found.began_transaction(at(1), Decimal(100))
    found.over = True
    found.read(Decimal(107))
    found.read(Decimal(109))

    assert found.energy_wh == 7


def test_a_session_ends_once_and_not_before_it_began():
    found = session(began=at(5))
    found.end(at(1))
    found.end(at(9))

    assert found.ended == at(5)


def test_a_session_that_has_ended_takes_no_more_power_and_no_more_talk():
    found = session()
    found.drew(at(1), 5.0)
    found.end(at(2))
    found.drew(at(3), 7.0)
    found.talked(TALK)
    found.charged_to(CARD)
    found.presented(Tokens(), at(3))

    assert found.show().power == ((1.0, 5.0),)
    assert found.show(curve=False).power == ()
    assert found.proofs.opened_at is None


def test_the_earliest_word_of_its_beginning_counts():
    found = session(began=at(5))
    found.began_at(at(7))
    found.began_at(at(3))

    assert found.began == at(3)


@pytest.mark.parametrize(
    ("talk", "opened", "tls", "protocol"),
    [
        (TALK, "TLS 1.3, C, CN=X", True, "ISO 15118-20"),
        (replace(TALK, cipher="", certificate=""), "TLS 1.3", True, "ISO 15118-20"),
        (Milestones(opened_at=at(1)), "without TLS", False, None),
        (Milestones(opened_at=at(1), protocol="DIN70121"), "without TLS", False, "DIN 70121"),
        (Milestones(opened_at=at(1), protocol="X"), "without TLS", False, "X"),
        (Milestones(), "", None, None),
        (Milestones(opened_at=at(-5)), "", None, None),
    ],
)
def test_a_talk_tells_how_the_car_has_connected(talk, opened, tls, protocol):
    found = session()
    found.talked(talk)

    assert (found.proofs.opened, found.proofs.tls, found.protocol) == (opened, tls, protocol)


def test_the_provider_is_named_only_with_its_own_time():
    tokens = Tokens()
    tokens.provided(CONTRACT, "evse_1", at(2))
    first, second = session(), session()
    for each in (first, second):
        each.charged_to(CONTRACT)
    second.prove(provided_at=at(1))
    first.presented(tokens, at(3))
    second.presented(tokens, at(3))

    assert (first.proofs.provided_at, first.proofs.provider) == (at(2), "evse_1")
    assert (second.proofs.provided_at, second.proofs.provider) == (at(1), "")


def test_whom_it_is_charged_to_decides_whether_it_is_by_contract():
    found = session()
    assert found.show().authorization is None
    found.charged_to(replace(CARD, prevalidated=True))
    assert (found.proofs.by_contract, found.proofs.vouched) == (False, True)
    found.charged_to(CONTRACT)
    assert (found.proofs.by_contract, found.proofs.vouched) == (True, False)


def test_the_newest_sessions_are_kept_and_those_that_run():
    sessions = Sessions()
    for number in range(MOST + 2):
        found = session(str(number))
        if number != 0:
            found.end(at(1))
        sessions.add(found)

    assert sessions.get("0") is not None
    assert sessions.get("1") is None
    assert [each.uuid for each in sessions][:2] == [str(MOST + 1), str(MOST)]
    assert len(list(sessions)) == MOST


def test_of_sessions_that_all_run_the_oldest_goes():
    sessions = Sessions()
    for number in range(MOST + 1):
        sessions.add(session(str(number)))

    assert sessions.get("0") is None


def test_who_has_handed_a_token_over_knows_best_when():
    found = session()
    found.prove(provided_at=at(5), provider="heard")
    found.provided(at(4), "evse_1")
    found.provided(at(6), "evse_1")

    assert (found.proofs.provided_at, found.proofs.provider) == (at(4), "evse_1")
