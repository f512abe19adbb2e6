"""GetLog and LogStatusNotification (N01; rows S12.6, S12.11, M15.4)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.blocks import boot, log_upload
from actors.ocpp.blocks.log_upload import LogUpload
from actors.ocpp.entries import Queued, Weight
from actors.ocpp.inputs import Target
from actors.system.messages import StatusHistory
from protocols.interfaces import system
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.system import LogStatus, UploadLogsRequest, UploadLogsResponse, UploadLogsStatus
from protocols.types.system import LogStatusEnum as Progress
from tests.support.ocpp_station import Station

VERSIONS = pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
ACCEPTED, CANCELED = UploadLogsStatus.ACCEPTED, UploadLogsStatus.ACCEPTED_CANCELED
WENT_WRONG = [
    Progress.UPLOAD_FAILURE,
    Progress.BAD_MESSAGE,
    Progress.PERMISSION_DENIED,
    Progress.NOT_SUPPORTED_OPERATION,
]


def made(version: Version = Version.V21, *, online: bool = True) -> Station:
    station = Station(blocks=(boot.BLOCK, log_upload.BLOCK), version=version)
    station.core.live.accepted = True
    if online:
        station.connect()
    return station


def request(request_id: int = 7, kind: Any = enums.LogEnumType.diagnostics_log, **more: Any) -> call.GetLog:
    log = datatypes.LogParametersType("http://logs.example/", **more.pop("log", {}))
    return call.GetLog(log=log, log_type=kind, request_id=request_id, **more)


def asked(station: Station, request_id: int = 7, status: UploadLogsStatus = ACCEPTED, **more: Any) -> Any:
    """The request, passed on and taken: its answer."""
    assert station.request(request(request_id, **more)) is None
    response = UploadLogsResponse(upload_logs_status=status, file_name="log.tar.gz")
    station.reply(system.UploadLogs, system.UploadLogsReply(response=response))
    return station.response()


def say(station: Station, *statuses: Progress, request_id: int = 7) -> None:
    for each in statuses:
        status = LogStatus(log_status=each, request_id=request_id)
        station.say(Target.SYSTEM, system.LogStatus(status=status))


def history(station: Station, *statuses: Progress, request_id: int = 7) -> None:
    logs = tuple(LogStatus(log_status=each, request_id=request_id) for each in statuses)
    station.say(Target.SYSTEM, StatusHistory(logs=logs))


def told(station: Station) -> list[tuple[str, int | None]]:
    """What the CSMS has been told, everything acknowledged."""
    while station.open is not None:
        station.answered(call_result.LogStatusNotification())
    return [(each["status"], each.get("requestId")) for each in station.sent("LogStatusNotification")]


def die(station: Station) -> None:
    """Kill it; its successor has been accepted, too."""
    station.restart()
    station.core.live.accepted = True


# -- the request ---------------------------------------------------------------------------------------------


@VERSIONS
def test_a_request_is_passed_on_as_it_is(version: Version) -> None:
    """S12.6, M15.4."""
    station = made(version)
    times = {"oldest_timestamp": "2026-02-01T00:00:00Z", "latest_timestamp": "2026-02-02T01:00:00+01:00"}

    answer = asked(station, log=times, retries=3, retry_interval=20)

    assert answer == {"status": "Accepted", "filename": "log.tar.gz"}
    (command,) = station.asks(system.UploadLogs)
    assert command.upload_logs_request == UploadLogsRequest(
        retries=4,
        retry_interval_s=20,
        oldest_timestamp=datetime(2026, 2, 1, tzinfo=UTC),
        latest_timestamp=datetime(2026, 2, 2, tzinfo=UTC),
        location="http://logs.example/",
        type="DiagnosticsLog",
        request_id=7,
    )


def test_what_the_csms_leaves_to_us_is_left_to_the_system() -> None:
    """M15.4."""
    station = made()

    asked(station, kind=enums.LogEnumType.security_log)

    (command,) = station.asks(system.UploadLogs)
    wanted = command.upload_logs_request
    assert (wanted.retries, wanted.retry_interval_s, wanted.oldest_timestamp) == (None, None, None)
    assert wanted.type == "SecurityLog"


@pytest.mark.parametrize("status", list(UploadLogsStatus))
def test_the_answer_of_the_system_is_the_answer(status: UploadLogsStatus) -> None:
    station = made()

    assert asked(station, status=status)["status"] == status.value
    assert (station.tables.get(LogUpload) is None) is (status is UploadLogsStatus.REJECTED)


def test_an_upload_without_a_file_name_is_answered_without() -> None:
    station = made()
    station.request(request())

    response = UploadLogsResponse(upload_logs_status=ACCEPTED)
    station.reply(system.UploadLogs, system.UploadLogsReply(response=response))

    assert station.response() == {"status": "Accepted"}


def test_a_file_name_is_as_long_as_the_csms_takes_it() -> None:
    station = made()
    station.request(request())

    response = UploadLogsResponse(upload_logs_status=ACCEPTED, file_name="a" * 300)
    station.reply(system.UploadLogs, system.UploadLogsReply(response=response))

    answer: Any = station.response()
    assert len(answer["filename"]) == 255


@pytest.mark.parametrize(
    ("asked_for", "code"),
    [
        (request(kind=enums.LogEnumType.data_collector_log), "UnsupportedParam"),
        (request(log={"oldest_timestamp": "soon"}), "InvalidValue"),
        (request(log={"latest_timestamp": "2026-13-01T00:00:00Z"}), "InvalidValue"),
    ],
)
def test_what_cannot_be_uploaded_is_rejected_at_once(asked_for: call.GetLog, code: str) -> None:
    station = made()

    answer: Any = station.request(asked_for)

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert station.asks(system.UploadLogs) == []


def test_without_a_system_the_request_is_rejected() -> None:
    station = made()
    station.request(request())

    station.reply(system.UploadLogs, Failure(reason=FailureReason.UNAVAILABLE, detail="x"))

    answer: Any = station.response()
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InternalError")


def test_a_request_that_comes_twice_is_answered_alike() -> None:
    station = made()
    for _ in range(2):
        station.request(request(), message_id="one")
        if station.response() is None:
            response = UploadLogsResponse(upload_logs_status=ACCEPTED)
            station.reply(system.UploadLogs, system.UploadLogsReply(response=response))
        assert station.response() == {"status": "Accepted"}

    assert len(station.asks(system.UploadLogs)) == 1


# -- how it goes ---------------------------------------------------------------------------------------------


@VERSIONS
@pytest.mark.parametrize("end", [Progress.UPLOADED, *WENT_WRONG])
def test_every_status_is_told_under_the_request_s_number(version: Version, end: Progress) -> None:
    """S12.11, N01.FR.07."""
    station = made(version)
    asked(station)

    say(station, Progress.UPLOADING, end)

    assert told(station) == [("Uploading", 7), (end.value, 7)]


def test_each_further_attempt_is_no_new_status() -> None:
    station = made()
    asked(station)

    say(station, Progress.UPLOADING, Progress.UPLOADING, Progress.UPLOADED, Progress.UPLOADED)

    assert told(station) == [("Uploading", 7), ("Uploaded", 7)]


def test_a_newer_request_ends_the_older_one() -> None:
    """N01.FR.12, FR.20: whether the system says so itself or not."""
    station = made()
    asked(station, 1)
    say(station, Progress.UPLOADING, request_id=1)

    assert asked(station, 2, CANCELED)["status"] == "AcceptedCanceled"
    say(station, Progress.UPLOADING, request_id=2)

    assert told(station) == [("Uploading", 1), ("AcceptedCanceled", 1), ("Uploading", 2)]


def test_the_end_of_the_older_one_is_told_once() -> None:
    station = made()
    asked(station, 1)
    say(station, Progress.UPLOADING, request_id=1)
    station.request(request(2))
    say(station, Progress.ACCEPTED_CANCELED, request_id=1)

    response = UploadLogsResponse(upload_logs_status=CANCELED)
    station.reply(system.UploadLogs, system.UploadLogsReply(response=response))

    assert told(station) == [("Uploading", 1), ("AcceptedCanceled", 1)]


def test_the_same_number_may_be_used_again() -> None:
    """What was said of the first is not told of the second."""
    station = made()
    for _ in range(2):
        asked(station)
        say(station, Progress.UPLOADING, Progress.UPLOADED)
        history(station, Progress.UPLOADING, Progress.UPLOADED)

    assert told(station) == [("Uploading", 7), ("Uploaded", 7)] * 2


def test_a_number_used_again_stands_for_the_newer_upload() -> None:
    """Whether the first is over or was given up for it."""
    for status, first in ((ACCEPTED, (Progress.UPLOADING, Progress.UPLOADED)), (CANCELED, ())):
        station = made()
        asked(station)
        say(station, *first)
        asked(station, status=status)
        told(station)

        station.turn(log_upload.trigger)

        assert told(station)[-1] == ("Uploading", 7)


def test_a_request_that_is_taken_is_the_one_that_stands() -> None:
    """Another provider may take it without a word of the one before."""
    station = made()
    asked(station, 1)
    asked(station, 2)

    station.turn(log_upload.trigger)

    assert told(station)[-1] == ("Uploading", 2)


def test_a_status_that_comes_back_is_told_again() -> None:
    station = made()
    asked(station)

    say(station, Progress.UPLOADING, Progress.UPLOAD_FAILURE, Progress.UPLOADING)

    assert told(station) == [("Uploading", 7), ("UploadFailure", 7), ("Uploading", 7)]


def test_each_upload_is_told_under_its_own_number() -> None:
    station = made()
    asked(station)

    say(station, Progress.UPLOADING, request_id=9)

    assert told(station) == [("Uploading", 9)]


def test_an_upload_that_nobody_has_asked_for_is_told() -> None:
    station = made()

    say(station, Progress.UPLOADING, request_id=-1)

    assert told(station) == [("Uploading", None)]


def test_that_nothing_goes_on_is_told_when_asked_only() -> None:
    station = made()

    say(station, Progress.IDLE)

    assert told(station) == []


def test_what_is_said_while_offline_is_told_in_its_order() -> None:
    station = made()
    asked(station)
    station.disconnect()
    say(station, Progress.UPLOADING, Progress.UPLOADED)
    assert {each.weight for each in station.tables.all(Queued).values()} == {Weight.NEWS, Weight.NEVER}

    station.connect()

    assert told(station) == [("Uploading", 7), ("Uploaded", 7)]


# -- after a death -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heard", [0, 1, 2])
def test_a_successor_tells_what_its_predecessor_missed(heard: int) -> None:
    """Each once, in order."""
    statuses = Progress.UPLOADING, Progress.UPLOADED
    station = made()
    asked(station)
    say(station, *statuses[:heard])
    before = told(station)

    die(station)
    history(station, *statuses)
    history(station, *statuses)
    say(station, Progress.UPLOADED)

    assert before + told(station) == [("Uploading", 7), ("Uploaded", 7)]


def test_a_successor_that_gets_the_request_again_tells_nothing_twice() -> None:
    """The system had taken it, and begun, before the answer was lost."""
    station = made()
    station.request(request(), message_id="one")
    die(station)
    history(station, Progress.UPLOADING)
    say(station, Progress.UPLOADING)

    station.request(request(), message_id="one")
    response = UploadLogsResponse(upload_logs_status=ACCEPTED)
    station.reply(system.UploadLogs, system.UploadLogsReply(response=response))
    history(station, Progress.UPLOADING, Progress.UPLOADED)

    assert station.response() == {"status": "Accepted"}
    assert told(station) == [("Uploading", 7), ("Uploaded", 7)]


def test_what_was_said_before_the_answer_is_told_behind_it() -> None:
    station = made()
    station.request(request())
    die(station)
    history(station, Progress.UPLOADING)
    assert told(station) == []

    asked(station)

    assert told(station) == [("Uploading", 7)]


def test_the_history_of_another_upload_is_passed_over() -> None:
    station = made()
    asked(station)

    history(station, Progress.UPLOADING, Progress.UPLOADED, request_id=6)

    assert told(station) == []


# -- triggers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((), ("Uploading", 7)),
        ((Progress.UPLOADING,), ("Uploading", 7)),
        ((Progress.UPLOADING, Progress.UPLOADED), ("Idle", None)),  # N01.FR.13
        ((Progress.UPLOADING, Progress.UPLOAD_FAILURE), ("Idle", None)),
    ],
)
def test_a_trigger_tells_how_the_upload_stands(
    statuses: tuple[Progress, ...], expected: tuple[str, int | None]
) -> None:
    station = made()
    asked(station)
    say(station, *statuses)
    told(station)

    station.turn(log_upload.trigger)

    assert told(station)[-1] == expected


def test_without_any_upload_a_trigger_tells_that_there_is_none() -> None:
    station = made()

    station.turn(log_upload.trigger)

    assert told(station) == [("Idle", None)]
