"""Security events (A04, appendix 1 of OCPP 2.0.1 edition 3 and 2.1; rows S8.12, S8.20, M11.5)."""

import json
from datetime import timedelta

import pytest
from ocpp.v21 import call_result

from actors.ocpp.blocks import security
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.entries import Queued, Weight
from actors.ocpp.inputs import Resumed, Target
from actors.ocpp.messages import LinkState, Outcome, SecurityNews
from protocols import types
from protocols.interfaces import evse_security, ocpp, system
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp.version import Version
from protocols.types.evse_security import (
    CaCertificateType,
    CertificateStoreUpdate,
    CertificateStoreUpdateOperation,
    LeafCertificateType,
)
from protocols.types.ocpp import SecurityEventEnum
from protocols.types.system import BootReason
from tests.support.ocpp_station import START, Station

ONLY_LOGGED = {
    "FailedToAuthenticateAtCsms",
    "CsmsFailedToAuthenticate",
    "ReconfigurationOfSecurityParameters",
    "InvalidMessages",
    "AttemptedReplayAttacks",
}


def online(version: Version = Version.V21) -> Station:
    made = Station(blocks=(security.BLOCK,), version=version, options={"site_life": "one"})
    made.connect()
    made.turn(lambda turn: setattr(turn.live, "accepted", True))
    return made


@pytest.fixture
def station() -> Station:
    return online()


def events(station: Station) -> list[types.ocpp.SecurityEvent]:
    return [each.event for each in station.published(ocpp.SecurityEventVar)]


def sent(station: Station) -> list[tuple[str, str | None]]:
    return [(each["type"], each.get("techInfo")) for each in station.sent("SecurityEventNotification")]


def test_every_event_that_ocpp_names_has_its_row() -> None:
    assert {each.value for each in SecurityEventEnum} <= security.CRITICAL.keys()


@pytest.mark.parametrize("name", sorted(security.CRITICAL))
def test_the_standard_says_which_events_are_told(name: str) -> None:
    station = online()

    station.turn(lambda turn: security.report(turn, name, "why"))

    assert sent(station) == ([] if name in ONLY_LOGGED else [(name, "why")])
    (event,) = events(station)
    assert (event.type, event.info, event.critical) == (name, "why", name not in ONLY_LOGGED)
    assert event.timestamp == START
    assert "security_event" in station.notes()


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_texts_are_cut_to_what_the_schema_allows(version: Version) -> None:
    station = online(version)

    station.turn(lambda turn: security.report(turn, "N" * 60, "d" * 300, critical=True))

    assert sent(station) == [("N" * 50, "d" * 255)]


def test_an_event_without_detail_sends_none(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "MemoryExhaustion"))

    assert sent(station) == [("MemoryExhaustion", None)]
    assert events(station)[0].info is None


# -- the queue (A04.FR.02) -----------------------------------------------------------------------------------


def test_an_event_of_an_outage_is_told_after_it(station: Station) -> None:
    station.disconnect()
    station.turn(lambda turn: security.report(turn, "TamperDetectionActivated"))
    (queued,) = station.core.tables.all(Queued).values()
    assert queued.weight is Weight.NEVER

    station.restart()
    station.turn(lambda turn: setattr(turn.live, "accepted", True))
    station.later(3600)
    station.connect()

    (payload,) = station.sent("SecurityEventNotification")
    assert payload["timestamp"] == "2026-03-01T12:00:00.000Z"


def test_before_the_boot_is_accepted_an_event_waits() -> None:
    station = Station(blocks=(security.BLOCK,))
    station.connect()

    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))

    assert sent(station) == []
    assert len(station.core.tables.all(Queued)) == 1


def test_an_answered_event_is_done(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))

    station.answered(call_result.SecurityEventNotification())

    assert not station.core.tables.all(Queued)


def timed_out(station: Station) -> None:
    """The CSMS does not answer the open call in time."""
    station.set(variables.MESSAGE_ATTEMPTS, 1)
    station.ended(Outcome.TIMEOUT)


