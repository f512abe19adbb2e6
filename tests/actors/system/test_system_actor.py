"""Tests for actors/system/: the simulated station and the one on Linux, with real helper processes."""

from __future__ import annotations

import base64
import select
import tarfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from thespian.actors import ActorAddress, WatchMessage

from actors.catalog import CATALOG
from actors.engine import messages as engine
from actors.engine.base import handles
from actors.engine.journal import DiskFull
from actors.engine.simulation import Simulation
from actors.system.messages import ExpectPowerUp, StatusHistory
from actors.system.station import AGAIN_S
from protocols.interfaces import evse_security, system
from protocols.message import Failure, FailureReason, Reply
from protocols.types import system as types
from protocols.types.evse_security import CertificateValidationResult
from tests.support import actors
from tests.support.actors import Puppet

pytestmark = pytest.mark.timeout(30)
HEARD: list[Any] = []
HISTORIES: list[StatusHistory] = []
NAME = "sys/main"
RIGS: list[Rig] = []
ANSWERS: dict[str, Any] = {}
RUN = {"of_site": "run 1"}


class Listener(Puppet):
    """Hears the news. Its successor goes on listening."""

    def on_start(self):
        for kind in (system.LogStatus, system.FirmwareUpdateStatus):
            self.subscribe(NAME, kind, lambda news: HEARD.append(news.status))
        self.subscribe(NAME, StatusHistory, HISTORIES.append)


class Notary(Puppet):
    """Vouches as the test says. Its successor does so as well."""

    @handles(evse_security.VerifyCertificate)
    def handle_verify_certificate(self, _cmd):
        return evse_security.VerifyCertificateReply(result=ANSWERS["certificate"])

    @handles(evse_security.VerifyFileSignature)
    def handle_verify_file_signature(self, cmd):
        ANSWERS["file"] = Path(cmd.file_path).read_bytes()
        if ANSWERS["signature"] is None:
            ANSWERS["later"] = self.defer()
            return ANSWERS["later"]
        return evse_security.VerifyFileSignatureReply(valid=ANSWERS["signature"])


@pytest.fixture(autouse=True)
def _everything_is_closed(monkeypatch):
    ANSWERS.update(certificate=CertificateValidationResult.VALID, signature=True)
    RUN["of_site"] = "run 1"
    monkeypatch.setattr("actors.system.station.Station.run_of_site", lambda _self: RUN["of_site"])
    yield
    while RIGS:
        RIGS.pop().end()


class Rig:
    """The system actor in a simulation; its helper processes are real."""

    def __init__(self, directory, module="System", *, security=True, **parameters):
        HEARD.clear()
        HISTORIES.clear()
        actors.reset()
        RIGS.append(self)
        self.directory = directory
        (directory / "journals").mkdir(exist_ok=True)
        (directory / "evsite.log").write_text("a line\n")
        manifest = CATALOG[module]
        config = {
            "module": "sys",
            "parameters": {each.name: each.default for each in manifest.parameters.values()} | parameters,
            "implementations": {},
            "connections": {"security": ["notary/main"] if security else []},
            "state": str(directory / "journals"),
        }
        children = [
            {
                "id": "sys",
                "actor": manifest.actor.replace(":", "."),
                "grants": {NAME: "system"},
                "config": config,
            },
            {"id": "notary", "actor": f"{__name__}.Notary", "grants": {"notary/main": "evse_security"}},
            {"id": "listener", "actor": f"{__name__}.Listener"},
        ]
        self.simulation = Simulation()
        self.simulation.start(
            actors.Site, engine.Start(path="site", lineage="site#0", config={"children": children})
        )

    def end(self):
        self.simulation.close()

    def ask(self, command):
        return self.simulation.ask(NAME, command)

    def until(self, *statuses, advance_s=0.05):
        """Wait at most 20 s until these were told last, in this order, and nothing else."""
        end_s = time.monotonic() + 20
        while self.told() != list(statuses):
            assert time.monotonic() < end_s, self.told()
            assert self.told() == list(statuses)[: len(self.told())]
            actor = self.simulation.actors().get("site/sys")
            ready, _w, _x = select.select(list(actor._watches) if actor else [], [], [], 0.01)
            if ready:
                self.simulation.base.actor_send(ActorAddress("test"), actor.myAddress, WatchMessage(ready))
                self.simulation.run()
            else:
                self.simulation.advance(advance_s)

    def told(self):
        return [str(getattr(each, "log_status", None) or each.firmware_update_status) for each in HEARD]

    def kill(self):
        self.simulation.kill("site/sys")
        self.simulation.run()


