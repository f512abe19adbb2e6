"""What OCPP asks of `system` and `evse_security`, both played by a program that comes by the Gateway.

So every answer that the interfaces have can be given, and what the back-end makes of it be seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from actors.ocpp.assembly import SHIPPED
from tests.interop.ocpp_service import foreign
from tests.support.charging_site import Car, site_file, wire
from tests.support.running_site import evsite, wait_for
from tests.support.station_clock import moment_of
from tests.support.stores import text
from tests.support.story import Story

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(180)
EARLY: Final = {
    "action": "BootNotification",
    "where": {"reason": "Unknown"},
    "merge": {"status": "Pending", "interval": 1},
}
"""A boot of which `system` could not say why, for the program has not come yet: once more."""
LATER: Final = {"action": "Heartbeat", "merge": {"currentTime": "${now+3600}"}}
INSTALLED: Final = {
    "Accepted": "Accepted",
    "InvalidSignature": "Rejected",
    "InvalidCertificateChain": "Rejected",
    "InvalidFormat": "Rejected",
    "InvalidCommonName": "Rejected",
    "NoRootCertificateInstalled": "Rejected",
    "Expired": "Rejected",
    "CertificateStoreMaxLengthExceeded": "Rejected",
    "WriteError": "Failed",
}
"""What InstallCertificate is answered, by the result of `install_ca_certificate`."""
DELETED: Final = ("Accepted", "Failed", "NotFound")
HASHES: Final = {
    "hashAlgorithm": "SHA256", "issuerNameHash": "0a" * 32, "issuerKeyHash": "0b" * 32, "serialNumber": "2a",
}  # fmt: skip
Payload = dict[str, Any]


class Program:
    """Plays both roles: `answers` by command, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Payload]] = []
        self.answers: dict[str, Any] = {
            "get_boot_reason": {"boot_reason": "Watchdog"},
            "set_system_time": {"accepted": True},
            "is_reset_allowed": {"allowed": False},
            "reset": None,
            "upload_logs": {"response": {"upload_logs_status": "Accepted", "file_name": "logs.tar.gz"}},
            "update_firmware": {"response": "Accepted"},
            "allow_firmware_installation": None,
            "get_installed_certificates": {
                "result": {"status": "NotFound", "certificate_hash_data_chain": []}
            },
            "get_v2g_ocsp_request_data": {"request_data": {"ocsp_request_data_list": []}},
            "install_ca_certificate": {"result": "Accepted"},
            "delete_certificate": {"result": "Accepted"},
            "update_leaf_certificate": {"result": "Accepted"},
        }

    def arrive(self, story: Story) -> None:
        """Be both of them."""
        handlers = {command: self._handler(command) for command in self.answers}
        for role in ("system", "certificates"):
            story.gateway.serve(role, handlers)

    def _handler(self, command: str) -> Any:
        def handle(**arguments: Any) -> Any:
            self.asked.append((command, arguments))
            return self.answers[command]

        return handle

    def heard(self, command: str) -> list[Payload]:
        """What it was asked for with a command."""
        return [arguments for each, arguments in self.asked if each == command]


@dataclass(kw_only=True)
class Told:
    """What has happened: the answers to the back-end, by what the program had answered."""

    story: Story
    program: Program
    installed: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, str] = field(default_factory=dict)
    signed: dict[str, str] = field(default_factory=dict)
    resets: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)

    def events(self, kind: str) -> list[Payload]:
        return [each for each in self.story.csms.said("SecurityEventNotification") if each["type"] == kind]


def status(told: Told, action: str, payload: Payload) -> str:
    return str(told.story.csms.call(action, payload)["status"])


def certificates(told: Told) -> None:
    """Each result of each command."""
    certificate = text(foreign()["MO_ROOT_CA"].certificate)
    root = {"certificateType": "MORootCertificate", "certificate": certificate}
    leaf = {"certificateType": "V2GCertificate", "certificateChain": certificate}
    answers = told.program.answers
    for result in INSTALLED:
        answers["install_ca_certificate"] = answers["update_leaf_certificate"] = {"result": result}
        told.installed[result] = status(told, "InstallCertificate", root)
        told.signed[result] = status(told, "CertificateSigned", leaf)
    for result in DELETED:
        answers["delete_certificate"] = {"result": result}
        told.deleted[result] = status(told, "DeleteCertificate", {"certificateHashData": HASHES})
    expected = len(INSTALLED) - 1
    wait_for(
        lambda: len(told.events("InvalidChargingStationCertificate")) == expected,
        "an event for each certificate that was refused",
    )


