"""UnlockConnector and what really comes of it (F05; rows S9.5, M6.15, M9.9)."""

from dataclasses import replace
from typing import Any

import pytest
from ocpp.v21 import call

from actors.errors.messages import Standing, StandingErrors
from actors.evse.messages import OutletCondition, Phase
from actors.ocpp.blocks import evse_conditions, metering, transactions, unlock
from actors.ocpp.blocks.unlock import PATIENCE_S, SETTLE_S
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.error_history import ErrorObject, ImplementationIdentifier, Severity, State
from tests.support.ocpp_station import START, Station
from tests.support.ocpp_transactions import Evse

BLOCKS = (evse_conditions.BLOCK, metering.BLOCK, transactions.BLOCK, unlock.BLOCK)
ASKED = call.UnlockConnector(evse_id=1, connector_id=1)
LOCKED, FREE = (
    (OutletCondition(connector_id=1, locked=True),),
    (OutletCondition(connector_id=1, locked=False),),
)
TIMER = "unlock 1 1"


def made(**options: Any) -> tuple[Station, Evse]:
    station = Station(blocks=BLOCKS, **options)
    station.connect()
    evse = Evse(station)
    evse.condition(connectors=LOCKED)
    return station, evse


def forced(station: Station, *, accepted: bool = True) -> None:
    station.reply(evse_manager.ForceUnlock, evse_manager.ForceUnlockReply(accepted=accepted))


def outcome(station: Station) -> str | None:
    answer: Any = station.response()
    return None if answer is None else answer["status"]


def failure(
    kind: str = "connector_lock/ConnectorLockFailedUnlock", evse: int | None = 1, connector: int | None = 1
) -> Standing:
    error = ErrorObject(
        type=kind,
        description="what it means",
        message="what happened",
        severity=Severity.HIGH,
        origin=ImplementationIdentifier(module_id="lock", implementation_id="main"),
        timestamp=START,
        uuid=f"{kind} {evse} {connector}",
        state=State.ACTIVE,
    )
    return Standing(error=error, evse=evse, connector=connector)


def raised(station: Station, *standing: Standing) -> None:
    station.say(Target.SYSTEM, StandingErrors(errors=standing))


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_a_plug_that_is_seen_to_be_free_is_unlocked(version: Version) -> None:
    """F05.FR.04, S9.5."""
    station, evse = made(version=version)
    assert station.request(ASKED) is None
    assert [each.connector_id for each in station.asks(evse_manager.ForceUnlock)] == [1]
    forced(station)
    assert station.timers() == {TIMER: PATIENCE_S}
    evse.condition(connectors=FREE)
    assert station.timers() == {TIMER: SETTLE_S}
    assert outcome(station) is None

    station.fire(TIMER)

    assert station.response() == {"status": "Unlocked"}


def test_the_plug_of_another_evse_says_nothing() -> None:
    station, _evse = made()
    station.request(ASKED)
    forced(station)

    Evse(station, 2).condition(connectors=FREE)

    assert station.timers() == {TIMER: PATIENCE_S}


def test_a_plug_that_was_free_before_is_unlocked() -> None:
    station, evse = made()
    evse.condition(connectors=FREE)
    station.request(ASKED)
    forced(station)
    assert station.timers() == {TIMER: SETTLE_S}

    station.fire(TIMER)

    assert outcome(station) == "Unlocked"


@pytest.mark.parametrize("connectors", [LOCKED, (OutletCondition(connector_id=1),)])
def test_a_plug_that_was_not_seen_to_be_free_is_not_unlocked(connectors: Any) -> None:
    """F05.FR.05."""
    station, evse = made()
    evse.condition(connectors=connectors)
    station.request(ASKED)
    forced(station)

    station.fire(TIMER)

    assert outcome(station) == "UnlockFailed"


@pytest.mark.parametrize("connector", [1, None])
def test_an_error_of_the_lock_is_the_outcome(connector: int | None) -> None:
    """M6.15: the failure arrives later, as an error, whatever the condition says of a lock that fails."""
    station, evse = made()
    station.request(ASKED)
    forced(station)
    evse.condition(connectors=FREE)

    raised(station, failure(connector=connector))

    assert outcome(station) == "UnlockFailed"
    assert station.timers() == {}


@pytest.mark.parametrize(("before", "expected"), [(False, "UnlockFailed"), (True, "Unlocked")])
def test_an_evse_that_becomes_faulty_over_it_has_a_lock_that_fails(*, before: bool, expected: str) -> None:
    """A lock that the site file assigns to no EVSE."""
    station, evse = made()
    locked, free = LOCKED[0], FREE[0]
    evse.condition(connectors=(replace(locked, faulted=before),))
    station.request(ASKED)
    forced(station)
    raised(station, failure(evse=None))
    evse.condition(connectors=(replace(free, faulted=True),))

    station.fire(TIMER)

    assert outcome(station) == expected