def upload(location, request_id=7, **more):
    return system.UploadLogs(
        upload_logs_request=types.UploadLogsRequest(location=location, request_id=request_id, **more)
    )


def update(location, request_id=9, **more):
    return system.UpdateFirmware(
        firmware_update_request=types.FirmwareUpdateRequest(request_id=request_id, location=location, **more)
    )


REBOOTING = "Downloading", "Downloaded", "Installing", "InstallRebooting"


def anew(rig):
    """The site has started again."""
    rig.end()
    RUN["of_site"] = "run 2"
    return Rig(rig.directory)


def history(request_id, *statuses):
    return tuple(
        types.FirmwareUpdateStatus(
            firmware_update_status=types.FirmwareUpdateStatusEnum(each), request_id=request_id
        )
        for each in statuses
    )


def self_signed(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "maker")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.bin"
    path.write_bytes(b"firmware")
    return f"file://{path}"


@pytest.fixture
def rig(tmp_path):
    (tmp_path / "out").mkdir()
    return Rig(tmp_path)


# -- logs --------------------------------------------------------------------------------------------------


def test_an_upload_is_told_from_beginning_to_end(rig):
    reply = rig.ask(upload(f"file://{rig.directory}/out")).response

    rig.until("Uploading", "Uploaded")
    assert reply.upload_logs_status == "Accepted"
    assert {each.request_id for each in HEARD} == {7}
    with tarfile.open(rig.directory / "out" / reply.file_name) as archive:
        assert [each.name.rpartition("/")[2] for each in archive.getmembers()] == ["evsite.log"]


def test_an_upload_is_tried_again_as_often_as_wanted(rig):
    rig.ask(upload(f"file://{rig.directory}/nowhere", retries=3, retry_interval_s=1))

    rig.until("Uploading", "Uploading", "Uploading", "UploadFailure")


def test_an_upload_without_a_number_is_told_with_minus_one(rig):
    rig.ask(upload(f"file://{rig.directory}/nowhere", request_id=None, retries=1))

    rig.until("Uploading", "UploadFailure")
    assert {each.request_id for each in HEARD} == {-1}


def test_a_newer_upload_takes_the_place_of_the_older(rig):
    rig.ask(upload("http://127.0.0.1:9/", request_id=1, retries=99, retry_interval_s=60))
    reply = rig.ask(upload(f"file://{rig.directory}/out", request_id=2)).response

    rig.until("Uploading", "AcceptedCanceled", "Uploading", "Uploaded")
    assert reply.upload_logs_status == "AcceptedCanceled"
    assert [each.request_id for each in HEARD] == [1, 1, 2, 2]


def test_a_place_nobody_can_reach_is_rejected(rig):
    assert rig.ask(upload("ftp://somewhere/")).response.upload_logs_status == "Rejected"
    assert rig.told() == []


def test_an_upload_that_is_wanted_again_goes_on(rig):
    """Its answer was lost."""
    first = rig.ask(upload("http://127.0.0.1:9/", retries=99, retry_interval_s=60)).response
    again = rig.ask(upload("http://127.0.0.1:9/", retries=99, retry_interval_s=60)).response

    assert first == again
    rig.simulation.advance(0.1)
    assert rig.told() == ["Uploading"]


def test_what_was_said_of_an_upload_stands_in_its_history(rig):
    rig.ask(upload("http://127.0.0.1:9/", request_id=1, retries=99, retry_interval_s=60))
    rig.ask(upload(f"file://{rig.directory}/out", request_id=2))
    rig.until("Uploading", "AcceptedCanceled", "Uploading", "Uploaded")

    HISTORIES.clear()
    rig.kill()
    rig.simulation.advance(1)

    assert [(each.request_id, str(each.log_status)) for each in HISTORIES[-1].logs] == [
        (1, "AcceptedCanceled"),
        (2, "Uploading"),
        (2, "Uploaded"),
    ]


