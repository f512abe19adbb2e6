"""A car of ISO 15118-20 for the station's core: it says messages by class and fields, and gets messages back.

car = Car20()                           # DC, dynamic control, plain TCP
car.arrive()                            # connected, protocol agreed
car.say(common.SessionSetupReq, evcc_id="AA:BB:CC:DD:EE:FF")
car.go_to(Phase.LOOP)                   # says whatever is needed to get there
"""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any

from actors.v2g.secc.exchange import Connected, Tls
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.station import Station
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import app_protocol, exi, xmldsig
from protocols.iso15118.exi import Schema, UnixTime
from protocols.iso15118.iso20 import ac, common, dc
from protocols.iso15118.iso20.enumerations import Processing
from protocols.iso15118.iso20.types import ListOfRootCertificateIds, MessageHeader, MeterInfo, RationalNumber
from protocols.iso15118.v2gtp import PayloadType, Protocol
from protocols.types import iso15118, units
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from tests.support.secc import Bench

if TYPE_CHECKING:
    from actors.v2g.secc.exchange import Send

EVCC_ID = "AA:BB:CC:DD:EE:FF"
SCHEMAS = {
    PayloadType.COMMON: Schema.ISO20_COMMON,
    PayloadType.AC: Schema.ISO20_AC,
    PayloadType.DC: Schema.ISO20_DC,
    PayloadType.SCHEDULE_RENEGOTIATION: Schema.ISO20_COMMON,
    PayloadType.METERING_CONFIRMATION: Schema.ISO20_COMMON,
    PayloadType.PARKING_STATUS: Schema.ISO20_COMMON,
}
GRANTED = charger.AuthorizationResponse(
    authorization_status=AuthorizationStatus.ACCEPTED,
    certificate_status=CertificateStatus.NO_CERTIFICATE_AVAILABLE,
)
REFUSED = charger.AuthorizationResponse(
    authorization_status=AuthorizationStatus.INVALID,
    certificate_status=CertificateStatus.NO_CERTIFICATE_AVAILABLE,
)


def number(value: float, exponent: int = 0) -> RationalNumber:
    """A number as cars write it."""
    return RationalNumber(exponent=exponent, value=round(value))


STATION = Station(
    evse_id=iso15118.EVSEID(evse_id="DE*PNX*E1234567*1"),
    payment_options=(iso15118.PaymentOption.EXTERNAL_PAYMENT,),
    bpt=iso15118.BptSetup(
        bpt_channel=iso15118.BptChannel.UNIFIED,
        generator_mode=iso15118.GeneratorMode.GRID_FOLLOWING,
        grid_code_detection=iso15118.GridCodeIslandingDetectionMethod.PASSIVE,
    ),
    energy_transfer_modes=(
        iso15118.EnergyTransferMode.AC_THREE_PHASE_CORE,
        iso15118.EnergyTransferMode.AC_BPT,
        iso15118.EnergyTransferMode.DC,
        iso15118.EnergyTransferMode.DC_BPT,
    ),
    ac=iso15118.AcParameters(
        nominal_frequency_hz=50.0,
        nominal_voltage_v=230.0,
        power_ramp_limitation_percent_per_min=100.0,
        connectors=(iso15118.Connector.THREE_PHASE,),
    ),
    ac_maximum=iso15118.AcEvseMaximumPower(
        charge_power=units.Power(total_w=22080.0, l1_w=7360.0, l2_w=7360.0, l3_w=7360.0),
        discharge_power=units.Power(total_w=11040.0, l1_w=3680.0, l2_w=3680.0, l3_w=3680.0),
    ),
    ac_minimum=iso15118.AcEvseMinimumPower(
        charge_power=units.Power(total_w=0.0), discharge_power=units.Power(total_w=0.0)
    ),
    ac_target=iso15118.AcTargetValues(
        target_active_power=units.Power(total_w=11040.0, l1_w=3680.0, l2_w=3680.0, l3_w=3680.0),
        target_reactive_power=units.ReactivePower(total_var=0.0),
        target_frequency_hz=50.0,
    ),
    ac_present_power=units.Power(total_w=0.0),
    dc_maximum=iso15118.DcEvseMaximumLimits(
        evse_maximum_current_limit_a=300.0,
        evse_maximum_power_limit_w=150000.0,
        evse_maximum_voltage_limit_v=920.0,
        evse_maximum_discharge_current_limit_a=50.0,
        evse_maximum_discharge_power_limit_w=20000.0,
    ),
    dc_minimum=iso15118.DcEvseMinimumLimits(
        evse_minimum_current_limit_a=1.0,
        evse_minimum_voltage_limit_v=150.0,
        evse_minimum_power_limit_w=100.0,
    ),
    dc_present=iso15118.DcEvsePresentVoltageCurrent(
        evse_present_voltage_v=400.0, evse_present_current_a=100.0
    ),
)
"""A station that can do everything."""


