"""Responders' answers, fetched through the CSMS (M06; rows S13.7, S13.9, S18.7 to S18.10, M11.5, M11.6)."""

from datetime import timedelta
from typing import Any

import pytest
from ocpp.v21 import call_result, enums

from actors.ocpp.blocks import ocsp
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Replied, Target
from actors.ocpp.messages import Outcome
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp.version import Version
from protocols.types import evse_security as types
from tests.support.ocpp_station import Station

VERSIONS = [Version.V21, Version.V201]
CRASHED = Failure(reason=FailureReason.CRASHED, detail="killed")
URL = "http://ocsp.example/"
DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
Operation = types.CertificateStoreUpdateOperation
Leaf = types.LeafCertificateType


def hashes(serial: str) -> types.CertificateHashData:
    return types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm.SHA256,
        issuer_name_hash="0a" * 32,
        issuer_key_hash="0b" * 32,
        serial_number=serial,
    )


def ask(serial: str, url: str | None = URL) -> types.OCSPRequestData:
    return types.OCSPRequestData(certificate_hash_data=hashes(serial), responder_url=url)


def accept(station: Station) -> None:
    """The CSMS accepts our boot, in this life or in one before."""

    def accepted(turn: Any) -> None:
        turn.live.accepted = True

    station.turn(accepted)


def online(version: Version = Version.V21) -> Station:
    station = Station(blocks=(ocsp.BLOCK,), version=version)
    station.connect()
    accept(station)
    return station


@pytest.fixture(params=VERSIONS, ids=str)
def station(request: pytest.FixtureRequest) -> Station:
    return online(request.param)


def back(station: Station) -> None:
    """It died and is there again, accepted as before."""
    station.restart()
    accept(station)


def begin(station: Station, *wanted: types.OCSPRequestData) -> None:
    """A round begins, and the store says what it is about."""
    due_s(station)
    listed = types.OCSPRequestDataList(ocsp_request_data_list=wanted)
    reply = evse_security.GetV2gOcspRequestDataReply(request_data=listed)
    station.reply(evse_security.GetV2gOcspRequestData, reply)


def told(station: Station, text: str | None = "MAo=") -> None:
    """The CSMS has the responder's answer."""
    status = enums.GetCertificateStatusEnumType
    station.answered(
        call_result.GetCertificateStatus(status.failed if text is None else status.accepted, ocsp_result=text)
    )


def complete(station: Station) -> None:
    """A round of one certificate from its beginning to its end."""
    begin(station, ask("1"))
    told(station)
    station.reply(evse_security.UpdateOcspCache, Reply())


def due_s(station: Station) -> float:
    """Let time pass until a round begins: how long that takes."""
    before, waited_s = len(station.asks(evse_security.GetV2gOcspRequestData)), 0.0
    while len(station.asks(evse_security.GetV2gOcspRequestData)) == before:
        left_s = station.timers()["ocsp"]
        station.later(left_s)
        station.fire("ocsp")
        waited_s += left_s
    return waited_s


def saved(station: Station) -> list[tuple[str, str]]:
    commands = station.asks(evse_security.UpdateOcspCache)
    return [(each.certificate_hash_data.serial_number, each.ocsp_response) for each in commands]


# -- when ----------------------------------------------------------------------------------------------------


def test_a_station_that_never_asked_does_so_when_accepted() -> None:
    station = Station(blocks=(ocsp.BLOCK,))
    station.connect()
    assert "ocsp" not in station.timers()

    accept(station)

    assert due_s(station) == 0


def test_the_next_round_is_a_week_later(station: Station) -> None:
    complete(station)

    assert due_s(station) == WEEK_S  # S18.9
    assert station.model.read(variables.OCSP_INTERVAL) == WEEK_S


@pytest.mark.parametrize(("after_days", "due_days"), [(0, 7), (1, 6), (6.5, 0.5), (7, 0), (8, 0)])
def test_a_start_asks_only_when_a_week_has_passed(
    station: Station, after_days: float, due_days: float
) -> None:
    complete(station)
    station.later(after_days * DAY_S)
    station.options["site_life"] = "another"

    back(station)

    assert due_s(station) == due_days * DAY_S  # S18.10


