"""Firmware updates: fetched, verified, allowed, installed. The part of interface `system` that they are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from actors.engine.base import handles
from actors.system import jobs
from actors.system.entries import Stage, UpdateJob
from actors.system.outcome import Outcome
from actors.system.station import Station
from protocols.interfaces import evse_security, system
from protocols.message import Failure, FailureReason, Reply
from protocols.types.evse_security import LeafCertificateType
from protocols.types.system import BootReason, FirmwareUpdateStatus
from protocols.types.system import FirmwareUpdateStatusEnum as Progress
from protocols.types.system import UpdateFirmwareResponse as Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from actors.engine.base import Deferred

VERIFY_S: Final = 30.0
"""The certificate manager answers by then, or the image counts as not verified."""


class FirmwareUpdates(Station):
    """The update that is under way. Its successor goes on in the stage that the journal names: a download
    begins anew, everything else where it was.
    """

    @property
    def _image(self) -> Path:
        return self.directory / f"{self.module_id}.firmware"

    def restart_failed(self) -> None:
        """The machine does not restart: nothing that waits for it will happen."""
        self.keep(replace(self.state, next_boot=None))
        if self.state.update is not None and self.state.update.stage is Stage.REBOOTING:
            self._end(Progress.INSTALLATION_FAILED)

    @handles(system.UpdateFirmware)
    def handle_update_firmware(self, cmd: system.UpdateFirmware) -> system.UpdateFirmwareReply | Deferred:
        """Begin an update in place of one that has not begun to install (S12.3).

        The request that is being carried out, said again, changes nothing: its answer was lost. Without a
        certificate manager the certificate is the asker's to judge, as in EVerest, and the signature ours.
        """
        request = cmd.firmware_update_request
        if self.state.update is not None and self.state.update.request == request:
            return system.UpdateFirmwareReply(response=Answer.ACCEPTED)
        signed = request.signing_certificate is not None, request.signature is not None
        vouchers = self.connected("security")
        if not jobs.is_reachable(request.location) or signed not in {(False, False), (True, True)}:
            return system.UpdateFirmwareReply(response=Answer.REJECTED)
        if not any(signed) or not vouchers:
            return system.UpdateFirmwareReply(
                response=self._begin(UpdateJob(request=request, stage=Stage.SCHEDULED))
            )
        later = self.defer()
        question = evse_security.VerifyCertificate(
            certificate_chain=request.signing_certificate or "", certificate_types=(LeafCertificateType.MF,)
        )
        job = UpdateJob(request=request, stage=Stage.SCHEDULED)
        self.ask(vouchers[0], question, partial(self._vouched, job, later), deadline_s=VERIFY_S)
        return later

    def _vouched(self, job: UpdateJob, later: Deferred, reply: Reply) -> None:
        if not isinstance(reply, evse_security.VerifyCertificateReply):
            answer = Answer.REJECTED
        elif (answer := jobs.CERTIFICATES.get(reply.result, Answer.INVALID_CERTIFICATE)) is Answer.ACCEPTED:
            answer = self._begin(job)
        later.answer(system.UpdateFirmwareReply(response=answer))

    def _begin(self, job: UpdateJob) -> Answer:
        before = self.state
        if before.update is not None and before.update.stage not in jobs.REPLACEABLE:
            return Answer.REJECTED
        if not self.keep(replace(before, update=job, firmware_news=())):
            self.state = before
            return Answer.REJECTED
        self.dismiss("firmware")
        self.cancel_timer("firmware")
        self.soon(self.go_on)
        return Answer.ACCEPTED if before.update is None else Answer.ACCEPTED_CANCELED

    def go_on(self) -> None:
        """Do what the stage of the update asks for."""
        if (job := self.state.update) is None:
            return
        begun = self._is_due(job) or (job.stage is Stage.REBOOTING and self.rebooted)
        if (news := jobs.UNFINISHED.get(job.stage)) is not None and not begun:
            self._tell_update(job, news)
        steps: dict[Stage, Callable[[UpdateJob], None]] = {
            Stage.SCHEDULED: self._fetch_in_time,
            Stage.DOWNLOADING: self._fetch,
            Stage.VERIFYING: self._verify,
            Stage.WAITING: self._install_in_time,
            Stage.INSTALLING: self._install,
            Stage.REBOOTING: self._reboot,
        }
        steps[job.stage](job)

    def _is_due(self, job: UpdateJob) -> bool:
        moment = job.request.retrieve_timestamp
        return job.stage is Stage.SCHEDULED and (moment is None or moment <= self.port.clock.now())

    def _enter(self, stage: Stage, **changes: Any) -> None:
        job = self.state.update
        assert job is not None
        self.keep(replace(self.state, update=replace(job, stage=stage, **changes)))
        self.go_on()

    def _fetch_in_time(self, job: UpdateJob) -> None:
        moment = job.request.retrieve_timestamp
        if moment is None or self._is_due(job):
            self._enter(Stage.DOWNLOADING)
            return
        self.start_timer("firmware", (moment - self.port.clock.now()).total_seconds(), self.go_on)

    def _fetch(self, job: UpdateJob) -> None:
        order = {"errand": "download", "location": job.request.location, "target": str(self._image)}
        self.help_with("firmware", order, self._fetched)

    def _fetched(self, outcome: Outcome, _text: str) -> None:
        job = self.state.update
        assert job is not None
        if outcome is Outcome.DONE:
            news, stage = jobs.after_download(job)
            self._tell_update(job, news, update=replace(job, stage=stage))
            self.go_on()
            return
        allowed = self.tries(job.request.retries, job.request.retry_interval_s)
        if outcome is Outcome.FAILED and job.attempt < allowed.attempts:
            self.keep(replace(self.state, update=replace(job, attempt=job.attempt + 1)))
            self.start_timer("firmware", allowed.pause_s, self.go_on)
            return
        self._end(Progress.DOWNLOAD_FAILED)

    def _verify(self, job: UpdateJob) -> None:
        question = evse_security.VerifyFileSignature(
            file_path=str(self._image),
            signing_certificate=job.request.signing_certificate or "",
            signature=job.request.signature or "",
        )
        if vouchers := self.connected("security"):
            self.ask(vouchers[0], question, partial(self._judged, job), deadline_s=VERIFY_S, repeat=True)
            return
        order = {
            "errand": "verify",
            "file": question.file_path,
            "certificate": question.signing_certificate,
            "signature": question.signature,
        }
        self.help_with("firmware", order, self._verified)

    def _judged(self, job: UpdateJob, reply: Reply) -> None:
        now = self.state.update
        if now is None or now.stage is not Stage.VERIFYING or now.request != job.request:
            return  # a newer update has taken its place
        valid = isinstance(reply, evse_security.VerifyFileSignatureReply) and reply.valid
        self._verified(Outcome.DONE if valid else Outcome.FAILED, "")

    def _verified(self, outcome: Outcome, _text: str) -> None:
        if outcome is not Outcome.DONE:
            self._end(Progress.INVALID_SIGNATURE)
            return
        job = self.state.update
        assert job is not None
        self._tell_update(job, Progress.SIGNATURE_VERIFIED, update=replace(job, stage=Stage.WAITING))
        self.go_on()

    @handles(system.AllowFirmwareInstallation)
    def handle_allow_firmware_installation(self, _cmd: system.AllowFirmwareInstallation) -> Reply:
        """All EVSEs are out of service: what has been downloaded may be installed (S12.4).

        Refused while nothing waits for it: such leave was meant for an update that this one has replaced.
        """
        job = self.state.update
        if job is None or job.allowed or job.stage not in jobs.REPLACEABLE:
            return Reply()
        if job.stage is not Stage.WAITING:
            return Failure(reason=FailureReason.INVALID, detail="no update waits for leave to install")
        job = replace(job, allowed=True)
        if not self.keep(replace(self.state, update=job)):
            return Failure(reason=FailureReason.OVERLOADED, detail="this cannot be remembered")
        if jobs.to_install(job, self.port.clock.now()):
            self.soon(self.go_on)
        return Reply()

    def _install_in_time(self, job: UpdateJob) -> None:
        now, moment = self.port.clock.now(), job.request.install_timestamp
        if jobs.to_install(job, now):
            self._enter(Stage.INSTALLING)
        elif moment is not None and moment > now:
            self._tell_update(job, Progress.INSTALL_SCHEDULED)
            self.start_timer("firmware", (moment - now).total_seconds(), self.go_on)

    def _install(self, _job: UpdateJob) -> None:
        if (command := self.install_command(self._image)) is None:
            self._installed(Outcome.DONE, "")
        else:
            self.help_with("firmware", {"errand": "command", "command": command}, self._installed)

    def _installed(self, outcome: Outcome, _text: str) -> None:
        if outcome is not Outcome.DONE:
            self._end(Progress.INSTALLATION_FAILED)
            return
        self.keep(replace(self.state, next_boot=BootReason.FIRMWARE_UPDATE))
        self.rebooted = False
        self._enter(Stage.REBOOTING)

    def _reboot(self, _job: UpdateJob) -> None:
        if not self.rebooted:
            self.restart_later()
        elif (command := self.verify_command()) is None:
            self._end(Progress.INSTALLED)
        else:
            self.help_with("firmware", {"errand": "command", "command": command}, self._proved)

    def _proved(self, outcome: Outcome, _text: str) -> None:
        self._end(Progress.INSTALLED if outcome is Outcome.DONE else Progress.INSTALLATION_FAILED)

    def _end(self, progress: Progress) -> None:
        job = self.state.update
        assert job is not None
        self._tell_update(job, progress, update=None)
        self._image.unlink(missing_ok=True)

    def _tell_update(self, job: UpdateJob, progress: Progress, **changes: Any) -> None:
        """Say how it goes; that, and what changes with it, is durable before."""
        status = FirmwareUpdateStatus(firmware_update_status=progress, request_id=job.request.request_id)
        news = jobs.with_status(self.state.firmware_news, status)
        self.keep(replace(self.state, firmware_news=news, **changes))
        self.publish(system.FirmwareUpdateStatus(status=status))
        self.tell_history()
