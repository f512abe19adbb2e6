"""The connection to the CSMS: when it is ordered, renewed, left, and what is said of it."""

import json

import pytest

from actors.ocpp import inputs
from actors.ocpp.blocks import network, security, startup
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued
from actors.ocpp.inputs import LinkSaid, Order, Start, Target
from actors.ocpp.messages import (
    Connect,
    ConnectReply,
    Disconnect,
    DisconnectReply,
    LinkState,
    Trouble,
)
from protocols.interfaces import evse_manager, evse_security, ocpp
from protocols.message import FailureReason
from protocols.types.evse_security import (
    CaCertificateType,
    CertificateStoreUpdate,
    CertificateStoreUpdateOperation,
    LeafCertificateType,
)
from tests.support.ocpp_station import Station

INSTALLED, DELETED = CertificateStoreUpdateOperation.INSTALLED, CertificateStoreUpdateOperation.DELETED
READY = evse_manager.Ready(ready=True)


def a_station(**options):
    station = Station(
        blocks=(security.BLOCK, startup.BLOCK, network.BLOCK), options={"site_life": "1", **options}
    )
    station.feed(inputs.Resumed())
    return station


def dialling(**options):
    """A station whose link has its orders."""
    station = a_station(**options)
    station.fire("network dial")
    return station


def orders(station):
    return [each.orders for each in station.effects if isinstance(each, Order)]


def started(station, timer):
    return [each.after_s for each in station.effects if isinstance(each, Start) and each.timer == timer]


# -- when --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [READY, evse_manager.WaitingForExternalReady(waiting=True)])
def test_nobody_dials_before_the_last_evse_is_there(last):
    """M9.6, S9.21."""
    station = a_station(start_delay_s=1.5)
    station.say(Target.EVSE_MANAGER, READY, 1)
    assert started(station, "network dial") == []
    station.say(Target.EVSE_MANAGER, last, 2)
    assert started(station, "network dial") == [1.5]  # M9.3
    assert orders(station) == []
    station.fire("network dial")
    (order,) = orders(station)
    assert order.online
    assert [each.slot for each in order.profiles] == [1]
    assert "network patience" not in station.timers()


def test_an_evse_that_never_comes_is_waited_for_so_long():
    station = a_station()
    station.say(Target.EVSE_MANAGER, READY, 1)
    assert started(station, "network patience") == [startup.PATIENCE_S]
    station.fire("network patience")
    assert "evses_not_ready" in station.notes()
    station.fire("network dial")
    assert orders(station)[-1].online
    station.say(Target.EVSE_MANAGER, READY, 2)
    assert len(orders(station)) == 1


def test_a_successor_orders_the_same_and_at_once():
    station = dialling()
    before = orders(station)[-1]
    assert [each.orders for each in station.restart() if isinstance(each, Order)] == [before]


def test_a_successor_of_one_that_waited_waits_too():
    station = a_station()
    station.restart()
    assert orders(station) == []
    assert started(station, "network patience") == [startup.PATIENCE_S]


def test_a_new_life_of_the_site_waits_for_evses_again():
    station = dialling()
    station.options["site_life"] = "2"
    station.restart()
    assert orders(station) == []


# -- what changes ------------------------------------------------------------------------------------------


def test_a_changed_variable_reaches_the_link_once():
    station = dialling()
    station.set(variables.PING_INTERVAL, 7)
    for _ in range(2):
        station.turn(network.refresh)
    assert [each.dialling.ping_interval_s for each in orders(station)] == [10.0, 7.0]
    assert {each.renewal for each in orders(station)} == {0}


def test_variables_change_nothing_before_the_link_is_wanted():
    station = a_station()
    station.turn(network.refresh)
    assert orders(station) == []


def test_profiles_that_cannot_be_used_are_logged_once():
    station = a_station()
    station.set(variables.NETWORK_PROFILES, json.dumps([{"configurationSlot": 1}]))
    station.fire("network dial")
    station.turn(network.refresh)
    assert station.notes().count("network_profile_unusable") == 2
    assert orders(station)[-1].profiles == ()


