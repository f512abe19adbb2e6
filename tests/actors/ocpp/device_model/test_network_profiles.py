"""Network connection profiles: what may be set, and what the variable then holds (B09; row M11.14)."""

import json
from dataclasses import replace
from typing import Any

import pytest
from ocpp.v21 import call, datatypes
from ocpp.v21.enums import (
    APNAuthenticationEnumType,
    OCPPInterfaceEnumType,
    OCPPTransportEnumType,
    VPNEnumType,
)

from actors.ocpp.blocks.network_orders import read_orders
from actors.ocpp.device_model import network_profiles, variables
from actors.ocpp.device_model.model import DeviceModel
from actors.ocpp.device_model.names import AttributeName
from tests.support.ocpp_station import Memory, shipped

WS, WSS = "ws://csms.example/ocpp", "wss://csms.example/ocpp"
APN = datatypes.APNType("internet", APNAuthenticationEnumType.auto)
VPN = datatypes.VPNType("key", "password", "server", VPNEnumType.ip_sec, "user")
ON, OFF = True, False


def profile(slot: int = 2, **fields: Any) -> call.SetNetworkProfile:
    values: dict[str, Any] = {
        "message_timeout": 30,
        "ocpp_csms_url": WSS,
        "ocpp_interface": OCPPInterfaceEnumType.any,
        "ocpp_transport": OCPPTransportEnumType.json,
        "security_profile": 2,
    }
    data = datatypes.NetworkConnectionProfileType(**(values | fields))
    return call.SetNetworkProfile(slot, data)


def made(**values: Any) -> DeviceModel:
    """The shipped model; its present security profile is 1."""
    model = DeviceModel(shipped(), Memory())
    for name, value in values.items():
        assert model.put(getattr(variables, name), value).done
    return model


def rows(model: DeviceModel) -> Any:
    return json.loads(model.read(variables.NETWORK_PROFILES))


# -- what may be set -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ({}, profile()),
        ({}, profile(1)),
        ({}, profile(security_profile=1, ocpp_csms_url=WS)),
        ({}, profile(security_profile=3)),
        ({"SECURITY_PROFILE": 2}, profile()),
        ({"SECURITY_PROFILE": 3, "ALLOW_DOWNGRADE": ON}, profile()),
        ({"SECURITY_PROFILE_ZERO": ON, "ALLOW_DOWNGRADE": ON}, profile(security_profile=0, ocpp_csms_url=WS)),
        ({}, profile(identity="cp002", basic_auth_password="a password of its own")),  # a test
        ({}, profile(message_timeout=0)),
    ],
)
def test_a_profile_that_can_be_dialled_may_be_set(values: dict[str, Any], given: Any) -> None:
    assert network_profiles.judge(made(**values), given) is None


@pytest.mark.parametrize(
    ("values", "given", "code"),
    [
        ({}, profile(3), "InvalidConfSlot"),  # B09.FR.05
        ({}, profile(-1), "InvalidConfSlot"),
        ({}, profile(ocpp_transport=OCPPTransportEnumType.soap), "InvalidNetworkConf"),  # B09.FR.02
        ({}, profile(apn=APN), "InvalidNetworkConf"),
        ({}, profile(vpn=VPN), "InvalidNetworkConf"),
        ({}, profile(message_timeout=-1), "InvalidNetworkConf"),
        ({}, profile(security_profile=4), "InvalidNetworkConf"),
        ({}, profile(security_profile=-1), "InvalidNetworkConf"),
        ({}, profile(security_profile=0, ocpp_csms_url=WS), "InvalidNetworkConf"),
        ({}, profile(ocpp_csms_url=WS), "InvalidNetworkConf"),  # profile 2 is over TLS
        ({}, profile(security_profile=1), "InvalidNetworkConf"),  # profile 1 is not
        ({}, profile(ocpp_csms_url="http://csms.example"), "InvalidNetworkConf"),
        ({}, profile(identity="a:b"), "InvalidNetworkConf"),  # M11.14
        ({"SECURITY_PROFILE": 3}, profile(), "NoSecurityDowngrade"),  # B09.FR.04
        ({"SECURITY_PROFILE": 2}, profile(security_profile=1, ocpp_csms_url=WS), "NoSecurityDowngrade"),
        (
            {"SECURITY_PROFILE": 2, "ALLOW_DOWNGRADE": ON},
            profile(security_profile=1, ocpp_csms_url=WS),
            "NoSecurityDowngrade",  # B09.FR.31
        ),
        (
            {"SECURITY_PROFILE": 3, "ALLOW_DOWNGRADE": ON, "SECURITY_PROFILE_ZERO": ON},
            profile(security_profile=0, ocpp_csms_url=WS),
            "NoSecurityDowngrade",
        ),
    ],
)
def test_a_profile_that_cannot_be_meant_is_refused(values: dict[str, Any], given: Any, code: str) -> None:
    found = network_profiles.judge(made(**values), given)

    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(("password", "refused"), [(None, True), ("a password of its own", False)])
