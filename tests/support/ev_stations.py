"""Handmade stations for tests of the simulated car: what the standard lets a station answer, as data.

No product code of a station is used: a car is tested against the standard's messages, not against our SECC.
"""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from actors.simulation.ev.exchange import (
    CancelTimer,
    Close,
    Connect,
    Connected,
    Disconnected,
    Drop,
    Exchanged,
    Expired,
    Plugged,
    Received,
    Send,
    SendRaw,
    SetPilot,
    StartTimer,
)
from actors.simulation.ev.machine import Evcc
from protocols.iso15118 import app_protocol, exi, iso2
from protocols.iso15118.iso2 import UnitSymbol as U
from protocols.iso15118.v2gtp import PayloadType

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SESSION = bytes.fromhex("0123456789abcdef")
EVSE = "DE*EVS*E000001"
OK = iso2.ResponseCode.OK
CHALLENGE = bytes(range(16))
STEPS = 20_000


def value(number, unit):
    return iso2.PhysicalValue.nearest(Decimal(number), unit)


def dc_status(**changes):
    return dataclasses.replace(
        iso2.DcEvseStatus(
            notification_max_delay_s=0,
            evse_notification=iso2.EvseNotification.NONE,
            evse_isolation_status=iso2.IsolationLevel.VALID,
            evse_status_code=iso2.DcEvseStatusCode.EVSE_READY,
        ),
        **changes,
    )


def ac_status(**changes):
    return dataclasses.replace(
        iso2.AcEvseStatus(
            notification_max_delay_s=0, evse_notification=iso2.EvseNotification.NONE, rcd=False
        ),
        **changes,
    )


def schedules(*entries, tariff=None):
    return iso2.SaScheduleList(
        sa_schedule_tuple=(
            iso2.SaScheduleTuple(
                sa_schedule_tuple_id=1,
                p_max_schedule=iso2.PMaxSchedule(
                    p_max_schedule_entry=tuple(
                        iso2.PMaxScheduleEntry(
                            time_interval=iso2.RelativeTimeInterval(start_s=start), p_max=value(watt, U.W)
                        )
                        for start, watt in entries or ((0, 150_000),)
                    )
                ),
                sales_tariff=tariff,
            ),
        )
    )


DC_PARAMETERS = iso2.DcEvseChargeParameter(
    dc_evse_status=dc_status(),
    evse_maximum_current_limit=value(200, U.A),
    evse_maximum_power_limit=value(50_000, U.W),
    evse_maximum_voltage_limit=value(500, U.V),
    evse_minimum_current_limit=value(0, U.A),
    evse_minimum_voltage_limit=value(150, U.V),
    evse_peak_current_ripple=value(1, U.A),
)
AC_PARAMETERS = iso2.AcEvseChargeParameter(
    ac_evse_status=ac_status(), evse_nominal_voltage=value(230, U.V), evse_max_current=value(32, U.A)
)
METER = iso2.MeterInfo(meter_id="METER1", meter_reading_wh=1234)


