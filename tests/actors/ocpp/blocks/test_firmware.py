"""Firmware updates, FirmwareStatusNotification (L01, L02; rows S12.3 to S12.5, S12.12)."""

from datetime import timedelta
from typing import Any

import pytest
from ocpp.v21 import call

from actors.ocpp.blocks import firmware, firmware_holds
from actors.ocpp.blocks.firmware import AGAIN_S, LONGEST_S
from actors.ocpp.blocks.firmware_entries import Stage
from actors.ocpp.blocks.status import View
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued
from protocols.interfaces import evse_manager, system
from protocols.message import Reply
from protocols.ocpp import times
from protocols.ocpp.version import Version
from protocols.types.system import FirmwareUpdateStatusEnum as P
from tests.support.ocpp_firmware import (
    BACK,
    BLOCKS,
    CLOSED,
    FETCHED,
    LOST,
    SIGNED,
    VERSIONS,
    R,
    Updating,
    leave,
    made,
    request,
)
from tests.support.ocpp_station import START
from tests.support.ocpp_transactions import Evse

# -- how it goes ---------------------------------------------------------------------------------------------


@VERSIONS
def test_every_status_is_told_once_under_the_request_s_number(version: Version) -> None:
    """S12.12, L01.FR.01, FR.20."""
    station = made(version)
    station.asked(signed=True)
    statuses = (P.DOWNLOAD_SCHEDULED, *SIGNED, P.INSTALLING, P.INSTALL_REBOOTING, P.INSTALLED)

    for each in statuses:
        station.goes(each, each)

    assert station.told() == [(each.value, 9) for each in statuses]


@pytest.mark.parametrize("progress", [each for each in P if each is not P.IDLE])
def test_every_status_has_its_name_in_ocpp(progress: P) -> None:
    station = made()
    station.asked()

    station.goes(progress)

    assert station.told()[0] == (progress.value, 9)


@pytest.mark.parametrize(
    ("progress", "event"),
    [(P.INSTALLED, "FirmwareUpdated"), (P.INVALID_SIGNATURE, "InvalidFirmwareSignature")],
)
def test_some_statuses_are_security_events_once(progress: P, event: str) -> None:
    """L01.FR.03."""
    station = made()
    station.asked(signed=True)

    station.goes(*FETCHED, progress, progress)

    assert station.events() == [event]


def test_an_update_that_nobody_has_asked_for_is_told() -> None:
    station = made()

    station.goes(*FETCHED, P.IDLE, request_id=-1)

    assert station.told() == [("Downloading", None), ("Downloaded", None)]
    assert station.holds() == []  # nobody has asked for leave to install


def test_what_is_said_while_offline_is_told_in_its_order() -> None:
    station = made()
    station.asked()
    station.disconnect()
    station.goes(*FETCHED)
    station.confirm()
    station.goes(P.INSTALLING, P.INSTALLATION_FAILED)

    station.connect()

    assert [status for status, _number in station.told()] == [
        "Downloading",
        "Downloaded",
        "Installing",
        "InstallationFailed",
    ]


# -- out of service ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed", "statuses", "closes"),
    [
        (False, (P.DOWNLOADING,), False),
        (False, FETCHED, True),
        (True, FETCHED, False),
        (True, SIGNED, True),
        (True, (P.DOWNLOADING, P.INSTALL_SCHEDULED), True),
    ],
)
def test_evses_are_closed_when_the_image_may_be_installed(
    statuses: tuple[P, ...], *, signed: bool, closes: bool
) -> None:
    """S12.5."""
    station = made()
    station.asked(signed=signed)

    station.goes(*statuses)

    assert station.holds() == (CLOSED if closes else [])


def test_the_installation_is_allowed_when_all_evses_are_closed() -> None:
    """S12.4."""
    station = made()
    station.asked()
    station.goes(*FETCHED)
    assert station.allowed() == 0

    station.confirm()
    assert station.allowed() == 1
    station.goes(P.INSTALLING)

    assert station.holds() == CLOSED
    assert station.stage() is Stage.ALLOWED


def test_one_evse_that_stays_in_service_keeps_it_from_being_allowed() -> None:
    station = made()
    station.asked()
    station.goes(*FETCHED)

    station.confirm(evse_manager.EnableDisableReply(enabled=True))

    assert station.allowed() == 0


def test_who_charges_at_a_closed_evse_is_waited_for() -> None:
    """S12.4: it may have begun while its manager was told."""
    station = made()
    station.asked()
    station.goes(*FETCHED)
    evse = station.charging(2)

    station.confirm()
    assert station.allowed() == 0
    leave(evse)

    assert station.allowed() == 1


def test_leave_to_install_is_given_once() -> None:
    station = made()
    station.closing()
    station.confirm()

    station.goes(P.INSTALL_SCHEDULED)
    station.confirm()

    assert station.allowed() == 1