def test_the_security_log_holds_nothing_but_security_events(rig):
    (rig.directory / "evsite.log").write_text('{"event": "security_event"}\n{"event": "other"}\n')
    (rig.directory / "message_log").mkdir()
    for name in ("libocpp_201.log", "libocpp_201.security.log"):
        (rig.directory / "message_log" / name).write_text("a line\n")

    name = rig.ask(upload(f"file://{rig.directory}/out", type="SecurityLog")).response.file_name

    rig.until("Uploading", "Uploaded")
    assert name.startswith("SecurityLog_")
    with tarfile.open(rig.directory / "out" / name) as archive:
        found = {each.name.rpartition("/")[2]: archive.extractfile(each).read() for each in archive}
    assert found == {"evsite.log": b'{"event": "security_event"}\n', "libocpp_201.security.log": b"a line\n"}


def test_an_upload_goes_on_after_its_actor_was_killed(rig):
    name = rig.ask(upload(f"file://{rig.directory}/out")).response.file_name
    rig.kill()

    rig.until("Uploading", "Uploading", "Uploaded")
    assert (rig.directory / "out" / name).exists()


# -- firmware ----------------------------------------------------------------------------------------------


def test_an_update_waits_for_leave_to_install(rig, image):
    assert rig.ask(update(image)).response == "Accepted"
    rig.until("Downloading", "Downloaded")
    assert rig.ask(system.IsResetAllowed(type=types.ResetType.SOFT)).allowed

    rig.ask(system.AllowFirmwareInstallation())

    rig.until(*REBOOTING)
    rig = anew(rig)
    rig.until("Installed")
    assert {each.request_id for each in HEARD} == {9}
    assert not list((rig.directory / "journals").glob("*.firmware"))
    assert rig.ask(system.GetBootReason()).boot_reason == "FirmwareUpdate"


def test_a_simulated_station_starts_anew_with_its_firmware(rig, image):
    rig.ask(update(image))
    rig.until("Downloading", "Downloaded")
    rig.ask(system.AllowFirmwareInstallation())

    rig.until(*REBOOTING)
    rig.simulation.advance(0.1)

    assert rig.simulation.told() == [engine.RestartSite(reason="FirmwareUpdate")]


def test_an_update_that_is_wanted_again_goes_on(rig, image):
    """Its answer was lost."""
    rig.ask(update(image))
    rig.until("Downloading", "Downloaded")

    assert rig.ask(update(image)).response == "Accepted"
    rig.simulation.advance(1)
    assert rig.told() == ["Downloading", "Downloaded"]


@pytest.mark.parametrize(("signature", "end"), [("good", "SignatureVerified"), ("", "InvalidSignature")])
def test_without_a_certificate_manager_the_signature_is_judged_all_the_same(tmp_path, image, signature, end):
    rig, key = Rig(tmp_path, security=False), ec.generate_private_key(ec.SECP256R1())
    signed = key.sign(b"firmware", ec.ECDSA(hashes.SHA256())) if signature else b"other"
    certificate = self_signed(key)

    reply = rig.ask(
        update(image, signing_certificate=certificate, signature=base64.b64encode(signed).decode())
    )

    assert reply.response == "Accepted"
    rig.until("Downloading", "Downloaded", end)


def test_what_was_said_of_an_update_stands_in_its_history(rig, image):
    rig.ask(update(f"file://{rig.directory}/no-image", request_id=8))
    rig.until("Downloading", "Downloading", "DownloadFailed")
    failed = history(8, "Downloading", "DownloadFailed")
    assert HISTORIES[-1].firmware == failed
    HISTORIES.clear()

    rig.kill()
    rig.simulation.advance(1)
    assert HISTORIES[-1].firmware == failed

    HEARD.clear()
    rig.ask(update(image))
    rig.until("Downloading", "Downloaded")
    assert HISTORIES[-1].firmware == history(9, "Downloading", "Downloaded")


def test_a_signed_update_is_verified_before_anything_is_installed(rig, image):
    reply = rig.ask(update(image, signing_certificate="PEM", signature=base64.b64encode(b"s").decode()))

    assert reply.response == "Accepted"
    rig.until("Downloading", "Downloaded", "SignatureVerified")
    assert ANSWERS["file"] == b"firmware"