def test_the_interval_is_the_one_that_holds_at_the_time(station: Station) -> None:
    complete(station)
    station.set(variables.OCSP_INTERVAL, int(2 * DAY_S))
    station.later(DAY_S)
    station.disconnect()

    station.connect()

    assert due_s(station) == DAY_S


def test_a_clock_that_was_set_back_delays_by_the_interval_at_most(station: Station) -> None:
    complete(station)
    station.later(-400 * DAY_S)

    back(station)

    assert due_s(station) == WEEK_S


@pytest.mark.parametrize(("by_days", "due_h"), [(5, 2 * 24), (7, 1), (400, 1)])
def test_a_clock_that_is_set_forward_is_noticed_within_an_hour(
    station: Station, by_days: float, due_h: float
) -> None:
    complete(station)
    armed_s = station.timers()["ocsp"]

    station.now += timedelta(days=by_days)  # the machine has run for no second of it
    station.later(armed_s)
    station.fire("ocsp")

    begun = len(station.asks(evse_security.GetV2gOcspRequestData)) > 1
    assert armed_s + (0 if begun else due_s(station)) == due_h * 3600  # S18.10


def test_nothing_is_asked_without_a_connection(station: Station) -> None:
    complete(station)

    station.disconnect()

    assert "ocsp" not in station.timers()  # M11.1


# -- a round -------------------------------------------------------------------------------------------------


def test_each_certificate_of_the_chain_is_asked_about(station: Station) -> None:
    begin(station, ask("1"), ask("2"))
    told(station, "MQo=")
    told(station, "Mgo=")

    sent = [each["ocspRequestData"] for each in station.sent("GetCertificateStatus")]
    assert [each["serialNumber"] for each in sent] == ["1", "2"]  # S13.7, S18.7
    assert sent[0] == {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "0a" * 32,
        "issuerKeyHash": "0b" * 32,
        "serialNumber": "1",
        "responderURL": URL,
    }
    assert saved(station) == [("1", "MQo="), ("2", "Mgo=")]  # S13.9


def test_the_round_ends_when_the_last_answer_is_kept(station: Station) -> None:
    begin(station, ask("1"), ask("2"))
    told(station)
    told(station)
    station.reply(evse_security.UpdateOcspCache, Reply())
    assert "ocsp_refreshed" not in station.notes()

    station.reply(evse_security.UpdateOcspCache, Reply())

    assert "ocsp_refreshed" in station.notes()
    assert due_s(station) == WEEK_S


@pytest.mark.parametrize(
    "unanswerable",
    [types.OCSPRequestData(responder_url=URL), ask("1", url=None), ask("1", url="")],
)
def test_a_certificate_nobody_answers_for_is_passed_over(
    station: Station, unanswerable: types.OCSPRequestData
) -> None:
    begin(station, unanswerable)

    assert not station.sent("GetCertificateStatus")
    assert due_s(station) == WEEK_S


def test_a_station_without_chain_looks_again_in_a_week(station: Station) -> None:
    begin(station)

    assert due_s(station) == WEEK_S


# -- failures ------------------------------------------------------------------------------------------------


def test_one_refusal_keeps_all_answers_out(station: Station) -> None:
    begin(station, ask("1"), ask("2"))
    told(station)

    told(station, None)

    assert not saved(station)  # M11.6
    assert due_s(station) == DAY_S  # M11.6


@pytest.mark.parametrize(
    ("outcome", "payload", "again_s"),
    [
        (Outcome.REFUSED, "", DAY_S),
        (Outcome.INVALID, "", DAY_S),
        (Outcome.TIMEOUT, "", DAY_S),
        (Outcome.LOST, "", 300.0),
        (Outcome.NOT_SENT, "", 300.0),
        (Outcome.ANSWERED, '{"status":"Accepted"}', DAY_S),
        (Outcome.ANSWERED, '{"status":"Maybe"}', DAY_S),
    ],
)
def test_a_failed_round_is_made_again_later(
    station: Station, outcome: Outcome, payload: str, again_s: float
) -> None:
    begin(station, ask("1"))

    station.ended(outcome, payload=payload)

    assert due_s(station) == again_s  # M11.6
    assert not saved(station)


