"""Plays the EVSE manager toward a V2G link: tells it a station's values and does what the car asks for.

The player itself is pure; `EvsePlayerActor` puts it beside a link. All goes well unless told otherwise.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from actors.engine.base import SiteActor, handles
from protocols.interfaces import iso15118_charger as charger
from protocols.message import Command, Reply, Var, message, message_types, tag_of
from protocols.types import authorization, iso15118, power_supply_dc, powermeter, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

AC_MODES = (
    iso15118.EnergyTransferMode.AC_THREE_PHASE_CORE,
    iso15118.EnergyTransferMode.AC_SINGLE_PHASE_CORE,
)
DC_MODES = (iso15118.EnergyTransferMode.DC_EXTENDED, iso15118.EnergyTransferMode.DC)
ZERO = iso15118.DcEvsePresentVoltageCurrent(evse_present_voltage_v=0, evse_present_current_a=0)
SUPPLY = power_supply_dc.Capabilities(
    bidirectional=False,
    current_regulation_tolerance_a=1,
    peak_current_ripple_a=1,
    max_export_voltage_v=1000,
    min_export_voltage_v=150,
    max_export_current_a=300,
    min_export_current_a=0,
    max_export_power_w=150_000,
)


class EvsePlayer:
    """What an EVSE manager does during one talk after another."""

    def __init__(self, modes: tuple[iso15118.EnergyTransferMode, ...], *, contract: bool = True) -> None:
        self._modes = modes
        self._contract = contract

    def introduction(self, now: datetime) -> Iterator[Command]:
        """What a link is told at start, and again whenever it was replaced."""
        yield charger.Setup(
            evse_id=iso15118.EVSEID(evse_id="DE*PNX*E00001*1", evse_id_din="+49*123*456"),
            sae_j2847_mode=iso15118.SaeJ2847BidiMode.NONE,
            debug_mode=False,
        )
        yield charger.SetChargingParameters(
            physical_values=iso15118.SetupPhysicalValues(
                ac_nominal_voltage_v=230,
                dc_current_regulation_tolerance_a=1,
                dc_peak_current_ripple_a=1,
                dc_energy_to_be_delivered_wh=10_000,
            )
        )
        options = (iso15118.PaymentOption.EXTERNAL_PAYMENT, iso15118.PaymentOption.CONTRACT)
        yield charger.SessionSetup(
            payment_options=options if self._contract else options[:1],
            supported_certificate_service=self._contract,
            central_contract_validation_allowed=True,
        )
        yield charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=self._modes)
        yield from _ac()
        yield from _dc()
        reading = powermeter.Powermeter(
            timestamp=now, meter_id="METER1", energy_wh_import=units.Energy(total_wh=Decimal(1234))
        )
        yield charger.UpdateMeterInfo(powermeter=reading)
        yield charger.DlinkReady(value=True)

    def heard(self, variable: Var) -> tuple[Command, ...]:
        """What it does when the car wants something."""
        react = REACTIONS.get(type(variable))
        return react(variable) if react is not None else ()


def _ac() -> Iterator[Command]:
    power = units.Power(total_w=11_000, l1_w=3_667, l2_w=3_667, l3_w=3_666)
    yield charger.UpdateAcMaxCurrent(max_current_a=16)
    yield charger.UpdateAcParameters(
        ac_parameters=iso15118.AcParameters(
            nominal_frequency_hz=50, nominal_voltage_v=230, connectors=(iso15118.Connector.THREE_PHASE,)
        )
    )
    yield charger.UpdateAcMaximumLimits(maximum_limits=iso15118.AcEvseMaximumPower(charge_power=power))
    yield charger.UpdateAcMinimumLimits(
        minimum_limits=iso15118.AcEvseMinimumPower(charge_power=units.Power(total_w=0))
    )
    yield charger.UpdateAcTargetValues(target_values=iso15118.AcTargetValues(target_active_power=power))
    yield charger.UpdateAcPresentPower(present_power=units.Power(total_w=0))


def _dc() -> Iterator[Command]:
    yield charger.SetPowersupplyCapabilities(capabilities=SUPPLY)
    yield charger.UpdateDcMaximumLimits(
        maximum_limits=iso15118.DcEvseMaximumLimits(
            evse_maximum_current_limit_a=300,
            evse_maximum_power_limit_w=150_000,
            evse_maximum_voltage_limit_v=1000,
        )
    )
    yield charger.UpdateDcMinimumLimits(
        minimum_limits=iso15118.DcEvseMinimumLimits(
            evse_minimum_current_limit_a=0, evse_minimum_voltage_limit_v=150, evse_minimum_power_limit_w=0
        )
    )
    yield charger.UpdateIsolationStatus(isolation_status=iso15118.IsolationStatus.INVALID)
    yield charger.UpdateDcPresentValues(present_voltage_current=ZERO)


def _authorize(_variable: Var) -> tuple[Command, ...]:
    return (
        charger.AuthorizationResponse(
            authorization_status=authorization.AuthorizationStatus.ACCEPTED,
            certificate_status=authorization.CertificateStatus.ACCEPTED,
        ),
    )


def _follow(variable: Var) -> tuple[Command, ...]:
    assert isinstance(variable, charger.DcEvTargetVoltageCurrent)
    present = iso15118.DcEvsePresentVoltageCurrent(
        evse_present_voltage_v=max(0.0, variable.target.dc_ev_target_voltage_v),
        evse_present_current_a=max(0.0, variable.target.dc_ev_target_current_a),
    )
    return (charger.UpdateDcPresentValues(present_voltage_current=present),)


REACTIONS: Mapping[type[Var], Callable[[Var], tuple[Command, ...]]] = {
    charger.RequireAuthEim: _authorize,
    charger.RequireAuthPnc: _authorize,
    charger.AcCloseContactor: lambda _: (charger.AcContactorClosed(status=True),),
    charger.AcOpenContactor: lambda _: (charger.AcContactorClosed(status=False),),
    charger.StartCableCheck: lambda _: (
        charger.UpdateIsolationStatus(isolation_status=iso15118.IsolationStatus.VALID),
        charger.CableCheckFinished(status=True),
    ),
    charger.DcEvTargetVoltageCurrent: _follow,
    charger.DcOpenContactor: lambda _: (charger.UpdateDcPresentValues(present_voltage_current=ZERO),),
}
"""Variables that are not here are only written down."""


@message
class PlayedReply(Reply):
    """Names of the variables heard so far, in order, and why talks failed."""

    heard: tuple[str, ...]
    failures: tuple[str, ...]


@message
class Played(Command):
    """Ask a player what it has heard."""

    answer: ClassVar[type[Reply]] = PlayedReply


class EvsePlayerActor(SiteActor):
    """Plays toward the link that its configuration names. A successor introduces the station again."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[Var] = []
        self._player = EvsePlayer(AC_MODES)

    def on_start(self) -> None:
        """Subscribe to everything a car can want."""
        modes = tuple(iso15118.EnergyTransferMode(each) for each in self.config["modes"])
        self._player = EvsePlayer(modes, contract=self.config.get("contract", True))
        for kind in message_types().values():
            if issubclass(kind, Var) and kind.__module__ == charger.__name__:
                self.subscribe(self.config["link"], kind, self._take)

    def on_ready(self) -> None:
        """Tell the station's values."""
        self._tell(self._player.introduction(self.port.clock.now()))

    def _take(self, variable: Var) -> None:
        self._heard.append(variable)
        if isinstance(variable, charger.HlcSessionFailed):
            self._tell(self._player.introduction(self.port.clock.now()))  # it may be a new link
        self._tell(self._player.heard(variable))

    def _tell(self, commands: Iterator[Command] | tuple[Command, ...]) -> None:
        for command in commands:
            self.tell(self.config["link"], command)

    @handles(Played)
    def handle_played(self, _command: Played) -> PlayedReply:
        """All of it."""
        failed = [each for each in self._heard if isinstance(each, charger.HlcSessionFailed)]
        return PlayedReply(
            heard=tuple(tag_of(type(each)).rpartition(".")[2] for each in self._heard),
            failures=tuple(each.reason.value for each in failed),
        )