def test_an_update_waits_for_who_charges() -> None:
    """S12.5, L01.FR.06, FR.07: free EVSEs take nobody new meanwhile."""
    station = made()
    evse = station.charging()
    station.asked()
    station.goes(*FETCHED)
    assert station.holds() == [(2, "Disable")]
    station.confirm()
    assert station.allowed() == 0

    leave(evse)
    assert station.holds() == [(2, "Disable"), (1, "Disable")]
    station.confirm()

    assert station.allowed() == 1
    assert [status for status, _number in station.told()] == ["Downloading", "Downloaded", "InstallScheduled"]


def test_who_is_about_to_charge_is_waited_for_as_well() -> None:
    station = made()
    evse = Evse(station, 1)
    evse.authorize()
    evse.condition()
    station.asked()

    station.goes(*FETCHED)

    assert station.holds() == [(2, "Disable")]


def test_an_evse_that_has_said_nothing_is_waited_for_until_it_is_away() -> None:
    station = Updating(blocks=BLOCKS, options={"site_life": "one"})
    station.connect()
    station.core.live.accepted = True
    Evse(station, 1).condition()
    station.asked()
    station.goes(*FETCHED)
    assert station.holds() == [(1, "Disable")]

    station.turn(lambda turn: turn.live.of(View).away.add(2))

    assert station.holds() == CLOSED
    assert station.told()[-1][0] == "Downloaded"


def test_new_sessions_may_begin_where_the_csms_wants_it_so() -> None:
    """AllowNewSessionsPendingFirmwareUpdate."""
    station = made()
    station.set(variables.ALLOW_NEW_SESSIONS, value=True)
    first = station.charging(1)
    station.asked()
    station.goes(*FETCHED)
    second = station.charging(2)
    leave(first)
    assert station.holds() == []

    leave(second)
    station.confirm()

    assert station.holds() == CLOSED
    assert station.allowed() == 1


def test_who_came_before_all_were_closed_is_waited_for() -> None:
    station = made()
    station.set(variables.ALLOW_NEW_SESSIONS, value=True)
    station.asked()
    station.goes(*FETCHED)
    evse = station.charging(2)
    assert station.holds() == [*CLOSED, *BACK]
    station.confirm()
    assert station.allowed() == 0

    leave(evse)
    station.confirm()

    assert station.allowed() == 1


@pytest.mark.parametrize("statuses", [FETCHED, (*FETCHED, P.INSTALL_SCHEDULED)])
def test_evses_stay_in_service_until_the_time_to_install(statuses: tuple[P, ...]) -> None:
    station = made()
    station.asked(firmware={"install_date_time": times.text_of(START + timedelta(hours=1))})
    station.goes(*statuses)
    assert station.timers()["firmware"] == 3600
    assert station.holds() == []

    station.later(3600)
    station.fire("firmware")
    station.confirm()

    assert station.allowed() == 1


def test_a_time_that_is_near_is_waited_for_as_well() -> None:
    station = made()
    station.asked(firmware={"install_date_time": times.text_of(START + timedelta(seconds=1))})

    station.goes(*FETCHED)

    assert (station.timers()["firmware"], station.holds()) == (1, [])


def test_the_time_of_an_update_that_is_given_up_does_not_count() -> None:
    station = made()
    station.asked(firmware={"install_date_time": times.text_of(START + timedelta(hours=1))})
    station.goes(*FETCHED)

    station.asked(10, R.ACCEPTED_CANCELED)

    assert "firmware" not in station.timers()


def test_a_time_far_away_is_looked_at_every_day() -> None:
    """Clocks are set."""
    station = made()
    station.asked(firmware={"install_date_time": times.text_of(START + timedelta(days=30))})

    station.goes(*FETCHED)

    assert station.timers()["firmware"] == LONGEST_S


@pytest.mark.parametrize("reply", [LOST, Reply()])
def test_leave_to_install_is_given_until_it_is_heard(reply: Reply) -> None:
    station = made()
    station.asked()
    station.goes(*FETCHED)
    station.confirm()

    station.reply(system.AllowFirmwareInstallation, reply)

    assert ("firmware" in station.timers()) is (reply is LOST)
    if reply is LOST:
        assert station.timers()["firmware"] == AGAIN_S
        station.fire("firmware")
        assert station.allowed() == 2
        station.goes(P.INSTALLING)
        station.fire("firmware")
        assert station.allowed() == 2


