"""Actor of the station as a whole. Answers EVerest interface `system`; it changes nothing on the machine.

A reset restarts the site alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

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
    that was promised. What helper processes do ends with this actor. What it says of an upload or an update
    is durable before it is said, and stands in `StatusHistory` for those who were away.
    """

    def on_ready(self) -> None:
        """Take up what was under way."""
        self.tell_history()
        self._upload()
        self.go_on()
        if self.state.next_boot is not None:
            self.restart_later()

    # -- logs ----------------------------------------------------------------------------------------------

    @handles(system.UploadLogs)
    def handle_upload_logs(self, cmd: system.UploadLogs) -> system.UploadLogsReply:
        """Begin an upload in place of one that is under way (S12.6).

        The request that is being carried out, said again, changes nothing: its answer was lost.
        """
        request, before = cmd.upload_logs_request, self.state
        if (running := before.upload) is not None and running.request == request:
            return _uploads(UploadLogsStatus.ACCEPTED, running.file_name)
        if not jobs.is_reachable(request.location):
            return _uploads(UploadLogsStatus.REJECTED)
        name = jobs.file_name(request.type, self.port.clock.now())
        job = UploadJob(request=request, file_name=name)
        ended = None if running is None else _log_status(running, LogProgress.ACCEPTED_CANCELED)
        if not self.keep(replace(before, upload=job, log_news=(ended,) if ended else ())):
            self.state = before
            return _uploads(UploadLogsStatus.REJECTED)
        self.soon(self._upload)
        if ended is None:
            return _uploads(UploadLogsStatus.ACCEPTED, name)
        self.dismiss("upload")
        self._say_log(ended)
        return _uploads(UploadLogsStatus.ACCEPTED_CANCELED, name)

    def _upload(self) -> None:
        self.cancel_timer("upload")
        if (job := self.state.upload) is None:
            return
        self._tell_log(job, LogProgress.UPLOADING)
        oldest, latest = job.request.oldest_timestamp, job.request.latest_timestamp
        order: dict[str, Any] = {
            "errand": "upload",
            "work": str(self.directory),
            "file_name": job.file_name,
            "location": job.request.location,
            "oldest_s": oldest.timestamp() if oldest else None,
            "latest_s": latest.timestamp() if latest else None,
        }
        if job.request.type == jobs.SECURITY_LOG:
            order["word"] = jobs.SECURITY_WORD
        self.help_with("upload", order | self.log_sources(), self._uploaded)

    def _uploaded(self, outcome: Outcome, _text: str) -> None:
        job = self.state.upload
        assert job is not None
        allowed = self.tries(job.request.retries, job.request.retry_interval_s)
        if outcome is Outcome.FAILED and job.attempt < allowed.attempts:
            self.keep(replace(self.state, upload=replace(job, attempt=job.attempt + 1)))
            self.start_timer("upload", allowed.pause_s, self._upload)
            return
        self._tell_log(job, jobs.UPLOADED[outcome], upload=None)

    def _tell_log(self, job: UploadJob, progress: LogProgress, **changes: Any) -> None:
        """Say how it goes; that, and what changes with it, is durable before."""
        status = _log_status(job, progress)
        self.keep(replace(self.state, log_news=jobs.with_status(self.state.log_news, status), **changes))
        self._say_log(status)

    def _say_log(self, status: LogStatus) -> None:
        self.publish(system.LogStatus(status=status))
        self.tell_history()

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


def _log_status(job: UploadJob, progress: LogProgress) -> LogStatus:
    number = NO_REQUEST if job.request.request_id is None else job.request.request_id
    return LogStatus(log_status=progress, request_id=number)


def _uploads(status: UploadLogsStatus, name: str | None = None) -> system.UploadLogsReply:
    return system.UploadLogsReply(response=UploadLogsResponse(file_name=name, upload_logs_status=status))
