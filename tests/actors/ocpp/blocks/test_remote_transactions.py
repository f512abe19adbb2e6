"""Starts and stops by the CSMS (F01 to F04; rows S8.6, S8.7, S9.4, M2.3, M2.9)."""

from dataclasses import replace
from typing import Any

import pytest
from ocpp.v21 import call, datatypes, enums

from actors.evse.messages import OutletCondition, Phase
from actors.ocpp import inputs
from actors.ocpp.blocks import (
    charging_profiles,
    evse_conditions,
    metering,
    remote_transactions,
    reset,
    transactions,
)
from actors.ocpp.blocks.remote_transactions import (
    AGAIN_S,
    MARGIN_S,
    TIMES,
    RemoteStart,
)
from actors.ocpp.blocks.reset_entries import PendingReset, Stage
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import auth, auth_token_provider, evse_manager, reservation
from protocols.message import Failure, FailureReason
from protocols.ocpp import payloads
from protocols.ocpp.version import Version
from protocols.types.authorization import (
    AuthorizationType,
    CustomIdToken,
    IdToken,
    IdTokenType,
    TokenValidationStatus,
    TokenValidationStatusMessage,
)
from protocols.types.evse_manager import StopTransactionReason
from protocols.types.reservation import ReservationCheckStatus
from tests.support.charging_profiles import altered_entries
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import CARD, REMOTE, Evse, kinds, told

BLOCKS = (
    evse_conditions.BLOCK,
    metering.BLOCK,
    transactions.BLOCK,
    remote_transactions.BLOCK,
    charging_profiles.BLOCK,
    reset.BLOCK,
)
ASKED = datatypes.IdTokenType(id_token="CARD", type="ISO14443")
Purpose = enums.ChargingProfilePurposeEnumType


def made(**options: Any) -> Station:
    station = Station(blocks=BLOCKS, **options)
    station.connect()
    station.core.live.accepted = True
    for number in station.evses:
        Evse(station, number).condition()
    return station


def start(evse_id: int | None = 1, **fields: Any) -> call.RequestStartTransaction:
    values: dict[str, Any] = {"id_token": ASKED, "remote_start_id": 77, "evse_id": evse_id}
    return call.RequestStartTransaction(**(values | fields))


def profile(**fields: Any) -> datatypes.ChargingProfileType:
    period = datatypes.ChargingSchedulePeriodType(start_period=0, limit=6.0)
    schedule = datatypes.ChargingScheduleType(
        charging_rate_unit=enums.ChargingRateUnitEnumType.a, charging_schedule_period=[period], id=1
    )
    values: dict[str, Any] = {
        "charging_profile_kind": enums.ChargingProfileKindEnumType.relative,
        "charging_profile_purpose": Purpose.tx_profile,
        "charging_schedule": [schedule],
        "id": 5,
        "stack_level": 0,
    }
    return datatypes.ChargingProfileType(**(values | fields))


def provided(station: Station) -> list[Any]:
    return [each.token for each in station.published(auth_token_provider.ProvidedToken)]


def status(answer: Any) -> tuple[str, str | None]:
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode")


def kept(station: Station) -> list[RemoteStart]:
    return list(station.tables.all(RemoteStart).values())


# -- starting ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_a_start_provides_the_token_of_the_csms(version: Version) -> None:
    """S8.6, S8.7."""
    station = made(version=version)
    info = [datatypes.AdditionalInfoType(additional_id_token="more", type="kind")]
    group = datatypes.IdTokenType(id_token="GROUP", type="Central")

    answer = station.request(start(id_token=replace(ASKED, additional_info=info), group_id_token=group))

    assert answer == {"status": "Accepted"}
    (token,) = provided(station)
    assert token.id_token == IdToken(
        value="CARD", type=IdTokenType.ISO14443, additional_info=(CustomIdToken(value="more", type="kind"),)
    )
    assert token.parent_id_token == IdToken(value="GROUP", type=IdTokenType.CENTRAL)
    assert (token.request_id, token.authorization_type) == (77, AuthorizationType.OCPP)
    assert token.connectors == (1,)


