"""How a run of a simulated car ends, and why it may fail. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Protocol


class Reason(enum.StrEnum):
    """Why a car gave up."""

    NO_STATION = "NoStation"
    """No answer to discovery, or nobody listens there."""
    TLS = "Tls"
    """The handshake failed; the detail has the alert or what was wrong with the station's chain."""
    CONNECTION_LOST = "ConnectionLost"
    """The station closed, or the connection broke."""
    TIMEOUT = "Timeout"
    """No answer in time, or something went on for too long."""
    UNDECODABLE = "Undecodable"
    """Not V2GTP, not EXI, or not of the schema."""
    UNSOLICITED = "Unsolicited"
    """A message that nobody had asked for."""
    WRONG_MESSAGE = "WrongMessage"
    """A message, but not the answer to the request."""
    SESSION_ID = "SessionId"
    """An answer with the session id of somebody else, or none."""
    RESPONSE_CODE = "ResponseCode"
    """The station has answered FAILED."""
    NO_PROTOCOL = "NoProtocol"
    """None of the car's protocols is spoken, or one was chosen that it did not offer."""
    PAYMENT = "Payment"
    """The way of payment the car wants is not offered, or it has no contract."""
    ENERGY_MODE = "EnergyMode"
    """The way of energy transfer the car wants is not offered."""
    SERVICE = "Service"
    """A service the car needs is not offered, or its parameters do not fit."""
    EVSE_ID = "EvseId"
    """The station names another outlet than before."""
    SCHEDULE = "Schedule"
    """No schedule, or one that cannot be kept to."""
    LIMITS = "Limits"
    """Limits that contradict themselves or that the battery must not be exposed to."""
    STATION_STATUS = "StationStatus"
    """The station says that it cannot go on: malfunction, emergency, residual current."""
    ISOLATION = "Isolation"
    """The isolation test ended badly."""
    SIGNATURE = "Signature"
    """A signature of the other side that does not hold."""
    CERTIFICATE = "Certificate"
    """Certificates that cannot be trusted, or a key that does not fit them."""
    SCRIPT = "Script"
    """The script wants something that the protocol does not have."""
    CLOSED_AFTER_FAULT = "ClosedAfterFault"
    """The station closed after what the script had done wrong."""
    DONE_BY_SCRIPT = "DoneByScript"
    """The script had the car close the connection without a word."""


class TalkError(Exception):
    """The car gives up: raised by whoever finds something wrong, caught at one place of the machine."""

    def __init__(self, reason: Reason, detail: str = "", code: str = "") -> None:
        super().__init__(f"{reason}: {detail or code}")
        self.reason, self.detail, self.code = reason, detail, code

    def __reduce__(self) -> tuple[type[TalkError], tuple[Reason, str, str]]:
        return type(self), (self.reason, self.detail, self.code)


class Expected(Protocol):
    """How a run should end: `script.Expectation` is one."""

    @property
    def completed(self) -> bool:
        """Whether it should complete."""
        ...

    @property
    def reason(self) -> Reason | None:
        """Why it should not."""
        ...

    @property
    def response_code(self) -> str | None:
        """The code it should end with."""
        ...

    @property
    def phase(self) -> str | None:
        """Where it should end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of a run."""

    completed: bool
    """Whether the session has ended in order."""
    good: bool
    """Whether this end was wanted: completed, or what the script expects."""
    reason: Reason | None = None
    phase: str = ""
    """Where it happened."""
    detail: str = ""
    code: str = ""
    """The response code, where it was one."""
    energy_wh: int = 0
    """Into the battery; negative out of it."""
    soc_percent: int = 0
    undone_steps: tuple[str, ...] = ()
    """What the script wanted besides, as when the station ends the charge first."""
    undone_faults: tuple[str, ...] = ()
    """What the car should have done wrong and never has."""

    def judged(self, expected: Expected | None) -> Outcome:
        """The same, good if it is what was expected; what is None there does not matter.

        Nothing is good while a fault was not tried, nor, where nothing was said, a script that was cut short.
        A script that cannot be carried out is good only where just that is expected.
        """
        if expected is None:
            return replace(self, good=self.completed and not (self.undone_steps or self.undone_faults))
        wanted = (
            (expected.completed, self.completed),
            (expected.reason, self.reason),
            (expected.response_code, self.code),
            (expected.phase, self.phase),
        )
        tried = not self.undone_faults and (self.reason is not Reason.SCRIPT or expected.reason is not None)
        return replace(self, good=tried and all(want is None or want == got for want, got in wanted))

    def __str__(self) -> str:
        if self.completed:
            undone = ", ".join((*self.undone_steps, *self.undone_faults))
            return f"completed, but never done: {undone}" if undone else "completed"
        what = ": ".join(part for part in (str(self.reason), self.code, self.detail) if part)
        return f"failed in {self.phase}: {what}" if self.phase else f"failed: {what}"