def test_leave_counts_when_an_update_waits_for_it_and_not_before(rig, image):
    """Else it may have been meant for an update that was replaced."""
    ANSWERS["signature"] = None
    rig.ask(update(image, signing_certificate="PEM", signature="c2ln"))
    statuses = ["Downloading", "Downloaded", "SignatureVerified"]
    for number in range(3):
        reply = rig.ask(system.AllowFirmwareInstallation())
        assert (type(reply), reply.reason) == (Failure, FailureReason.INVALID)
        if number < 2:
            rig.until(*statuses[: number + 1])

    ANSWERS["later"].answer(evse_security.VerifyFileSignatureReply(valid=True))
    rig.until(*statuses)
    rig.simulation.advance(5)
    assert rig.told() == statuses

    assert rig.ask(system.AllowFirmwareInstallation()) == Reply()
    rig.until(*statuses, "Installing", "InstallRebooting")


def test_a_verdict_on_an_update_that_was_replaced_is_passed_over(rig, image):
    ANSWERS["signature"] = None
    rig.ask(update(image, signing_certificate="PEM", signature="c2ln"))
    rig.until("Downloading", "Downloaded")
    rig.ask(update(image, request_id=10))

    ANSWERS["later"].answer(evse_security.VerifyFileSignatureReply(valid=False))

    rig.until("Downloading", "Downloaded", "Downloading", "Downloaded")


def test_an_update_that_can_not_be_remembered_is_rejected(rig, image, monkeypatch):
    def full(self, *_records):
        raise DiskFull(self.path, "no space")

    monkeypatch.setattr("actors.engine.journal.Journal.append", full)

    assert rig.ask(update(image)).response == "Rejected"
    assert rig.ask(upload(f"file://{rig.directory}/out")).response.upload_logs_status == "Rejected"
    rig.simulation.advance(1)
    assert rig.told() == []


def test_an_update_with_a_wrong_signature_ends(rig, image):
    ANSWERS["signature"] = False
    rig.ask(update(image, signing_certificate="PEM", signature="c2ln"))
    rig.until("Downloading", "Downloaded", "InvalidSignature")

    rig.ask(system.AllowFirmwareInstallation())

    rig.simulation.advance(5)
    assert rig.told()[-1] == "InvalidSignature"


def test_a_certificate_nobody_vouches_for_is_refused(rig, image):
    ANSWERS["certificate"] = CertificateValidationResult.EXPIRED

    assert (
        rig.ask(update(image, signing_certificate="PEM", signature="c2ln")).response == "InvalidCertificate"
    )
    assert rig.told() == []


@pytest.mark.parametrize(
    "more", [{"signature": "c2ln"}, {"signing_certificate": "PEM"}, {"location": "ftp://x/y"}]
)
def test_an_update_that_makes_no_sense_is_rejected(rig, image, more):
    assert rig.ask(update(**({"location": image} | more))).response == "Rejected"


def test_an_image_that_can_not_be_fetched_is_told_after_all_tries(rig):
    rig.ask(update(f"file://{rig.directory}/no-image"))

    rig.until("Downloading", "Downloading", "DownloadFailed")


def test_an_update_waits_for_both_of_its_times(rig, image):
    now = rig.simulation.clock.now()
    moments = {
        "retrieve_timestamp": now + timedelta(seconds=6),
        "install_timestamp": now + timedelta(seconds=50),
    }
    rig.ask(update(image, **moments))
    rig.until("DownloadScheduled", "Downloading", "Downloaded", "InstallScheduled", advance_s=0.2)
    rig.ask(system.AllowFirmwareInstallation())

    rig.until(
        "DownloadScheduled", "Downloading", "Downloaded", "InstallScheduled",
        "Installing", "InstallRebooting",
        advance_s=0.2,
    )  # fmt: skip
    assert rig.simulation.clock.now() >= moments["install_timestamp"]


def test_a_newer_update_takes_the_place_of_the_older(rig, image):
    rig.ask(update(image, retrieve_timestamp=rig.simulation.clock.now() + timedelta(hours=1)))

    assert rig.ask(update(image, request_id=10)).response == "AcceptedCanceled"
    rig.until("DownloadScheduled", "Downloading", "Downloaded")
    assert [each.request_id for each in HEARD] == [9, 10, 10]


