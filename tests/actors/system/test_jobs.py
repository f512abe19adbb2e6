"""Tests for actors/system/jobs.py: what may begin, how often is tried, what an outcome means."""

from datetime import UTC, datetime, timedelta

import pytest

from actors.system import jobs
from actors.system.entries import Stage, UpdateJob
from actors.system.jobs import Tries
from actors.system.outcome import Outcome
from protocols.types.system import FirmwareUpdateRequest, FirmwareUpdateStatusEnum

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def update(stage=Stage.WAITING, *, allowed=True, **request):
    return UpdateJob(
        request=FirmwareUpdateRequest(request_id=1, location="file:///f", **request),
        stage=stage,
        allowed=allowed,
    )


@pytest.mark.parametrize(
    ("retries", "interval_s", "expected"),
    [
        (None, None, (2, 1.0)),
        (5, None, (5, 1.0)),
        (None, 30, (2, 30.0)),
        (1, 0, (1, 0.0)),
        (1, -5, (1, 0.0)),
    ],
)
def test_a_request_goes_before_the_site_file(retries, interval_s, expected):
    assert jobs.tries(retries, interval_s, Tries(2, 1.0)) == expected


@pytest.mark.parametrize(
    ("location", "reachable"),
    [
        ("file:///srv/logs", True),
        ("http://csms.example/logs/", True),
        ("https://user:secret@csms.example:8443/logs?x=1", True),
        ("http://csms.example", True),
        ("ftp://csms.example/logs", False),
        ("/srv/logs", False),
        ("http:///logs", False),
        ("http://csms.example:99999/", False),
        ("http://[::1", False),
        ("http://csms.example/\r\nHost: x", False),
        ("http://csms.example/" + "x" * 3000, False),
        ("", False),
    ],
)
def test_only_files_and_web_servers_are_spoken_to(location, reachable):
    assert jobs.is_reachable(location) is reachable


@pytest.mark.parametrize(
    ("kind", "start"), [(None, "DiagnosticsLog_"), ("SecurityLog", "SecurityLog_"), ("../../etc", "etc_")]
)
def test_an_upload_is_named_by_kind_and_time(kind, start):
    assert jobs.file_name(kind, NOW) == f"{start}20261121T100000000000Z.tar.gz"


@pytest.mark.parametrize(
    ("job", "ready"),
    [
        (update(), True),
        (update(allowed=False), False),
        (update(Stage.VERIFYING), False),
        (update(install_timestamp=NOW + timedelta(seconds=1)), False),
        (update(install_timestamp=NOW), True),
    ],
)
def test_an_image_is_installed_with_leave_and_in_time(job, ready):
    assert jobs.to_install(job, NOW) is ready


@pytest.mark.parametrize(("signature", "stage"), [(None, Stage.WAITING), ("abc", Stage.VERIFYING)])
def test_a_signed_image_is_verified_first(signature, stage):
    found = jobs.after_download(update(Stage.DOWNLOADING, signature=signature))

    assert found == (FirmwareUpdateStatusEnum.DOWNLOADED, stage)


def test_every_outcome_of_an_upload_has_a_name():
    assert set(jobs.UPLOADED) == set(Outcome)


@pytest.mark.parametrize(
    ("history", "status", "expected"), [("", "a", "a"), ("a", "a", "a"), ("a", "b", "ab"), ("ab", "a", "aba")]
)
def test_what_is_said_again_is_no_news(history, status, expected):
    assert jobs.with_status(tuple(history), status) == tuple(expected)
