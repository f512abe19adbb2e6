"""The whole picture: what it is drawn from, what it tells, what it asks, and what a successor makes of it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.certificates.messages import FilesChanged, ListCertificates
from actors.engine.messages import GetTree
from actors.errors.messages import FRAMEWORK, StandingErrors
from actors.evse.messages import EvseCondition, SessionSoFar
from actors.gateway.method import SITE, Ask
from actors.gateway.picture import Picture
from actors.gateway.picture.picture import CHANGED, RENEW, RETRY
from actors.gateway.site_map import SiteMap
from actors.ocpp.messages import LinkState
from actors.v2g.messages import Milestones
from protocols.interfaces import auth_token_provider, evse_manager, evse_security, ocpp, power_supply_dc
from protocols.message import Failure, FailureReason
from protocols.types import evse_security as security_types
from protocols.types import ocpp as ocpp_types
from tests.support.gateway_data import AC, CARD, CERTIFICATES, DC, HOT, T0, TREE, at, play, sample, script

LOST = Failure(reason=FailureReason.TIMEOUT, detail="late")
LIST = Ask("certificates/main", ListCertificates())
RETAINED = (
    EvseCondition, SessionSoFar, Milestones, LinkState, StandingErrors,
    evse_manager.Ready, evse_manager.Limits, evse_manager.EvInfo,
    ocpp.IsConnected, ocpp.BootNotificationResponse, power_supply_dc.Capabilities,
)  # fmt: skip
"""What is told to who subscribes later."""


def evse(played, number):
    return next(each for each in played.snapshot()["site"]["evses"] if each["evse"] == number)


def steps(session):
    return [each["at"] for each in session["steps"]]


def test_everything_of_two_sessions_is_listened_to():
    wanted = set(Picture(sample()).wants)

    assert {(name, type(variable)) for _at, name, variable in script()} <= wanted


def test_what_is_not_listened_to_changes_nothing():
    assert Picture(sample()).take("nobody/main", evse_manager.Ready(ready=True), T0) == ()


def test_a_contract_session_has_its_steps_in_order():
    times = steps(evse(play(60), 2)["session"])

    assert None not in times
    assert times == sorted(times)


def test_a_card_session_has_the_steps_that_apply():
    found = evse(play(60), 1)["session"]

    assert [each is not None for each in steps(found)] == [False, True, False, True, True, True, False]
    assert found["transaction"] == "T-1"
    assert found["steps"][3]["detail"] == "reader"


def test_sessions_that_have_ended_are_known_with_energy_and_reason():
    newest = [each.show() for each in play().picture.sessions]

    assert [(each.session, each.reason) for each in newest] == [(DC, "StoppedByEV"), (AC, "EVDisconnected")]
    assert all(each.ended is not None and each.energy_wh > 200 for each in newest)
    assert all(each["session"] is None for each in play().snapshot()["site"]["evses"])


@pytest.mark.parametrize("number", [1, 2])
def test_a_curve_of_power_goes_up_and_down_again(number):
    curve = next(each for each in play().picture.sessions if each.evse == number).show().power

    assert curve[0][1] == curve[-1][1] == 0
    assert max(watts for _at, watts in curve) == {1: 11_040, 2: 60_000}[number]


def test_news_are_enough_to_keep_a_snapshot_up_to_date():
    played = play(5)
    told = played.snapshot()["site"]
    before = len(played.news)

    played.go_on(5.0, 200.0)
    for _seconds, topic, data in played.news[before:]:
        if topic == "site":
            if "evse" in data:
                told["evses"][data["evse"]["evse"] - 1] = data["evse"]
            else:
                told |= data

    assert told == played.snapshot()["site"]


def test_readings_alone_are_told_once_a_second():
    picture = Picture(sample())
    reading = next(
        variable for _at, _name, variable in script() if isinstance(variable, evse_manager.Powermeter)
    )
    told = [len(picture.take("evse_1/evse", reading, at(tenth / 10))) for tenth in range(25)]

    assert told == [1, *[0] * 9, 1, *[0] * 9, 1, *[0] * 4]


def test_a_clock_that_was_set_back_holds_no_news_up():
    picture = Picture(sample())
    reading = next(
        variable for _at, _name, variable in script() if isinstance(variable, evse_manager.Powermeter)
    )
    picture.take("evse_1/evse", reading, at(100))

    assert len(picture.take("evse_1/evse", reading, at(0))) == 1


def test_the_site_is_ready_when_every_evse_is():
    picture = Picture(sample())
    ready = evse_manager.Ready(ready=True)

    first = [each.data for each in picture.take("evse_1/evse", ready, T0)]
    second = [each.data for each in picture.take("evse_2/evse", ready, T0)]
    assert first[0] == {"ready": False}
    assert second[0] == {"ready": True}
    assert picture.ready


def test_errors_are_told_with_the_evse_they_are_of():
    picture = Picture(sample())
    hot = StandingErrors(errors=(HOT,))

    assert [each.topic for each in picture.take(FRAMEWORK, hot, T0)] == ["errors", "site"]
    assert [each.topic for each in picture.take(FRAMEWORK, hot, T0)] == ["errors"]
    assert picture.evse(1).errors == picture.errors
    assert picture.evse(2).errors == ()
    assert picture.evse(9) is None


def test_what_has_not_changed_of_the_back_end_is_no_news():
    picture = Picture(sample())
    name = sample().csms().name

    assert len(picture.take(name, ocpp.IsConnected(connected=True), T0)) == 1
    assert picture.take(name, ocpp.IsConnected(connected=True), T0) == ()


def told_of(session_id, transaction_id):
    event = ocpp_types.OcppTransactionEvent(
        transaction_event=ocpp_types.TransactionEvent.UPDATED,
        session_id=session_id,
        transaction_id=transaction_id,
    )
    return ocpp.OcppTransactionEvent(event=event)


@pytest.mark.parametrize(
    ("until_s", "news", "count"),
    [
        (60, told_of(AC, "T-2"), 1),
        (60, told_of(AC, "T-1"), 0),
        (60, told_of(AC, None), 0),
        (60, told_of("nobody", "T-2"), 0),
        (150, told_of(AC, "T-2"), 0),
    ],
)
def test_the_name_of_a_transaction_is_told_while_it_runs(until_s, news, count):
    picture = play(until_s).picture

    assert len(picture.take(sample().csms().name, news, at(until_s))) == count


def test_a_token_of_no_session_is_no_news():
    provided = auth_token_provider.ProvidedToken(token=CARD)

    assert Picture(sample()).take(sample().readers[0].provider, provided, T0) == ()
    assert play(60).picture.take(sample().readers[0].provider, provided, at(60)) == ()


# -- what it asks


def test_tree_and_certificates_are_asked_for_at_the_start():
    picture = Picture(sample())
    assert picture.asks_at is None

    assert set(picture.asks(T0)) == {Ask(SITE, GetTree()), LIST}
    assert picture.asks(T0) == ()


def test_who_gives_no_answer_is_asked_again():
    picture = Picture(sample())
    for ask in picture.asks(T0):
        assert picture.answered(ask, LOST, T0) == ()

    assert picture.asks_at == T0 + RETRY
    assert len(picture.asks(T0 + RETRY)) == 2


def test_the_tree_tells_since_when_the_site_runs_and_is_not_asked_again():
    picture = Picture(sample())
    picture.asks(T0)
    picture.answered(Ask(SITE, GetTree()), TREE, T0)

    assert picture.snapshot("site")["since"] == "2026-11-21T11:59:57Z"
    assert picture.asks(T0 + RETRY) == (LIST,)


def test_certificates_are_asked_for_every_hour_and_soon_after_a_change():
    picture = Picture(sample())
    picture.asks(T0)
    picture.answered(Ask(SITE, GetTree()), TREE, T0)
    (news,) = picture.answered(LIST, CERTIFICATES, T0)
    assert len(news.data["certificates"]) == 5
    assert picture.answered(LIST, CERTIFICATES, T0) == ()
    assert picture.asks_at == T0 + RENEW

    update = security_types.CertificateStoreUpdate(
        operation=security_types.CertificateStoreUpdateOperation.DELETED
    )
    changed = evse_security.CertificateStoreUpdate(update=update)
    assert picture.take("certificates/main", changed, at(10)) == ()
    assert picture.asks_at == at(10) + CHANGED


def test_files_that_are_no_use_are_looked_at_soon_as_well():
    picture = Picture(sample())
    picture.asks(T0)
    picture.answered(Ask(SITE, GetTree()), TREE, T0)
    picture.answered(LIST, CERTIFICATES, T0)

    picture.take("certificates/main", FilesChanged(), at(10))

    assert ("certificates/main", FilesChanged) in picture.wants
    assert picture.asks_at == at(10) + CHANGED


def test_a_change_while_an_answer_is_awaited_is_not_forgotten():
    # given a list that was asked for, and perhaps made, before the store changed
    picture = Picture(sample())
    picture.asks(T0)
    picture.answered(Ask(SITE, GetTree()), TREE, T0)
    picture.take("certificates/main", FilesChanged(), at(0.1))

    # when it comes
    picture.answered(LIST, CERTIFICATES, at(0.2))

    # then it is asked for once more, and after that not for an hour
    assert picture.asks(at(0.2) + CHANGED) == (LIST,)
    picture.answered(LIST, CERTIFICATES, at(2))
    assert picture.asks_at == at(2) + RENEW


def test_a_change_while_the_tree_is_awaited_asks_for_certificates_alone():
    picture = Picture(sample())
    picture.asks(T0)
    update = security_types.CertificateStoreUpdate(
        operation=security_types.CertificateStoreUpdateOperation.DELETED
    )
    picture.take("certificates/main", evse_security.CertificateStoreUpdate(update=update), T0)

    assert picture.asks(T0 + CHANGED) == (LIST,)


def test_days_run_down_from_look_to_look():
    picture = Picture(sample())
    picture.asks(T0)
    picture.answered(LIST, CERTIFICATES, T0)

    (news,) = picture.answered(LIST, CERTIFICATES, T0 + timedelta(days=1))
    assert news.data["certificates"][0]["days_left"] == 59


def test_certificates_that_are_no_use_prove_nothing():
    played = play(10)
    none = replace(CERTIFICATES, certificates=CERTIFICATES.certificates[1:])
    played.picture.answered(LIST, none, at(10))
    played.go_on(11.0, 60.0)

    assert played.picture.sessions.get(DC).show().steps[0].at == at(16.4)  # TLS has used them


def test_a_site_without_evses_and_back_end_has_a_picture():
    picture = Picture(SiteMap(file="empty.yaml"))

    assert picture.snapshot("site")["csms"] is None
    assert picture.ready
    assert [ask.name for ask in picture.asks(T0)] == [SITE]
    assert picture.snapshot("nothing") is None
    assert picture.evses() == []
    assert picture.snapshot("variables", ["*"]) == {"variables": []}


def test_evidence_that_a_link_keeps_is_told():
    (link,) = (name.partition("/")[0] for name in sample().evse(2).devices["hlc"])
    modules = tuple(
        replace(each, parameters={**each.parameters, "evidence_path": "/evidence"})
        if each.id == link
        else each
        for each in sample().modules
    )
    picture = Picture(replace(sample(), modules=modules))
    for _at, name, variable in script():
        picture.take(name, variable, T0)

    assert picture.sessions.get(DC).show().evidence
    assert not picture.sessions.get(AC).show().evidence


# -- restarts


def successor(until_s):
    """A picture drawn anew at that moment: from what is retained, and what it asks."""
    picture, last = Picture(sample()), {}
    for seconds, name, variable in script():
        if seconds < until_s and isinstance(variable, RETAINED):
            last[name, type(variable)] = variable
    for ask in picture.asks(at(until_s)):
        picture.answered(ask, CERTIFICATES if ask.name else TREE, at(until_s))
    for (name, _kind), variable in reversed(last.items()):
        picture.take(name, variable, at(until_s))
    return picture


@pytest.mark.parametrize("number", [1, 2])
def test_a_successor_knows_the_session_at_hand(number):
    played, drawn = play(60), successor(60)
    for seconds, name, variable in script():
        if 60 <= seconds < 61:
            played.picture.take(name, variable, at(seconds))
            drawn.take(name, variable, at(seconds))
    before, after = played.picture.evse(number), drawn.evse(number)

    lost = {
        "transaction": after.session.transaction,
        "power": after.session.power,
        "steps": after.session.steps,
    }
    assert replace(after, session=None) == replace(before, session=None, soc_percent=after.soc_percent)
    assert replace(before.session, **lost) == after.session
    kept = [
        one.step
        for one, two in zip(before.session.steps, after.session.steps, strict=True)
        if one.at == two.at
    ]
    assert kept == {1: [0, 1, 2, 5, 6], 2: [1, 2, 3, 5, 6]}[number]
    assert after.session.steps[4].at is None


def test_a_successor_knows_the_state_of_charge_that_was_said_last():
    assert successor(60).evse(2).soc_percent is not None


def test_an_evse_manager_that_says_its_last_words_again_changes_nothing():
    played = play(60)
    before = played.snapshot()["site"]
    for seconds, name, variable in script():
        if 20 <= seconds < 60 and isinstance(
            variable, evse_manager.SessionEvent | EvseCondition | SessionSoFar
        ):
            played.picture.take(name, variable, at(60))

    assert played.snapshot()["site"] == before


def test_a_link_that_was_replaced_takes_no_step_away():
    played = play(60)
    before = steps(evse(played, 2)["session"])
    (link,) = sample().evse(2).devices["hlc"]
    for talk in (Milestones(), Milestones(opened_at=at(61), tls="TLSv1.2")):
        played.picture.take(link, talk, at(61))

    assert steps(evse(played, 2)["session"]) == before


# -- whatever comes


@settings(max_examples=15, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(script()), st.integers(-5, 300)), max_size=80))
def test_whatever_comes_in_whatever_order_is_told_as_json(news):
    picture = Picture(sample())
    for (_at, name, variable), seconds in news:
        for each in picture.take(name, variable, at(seconds)):
            json.dumps(each.data, allow_nan=False)
    json.dumps([picture.snapshot(topic, ["*"]) for topic in ("site", "errors", "messages", "variables")])


@pytest.mark.parametrize(
    ("site", "faults", "kill"),
    [
        (sample(), False, True),
        (SiteMap(file="real.yaml"), True, True),
        (SiteMap(file="real.yaml"), False, False),
    ],
)
def test_who_offers_a_kill_is_told_whether_one_is_allowed(site, faults, kill):
    assert Picture(site, faults=faults).shown().simulated.kill is kill
