"""What a talk in ISO 15118-20 keeps between two messages. Pure data."""

import enum

from protocols.message import Timestamp, message
from protocols.types.iso15118 import DisplayParameters, PaymentOption, SelectedServiceParameters
from protocols.types.iso15118_vas import ParameterSet


class Ending(enum.StrEnum):
    """What is to become of the data link once the connection is closed."""

    ERROR = "Error"
    """Nobody said goodbye: match the car anew."""
    TERMINATE = "Terminate"
    PAUSE = "Pause"


@message
class ValueAdded:
    """One value-added service on offer in this talk."""

    service_id: int
    provider: int
    """Its place among the providers."""
    free: bool
    parameter_sets: tuple[ParameterSet, ...] = ()
    """Empty until the provider has answered; a service without any is not offered."""


@message
class Limits:
    """What the car has stated about itself; None: it has not. Discharging counts positive, too."""

    min_charge_power_w: float | None = None
    max_charge_power_w: float | None = None
    min_charge_power_l2_w: float | None = None
    max_charge_power_l2_w: float | None = None
    min_charge_power_l3_w: float | None = None
    max_charge_power_l3_w: float | None = None
    min_discharge_power_w: float | None = None
    max_discharge_power_w: float | None = None
    min_charge_current_a: float | None = None
    max_charge_current_a: float | None = None
    min_discharge_current_a: float | None = None
    max_discharge_current_a: float | None = None
    min_voltage_v: float | None = None
    max_voltage_v: float | None = None


@message
class Iso20Talk:
    """State of one talk beyond what all protocols share (`state.Talk`)."""

    ending: Ending = Ending.ERROR
    options: tuple[PaymentOption, ...] = ()
    """The ways of authorization that were offered."""
    certificate_service: bool = False
    """Whether the installation of a contract was offered."""
    attempts: int = 0
    """Authorizations that were refused so far."""
    shown: bytes = b""
    """Digest of the authorization that is being decided; only that one may be repeated [V2G20-1977]."""
    problem: str = ""
    """What was found wrong with the contract (`contract.Problem`), until the car asks again."""
    value_added: tuple[ValueAdded, ...] = ()
    fetching: tuple[str, ...] = ()
    """The questions to their providers that are open."""
    selected: SelectedServiceParameters | None = None
    parking: bool = False
    """The car has chosen the parking status service."""
    limits: Limits = Limits()
    schedule_since: Timestamp | None = None
    """When the car first asked for the schedule that it still waits for."""
    scheduled_w: float | None = None
    """The power of the schedule on offer."""
    rescheduled: bool = False
    """A new schedule was handed out on the side channel and waits for the car's profile."""
    wants_schedule: bool = False
    """The station's limits have left the schedule behind: the car is asked to renegotiate."""
    wants_services: bool = False
    """The chosen service is not offered any more: the car is asked to choose again."""
    pause_notified: bool = False
    """Only then may a car in dynamic control pause [V2G20-1195]."""
    connected: bool = False
    """The contactors may be closed."""
    checking: bool = False
    """The cable check was started."""
    check_late: bool = False
    """It has not ended in time."""
    pre_charging: bool = False
    looped: bool = False
    """The first message of the charging loop was answered."""
    meter_requested: bool = False
    metered_wh: int | None = None
    """The meter reading the car saw last."""
    confirmed_at: Timestamp | None = None
    """When the car last signed a meter reading."""
    display: DisplayParameters | None = None
    """What was published last, so that only changes are."""
