"""What a service manager hears of a site, over a real socket."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from actors.service import MAX_STATUS, Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(5.0)
        yield heard


def test_the_manager_hears_that_the_site_is_ready(manager: socket.socket) -> None:
    Service(manager.getsockname()).ready("2 EVSEs\nrun")

    assert manager.recv(1000) == f"READY=1\nMAINPID={os.getpid()}\nSTATUS=2 EVSEs run".encode()


def test_the_manager_hears_that_the_site_stops(manager: socket.socket) -> None:
    Service(manager.getsockname()).stopping()

    assert manager.recv(1000) == b"STOPPING=1"


def test_a_status_is_one_line_of_bounded_length(manager: socket.socket) -> None:
    Service(manager.getsockname()).status("x\n" * 1000)

    assert manager.recv(1000) == b"STATUS=" + (b"x " * MAX_STATUS)[:MAX_STATUS]


def test_an_abstract_socket_is_reached_as_well() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0evsite-test-{os.getpid()}")
        Service(f"@evsite-test-{os.getpid()}").status("fine")

        assert heard.recv(100) == b"STATUS=fine"


def test_signs_of_life_come_twice_in_the_time_that_is_given(manager: socket.socket) -> None:
    service = Service(manager.getsockname(), watchdog_s=10.0)
    assert service.sign_due(100.0)

    service.alive(100.0)

    assert manager.recv(100) == b"WATCHDOG=1"
    assert not service.sign_due(104.9)
    assert service.sign_due(105.0)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"NOTIFY_SOCKET": "/x"}, False),
        ({"WATCHDOG_USEC": "1000000"}, False),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000000"}, True),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "7"}, True),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "8"}, False),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"}, False),
    ],
)
def test_the_environment_says_whether_signs_of_life_are_wanted(
    environ: dict[str, str], wanted: object
) -> None:
    service = Service.of(environ, pid=7)

    assert service.sign_due(0.0) is wanted
    assert environ == {}, "no child is to speak for us"


def test_nobody_who_listens_is_no_error(tmp_path: Path) -> None:
    Service().ready()
    Service(str(tmp_path / "nobody")).ready()
