"""What OCPP201 asks of the managers of the EVSEs and of Auth, seen from outside: rows S9 and S11.

The same run as in `test_ocpp_provided`: the first EVSE is simulated hardware, the manager of the second one
is a program of the test's own. Smart charging (S9.9 to S9.14) has tests of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ocpp_scenes import ALIGNED_S, PATIENCE_S, SAMPLED, SAMPLED_S, performed
from tests.support.ocpp_stage import WAITS, Stage
from tests.support.story import transaction_of

if TYPE_CHECKING:
    from tests.support.story import Said

pytestmark = pytest.mark.timeout(240)
CHARGE_POINT = "site/ocpp/charge_point"
SITE_FILE_S = 60
"""How long Auth waits for a car by the site file."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return performed(tmp_path_factory.getbasetemp() / "ocpp")


def asked(stage: Stage, command: str, begin: str = "", end: str = "") -> list[Said]:
    """Commands of the charge point."""
    return stage.said(begin, end, kind="command", sender=CHARGE_POINT, tag=command)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# -- the start -----------------------------------------------------------------------------------------------


@pytest.mark.rows("S9.2")
def test_every_manager_is_asked_for_its_evse_at_the_start(stage: Stage) -> None:
    """Each once; after half a minute they are asked again, whether they are still there."""
    found = asked(stage, "evse_manager.get_evse", end="booted")
    replies = stage.said(end="booted", kind="reply", name="evse_1/evse", tag="evse_manager.get_evse_reply")

    assert sorted(each.name for each in found[:2]) == ["evse_1/evse", "evse_2/evse"]
    assert {each.content["evse"]["id"] for each in replies} == {1}


@pytest.mark.rows("S9.20")
def test_an_evse_that_waits_for_a_go_gets_one(stage: Stage) -> None:
    (waits,) = stage.said(kind="variable", name="evse_1/evse", tag=WAITS)
    (ready,) = stage.said(kind="variable", name="evse_1/evse", tag="evse_manager.ready")
    (go,) = [
        each
        for each in asked(stage, "evse_manager.external_ready_to_start_charging")
        if each.name == "evse_1/evse"
    ]

    assert waits.order < go.order < ready.order
    assert stage.story.reply(go).content == {"used": True}


@pytest.mark.rows("S9.21")
def test_nobody_dials_before_every_evse_is_there(stage: Stage) -> None:
    """One waits for its go, the other is ready; until then the back-end has heard nothing at all."""
    first = stage.said(kind="variable", name="evse_1/evse", tag=WAITS)[0]
    second = stage.said(kind="variable", name="evse_2/evse", tag="evse_manager.ready")[0]
    connected = next(each for each in stage.record if each["kind"] == "connected")

    assert stage.marks["the second EVSE"][0] == 0
    assert moment(first.time) < moment(second.time) < moment(connected["at"])


# -- service -------------------------------------------------------------------------------------------------


def statuses(stage: Stage, begin: str, end: str, evse: int = 1) -> list[str]:
    told = stage.calls("StatusNotification", begin, end)
    return [each["connectorStatus"] for each in told if each["evseId"] == evse]


@pytest.mark.rows("S9.6")
def test_the_csms_puts_an_evse_in_and_out_of_service(stage: Stage) -> None:
    told = asked(stage, "evse_manager.enable_disable", "by the CSMS", "against the CSMS")

    assert (stage.told["change 0"], stage.told["change 1"]) == ("Accepted", "Accepted")
    assert [each.content["cmd_source"]["enable_state"] for each in told] == ["Enable", "Disable"]
    assert statuses(stage, "by the CSMS", "against the CSMS") == ["Available", "Unavailable"]


@pytest.mark.rows("S9.7")
def test_who_is_there_outweighs_the_csms_by_priority(stage: Stage) -> None:
    """Disabled at the station with priority 100: the CSMS may say what it likes, until that is taken back."""
    (enable,) = asked(stage, "evse_manager.enable_disable", "against the CSMS", "nobody is against it")

    assert stage.told["disabled here"] == {"enabled": False}
    assert stage.told["enabled there"] == "Accepted"
    assert enable.content["cmd_source"]["enable_state"] == "Enable"
    assert stage.story.reply(enable).content == {"enabled": False}
    assert statuses(stage, "against the CSMS", "nobody is against it") == []
    assert stage.told["unassigned here"] == {"enabled": True}
    assert statuses(stage, "nobody is against it", "unlock")[0] == "Available"


