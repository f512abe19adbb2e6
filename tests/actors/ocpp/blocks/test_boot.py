"""Registration, heartbeats and the clock (OCPP 2.1 part 2, B01 to B03, G02; rows S12.9, S12.10)."""

from datetime import timedelta

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.blocks import boot, trigger
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued
from actors.ocpp.inputs import LinkSaid, Resumed
from actors.ocpp.messages import CalledReply, LinkState, Outcome
from protocols import codec
from protocols.interfaces import ocpp, system
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.ocpp import RegistrationStatus
from protocols.types.system import BootReason
from tests.support.ocpp_station import START, Station

Status = enums.RegistrationStatusEnumType
CLOCK = "2026-03-01T12:00:05.000Z"


@pytest.fixture
def station() -> Station:
    return Station(blocks=(boot.BLOCK,))


def reason(station: Station, known: BootReason = BootReason.POWER_UP) -> None:
    station.reply(system.GetBootReason, system.GetBootReasonReply(boot_reason=known))


def answer(station: Station, status: Status, interval: int = 300, clock: str = CLOCK) -> None:
    info = datatypes.StatusInfoType(reason_code="Why", additional_info="because")
    station.answered(
        call_result.BootNotification(current_time=clock, interval=interval, status=status, status_info=info)
    )


def booted(station: Station) -> None:
    station.connect()
    reason(station)
    answer(station, Status.accepted)


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_the_station_registers_with_its_reason(version: Version) -> None:
    station = Station(blocks=(boot.BLOCK,), version=version)
    station.set(variables.ICCID, "8949")
    station.connect()

    reason(station, BootReason.WATCHDOG)

    (sent,) = station.sent("BootNotification")
    assert sent["reason"] == "Watchdog"
    assert sent["chargingStation"]["modem"] == {"iccid": "8949"}
    assert sent["chargingStation"]["model"] == station.model.read(variables.CHARGE_POINT_MODEL)[:20]


def test_the_device_model_names_the_station_as_its_boot(station: Station) -> None:
    station.connect()

    reason(station)

    (sent,) = station.sent("BootNotification")
    assert station.model.find(variables.STATION_MODEL) == sent["chargingStation"]["model"]
    assert station.model.find(variables.STATION_VENDOR) == sent["chargingStation"]["vendorName"]


def test_an_unknown_reason_does_not_keep_it_from_registering(station: Station) -> None:
    station.connect()

    station.reply(system.GetBootReason, Failure(reason=FailureReason.CRASHED, detail="x"))

    (sent,) = station.sent("BootNotification")
    assert sent["reason"] == "Unknown"
    assert "modem" not in sent["chargingStation"]


def test_once_accepted_it_beats_at_the_given_interval(station: Station) -> None:
    booted(station)

    assert station.core.live.accepted
    assert station.model.read(variables.HEARTBEAT_INTERVAL) == 300
    assert station.timers()["heartbeat"] == 300
    (news,) = station.published(ocpp.BootNotificationResponse)
    assert news.response.status is RegistrationStatus.ACCEPTED
    assert news.response.current_time == START + timedelta(seconds=5)
    assert news.response.status_info is not None
    assert news.response.status_info.reason_code == "Why"


def test_an_interval_of_zero_leaves_the_heartbeat_as_it_was(station: Station) -> None:
    station.set(variables.HEARTBEAT_INTERVAL, 77)
    station.connect()
    reason(station)

    answer(station, Status.accepted, interval=0)

    assert station.timers()["heartbeat"] == 77


@pytest.mark.parametrize("status", [Status.pending, Status.rejected])
@pytest.mark.parametrize(("interval", "wait_s"), [(20, 20.0), (0, 60.0)])
def test_without_acceptance_it_tries_again(
    station: Station, status: Status, interval: int, wait_s: float
) -> None:
    station.connect()
    reason(station)

    answer(station, status, interval)

    assert not station.core.live.accepted
    assert station.core.live.pending is (status is Status.pending)
    assert station.timers()["register"] == wait_s
    station.fire("register")
    reason(station)
    assert len(station.sent("BootNotification")) == 2


