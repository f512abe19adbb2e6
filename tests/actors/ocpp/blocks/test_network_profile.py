"""SetNetworkProfile (B09; row M11.14)."""

from typing import Any

import pytest
from ocpp.v21 import call, datatypes
from ocpp.v21.enums import OCPPInterfaceEnumType, OCPPTransportEnumType

from actors.ocpp.blocks import network, network_profile, security, startup
from actors.ocpp.blocks import variables as variable_block
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.names import AttributeName
from actors.ocpp.inputs import AnswerCall, Order, Publish, Resumed
from actors.ocpp.messages import LinkOrders
from protocols.interfaces import ocpp
from protocols.ocpp.version import Version
from tests.support.ocpp_station import Memory, Station

OWN = "a password of its own"
URL = "wss://other.example"


class Full(Memory):
    """A storage without room."""

    def write(self, name: Any, stored: Any) -> Any:
        return Refusal(Reason.OUT_OF_STORAGE, "no room")


def made(version: Version = Version.V21, **options: Any) -> Station:
    station = Station(
        blocks=(security.BLOCK, startup.BLOCK, network.BLOCK, network_profile.BLOCK, variable_block.BLOCK),
        version=version,
        options={"site_life": "1"},
        **options,
    )
    station.feed(Resumed())
    station.fire("network dial")
    station.connect()
    return station


def asked(slot: int = 2, password: str | None = None, **fields: Any) -> call.SetNetworkProfile:
    values: dict[str, Any] = {
        "message_timeout": 30,
        "ocpp_csms_url": URL,
        "ocpp_interface": OCPPInterfaceEnumType.any,
        "ocpp_transport": OCPPTransportEnumType.json,
        "security_profile": 2,
        "basic_auth_password": password,
    }
    return call.SetNetworkProfile(slot, datatypes.NetworkConnectionProfileType(**(values | fields)))


def ordered(station: Station) -> list[tuple[int, str | None]]:
    """Slots and passwords, as the link was told last."""
    told = [each.orders for each in station.effects if isinstance(each, Order)]
    orders = [each for each in told if isinstance(each, LinkOrders)]
    return [(each.slot, each.basic_auth_password) for each in orders[-1].profiles] if orders else []


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_a_profile_is_kept_and_the_link_is_told(version: Version) -> None:
    """B09.FR.01."""
    station = made(version)
    station.set(variables.NETWORK_PRIORITY, ("1", "2"))

    assert station.request(asked()) == {"status": "Accepted"}

    shared = station.model.read(variables.BASIC_AUTH_PASSWORD)
    assert ordered(station) == [(1, shared), (2, shared)]
    order = [type(each) for each in station.effects]
    assert order.index(AnswerCall) < len(order) - 1 - order[::-1].index(Order)


def test_a_password_goes_to_the_link_and_nowhere_else() -> None:
    station = made()
    station.set(variables.NETWORK_PRIORITY, ("2",))

    station.request(asked(password=OWN))

    assert ordered(station) == [(2, OWN)]
    assert OWN not in (station.model.shown(AttributeName(*variables.NETWORK_PROFILES.at())) or "")
    assert all(OWN not in str(each) for each in station.effects if isinstance(each, Publish))
    station.restart()
    assert ordered(station) == [(2, OWN)]


def test_a_profile_that_is_set_again_without_a_password_has_none() -> None:
    station = made()
    station.set(variables.NETWORK_PRIORITY, ("2",))
    station.request(asked(password=OWN))

    station.request(asked())

    assert ordered(station) == [(2, station.model.read(variables.BASIC_AUTH_PASSWORD))]


def test_a_new_password_of_the_station_counts_for_the_profile_in_use() -> None:
    """B09.FR.27."""
    station = made()
    station.request(asked(1, password=OWN))
    station.set(variables.ACTIVE_NETWORK_PROFILE, 1)
    place = variables.BASIC_AUTH_PASSWORD.at()
    new = "the station's new password"
    entry = datatypes.SetVariableDataType(
        attribute_value=new,
        component=datatypes.ComponentType(name=place.component.name),
        variable=datatypes.VariableType(name=place.variable.name),
    )

    station.request(call.SetVariables([entry]))
    station.fire("network renew")

    assert ordered(station) == [(1, new)]


def test_that_it_was_set_is_a_security_event() -> None:
    station = made()

    station.request(asked())

    events = [each.event.type for each in station.published(ocpp.SecurityEventVar)]
    assert events[-1] == "ReconfigurationOfSecurityParameters"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (asked(7), "InvalidConfSlot"),  # B09.FR.05
        (asked(ocpp_csms_url="ws://other.example"), "InvalidNetworkConf"),  # B09.FR.02
    ],
)
def test_a_profile_that_may_not_be_set_is_rejected(request_: call.SetNetworkProfile, code: str) -> None:
    station = made()
    before = station.model.read(variables.NETWORK_PROFILES)

    answer: Any = station.request(request_)

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert station.model.read(variables.NETWORK_PROFILES) == before


def test_a_profile_that_is_too_long_to_be_kept_has_failed() -> None:
    """B09.FR.03."""
    station = made()

    station.request(asked(1, ocpp_csms_url=f"{URL}/{'x' * 1900}"))

    answer: Any = station.request(asked(2, ocpp_csms_url=f"{URL}/{'x' * 1900}"))

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Failed", "TooLargeElement")


def test_a_profile_for_which_there_is_no_room_has_failed() -> None:
    """B09.FR.03."""
    station = made()
    station.model._storage = Full()  # a disk that fills up while the station runs

    answer: Any = station.request(asked(password=OWN))

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Failed", "OutOfStorage")
    station.set(variables.ACTIVE_NETWORK_PROFILE, 1)


def test_a_request_that_is_delivered_twice_is_answered_once_more() -> None:
    station = made()
    first = station.request(asked(), message_id="same")

    again = station.request(asked(), message_id="same")

    assert first == again == {"status": "Accepted"}