class Car20:
    """One car at one station."""

    def __init__(
        self,
        *,
        service: int = 2,
        scheduled: bool = False,
        settings: Settings | None = None,
        station: Station = STATION,
        tls: str | None = None,
        chain: tuple[bytes, ...] = (),
    ) -> None:
        self.service = service
        self.scheduled = scheduled
        self.ac = service in {1, 5}
        self.bpt = service in {5, 6}
        self.tls = tls
        self.chain = chain
        settings = settings or Settings(scheduled_mode=scheduled, dynamic_mode=not scheduled)
        self.bench = Bench(settings=settings, station=station)
        self.session_id = bytes(8)
        self.channel = 0

    # -- talking ---------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        """Connect and agree on the protocol."""
        self.bench.connect()
        if self.tls is not None:
            cipher = "TLS_AES_256_GCM_SHA384"
            self.bench.feed(Connected(tls=Tls(version=self.tls, cipher=cipher, client_chain=self.chain)))
        namespace = Protocol.ISO20_AC if self.ac else Protocol.ISO20_DC
        offered = app_protocol.AppProtocol(
            protocol_namespace=namespace,
            version_number_major=1,
            version_number_minor=0,
            schema_id=7,
            priority=1,
        )
        request = app_protocol.SupportedAppProtocolReq(app_protocol=(offered,))
        self.bench.receive(exi.encode(request, Schema.APP_PROTOCOL))

    def message(self, kind: type[Any], **fields: Any) -> Any:
        """A request with the header it needs."""
        header = MessageHeader(session_id=self.session_id, time_stamp=UnixTime.of(self.bench.now))
        return kind(**{"header": header, **fields})

    def say(self, kind: type[Any], *, channel: int | None = None, **fields: Any) -> Any:
        """Send a request; the response, or None if it waits."""
        return self.send(self.message(kind, **fields), channel)

    def send(self, request: Any, channel: int | None = None) -> Any:
        """Send a request as it is."""
        if channel is None:
            module = type(request).__module__
            channel = (
                PayloadType.AC
                if ".ac." in module
                else PayloadType.DC
                if ".dc." in module
                else PayloadType.COMMON
            )
        self.channel = channel
        self.bench.receive(exi.encode(request, SCHEMAS[channel]), channel)
        return self.heard()

    def heard(self) -> Any:
        """What the last input made the station say."""
        payload = self.bench.sent()
        if payload is None:
            return None
        sent: Send = next(each for each in self.bench.effects if type(each).__name__ == "Send")
        assert sent.payload_type == self.channel
        response = exi.decode(payload, SCHEMAS[PayloadType(self.channel)])
        if isinstance(response, common.SessionSetupRes):
            self.session_id = response.header.session_id
        return response

    # -- the usual requests ----------------------------------------------------------------------------------

    def setup(self) -> Any:
        return self.say(common.SessionSetupReq, evcc_id=EVCC_ID)

    def authorization_setup(self) -> Any:
        return self.say(common.AuthorizationSetupReq)

    def authorize(self) -> Any:
        return self.say(
            common.AuthorizationReq,
            selected_authorization_service=common.Authorization.EIM,
            eim_a_req_authorization_mode=common.EimAReqAuthorizationMode(),
        )

    def discover(self) -> Any:
        return self.say(common.ServiceDiscoveryReq)

    def detail(self, service: int | None = None) -> Any:
        return self.say(common.ServiceDetailReq, service_id=service or self.service)

    def select(self, parameter_set: int = 1, service: int | None = None, **fields: Any) -> Any:
        chosen = common.SelectedService(service_id=service or self.service, parameter_set_id=parameter_set)
        return self.say(common.ServiceSelectionReq, selected_energy_transfer_service=chosen, **fields)

    def parameters(self, **changes: Any) -> Any:
        if self.ac:
            fields: dict[str, Any] = {
                "ev_maximum_charge_power": number(11, 3),
                "ev_minimum_charge_power": number(0),
            }
            if self.bpt:
                fields |= {
                    "ev_maximum_discharge_power": number(-5, 3),
                    "ev_minimum_discharge_power": number(0),
                }
            ac_kind = ac.BptAcCpdReqEnergyTransferMode if self.bpt else ac.AcCpdReqEnergyTransferMode
            mode: Any = ac_kind(**{**fields, **changes})
            return self.say(ac.AcChargeParameterDiscoveryReq, ac_cpd_req_energy_transfer_mode=mode)
        fields = {
            "ev_maximum_charge_power": number(100, 3),
            "ev_minimum_charge_power": number(0),
            "ev_maximum_charge_current": number(250),
            "ev_minimum_charge_current": number(0),
            "ev_maximum_voltage": number(450),
            "ev_minimum_voltage": number(200),
        }
        if self.bpt:
            fields |= {
                "ev_maximum_discharge_power": number(10, 3),
                "ev_minimum_discharge_power": number(0),
                "ev_maximum_discharge_current": number(25),
                "ev_minimum_discharge_current": number(0),
            }
        dc_kind = dc.BptDcCpdReqEnergyTransferMode if self.bpt else dc.DcCpdReqEnergyTransferMode
        mode = dc_kind(**{**fields, **changes})
        return self.say(dc.DcChargeParameterDiscoveryReq, dc_cpd_req_energy_transfer_mode=mode)

    def schedule(self, *, channel: int | None = None, **changes: Any) -> Any:
        wishes: dict[str, Any] = {
            "departure_time_s": 7200,
            "ev_target_energy_request": number(40, 3),
            "ev_maximum_energy_request": number(60, 3),
            "ev_minimum_energy_request": number(10, 3),
        }
        if self.scheduled:
            mode = common.ScheduledSeReqControlMode(**{**wishes, **changes})
            return self.say(
                common.ScheduleExchangeReq,
                channel=channel,
                maximum_supporting_points=12,
                scheduled_se_req_control_mode=mode,
            )
        return self.say(
            common.ScheduleExchangeReq,
            channel=channel,
            maximum_supporting_points=12,
            dynamic_se_req_control_mode=common.DynamicSeReqControlMode(**{**wishes, **changes}),
        )

    def cable_check(self) -> Any:
        return self.say(dc.DcCableCheckReq)

    def pre_charge(self, processing: Processing = Processing.FINISHED) -> Any:
        return self.say(
            dc.DcPreChargeReq,
            ev_processing=processing,
            ev_present_voltage=number(390),
            ev_target_voltage=number(400),
        )

    def profile(self, power_w: float = 5000.0, schedule: int = 1) -> common.EvPowerProfile:
        entry = common.PowerScheduleEntry(duration_s=3600, power=number(power_w / 10, 1))
        modes: dict[str, Any] = (
            {
                "scheduled_evppt_control_mode": common.ScheduledEvpptControlMode(
                    selected_schedule_tuple_id=schedule
                )
            }
            if self.scheduled
            else {"dynamic_evppt_control_mode": common.DynamicEvpptControlMode()}
        )
        return common.EvPowerProfile(
            time_anchor=UnixTime.of(self.bench.now),
            ev_power_profile_entries=common.EvPowerProfileEntryList(ev_power_profile_entry=(entry,)),
            **modes,
        )

    def deliver(
        self,
        progress: common.ChargeProgress = common.ChargeProgress.START,
        processing: Processing = Processing.FINISHED,
        *,
        channel: int | None = None,
        **fields: Any,
    ) -> Any:
        if progress is common.ChargeProgress.START and "ev_power_profile" not in fields:
            fields["ev_power_profile"] = self.profile()
        return self.say(
            common.PowerDeliveryReq,
            channel=channel,
            ev_processing=processing,
            charge_progress=progress,
            **fields,
        )

    def control(self, **changes: Any) -> Any:
        """The part of a loop request that depends on current, direction and control mode."""
        fields: dict[str, Any] = {}
        if not self.scheduled:
            fields = {
                "departure_time_s": 3600,
                "ev_target_energy_request": number(40, 3),
                "ev_maximum_energy_request": number(60, 3),
                "ev_minimum_energy_request": number(-1, 3),
                "ev_maximum_charge_power": number(11, 3),
                "ev_minimum_charge_power": number(0),
            }
        if self.ac:
            fields["ev_present_active_power"] = number(10, 3)
        if self.ac and not self.scheduled:
            fields["ev_present_reactive_power"] = number(0)
        if not self.ac and self.scheduled:
            fields |= {"ev_target_current": number(100), "ev_target_voltage": number(400)}
        if not self.ac and not self.scheduled:
            fields |= {
                "ev_maximum_charge_current": number(250),
                "ev_maximum_voltage": number(450),
                "ev_minimum_voltage": number(200),
            }
        if self.bpt and not self.scheduled:
            fields |= {
                "ev_maximum_discharge_power": number(5, 3),
                "ev_minimum_discharge_power": number(0),
                "ev_maximum_v2x_energy_request": number(5, 3),
            }
            if not self.ac:
                fields["ev_maximum_discharge_current"] = number(25)
        return self.kind()(**{**fields, **changes})

    def kind(self) -> Any:
        name = f"{'Bpt' if self.bpt else ''}{'Scheduled' if self.scheduled else 'Dynamic'}"
        current = "Ac" if self.ac else "Dc"
        return getattr(ac if self.ac else dc, f"{name}{current}ClReqControlMode")

    def loop(self, control: Any = None, *, meter: bool = False, **fields: Any) -> Any:
        if self.ac:
            return self.say(
                ac.AcChargeLoopReq,
                meter_info_requested=meter,
                cl_req_control_mode=control or self.control(),
                **fields,
            )
        return self.say(
            dc.DcChargeLoopReq,
            meter_info_requested=meter,
            ev_present_voltage=number(400),
            cl_req_control_mode=control or self.control(),
            **fields,
        )

    def weld(self, processing: Processing = Processing.FINISHED) -> Any:
        return self.say(dc.DcWeldingDetectionReq, ev_processing=processing)

    def stop(self, how: common.ChargingSession = common.ChargingSession.TERMINATE, **fields: Any) -> Any:
        return self.say(common.SessionStopReq, charging_session=how, **fields)

    # -- on the way ------------------------------------------------------------------------------------------

    def route(self) -> list[tuple[Phase, Any]]:
        """What to do in each phase to get to the next one."""

        def authorize() -> None:
            self.authorize()
            self.bench.tell(GRANTED)
            self.authorize()

        def check() -> None:
            self.cable_check()
            self.bench.tell(charger.CableCheckFinished(status=True))
            self.cable_check()

        def start() -> None:
            self.deliver()
            if self.ac:
                self.bench.tell(charger.AcContactorClosed(status=True))

        def finish() -> None:
            self.deliver(common.ChargeProgress.STOP)
            if self.ac:
                self.bench.tell(charger.AcContactorClosed(status=False))

        dc_only = [(Phase.CABLE_CHECK, check), (Phase.PRE_CHARGE, self.pre_charge)]
        return [
            (Phase.SESSION_SETUP, self.setup),
            (Phase.AUTHORIZATION_SETUP, self.authorization_setup),
            (Phase.AUTHORIZATION, authorize),
            (Phase.SERVICE_DISCOVERY, self.discover),
            (Phase.SERVICE_DETAIL, self.detail),
            (Phase.SERVICE_SELECTION, self.select),
            (Phase.PARAMETERS, self.parameters),
            (Phase.SCHEDULE, self.schedule),
            *([] if self.ac else dc_only),
            (Phase.DELIVERY, start),
            (Phase.LOOP, finish),
            *([] if self.ac else [(Phase.WELDING, self.weld)]),
        ]

    @property
    def phase(self) -> Phase:
        return Phase(self.bench.talk.phase) if self.bench.talk.phase else Phase.SESSION_SETUP

    def go_to(self, phase: Phase) -> Car20:
        """Arrive if need be, then do what leads to the phase."""
        if self.bench.state.talk is None:
            self.arrive()
        if phase is Phase.AUTHORIZING:
            self.go_to(Phase.AUTHORIZATION).authorize()
        for now, act in self.route():
            if self.phase is phase:
                break
            if self.phase is now:
                act()
        assert self.phase is phase, f"{self.phase} instead of {phase}"
        return self

    def fork(self) -> Car20:
        """The same car at the same point, to go another way."""
        return copy.deepcopy(self)


