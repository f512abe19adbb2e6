import select
import socket
import threading

import pytest

from actors.ocpp.link import resolver
from actors.ocpp.link.resolver import MAX_ADDRESSES, MAX_LEFT, Lookup, address_of

pytestmark = pytest.mark.timeout(30)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", (socket.AF_INET, ("127.0.0.1", 9))),
        ("::1", (socket.AF_INET6, ("::1", 9))),
        ("localhost", None),
        ("1.2.3", None),
    ],
)
def test_an_address_needs_no_look_up(host, expected):
    assert address_of(host, 9) == expected


def ended(lookup):
    assert select.select([lookup.fd], [], [], 10)[0]
    return lookup


def answering(count):
    return lambda host, port, **_how: [
        (socket.AF_INET, 1, 6, "", (f"10.0.0.{n}", port)) for n in range(count)
    ]


def test_addresses_come_in_their_order_and_not_too_many():
    lookup = ended(Lookup("h", 80, answering(MAX_ADDRESSES + 5)))

    found = lookup.result()

    lookup.close()
    assert found == tuple((socket.AF_INET, (f"10.0.0.{n}", 80)) for n in range(MAX_ADDRESSES))


@pytest.mark.parametrize("problem", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_a_name_nobody_knows_is_an_error(problem):
    def resolve(*_what, **_how):
        raise problem

    lookup = ended(Lookup("h", 80, resolve))

    with pytest.raises(OSError, match=r"unknown|no name"):
        lookup.result()
    lookup.close()


def test_look_ups_that_hang_are_left_behind_and_bounded():
    hold = threading.Event()

    def resolve(*_what, **_how):
        hold.wait(20)
        return []

    made = [Lookup("h", 80, resolve) for _ in range(MAX_LEFT)]
    with pytest.raises(OSError, match="not been looked up"):
        made[0].result()
    for each in made:
        each.close()
    with pytest.raises(OSError, match="earlier look-ups"):
        Lookup("h", 80, resolve)
    hold.set()
    for _ in range(MAX_LEFT):
        assert resolver._left.acquire(timeout=10)
    for _ in range(MAX_LEFT):
        resolver._left.release()


def test_a_real_name_is_looked_up():
    lookup = ended(Lookup("localhost", 80))

    assert {each[1][0] for each in lookup.result()} & {"127.0.0.1", "::1"}
    lookup.close()