def test_new_credentials_make_a_new_connection_soon():
    """A01.FR.11: what is being answered is answered first."""
    station = dialling()
    station.set(variables.BASIC_AUTH_PASSWORD, "another-password-1")
    station.turn(lambda turn: network.renew(turn, "a new password"))
    assert started(station, "network renew") == [network.RENEWAL_S]
    assert len(orders(station)) == 1
    station.fire("network renew")
    assert orders(station)[-1].renewal == 1
    assert orders(station)[-1].profiles[0].basic_auth_password == "another-password-1"
    assert [each.event.type for each in station.published(ocpp.SecurityEventVar)] == [network.RECONFIGURED]


def test_a_renewal_that_was_due_is_made_by_the_successor():
    station = dialling()
    station.turn(lambda turn: network.renew(turn, "a new password"))
    station.restart()
    assert started(station, "network renew") == [network.RENEWAL_S]
    station.fire("network renew")
    assert orders(station)[-1].renewal == 1
    station.restart()
    assert started(station, "network renew") == []


@pytest.mark.parametrize(
    ("operation", "leaf", "authority", "profile", "renewed"),
    [
        (INSTALLED, LeafCertificateType.CSMS, None, 3, True),
        (INSTALLED, LeafCertificateType.CSMS, None, 2, False),
        (INSTALLED, LeafCertificateType.V2G, None, 3, False),
        (DELETED, LeafCertificateType.CSMS, None, 3, False),
        (INSTALLED, None, CaCertificateType.CSMS, 3, False),
    ],
)
def test_a_new_client_certificate_is_used_at_once(operation, leaf, authority, profile, renewed):
    """M11.5."""
    station = dialling()
    connected(station, security_profile=profile)
    update = CertificateStoreUpdate(
        operation=operation, leaf_certificate_type=leaf, ca_certificate_type=authority
    )
    station.say(Target.SECURITY, evse_security.CertificateStoreUpdate(update=update))
    assert bool(started(station, "network renew")) == renewed


def test_a_certificate_without_connection_renews_nothing():
    station = dialling()
    update = CertificateStoreUpdate(operation=INSTALLED, leaf_certificate_type=LeafCertificateType.CSMS)
    station.say(Target.SECURITY, evse_security.CertificateStoreUpdate(update=update))
    assert started(station, "network renew") == []


# -- stop and restart --------------------------------------------------------------------------------------


def test_stop_leaves_the_csms_and_restart_comes_back():
    """S8.10, S8.11."""
    station = dialling()
    assert station.ask(ocpp.Stop()) == [ocpp.StopReply(stopped=True)]
    assert not orders(station)[-1].online
    assert station.ask(ocpp.Stop()) == [ocpp.StopReply(stopped=False)]
    assert station.ask(ocpp.Restart()) == [ocpp.RestartReply(restarted=True)]
    assert orders(station)[-1].online
    assert station.ask(ocpp.Restart()) == [ocpp.RestartReply(restarted=False)]
    assert len(orders(station)) == 3


def test_a_stop_holds_over_the_death_of_the_actor():
    station = dialling()
    station.ask(ocpp.Stop())
    station.restart()
    assert [each.online for each in orders(station)] == [False]
    station.turn(network.refresh)
    assert station.core.live.stopped
    assert len(orders(station)) == 1


def test_a_stop_ends_with_the_life_of_the_site():
    station = dialling()
    station.ask(ocpp.Stop())
    station.options["site_life"] = "2"
    station.restart()
    assert not station.core.live.stopped


# -- cut and connected for tests ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", [Connect(), Disconnect()])
def test_nobody_controls_the_connection_unless_the_site_file_allows_it(command):
    """M9.3."""
    station = dialling()
    (reply,) = station.ask(command)
    assert reply.reason is FailureReason.UNSUPPORTED
    assert len(orders(station)) == 1


def test_a_connection_is_cut_and_made_again_for_tests():
    """M9.3."""
    station = dialling(external_control=True)
    assert station.ask(Disconnect()) == [DisconnectReply(changed=True)]
    assert not orders(station)[-1].online
    station.turn(network.refresh)
    assert station.ask(Disconnect()) == [DisconnectReply(changed=False)]
    assert station.ask(Connect()) == [ConnectReply(changed=True)]
    assert [each.online for each in orders(station)] == [True, False, True]
    assert station.ask(Connect()) == [ConnectReply(changed=False)]
    assert len(orders(station)) == 3