@pytest.mark.rows("S9.8")
def test_ocpp_speaks_with_priority_5000(stage: Stage) -> None:
    sources = [each.content["cmd_source"] for each in asked(stage, "evse_manager.enable_disable")]

    assert {(each["enable_source"], each["enable_priority"]) for each in sources} == {("CSMS", 5000)}


# -- transactions --------------------------------------------------------------------------------------------


@pytest.mark.rows("S9.3")
def test_a_token_refused_afterwards_has_the_charge_paused(stage: Stage) -> None:
    (pause,) = asked(stage, "evse_manager.pause_charging")
    events = stage.calls("TransactionEvent", "remote start", "the police comes")

    assert pause.name == "evse_1/evse"
    assert stage.story.reply(pause).content == {"paused": True}
    assert {each["eventType"] for each in events} == {"Started", "Updated"}
    assert events[-1]["transactionInfo"]["chargingState"] == "SuspendedEVSE"
    assert asked(stage, "evse_manager.stop_transaction", "remote start", "the police comes") == []


@pytest.mark.rows("S9.4")
def test_the_csms_ends_a_transaction_from_afar(stage: Stage) -> None:
    (stop,) = asked(stage, "evse_manager.stop_transaction")
    ended = stage.calls("TransactionEvent", "remote stop")[-1]

    assert stage.told["remote stop"] == {"status": "Accepted"}
    assert (stop.name, stop.content["request"]) == ("evse_1/evse", {"reason": "Remote"})
    assert (ended["eventType"], ended["triggerReason"]) == ("Ended", "RemoteStop")
    assert ended["transactionInfo"]["stoppedReason"] == "Remote"


@pytest.mark.rows("S9.5")
def test_the_csms_frees_a_plug(stage: Stage) -> None:
    (free,) = asked(stage, "evse_manager.force_unlock", "unlock", "unlocked")
    lock = stage.said("unlock", "unlocked", kind="command", name="board_1/connector_lock")

    assert free.content == {"connector_id": 1}
    assert [each.tag for each in lock] == ["connector_lock.unlock"]
    assert stage.told["unlock"] == "Unlocked"


@pytest.mark.rows("S9.5")
def test_a_plug_that_cannot_be_freed_is_told_so(stage: Stage) -> None:
    assert stage.told["unlock while it charges"] == "OngoingAuthorizedTransaction"
    assert stage.told["unlock what is stuck"] == "UnlockFailed"
    assert len(asked(stage, "evse_manager.force_unlock")) == 2  # none while it charges


SCRIPT = [
    ("Started", "Authorized", "EVConnected"),
    ("Updated", "ChargingStateChanged", "Charging"),
    ("Updated", "ChargingStateChanged", "SuspendedEV"),
    ("Updated", "ChargingStateChanged", "EVConnected"),
    ("Ended", "StopAuthorized", "EVConnected"),
]
"""What the CSMS is to be told of the events of `_measured`, meter values aside."""


def of_program(stage: Stage) -> list[Any]:
    """The events of the transaction at the second EVSE."""
    return stage.calls("TransactionEvent", "restarted", "measured")


def sampled(stage: Stage, trigger: str) -> list[Any]:
    return [each for each in of_program(stage) if each["triggerReason"] == trigger]


@pytest.mark.rows("S9.19")
def test_session_events_make_the_events_of_a_transaction(stage: Stage) -> None:
    events = of_program(stage)
    told = [
        (each["eventType"], each["triggerReason"], each["transactionInfo"]["chargingState"])
        for each in events
        if not each["triggerReason"].startswith("MeterValue")
    ]

    assert told == SCRIPT
    assert [each["seqNo"] for each in events] == list(range(len(events)))
    assert len({transaction_of(each) for each in events}) == 1
    assert events[0]["idToken"] == {"idToken": "CARD2", "type": "ISO14443"}
    assert events[-1]["transactionInfo"]["stoppedReason"] == "Local"


@pytest.mark.rows("S9.19")
def test_a_session_makes_its_connector_occupied(stage: Stage) -> None:
    """Of the program's EVSE nobody knows more than its session events."""
    assert statuses(stage, "", "restarted", evse=2) == ["Available"]
    assert statuses(stage, "restarted", "measured", evse=2) == ["Occupied", "Available"]
    assert statuses(stage, "charge", "end")[0] == "Occupied"
    assert statuses(stage, "charge", "end")[-1] == "Available"


# -- meter values --------------------------------------------------------------------------------------------


def values(events: list[Any]) -> list[dict[str, float]]:
    """The first sample of each, by measurand."""
    first = [each["meterValue"][0]["sampledValue"] for each in events]
    return [{one["measurand"]: one["value"] for one in each} for each in first]


