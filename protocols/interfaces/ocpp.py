"""The OCPP side of the station as the rest of it uses it, whatever the version.

In OCPP 1.6 a variable is a configuration key and its component does not matter.
"""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "ocpp"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class StopReply(Reply):
    """Answer to `Stop`."""

    stopped: bool


@message
class Stop(Command):
    """Leave the CSMS; what happens until `Restart` is neither sent nor kept."""

    answer: ClassVar[type[Reply]] = StopReply


@message
class RestartReply(Reply):
    """Answer to `Restart`."""

    restarted: bool


@message
class Restart(Command):
    """Connect again after `Stop`."""

    answer: ClassVar[type[Reply]] = RestartReply


@message
class SecurityEvent(Command):
    """Report a security event; critical ones go to the CSMS, the others into the log."""

    event: types.ocpp.SecurityEvent


@message
class GetVariablesReply(Reply):
    """Answer to `GetVariables`."""

    results: tuple[types.ocpp.GetVariableResult, ...]
    """In the order of the requests."""


@message
class GetVariables(Command):
    """Ask for values of the device model."""

    answer: ClassVar[type[Reply]] = GetVariablesReply

    requests: tuple[types.ocpp.GetVariableRequest, ...]


@message
class SetVariablesReply(Reply):
    """Answer to `SetVariables`."""

    results: tuple[types.ocpp.SetVariableResult, ...]
    """One for each request."""


@message
class SetVariables(Command):
    """Set values of the device model."""

    answer: ClassVar[type[Reply]] = SetVariablesReply

    requests: tuple[types.ocpp.SetVariableRequest, ...]
    source: str
    """Who sets them."""


@message
class ChangeAvailabilityReply(Reply):
    """Answer to `ChangeAvailability`."""

    response: types.ocpp.ChangeAvailabilityResponse


@message
class ChangeAvailability(Command):
    """Put something in or out of service, as if the CSMS had asked for it."""

    answer: ClassVar[type[Reply]] = ChangeAvailabilityReply

    request: types.ocpp.ChangeAvailabilityRequest


@message
class MonitorVariables(Command):
    """Publish changes of these variables from now on, beside those already watched."""

    component_variables: tuple[types.ocpp.ComponentVariable, ...]


@message
class OcppTransactionEvent(Var):
    """A transaction began, changed or ended in the eyes of OCPP."""

    event: types.ocpp.OcppTransactionEvent


@message
class OcppTransactionEventResponse(Var):
    """The CSMS has answered a transaction event."""

    response: types.ocpp.OcppTransactionEventResponse


@message
class ChargingSchedules(Var):
    """The composite schedules, the whole station's first."""

    schedules: types.ocpp.ChargingSchedules


@message
class IsConnected(Var):
    """Whether the CSMS can be reached."""

    connected: bool


@message
class SecurityEventVar(Var):
    """Something happened that matters to security."""

    everest_name: ClassVar[str | None] = "security_event"

    event: types.ocpp.SecurityEvent


@message
class EventData(Var):
    """A watched variable has changed."""

    event_data: types.ocpp.EventData


@message
class BootNotificationResponse(Var):
    """The CSMS has answered a boot notification."""

    response: types.ocpp.BootNotificationResponse


@message
class OcppMessage(Var):
    """One frame as it was on the wire, when that has been asked for in the configuration."""

    message: types.ocpp.Message