@pytest.mark.parametrize("after", ["Downloading", "Downloaded"])
def test_an_update_goes_on_after_its_actor_was_killed(rig, image, after):
    rig.ask(update(image))
    rig.until(*["Downloading", "Downloaded"][: ["Downloading", "Downloaded"].index(after) + 1])
    rig.kill()
    if after == "Downloading":
        rig.until("Downloading", "Downloading", "Downloaded")
    HEARD.clear()

    rig.simulation.advance(1)
    rig.ask(system.AllowFirmwareInstallation())

    rig.until("Installing", "InstallRebooting")


def test_leave_is_remembered_when_its_actor_is_killed(rig, image):
    rig.ask(update(image, install_timestamp=rig.simulation.clock.now() + timedelta(seconds=30)))
    rig.until("Downloading", "Downloaded", "InstallScheduled")
    rig.ask(system.AllowFirmwareInstallation())
    rig.kill()
    rig.simulation.advance(1)
    HEARD.clear()

    rig.until("Installing", "InstallRebooting", advance_s=1)


# -- restarts and the clock --------------------------------------------------------------------------------


def test_a_reset_is_the_reason_of_the_next_start(tmp_path):
    rig = Rig(tmp_path)
    assert rig.ask(system.GetBootReason()).boot_reason == "PowerUp"
    rig.ask(system.Reset(type=types.ResetType.SOFT, scheduled=False))
    rig.kill()
    rig.simulation.advance(1)
    assert rig.ask(system.GetBootReason()).boot_reason == "PowerUp"
    rig.end()

    RUN["of_site"] = "run 2"

    assert Rig(tmp_path).ask(system.GetBootReason()).boot_reason == "RemoteReset"


@pytest.mark.parametrize(("scheduled", "reason"), [(True, "ScheduledReset"), (False, "RemoteReset")])
def test_who_started_the_site_is_told_of_a_reset_until_it_happens(rig, scheduled, reason):
    rig.ask(system.Reset(type=types.ResetType.HARD, scheduled=scheduled))
    rig.simulation.advance(AGAIN_S * 1.5)

    assert rig.simulation.told() == [engine.RestartSite(reason=reason)] * 2


def test_a_reset_waits_as_long_as_the_site_file_says(tmp_path):
    rig = Rig(tmp_path, ResetDelay=7)
    rig.ask(system.Reset(type=types.ResetType.HARD, scheduled=False))
    rig.simulation.advance(6.9)
    before = rig.simulation.told()
    rig.simulation.advance(0.2)

    assert (before, len(rig.simulation.told())) == ([], 1)


def test_a_reset_that_was_promised_outlives_its_actor(rig):
    rig.ask(system.Reset(type=types.ResetType.HARD, scheduled=False))
    rig.kill()
    rig.simulation.advance(1)

    assert engine.RestartSite(reason="RemoteReset") in rig.simulation.told()


def test_a_site_that_begins_anew_by_itself_says_so(tmp_path):
    Rig(tmp_path).end()
    RUN["of_site"] = "run 2"

    assert Rig(tmp_path).ask(system.GetBootReason()).boot_reason == "ApplicationReset"


def test_a_start_after_a_power_loss_that_was_announced_is_a_power_up(tmp_path):
    rig = Rig(tmp_path)
    rig.ask(ExpectPowerUp())
    rig.end()
    RUN["of_site"] = "run 2"

    assert Rig(tmp_path).ask(system.GetBootReason()).boot_reason == "PowerUp"


def test_the_simulated_clock_is_left_alone(rig):
    assert rig.ask(system.SetSystemTime(timestamp=datetime(2001, 1, 1, tzinfo=UTC))).accepted
    assert datetime.now(UTC).year > 2001


# -- on Linux ----------------------------------------------------------------------------------------------


def linux(tmp_path, **parameters):
    stamp = tmp_path / "restarted"
    given = {
        "OCPPLogPath": str(tmp_path / "ocpp"),
        "SessionLogPath": str(tmp_path / "sessions"),
        "RebootCommand": f"touch {stamp}",
    }
    return Rig(tmp_path, "LinuxSystem", **(given | parameters)), stamp


def wait_for(rig, condition):
    end_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end_s
        rig.simulation.advance(0.05)
        time.sleep(0.005)


def test_a_reset_runs_the_command_of_the_site_file(tmp_path):
    rig, stamp = linux(tmp_path)
    rig.ask(system.Reset(type=types.ResetType.HARD, scheduled=True))
    wait_for(rig, stamp.exists)
    assert rig.simulation.told() == []  # that is the service manager's
    rig.end()
    RUN["of_site"] = "run 2"

    assert linux(tmp_path)[0].ask(system.GetBootReason()).boot_reason == "ScheduledReset"


