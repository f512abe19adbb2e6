"""What the device model says of the network, as orders for the link."""

import json

import pytest

from actors.ocpp.blocks.network_orders import (
    lowest_security,
    priority_refusal,
    profiles_refusal,
    read_orders,
)
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.network_profiles import LONGEST_TIMEOUT_S
from protocols import codec
from protocols.ocpp.version import Version
from tests.support.ocpp_station import Station


def a_station(*profiles, priority=("1",)):
    station = Station(blocks=())
    station.set(variables.NETWORK_PROFILES, json.dumps(profiles))
    station.set(variables.NETWORK_PRIORITY, priority)
    return station


def row(slot, **data):
    given = {
        "messageTimeout": 30,
        "ocppCsmsUrl": f"ws://csms{slot}.example/ocpp",
        "ocppInterface": "Wired0",
        "ocppTransport": "JSON",
        "securityProfile": 1,
    }
    return {"configurationSlot": slot, "connectionData": given | data}


def test_profiles_come_in_order_of_their_priority():
    station = a_station(row(1), row(2), row(3), priority=("2", "1"))
    reading = read_orders(station.model, renewal=4)
    assert [each.slot for each in reading.orders.profiles] == [2, 1]
    assert reading.orders.renewal == 4
    assert reading.orders.online
    assert reading.problems == ()


def test_a_profile_has_what_the_station_lacks():
    station = a_station(row(1, messageTimeout=0, securityProfile=2))
    (profile,) = read_orders(station.model, 0).orders.profiles
    assert profile.identity == station.model.read(variables.IDENTITY)
    assert profile.basic_auth_password == station.model.read(variables.BASIC_AUTH_PASSWORD)
    assert profile.message_timeout_s == station.model.read(variables.MESSAGE_TIMEOUT)
    assert profile.security_profile == 2


def test_identity_and_password_of_a_profile_come_first():
    station = a_station(row(1, identity="other", basicAuthPassword="a-secret-of-its-own"))
    (profile,) = read_orders(station.model, 0).orders.profiles
    assert (profile.identity, profile.basic_auth_password) == ("other", "a-secret-of-its-own")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"configurationSlot": 2}, "connectionData"),
        (row(2, securityProfile=4), "security profiles 0 to 3"),
        (row(2, ocppTransport="SOAP"), "only JSON"),
        (row(2, securityProfile="high"), "securityProfile"),
        (17, "profile 2"),
    ],
)
def test_a_profile_that_cannot_be_read_costs_no_other(bad, said):
    station = a_station(row(1), bad, priority=("2", "1"))
    reading = read_orders(station.model, 0)
    assert [each.slot for each in reading.orders.profiles] == [1]
    assert said in reading.problems[0]
    assert reading.problems[-1] == "NetworkConfigurationPriority: there is no usable profile '2'"


@pytest.mark.parametrize("text", ["{", "{}", json.dumps([0] * 65), "[" * 2400])
def test_profiles_that_are_no_list_are_a_problem(text):
    station = a_station()
    station.set(variables.NETWORK_PROFILES, text)
    reading = read_orders(station.model, 0)
    assert reading.orders.profiles == ()
    assert reading.problems == ("NetworkConnectionProfiles is no JSON list of at most 64 profiles",)


@pytest.mark.parametrize(
    ("offered", "versions"),
    [
        (("ocpp2.1", "ocpp2.0.1"), (Version.V21, Version.V201)),
        (("ocpp2.0.1", "ocpp2.1"), (Version.V201, Version.V21)),
        (("ocpp2.0.1",), (Version.V201,)),
    ],
)
def test_versions_are_offered_in_their_order(offered, versions):
    """S6.3, S6.5."""
    station = a_station(row(1))
    station.set(variables.SUPPORTED_VERSIONS, offered)
    assert read_orders(station.model, 0).orders.dialling.versions == versions


