"""Logs and firmware as the CSMS wants them, seen from outside: rows S12.3 to S12.6, S12.11, S12.12, S13.5.

One site and its back-end go through one story: three uploads, an update whose signing certificate nobody
vouches for, and one that waits for a car to leave, is installed, and starts the station anew. Each test looks
at what was written down: the trace of the actors and the record of the back-end.
"""

from __future__ import annotations

import base64
import tarfile
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certs.pki.layout import ROOT_BUNDLES
from certs.profiles import Domain
from tests.support.charging_site import Car, wire
from tests.support.multiplexed import living_pki
from tests.support.story import CALL, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.story import Said

pytestmark = pytest.mark.timeout(240)
CHARGE_POINT: Final = "site/ocpp/charge_point"
IMAGE: Final = b"an image"
NOW: Final = "2026-01-01T00:00:00Z"
NOWHERE: Final = "http://127.0.0.1:9/"
"""Nobody listens there."""
TRIGGERED: Final = {
    "LogStatusNotification": ("idle log", "busy log"),
    "FirmwareStatusNotification": ("idle update", "busy update", "after a kill"),
}
"""Answers of the story that are statuses told because somebody asked."""


@dataclass
class Told:
    """What the story has led to."""

    story: Story
    out: Path
    """Where logs went."""
    image: Path
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of the station, by a name of the request."""

    def said(self, action: str, request_id: int | None = None) -> list[dict[str, Any]]:
        """What the CSMS was told, of one request or of all."""
        found = self.story.csms.said(action)
        return [each for each in found if request_id is None or each.get("requestId") == request_id]

    def statuses(self, action: str, request_id: int | None = None) -> list[str]:
        return [each["status"] for each in self.said(action, request_id)]

    def commands(self, tag: str) -> list[Said]:
        """Commands of the charge point."""
        return self.story.trace(kind="command", sender=CHARGE_POINT, tag=tag)

    def until_told(self, action: str, request_id: int, status: str) -> None:
        self.story.until(lambda: status in self.statuses(action, request_id))


def get_log(told: Told, request_id: int, kind: str, location: str, **more: Any) -> dict[str, Any]:
    log = {"remoteLocation": location, "oldestTimestamp": NOW}
    wanted = {"requestId": request_id, "logType": kind, "log": log, **more}
    return told.story.csms.call("GetLog", wanted)


def update(told: Told, request_id: int, *, certificate: str, **more: Any) -> dict[str, Any]:
    key = living_pki()["MF_LEAF"].key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = base64.b64encode(key.sign(IMAGE, ec.ECDSA(hashes.SHA256()))).decode()
    firmware = {
        "location": f"file://{told.image}",
        "retrieveDateTime": NOW,
        "signingCertificate": certificate,
        "signature": signature,
    }
    return told.story.csms.call("UpdateFirmware", {"requestId": request_id, "firmware": firmware, **more})


def pem(name: str) -> str:
    return living_pki()[name].certificate.public_bytes(serialization.Encoding.PEM).decode()


def trigger(told: Told, action: str) -> dict[str, Any]:
    """The station is asked for a status, and gives it."""
    before = len(told.said(action))
    assert told.story.csms.call("TriggerMessage", {"requestedMessage": action})["status"] == "Accepted"
    found: dict[str, Any] = told.story.until(lambda: told.said(action)[before:])[0]
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    directory = tmp_path_factory.mktemp("transfers")
    out, image = directory / "uploads", directory / "image.bin"
    out.mkdir()
    image.write_bytes(IMAGE)

    def prepare(state: Path) -> None:
        root = state / "certs" / ROOT_BUNDLES[Domain.MF]
        root.parent.mkdir(parents=True, exist_ok=True)
        root.write_text(pem("MF_ROOT_CA"), encoding="ascii")

    def change(modules: dict[str, Any]) -> None:
        modules["system"]["connections"] = {"security": wire("certificates", "main")}

    with Story(directory, {1: Car(), 2: Car()}, change=change, prepare=prepare) as story:
        found = Told(story, out, image)
        upload(found)
        install(found)
        story.stop()
        yield found


def upload(told: Told) -> None:
    """One upload that goes well, and one that gives way to another."""
    where, answers = f"file://{told.out}", told.answers
    answers["diagnostics"] = get_log(told, 1, "DiagnosticsLog", where)
    told.until_told("LogStatusNotification", 1, "Uploaded")
    answers["idle log"] = trigger(told, "LogStatusNotification")
    answers["nowhere"] = get_log(told, 2, "DiagnosticsLog", NOWHERE, retries=4, retryInterval=60)
    told.until_told("LogStatusNotification", 2, "Uploading")
    answers["busy log"] = trigger(told, "LogStatusNotification")
    answers["security"] = get_log(told, 3, "SecurityLog", where)
    told.until_told("LogStatusNotification", 3, "Uploaded")


def install(told: Told) -> None:
    """An update that nobody vouches for, and one in the midst of which the charge point is killed."""
    story, answers = told.story, told.answers
    answers["idle update"] = trigger(told, "FirmwareStatusNotification")
    answers["untrusted"] = update(told, 4, certificate=pem("SECC_LEAF"))
    story.gateway.call("ev.plug_in", evse=1)
    story.present("CARD1", 1)
    story.until(lambda: story.transactions(1, "Started"))
    answers["trusted"] = update(told, 5, certificate=pem("MF_LEAF"), retries=2, retryInterval=7)
    told.until_told("FirmwareStatusNotification", 5, "InstallScheduled")
    story.until(lambda: [each for each in holds(told, "Disable") if each.name == "evse_2/evse"])
    answers["busy update"] = trigger(told, "FirmwareStatusNotification")
    story.gateway.call("actor.kill", path=CHARGE_POINT)
    answers["after a kill"] = trigger(told, "FirmwareStatusNotification")
    story.gateway.call("ev.plug_out", evse=1)
    told.until_told("FirmwareStatusNotification", 5, "Installed")
    story.until(lambda: states_since_the_start(told).count("Available") == len(story.cars))


def holds(told: Told, state: str) -> list[Said]:
    """What managers were told of service because of firmware."""
    found = told.commands("evse_manager.enable_disable")
    wanted = {"enable_source": "FirmwareUpdate", "enable_state": state}
    return [each for each in found if wanted.items() <= each.content["cmd_source"].items()]


def calls(told: Told) -> list[tuple[str, Mapping[str, Any]]]:
    """All that the CSMS was told, in its order."""
    frames = [each["frame"] for each in told.story.csms.entries() if each.get("direction") == "in"]
    return [(each[2], each[3]) for each in frames if each[0] == CALL]


def states_since_the_start(told: Told) -> list[str]:
    """The connectors' states that the CSMS was told behind the last boot."""
    found = calls(told)
    booted = max(number for number, (action, _payload) in enumerate(found) if action == "BootNotification")
    return [
        payload["connectorStatus"] for action, payload in found[booted:] if action == "StatusNotification"
    ]