def test_a_clock_that_may_not_be_set_is_told(tmp_path, monkeypatch):
    def refuse(*_args):
        raise PermissionError("not yours")

    monkeypatch.setattr("actors.system.linux_system_actor.time.clock_settime", refuse)
    rig, _stamp = linux(tmp_path)

    assert not rig.ask(system.SetSystemTime(timestamp=datetime.now(UTC))).accepted


def test_a_clock_that_may_be_set_is_set(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "actors.system.linux_system_actor.time.clock_settime", lambda *what: asked.append(what)
    )
    rig, _stamp = linux(tmp_path)

    assert rig.ask(system.SetSystemTime(timestamp=datetime(2026, 1, 1, tzinfo=UTC))).accepted
    assert asked == [(0, datetime(2026, 1, 1, tzinfo=UTC).timestamp())]


@pytest.mark.parametrize(
    ("script", "end"), [("", "Installed"), ("true", "Installed"), ("false", "InstallationFailed")]
)
def test_an_installed_firmware_is_judged_after_the_restart(tmp_path, image, monkeypatch, script, end):
    monkeypatch.setattr("actors.system.linux_system_actor.INSTALL", ("true",))
    rig, stamp = linux(tmp_path)
    rig.ask(update(image))
    rig.until("Downloading", "Downloaded")
    rig.ask(system.AllowFirmwareInstallation())
    rig.until("Downloading", "Downloaded", "Installing", "InstallRebooting")
    wait_for(rig, stamp.exists)
    rig.end()
    RUN["of_site"] = "run 2"

    rig, _stamp = linux(tmp_path, VerifyUpdateScriptPath=script)

    rig.until(end)
    assert rig.ask(system.GetBootReason()).boot_reason == "FirmwareUpdate"


def test_an_installation_that_fails_is_told(tmp_path, image, monkeypatch):
    monkeypatch.setattr("actors.system.linux_system_actor.INSTALL", ("false",))
    rig, stamp = linux(tmp_path)
    rig.ask(update(image))
    rig.until("Downloading", "Downloaded")
    rig.ask(system.AllowFirmwareInstallation())

    rig.until("Downloading", "Downloaded", "Installing", "InstallationFailed")
    assert not stamp.exists()


def test_a_machine_that_does_not_restart_has_not_installed(tmp_path, image, monkeypatch):
    monkeypatch.setattr("actors.system.linux_system_actor.INSTALL", ("true",))
    rig, _stamp = linux(tmp_path, RebootCommand="false")
    rig.ask(update(image))
    rig.until("Downloading", "Downloaded")
    rig.ask(system.AllowFirmwareInstallation())

    rig.until("Downloading", "Downloaded", "Installing", "InstallRebooting", "InstallationFailed")


def test_the_logs_of_linux_have_the_directories_of_the_site_file(tmp_path, monkeypatch):
    monkeypatch.setattr("actors.system.linux_system_actor.JOURNAL", ["echo"])
    for name in ("ocpp", "sessions", "out"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.log").write_text("x")
    rig, _stamp = linux(tmp_path)

    name = rig.ask(upload(f"file://{tmp_path}/out", type="DiagnosticsLog")).response.file_name

    rig.until("Uploading", "Uploaded")
    with tarfile.open(tmp_path / "out" / name) as archive:
        found = {each.name.rpartition("/")[2] for each in archive.getmembers()}
    assert found == {"evsite.log", "ocpp.log", "sessions.log", "journal.txt"}


def test_an_update_is_not_replaced_once_it_is_being_installed(tmp_path, image, monkeypatch):
    monkeypatch.setattr("actors.system.linux_system_actor.INSTALL", ("sh", "-c", "sleep 30"))
    rig, _stamp = linux(tmp_path)
    rig.ask(update(image))
    rig.until("Downloading", "Downloaded")
    rig.ask(system.AllowFirmwareInstallation())
    rig.until("Downloading", "Downloaded", "Installing")

    assert rig.ask(update(image, request_id=10)).response == "Rejected"
    assert not rig.ask(system.IsResetAllowed(type=types.ResetType.SOFT)).allowed
