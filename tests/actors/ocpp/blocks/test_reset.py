"""Reset of the station and of one EVSE (B11 to B13; rows S12.7, S12.8, S12.10, M9.3, M9.9, M10.2)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp.v21 import call, call_result, enums

from actors.evse.messages import Phase
from actors.ocpp import inputs
from actors.ocpp.blocks import boot, evse_conditions, metering, reset, transactions
from actors.ocpp.blocks.reset import FAILED_S, FLUSH_S, GRACE_S, LOOK_S, OUT_S, STOP_S, UNDONE_S
from actors.ocpp.blocks.reset_entries import Hold, PendingReset, Stage
from actors.ocpp.blocks.transaction_entries import running
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued
from protocols.interfaces import auth, evse_manager, system
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp.version import Version
from protocols.types.evse_manager import EnableState, StopTransactionReason
from protocols.types.system import BootReason, ResetType
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import CARD, Evse, kinds, told

BLOCKS = (boot.BLOCK, evse_conditions.BLOCK, metering.BLOCK, transactions.BLOCK, reset.BLOCK)
Kind = enums.ResetEnumType
LOST = Failure(reason=FailureReason.UNAVAILABLE, detail="x")
NOW, IDLE, RESUME = (
    call.Reset(Kind.immediate),
    call.Reset(Kind.on_idle),
    call.Reset(Kind.immediate_and_resume),
)
NOW_1, IDLE_1 = call.Reset(Kind.immediate, evse_id=1), call.Reset(Kind.on_idle, evse_id=1)


def made(version: Version = Version.V21, **options: Any) -> Station:
    station = Station(blocks=BLOCKS, version=version, options={"site_life": "one", **options})
    station.connect()
    station.core.live.accepted = True
    for number in station.evses:
        Evse(station, number).condition()
    return station


def charging(station: Station, number: int = 1) -> Evse:
    evse = Evse(station, number)
    evse.plug()
    evse.authorize()
    evse.condition()
    return evse


def finish(evse: Evse, reason: StopTransactionReason = StopTransactionReason.LOCAL) -> None:
    evse.finish(reason)
    evse.condition()


def asked(station: Station, request: call.Reset, *, allowed: bool = True) -> Any:
    """The CSMS's request, up to its answer."""
    answer = station.request(request)
    if answer is not None:
        return answer
    station.reply(system.IsResetAllowed, system.IsResetAllowedReply(allowed=allowed))
    return station.response()


def status(answer: Any) -> tuple[str, str | None]:
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode")


def stage(station: Station, evse_id: int = 0) -> Stage | None:
    found = station.tables.get(PendingReset, str(evse_id))
    return None if found is None else found.stage


def holds(station: Station) -> dict[int, bool]:
    """By EVSE: whether it is to be put back."""
    return {each.evse_id: each.over for each in station.tables.all(Hold).values()}


def said(station: Station) -> list[tuple[int, EnableState]]:
    """What the managers were told of service, EVSE by EVSE."""
    return [
        (each.peer.number, each.command.cmd_source.enable_state)
        for each in station.effects
        if isinstance(each, inputs.Ask) and isinstance(each.command, evse_manager.EnableDisable)
    ]


def delivered(station: Station) -> None:
    """The CSMS has acknowledged everything."""
    while station.open is not None:
        station.answered(call_result.TransactionEvent())


def elapsed(station: Station, seconds: float, timer: str = "reset 0") -> None:
    station.later(seconds)
    station.fire(timer)


# -- whether -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "type_"),
    [(NOW, ResetType.HARD), (RESUME, ResetType.HARD), (IDLE, ResetType.SOFT), (NOW_1, ResetType.HARD)],
)
def test_the_system_is_asked_whether_it_may_be(request_: call.Reset, type_: ResetType) -> None:
    """S12.7, M9.9: with the type."""
    station = made()

    assert station.request(request_) is None

    assert [each.type for each in station.asks(system.IsResetAllowed)] == [type_]


@pytest.mark.parametrize("reply", [LOST, system.IsResetAllowedReply(allowed=False)])
@pytest.mark.parametrize("request_", [NOW, IDLE, RESUME, NOW_1, IDLE_1])
def test_a_system_that_cannot_restart_now_has_it_rejected(request_: call.Reset, reply: Reply) -> None:
    """B11.FR.06, B12.FR.10, S12.7."""
    station = made()
    station.request(request_)

    station.reply(system.IsResetAllowed, reply)

    assert status(station.response()) == ("Rejected", "NotEnabled")
    assert list(station.tables.all(PendingReset)) == []