def test_the_answer_goes_out_before_the_token() -> None:
    station = made()

    station.request(start())

    order = [type(each) for each in station.effects]
    assert order.index(inputs.AnswerCall) < order.index(inputs.Publish)


@pytest.mark.parametrize(("asks", "prevalidated"), [(True, False), (False, True)])
def test_a_token_is_validated_where_the_variable_says_so(*, asks: bool, prevalidated: bool) -> None:
    """F01.FR.01, F01.FR.02, M2.9."""
    station = made()
    station.set(variables.AUTHORIZE_REMOTE_START, asks)

    station.request(start())

    assert [each.prevalidated for each in provided(station)] == [prevalidated]


def test_without_an_evse_auth_chooses_one() -> None:
    """F01.FR.07."""
    station = made()
    Evse(station, 1).condition(phase=Phase.TRANSACTION)

    assert status(station.request(start(None))) == ("Accepted", None)
    assert provided(station)[0].connectors is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (start(9), "UnknownEvse"),
        (start(1, id_token=replace(ASKED, id_token="x" * 37)), "InvalidIdToken"),
        (start(1, id_token=replace(ASKED, type="DirectPayment")), "InvalidIdToken"),
        (start(1, group_id_token=replace(ASKED, type="VIN")), "InvalidIdToken"),
        (
            start(
                1,
                id_token=replace(ASKED, additional_info=[datatypes.AdditionalInfoType("x" * 200, "EVCCID")]),
            ),
            "InvalidIdToken",
        ),
        (
            start(1, charging_profile=profile(charging_profile_purpose=Purpose.tx_default_profile)),
            "InvalidProfile",  # F01.FR.08, FR.26
        ),
        (start(1, charging_profile=profile(transaction_id="t")), "InvalidProfile"),  # F01.FR.11, FR.26
        (start(1, charging_profile=profile(stack_level=43)), "InvalidStackLevel"),  # F01.FR.26
    ],
)
def test_a_start_that_cannot_be_meant_is_refused(request_: Any, code: str) -> None:
    station = made()

    assert status(station.request(request_)) == ("Rejected", code)
    assert (provided(station), kept(station)) == ([], [])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"connectors": (OutletCondition(connector_id=1, enabled=False),)}, "NotEnabled"),  # F01.FR.23
        ({"connectors": (OutletCondition(connector_id=1, faulted=True),)}, "NotEnabled"),  # F01.FR.23
        ({"phase": Phase.TRANSACTION, "token": CARD}, "TxInProgress"),  # F01.FR.24, F02.FR.25
        ({"phase": Phase.SESSION, "token": CARD}, "TxInProgress"),  # F01.FR.24
    ],
)
def test_an_evse_that_nobody_new_can_use_refuses(fields: dict[str, Any], code: str) -> None:
    station = made()
    for number in station.evses:
        Evse(station, number).condition(**fields)

    assert status(station.request(start())) == ("Rejected", code)
    assert status(station.request(start(None))) == ("Rejected", "NotEnabled")


@pytest.mark.parametrize("request_", [start(), call.RequestStopTransaction("t")])
def test_before_the_boot_is_accepted_nothing_is_done_from_afar(request_: Any) -> None:
    """B02.FR.05."""
    station = made()
    station.core.live.accepted = False
    station.core.live.pending = True

    assert status(station.request(request_)) == ("Rejected", "CSNotAccepted")


def test_nobody_starts_while_a_reset_is_under_way() -> None:
    station = made()
    waiting = PendingReset(
        kind="OnIdle", scheduled=True, stage=Stage.ORDERED, site_life="", entered_at=station.now
    )
    station.turn(lambda turn: turn.put(waiting))

    assert status(station.request(start())) == ("Rejected", "NotEnabled")