def test_a_boot_that_was_asked_for_early_is_the_last_one(station: Station) -> None:
    """F06: the wait for the next attempt ends with an acceptance, however it has come about."""
    station.connect()
    reason(station)
    answer(station, Status.pending, 600)

    station.turn(lambda turn: boot.notify(turn, BootReason.TRIGGERED))
    answer(station, Status.accepted)

    assert "register" not in station.timers()


@pytest.mark.parametrize(
    ("status", "refused"), [(Status.rejected, True), (Status.pending, False), (Status.accepted, False)]
)
def test_who_rejects_a_boot_may_ask_for_another_alone(*, status: Status, refused: bool) -> None:
    """B03.FR.02, B03.FR.08: nothing else is answered, and so no heartbeat goes out either."""
    station = Station(blocks=(boot.BLOCK, trigger.BLOCK))
    station.connect()
    reason(station)
    answer(station, status)

    told = station.request(call.TriggerMessage(enums.MessageTriggerEnumType.heartbeat))

    assert (isinstance(told, CalledReply) and told.code == "SecurityError") is refused
    assert bool(station.sent("Heartbeat")) is not refused


def test_a_rejected_station_registers_when_it_is_asked_to() -> None:
    """B03, F06: as soon as the CSMS accepts, everything is answered again."""
    station = Station(blocks=(boot.BLOCK, trigger.BLOCK))
    station.connect()
    reason(station)
    answer(station, Status.rejected)

    told = station.request(call.TriggerMessage(enums.MessageTriggerEnumType.boot_notification))

    assert told == {"status": "Accepted"}
    assert [each["reason"] for each in station.sent("BootNotification")] == ["PowerUp", "Triggered"]
    answer(station, Status.accepted)
    assert station.request(call.TriggerMessage(enums.MessageTriggerEnumType.heartbeat)) == {
        "status": "Accepted"
    }


def test_a_boot_that_is_refused_for_good_is_tried_again(station: Station) -> None:
    station.set(variables.MESSAGE_ATTEMPTS, 1)
    station.connect()
    reason(station)

    station.ended(Outcome.REFUSED, code="InternalError")

    assert station.timers()["register"] == boot.RETRY_S


def test_an_answer_that_cannot_be_read_is_no_acceptance(station: Station) -> None:
    station.connect()
    reason(station)

    station.ended(Outcome.ANSWERED, payload='{"status":"Maybe","currentTime":"x","interval":1}')

    assert not station.core.live.accepted
    assert "boot_answer_unreadable" in station.notes()
    assert station.timers()["register"] == boot.RETRY_S


def test_a_reconnect_does_not_register_again(station: Station) -> None:
    booted(station)
    station.disconnect()
    assert "heartbeat" not in station.timers()

    station.connect()

    assert len(station.sent("BootNotification")) == 1
    assert station.timers()["heartbeat"] == 300


def test_a_successor_in_the_same_life_of_the_site_is_still_registered(station: Station) -> None:
    booted(station)

    station.restart()

    assert station.core.live.accepted
    assert station.sent("BootNotification") == []


def test_a_new_life_of_the_site_registers_anew(station: Station) -> None:
    booted(station)
    station.options["site_life"] = "next"

    station.restart()
    reason(station)

    assert not station.core.live.accepted
    assert len(station.sent("BootNotification")) == 1


def test_a_boot_on_its_way_stays_the_same_for_a_successor(station: Station) -> None:
    station.feed(Resumed())
    station.connect()
    reason(station)
    first = station.open

    station.restart()
    reason(station)

    assert station.open == first


def test_a_boot_left_over_from_an_earlier_life_is_not_sent(station: Station) -> None:
    station.connect()
    reason(station)
    station.options["site_life"] = "next"

    station.restart()
    reason(station, BootReason.REMOTE_RESET)

    assert [each["reason"] for each in station.sent("BootNotification")] == ["RemoteReset"]
    assert len(list(station.tables.all(Queued))) == 1