def test_an_evse_that_there_is_not_cannot_be_reset() -> None:
    assert status(made().request(call.Reset(Kind.immediate, evse_id=9))) == ("Rejected", "UnknownEvse")


def test_an_evse_is_reset_where_the_device_model_allows_it() -> None:
    """B11.FR.09, B12.FR.09."""
    station = made()
    allowed = False
    station.set(variables.EVSE_ALLOW_RESET, allowed, 1)

    assert status(station.request(NOW_1)) == ("Rejected", "UnsupportedRequest")


def test_evse_0_is_the_station() -> None:
    station = made()

    assert status(asked(station, call.Reset(Kind.immediate, evse_id=0))) == ("Accepted", None)

    assert stage(station) is Stage.LEAVING


def test_transactions_that_do_not_outlive_a_restart_cannot_be_resumed() -> None:
    """B13."""
    station = made()
    resumes = False
    station.set(variables.RESUME_TRANSACTIONS, resumes)

    assert status(station.request(RESUME)) == ("Rejected", "NotEnabled")


@pytest.mark.parametrize(("charges", "expected"), [(True, "Rejected"), (False, "Accepted")])
def test_a_transaction_does_not_outlive_the_reset_of_its_evse(*, charges: bool, expected: str) -> None:
    """B13."""
    station = made()
    if charges:
        charging(station)

    answer = asked(station, call.Reset(Kind.immediate_and_resume, evse_id=1))

    assert answer["status"] == expected


# -- the station, without transactions -----------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
@pytest.mark.parametrize("request_", [NOW, IDLE])
def test_a_free_station_is_reset_soon_after_its_answer(request_: call.Reset, version: Version) -> None:
    """B11.FR.01 to FR.03, S12.8."""
    station = made(version)

    assert status(asked(station, request_)) == ("Accepted", None)
    assert station.asks(system.Reset) == []
    assert station.timers()["reset 0"] == GRACE_S
    elapsed(station, GRACE_S)

    (ordered,) = station.asks(system.Reset)
    assert ordered.type is (ResetType.HARD if request_ is NOW else ResetType.SOFT)
    assert not ordered.scheduled


def test_the_delay_of_the_site_file_passes_before_it() -> None:
    """M9.3, ResetStopDelay."""
    station = made(reset_delay_s=60.0)
    asked(station, NOW)
    assert station.timers()["reset 0"] == 60

    elapsed(station, 59)
    assert station.asks(system.Reset) == []
    elapsed(station, 1)

    assert len(station.asks(system.Reset)) == 1


def test_a_clock_that_is_set_back_does_not_put_a_reset_off() -> None:
    station = made()
    asked(station, NOW)
    assert stage(station) is Stage.LEAVING

    station.now -= timedelta(days=4000)
    station.fire("reset 0")
    elapsed(station, GRACE_S)

    assert len(station.asks(system.Reset)) == 1


def test_what_the_csms_asks_twice_is_promised_once() -> None:
    station = made()

    first = asked(station, NOW)
    elapsed(station, GRACE_S)
    again = asked(station, IDLE)

    assert (first["status"], again["status"]) == ("Accepted", "Accepted")
    assert len(station.tables.all(PendingReset)) == 1


def test_an_evse_is_not_reset_beside_the_station() -> None:
    station = made()
    asked(station, NOW)

    assert status(station.request(NOW_1)) == ("Rejected", "NotEnabled")


def test_a_reset_of_the_station_does_for_an_evse_too() -> None:
    station = made()
    charging(station)
    asked(station, IDLE_1)

    asked(station, NOW)

    assert (stage(station, 1), stage(station)) == (None, Stage.STOPPING)


def test_whether_one_is_under_way_is_known_to_others() -> None:
    station = made()
    seen: list[bool] = []

    def look() -> list[bool]:
        seen.clear()
        station.turn(lambda turn: seen.extend(reset.under_way(turn, each) for each in (None, 1, 2)))
        return list(seen)

    assert look() == [False, False, False]
    asked(station, NOW_1)
    assert look() == [False, True, False]
    asked(station, NOW)
    assert look() == [True, True, True]