def test_a_silent_csms_is_told_again_later(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared", "by hand"))

    for wait_s in (60, 120, 240):
        timed_out(station)
        assert station.open is None
        assert station.timers()["security"] == wait_s
        station.later(wait_s)
        station.fire("security")

    assert sent(station) == [("SecurityLogWasCleared", "by hand")] * 4
    assert [each["timestamp"] for each in station.sent()] == ["2026-03-01T12:00:00.000Z"] * 4


def test_a_csms_that_refuses_an_event_has_it(station: Station) -> None:
    station.set(variables.MESSAGE_ATTEMPTS, 1)
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))

    station.ended(Outcome.REFUSED)

    assert not station.tables.all(Queued)
    assert not station.tables.all(security.Unanswered)


def test_an_event_that_was_not_answered_survives_a_kill(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))
    timed_out(station)
    station.later(50)

    station.restart()

    assert station.timers()["security"] == 10
    station.later(10)
    station.fire("security")
    assert len(station.tables.all(Queued)) == 1
    assert not station.tables.all(security.Unanswered)


def test_an_event_is_not_said_for_ever(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))
    station.later(security.LONGEST_S + 1)

    timed_out(station)

    assert not station.tables.all(security.Unanswered)
    assert "security_event_dropped" in station.notes()


def test_events_that_are_not_due_wait_on(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))
    timed_out(station)
    station.later(30)
    station.turn(lambda turn: security.report(turn, "TamperDetectionActivated"))
    timed_out(station)
    station.later(30)

    station.fire("security")

    assert [name for name, _ in sent(station)][2:] == ["SecurityLogWasCleared"]
    assert station.timers()["security"] == 30


def test_a_clock_that_was_set_back_holds_no_event(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))
    timed_out(station)
    station.later(-86_400)

    station.fire("security")

    assert len(sent(station)) == 2


def test_after_a_stop_nothing_is_said_again(station: Station) -> None:
    station.turn(lambda turn: security.report(turn, "SecurityLogWasCleared"))
    timed_out(station)
    station.core.live.stopped = True
    station.later(60)

    station.fire("security")

    assert not station.tables.all(Queued)


def test_no_more_events_wait_than_there_is_room_for(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "MOST", 3)
    names = [f"Event{number}" for number in range(6)]
    station.turn(lambda turn: security.report(turn, names[0], critical=True))
    timed_out(station)
    for name in names[1:]:
        station.turn(lambda turn, name=name: security.report(turn, name, critical=True))

    left = [json.loads(each.payload)["type"] for each in station.tables.all(Queued).values()]
    assert left == ["Event1", "Event3", "Event4", "Event5"]  # one of them is being sent
    assert not station.tables.all(security.Unanswered)
    assert station.notes().count("security_event_dropped") == 2


# -- who reports ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "critical", "told"),
    [
        ("MaintenanceLoginFailed", None, True),
        ("MaintenanceLoginFailed", False, False),
        ("InvalidMessages", None, False),
        ("InvalidMessages", True, True),
        ("OwnOfAVendor", None, False),
        ("OwnOfAVendor", True, True),
    ],
)
def test_a_module_says_what_is_critical_or_the_standard_does(
    station: Station, name: str, *, critical: bool | None, told: bool
) -> None:
    at = START - timedelta(seconds=5)
    event = types.ocpp.SecurityEvent(type=name, info="who", critical=critical, timestamp=at)

    replies = station.ask(ocpp.SecurityEvent(event=event))

    assert replies == [Reply()]
    assert sent(station) == ([(name, "who")] if told else [])
    assert events(station) == [types.ocpp.SecurityEvent(type=name, info="who", critical=told, timestamp=at)]


def test_a_module_may_leave_out_all_but_the_name(station: Station) -> None:
    event = types.ocpp.SecurityEvent(type="MaintenanceLoginAccepted")

    station.ask(ocpp.SecurityEvent(event=event))

    assert sent(station) == [("MaintenanceLoginAccepted", None)]
    assert events(station)[0].timestamp == station.now


def test_nonsense_on_the_wire_is_logged(station: Station) -> None:
    news = SecurityNews(event="InvalidMessages", at=START, detail="no JSON")

    station.say(Target.SYSTEM, news)

    assert [(each.type, each.info, each.critical) for each in events(station)] == [
        ("InvalidMessages", "no JSON", False)
    ]