def test_one_boot_notification_waits_at_a_time(station: Station) -> None:
    station.connect()
    reason(station)

    station.turn(lambda turn: boot.notify(turn, BootReason.TRIGGERED))

    assert len(list(station.tables.all(Queued))) == 1


def test_a_heartbeat_carries_the_clock(station: Station) -> None:
    booted(station)
    station.effects.clear()

    station.fire("heartbeat")
    station.answered(call_result.Heartbeat(current_time="2026-03-01T13:00:00Z"))

    assert station.sent("Heartbeat") == [{}]
    (command,) = station.asks(system.SetSystemTime)
    assert command.timestamp == START + timedelta(hours=1)
    assert station.timers()["heartbeat"] == 300


def test_a_lost_heartbeat_sets_no_clock(station: Station) -> None:
    booted(station)
    station.effects.clear()
    station.fire("heartbeat")

    station.ended(Outcome.TIMEOUT)

    assert station.asks(system.SetSystemTime) == []


def test_a_clock_that_cannot_be_read_is_told_of(station: Station) -> None:
    station.connect()
    reason(station)

    answer(station, Status.accepted, clock="noon")

    assert station.core.live.accepted
    assert station.asks(system.SetSystemTime) == []
    assert "time_unreadable" in station.notes()


def test_the_clock_is_left_alone_where_another_source_sets_it(station: Station) -> None:
    station.set(variables.TIME_SOURCE, ("NTP",))

    booted(station)

    assert station.asks(system.SetSystemTime) == []


def test_a_heartbeat_answer_without_a_time_sets_no_clock(station: Station) -> None:
    booted(station)
    station.effects.clear()
    station.fire("heartbeat")

    station.answered(call_result.Heartbeat(current_time="soon"))

    assert station.asks(system.SetSystemTime) == []


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (system.SetSystemTimeReply(accepted=True), False),
        (system.SetSystemTimeReply(accepted=False), True),
        (Failure(reason=FailureReason.CRASHED, detail="x"), True),
    ],
    ids=["accepted", "refused", "dead"],
)
def test_a_clock_that_cannot_be_set_is_told_of(station: Station, reply: object, *, told: bool) -> None:
    booted(station)

    station.reply(system.SetSystemTime, reply)

    assert ("clock_not_set" in station.notes()) is told


def test_a_clock_that_was_far_off_is_a_security_event(station: Station) -> None:
    booted(station)
    station.fire("heartbeat")
    station.answered(call_result.Heartbeat(current_time="2026-03-01T11:59:00Z"))

    station.reply(system.SetSystemTime, system.SetSystemTimeReply(accepted=True))

    (sent,) = station.sent("SecurityEventNotification")
    assert (sent["type"], sent["techInfo"]) == ("SettingSystemTime", "by -60 s")


def test_without_a_connection_there_is_no_heartbeat(station: Station) -> None:
    booted(station)
    station.disconnect()

    station.fire("heartbeat")

    assert station.sent("Heartbeat") == []


def test_what_waits_for_the_acceptance_stays_over_a_restart(station: Station) -> None:
    station.turn(
        lambda turn: turn.send(call.SecurityEventNotification(type="x", timestamp="2026-03-01T12:00:00.000Z"))
    )
    station.options["site_life"] = "next"

    station.restart()

    assert [each.action for each in station.tables.all(Queued).values()] == ["SecurityEventNotification"]


def test_an_answer_without_further_information_is_published(station: Station) -> None:
    station.connect()
    reason(station)

    station.answered(call_result.BootNotification(current_time=CLOCK, interval=300, status=Status.accepted))

    (news,) = station.published(ocpp.BootNotificationResponse)
    assert news.response.status_info is None