# -- OnIdle, with transactions -------------------------------------------------------------------------------


def test_a_scheduled_reset_waits_for_the_transaction() -> None:
    """B12.FR.01, FR.03."""
    station = made()
    evse = charging(station)

    assert status(asked(station, IDLE)) == ("Scheduled", None)
    assert said(station) == [(2, EnableState.DISABLE)]
    finish(evse)

    assert stage(station) is Stage.LEAVING
    assert said(station) == [(2, EnableState.DISABLE), (1, EnableState.DISABLE)]
    assert kinds(station)[-1] == ("Ended", "StopAuthorized")
    delivered(station)
    elapsed(station, GRACE_S)
    assert [each.scheduled for each in station.asks(system.Reset)] == [True]


def test_a_scheduled_reset_waits_for_somebody_about_to_charge() -> None:
    station = made()
    evse = Evse(station)
    evse.authorize()
    evse.condition()

    assert asked(station, IDLE)["status"] == "Scheduled"
    evse.unplug()
    evse.condition()

    assert stage(station) is Stage.LEAVING


def test_a_scheduled_reset_waits_for_evses_that_have_not_said_a_word() -> None:
    station = made()
    charging(station)
    asked(station, IDLE)

    station.restart()
    assert stage(station) is Stage.WAITING
    Evse(station, 1).condition(phase=Phase.OVER, token=CARD)
    assert stage(station) is Stage.WAITING
    Evse(station, 2).condition()

    assert stage(station) is Stage.LEAVING


def test_a_reset_that_is_scheduled_again_stays_scheduled() -> None:
    station = made()
    charging(station)
    asked(station, IDLE)

    assert asked(station, IDLE)["status"] == "Scheduled"


def test_an_immediate_reset_overtakes_a_scheduled_one() -> None:
    station = made()
    charging(station)
    asked(station, IDLE)

    assert asked(station, NOW)["status"] == "Accepted"

    assert [each.request.reason for each in station.asks(evse_manager.StopTransaction)] == [
        StopTransactionReason.HARD_RESET
    ]


# -- Immediate, with transactions ----------------------------------------------------------------------------


def test_an_immediate_reset_ends_transactions_first() -> None:
    """B12.FR.02, FR.04, M10.2."""
    station = made()
    evse = charging(station)

    assert asked(station, NOW)["status"] == "Accepted"
    assert stage(station) is Stage.STOPPING
    finish(evse, StopTransactionReason.HARD_RESET)

    assert stage(station) is Stage.LEAVING
    ended = told(station)[-1]
    assert (ended["eventType"], ended["triggerReason"]) == ("Ended", "ResetCommand")
    assert ended["transactionInfo"]["stoppedReason"] == "ImmediateReset"
    assert said(station) == [(1, EnableState.DISABLE), (2, EnableState.DISABLE)]


def test_a_transaction_that_does_not_stop_is_not_waited_for_long() -> None:
    station = made()
    charging(station)
    asked(station, NOW)

    elapsed(station, STOP_S - 1)
    assert (stage(station), station.timers()["reset 0"]) == (Stage.STOPPING, 1)
    elapsed(station, 1)

    assert stage(station) is Stage.LEAVING


def test_a_car_that_charges_without_a_transaction_of_ocpp_is_stopped_too() -> None:
    station = made()
    station.set(variables.START_POINTS, ("EnergyTransfer",))
    charging(station)
    assert told(station) == []

    asked(station, NOW)

    assert len(station.asks(evse_manager.StopTransaction)) == 1
    assert stage(station) is Stage.STOPPING


def test_a_transaction_without_a_token_ends_at_once() -> None:
    station = made()
    station.set(variables.START_POINTS, ("EVConnected",))
    evse = Evse(station)
    evse.plug()
    evse.condition()

    asked(station, NOW)

    assert kinds(station)[-1] == ("Ended", "ResetCommand")
    assert stage(station) is Stage.LEAVING


def test_the_last_messages_are_waited_for_while_there_is_a_connection() -> None:
    station = made()
    finish(charging(station))
    asked(station, NOW)

    elapsed(station, GRACE_S)
    assert station.timers()["reset 0"] == LOOK_S
    delivered(station)
    elapsed(station, LOOK_S)

    assert len(station.asks(system.Reset)) == 1


