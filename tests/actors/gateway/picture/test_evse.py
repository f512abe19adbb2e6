"""What state an EVSE is in for people."""

from dataclasses import replace

import pytest

from actors.evse.messages import EvseCondition, Flow, OutletCondition, Phase
from actors.gateway.picture import evse_folds
from actors.gateway.picture.evse import EvseView
from actors.gateway.picture.session import Sessions
from actors.gateway.picture.tokens import Tokens
from protocols.interfaces import evse_manager
from protocols.types import evse_manager as types
from tests.support.gateway_data import AC, CARD, at, by_card, sample

OUTLET = OutletCondition(connector_id=1)
OFF = OutletCondition(connector_id=1, enabled=False)
BROKEN = OutletCondition(connector_id=1, faulted=True)


def view(*, evidence=False):
    return EvseView(sample().evse(1), Sessions(), Tokens(), evidence=evidence)


def condition(phase=Phase.IDLE, flow=None, *, outlets=(OUTLET,), reservation_id=None):
    uuid = "" if phase is Phase.IDLE else AC
    return EvseCondition(
        evse_id=1, phase=phase, flow=flow, session_id=uuid, connectors=outlets, reservation_id=reservation_id
    )


@pytest.mark.parametrize(
    ("said", "state", "available"),
    [
        (condition(), "Available", True),
        (condition(reservation_id=-1), "Reserved", True),
        (condition(outlets=(OFF,)), "Unavailable", False),
        (condition(outlets=(BROKEN,)), "Faulted", False),
        (condition(outlets=(BROKEN, OUTLET)), "Available", True),
        (condition(Phase.SESSION), "Preparing", True),
        (condition(Phase.SESSION, outlets=(OFF,)), "Preparing", False),
        (condition(Phase.SESSION, outlets=(BROKEN,)), "Faulted", False),
        (condition(Phase.TRANSACTION, Flow.NONE), "Preparing", True),
        (condition(Phase.TRANSACTION, Flow.CHARGING), "Charging", True),
        (condition(Phase.TRANSACTION, Flow.PAUSED_BY_EV), "SuspendedEV", True),
        (condition(Phase.TRANSACTION, Flow.PAUSED_BY_EVSE), "SuspendedEVSE", True),
        (condition(Phase.OVER), "Finishing", True),
    ],
)
def test_a_state_has_the_word_that_people_know(said, state, available):
    found = view()
    evse_folds.take(found, said, at(0))

    assert (found.show().state, found.show().available) == (state, available)


def test_nothing_is_known_of_an_evse_that_has_not_spoken():
    assert (view().show().state, view().show().available) == ("Unknown", False)


@pytest.mark.parametrize("kind", ["StoppingCharging", "ChargingFinished", "TransactionFinished"])
def test_a_transaction_that_ends_is_finishing(kind):
    found = view()
    evse_folds.take(found, condition(Phase.TRANSACTION, Flow.NONE), at(0))
    event = types.SessionEvent(uuid=AC, timestamp=at(1), event=types.SessionEventEnum(kind))
    evse_folds.take(found, evse_manager.SessionEvent(event=event), at(1))

    assert found.show().state == "Finishing"


def test_who_keeps_evidence_of_talks_has_it_of_every_session():
    found = view(evidence=True)
    evse_folds.take(found, condition(Phase.SESSION), at(0))

    assert found.show().session.evidence


def test_basic_charging_is_known_by_charging_without_a_talk():
    found = view()
    evse_folds.take(found, condition(Phase.TRANSACTION, Flow.NONE), at(0))
    assert found.show().session.protocol is None
    evse_folds.take(found, condition(Phase.TRANSACTION, Flow.CHARGING), at(1))
    assert found.show().session.protocol == "IEC 61851-1"


def test_the_card_of_a_session_is_shown_masked():
    found = view()
    evse_folds.take(found, replace(condition(Phase.SESSION), token=CARD), at(0))

    assert found.show().session.token.shown == "***680"
    assert by_card().token == CARD
