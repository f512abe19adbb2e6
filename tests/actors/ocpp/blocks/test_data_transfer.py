"""DataTransfer both ways (P01, P02; rows S8.8, S14.1, S14.2)."""

import json
from typing import Any

import pytest
from ocpp.v21 import call, call_result, enums

from actors.ocpp.blocks import data_transfer
from actors.ocpp.inputs import Peer, Target
from actors.ocpp.messages import Outcome
from protocols.interfaces import ocpp_data_transfer
from protocols.message import Failure, FailureReason
from protocols.ocpp.version import Version
from protocols.types.ocpp import DataTransferRequest, DataTransferResponse, DataTransferStatus
from tests.support.ocpp_station import PEERS, Station

Status = enums.DataTransferStatusEnumType
WITH_VENDOR = PEERS | {Peer(Target.DATA_TRANSFER)}
JSON: list[Any] = ["text", 5, True, {"a": [1, None]}, [], None]


def made(version: Version = Version.V21, **options: Any) -> Station:
    station = Station(blocks=(data_transfer.BLOCK,), version=version, **options)
    station.connect()
    station.core.live.accepted = True
    return station


def handled(station: Station, status: DataTransferStatus, data: str | None = None) -> None:
    response = DataTransferResponse(status=status, data=data)
    station.reply(ocpp_data_transfer.DataTransfer, ocpp_data_transfer.DataTransferReply(response=response))


def sends(station: Station, data: str | None = None) -> list[Any]:
    request = DataTransferRequest(vendor_id="org.example", message_id="hello", data=data)
    return [each.response for each in station.ask(ocpp_data_transfer.DataTransfer(request=request))]


# -- from the CSMS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
@pytest.mark.parametrize("data", JSON, ids=str)
def test_what_the_csms_sends_goes_to_the_vendor_and_back(data: Any, version: Version) -> None:
    """S14.1, S14.2: any JSON, both ways."""
    station = made(version, peers=WITH_VENDOR)
    text = None if data is None else json.dumps(data, separators=(",", ":"))

    assert station.request(call.DataTransfer("org.example", data=data, message_id="hello")) is None
    (given,) = station.asks(ocpp_data_transfer.DataTransfer)
    assert given.request == DataTransferRequest(vendor_id="org.example", message_id="hello", data=text)
    handled(station, DataTransferStatus.ACCEPTED, text)

    assert station.response() == {"status": "Accepted"} | ({} if data is None else {"data": data})


@pytest.mark.parametrize("status", DataTransferStatus)
def test_every_answer_of_the_vendor_has_its_word(status: DataTransferStatus) -> None:
    station = made(peers=WITH_VENDOR)
    station.request(call.DataTransfer("org.example"))

    handled(station, status)

    expected = "Rejected" if status is DataTransferStatus.OFFLINE else status.value
    assert station.response() == {"status": expected}


def test_without_a_vendor_nobody_is_known() -> None:
    """S14.1, P01.FR.05."""
    station = made()

    assert station.request(call.DataTransfer("org.example")) == {"status": "UnknownVendorId"}


def test_a_vendor_that_does_not_answer_has_rejected() -> None:
    station = made(peers=WITH_VENDOR)
    station.request(call.DataTransfer("org.example"))

    station.reply(ocpp_data_transfer.DataTransfer, Failure(reason=FailureReason.TIMEOUT, detail="x"))

    answer: Any = station.response()
    assert answer["status"] == "Rejected"


def test_an_answer_that_is_no_json_goes_out_as_a_text() -> None:
    station = made(peers=WITH_VENDOR)
    station.request(call.DataTransfer("org.example"))

    handled(station, DataTransferStatus.ACCEPTED, "{no json")

    assert station.response() == {"status": "Accepted", "data": "{no json"}


def test_a_successor_asks_the_vendor_again() -> None:
    station = made(peers=WITH_VENDOR)
    request = call.DataTransfer("org.example")
    station.request(request, message_id="same")
    station.restart()

    station.request(request, message_id="same")
    handled(station, DataTransferStatus.ACCEPTED)

    assert station.response() == {"status": "Accepted"}


# -- to the CSMS ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", JSON, ids=str)
def test_what_the_site_sends_goes_to_the_csms_and_back(data: Any) -> None:
    """S8.8."""
    station = made()
    text = None if data is None else json.dumps(data, separators=(",", ":"))

    assert sends(station, text) == []
    (sent,) = station.sent("DataTransfer")
    assert sent.get("data") == data
    assert (sent["vendorId"], sent["messageId"]) == ("org.example", "hello")
    station.answered(call_result.DataTransfer(Status.accepted, data=data))

    (reply,) = station.replies()
    assert reply.response == DataTransferResponse(status=DataTransferStatus.ACCEPTED, data=text)


@pytest.mark.parametrize("text", ["{no json", "NaN", "[" * 100_000])
def test_what_is_no_json_goes_out_as_a_text(text: str) -> None:
    station = made()

    sends(station, text)

    assert station.sent("DataTransfer")[0]["data"] == text


@pytest.mark.parametrize("status", Status)
def test_every_answer_of_the_csms_has_its_word(status: Status) -> None:
    station = made()
    sends(station)

    station.answered(call_result.DataTransfer(status))

    assert [each.response.status.value for each in station.replies()] == [status.value]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.REFUSED, DataTransferStatus.REJECTED),
        (Outcome.INVALID, DataTransferStatus.REJECTED),
        (Outcome.TIMEOUT, DataTransferStatus.OFFLINE),
        (Outcome.LOST, DataTransferStatus.OFFLINE),
        (Outcome.NOT_SENT, DataTransferStatus.OFFLINE),
    ],
)
def test_every_other_fate_has_its_word_too(outcome: Outcome, expected: DataTransferStatus) -> None:
    station = made()
    sends(station)

    station.ended(outcome)

    assert [each.response.status for each in station.replies()] == [expected]


def test_without_a_connection_nothing_is_sent_or_kept() -> None:
    """S8.8, M9.7."""
    station = made()
    station.disconnect()

    assert [each.status for each in sends(station)] == [DataTransferStatus.OFFLINE]
    assert station.connect() == []


def test_before_the_boot_is_accepted_nothing_is_sent() -> None:
    """B02.FR.02."""
    station = made()
    station.core.live.accepted = False

    assert [each.status for each in sends(station)] == [DataTransferStatus.OFFLINE]
    assert station.open is None


def test_an_answer_that_cannot_be_read_counts_as_a_refusal() -> None:
    station = made()
    sends(station)

    station.ended(Outcome.ANSWERED, payload='{"status": 5}')

    assert [each.response.status for each in station.replies()] == [DataTransferStatus.REJECTED]
    assert "data_transfer_answer_unreadable" in station.notes()


def test_a_connection_that_ends_is_told() -> None:
    station = made()
    sends(station)
    sends(station)  # waits behind the first

    station.disconnect()

    assert [each.response.status for each in station.replies()] == [DataTransferStatus.OFFLINE]