def test_a_silent_back_end_delays_the_reset_only_so_long() -> None:
    station = made()
    finish(charging(station))
    asked(station, NOW)

    elapsed(station, GRACE_S + FLUSH_S)

    assert len(station.asks(system.Reset)) == 1
    assert told(station) != []  # and goes out after it


def test_without_a_connection_nothing_is_waited_for() -> None:
    station = made()
    finish(charging(station))
    asked(station, NOW)
    station.disconnect()

    elapsed(station, GRACE_S)

    assert len(station.asks(system.Reset)) == 1


# -- ImmediateAndResume --------------------------------------------------------------------------------------


def test_transactions_that_will_go_on_are_told_of_the_reset() -> None:
    """B13."""
    station = made()
    charging(station)

    assert asked(station, RESUME)["status"] == "Accepted"

    assert kinds(station)[-1] == ("Updated", "ResetCommand")
    assert station.asks(evse_manager.StopTransaction) == []
    assert said(station) == []
    assert stage(station) is Stage.LEAVING


def test_they_do_go_on_after_it() -> None:
    """B13, E17."""
    station = made()
    evse = charging(station)
    asked(station, RESUME)
    elapsed(station, GRACE_S)
    station.options["site_life"] = "two"
    station.restart()

    evse.condition()

    assert kinds(station)[-2:] == [("Updated", "ResetCommand"), ("Updated", "TxResumed")]
    assert stage(station) is None


# -- lives ---------------------------------------------------------------------------------------------------


def stages() -> dict[Stage, Station]:
    """A station in every stage of a reset of it, with what led there."""
    waiting, stopping, leaving, ordered = (made() for _ in range(4))
    charging(waiting)
    asked(waiting, IDLE)
    charging(stopping)
    asked(stopping, NOW)
    asked(leaving, NOW)
    asked(ordered, NOW)
    elapsed(ordered, GRACE_S)
    return {
        Stage.WAITING: waiting,
        Stage.STOPPING: stopping,
        Stage.LEAVING: leaving,
        Stage.ORDERED: ordered,
    }


@pytest.mark.parametrize("at", Stage)
def test_a_successor_goes_on_in_every_stage(at: Stage) -> None:
    station = stages()[at]
    held = holds(station)

    station.restart()

    assert stage(station) is at
    assert said(station) == [(each, EnableState.DISABLE) for each in held]
    assert ("reset 0" in station.timers()) is (at in {Stage.STOPPING, Stage.LEAVING})
    assert len(station.asks(system.Reset)) == (at is Stage.ORDERED)


@pytest.mark.parametrize("at", Stage)
def test_a_new_life_of_the_site_is_the_end_of_a_reset(at: Stage) -> None:
    """B11.FR.03: whatever has ended the last one."""
    station = stages()[at]
    held = holds(station)
    station.options["site_life"] = "two"

    station.restart()

    assert stage(station) is None
    assert said(station) == [(each, EnableState.UNASSIGNED) for each in held]
    for _ in held:
        station.reply(evse_manager.EnableDisable, evse_manager.EnableDisableReply(enabled=True))
    assert station.asks(system.Reset) == []


@pytest.mark.parametrize(
    ("request_", "reason"), [(NOW, BootReason.REMOTE_RESET), (IDLE, BootReason.SCHEDULED_RESET)]
)
def test_the_next_boot_notification_says_why(request_: call.Reset, reason: BootReason) -> None:
    """B11.FR.03, FR.04, S12.10: `system` has kept it."""
    station = made()
    asked(station, request_)
    elapsed(station, GRACE_S)
    station.options["site_life"] = "two"
    station.restart()

    station.reply(system.GetBootReason, system.GetBootReasonReply(boot_reason=reason))

    (sent,) = station.sent("BootNotification")
    assert sent["reason"] == reason.value


def test_the_end_of_a_transaction_outlives_the_restart() -> None:
    """B12.FR.04: told after it with the reason from before."""
    station = made()
    charging(station)
    asked(station, NOW)
    elapsed(station, STOP_S)
    station.options["site_life"] = "two"
    station.restart()
    ended = Evse(station)
    ended.session = session_of(station)

    ended.finish(StopTransactionReason.HARD_RESET)

    assert told(station)[-1]["transactionInfo"]["stoppedReason"] == "ImmediateReset"