@pytest.mark.parametrize("end", [P.INSTALLATION_FAILED, P.INSTALL_VERIFICATION_FAILED, P.INSTALLED])
def test_evses_come_back_when_the_update_is_over(end: P) -> None:
    """As all others want them: what a source does not want any more is no opinion."""
    station = made()
    station.asked()
    station.goes(*FETCHED)
    station.confirm()

    station.goes(P.INSTALLING, end)
    station.confirm()

    assert station.holds() == [*CLOSED, *BACK]
    assert station.stage() is Stage.OVER
    assert station.tables.all(firmware_holds.FirmwareHold) == {}


def test_an_installation_nobody_was_asked_about_closes_all_evses() -> None:
    station = made()

    station.goes(P.INSTALLING, request_id=3)

    assert station.holds() == CLOSED


# -- after a death -------------------------------------------------------------------------------------------


def test_a_kill_at_any_step_changes_nothing() -> None:
    """Each status once, in order; one leave to install is enough."""
    station = made()
    evse = station.charging()
    seen: list[tuple[str, int | None]] = []
    station.asked(signed=True)
    statuses = (*SIGNED, P.INSTALLING, P.INSTALLATION_FAILED)
    for number, each in enumerate(statuses):
        station.goes(each)
        station.confirm()
        if each is P.SIGNATURE_VERIFIED:
            seen += station.told()
            station.die(evse)
            leave(evse)
            station.confirm()
        seen += station.told()
        station.die(evse)
        station.history(*statuses[: number + 1])
        station.confirm()

    assert seen + station.told() == [
        ("Downloading", 9),
        ("Downloaded", 9),
        ("SignatureVerified", 9),
        ("InstallScheduled", 9),
        ("Installing", 9),
        ("InstallationFailed", 9),
    ]
    assert station.stage() is Stage.OVER
    assert station.tables.all(firmware_holds.FirmwareHold) == {}


def test_a_successor_tells_what_its_predecessor_missed() -> None:
    station = made()
    station.asked(signed=True)

    station.die()
    station.history(*SIGNED)
    station.confirm()

    assert station.told() == [("Downloading", 9), ("Downloaded", 9), ("SignatureVerified", 9)]
    assert station.allowed() == 1


def test_the_history_of_another_update_is_passed_over() -> None:
    station = made()
    station.asked()

    station.history(*FETCHED, request_id=8)

    assert (station.told(), station.holds()) == ([], [])


@pytest.mark.parametrize("closing", [False, True])
def test_a_successor_goes_on_closing_and_allowing(*, closing: bool) -> None:
    station = made()
    station.asked()
    station.goes(*FETCHED)
    if not closing:
        station.confirm()
    station.die()
    station.confirm()

    assert station.allowed() == 1
    assert station.stage() is Stage.ALLOWED


def test_a_successor_that_gets_the_request_again_tells_nothing_twice() -> None:
    """The system had taken it, and begun, before the answer was lost."""
    station = made()
    station.request(request(), message_id="one")
    station.die()
    station.history(P.DOWNLOADING)
    station.goes(P.DOWNLOADING)

    station.request(request(), message_id="one")
    assert station.take() == {"status": "Accepted"}
    station.history(P.DOWNLOADING, P.DOWNLOADED)
    station.confirm()

    assert station.told() == [("Downloading", 9), ("Downloaded", 9)]
    assert station.allowed() == 1


@pytest.mark.parametrize("after", [P.INSTALLING, P.INSTALL_REBOOTING])
def test_evses_come_back_when_the_station_has_started_again(after: P) -> None:
    station = made()
    station.asked()
    station.goes(*FETCHED)
    station.confirm()
    station.goes(P.INSTALLING, after)
    before = station.told()

    station.die(life="two")
    assert station.holds() == BACK
    statuses = [P(status) for status, _number in before]
    station.history(*statuses, P.INSTALLED)
    station.confirm()

    assert station.told() == [("Installed", 9)]
    assert "FirmwareUpdated" in station.events()
    assert station.stage() is Stage.OVER


def test_an_installation_that_goes_on_after_a_start_closes_them_again() -> None:
    """The power had failed."""
    station = made()
    station.asked()
    station.goes(*FETCHED)
    station.confirm()
    station.goes(P.INSTALLING)
    station.told()

    station.die(life="two")
    station.confirm()
    station.effects.clear()
    station.goes(P.INSTALLING)

    assert station.holds() == CLOSED
    assert station.told() == []


def test_an_update_that_still_waits_after_a_start_closes_them_again() -> None:
    station = made()
    evse = station.charging()
    station.asked()
    station.goes(*FETCHED)
    station.confirm()
    leave(evse)

    station.die(life="two")
    assert station.holds() == [(2, "Unassigned"), (1, "Unassigned")]
    station.confirm()
    station.effects.clear()
    station.history(*FETCHED)
    station.confirm()

    assert station.holds() == CLOSED
    assert station.allowed() == 1