def test_dialling_follows_the_variables_of_the_station():
    """M11.14, J08."""
    station = a_station(row(1))
    for variable, value in (
        (variables.NETWORK_ATTEMPTS, 7),
        (variables.BACK_OFF_MINIMUM, 11),
        (variables.BACK_OFF_REPEATS, 4),
        (variables.BACK_OFF_RANDOM, 9),
        (variables.PING_INTERVAL, 17),
        (variables.PONG_TIMEOUT, 6),
        (variables.ALLOW_WILDCARDS, True),
        (variables.VERIFY_COMMON_NAME, False),
        (variables.USE_SYSTEM_ROOTS, False),
        (variables.CIPHERS_12, ("ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-GCM-SHA256")),
    ):
        station.set(variable, value)
    dialling = read_orders(station.model, 0).orders.dialling
    assert (dialling.attempts, dialling.wait_minimum_s, dialling.repeat_times) == (7, 11.0, 4)
    assert (dialling.random_range_s, dialling.ping_interval_s, dialling.pong_timeout_s) == (9.0, 17.0, 6.0)
    assert (dialling.allow_wildcards, dialling.verify_common_name, dialling.use_system_roots) == (
        True,
        False,
        False,
    )
    assert dialling.ciphers_12 == "ECDHE-ECDSA-AES128-GCM-SHA256:AES128-GCM-SHA256"


@pytest.mark.parametrize(
    ("profile", "downgrade", "zero", "lowest"),
    [
        (1, False, False, 1),
        (1, False, True, 0),
        (0, False, False, 1),
        (0, False, True, 0),
        (2, False, True, 2),
        (3, False, False, 3),
        (3, True, False, 1),
        (3, True, True, 0),
    ],
)
def test_profiles_below_the_lowest_security_are_refused(profile, downgrade, zero, lowest):
    """M11.14, A05.FR.02."""
    station = a_station(row(1))
    station.set(variables.SECURITY_PROFILE, profile)
    station.set(variables.ALLOW_DOWNGRADE, downgrade)
    station.set(variables.SECURITY_PROFILE_ZERO, zero)
    assert lowest_security(station.model) == lowest
    assert read_orders(station.model, 0).orders.dialling.lowest_security == lowest


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2,1", None),
        ("1", None),
        ("1,4", "no usable profile in slot '4'"),
        ("x", "no usable profile in slot 'x'"),
        ("3", "security profile 0 of slot 3 is below 1"),
        ("", "without any slot"),
    ],
)
def test_a_priority_lists_profiles_that_may_be_used(value, said):
    station = a_station(row(1), row(2), row(3, securityProfile=0))

    refusal = priority_refusal(station.model, value)

    assert (refusal is None) is (said is None)
    assert refusal is None or said in refusal.text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([row(1, securityProfile=2), row(3)], None),
        ([row(2)], "no usable profile in slot '1'"),
        ([row(1, securityProfile=0)], "security profile 0 of slot 1 is below 1"),
        ([row(1), {}], "profile 2"),
        ("nothing", "no JSON list"),
    ],
)
def test_a_profile_that_is_in_use_stays_usable(value, said):
    station = a_station(row(1))

    refusal = profiles_refusal(station.model, json.dumps(value))

    assert (refusal is None) is (said is None)
    assert refusal is None or said in refusal.text


@pytest.mark.parametrize("timeout", [601, 10**30, 10**400], ids=["longer", "long", "endless"])
def test_a_timeout_beyond_reason_counts_as_the_longest(timeout):
    station = a_station(row(1, messageTimeout=timeout))
    (profile,) = read_orders(station.model, 0).orders.profiles
    assert profile.message_timeout_s == LONGEST_TIMEOUT_S


@pytest.mark.parametrize(
    "profiles",
    [
        [row(1, identity="\ud800")],
        [row(1, ocppCsmsUrl="ws://\udfff.example/ocpp")],
        [row(10**30)],
        [row(-1)],
    ],
    ids=["identity", "url", "slot", "negative"],
)
def test_what_no_message_can_carry_is_no_profile(profiles):
    station = a_station(*profiles)
    reading = read_orders(station.model, 0)
    assert reading.orders.profiles == ()
    assert reading.problems
    codec.encode(reading.orders)
    assert profiles_refusal(station.model, json.dumps(profiles)) is not None
