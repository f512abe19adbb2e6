"""A simulated car and the station's core in memory, with a small simulated EVSE: no socket, a virtual clock.

    pair = Pairing("car: {mode: dc, time_lapse: 600}")     # the YAML script of the car
    assert pair.outcome.completed
    pair.phases, pair.published(charger.RequireAuthPnc), pair.evse.log

The EVSE does what an EVSE manager and its hardware would: contactor, cable check, pre-charge, power, the
meter, and the answers to authorization. Give `evse=Evse(...)` to have it do otherwise.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from actors.simulation.ev import exchange as car_side
from actors.simulation.ev.machine import Evcc
from actors.v2g.secc import exchange as station_side
from protocols.interfaces import evse_security, iso15118_extensions
from protocols.interfaces import iso15118_charger as charger
from protocols.types import authorization, iso15118, power_supply_dc, powermeter, units
from protocols.types import evse_security as security_types
from tests.support.ev_cars import script
from tests.support.secc import Bench, counted_random

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actors.v2g.secc.settings import Settings

STEPS = 20_000
MAX_VOLTAGE_V = 920.0
AC_MODES = ("AC_single_phase_core", "AC_three_phase_core", "AC_BPT")
DC_MODES = ("DC_core", "DC_extended", "DC_BPT")


class Evse:
    """A simulated EVSE; the station's core is told through `tell`, variables come in by `heard`.

    Delays in seconds. `grant`: the answer to authorization, None for none at all.
    """

    def __init__(
        self,
        *,
        grant: authorization.AuthorizationStatus | None = authorization.AuthorizationStatus.ACCEPTED,
        certificate: authorization.CertificateStatus = authorization.CertificateStatus.ACCEPTED,
        contract: bool = True,
        certificate_service: bool = True,
        receipt: bool = False,
        authorize_s: float = 0.3,
        contactor_s: float = 0.2,
        cable_check_s: float = 1.0,
        max_current_a: float = 200.0,
        max_power_w: float = 100_000.0,
        install: Callable[[Any], Any] | None = None,
    ) -> None:
        self.grant, self.certificate = grant, certificate
        self.contract, self.certificate_service, self.receipt = contract, certificate_service, receipt
        self.authorize_s, self.contactor_s, self.cable_check_s = authorize_s, contactor_s, cable_check_s
        self.max_current_a, self.max_power_w = max_current_a, max_power_w
        self.install = install
        """Makes the answer to `Iso15118CertificateRequest`; None: there is none."""
        self.log: list[str] = []
        self.contactor = False
        self.voltage_v = self.current_a = 0.0
        self.energy_wh = Decimal(1000)

    def start(self) -> tuple[Any, ...]:
        """What the EVSE manager tells at its start, and before each car."""
        eim, pnc = iso15118.PaymentOption.EXTERNAL_PAYMENT, iso15118.PaymentOption.CONTRACT
        return (
            charger.Setup(
                evse_id=iso15118.EVSEID(evse_id="DE*EVS*E1", evse_id_din="49A80737A45678"),
                sae_j2847_mode=iso15118.SaeJ2847BidiMode.NONE,
                debug_mode=False,
            ),
            charger.SetChargingParameters(
                physical_values=iso15118.SetupPhysicalValues(
                    ac_nominal_voltage_v=230.0,
                    dc_current_regulation_tolerance_a=1.0,
                    dc_peak_current_ripple_a=2.0,
                )
            ),
            charger.SessionSetup(
                payment_options=(pnc, eim) if self.contract else (eim,),
                supported_certificate_service=self.certificate_service,
                central_contract_validation_allowed=False,
            ),
            charger.UpdateEnergyTransferModes(
                supported_energy_transfer_modes=tuple(
                    iso15118.EnergyTransferMode(each) for each in (*AC_MODES, *DC_MODES)
                )
            ),
            charger.UpdateAcMaxCurrent(max_current_a=32.0),
            charger.UpdateAcParameters(
                ac_parameters=iso15118.AcParameters(
                    nominal_frequency_hz=50.0,
                    nominal_voltage_v=230.0,
                    connectors=(iso15118.Connector.THREE_PHASE, iso15118.Connector.SINGLE_PHASE),
                )
            ),
            charger.UpdateAcMaximumLimits(
                maximum_limits=iso15118.AcEvseMaximumPower(
                    charge_power=units.Power(total_w=22_000.0), discharge_power=units.Power(total_w=11_000.0)
                )
            ),
            charger.UpdateAcMinimumLimits(
                minimum_limits=iso15118.AcEvseMinimumPower(
                    charge_power=units.Power(total_w=0.0), discharge_power=units.Power(total_w=0.0)
                )
            ),
            charger.UpdateAcTargetValues(
                target_values=iso15118.AcTargetValues(target_active_power=units.Power(total_w=22_000.0))
            ),
            charger.SetPowersupplyCapabilities(
                capabilities=power_supply_dc.Capabilities(
                    bidirectional=True,
                    current_regulation_tolerance_a=1.0,
                    peak_current_ripple_a=2.0,
                    max_export_voltage_v=920.0,
                    min_export_voltage_v=150.0,
                    max_export_current_a=self.max_current_a,
                    min_export_current_a=0.0,
                    max_export_power_w=self.max_power_w,
                    max_import_voltage_v=920.0,
                    min_import_voltage_v=150.0,
                    max_import_current_a=self.max_current_a,
                    min_import_current_a=0.0,
                    max_import_power_w=self.max_power_w,
                )
            ),
            charger.UpdateDcMaximumLimits(
                maximum_limits=iso15118.DcEvseMaximumLimits(
                    evse_maximum_current_limit_a=self.max_current_a,
                    evse_maximum_power_limit_w=self.max_power_w,
                    evse_maximum_voltage_limit_v=MAX_VOLTAGE_V,
                    evse_maximum_discharge_current_limit_a=self.max_current_a,
                    evse_maximum_discharge_power_limit_w=self.max_power_w,
                )
            ),
            charger.BptSetup(
                bpt_config=iso15118.BptSetup(
                    bpt_channel=iso15118.BptChannel.UNIFIED,
                    generator_mode=iso15118.GeneratorMode.GRID_FOLLOWING,
                )
            ),
            charger.UpdateDcMinimumLimits(
                minimum_limits=iso15118.DcEvseMinimumLimits(
                    evse_minimum_current_limit_a=0.0,
                    evse_minimum_voltage_limit_v=150.0,
                    evse_minimum_power_limit_w=0.0,
                    evse_minimum_discharge_current_limit_a=0.0,
                    evse_minimum_discharge_power_limit_w=0.0,
                )
            ),
            charger.ReceiptIsRequired(receipt_required=self.receipt),
            charger.DlinkReady(value=True),
            self.present(),
        )

    def present(self) -> charger.UpdateDcPresentValues:
        return charger.UpdateDcPresentValues(
            present_voltage_current=iso15118.DcEvsePresentVoltageCurrent(
                evse_present_voltage_v=min(MAX_VOLTAGE_V, self.voltage_v),
                evse_present_current_a=min(self.max_current_a, max(0.0, self.current_a)),
            )
        )

    def meter(self, now: Any) -> charger.UpdateMeterInfo:
        self.energy_wh += 1
        return charger.UpdateMeterInfo(
            powermeter=powermeter.Powermeter(
                timestamp=now, meter_id="METER1", energy_wh_import=units.Energy(total_wh=self.energy_wh)
            )
        )

    def _dynamic_a(self, request: Any) -> float:
        """What a station that steers gives: as much as both can."""
        power_w = min(self.max_power_w, request.max_charge_power_w)
        return float(
            min(self.max_current_a, request.max_charge_current_a, power_w / max(1.0, self.voltage_v))
        )

    def heard(  # noqa: C901  # one case for each variable that has consequences
        self, variable: Any, now: Any
    ) -> Iterator[tuple[float, Any]]:
        """What follows from a published variable: seconds from now, command."""
        self.log.append(type(variable).__name__)
        match variable:
            case charger.RequireAuthEim() | charger.RequireAuthPnc():
                if self.grant is not None:
                    yield (
                        self.authorize_s,
                        charger.AuthorizationResponse(
                            authorization_status=self.grant, certificate_status=self.certificate
                        ),
                    )
            case charger.AcCloseContactor() | charger.AcOpenContactor():
                self.contactor = isinstance(variable, charger.AcCloseContactor)
                yield self.contactor_s, charger.AcContactorClosed(status=self.contactor)
            case charger.StartCableCheck():
                status = iso15118.IsolationStatus.VALID
                yield self.cable_check_s, charger.UpdateIsolationStatus(isolation_status=status)
                yield self.cable_check_s, charger.CableCheckFinished(status=True)
            case charger.DcEvTargetVoltageCurrent(target=target):
                self.voltage_v = max(0.0, target.dc_ev_target_voltage_v)
                self.current_a = target.dc_ev_target_current_a if self.contactor else 0.0
                yield 0.05, self.present()
                yield 0.05, self.meter(now)
            case charger.DcEvPresentVoltage(voltage_v=voltage_v):
                self.voltage_v = voltage_v
            case charger.D20DcDynamicChargeMode(request=request):
                self.current_a = self._dynamic_a(request) if self.contactor else 0.0
                yield 0.05, self.present()
                yield 0.05, self.meter(now)
            case charger.CurrentDemandStarted():
                self.contactor = True
            case charger.CurrentDemandFinished() | charger.DcOpenContactor():
                self.contactor = False
                self.voltage_v = self.current_a = 0.0
                yield 0.05, self.present()
            case iso15118_extensions.Iso15118CertificateRequest() if self.install is not None:
                yield (
                    0.2,
                    iso15118_extensions.SetGetCertificateResponse(
                        certificate_response=self.install(variable.request)
                    ),
                )

    def asked(self, command: Any) -> Any:
        """The reply of the certificate manager, or of whoever is asked."""
        if isinstance(command, evse_security.VerifyCertificate):
            return evse_security.VerifyCertificateReply(
                result=security_types.CertificateValidationResult.VALID
            )
        return evse_security.GetMoOcspRequestDataReply(
            request_data=security_types.OCSPRequestDataList(ocsp_request_data_list=())
        )


class Pairing:
    """A car and a station until the car has finished. Nothing waits; everything is kept."""

    def __init__(
        self,
        text: str = "",
        *,
        wallet: Any = None,
        evse: Evse | None = None,
        settings: Settings | None = None,
        tls: str | None = None,
        until: str | None = None,
        latency_s: float = 0.002,
        car: Any = None,
    ) -> None:
        self.car = car or Evcc(script(text), wallet, counted_random("car"))
        self.evse = evse or Evse()
        self.bench = Bench(settings)
        self.tls, self.latency_s = tls, latency_s
        self.effects: list[Any] = []
        self.connected = False
        self.times_s: list[tuple[str, float]] = []
        self._order = itertools.count()
        self._due: dict[Any, tuple[Any, Callable[[], None]]] = {}
        if car is not None:  # somebody who speaks in the place of a car: the session is to be another one
            self.bench.random = counted_random("another")
        self.now = self.bench.now
        for command in self.evse.start():
            self.station(station_side.Told(command=command))
        self.to_car(car_side.Plugged())
        self.go_on(until)

    @property
    def outcome(self) -> Any:
        return self.car.outcome

    @property
    def phases(self) -> list[str]:
        """The phases of the answered requests, repetitions left out."""
        found = [str(one.phase) for one in self.effects if isinstance(one, car_side.Exchanged)]
        return [phase for phase, _ in itertools.groupby(found)]

    def published(self, kind: Any) -> list[Any]:
        """The variables of a class that the station has published."""
        return self.bench.published(kind, ever=True)

    def go_on(self, until: str | None = None) -> None:
        """Let things happen until the car has finished, or is in a phase."""
        for _ in range(STEPS):
            if self.car.outcome is not None or (until is not None and self.car.phase == until):
                return
            self.step()
        raise AssertionError("the run does not end")

    def step(self) -> None:
        """The next thing that happens."""
        assert self._due, f"nothing happens any more while the car is in {self.car.phase}"
        key = min(self._due, key=lambda one: self._due[one][0])
        (moment, _), do = self._due.pop(key)
        self.now = max(self.now, moment)
        do()

    def at(self, after_s: float, do: Callable[[], None], key: Any = None) -> None:
        order = next(self._order)
        self._due[key or order] = ((self.now + timedelta(seconds=after_s), order), do)

    # The station

    def station(self, given: Any) -> None:
        """One input for the station's core."""
        self.bench.now = self.now
        for effect in self.bench.feed(given):
            self._station_effect(effect)

    def _station_effect(self, effect: Any) -> None:
        match effect:
            case station_side.Send(payload_type=payload_type, payload=payload):
                self.later_to_car(car_side.Received(payload_type=payload_type, payload=payload))
            case station_side.Publish(variable=variable):
                for after_s, command in self.evse.heard(variable, self.now):
                    self.at(after_s, lambda told=command: self.station(station_side.Told(command=told)))  # type: ignore[misc]  # a default binds it
            case station_side.Ask(ask=ask, command=command):
                reply = self.evse.asked(command)
                self.at(0.01, lambda: self.station(station_side.Answered(ask=ask, reply=reply)), ("ask", ask))
            case station_side.StartTimer(timer=timer, after_s=after_s):
                self.at(after_s, lambda: self.station(station_side.Expired(timer=timer)), ("station", timer))
            case station_side.CancelTimer(timer=timer):
                self._due.pop(("station", timer), None)
            case station_side.Close(after_s=after_s):
                self.at(after_s + self.latency_s, self.station_closes, "close")

    def station_closes(self) -> None:
        if self.connected:
            self.part("closed by the station")
            self.to_car(car_side.Disconnected(reason="closed by the station"))

    def part(self, reason: str) -> None:
        """The connection is gone for the station: its timers too."""
        self.connected = False
        for key in [one for one in self._due if isinstance(one, tuple) and one[0] in {"station", "wire"}]:
            del self._due[key]
        self._due.pop("close", None)
        self.station(station_side.Disconnected(reason=reason))

    # The car

    def later_to_car(self, given: Any) -> None:
        self.at(self.latency_s, lambda: self.to_car(given), ("wire", next(self._order)))

    def to_car(self, given: Any) -> None:
        """One input for the car."""
        for effect in self.car.feed(given, self.now):
            self.effects.append(effect)
            self._car_effect(effect)

    def _car_effect(self, effect: Any) -> None:
        match effect:
            case car_side.Connect():
                self.at(self.latency_s, self._connect)
            case car_side.Send(payload_type=payload_type, payload=payload):
                given = station_side.Received(payload_type=payload_type, payload=payload)
                self.at(self.latency_s, lambda: self.station(given), ("wire", next(self._order)))
            case car_side.SendRaw(data=data):
                self._raw(data)
            case car_side.StartTimer(timer=timer, after_s=after_s):
                self.at(after_s, lambda: self.to_car(car_side.Expired(timer=timer)), ("car", timer))
            case car_side.CancelTimer(timer=timer):
                self._due.pop(("car", timer), None)
            case car_side.Close() | car_side.Drop():
                if self.connected:
                    self.part("closed by the car")

    def _raw(self, data: bytes) -> None:
        """A frame as the link would read it; what is none makes the link close."""
        if data[:2] != b"\x01\xfe":
            self.at(self.latency_s, self.station_closes, "close")
            return
        given = station_side.Received(payload_type=int.from_bytes(data[2:4], "big"), payload=data[8:])
        self.at(self.latency_s, lambda: self.station(given), ("wire", next(self._order)))

    def _connect(self) -> None:
        self.connected = True
        tls = station_side.Tls(version=self.tls, cipher="ECDHE-ECDSA-AES128-SHA256") if self.tls else None
        for command in self.evse.start():
            self.station(station_side.Told(command=command))
        self.station(station_side.Connected(tls=tls))
        self.to_car(car_side.Connected(tls=tls))