def test_one_that_is_over_stays_over_after_a_start() -> None:
    station = made()
    station.asked()
    station.goes(P.DOWNLOADING, P.DOWNLOAD_FAILED)
    station.told()

    station.die(life="two")
    station.history(P.DOWNLOADING, P.DOWNLOAD_FAILED)

    assert (station.told(), station.holds()) == ([], [])
    assert station.stage() is Stage.OVER


def test_one_that_is_over_is_not_told_of_after_a_start() -> None:
    """L01.FR.25."""
    station = made()
    station.asked()
    station.goes(P.DOWNLOADING, P.DOWNLOAD_FAILED)
    station.told()

    station.die(life="two")
    station.turn(firmware.trigger)

    assert station.told()[-1] == ("Idle", None)


# -- updates nobody here has asked for -----------------------------------------------------------------------


def test_what_comes_late_of_an_older_update_changes_nothing() -> None:
    station = made()
    station.asked(8)
    station.goes(P.DOWNLOADING, request_id=8)
    station.asked(9, R.ACCEPTED_CANCELED)
    station.goes(*FETCHED)

    station.goes(P.DOWNLOAD_FAILED, request_id=8)
    station.confirm()

    assert station.holds() == CLOSED
    assert station.allowed() == 1
    assert station.told()[-1] == ("DownloadFailed", 8)


def test_evses_come_back_when_the_system_works_on_something_else() -> None:
    """Until it says that what it was asked for waits."""
    station = made()
    station.closing()
    station.confirm()

    station.goes(P.DOWNLOADING, request_id=3)
    station.confirm()
    assert station.holds() == [*CLOSED, *BACK]
    assert station.tables.all(firmware_holds.FirmwareHold) == {}
    assert station.allowed() == 1
    station.turn(firmware.trigger)
    assert station.told()[-1] == ("Downloading", 3)

    station.goes(P.DOWNLOAD_FAILED, request_id=3)
    station.goes(P.INSTALL_SCHEDULED)
    station.confirm()
    assert station.holds() == [*CLOSED, *BACK, *CLOSED]
    assert station.allowed() == 2


def test_an_installation_keeps_its_evses_whatever_else_is_said() -> None:
    station = made()
    station.closing()
    station.confirm()
    station.goes(P.INSTALLING)

    station.goes(P.DOWNLOADING, P.DOWNLOAD_FAILED, request_id=3)
    assert station.holds() == CLOSED
    station.goes(P.INSTALLATION_FAILED)

    assert station.holds() == [*CLOSED, *BACK]


def test_an_installation_nobody_asked_for_gives_the_evses_back() -> None:
    station = made()

    station.goes(P.INSTALLING, P.INSTALLED, request_id=3)
    station.confirm()

    assert station.holds() == [*CLOSED, *BACK]
    assert station.tables.all(firmware_holds.FirmwareHold) == {}


def test_so_does_one_while_ours_is_fetched() -> None:
    station = made()
    station.asked()
    station.goes(P.DOWNLOADING)

    station.goes(P.INSTALLING, P.INSTALLED, request_id=3)

    assert station.holds() == [*CLOSED, *BACK]


# -- triggers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((), ("DownloadScheduled", 9)),
        ((P.DOWNLOADING,), ("Downloading", 9)),
        (FETCHED, ("Downloaded", 9)),
        ((P.DOWNLOADING, P.DOWNLOAD_FAILED), ("Idle", None)),  # L01.FR.25
        ((*FETCHED, P.INSTALLING, P.INSTALLED), ("Idle", None)),
    ],
)
def test_a_trigger_tells_how_the_update_stands(
    statuses: tuple[P, ...], expected: tuple[str, int | None]
) -> None:
    """L01.FR.26."""
    station = made()
    station.asked()
    station.goes(*statuses)
    station.told()

    station.turn(firmware.trigger)

    assert station.told()[-1] == expected


def test_without_any_update_a_trigger_tells_that_there_is_none() -> None:
    station = made()

    station.turn(firmware.trigger)
    station.fire("firmware")

    assert station.told() == [("Idle", None)]


@VERSIONS
@pytest.mark.parametrize(
    "wanted",
    [
        call.PublishFirmware("http://images.example/one", "0" * 32, 1),
        call.UnpublishFirmware("0" * 32),
    ],
)
def test_firmware_is_not_published_for_other_stations(version: Version, wanted: object) -> None:
    """L03, L04 are for local controllers."""
    answer: Any = made(version).request(wanted)

    assert answer.code == "NotSupported"


def test_the_end_of_an_update_is_never_given_up_for_space() -> None:
    station = made()
    station.disconnect()

    station.goes(P.DOWNLOADING, P.DOWNLOAD_FAILED)

    weights = [each.weight.name for each in station.tables.all(Queued).values()]
    assert weights == ["NEWS", "NEVER"]