@functools.cache
def _parked(phase: Phase, service: int, scheduled: bool) -> Car20:  # noqa: FBT001  # the key of a cache
    return Car20(service=service, scheduled=scheduled).go_to(phase)


def car_in(phase: Phase, service: int = 2, *, scheduled: bool = False) -> Car20:
    """A car that has come as far as that phase; each caller gets its own."""
    return _parked(phase, service, scheduled).fork()


def every_request(car: Car20) -> dict[str, tuple[Any, int]]:
    """One request of each kind that the talk's schemas have, with its channel."""
    selected = common.SelectedService(service_id=car.service, parameter_set_id=1)
    rooted = ListOfRootCertificateIds(
        root_certificate_id=(xmldsig.X509IssuerSerial(x509_issuer_name="CN=Root", x509_serial_number=1),)
    )
    confirmation = common.SignedMeteringData(
        id="ID1",
        session_id=car.session_id,
        meter_info=MeterInfo(meter_id="M1", charged_energy_reading_wh=1),
        dynamic_smdt_control_mode=common.DynamicSmdtControlMode(),
    )
    fields: dict[type[Any], dict[str, Any]] = {
        common.SessionSetupReq: {"evcc_id": EVCC_ID},
        common.AuthorizationSetupReq: {},
        common.AuthorizationReq: {
            "selected_authorization_service": common.Authorization.EIM,
            "eim_a_req_authorization_mode": common.EimAReqAuthorizationMode(),
        },
        common.CertificateInstallationReq: {
            "oem_provisioning_certificate_chain": common.SignedCertificateChain(id="ID1", certificate=b"oem"),
            "list_of_root_certificate_ids": rooted,
            "maximum_contract_certificate_chains": 1,
        },
        common.ServiceDiscoveryReq: {},
        common.ServiceDetailReq: {"service_id": car.service},
        common.ServiceSelectionReq: {"selected_energy_transfer_service": selected},
        common.ScheduleExchangeReq: {
            "maximum_supporting_points": 12,
            "dynamic_se_req_control_mode": common.DynamicSeReqControlMode(
                departure_time_s=60,
                ev_target_energy_request=number(1),
                ev_maximum_energy_request=number(1),
                ev_minimum_energy_request=number(1),
            ),
        },
        common.PowerDeliveryReq: {
            "ev_processing": Processing.FINISHED,
            "charge_progress": common.ChargeProgress.STOP,
        },
        common.MeteringConfirmationReq: {"signed_metering_data": confirmation},
        common.SessionStopReq: {"charging_session": common.ChargingSession.TERMINATE},
        common.VehicleCheckInReq: {
            "ev_check_in_status": common.EvCheckInStatus.CHECK_IN,
            "parking_method": common.ParkingMethod.MANUAL,
        },
        common.VehicleCheckOutReq: {
            "ev_check_out_status": common.EvCheckOutStatus.CHECK_OUT,
            "check_out_time": UnixTime(1),
        },
    }
    made = {kind.__name__: (car.message(kind, **each), PayloadType.COMMON) for kind, each in fields.items()}
    for kind in (common.ScheduleExchangeReq, common.PowerDeliveryReq):
        name = kind.__name__
        made[f"{name} aside"] = (made[name][0], PayloadType.SCHEDULE_RENEGOTIATION)
    for name, channel in (
        ("MeteringConfirmationReq", PayloadType.METERING_CONFIRMATION),
        ("VehicleCheckInReq", PayloadType.PARKING_STATUS),
        ("VehicleCheckOutReq", PayloadType.PARKING_STATUS),
    ):
        made[f"{name} aside"] = (made[name][0], channel)
    return made | _of_the_current(car)


def _of_the_current(car: Car20) -> dict[str, tuple[Any, int]]:
    """Those of AC or of DC alone."""
    sent: dict[str, tuple[Any, int]] = {}
    spy = copy.copy(car)
    spy.send = lambda request, channel=None: sent.__setitem__(  # type: ignore[method-assign]  # it only looks
        type(request).__name__, (request, PayloadType.AC if car.ac else PayloadType.DC)
    )
    spy.parameters()
    spy.loop()
    if not car.ac:
        spy.cable_check()
        spy.pre_charge()
        spy.weld()
    return sent