class Iso2Station:
    """Answers every request of -2 well; `answers` replaces the answer to a request by its class.

    A replacement is a body, None for no answer, or a function of the request that gives one of these; in a
    list, the first answers take the first of it and so on, the last one stays.
    """

    def __init__(self, answers=None, *, contract=False, session=SESSION):
        self.answers = dict(answers or {})
        self.contract = contract
        self.session = session
        self.requests = []
        self._target = (Decimal(), Decimal())

    def __call__(self, payload_type, payload):
        """The answer to a frame as `Received`, or None for no answer."""
        if not self.requests:
            return self._handshake(payload)
        message = exi.decode(payload, exi.Schema.ISO2)
        request = message.body.body_element
        self.requests.append(message)
        body = self._answer(request)
        if body is None or isinstance(body, (Received, Disconnected)):
            return body
        return self.frame(body)

    def frame(self, body, *, session=None, signature=None):
        message = iso2.V2gMessage(
            header=iso2.MessageHeader(session_id=session or self.session, signature=signature),
            body=iso2.Body(body_element=body),
        )
        return Received(payload_type=PayloadType.EXI, payload=exi.encode(message, exi.Schema.ISO2))

    def _handshake(self, payload):
        request = exi.decode(payload, exi.Schema.APP_PROTOCOL)
        self.requests.append(request)
        answer = self.answers.get(type(request))
        body = answer or app_protocol.SupportedAppProtocolRes(
            response_code=app_protocol.ResponseCode.OK_SUCCESSFUL_NEGOTIATION, schema_id=1
        )
        if isinstance(body, Received):
            return body
        return Received(payload_type=PayloadType.EXI, payload=exi.encode(body, exi.Schema.APP_PROTOCOL))

    def _answer(self, request):
        if type(request) in self.answers:
            answer = self.answers[type(request)]
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            return answer(self, request) if callable(answer) else answer
        return getattr(self, f"on_{type(request).__name__}")(request)

    def on_SessionSetupReq(self, request):  # noqa: N802  # the request's own name
        return iso2.SessionSetupRes(response_code=iso2.ResponseCode.OK_NEW_SESSION_ESTABLISHED, evse_id=EVSE)

    def on_ServiceDiscoveryReq(self, request):  # noqa: N802  # the request's own name
        options = (iso2.PaymentOption.EXTERNAL_PAYMENT,)
        services = None
        if self.contract:
            options = (iso2.PaymentOption.CONTRACT, *options)
            services = iso2.ServiceList(
                service=(
                    iso2.Service(
                        service_id=2,
                        service_category=iso2.ServiceCategory.CONTRACT_CERTIFICATE,
                        free_service=True,
                    ),
                )
            )
        return iso2.ServiceDiscoveryRes(
            response_code=OK,
            payment_option_list=iso2.PaymentOptionList(payment_option=options),
            charge_service=iso2.ChargeService(
                service_id=1,
                service_category=iso2.ServiceCategory.EV_CHARGING,
                free_service=False,
                supported_energy_transfer_mode=iso2.SupportedEnergyTransferMode(
                    energy_transfer_mode=(
                        iso2.EnergyTransferMode.AC_SINGLE_PHASE_CORE,
                        iso2.EnergyTransferMode.AC_THREE_PHASE_CORE,
                        iso2.EnergyTransferMode.DC_EXTENDED,
                    )
                ),
            ),
            service_list=services,
        )

    def on_ServiceDetailReq(self, request):  # noqa: N802  # the request's own name
        return iso2.ServiceDetailRes(response_code=OK, service_id=request.service_id)

    def on_PaymentServiceSelectionReq(self, request):  # noqa: N802  # the request's own name
        return iso2.PaymentServiceSelectionRes(response_code=OK)

    def on_PaymentDetailsReq(self, request):  # noqa: N802  # the request's own name
        return iso2.PaymentDetailsRes(
            response_code=OK, gen_challenge=CHALLENGE, evse_time_stamp=exi.UnixTime(1_780_000_000)
        )

    def on_AuthorizationReq(self, request):  # noqa: N802  # the request's own name
        return iso2.AuthorizationRes(response_code=OK, evse_processing=iso2.EvseProcessing.FINISHED)

    def on_ChargeParameterDiscoveryReq(self, request):  # noqa: N802  # the request's own name
        dc = isinstance(request.ev_charge_parameter, iso2.DcEvChargeParameter)
        return iso2.ChargeParameterDiscoveryRes(
            response_code=OK,
            evse_processing=iso2.EvseProcessing.FINISHED,
            sa_schedules=schedules(),
            evse_charge_parameter=DC_PARAMETERS if dc else AC_PARAMETERS,
        )

    def on_CableCheckReq(self, request):  # noqa: N802  # the request's own name
        return iso2.CableCheckRes(
            response_code=OK, dc_evse_status=dc_status(), evse_processing=iso2.EvseProcessing.FINISHED
        )

    def on_PreChargeReq(self, request):  # noqa: N802  # the request's own name
        return iso2.PreChargeRes(
            response_code=OK, dc_evse_status=dc_status(), evse_present_voltage=request.ev_target_voltage
        )

    def on_PowerDeliveryReq(self, request):  # noqa: N802  # the request's own name
        self.dc = request.ev_power_delivery_parameter is not None
        return iso2.PowerDeliveryRes(response_code=OK, evse_status=dc_status() if self.dc else ac_status())

    def on_ChargingStatusReq(self, request):  # noqa: N802  # the request's own name
        return iso2.ChargingStatusRes(
            response_code=OK, evse_id=EVSE, sa_schedule_tuple_id=1, ac_evse_status=ac_status()
        )

    def on_CurrentDemandReq(self, request):  # noqa: N802  # the request's own name
        return iso2.CurrentDemandRes(
            response_code=OK,
            dc_evse_status=dc_status(),
            evse_present_voltage=request.ev_target_voltage,
            evse_present_current=request.ev_target_current,
            evse_current_limit_achieved=False,
            evse_voltage_limit_achieved=False,
            evse_power_limit_achieved=False,
            evse_id=EVSE,
            sa_schedule_tuple_id=1,
        )

    def on_MeteringReceiptReq(self, request):  # noqa: N802  # the request's own name
        return iso2.MeteringReceiptRes(response_code=OK, evse_status=dc_status() if self.dc else ac_status())

    def on_WeldingDetectionReq(self, request):  # noqa: N802  # the request's own name
        return iso2.WeldingDetectionRes(
            response_code=OK, dc_evse_status=dc_status(), evse_present_voltage=value(5, U.V)
        )

    def on_SessionStopReq(self, request):  # noqa: N802  # the request's own name
        return iso2.SessionStopRes(response_code=OK)