def test_a_store_that_cannot_say_what_to_ask_is_asked_again(station: Station) -> None:
    station.fire("ocsp")

    station.reply(evse_security.GetV2gOcspRequestData, CRASHED)

    assert due_s(station) == 300.0


def test_a_store_that_cannot_keep_an_answer_is_given_it_again(station: Station) -> None:
    begin(station, ask("1"), ask("2"))
    told(station)
    told(station)

    station.reply(evse_security.UpdateOcspCache, CRASHED)
    station.reply(evse_security.UpdateOcspCache, Reply())  # of the same round, which is over

    assert due_s(station) == 300.0
    assert "ocsp_refreshed" not in station.notes()


def test_an_answer_that_cannot_be_relied_on_counts_as_none(station: Station) -> None:
    begin(station, ask("1"))
    told(station)

    refused = Failure(reason=FailureReason.INVALID, detail="it cannot be relied on")
    station.reply(evse_security.UpdateOcspCache, refused)

    assert due_s(station) == DAY_S  # M11.6


def test_a_connection_lost_before_the_first_question_ends_the_round(station: Station) -> None:
    station.fire("ocsp")
    station.disconnect()

    listed = types.OCSPRequestDataList(ocsp_request_data_list=(ask("1"),))
    reply = evse_security.GetV2gOcspRequestDataReply(request_data=listed)
    station.reply(evse_security.GetV2gOcspRequestData, reply)
    station.later(60)
    station.connect()

    assert due_s(station) == 240.0


def test_a_reconnection_in_the_midst_of_a_round_begins_no_other(station: Station) -> None:
    station.fire("ocsp")
    station.effects.clear()

    station.connect()

    assert "ocsp" not in station.timers()


def test_a_round_that_a_kill_has_ended_is_made_again(station: Station) -> None:
    begin(station, ask("1"))
    told(station)

    back(station)

    assert due_s(station) == 0


# -- a new leaf ----------------------------------------------------------------------------------------------


def test_a_new_leaf_is_asked_about_at_once(station: Station) -> None:
    complete(station)

    station.turn(ocsp.refresh)

    assert due_s(station) == ocsp.SETTLE_S  # M11.5


def test_a_new_leaf_is_not_forgotten_by_a_kill(station: Station) -> None:
    complete(station)
    station.turn(ocsp.refresh)

    back(station)

    assert due_s(station) == ocsp.SETTLE_S


@pytest.mark.parametrize(
    ("operation", "leaf", "asked"),
    [
        (Operation.INSTALLED, Leaf.V2G, True),
        (Operation.DELETED, Leaf.V2G, False),
        (Operation.INSTALLED, Leaf.CSMS, False),
        (Operation.INSTALLED, None, False),
    ],
)
def test_leaves_put_there_by_people_are_asked_about_too(
    operation: types.CertificateStoreUpdateOperation,
    leaf: types.LeafCertificateType | None,
    asked: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    station = online()
    complete(station)
    update = types.CertificateStoreUpdate(operation=operation, leaf_certificate_type=leaf)

    station.say(Target.SECURITY, evse_security.CertificateStoreUpdate(update=update))

    assert (due_s(station) == ocsp.SETTLE_S) == asked


def test_answers_for_an_old_leaf_are_passed_over(station: Station) -> None:
    begin(station, ask("1"))
    station.turn(ocsp.refresh)

    told(station)

    assert not saved(station)
    begin(station, ask("2"))
    told(station)
    assert [serial for serial, _ in saved(station)] == ["2"]


def test_a_late_word_of_the_store_begins_nothing(station: Station) -> None:
    station.fire("ocsp")
    asked = next(each for each in reversed(station.effects) if hasattr(each, "purpose"))
    station.turn(ocsp.refresh)

    listed = types.OCSPRequestDataList(ocsp_request_data_list=(ask("1"),))
    station.feed(Replied(asked.purpose, evse_security.GetV2gOcspRequestDataReply(request_data=listed)))

    assert not station.sent("GetCertificateStatus")
