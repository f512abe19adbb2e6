"""Passwords of network connection profiles (B09.FR.27, security profiles 1 and 2)."""

import pytest

from actors.ocpp.blocks import network_passwords
from actors.ocpp.messages import LinkOrders, Profile
from actors.ocpp.turn import Turn
from tests.support.ocpp_station import Station

STATION = "the station's own"


def with_passwords(station: Station) -> list[str | None]:
    profiles = tuple(
        Profile(
            slot=slot,
            url="ws://csms.example",
            security_profile=1,
            message_timeout_s=30.0,
            identity="cp001",
            basic_auth_password=STATION,
        )
        for slot in (1, 2)
    )
    found: list[LinkOrders] = []

    def look(turn: Turn) -> None:
        orders = LinkOrders(online=True, profiles=profiles)
        found.append(network_passwords.with_passwords(turn, orders))

    station.turn(look)
    return [each.basic_auth_password for each in found[0].profiles]


@pytest.fixture
def station() -> Station:
    made = Station(blocks=())
    made.connect()  # by slot 1
    return made


def test_a_profile_has_its_own_password_or_the_station_s(station: Station) -> None:
    station.turn(lambda turn: network_passwords.keep(turn, 2, "own"))

    assert with_passwords(station) == [STATION, "own"]
    station.restart()
    assert with_passwords(station) == [STATION, "own"]


@pytest.mark.parametrize("none", [None, ""])
def test_a_profile_that_comes_without_a_password_has_none(station: Station, none: str | None) -> None:
    station.turn(lambda turn: network_passwords.keep(turn, 2, "own"))

    station.turn(lambda turn: network_passwords.keep(turn, 2, none))

    assert with_passwords(station) == [STATION, STATION]


def test_the_station_s_new_password_counts_for_the_profile_in_use(station: Station) -> None:
    """B09.FR.27."""
    for slot in (1, 2):
        station.turn(lambda turn, slot=slot: network_passwords.keep(turn, slot, f"own {slot}"))  # type: ignore[misc]  # bound now

    station.turn(network_passwords.superseded)

    assert with_passwords(station) == [STATION, "own 2"]


def test_without_a_connection_no_profile_is_in_use() -> None:
    station = Station(blocks=())
    station.turn(lambda turn: network_passwords.keep(turn, 1, "own"))

    station.turn(network_passwords.superseded)

    assert with_passwords(station) == ["own", STATION]