def session_of(station: Station) -> str:
    found: list[str] = []
    station.turn(lambda turn: found.extend(each.session_id for each in [running(turn, 1)] if each))
    return found[0]


def test_a_restart_that_could_not_be_ordered_is_ordered_again() -> None:
    """ResetRetries."""
    station = made()
    station.set(variables.RESET_RETRIES, 1)
    asked(station, NOW)
    elapsed(station, GRACE_S)
    for _ in range(2):
        station.reply(system.Reset, LOST)
        assert station.timers()["reset 0"] == FAILED_S
        elapsed(station, FAILED_S)

    assert len(station.asks(system.Reset)) == 2
    assert "reset_given_up" in station.notes()
    assert (stage(station), holds(station)) == (None, {1: True, 2: True})
    station.reply(system.Reset, Reply())  # too late
    station.fire("reset 0")
    assert "reset 0" not in station.timers()


def test_a_restart_that_does_not_come_is_not_waited_for_forever() -> None:
    station = made()
    asked(station, NOW)
    elapsed(station, GRACE_S)
    station.reply(system.Reset, Reply())
    assert station.timers()["reset 0"] == UNDONE_S
    station.later(UNDONE_S - 7)
    station.restart()
    assert station.asks(system.Reset) == []  # it has been taken on
    assert station.timers()["reset 0"] == 7

    elapsed(station, 7)

    assert (stage(station), holds(station)) == (None, {1: True, 2: True})


def test_a_late_answer_does_not_speak_for_another_reset() -> None:
    station = made()
    charging(station)
    asked(station, IDLE)
    station.turn(
        lambda turn: turn.ask(
            inputs.Target.SYSTEM, system.Reset(type=ResetType.SOFT, scheduled=True), "reset.ordered"
        )
    )

    station.reply(system.Reset, Reply())

    assert stage(station) is Stage.WAITING


# -- one EVSE ------------------------------------------------------------------------------------------------


def test_an_evse_is_reset_by_taking_it_out_of_service() -> None:
    """B11.FR.08, M9.9."""
    station = made()

    assert asked(station, NOW_1)["status"] == "Accepted"
    assert said(station) == [(1, EnableState.DISABLE)]
    station.reply(evse_manager.EnableDisable, evse_manager.EnableDisableReply(enabled=False))
    elapsed(station, GRACE_S, "reset 1")
    assert station.timers()["reset 1"] == OUT_S
    elapsed(station, OUT_S, "reset 1")

    assert said(station) == [(1, EnableState.DISABLE), (1, EnableState.UNASSIGNED)]
    assert stage(station, 1) is None
    assert station.asks(system.Reset) == []
    station.reply(evse_manager.EnableDisable, evse_manager.EnableDisableReply(enabled=True))
    assert holds(station) == {}


def test_a_transaction_ends_before_its_evse_is_reset() -> None:
    """B12.FR.08; the other EVSE charges on."""
    station = made()
    evse, other = charging(station), charging(station, 2)

    assert asked(station, NOW_1)["status"] == "Accepted"
    finish(evse, StopTransactionReason.HARD_RESET)

    assert kinds(station)[-1] == ("Ended", "ResetCommand")
    assert stage(station, 1) is Stage.LEAVING
    elapsed(station, GRACE_S, "reset 1")  # whatever waits to be acknowledged: nothing is lost here
    assert stage(station, 1) is Stage.ORDERED
    other.charge()


def test_a_scheduled_reset_of_an_evse_waits_for_its_transaction_alone() -> None:
    """B12.FR.07."""
    station = made()
    evse = charging(station)
    charging(station, 2)

    assert asked(station, IDLE_1)["status"] == "Scheduled"
    assert said(station) == []
    finish(evse)

    assert stage(station, 1) is Stage.LEAVING


# -- EVSEs out of service ------------------------------------------------------------------------------------


def test_a_manager_that_cannot_be_told_is_told_again() -> None:
    station = made()
    asked(station, NOW_1)

    station.reply(evse_manager.EnableDisable, LOST)
    station.fire("reset_hold 1")

    assert said(station) == [(1, EnableState.DISABLE)] * 2