UPDATES = [
    (
        CertificateStoreUpdate(
            operation=CertificateStoreUpdateOperation.INSTALLED, leaf_certificate_type=LeafCertificateType.V2G
        ),
        ["certificate Installed: leaf V2G"],
    ),
    (
        CertificateStoreUpdate(
            operation=CertificateStoreUpdateOperation.DELETED, ca_certificate_type=CaCertificateType.MO
        ),
        ["certificate Deleted: root MO"],
    ),
    (
        CertificateStoreUpdate(
            operation=CertificateStoreUpdateOperation.INSTALLED,
            leaf_certificate_type=LeafCertificateType.CSMS,
        ),
        ["certificate Installed: leaf CSMS"],
    ),
]


@pytest.mark.parametrize(("update", "told"), UPDATES, ids=["leaf", "root", "client"])
def test_a_change_of_certificates_is_logged(
    station: Station, update: CertificateStoreUpdate, told: list[str]
) -> None:
    station.say(Target.SECURITY, evse_security.CertificateStoreUpdate(update=update))

    assert [each.info for each in events(station)] == told
    assert sent(station) == []


def test_the_certificate_of_the_connection_itself_is_for_the_network_to_tell(station: Station) -> None:
    link = LinkState(connection=1, ocpp_version=station.version, security_profile=3, since=START)
    station.core.live.link = link

    station.say(Target.SECURITY, evse_security.CertificateStoreUpdate(update=UPDATES[2][0]))

    assert events(station) == []


@pytest.mark.parametrize(
    ("threshold_s", "by_s", "told"),
    [
        (20, 21.0, [("SettingSystemTime", "by +21 s")]),
        (20, -21.0, [("SettingSystemTime", "by -21 s")]),
        (20, 20.0, []),
        (0, 0.6, [("SettingSystemTime", "by +1 s")]),
    ],
)
def test_a_clock_that_is_set_by_more_than_the_threshold_is_told(
    station: Station, threshold_s: int, by_s: float, told: list[tuple[str, str]]
) -> None:
    station.set(variables.TIME_ADJUSTMENT_THRESHOLD, threshold_s)

    station.turn(lambda turn: security.clock_set(turn, by_s))

    assert sent(station) == told


def test_without_a_threshold_no_setting_of_the_clock_is_told(station: Station) -> None:
    name = AttributeName(*variables.TIME_ADJUSTMENT_THRESHOLD.at())
    del station.core.model._values[name]  # files may leave it without a value

    station.turn(lambda turn: security.clock_set(turn, 5000.0))

    assert sent(station) == []


# -- the start -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", BootReason)
def test_a_start_is_reported_with_its_reason(station: Station, reason: BootReason) -> None:
    reset = reason not in {BootReason.POWER_UP, BootReason.UNKNOWN, BootReason.TRIGGERED}

    station.feed(Resumed())
    station.reply(system.GetBootReason, system.GetBootReasonReply(boot_reason=reason))
    station.answered(call_result.SecurityEventNotification())

    firmware = station.model.read(variables.FIRMWARE_VERSION)
    startup = ("StartupOfTheDevice", f"{reason.value}, firmware {firmware}")
    assert sent(station) == [startup, ("ResetOrReboot", reason.value)][: 1 + reset]


def test_a_start_whose_reason_nobody_knows_is_reported(station: Station) -> None:
    station.feed(Resumed())

    station.reply(system.GetBootReason, Failure(reason=FailureReason.TIMEOUT, detail="x"))

    assert [name for name, _detail in sent(station)] == ["StartupOfTheDevice"]


def test_a_start_is_reported_once_in_a_life_of_the_site(station: Station) -> None:
    station.feed(Resumed())
    station.restart()  # killed before it knew the reason
    assert len(station.asks(system.GetBootReason)) == 1
    station.reply(system.GetBootReason, system.GetBootReasonReply(boot_reason=BootReason.POWER_UP))

    station.restart()
    assert station.asks(system.GetBootReason) == []

    station.options["site_life"] = "two"
    station.restart()
    assert len(station.asks(system.GetBootReason)) == 1