def outside(stage: Stage) -> list[Any]:
    """The MeterValues of the second EVSE."""
    return [each for each in stage.calls("MeterValues") if each["evseId"] == 2]


@pytest.mark.rows("S9.15")
def test_what_the_meter_shows_is_what_the_csms_gets(stage: Stage) -> None:
    energy = "Energy.Active.Import.Register"

    assert [each[energy] for each in values(outside(stage)[:2])] == [4242.0] * 2
    assert [each[energy] for each in values(sampled(stage, "MeterValuePeriodic")[:2])] == [5100.0] * 2
    started, ended = of_program(stage)[0], of_program(stage)[-1]
    assert values([started])[0][energy] == 5000.0
    assert ended["meterValue"][-1]["sampledValue"][0]["value"] == 5200.0


@pytest.mark.rows("S9.16")
def test_samples_by_the_clock_have_its_moments_and_measurands(stage: Stage) -> None:
    by_clock = sampled(stage, "MeterValueClock")
    told = [*outside(stage)[:2], *by_clock]
    times = [moment(each["meterValue"][0]["timestamp"]) for each in told]

    assert by_clock
    assert {tuple(each) for each in values(told)} == {("Energy.Active.Import.Register",)}
    assert min(late - early for early, late in pairwise(times)) == timedelta(seconds=ALIGNED_S)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    assert {(each - begin) % timedelta(seconds=ALIGNED_S) for each in times} == {timedelta(0)}


@pytest.mark.rows("S9.16")
def test_samples_of_a_transaction_keep_their_interval(stage: Stage) -> None:
    """Counted from its start, no interval has two; a busy machine may miss one, but not each second one."""
    began = moment(of_program(stage)[0]["timestamp"])
    told = [moment(each["timestamp"]) - began for each in sampled(stage, "MeterValuePeriodic")]
    numbers = [int((each + timedelta(seconds=SAMPLED_S / 2)).total_seconds() // SAMPLED_S) for each in told]

    assert len(numbers) >= 4
    assert min(late - early for late, early in pairwise([0, *numbers][::-1])) == 1
    assert {each for one in values(sampled(stage, "MeterValuePeriodic")) for each in one} == set(SAMPLED)


@pytest.mark.rows("S9.17", "S9.18")
@pytest.mark.parametrize(("measurand", "value"), [("SoC", 42.0), ("Current.Offered", 13.0)])
def test_what_car_and_limits_say_is_told_from_then_on(stage: Stage, measurand: str, value: float) -> None:
    """Before, the measurand is left out, though it is asked for."""
    since = stage.marks["the car tells its SoC"][1]
    said_at = moment(stage.trace[since].time)
    periodic = sampled(stage, "MeterValuePeriodic")
    found = [
        (moment(each["timestamp"]) > said_at, one.get(measurand))
        for each, one in zip(periodic, values(periodic), strict=True)
    ]

    assert {one for later, one in found if not later} == {None}
    assert found[-1] == (True, value)


# -- Auth ----------------------------------------------------------------------------------------------------


@pytest.mark.rows("S11.2")
def test_auth_is_told_how_long_to_wait_for_cars(stage: Stage) -> None:
    told = asked(stage, "auth.set_connection_timeout")

    assert [each.content["connection_timeout"] for each in told] == [SITE_FILE_S, PATIENCE_S]
    assert {each.name for each in told} == {"auth/main"}
    assert told[0].order < stage.marks["booted"][1]


@pytest.mark.rows("S11.3")
def test_a_shorter_patience_is_what_auth_keeps(stage: Stage) -> None:
    told = stage.said(kind="variable", name="auth/main", tag="auth.token_validation_status")
    at = {
        each.content["status"]["status"]: moment(each.time)
        for each in told
        if each.content["status"]["token"]["id_token"]["value"] == "CARD3"
    }

    waited_s = (at["TimedOut"] - at["Accepted"]).total_seconds()
    assert PATIENCE_S - 1 < waited_s < SITE_FILE_S / 2


@pytest.mark.rows("S11.4")
def test_a_card_of_the_master_group_ends_any_transaction(stage: Stage) -> None:
    told = asked(stage, "auth.set_master_pass_group_id")
    ended = stage.calls("TransactionEvent", "the police comes", "charge")[-1]

    assert [each.content["master_pass_group_id"] for each in told] == ["", "POLICE"]
    assert (ended["eventType"], ended["transactionInfo"]["stoppedReason"]) == ("Ended", "MasterPass")
    assert ended["idToken"]["idToken"] == "MASTER"