def test_a_late_answer_to_an_older_wish_changes_nothing() -> None:
    station = made()
    asked(station, NOW_1)
    late = next(
        each for each in station.effects if isinstance(each, inputs.Ask) and "over" in each.purpose.context
    )
    elapsed(station, GRACE_S, "reset 1")
    elapsed(station, OUT_S, "reset 1")
    station.feed(inputs.Replied(late.purpose, LOST))
    assert holds(station) == {1: True}
    station.reply(evse_manager.EnableDisable, evse_manager.EnableDisableReply(enabled=True))

    station.feed(inputs.Replied(late.purpose, LOST))
    station.fire("reset_hold 1")

    assert holds(station) == {}
    assert "reset_hold 1" not in station.timers()


def test_an_evse_that_is_put_back_can_be_taken_out_again() -> None:
    station = made()
    asked(station, NOW_1)
    elapsed(station, GRACE_S, "reset 1")
    elapsed(station, OUT_S, "reset 1")

    asked(station, NOW_1)

    assert holds(station) == {1: False}


def test_what_is_being_put_back_is_put_back_once() -> None:
    station = made()
    asked(station, NOW_1)
    elapsed(station, GRACE_S, "reset 1")
    elapsed(station, OUT_S, "reset 1")
    asked(station, RESUME)
    elapsed(station, GRACE_S)
    station.reply(system.Reset, Reply())

    elapsed(station, UNDONE_S)  # given up

    assert said(station) == [(1, EnableState.DISABLE), (1, EnableState.UNASSIGNED)]


def test_nothing_of_a_reset_is_queued_but_transactions() -> None:
    station = made()
    charging(station)
    asked(station, NOW)
    station.request(NOW)

    assert {each.action for each in station.tables.all(Queued).values()} == {"TransactionEvent"}
    assert station.asks(auth.WithdrawAuthorization) == []


# -- whatever happens ----------------------------------------------------------------------------------------


class Happenings:
    """What can happen to a station of two EVSEs, in any order."""

    def __init__(self) -> None:
        self.station = made()
        self.evses = {number: Evse(self.station, number) for number in self.station.evses}

    def ask(self, request: call.Reset) -> None:
        self.station.core.live.accepted = True
        if asked(self.station, request)["status"] == "Accepted" and not request.evse_id:
            assert self.station.asks(system.Reset) == []  # not before the answer has gone out
        self.station.effects.clear()

    def come(self, number: int) -> None:
        evse = self.evses[number]
        if evse.phase is Phase.IDLE:
            evse.plug()
            evse.authorize()
            evse.condition()

    def go(self, number: int) -> None:
        evse = self.evses[number]
        if evse.phase is not Phase.IDLE:
            evse.unplug()
            evse.condition()

    def pass_(self, seconds: float) -> None:
        self.station.later(seconds)
        for timer in sorted(self.station.timers()):
            if timer.startswith("reset"):
                self.station.fire(timer)

    def reply(self, reply: Reply) -> None:
        for each in [each for each in self.station.effects if isinstance(each, inputs.Ask)]:
            if each.purpose.name in {"reset.held", "reset.ordered"}:
                self.station.feed(inputs.Replied(each.purpose, reply))

    def die(self, life: str) -> None:
        self.station.options["site_life"] = life
        self.station.restart()
        for each in self.evses.values():
            each.condition()


DONE = evse_manager.EnableDisableReply(enabled=True)
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from([NOW, IDLE, RESUME, NOW_1, IDLE_1])),
    st.tuples(st.sampled_from(["come", "go"]), st.sampled_from([1, 2])),
    st.tuples(st.just("pass_"), st.sampled_from([1.0, 5.0, 40.0, 400.0])),
    st.tuples(st.just("reply"), st.sampled_from([DONE, LOST])),
    st.tuples(st.just("die"), st.sampled_from(["one", "two"])),
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(STEPS, min_size=4, max_size=14))
def test_nobody_stays_out_of_service_whatever_happens(steps: list[tuple[str, Any]]) -> None:
    happenings = Happenings()
    for name, argument in steps:
        getattr(happenings, name)(argument)

    happenings.die("another")
    for _ in range(2):
        happenings.reply(DONE)

    assert list(happenings.station.tables.all(PendingReset)) == []
    assert holds(happenings.station) == {}