# -- reservations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (ReservationCheckStatus.NOT_RESERVED, "Accepted"),
        (ReservationCheckStatus.RESERVED_FOR_TOKEN, "Accepted"),  # F01.FR.22
        (ReservationCheckStatus.RESERVED_FOR_OTHER_TOKEN, "Rejected"),  # F01.FR.21
        (ReservationCheckStatus.RESERVED_FOR_OTHER_TOKEN_AND_HAS_PARENT_TOKEN, "Rejected"),
    ],
)
def test_a_reserved_evse_takes_only_whom_it_is_reserved_for(
    found: ReservationCheckStatus, expected: str
) -> None:
    station = made()
    Evse(station).condition(reservation_id=4)
    group = datatypes.IdTokenType(id_token="GROUP", type="Central")
    assert station.request(start(group_id_token=group)) is None
    (asked,) = station.asks(reservation.ExistsReservation)
    assert (asked.request.evse_id, asked.request.id_token) == (1, "CARD")
    assert asked.request.group_id_token == "GROUP"

    station.reply(reservation.ExistsReservation, reservation.ExistsReservationReply(status=found))

    answer: Any = station.response()
    assert answer["status"] == expected
    assert len(provided(station)) == (expected == "Accepted")


def test_without_an_answer_about_reservations_auth_judges() -> None:
    station = made()
    Evse(station).condition(reservation_id=-1)
    station.request(start())
    (asked,) = station.asks(reservation.ExistsReservation)
    assert asked.request.group_id_token is None

    station.reply(reservation.ExistsReservation, Failure(reason=FailureReason.CRASHED, detail="x"))

    assert status(station.response()) == ("Accepted", None)


def test_without_reservations_in_the_site_nobody_is_asked() -> None:
    peers = frozenset({inputs.Peer(Target.EVSE_MANAGER, 1), inputs.Peer(Target.EVSE_MANAGER, 2)})
    station = made(peers=peers)
    Evse(station).condition(reservation_id=4)

    assert status(station.request(start())) == ("Accepted", None)


# -- what comes of it ----------------------------------------------------------------------------------------


def test_the_transaction_takes_the_remote_start_id() -> None:
    """F01.FR.19, F01.FR.25, F02.FR.01."""
    station = made()
    station.request(start())
    (token,) = provided(station)
    evse = Evse(station)
    evse.authorize(token)
    assert len(kept(station)) == 1  # nobody is plugged in: there is no transaction yet

    evse.plug()

    (event,) = told(station)
    assert event["triggerReason"] == "CablePluggedIn"  # M10.3: what came last
    assert event["transactionInfo"]["remoteStartId"] == 77
    assert kept(station) == []
    assert "remote_start 77" not in station.timers()


def test_a_transaction_that_runs_already_is_named_in_the_answer() -> None:
    """F01.FR.13: begun by the cable."""
    station = made()
    station.set(variables.START_POINTS, ("EVConnected",))
    evse = Evse(station)
    evse.plug()
    evse.condition()
    (event,) = told(station)

    answer: Any = station.request(start())

    assert answer == {"status": "Accepted", "transactionId": event["transactionInfo"]["transactionId"]}


def test_a_start_that_is_asked_for_again_is_accepted_with_its_transaction() -> None:
    station = made()
    station.request(start())
    evse = Evse(station)
    evse.plug()
    evse.authorize(provided(station)[0])
    evse.condition()

    answer: Any = station.request(start())

    assert answer["status"] == "Accepted"
    assert answer["transactionId"] == told(station)[0]["transactionInfo"]["transactionId"]
    assert len(provided(station)) == 1


def test_a_request_that_is_delivered_twice_starts_once() -> None:
    station = made()
    first = station.request(start(), message_id="same")

    again = station.request(start(), message_id="same")

    assert first == again
    assert len(provided(station)) == 1


