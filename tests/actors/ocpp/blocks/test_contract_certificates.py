"""Get15118EVCertificate (M01, M02; rows S16.2, S16.3, S21.12, M7.12)."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from ocpp.v21 import call_result, enums

from actors.ocpp.blocks import contract_certificates
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Outcome
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp.version import Version
from protocols.types.iso15118 import (
    MAX_EXI_RESPONSE,
    CertificateActionEnum,
    ExiResponseStatus,
    RequestExiStreamSchema,
    ResponseExiStreamStatus,
)
from tests.support.ocpp_station import Station
from tests.support.secc_iso20 import every_request
from tests.support.secc_iso20_pnc import pnc_car

VERSIONS = [Version.V21, Version.V201]
ISO2 = "urn:iso:15118:2:2013:MsgDef"
ISO20 = "urn:iso:std:iso:15118:-20:CommonMessages"
Action = CertificateActionEnum
Status = enums.Iso15118EVCertificateStatusEnumType


def online(version: Version = Version.V21) -> Station:
    station = Station(blocks=(contract_certificates.BLOCK,), version=version)
    station.set(variables.CONTRACT_INSTALLATION, value=True)
    station.connect()

    def accepted(turn: Any) -> None:
        turn.live.accepted = True

    station.turn(accepted)
    return station


@pytest.fixture(params=VERSIONS, ids=str)
def station(request: pytest.FixtureRequest) -> Station:
    return online(request.param)


def want(
    station: Station,
    action: CertificateActionEnum = Action.INSTALL,
    text: str = "gJgC",
    schema: str = ISO2,
    evse_id: int = 1,
) -> None:
    """A car wants a contract."""
    request = RequestExiStreamSchema(
        exi_request=text, iso15118_schema_version=schema, certificate_action=action
    )
    station.say(
        Target.EXTENSIONS_15118, extensions.Iso15118CertificateRequest(request=request), number=evse_id
    )


def sent(station: Station) -> list[dict[str, Any]]:
    return station.sent("Get15118EVCertificate")


def told(station: Station) -> list[ResponseExiStreamStatus]:
    commands = station.asks(extensions.SetGetCertificateResponse)
    return [each.certificate_response for each in commands]


def has(text: str, action: CertificateActionEnum = Action.INSTALL) -> ResponseExiStreamStatus:
    return ResponseExiStreamStatus(
        status=ExiResponseStatus.ACCEPTED, exi_response=text, certificate_action=action
    )


def failed(action: CertificateActionEnum = Action.INSTALL) -> ResponseExiStreamStatus:
    return ResponseExiStreamStatus(status=ExiResponseStatus.FAILED, certificate_action=action)


@pytest.mark.parametrize("action", list(Action), ids=str)
def test_a_request_of_a_car_goes_to_the_csms_untouched(station: Station, action: Action) -> None:
    want(station, action)

    assert sent(station) == [  # S16.3
        {"action": action.value, "exiRequest": "gJgC", "iso15118SchemaVersion": ISO2}
    ]


@pytest.mark.parametrize("action", list(Action), ids=str)
def test_the_answer_goes_to_the_car_untouched(station: Station, action: Action) -> None:
    want(station, action, evse_id=2)

    station.answered(call_result.Get15118EVCertificate("gJgD", Status.accepted))

    assert told(station) == [has("gJgD", action)]  # S16.2
    ask = next(each for each in station.effects if getattr(each, "command", None) is not None)
    assert ask.peer.number == 2  # type: ignore[union-attr]  # only an Ask has a command


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status.failed, ""),
        (Status.failed, "gJgD"),
        (Status.accepted, ""),
        (Status.accepted, "A" * (MAX_EXI_RESPONSE + 1)),
    ],
)
def test_an_answer_without_a_usable_contract_is_a_failure(
    station: Station, status: Status, text: str
) -> None:
    want(station)

    station.answered(call_result.Get15118EVCertificate(text, status))

    assert told(station) == [failed()]
    assert "contract_not_installed" in station.notes()


def test_the_longest_answer_the_car_can_be_given_passes(station: Station) -> None:
    want(station)

    station.answered(call_result.Get15118EVCertificate("A" * MAX_EXI_RESPONSE, Status.accepted))

    assert told(station) == [has("A" * MAX_EXI_RESPONSE)]


@pytest.mark.parametrize(
    ("outcome", "payload"),
    [
        (Outcome.REFUSED, ""),
        (Outcome.INVALID, ""),
        (Outcome.TIMEOUT, ""),
        (Outcome.LOST, ""),
        (Outcome.NOT_SENT, ""),
        (Outcome.ANSWERED, '{"status":"Maybe","exiResponse":"gJgD"}'),
    ],
)
def test_without_an_answer_the_car_is_told_so(station: Station, outcome: Outcome, payload: str) -> None:
    want(station, Action.UPDATE)

    station.ended(outcome, payload=payload)

    assert told(station) == [failed(Action.UPDATE)]


def test_offline_the_car_is_told_at_once(station: Station) -> None:
    station.disconnect()

    want(station)

    assert told(station) == [failed()]
    station.connect()
    assert not sent(station)


def test_before_the_boot_is_accepted_nothing_is_asked() -> None:
    station = Station(blocks=(contract_certificates.BLOCK,))
    station.set(variables.CONTRACT_INSTALLATION, value=True)
    station.connect()

    want(station)

    assert not sent(station)
    assert told(station) == [failed()]


def test_installation_that_is_not_enabled_is_refused(station: Station) -> None:
    station.set(variables.CONTRACT_INSTALLATION, value=False)

    want(station)

    assert not sent(station)
    assert told(station) == [failed()]


def test_a_kill_ends_what_the_car_waits_for(station: Station) -> None:
    want(station)

    station.restart()

    assert not sent(station)
    assert not told(station)


def test_cars_at_two_evses_get_their_own_answers(station: Station) -> None:
    want(station, text="gJgC", evse_id=1)
    want(station, Action.UPDATE, text="gJgE", evse_id=2)

    station.answered(call_result.Get15118EVCertificate("gJgD", Status.accepted))
    station.answered(call_result.Get15118EVCertificate("gJgF", Status.accepted))

    assert told(station) == [has("gJgD"), has("gJgF", Action.UPDATE)]


@pytest.mark.parametrize(
    ("reply", "noted"),
    [(Reply(), False), (Failure(reason=FailureReason.CRASHED, detail="killed"), True)],
)
def test_an_answer_that_reaches_no_car_leaves_a_line(
    station: Station,
    reply: Reply,
    noted: bool,  # noqa: FBT001  # one of the parameters
) -> None:
    want(station)
    station.answered(call_result.Get15118EVCertificate("gJgD", Status.accepted))

    station.reply(extensions.SetGetCertificateResponse, reply)

    assert ("contract_not_delivered" in station.notes()) == noted


# -- what cars of ISO 15118-20 wish --------------------------------------------------------------------------


def wish(emaids: tuple[str, ...] | None, most: int = 3) -> str:
    """The request of such a car."""
    request = every_request(pnc_car())["CertificateInstallationReq"][0]
    listed = None if emaids is None else common.EmaidList(emaid=emaids)
    request = replace(request, maximum_contract_certificate_chains=most, prioritized_emaids=listed)
    return base64.b64encode(exi.encode(request, exi.Schema.ISO20_COMMON)).decode()


@pytest.mark.parametrize("emaids", [None, ("DE8AACA2B3C4D5",), ("DE8AACA2B3C4D5", "FRAB1C2D3E4F5G")])
def test_the_wishes_of_a_car_are_told_by_ocpp_21(emaids: tuple[str, ...] | None) -> None:
    station = online()
    text = wish(emaids)

    want(station, text=text, schema=ISO20)

    (request,) = sent(station)
    assert request["exiRequest"] == text
    assert request["maximumContractCertificateChains"] == 3
    assert request.get("prioritizedEMAIDs") == (None if emaids is None else list(emaids))


def test_ocpp_201_has_no_words_for_them() -> None:
    station = online(Version.V201)

    want(station, text=wish(("DE8AACA2B3C4D5",)), schema=ISO20)

    assert set(sent(station)[0]) == {"action", "exiRequest", "iso15118SchemaVersion"}


@pytest.mark.parametrize("text", ["no base64", "AAAA", None])
def test_a_request_that_cannot_be_read_goes_out_all_the_same(text: str | None) -> None:
    if text is None:
        other = every_request(pnc_car())["AuthorizationSetupReq"][0]
        text = base64.b64encode(exi.encode(other, exi.Schema.ISO20_COMMON)).decode()
    station = online()

    want(station, text=text, schema=ISO20)

    assert json.dumps(sent(station)).count(text) == 1
    assert "maximumContractCertificateChains" not in sent(station)[0]
