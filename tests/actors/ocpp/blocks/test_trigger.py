"""TriggerMessage: an outcome for every trigger of both versions (F06; row M11.7)."""

from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import MessageTriggerEnumType as Wanted
from ocpp.v21.enums import RegistrationStatusEnumType

from actors.ocpp import inputs
from actors.ocpp.blocks import (
    boot,
    csr,
    evse_conditions,
    firmware,
    log_upload,
    metering,
    security,
    status,
    transactions,
    trigger,
)
from actors.ocpp.blocks.certificate_tables import Kind
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager, system
from protocols.ocpp import schemas
from protocols.ocpp.version import Version
from protocols.types.system import BootReason
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import Evse

BLOCKS = (
    boot.BLOCK,
    evse_conditions.BLOCK,
    metering.BLOCK,
    transactions.BLOCK,
    security.BLOCK,
    status.BLOCK,
    csr.BLOCK,
    firmware.BLOCK,
    log_upload.BLOCK,
    trigger.BLOCK,
)
VERSIONS = pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)


def made(version: Version = Version.V21) -> Station:
    """A station that has been accepted and has told what it had to tell."""
    station = Station(blocks=BLOCKS, version=version)
    station.connect()
    station.core.live.accepted = True
    for number in station.evses:
        evse = Evse(station, number)
        evse.condition()
        station.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=evse.meter), number)
    quiet(station)
    return station


def quiet(station: Station) -> None:
    while station.open is not None:
        answer(station)
    station.effects.clear()


def answer(station: Station) -> None:
    """The CSMS acknowledges the open call, whatever it is."""
    assert station.open is not None
    made_ = {
        "StatusNotification": call_result.StatusNotification(),
        "TransactionEvent": call_result.TransactionEvent(),
        "MeterValues": call_result.MeterValues(),
        "SecurityEventNotification": call_result.SecurityEventNotification(),
        "Heartbeat": call_result.Heartbeat(current_time="2026-03-01T12:00:00Z"),
    }
    station.answered(made_[station.open.action])


def evse(number: int, connector: int | None = None) -> datatypes.EVSEType:
    return datatypes.EVSEType(id=number, connector_id=connector)


def triggered(station: Station, wanted: Wanted, at: datatypes.EVSEType | None = None) -> tuple[str, Any]:
    found: Any = station.request(call.TriggerMessage(wanted, evse=at))
    return found["status"], found.get("statusInfo", {}).get("reasonCode")


def sent(station: Station) -> list[str]:
    """The actions of what was sent or waits."""
    waits = [each.action for each in station.tables.all(Queued).values()]
    direct = [each.action for each in station.effects if isinstance(each, inputs.SendCall)]
    return [*waits, *(each for each in direct if each not in waits)]


def test_every_trigger_of_both_versions_has_an_outcome() -> None:
    """F06.FR.08: what is not listed is not implemented."""
    known = {
        each
        for version in (Version.V21, Version.V201)
        for each in schemas.schema(version, "TriggerMessage")["definitions"]["MessageTriggerEnumType"]["enum"]
    }
    assert known == {each.value for each in Wanted}
    assert known - {each.value for each in trigger.TRIGGERS} == {
        "SignCombinedCertificate",
        "PublishFirmwareStatusNotification",
        "CustomTrigger",
    }


@pytest.mark.parametrize("wanted", sorted(set(Wanted) - set(trigger.TRIGGERS)))
def test_what_nobody_sends_is_not_implemented(wanted: Wanted) -> None:
    """F06.FR.08."""
    station = made()

    assert triggered(station, wanted) == ("NotImplemented", None)
    assert sent(station) == []


@VERSIONS
@pytest.mark.parametrize(
    ("wanted", "at", "action"),
    [
        (Wanted.heartbeat, None, "Heartbeat"),
        (Wanted.heartbeat, evse(9), "Heartbeat"),  # F06.FR.02
        (Wanted.meter_values, None, "MeterValues"),  # F06.FR.06
        (Wanted.meter_values, evse(2), "MeterValues"),
        (Wanted.status_notification, evse(1, 1), "StatusNotification"),  # F06.FR.13
        (Wanted.log_status_notification, None, "LogStatusNotification"),  # N01.FR.13
        (Wanted.firmware_status_notification, None, "FirmwareStatusNotification"),  # L01.FR.25
    ],
)
def test_what_is_wanted_goes_out_behind_the_answer(
    version: Version, wanted: Wanted, at: datatypes.EVSEType | None, action: str
) -> None:
    """F06.FR.04, FR.05."""
    station = made(version)

    assert triggered(station, wanted, at) == ("Accepted", None)

    order = [type(each) for each in station.effects]
    assert order.index(inputs.AnswerCall) < order.index(inputs.SendCall)
    assert set(sent(station)) == {action}
    if at is not None and action != "Heartbeat":
        assert [each["evseId"] for each in station.sent(action)] == [at.id]


@pytest.mark.parametrize("at", [None, evse(0), evse(2)])
def test_meter_values_say_that_they_were_asked_for(at: datatypes.EVSEType | None) -> None:
    station = made()

    triggered(station, Wanted.meter_values, at)

    for each in station.sent("MeterValues"):
        contexts = {one["context"] for value in each["meterValue"] for one in value["sampledValue"]}
        assert contexts == {"Trigger"}
    assert len(sent(station)) == (1 if at is not None and at.id else 2)