# -- what is kept --------------------------------------------------------------------------------------------


def test_a_successor_provides_the_token_again() -> None:
    """M2.3: Auth passes over what it has in hand."""
    station = made()
    station.request(start())
    (before,) = provided(station)
    station.later(50)

    station.restart()

    assert provided(station) == [before]
    patience_s = station.model.read(variables.CONNECTION_TIMEOUT) + MARGIN_S
    assert station.timers()["remote_start 77"] == patience_s - 50


def said(station: Station, status_: TokenValidationStatus, **fields: Any) -> None:
    """Auth tells what has become of the token."""
    token = replace(REMOTE, request_id=77, **fields)
    message = TokenValidationStatusMessage(token=token, status=status_)
    station.say(Target.AUTH, auth.TokenValidationStatus(status=message))


def test_a_successor_leaves_alone_what_an_evse_has() -> None:
    station = made()
    station.request(start())
    Evse(station).authorize(provided(station)[0])

    station.restart()

    assert provided(station) == []
    assert station.timers()["remote_start 77"] > MARGIN_S


def test_a_successor_leaves_alone_what_auth_has() -> None:
    station = made()
    station.request(start())
    said(station, TokenValidationStatus.PROCESSING)

    station.restart()

    assert provided(station) == []
    assert "remote_again 77" not in station.timers()
    assert [each.heard for each in kept(station)] == [True]


def test_a_token_that_nobody_has_heard_is_provided_again() -> None:
    station = made()
    station.request(start())
    for _ in range(TIMES + 1):
        assert station.timers()["remote_again 77"] == AGAIN_S
        station.fire("remote_again 77")

    assert len(provided(station)) == TIMES
    assert "token_unheard" in station.notes()


@pytest.mark.parametrize("status_", [TokenValidationStatus.PROCESSING, TokenValidationStatus.ACCEPTED])
def test_a_token_that_auth_has_is_not_provided_again(status_: TokenValidationStatus) -> None:
    station = made()
    station.request(start())

    said(station, status_)
    said(station, status_)
    assert "remote_again 77" not in station.timers()
    station.fire("remote_again 77")

    assert len(provided(station)) == 1
    assert len(kept(station)) == 1


def test_a_token_that_is_forgotten_or_granted_is_not_provided_again() -> None:
    station = made()
    station.request(start())
    Evse(station).authorize(provided(station)[0])
    station.fire("remote_again 77")
    said(station, TokenValidationStatus.WITHDRAWN)

    station.fire("remote_again 77")

    assert len(provided(station)) == 1


def test_a_start_of_which_nothing_has_come_is_forgotten() -> None:
    station = made()
    station.request(start())
    station.later(1000)
    station.restart()
    assert provided(station) == []

    station.fire("remote_start 77")

    assert kept(station) == []
    station.fire("remote_start 77")


def test_a_start_that_an_evse_has_is_waited_for() -> None:
    station = made()
    station.request(start())
    evse = Evse(station)
    evse.authorize(provided(station)[0])

    station.fire("remote_start 77")
    assert station.timers()["remote_start 77"] == MARGIN_S
    evse.unplug()
    station.fire("remote_start 77")

    assert kept(station) == []


@pytest.mark.parametrize("decision", TokenValidationStatus)
def test_a_start_that_auth_has_refused_is_forgotten(decision: TokenValidationStatus) -> None:
    station = made()
    station.request(start())
    (token,) = provided(station)
    for other in ({"request_id": 3}, {"authorization_type": AuthorizationType.RFID}):
        message = TokenValidationStatusMessage(
            token=replace(token, **other), status=TokenValidationStatus.REJECTED
        )
        station.say(Target.AUTH, auth.TokenValidationStatus(status=message))
    assert len(kept(station)) == 1

    said(station, decision)

    over = decision in {"Rejected", "TimedOut", "Withdrawn", "UsedToStop"}
    assert (kept(station) == []) is over


