"""Which errors stand: only declared ones, each once, fixed when raised (M14.1 to M14.4, M14.7)."""

from datetime import UTC, datetime, timedelta

import pytest

from actors.errors.standing import StandingSet, Verdict
from protocols.errors import ConnectorLock, Generic
from protocols.interfaces import connector_lock
from protocols.types.error_history import ImplementationIdentifier, Severity, State

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = ImplementationIdentifier(module_id="board", implementation_id="lock")
FAILED = ConnectorLock.CONNECTOR_LOCK_FAILED_LOCK
VENDOR = ConnectorLock.VENDOR_ERROR


@pytest.fixture
def standing():
    return StandingSet(ORIGIN, connector_lock.ERRORS, evse=2, connector=1, vendor_id="ACME")


def put(standing, kind, **more):
    return standing.put(kind, **{"uuid": f"u{len(standing.errors)}", "now": NOW, **more})


def test_an_error_stands_with_everything_that_was_said(standing):
    # when
    verdict = put(standing, VENDOR, message="jammed", sub_type="7", severity=Severity.HIGH)

    # then
    (one,) = standing.errors
    assert verdict is Verdict.RAISED
    assert (one.evse, one.connector, one.vendor_id) == (2, 1, "ACME")
    assert (one.error.type, one.error.sub_type, one.error.message) == (VENDOR, "7", "jammed")
    assert (one.error.severity, one.error.origin, one.error.timestamp) == (Severity.HIGH, ORIGIN, NOW)
    assert (one.error.uuid, one.error.state, one.error.description) == ("u0", State.ACTIVE, VENDOR.meaning)


def test_an_error_is_of_low_severity_unless_said(standing):
    put(standing, FAILED)

    assert standing.errors[0].error.severity is Severity.LOW


def test_an_error_without_a_message_says_what_it_means(standing):
    put(standing, FAILED)

    assert standing.errors[0].error.message == FAILED.meaning


def test_the_vendor_may_be_said_for_one_error_alone(standing):
    put(standing, FAILED, vendor_id="Other")

    assert standing.errors[0].vendor_id == "Other"


@pytest.mark.parametrize("kind", [Generic.VENDOR_ERROR, "connector_lock/Nonsense", ""])
def test_what_the_interface_does_not_declare_is_ignored(standing, kind):
    assert put(standing, kind) is Verdict.UNDECLARED
    assert standing.errors == ()


def test_the_same_type_and_sub_type_stands_only_once(standing):
    # given
    put(standing, FAILED, message="first")

    # when
    verdict = put(standing, FAILED, message="second", now=NOW + timedelta(hours=1), uuid="other")

    # then
    (one,) = standing.errors
    assert verdict is Verdict.REPEATED
    assert (one.error.message, one.error.timestamp, one.error.uuid) == ("first", NOW, "u0")


def test_another_sub_type_of_the_same_type_stands_beside_it(standing):
    put(standing, FAILED)

    assert put(standing, FAILED, sub_type="b") is Verdict.RAISED


@pytest.mark.parametrize(
    ("clear", "left"),
    [
        (lambda each: each.clear(FAILED), [(FAILED, "b"), (VENDOR, None)]),
        (lambda each: each.clear(FAILED, "b"), [(FAILED, None), (VENDOR, None)]),
        (lambda each: each.clear(FAILED, "c"), [(FAILED, None), (FAILED, "b"), (VENDOR, None)]),
        (lambda each: each.clear_type(FAILED), [(VENDOR, None)]),
        (lambda each: each.clear_type("nobody/Knows"), [(FAILED, None), (FAILED, "b"), (VENDOR, None)]),
        (lambda each: each.clear_all(), []),
    ],
)
def test_clearing_takes_away_what_was_named_and_nothing_else(standing, clear, left):
    # given
    put(standing, FAILED)
    put(standing, FAILED, sub_type="b")
    put(standing, VENDOR)

    # when
    cleared = clear(standing)

    # then
    assert [(each.error.type, each.error.sub_type) for each in standing.errors] == left
    assert len(cleared) == 3 - len(left)


def test_an_error_is_active_by_type_and_sub_type(standing):
    put(standing, FAILED, sub_type="b")

    assert standing.is_active(FAILED, "b")
    assert not standing.is_active(FAILED)
