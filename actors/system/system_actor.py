"""Actor of the station as a whole. Answers EVerest interface `system`; it changes nothing on the machine.

A reset restarts the site alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from actors.engine.base import handles
from actors.system import jobs
from actors.system.entries import Stage, UploadJob
from actors.system.firmware import FirmwareUpdates
from actors.system.messages import ExpectPowerUp
from actors.system.outcome import Outcome
from protocols.interfaces import system
from protocols.message import Reply
from protocols.types.system import BootReason, LogStatus, UploadLogsResponse, UploadLogsStatus
from protocols.types.system import LogStatusEnum as LogProgress

NO_REQUEST: Final = -1
"""Stands for a request without a number."""


class SystemActor(FirmwareUpdates):
    """Child of the site. Its successor recovers from the journal what was under way and takes it up again: an
    upload or download from its beginning, everything else where it was; why the site has started, and a reset
    that was promised. What helper processes do ends with this actor.
    """

    def on_ready(self) -> None:
        """Take up what was under way."""
        self._upload()
        self.go_on()
        if self.state.next_boot is not None:
            self.restart_later()

    # -- logs ----------------------------------------------------------------------------------------------

    @handles(system.UploadLogs)
    def handle_upload_logs(self, cmd: system.UploadLogs) -> system.UploadLogsReply:
        """Begin an upload in place of one that is under way (S12.6)."""
        request, before = cmd.upload_logs_request, self.state
        if not jobs.is_reachable(request.location):
            return _uploads(UploadLogsStatus.REJECTED)
        name = jobs.file_name(request.type, self.port.clock.now())
        if not self.keep(replace(before, upload=UploadJob(request=request, file_name=name))):
            self.state = before
            return _uploads(UploadLogsStatus.REJECTED)
        self.soon(self._upload)
        if before.upload is None:
            return _uploads(UploadLogsStatus.ACCEPTED, name)
        self.dismiss("upload")
        self._tell_log(before.upload, LogProgress.ACCEPTED_CANCELED)
        return _uploads(UploadLogsStatus.ACCEPTED_CANCELED, name)

    def _upload(self) -> None:
        self.cancel_timer("upload")
        if (job := self.state.upload) is None:
            return
        self._tell_log(job, LogProgress.UPLOADING)
        oldest, latest = job.request.oldest_timestamp, job.request.latest_timestamp
        order = {
            "errand": "upload",
            "work": str(self.directory),
            "file_name": job.file_name,
            "location": job.request.location,
            "oldest_s": oldest.timestamp() if oldest else None,
            "latest_s": latest.timestamp() if latest else None,
        }
        self.help_with("upload", order | self.log_sources(), self._uploaded)

    def _uploaded(self, outcome: Outcome, _text: str) -> None:
        job = self.state.upload
        assert job is not None
        allowed = self.tries(job.request.retries, job.request.retry_interval_s)
        if outcome is Outcome.FAILED and job.attempt < allowed.attempts:
            self.keep(replace(self.state, upload=replace(job, attempt=job.attempt + 1)))
            self.start_timer("upload", allowed.pause_s, self._upload)
            return
        self.keep(replace(self.state, upload=None))
        self._tell_log(job, jobs.UPLOADED[outcome])

    def _tell_log(self, job: UploadJob, progress: LogProgress) -> None:
        number = NO_REQUEST if job.request.request_id is None else job.request.request_id
        self.publish(system.LogStatus(status=LogStatus(log_status=progress, request_id=number)))

    # -- restarts and the clock ----------------------------------------------------------------------------

    @handles(system.IsResetAllowed)
    def handle_is_reset_allowed(self, _cmd: system.IsResetAllowed) -> system.IsResetAllowedReply:
        """Always but while a firmware is being installed (S12.7)."""
        job = self.state.update
        return system.IsResetAllowedReply(allowed=job is None or job.stage is not Stage.INSTALLING)

    @handles(system.Reset)
    def handle_reset(self, cmd: system.Reset) -> Reply:
        """Restart after the delay of the site file (S12.8); the next start knows why (S12.10)."""
        reason = BootReason.SCHEDULED_RESET if cmd.scheduled else BootReason.REMOTE_RESET
        self.keep(replace(self.state, next_boot=self.state.next_boot or reason))
        self.restart_later()
        return Reply()

    @handles(ExpectPowerUp)
    def handle_expect_power_up(self, _cmd: ExpectPowerUp) -> Reply:
        """The next start knows that the power had failed."""
        self.keep(replace(self.state, next_boot=BootReason.POWER_UP))
        return Reply()

    @handles(system.SetSystemTime)
    def handle_set_system_time(self, cmd: system.SetSystemTime) -> system.SetSystemTimeReply:
        """Set the clock, where we may (S12.9)."""
        return system.SetSystemTimeReply(accepted=self.set_clock(cmd.timestamp))

    @handles(system.GetBootReason)
    def handle_get_boot_reason(self, _cmd: system.GetBootReason) -> system.GetBootReasonReply:
        """Why this run of the site has begun."""
        return system.GetBootReasonReply(boot_reason=self.state.boot_reason)


def _uploads(status: UploadLogsStatus, name: str | None = None) -> system.UploadLogsReply:
    return system.UploadLogsReply(response=UploadLogsResponse(file_name=name, upload_logs_status=status))
