"""Updates of firmware at a charge point, driven by hand."""

from typing import Any

import pytest
from ocpp.v21 import call, call_result, datatypes

from actors.ocpp import inputs
from actors.ocpp.blocks import (
    boot,
    evse_conditions,
    firmware,
    metering,
    security,
    status,
    transactions,
)
from actors.ocpp.blocks.firmware_entries import Stage, Update
from actors.ocpp.inputs import Target
from actors.system.messages import StatusHistory
from protocols.interfaces import evse_manager, evse_security, system
from protocols.message import Failure, FailureReason, Reply
from protocols.ocpp import times
from protocols.ocpp.version import Version
from protocols.types.evse_manager import EnableState
from protocols.types.evse_security import CertificateValidationResult
from protocols.types.system import FirmwareUpdateStatus, UpdateFirmwareResponse
from protocols.types.system import FirmwareUpdateStatusEnum as P
from tests.support.ocpp_station import START, Station
from tests.support.ocpp_transactions import Evse

BLOCKS = (
    boot.BLOCK,
    evse_conditions.BLOCK,
    metering.BLOCK,
    transactions.BLOCK,
    security.BLOCK,
    status.BLOCK,
    firmware.BLOCK,
)
VERSIONS = pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
R = UpdateFirmwareResponse
VALID = CertificateValidationResult.VALID
LOST = Failure(reason=FailureReason.UNAVAILABLE, detail="x")
ANSWERS = {
    "FirmwareStatusNotification": call_result.FirmwareStatusNotification(),
    "SecurityEventNotification": call_result.SecurityEventNotification(),
    "StatusNotification": call_result.StatusNotification(),
    "TransactionEvent": call_result.TransactionEvent(),
}
CLOSED, BACK = [(1, "Disable"), (2, "Disable")], [(1, "Unassigned"), (2, "Unassigned")]
FETCHED = (P.DOWNLOADING, P.DOWNLOADED)
SIGNED = (*FETCHED, P.SIGNATURE_VERIFIED)


class Updating(Station):
    """A charge point whose firmware is updated."""

    def acknowledge(self) -> None:
        while self.open is not None:
            self.answered(ANSWERS[self.open.action])

    def vouch(self, result: CertificateValidationResult = VALID) -> None:
        self.reply(evse_security.VerifyCertificate, evse_security.VerifyCertificateReply(result=result))

    def take(self, response: R = R.ACCEPTED) -> Any:
        self.reply(system.UpdateFirmware, system.UpdateFirmwareReply(response=response))
        return self.response()

    def asked(self, request_id: int = 9, response: R = R.ACCEPTED, **more: Any) -> Any:
        """The request, verified, passed on and taken: its answer."""
        assert self.request(request(request_id, **more)) is None
        if more.get("signed"):
            self.vouch()
        return self.take(response)

    def goes(self, *statuses: P, request_id: int = 9) -> None:
        """`system` says how it goes."""
        for each in statuses:
            news = FirmwareUpdateStatus(firmware_update_status=each, request_id=request_id)
            self.say(Target.SYSTEM, system.FirmwareUpdateStatus(status=news))

    def history(self, *statuses: P, request_id: int = 9) -> None:
        said = (FirmwareUpdateStatus(firmware_update_status=each, request_id=request_id) for each in statuses)
        self.say(Target.SYSTEM, StatusHistory(firmware=tuple(said)))

    def told(self) -> list[tuple[str, int | None]]:
        """What the CSMS has been told of updates, everything acknowledged."""
        self.acknowledge()
        return [(each["status"], each.get("requestId")) for each in self.sent("FirmwareStatusNotification")]

    def events(self) -> list[str]:
        self.acknowledge()
        return [each["type"] for each in self.sent("SecurityEventNotification")]

    def holds(self) -> list[tuple[int, str]]:
        """What the managers were told of service, EVSE by EVSE."""
        return [
            (each.peer.number, each.command.cmd_source.enable_state.value)
            for each in self.effects
            if isinstance(each, inputs.Ask) and isinstance(each.command, evse_manager.EnableDisable)
        ]

    def confirm(self, reply: Reply | None = None) -> None:
        """All managers answer what they were told and have not answered."""
        for each in list(self.effects):
            if isinstance(each, inputs.Ask) and isinstance(each.command, evse_manager.EnableDisable):
                out = each.command.cmd_source.enable_state is EnableState.DISABLE
                answer = reply or evse_manager.EnableDisableReply(enabled=not out)
                self.feed(inputs.Replied(each.purpose, answer))

    def allowed(self) -> int:
        return len(self.asks(system.AllowFirmwareInstallation))

    def stage(self) -> Stage:
        found = self.tables.get(Update)
        assert found is not None
        return found.stage

    def charging(self, number: int = 1) -> Evse:
        evse = Evse(self, number)
        evse.plug()
        evse.authorize()
        evse.condition()
        return evse

    def die(self, *evses: Evse, life: str = "one") -> None:
        """Kill it; its successor has been accepted, and has heard of all EVSEs."""
        self.options["site_life"] = life
        self.restart()
        self.core.live.accepted = True
        said = {each.number: each for each in evses}
        for number in self.evses:
            said.get(number, Evse(self, number)).condition()

    def closing(self, *, signed: bool = False) -> None:
        """All EVSEs have been closed for update 9, and its manager has heard it."""
        self.asked(signed=signed)
        self.goes(*(SIGNED if signed else FETCHED))


def made(version: Version = Version.V21) -> Updating:
    station = Updating(blocks=BLOCKS, version=version, options={"site_life": "one"})
    station.connect()
    station.core.live.accepted = True
    for number in station.evses:
        Evse(station, number).condition()
    station.acknowledge()
    return station


def request(request_id: int = 9, *, signed: bool = False, **more: Any) -> call.UpdateFirmware:
    fields = {"retrieve_date_time": times.text_of(START), **more.pop("firmware", {})}
    if signed:
        fields |= {"signing_certificate": "PEM", "signature": "c2ln"}
    return call.UpdateFirmware(
        firmware=datatypes.FirmwareType(location="http://images.example/one", **fields),
        request_id=request_id,
        **more,
    )


def leave(evse: Evse) -> None:
    evse.unplug()
    evse.condition()