def test_what_is_to_be_said_waits_while_the_connection_is_cut():
    station = dialling(external_control=True)
    station.ask(Disconnect())
    station.turn(lambda turn: security.report(turn, "MemoryExhaustion"))
    assert [each.action for each in station.tables.all(Queued).values()] == ["SecurityEventNotification"]


def test_a_cut_holds_over_the_death_of_the_actor_and_not_longer():
    station = dialling(external_control=True)
    station.ask(Disconnect())
    station.restart()
    assert [each.online for each in orders(station)] == [False]
    assert "network patience" not in station.timers()

    station.options["site_life"] = "2"
    station.restart()
    station.fire("network dial")
    assert [each.online for each in orders(station)] == [True]


def test_a_cut_before_the_first_connection_keeps_from_dialling():
    station = a_station(external_control=True)
    station.ask(Disconnect())
    station.restart()
    assert started(station, "network patience") == [startup.PATIENCE_S]
    station.fire("network dial")
    assert [each.online for each in orders(station)] == [False]
    station.ask(Connect())
    assert orders(station)[-1].online


def test_a_connection_is_not_made_for_tests_before_its_time():
    station = a_station(external_control=True)
    station.ask(Disconnect())
    assert station.ask(Connect()) == [ConnectReply(changed=True)]
    assert [each.online for each in orders(station)] == [False]


def test_what_was_stopped_is_not_connected_for_tests():
    station = dialling(external_control=True)
    station.ask(ocpp.Stop())
    station.ask(Connect())
    assert not orders(station)[-1].online
    station.ask(Disconnect())
    station.ask(ocpp.Restart())
    assert orders(station)[-1].online


# -- how it is ---------------------------------------------------------------------------------------------


def connected(station, **fields):
    state = {"connection": 1, "ocpp_version": station.version, "slot": 1, "security_profile": 1, **fields}
    return station.feed(LinkSaid(LinkState(since=station.now, **state)))


def failed(station, trouble):
    state = LinkState(connection=0, since=station.now, trouble=trouble, detail="so it is")
    return station.feed(LinkSaid(state))


def test_is_connected_follows_the_websocket():
    """S8.19."""
    station = dialling()
    station.connect()
    station.disconnect()
    station.connect()
    assert [each.connected for each in station.published(ocpp.IsConnected)] == [True, False, True]


def test_the_model_says_which_profile_is_in_use():
    station = dialling()
    connected(station, slot=2, security_profile=3)
    assert station.model.read(variables.ACTIVE_NETWORK_PROFILE) == 2
    assert station.model.read(variables.SECURITY_PROFILE) == 3
    assert orders(station)[-1].dialling.lowest_security == 3  # A05.FR.05: no way back


def test_a_link_that_knows_no_profile_changes_no_variable():
    station = dialling()
    connected(station, slot=None, security_profile=None)
    assert station.model.read(variables.SECURITY_PROFILE) == 1
    assert len(orders(station)) == 1


@pytest.mark.parametrize(("trouble", "event"), network.EVENTS.items())
def test_troubles_with_security_are_events_once_in_a_row(trouble, event):
    station = dialling()
    for _ in range(3):
        failed(station, trouble)
    assert [each.event.type for each in station.published(ocpp.SecurityEventVar)] == [event]
    connected(station)
    failed(station, trouble)
    assert [each.event.type for each in station.published(ocpp.SecurityEventVar)] == [event, event]


def test_troubles_that_take_turns_are_each_one_event():
    station = dialling()
    for _ in range(20):
        for trouble in (Trouble.CERTIFICATE, Trouble.UNREACHABLE, Trouble.TLS_VERSION):
            failed(station, trouble)
    events = [each.event.type for each in station.published(ocpp.SecurityEventVar)]
    assert events == ["InvalidCsmsCertificate", "InvalidTLSVersion"]


@pytest.mark.parametrize("trouble", [None, *(set(Trouble) - set(network.EVENTS))])
def test_other_troubles_are_no_security_events(trouble):
    station = dialling()
    failed(station, trouble)
    assert station.published(ocpp.SecurityEventVar) == []