def test_an_earlier_fault_does_not_excuse_a_later_one() -> None:
    station, evse = made()
    evse.condition(connectors=(replace(FREE[0], faulted=True),))
    station.request(ASKED)
    forced(station)
    station.fire(TIMER)
    evse.condition(connectors=LOCKED)
    station.request(ASKED)
    forced(station)
    evse.condition(connectors=(replace(FREE[0], faulted=True),))

    station.fire(TIMER)

    assert outcome(station) == "UnlockFailed"


@pytest.mark.parametrize(
    "standing",
    [
        failure(evse=2),
        failure(connector=2),
        failure(evse=None),
        failure("connector_lock/VendorWarning"),
        failure("connector_lock/ConnectorLockFailedLock"),
        failure("evse_board_support/BrownOut"),
    ],
)
def test_errors_of_something_else_do_not_matter(standing: Standing) -> None:
    station, _evse = made(evses={1: 2, 2: 1})
    station.request(ASKED)
    forced(station)

    raised(station, standing)

    assert outcome(station) is None


def test_a_lock_whose_error_stands_fails_at_once_until_it_is_cleared() -> None:
    station, _evse = made()
    raised(station, failure())
    station.request(ASKED)
    forced(station)
    assert outcome(station) == "UnlockFailed"

    raised(station)
    station.request(ASKED)
    forced(station)

    assert outcome(station) is None


@pytest.mark.parametrize(
    "reply",
    [
        evse_manager.ForceUnlockReply(accepted=False),  # M6.15: no lock
        Failure(reason=FailureReason.UNAVAILABLE, detail="x"),
    ],
)
def test_what_the_manager_does_not_do_has_failed(reply: Any) -> None:
    station, _evse = made()
    station.request(ASKED)

    station.reply(evse_manager.ForceUnlock, reply)

    assert outcome(station) == "UnlockFailed"


@pytest.mark.parametrize(("evse_id", "connector_id"), [(0, 1), (3, 1), (1, 0), (1, 2)])
def test_a_connector_that_there_is_not_is_unknown(evse_id: int, connector_id: int) -> None:
    """F05.FR.03."""
    station, _evse = made()

    assert station.request(call.UnlockConnector(evse_id=evse_id, connector_id=connector_id)) == {
        "status": "UnknownConnector"
    }


# -- transactions --------------------------------------------------------------------------------------------


def test_who_was_authorized_keeps_the_plug() -> None:
    """F05.FR.02."""
    station, evse = made()
    evse.plug()
    evse.authorize()

    assert station.request(ASKED) == {"status": "OngoingAuthorizedTransaction"}
    assert station.asks(evse_manager.ForceUnlock) == []


def test_a_charge_that_is_no_transaction_yet_keeps_the_plug() -> None:
    station, evse = made()
    station.set(variables.START_POINTS, ("EnergyTransfer",))
    evse.condition(phase=Phase.TRANSACTION, connectors=LOCKED)

    assert station.request(ASKED) == {"status": "OngoingAuthorizedTransaction"}


def test_a_transaction_nobody_was_authorized_for_keeps_nothing() -> None:
    station, evse = made()
    station.set(variables.START_POINTS, ("EVConnected",))
    evse.plug()

    assert station.request(ASKED) is None


def test_the_other_connector_of_the_evse_can_be_unlocked() -> None:
    station, evse = made(evses={1: 2, 2: 1})
    evse.plug()
    evse.authorize()

    assert station.request(replace(ASKED, connector_id=2)) is None


# -- lives ---------------------------------------------------------------------------------------------------


def test_a_request_that_comes_again_to_a_successor_is_carried_out_again() -> None:
    station, evse = made()
    station.request(ASKED, message_id="same")
    station.restart()
    evse.condition(connectors=LOCKED)
    station.request(ASKED, message_id="same")
    forced(station)
    evse.condition(connectors=FREE)

    station.fire(TIMER)

    assert outcome(station) == "Unlocked"


def test_what_comes_after_the_answer_changes_nothing() -> None:
    station, evse = made()
    station.request(ASKED)
    evse.condition(connectors=FREE)
    station.fire(TIMER)
    before = outcome(station)

    forced(station)
    station.fire(TIMER)
    raised(station, failure())
    Evse(station, 2).condition(connectors=FREE)

    assert outcome(station) == before == "Unlocked"