def station(told: Told) -> None:
    """The clock, the log, a firmware, and at last the reset, which is not allowed at first."""
    story, program = told.story, told.program
    before = len(program.heard("set_system_time"))
    assert status(told, "TriggerMessage", {"requestedMessage": "Heartbeat"}) == "Accepted"
    wait_for(lambda: len(program.heard("set_system_time")) > before, "the time of a heartbeat")
    log = {
        "logType": "DiagnosticsLog",
        "requestId": 7,
        "log": {"remoteLocation": "https://csms.example/logs"},
    }
    told.others["GetLog"] = status(told, "GetLog", log)
    later = (datetime.now(UTC) + timedelta(days=300)).isoformat()
    firmware = {"location": "https://csms.example/firmware", "retrieveDateTime": later}
    told.others["UpdateFirmware"] = status(told, "UpdateFirmware", {"requestId": 8, "firmware": firmware})
    for allowed in (False, True):
        program.answers["is_reset_allowed"] = {"allowed": allowed}
        told.resets.append(status(told, "Reset", {"type": "Immediate"}))
    wait_for(lambda: program.heard("reset"), "the reset")
    assert story.trace(tag="system.reset")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    def change(modules: Payload) -> None:
        modules["system"] = {"module": "ExternalSystem"}
        modules["certificates"] = {"module": "ExternalSecurity"}
        modules["gateway"] = {"module": "Gateway"}

    program, directory = Program(), tmp_path_factory.mktemp("programs")
    with Story(
        directory, {1: Car()}, change=change, arrive=program.arrive, script={"answers": [EARLY, LATER]}
    ) as story:
        told = Told(story=story, program=program)
        wait_for(lambda: story.csms.said("BootNotification")[-1]["reason"] != "Unknown", "the program")
        certificates(told)
        station(told)
    return told


# -- system ------------------------------------------------------------------------------------------------


@pytest.mark.rows("S12.2")
def test_what_concerns_the_whole_station_is_asked_of_system(told: Told) -> None:
    # given: a log, a firmware and a reset that the back-end has ordered
    assert told.others == {"GetLog": "Accepted", "UpdateFirmware": "Accepted"}
    assert told.resets[-1] == "Accepted"
    # then
    (log,) = told.program.heard("upload_logs")
    assert log["upload_logs_request"]["request_id"] == 7
    (firmware,) = told.program.heard("update_firmware")
    assert firmware["firmware_update_request"]["request_id"] == 8
    assert len(told.program.heard("reset")) == 1


@pytest.mark.rows("S12.7")
def test_a_reset_that_system_does_not_allow_is_rejected(told: Told) -> None:
    # given: asked twice, and allowed the second time
    assert told.program.heard("is_reset_allowed") == [{"type": "Hard"}] * 2

    assert told.resets == ["Rejected", "Accepted"]
    assert len(told.program.heard("reset")) == 1


@pytest.mark.rows("S12.8")
def test_system_resets_after_the_back_end_has_its_answer(told: Told) -> None:
    answers = [
        moment_of(each["at"])
        for each in told.story.csms.entries()
        if each.get("action") == "Reset" and each["direction"] == "in"
    ]
    (order,) = told.story.trace(kind="command", tag="system.reset")

    assert moment_of(order.time) > answers[-1]


@pytest.mark.rows("S12.9")
def test_system_is_told_the_time_of_the_back_end(told: Told) -> None:
    """Of the boot's answer, and of a heartbeat's, which is an hour ahead."""
    answered = [
        moment_of(each["frame"][2]["currentTime"])
        for each in told.story.csms.entries()
        if each.get("action") in {"BootNotification", "Heartbeat"} and each["direction"] == "out"
    ]
    commands = told.story.trace(kind="command", tag="system.set_system_time")

    assert [moment_of(each.content["timestamp"]) for each in commands] == answered
    assert answered[-1] - answered[0] > timedelta(minutes=59)
    assert moment_of(told.program.heard("set_system_time")[-1]["timestamp"]) == answered[-1]


@pytest.mark.rows("S12.10")
def test_the_boot_has_the_reason_that_system_knows(told: Told) -> None:
    accepted = told.story.csms.said("BootNotification")[-1]

    assert accepted["reason"] == told.program.answers["get_boot_reason"]["boot_reason"]


# -- evse_security -------------------------------------------------------------------------------------------


@pytest.mark.rows("S13.2")
def test_each_result_of_an_installation_has_its_status(told: Told) -> None:
    assert told.installed == INSTALLED


@pytest.mark.rows("S13.3")
def test_each_result_of_a_deletion_has_its_status(told: Told) -> None:
    assert told.deleted == {each: each for each in DELETED}
    asked = {"hash_algorithm": "SHA256", "issuer_name_hash": "0a" * 32, "issuer_key_hash": "0b" * 32}
    for each in told.program.heard("delete_certificate"):
        assert asked.items() <= each["certificate_hash_data"].items()


@pytest.mark.rows("S13.4")
def test_a_signed_certificate_that_is_not_taken_is_an_event(told: Told) -> None:
    refused = [each for each in INSTALLED if each != "Accepted"]

    assert told.signed == {"Accepted": "Accepted"} | dict.fromkeys(refused, "Rejected")
    events = told.events("InvalidChargingStationCertificate")
    assert [each["techInfo"] for each in events] == [f"V2GCertificate: {each}" for each in refused]


# -- the site file -------------------------------------------------------------------------------------------


@pytest.mark.rows("S12.1", "S13.1")
@pytest.mark.parametrize(
    ("count", "problem"), [(0, "this connection is missing"), (2, "2 connections, expected 1")]
)
def test_a_station_has_one_system_and_one_certificate_manager(
    tmp_path: Path, count: int, problem: str
) -> None:
    modules = yaml.safe_load(site_file({1: Car()}, component_config=str(SHIPPED)))["active_modules"]
    for requirement, module in (("system", "system"), ("security", "certificates")):
        modules["ocpp"]["connections"][requirement] = wire(module, "main") * count
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump({"active_modules": modules}))

    done = evsite("check", file)

    assert done.returncode == 2
    for requirement in ("system", "security"):
        assert f"error: active_modules.ocpp.connections.{requirement}: {problem}" in done.stdout