@pytest.mark.parametrize(
    "interval", [10**400, 10**30, 2**63, -(2**63) - 1], ids=["endless", "30", "63", "minus"]
)
@pytest.mark.parametrize("status", list(Status), ids=str)
def test_an_interval_beyond_all_bounds_kills_nobody(station: Station, status: Status, interval: int) -> None:
    station.connect()
    reason(station)

    answer(station, status, interval)

    (told,) = station.published(ocpp.BootNotificationResponse)
    assert 0 <= told.response.interval_s <= boot.LONGEST_INTERVAL_S
    codec.encode(told)
    waits = station.timers()["heartbeat" if status is Status.accepted else "register"]
    assert 0 < waits <= (boot.LONGEST_INTERVAL_S if status is Status.accepted else boot.LONGEST_RETRY_S)


@pytest.mark.parametrize("clock", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_clock_beyond_the_calendar_is_not_taken_over(station: Station, clock: str) -> None:
    station.connect()
    reason(station)

    answer(station, Status.accepted, clock=clock)

    assert station.core.live.accepted
    assert station.asks(system.SetSystemTime) == []
    assert "time_unreadable" in station.notes()


def test_heartbeats_do_not_pile_up_before_a_slow_back_end(station: Station) -> None:
    booted(station)
    station.effects.clear()

    for _ in range(5):
        station.fire("heartbeat")
    station.answered(call_result.Heartbeat(current_time=CLOCK))

    assert station.sent("Heartbeat") == [{}]
    assert station.open is None


def test_who_was_accepted_meanwhile_does_not_register_once_more(station: Station) -> None:
    station.connect()
    reason(station)
    answer(station, Status.pending)
    assert "register" in station.timers()
    station.turn(lambda turn: boot.notify(turn, BootReason.TRIGGERED))

    answer(station, Status.accepted)

    assert "register" not in station.timers()


# -- what is kept --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_a_successor_says_again_what_the_csms_has_said(station: Station, status: Status) -> None:
    """For subscribers that came after its predecessor's death."""
    station.feed(Resumed())
    station.connect()
    reason(station)
    answer(station, status)
    (before,) = station.published(ocpp.BootNotificationResponse)
    live = station.core.live

    station.restart()

    assert station.published(ocpp.BootNotificationResponse) == [before]
    again = station.core.live
    assert (again.accepted, again.pending, again.rejected) == (live.accepted, live.pending, live.rejected)


@pytest.mark.parametrize("how", ["reconnect", "kill"])
@pytest.mark.parametrize("status", [Status.pending, Status.rejected])
def test_the_interval_of_the_csms_is_kept(station: Station, status: Status, how: str) -> None:
    """B02, B03: over reconnects and deaths."""
    station.feed(Resumed())
    station.connect()
    reason(station)
    answer(station, status, 300)
    station.later(100)
    station.effects.clear()

    if how == "kill":
        station.restart()
    else:
        station.disconnect()
        station.connect()

    assert station.timers()["register"] == 200
    station.later(200)
    station.disconnect()
    station.connect()
    reason(station)
    assert len(station.sent("BootNotification")) == 1


def test_a_boot_without_a_good_answer_is_not_repeated_at_once(station: Station) -> None:
    station.connect()
    reason(station)
    station.ended(Outcome.ANSWERED, payload='{"status":"Maybe","currentTime":"x","interval":1}')
    station.disconnect()

    station.connect()

    assert station.timers()["register"] == boot.RETRY_S


def test_another_back_end_is_told_of_the_boot_at_once(station: Station) -> None:
    station.connect()
    reason(station)
    answer(station, Status.pending, 300)
    station.disconnect()
    station.effects.clear()

    station.feed(LinkSaid(LinkState(connection=2, slot=2, since=station.now)))
    reason(station)

    assert len(station.sent("BootNotification")) == 1


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(station: Station) -> None:
    station.connect()
    reason(station)
    answer(station, Status.pending, 300)
    station.disconnect()
    station.later(-86_400)

    station.connect()

    assert station.timers()["register"] == 300


# -- in service ----------------------------------------------------------------------------------------------


def serves(station: Station) -> bool:
    found: list[bool] = []
    station.turn(lambda turn: found.append(boot.serves(turn)))
    return found[0]


def test_a_station_that_nobody_has_accepted_is_not_in_service(station: Station) -> None:
    station.feed(Resumed())
    assert not serves(station)
    station.connect()
    reason(station)
    assert not serves(station)

    answer(station, Status.accepted)

    assert serves(station)


def test_a_station_that_was_accepted_once_is_merely_offline(station: Station) -> None:
    booted(station)
    station.options["site_life"] = "next"
    station.disconnect()

    station.restart()

    assert not station.core.live.accepted
    assert serves(station)


@pytest.mark.parametrize("status", [Status.pending, Status.rejected])
def test_a_new_life_may_bring_another_answer(station: Station, status: Status) -> None:
    booted(station)
    station.options["site_life"] = "next"
    station.restart()
    reason(station)

    answer(station, status)

    assert not serves(station)


def test_who_has_accepted_it_counts_only_while_it_is_meant_for_them(station: Station) -> None:
    booted(station)
    station.options["site_life"] = "next"
    profiles = station.model.read(variables.NETWORK_PROFILES)
    station.set(variables.NETWORK_PROFILES, profiles.replace("localhost:9000", "localhost:9001"))

    station.restart()
    assert not serves(station)
    reason(station)
    answer(station, Status.accepted)

    assert [each.url for each in station.tables.all(boot.Acquaintance).values()] == ["ws://localhost:9001"]


def test_a_connection_of_an_unknown_slot_makes_no_acquaintance(station: Station) -> None:
    station.feed(LinkSaid(LinkState(connection=1, slot=None, since=station.now)))
    reason(station)

    answer(station, Status.accepted)

    assert not station.tables.all(boot.Acquaintance)


@pytest.mark.parametrize("online", [True, False])
def test_another_interval_times_the_next_heartbeat_anew(station: Station, *, online: bool) -> None:
    booted(station)
    if not online:
        station.disconnect()
    station.set(variables.HEARTBEAT_INTERVAL, 20)

    station.turn(boot.reschedule)

    assert station.timers().get("heartbeat") == (20 if online else None)


def test_the_same_back_end_stays_an_acquaintance(station: Station) -> None:
    booted(station)
    station.options["site_life"] = "next"
    station.restart()
    reason(station)

    answer(station, Status.accepted)

    assert len(station.tables.all(boot.Acquaintance)) == 1


# -- another profile -----------------------------------------------------------------------------------------


def by_profile(station: Station, slot: int | None) -> None:
    station.connections += 1
    station.feed(LinkSaid(LinkState(connection=station.connections, slot=slot, since=station.now)))


def test_the_back_end_of_another_profile_is_told_of_the_boot(station: Station) -> None:
    """B10.FR.10."""
    booted(station)
    station.disconnect()
    by_profile(station, 2)
    assert not station.core.live.accepted
    reason(station)
    assert len(station.sent("BootNotification")) == 2

    answer(station, Status.accepted)
    station.disconnect()
    by_profile(station, 2)

    assert station.core.live.accepted
    assert len(station.sent("BootNotification")) == 2


def test_a_successor_finds_out_that_the_profile_is_another_one(station: Station) -> None:
    station.feed(Resumed())
    booted(station)
    station.disconnect()
    station.restart()
    assert station.core.live.accepted

    by_profile(station, 2)

    assert not station.core.live.accepted


def test_a_profile_that_is_not_known_is_no_other_one(station: Station) -> None:
    booted(station)
    station.disconnect()

    by_profile(station, None)

    assert station.core.live.accepted


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_any_answer_to_the_boot_is_the_first_word(station: Station, status: Status) -> None:
    found: list[bool] = []
    station.connect()
    station.turn(lambda turn: found.append(boot.undecided(turn)))
    reason(station)

    answer(station, status)

    station.turn(lambda turn: found.append(boot.undecided(turn)))
    assert found == [True, False]