# -- charging profiles ---------------------------------------------------------------------------------------


def charging_with_a_profile() -> tuple[Station, Evse]:
    station = made()
    station.request(start(charging_profile=profile()))
    evse = Evse(station)
    evse.plug()
    evse.authorize(provided(station)[0])
    return station, evse


def profiles(station: Station) -> list[tuple[str, int, str]]:
    """By transaction: the ids of its profiles, and their payloads."""
    return [
        (each.transaction_id, each.profile_id, each.payload)
        for each in station.tables.all(charging_profiles.KeptProfile).values()
    ]


def test_a_charging_profile_belongs_to_the_transaction_it_came_with() -> None:
    """F01.FR.10."""
    station, evse = charging_with_a_profile()
    transaction = told(station)[0]["transactionInfo"]["transactionId"]
    expected = [(transaction, 5, payloads.to_text(profile()))]
    assert profiles(station) == expected
    assert kept(station) == []
    station.restart()
    assert provided(station) == []
    assert profiles(station) == expected

    evse.finish()

    assert profiles(station) == []


def test_a_profile_without_room_does_not_keep_a_transaction_from_beginning() -> None:
    station = made(components=altered_entries(0))
    station.request(start(charging_profile=profile()))
    evse = Evse(station)
    evse.plug()

    evse.authorize(provided(station)[0])

    assert kinds(station) == [("Started", "RemoteStart")]
    assert profiles(station) == []
    assert "charging_profile_left_out" in station.notes()


def test_a_profile_that_waits_belongs_to_no_other_transaction() -> None:
    station = made()
    station.request(start(2, charging_profile=profile()))
    evse = Evse(station)
    evse.plug()

    evse.authorize()

    assert profiles(station) == []


def test_without_smart_charging_a_profile_is_passed_over() -> None:
    """F01.FR.12."""
    station = made()
    station.set(variables.SMART_CHARGING, value=False)

    answer = station.request(start(charging_profile=profile(transaction_id="t")))

    assert status(answer) == ("Accepted", None)
    evse = Evse(station)
    evse.plug()
    evse.authorize(provided(station)[0])
    assert profiles(station) == []


# -- stopping ------------------------------------------------------------------------------------------------


def running() -> tuple[Station, Evse, str]:
    station = made()
    evse = Evse(station)
    evse.plug()
    evse.authorize()
    return station, evse, told(station)[0]["transactionInfo"]["transactionId"]


def test_a_stop_ends_the_transaction_remotely() -> None:
    """F03.FR.07, S9.4."""
    station, evse, transaction_id = running()

    assert status(station.request(call.RequestStopTransaction(transaction_id))) == ("Accepted", None)
    (asked,) = station.asks(evse_manager.StopTransaction)
    assert asked.request.reason is StopTransactionReason.REMOTE
    evse.finish(asked.request.reason)

    assert kinds(station)[-1] == ("Ended", "RemoteStop")
    assert told(station)[-1]["transactionInfo"]["stoppedReason"] == "Remote"


def test_a_stop_is_accepted_again_until_the_transaction_has_ended() -> None:
    station, evse, transaction_id = running()
    station.request(call.RequestStopTransaction(transaction_id))
    station.restart()
    station.core.live.accepted = True
    assert len(station.asks(evse_manager.StopTransaction)) == 1  # the order outlives us
    assert status(station.request(call.RequestStopTransaction(transaction_id))) == ("Accepted", None)
    evse.finish(StopTransactionReason.REMOTE)

    answer = station.request(call.RequestStopTransaction(transaction_id))

    assert status(answer) == ("Rejected", "TxNotFound")


def test_a_transaction_that_there_is_not_cannot_be_stopped() -> None:
    """F03.FR.08."""
    station = made()

    assert status(station.request(call.RequestStopTransaction("none"))) == ("Rejected", "TxNotFound")