def test_a_profile_with_a_password_needs_one_from_somewhere(*, password: str | None, refused: bool) -> None:
    """B09.FR.02; here the station has none of its own."""
    there = variables.BASIC_AUTH_PASSWORD.variable
    components = [
        replace(each, variables={name: one for name, one in each.variables.items() if name != there})
        for each in shipped()
    ]
    model = DeviceModel(components, Memory())

    found = network_profiles.judge(model, profile(basic_auth_password=password))

    assert (found is not None) is refused


def test_a_refusal_tells_no_secret() -> None:
    secret = "a password of its own"  # a test
    found = network_profiles.judge(made(), profile(identity="a:b", basic_auth_password=secret))

    assert found is not None
    assert secret not in found.text


# -- what is kept --------------------------------------------------------------------------------------------


def test_a_profile_stands_beside_the_others_in_their_order() -> None:
    """B09.FR.01."""
    model = made()
    (first,) = rows(model)

    assert network_profiles.write(model, profile(2)).done

    assert rows(model)[0] == first
    assert [each["configurationSlot"] for each in rows(model)] == [1, 2]
    assert rows(model)[1]["connectionData"]["ocppCsmsUrl"] == WSS


def test_a_profile_takes_the_place_of_its_slot_s() -> None:
    model = made()
    network_profiles.write(model, profile(2))

    network_profiles.write(model, profile(2, ocpp_csms_url="wss://other.example"))
    network_profiles.write(model, profile(1))

    assert [each["configurationSlot"] for each in rows(model)] == [1, 2]
    urls = [each["connectionData"]["ocppCsmsUrl"] for each in rows(model)]
    assert urls == [WSS, "wss://other.example"]


def test_a_password_of_its_own_is_used_and_not_shown() -> None:
    model = made(NETWORK_PRIORITY=("2", "1"))

    network_profiles.write(model, profile(basic_auth_password="a password of its own"))

    place = variables.NETWORK_PROFILES.at()
    assert "a password" not in (model.shown(AttributeName(*place)) or "")
    assert read_orders(model, 0).orders.profiles[0].basic_auth_password == "a password of its own"


def test_a_password_can_be_forgotten_and_the_rest_stays() -> None:
    """B09.FR.27."""
    model = made(NETWORK_PRIORITY=("2", "1"))
    for slot, url in ((1, WSS), (2, f"{WSS}/2")):
        network_profiles.write(model, profile(slot, basic_auth_password="own", ocpp_csms_url=url))

    network_profiles.forget_password(model, 2)

    found = read_orders(model, 0).orders.profiles
    shared = model.read(variables.BASIC_AUTH_PASSWORD)
    assert [each.basic_auth_password for each in found] == [shared, "own"]
    assert found[0].url == f"{WSS}/2"


def test_what_is_no_profile_has_no_password_to_forget() -> None:
    model = made(NETWORK_PROFILES='["strange",{"configurationSlot":2}]')

    network_profiles.forget_password(model, 2)

    assert len(rows(model)) == 2


@pytest.mark.parametrize("before", ["", "no JSON", '{"no": "list"}', "[" * 2000])
def test_what_cannot_be_read_is_given_up(before: str) -> None:
    model = made(NETWORK_PROFILES=before)

    network_profiles.write(model, profile())

    assert [each["configurationSlot"] for each in rows(model)] == [2]


def test_rows_that_are_no_profiles_are_left_alone() -> None:
    model = made(NETWORK_PROFILES='["strange"]')

    network_profiles.write(model, profile())

    assert "strange" in rows(model)


def test_what_is_written_is_what_the_link_is_ordered_to_use() -> None:
    """M11.14."""
    model = made(NETWORK_PRIORITY=("2", "1"))

    network_profiles.write(model, profile(identity="cp002", message_timeout=12))

    found = read_orders(model, 0).orders.profiles[0]
    assert (found.slot, found.url, found.identity) == (2, WSS, "cp002")
    assert (found.security_profile, found.message_timeout_s) == (2, 12.0)


def test_a_timeout_beyond_all_numbers_of_ours_is_judged() -> None:
    assert (
        network_profiles.judge(made(), profile(message_timeout=10**400, basic_auth_password="x" * 16)) is None
    )