def mirrored(
    told: Told, tag: str, member: str, action: str
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """What was published, and what of it the CSMS was told unasked, both in order."""
    news = [each.content["status"] for each in told.story.trace(kind="variable", tag=tag)]
    published = [(each["request_id"], each[member]) for each in news]
    sent = [(each.get("requestId"), each["status"]) for each in told.said(action)]
    for answer in TRIGGERED[action]:  # a trigger has a status told again
        given = told.answers[answer]
        sent.remove((given.get("requestId"), given["status"]))
    return [each for each, _again in groupby(published)], [each for each in sent if each in published]


# -- logs ----------------------------------------------------------------------------------------------------


@pytest.mark.rows("S12.6")
def test_a_request_for_logs_is_passed_on_as_it_is(told: Told) -> None:
    """OCPP's retries come on top of the first attempt (M15.4)."""
    found = told.commands("system.upload_logs")

    assert {each.name for each in found} == {"system/main"}
    wanted = [each.content["upload_logs_request"] for each in found]
    assert [(each["request_id"], each["type"]) for each in wanted] == [
        (1, "DiagnosticsLog"),
        (2, "DiagnosticsLog"),
        (3, "SecurityLog"),
    ]
    assert (wanted[1]["location"], wanted[1]["retries"], wanted[1]["retry_interval_s"]) == (NOWHERE, 5, 60)
    assert "retries" not in wanted[0]
    assert wanted[0]["oldest_timestamp"].startswith("2026-01-01T00:00:00")


@pytest.mark.rows("S12.6")
def test_logs_are_where_the_csms_wants_them(told: Told) -> None:
    names = {}
    for request in ("diagnostics", "security"):
        file = told.out / told.answers[request]["filename"]
        with tarfile.open(file) as archive:
            names[request] = {each.name.rpartition("/")[2] for each in archive}

    assert "libocpp_201.log" in names["diagnostics"]
    assert names["security"] == {"libocpp_201.security.log"}


@pytest.mark.rows("S12.11")
def test_the_csms_is_told_how_each_upload_goes(told: Told) -> None:
    published, sent = mirrored(told, "system.log_status", "log_status", "LogStatusNotification")

    assert sent == published
    assert told.statuses("LogStatusNotification", 1) == ["Uploading", "Uploaded"]
    assert told.statuses("LogStatusNotification", 2) == ["Uploading", "Uploading", "AcceptedCanceled"]
    assert told.statuses("LogStatusNotification", 3) == ["Uploading", "Uploaded"]


@pytest.mark.rows("S12.11")
def test_a_newer_request_for_logs_takes_the_place_of_the_older(told: Told) -> None:
    answers = [told.answers[each]["status"] for each in ("diagnostics", "nowhere", "security")]

    assert answers == ["Accepted", "Accepted", "AcceptedCanceled"]


@pytest.mark.rows("S12.11")
def test_a_trigger_tells_how_the_upload_stands(told: Told) -> None:
    assert told.answers["idle log"] == {"status": "Idle"}
    assert told.answers["busy log"] == {"status": "Uploading", "requestId": 2}


# -- the signing certificate ---------------------------------------------------------------------------------


@pytest.mark.rows("S13.5")
def test_a_signing_certificate_nobody_vouches_for_is_refused(told: Told) -> None:
    asked = told.commands("evse_security.verify_certificate")
    verdicts = [told.story.reply(each).content["result"] for each in asked]

    assert [each.content["certificate_chain"] for each in asked] == [pem("SECC_LEAF"), pem("MF_LEAF")]
    assert {tuple(each.content["certificate_types"]) for each in asked} == {("MF",)}
    assert verdicts == ["IssuerNotFound", "Valid"]
    assert told.answers["untrusted"]["status"] == "InvalidCertificate"
    assert told.answers["trusted"]["status"] == "Accepted"
    events = [each["type"] for each in told.said("SecurityEventNotification")]
    assert events.count("InvalidFirmwareSigningCertificate") == 1


# -- firmware ------------------------------------------------------------------------------------------------


@pytest.mark.rows("S12.3")
def test_an_update_is_passed_on_when_its_certificate_is_good(told: Told) -> None:
    (command,) = told.commands("system.update_firmware")

    wanted = command.content["firmware_update_request"]
    assert command.name == "system/main"
    assert (wanted["request_id"], wanted["location"]) == (5, f"file://{told.image}")
    assert (wanted["retries"], wanted["retry_interval_s"]) == (3, 7)  # M15.4
    assert wanted["signing_certificate"] == pem("MF_LEAF")
    assert told.story.reply(command).content["response"] == told.answers["trusted"]["status"]


@pytest.mark.rows("S12.4")
def test_all_evses_are_out_of_service_before_the_installation_is_allowed(told: Told) -> None:
    (leave,) = told.commands("system.allow_firmware_installation")
    held = [each for each in holds(told, "Disable") if each.order < leave.order]
    replies = [told.story.reply(each) for each in held]

    assert {each.name for each in held} == {"evse_1/evse", "evse_2/evse"}
    assert {each.content["cmd_source"]["enable_priority"] for each in held} == {5000}  # S9.8
    assert all(each.order < leave.order and not each.content["enabled"] for each in replies)
    installing = [
        each.order
        for each in told.story.trace(kind="variable", tag="system.firmware_update_status")
        if each.content["status"]["firmware_update_status"] == "Installing"
    ]
    assert min(installing) > leave.order


@pytest.mark.rows("S12.5")
def test_an_update_waits_until_the_session_ends(told: Told) -> None:
    """The free EVSE is closed meanwhile."""
    (ended,) = [
        each.order
        for each in told.story.trace(kind="variable", name="evse_1/evse", tag="evse_manager.session_event")
        if each.content["event"]["event"] == "TransactionFinished"
    ]
    held = {each.name: each.order for each in reversed(holds(told, "Disable"))}
    (leave,) = told.commands("system.allow_firmware_installation")

    assert held["evse_2/evse"] < ended < held["evse_1/evse"] < leave.order


@pytest.mark.rows("S12.12")
def test_the_csms_is_told_how_the_update_goes(told: Told) -> None:
    """Each status once although the charge point was killed; a trigger has it told again."""
    tag, member = "system.firmware_update_status", "firmware_update_status"
    published, sent = mirrored(told, tag, member, "FirmwareStatusNotification")

    assert sent == published
    assert told.statuses("FirmwareStatusNotification", 5) == [
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        *["InstallScheduled"] * 3,  # it waits for the car, and has been asked about it twice
        "Installing",
        "InstallRebooting",
        "Installed",
    ]


@pytest.mark.rows("S12.12")
def test_a_trigger_tells_how_the_update_stands(told: Told) -> None:
    scheduled = {"status": "InstallScheduled", "requestId": 5}

    assert told.answers["idle update"] == {"status": "Idle"}
    assert [told.answers[each] for each in ("busy update", "after a kill")] == [scheduled] * 2


@pytest.mark.rows("S12.10")
def test_the_station_starts_anew_with_its_firmware_and_says_why(told: Told) -> None:
    boots = [each["reason"] for each in told.said("BootNotification")]

    assert boots[1:] == ["FirmwareUpdate"]
    order = [action for action, _payload in calls(told)]
    last = len(order) - 1 - order[::-1].index("FirmwareStatusNotification")
    assert last > len(order) - 1 - order[::-1].index("BootNotification")
    events = [each["type"] for each in told.said("SecurityEventNotification")]
    assert events.count("FirmwareUpdated") == 1


@pytest.mark.rows("S12.5")
def test_evses_are_back_in_service_after_the_start(told: Told) -> None:
    back = {each.name: each for each in holds(told, "Unassigned")}

    assert back.keys() == {"evse_1/evse", "evse_2/evse"}
    assert all(told.story.reply(each).content["enabled"] for each in back.values())
    assert sorted(states_since_the_start(told)[-2:]) == ["Available"] * 2