class Run:
    """A car and a station in memory, on a clock of their own: nothing waits, everything is kept."""

    def __init__(self, script, station, wallet=None, *, tls=None, until=None, latency_s=0.01):
        self.car = Evcc(script, wallet, bytes)
        self.station, self.tls, self.latency_s = station, tls, latency_s
        self.now, self.queue, self.timers = NOON, [], {}
        self.effects, self.raw, self.dropped = [], b"", False
        self._order = itertools.count()
        self.give(Plugged())
        self.go_on(until)

    def go_on(self, until=None):
        """Let things happen until the car has finished, or is in a phase."""
        for _ in range(STEPS):
            if self.car.outcome is not None or self.car.phase == until:
                return
            self.step()
        raise AssertionError("the run does not end")

    @property
    def outcome(self):
        return self.car.outcome

    @property
    def phases(self):
        """The phases of the answered requests, repetitions left out."""
        found = [one.phase for one in self.effects if isinstance(one, Exchanged)]
        return [phase for phase, _ in itertools.groupby(found)]

    @property
    def pilots(self):
        return [one.pilot.value for one in self.effects if isinstance(one, SetPilot)]

    def step(self):
        """The next thing that happens: an answer that is on its way, or a timer."""
        due = [(when, order, given) for when, order, given in self.queue]
        due += [(when, order, Expired(timer=name)) for name, (when, order) in self.timers.items()]
        assert due, f"nothing happens any more in {self.car.phase}"
        when, order, given = min(due, key=lambda one: one[:2])
        self.now = max(self.now, when)
        if isinstance(given, Expired):
            del self.timers[given.timer]
        else:
            self.queue.remove((when, order, given))
        self.give(given)

    def give(self, given):
        for effect in self.car.feed(given, self.now):
            self.effects.append(effect)
            self.carry_out(effect)

    def later(self, given):
        self.queue.append((self.now + timedelta(seconds=self.latency_s), next(self._order), given))

    def carry_out(self, effect):
        match effect:
            case Connect():
                self.later(Connected(tls=self.tls))
            case StartTimer():
                self.timers[effect.timer] = (
                    self.now + timedelta(seconds=effect.after_s),
                    next(self._order),
                )
            case CancelTimer():
                self.timers.pop(effect.timer, None)
            case Send():
                answer = self.station(effect.payload_type, effect.payload)
                if answer is not None:
                    self.later(answer)
            case SendRaw():
                self.raw += effect.data
                self.later(Disconnected(reason="closed by the station"))
            case Drop():
                self.dropped = True
            case Close():
                self.queue.clear()
                if self.car.outcome is None:  # a pause: the next connection begins with the handshake
                    self.station.requests.clear()