@pytest.mark.parametrize("at", [None, evse(1)])
def test_the_transaction_that_runs_is_told_of(at: datatypes.EVSEType | None) -> None:
    """F06.FR.07, FR.10."""
    station = made()
    running = Evse(station)
    running.plug()
    running.authorize()
    running.charge()
    quiet(station)

    assert triggered(station, Wanted.transaction_event, at) == ("Accepted", None)

    (event,) = station.sent("TransactionEvent")
    assert (event["eventType"], event["triggerReason"]) == ("Updated", "Trigger")
    assert event["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"
    assert event["transactionInfo"]["chargingState"] == "Charging"


@pytest.mark.parametrize(
    ("wanted", "at", "code"),
    [
        (Wanted.boot_notification, None, "NotEnabled"),  # F06.FR.17
        (Wanted.meter_values, evse(9), "UnknownEvse"),
        (Wanted.transaction_event, evse(9), "UnknownEvse"),
        (Wanted.transaction_event, None, "NotFound"),
        (Wanted.transaction_event, evse(1), "NotFound"),
        (Wanted.status_notification, None, "MissingParam"),  # F06.FR.12
        (Wanted.status_notification, evse(1), "MissingParam"),  # F06.FR.12
        (Wanted.status_notification, evse(1, 2), "UnknownConnectorId"),
        (Wanted.status_notification, evse(1, 0), "UnknownConnectorId"),
        (Wanted.status_notification, evse(9, 1), "UnknownConnectorId"),
    ],
)
def test_what_cannot_be_told_is_rejected(wanted: Wanted, at: datatypes.EVSEType | None, code: str) -> None:
    """F06.FR.11."""
    station = made()

    assert triggered(station, wanted, at) == ("Rejected", code)
    assert sent(station) == []


def test_an_evse_without_a_meter_has_nothing_to_tell() -> None:
    station = Station(blocks=BLOCKS)
    station.connect()
    station.core.live.accepted = True

    assert triggered(station, Wanted.meter_values) == ("Rejected", "NotFound")


def test_a_heartbeat_needs_a_connection() -> None:
    station = made()
    station.disconnect()

    assert triggered(station, Wanted.heartbeat) == ("Rejected", "NotFound")


# -- certificates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        (Wanted.sign_charging_station_certificate, Kind.STATION),
        (Wanted.sign_v2g_certificate, Kind.V2G),
        (Wanted.sign_v2g20_certificate, Kind.V2G20),
    ],
)
def test_certificates_are_asked_to_be_signed(wanted: Wanted, kind: Kind) -> None:
    """M11.7, A02.FR.02."""
    station = made()
    wanted_, text = True, "x"
    station.set(variables.V2G_INSTALLATION, wanted_)
    for each in (variables.SECC_ID, variables.SECC_COUNTRY, variables.SECC_ORGANIZATION):
        station.set(each, "DE" if each is variables.SECC_COUNTRY else text)
    station.set(variables.CSMS_ORGANIZATION, text)

    assert triggered(station, wanted) == ("Accepted", None)

    (signing,) = station.tables.all(csr.Signing).values()
    assert (signing.kind, signing.phase) == (kind, csr.Phase.MAKING)


@pytest.mark.parametrize("wanted", [Wanted.sign_v2g_certificate, Wanted.sign_v2g20_certificate])
def test_certificates_for_cars_are_signed_where_that_is_wanted(wanted: Wanted) -> None:
    """M11.7."""
    station = made()
    wanted_ = False
    station.set(variables.V2G_INSTALLATION, wanted_)

    assert triggered(station, wanted) == ("Rejected", "NotEnabled")


# -- before the boot is accepted -----------------------------------------------------------------------------


def pending(version: Version = Version.V21) -> Station:
    station = Station(blocks=BLOCKS, version=version)
    station.connect()
    station.reply(system.GetBootReason, system.GetBootReasonReply(boot_reason=BootReason.POWER_UP))
    registration = call_result.BootNotification(
        current_time="2026-03-01T12:00:00Z", interval=300, status=RegistrationStatusEnumType.pending
    )
    station.answered(registration)
    station.effects.clear()
    return station


@VERSIONS
def test_a_boot_notification_is_sent_again_while_it_is_pending(version: Version) -> None:
    """F06.FR.17, B02."""
    station = pending(version)

    assert triggered(station, Wanted.boot_notification) == ("Accepted", None)

    assert [each["reason"] for each in station.sent("BootNotification")] == ["Triggered"]


def test_what_is_asked_for_goes_out_while_the_boot_is_pending() -> None:
    """B02.FR.02; what was queued before waits."""
    station = pending()
    running = Evse(station)
    running.condition()
    before = len(station.tables.all(Queued))

    assert triggered(station, Wanted.status_notification, evse(1, 1)) == ("Accepted", None)

    assert [each["evseId"] for each in station.sent("StatusNotification")] == [1]
    assert [each.rank for each in station.tables.all(Queued).values()][before:] == [Rank.ASKED]


def test_a_transaction_is_not_told_of_before_the_boot_is_accepted() -> None:
    station = pending()
    running = Evse(station)
    running.plug()
    running.authorize()

    assert triggered(station, Wanted.transaction_event) == ("Accepted", None)

    assert station.sent("TransactionEvent") == []
    assert {each.rank for each in station.tables.all(Queued).values()} == {Rank.TRANSACTION}


# -- lives ---------------------------------------------------------------------------------------------------


def test_what_was_wanted_outlives_us_and_is_sent_once() -> None:
    station = made()
    first = call.TriggerMessage(Wanted.status_notification, evse=evse(1, 1))
    station.request(first, message_id="same")

    station.restart()
    station.request(first, message_id="same")

    assert sent(station) == ["StatusNotification"]
