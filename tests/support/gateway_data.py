"""What the Gateway tells of two sessions, by running its fold over what actors publish in them.

EVSE 1 (AC) charges by card, EVSE 2 (DC) by contract; both are unplugged in the end. Made of what is published
in such sessions, in its order and with its times; the messages of OCPP and ISO 15118 are real ones.

    played = play(60)                       # a minute of it, from T0
    played.snapshot()                       # the result of observe.subscribe for all topics then
    played.news                             # (seconds, topic, data) of everything that was told meanwhile
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from actors.certificates.messages import ListCertificatesReply, ListedCertificate
from actors.config import load_site
from actors.engine.messages import GetTreeReply, TreeNode
from actors.errors.messages import FRAMEWORK, Standing, StandingErrors
from actors.evse.messages import EvseCondition, Flow, OutletCondition, Phase, SessionSoFar
from actors.gateway.picture import Picture
from actors.gateway.site_map import SiteMap, site_map
from actors.live import as_json as tree_as_json
from actors.ocpp.messages import FrameSeen, LinkState
from actors.places import evse_of
from actors.v2g.messages import Frame, FramesSeen, Milestones
from protocols.interfaces import auth, auth_token_provider, evse_manager, ocpp, power_supply_dc
from protocols.iso15118 import app_protocol, exi, iso2
from protocols.iso15118.v2gtp import Protocol
from protocols.ocpp.version import Version
from protocols.types import authorization, error_history, powermeter, units
from protocols.types import evse_manager as types
from protocols.types import ocpp as ocpp_types
from protocols.types import power_supply_dc as power_types
from protocols.types.evse_manager import SessionEventEnum as Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from protocols.message import Var

FILE: Final = "deploy/sil-2evse.yaml"
T0: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
CARD: Final = authorization.ProvidedIdToken(
    id_token=authorization.IdToken(value="04A2B3C4D5E680", type=authorization.IdTokenType.ISO14443),
    authorization_type=authorization.AuthorizationType.RFID,
)
CONTRACT: Final = authorization.ProvidedIdToken(
    id_token=authorization.IdToken(value="DEPNXC1234567A", type=authorization.IdTokenType.EMAID),
    authorization_type=authorization.AuthorizationType.PLUG_AND_CHARGE,
    connectors=(2,),
)
AC: Final = "7a1e4c52-0f6b-4f3e-9d55-6f0c1a2b3c4d"
DC: Final = "c3d4e5f6-1122-4a5b-8c6d-7e8f90a1b2c3"
END_S: Final = 150.0
SUBJECT: Final = "CN=DEPNXE00002,O=Pionix,DC=CPO"


@cache
def sample() -> SiteMap:
    """The map of the sample site."""
    site = load_site(FILE)
    return site_map(site, lambda entry: evse_of(site, entry))


def at(seconds: float) -> datetime:
    """So long after the beginning."""
    return T0 + timedelta(seconds=seconds)


# -- one EVSE ------------------------------------------------------------------------------------------------


def reading(seconds: float, import_wh: float, power_w: float) -> powermeter.Powermeter:
    """What the meter says."""
    return powermeter.Powermeter(
        timestamp=at(seconds),
        energy_wh_import=units.Energy(total_wh=Decimal(str(round(import_wh, 1)))),
        power_w=units.Power(total_w=power_w),
    )


@dataclass
class Charge:
    """One session at one EVSE; gives what is published, with the seconds since T0."""

    evse: int
    uuid: str
    token: authorization.ProvidedIdToken
    power_w: float
    register_wh: float
    plugged_s: float
    authorized_s: float
    charging_s: float
    stopped_s: float
    gone_s: float
    said: list[tuple[float, str, Var]] = field(default_factory=list)

    @property
    def manager(self) -> str:
        """Who speaks."""
        return sample().evse(self.evse).manager

    def say(self, seconds: float, variable: Var, name: str = "") -> None:
        """Something is published."""
        self.said.append((seconds, name or self.manager, variable))

    def event(self, seconds: float, kind: Event, **details: Any) -> None:
        """A session event."""
        event = types.SessionEvent(
            uuid=self.uuid, timestamp=at(seconds), connector_id=1, event=kind, **details
        )
        self.say(seconds, evse_manager.SessionEvent(event=event))

    def stands(self, seconds: float, phase: Phase, flow: Flow | None = None, **fields: Any) -> None:
        """How it stands, as the manager retains it."""
        idle = phase is Phase.IDLE
        began = at(self.plugged_s)
        self.say(
            seconds,
            EvseCondition(
                evse_id=self.evse,
                phase=phase,
                flow=flow,
                session_id="" if idle else self.uuid,
                connector_id=None if idle else 1,
                plugged_in=not idle,
                plugged_in_at=None if idle else began,
                connectors=(OutletCondition(connector_id=1),),
                **fields,
            ),
        )

    def meter(self, seconds: float) -> powermeter.Powermeter:
        """The meter then; power comes up in five seconds."""
        since = min(seconds, self.stopped_s) - self.charging_s
        power = self.power_w * min(1.0, since / 5) if since > 0 and seconds < self.stopped_s else 0.0
        ramp = min(since, 5.0)
        taken = self.power_w * (ramp * ramp / 10 + max(0.0, since - 5)) / 3600 if since > 0 else 0.0
        return reading(seconds, self.register_wh + taken, round(power, 1))

    def moments(self, seconds: float, **fields: Any) -> None:
        """The session's moments, as the manager retains them."""
        reason = types.StartSessionReason.EV_CONNECTED
        known = {"began": at(self.plugged_s), "reason": reason, **fields}
        self.say(seconds, SessionSoFar(session_id=self.uuid, **known))

    def plug_in(self) -> None:
        """The car is there."""
        begin = types.SessionStarted(
            reason=types.StartSessionReason.EV_CONNECTED, meter_value=self.meter(self.plugged_s)
        )
        self.event(self.plugged_s, Event.SESSION_STARTED, session_started=begin)
        self.event(self.plugged_s, Event.AUTH_REQUIRED)
        self.stands(self.plugged_s, Phase.SESSION)
        self.moments(self.plugged_s)

    def charge(self, **moments: Any) -> None:
        """Authorized, charging, stopped and gone."""
        begin, end = self.authorized_s, self.stopped_s
        start = self.meter(begin)
        moments |= {
            "authorized_at": at(begin),
            "transaction_began": at(begin),
            "start_import_wh": start.energy_wh_import.total_wh,
        }
        self.event(begin, Event.AUTHORIZED, authorization_event=types.AuthorizationEvent(meter_value=start))
        started = types.TransactionStarted(id_tag=self.token, meter_value=start)
        self.event(begin, Event.TRANSACTION_STARTED, transaction_started=started)
        self.stands(begin, Phase.TRANSACTION, Flow.NONE, token=self.token)
        self.moments(begin, **moments)
        self.event(self.charging_s, Event.CHARGING_STARTED)
        self.stands(self.charging_s, Phase.TRANSACTION, Flow.CHARGING, token=self.token)
        reason = types.StopTransactionReason.EV_DISCONNECTED if self.evse == 1 else None
        reason = reason or types.StopTransactionReason.STOPPED_BY_EV
        self.event(end, Event.STOPPING_CHARGING)
        finished = types.TransactionFinished(meter_value=self.meter(end), reason=reason)
        self.event(end + 0.4, Event.TRANSACTION_FINISHED, transaction_finished=finished)
        self.stands(end + 0.4, Phase.OVER, token=self.token)
        self.moments(end + 0.4, **moments, stopping=reason, finished=True)
        gone = types.SessionFinished(meter_value=self.meter(self.gone_s))
        self.event(self.gone_s, Event.SESSION_FINISHED, session_finished=gone)
        self.stands(self.gone_s, Phase.IDLE)
        self.say(self.gone_s, SessionSoFar())
        for second in range(int(END_S)):
            self.say(second + 0.5, evse_manager.Powermeter(powermeter=self.meter(second + 0.5)))


def present(charge: Charge, seconds: float, provider: str) -> None:
    """The token is handed to authorization, judged, and taken."""
    charge.say(seconds, auth_token_provider.ProvidedToken(token=charge.token), provider)
    for after_s, status in ((0.004, "Processing"), (0.2, "Accepted"), (0.22, "UsedToStart")):
        news = authorization.TokenValidationStatusMessage(
            token=charge.token, status=authorization.TokenValidationStatus(status)
        )
        charge.say(seconds + after_s, auth.TokenValidationStatus(status=news), "auth/main")


def by_card() -> Charge:
    """EVSE 1: plugged in at 5 s, a card at 9 s."""
    charge = Charge(
        evse=1, uuid=AC, token=CARD, power_w=11_040.0, register_wh=1000.0,
        plugged_s=5, authorized_s=9.21, charging_s=11, stopped_s=100, gone_s=104,
    )  # fmt: skip
    limits = types.Limits(max_current_a=32.0, nr_of_phases_available=3)
    charge.say(0.2, evse_manager.Limits(limits=limits))
    charge.plug_in()
    present(charge, 9.0, sample().readers[0].provider)
    charge.charge()
    return charge


# -- the car that speaks -------------------------------------------------------------------------------------

SESSION_ID: Final = bytes.fromhex("0102030405060708")
LOOP_S: Final = 0.25


def iso2_message(element: Any) -> bytes:
    """A message of ISO 15118-2 as EXI."""
    header = iso2.MessageHeader(session_id=SESSION_ID)
    return exi.encode(iso2.V2gMessage(header=header, body=iso2.Body(body_element=element)), exi.Schema.ISO2)


def handshake() -> tuple[bytes, bytes]:
    """How car and station agree on ISO 15118-2."""
    offer = app_protocol.AppProtocol(
        protocol_namespace=Protocol.ISO2.value, version_number_major=2, version_number_minor=0,
        schema_id=7, priority=1,
    )  # fmt: skip
    request = app_protocol.SupportedAppProtocolReq(app_protocol=(offer,))
    code = app_protocol.ResponseCode.OK_SUCCESSFUL_NEGOTIATION
    response = app_protocol.SupportedAppProtocolRes(response_code=code, schema_id=7)
    schema = exi.Schema.APP_PROTOCOL
    return exi.encode(request, schema), exi.encode(response, schema)


def talk() -> Iterator[tuple[float, bytes, str]]:
    """Requests and answers in turn: seconds, EXI, and what had been agreed on."""
    ok, done = iso2.ResponseCode.OK, iso2.EvseProcessing.FINISHED
    yield 16.50, handshake()[0], ""
    yield 16.51, handshake()[1], ""
    pairs: tuple[tuple[float, Any, Any], ...] = (
        (
            16.6,
            iso2.SessionSetupReq(evcc_id=bytes.fromhex("020000000002")),
            iso2.SessionSetupRes(
                response_code=iso2.ResponseCode.OK_NEW_SESSION_ESTABLISHED, evse_id="DE*PNX*E00002*1"
            ),
        ),
        (
            17.0,
            iso2.AuthorizationReq(id="id1", gen_challenge=bytes(16)),
            iso2.AuthorizationRes(response_code=ok, evse_processing=iso2.EvseProcessing.ONGOING),
        ),
        (17.4, iso2.AuthorizationReq(), iso2.AuthorizationRes(response_code=ok, evse_processing=done)),
        (
            120.0,
            iso2.SessionStopReq(charging_session=iso2.ChargingSession.TERMINATE),
            iso2.SessionStopRes(response_code=ok),
        ),
    )
    for seconds, request, response in pairs:
        yield seconds, iso2_message(request), "ISO15118-2"
        yield seconds + 0.008, iso2_message(response), "ISO15118-2"


SUPPLY: Final = power_types.Capabilities(
    bidirectional=False,
    current_regulation_tolerance_a=1.0,
    peak_current_ripple_a=2.0,
    max_export_voltage_v=920.0,
    min_export_voltage_v=150.0,
    max_export_current_a=200.0,
    min_export_current_a=0.0,
    max_export_power_w=150_000.0,
)


def by_contract() -> Charge:
    """EVSE 2: plugged in at 15 s, authorized by its contract at 17.3 s."""
    charge = Charge(
        evse=2, uuid=DC, token=CONTRACT, power_w=60_000.0, register_wh=250_000.0,
        plugged_s=15, authorized_s=17.25, charging_s=24, stopped_s=119, gone_s=125,
    )  # fmt: skip
    (link,) = sample().evse(2).devices["hlc"]
    charge.plug_in()
    opened = {"opened_at": at(16.4), "tls": "TLSv1.2", "cipher": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"}
    opened["certificate"] = SUBJECT
    charge.say(16.4, Milestones(**opened), link)
    charge.say(16.52, Milestones(**opened, protocol="ISO15118-2"), link)
    reached = {**opened, "protocol": "ISO15118-2", "contract_at": at(17.01)}
    charge.say(17.01, Milestones(**reached), link)
    charge.stands(17.02, Phase.SESSION, presented=CONTRACT)
    charge.moments(17.02, provided_at=at(17.02))
    present(charge, 17.02, f"{sample().evse(2).module}/token_provider")
    told = {**reached, "authorized_at": at(17.41)}
    charge.say(17.41, Milestones(**told), link)
    charge.say(120.01, Milestones(**told, ended_at=at(120.01)), link)
    for number, (seconds, payload, agreed) in enumerate(talk()):
        frame = Frame(
            at=at(seconds), sent=number % 2 == 1, payload_type=0x8001, payload=payload, size=len(payload),
            protocol=agreed,
        )  # fmt: skip
        charge.say(seconds + 0.2, FramesSeen(frames=(frame,)), link)
    charge.charge(provided_at=at(17.02))
    charge.say(0.2, power_supply_dc.Capabilities(capabilities=SUPPLY), "supply_2/main")
    for second in range(20, 119):
        soc = round(40 + (second - 20) * 0.05, 1)
        charge.say(second + 0.1, evse_manager.EvInfo(ev_info=types.EVInfo(soc_percent=soc)))
    return charge


# -- the station ---------------------------------------------------------------------------------------------


def certificate(kind: str, subject: str, issuer: str, days: int, problem: str = "") -> ListedCertificate:
    """One of the store, good for so many days."""
    begin = T0 - timedelta(days=30)
    end = T0 + timedelta(days=days, hours=1)
    return ListedCertificate(
        kind=kind, subject=subject, issuer=issuer, not_before=begin, not_after=end, problem=problem
    )


CERTIFICATES: Final = ListCertificatesReply(
    certificates=(
        certificate("SECC leaf", SUBJECT, "CN=CPO Sub-CA 2", 60),
        certificate("V2G sub-CA", "CN=CPO Sub-CA 2", "CN=V2G Root", 700),
        certificate("V2G root", "CN=V2G Root", "CN=V2G Root", 9000),
        certificate("CSMS root", "CN=CSMS Root", "CN=CSMS Root", 12),
        certificate("MO root", "CN=MO Root", "CN=MO Root", -1, "expired"),
    )
)
TREE: Final = GetTreeReply(
    node=TreeNode(
        name="site",
        kind="Site",
        state="Running",
        pid=100,
        uptime_s=3.0,
        children=(
            TreeNode(name="auth", kind="AuthActor", state="Running", pid=101, uptime_s=2.5),
            TreeNode(
                name="evse_2", kind="EvseSupervisor", state="Running", pid=102, uptime_s=2.5,
                children=(
                    TreeNode(
                        name="v2g_2.session", kind="V2gSessionActor", state="Running", pid=103, restarts=2,
                        last_error="killed", uptime_s=0.4,
                    ),
                ),
            ),
        ),
    )
)  # fmt: skip
HOT: Final = Standing(
    error=error_history.ErrorObject(
        type="evse_board_support/MREC3HighTemperature",
        description="It is too hot",
        message="61 degrees",
        severity=error_history.Severity.LOW,
        origin=error_history.ImplementationIdentifier(module_id="board_1", implementation_id="board_support"),
        timestamp=at(50),
        uuid="0f1e2d3c-0000-4000-8000-000000000001",
        state=error_history.State.ACTIVE,
    ),
    evse=1,
    connector=1,
)


def call(number: str, action: str, payload: dict[str, Any]) -> str:
    """An OCPP call as it is on the wire."""
    return json.dumps([2, number, action, payload])


def frames() -> Iterator[tuple[float, bool, str]]:
    """Messages of OCPP: seconds, whether sent, text."""
    yield 0.1, True, call("1", "BootNotification", {"reason": "PowerUp"})
    yield 0.2, False, json.dumps([3, "1", {"status": "Accepted", "interval": 300}])
    yield 9.01, True, call("2", "Authorize", {"idToken": {"idToken": "04A2B3C4D5E680", "type": "ISO14443"}})
    yield 9.19, False, json.dumps([3, "2", {"idTokenInfo": {"status": "Accepted"}}])
    started = {"eventType": "Started", "transactionInfo": {"transactionId": "T-1"}, "evse": {"id": 1}}
    yield 9.3, True, call("3", "TransactionEvent", started)
    yield 9.35, False, json.dumps([3, "3", {}])
    password = {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "open sesame"}
    yield 30.0, False, call("c1", "SetVariables", {"setVariableData": [password]})
    yield 30.1, True, json.dumps([4, "c1", "NotSupported", "", {}])
    ended = {"eventType": "Ended", "transactionInfo": {"transactionId": "T-1"}}
    yield 100.4, True, call("4", "TransactionEvent", ended)


def station() -> Iterator[tuple[float, str, Var]]:
    """What the station as a whole publishes."""
    assert sample().ocpp is not None
    name, module = sample().csms().name, sample().csms().module
    state = LinkState(
        connection=1, ocpp_version=Version.V21, slot=1, url="wss://csms.example/ocpp", since=at(0.1)
    )
    yield 0.1, f"{module}/link", state
    yield 0.1, name, ocpp.IsConnected(connected=True)
    answer = ocpp_types.BootNotificationResponse(
        status=ocpp_types.RegistrationStatus.ACCEPTED, current_time=at(0.2), interval_s=300
    )
    yield 0.2, name, ocpp.BootNotificationResponse(response=answer)
    begun = ocpp_types.OcppTransactionEvent(
        transaction_event=ocpp_types.TransactionEvent.STARTED, session_id=AC, transaction_id="T-1"
    )
    yield 9.3, name, ocpp.OcppTransactionEvent(event=begun)
    for seconds, sent, text in frames():
        yield seconds, f"{module}/link", FrameSeen(at=at(seconds), sent=sent, text=text)
    yield 50.0, FRAMEWORK, StandingErrors(errors=(HOT,))
    yield 80.0, FRAMEWORK, StandingErrors(errors=())
    for each in sample().evses:
        yield 0.3, each.manager, evse_manager.Ready(ready=True)
        idle = EvseCondition(evse_id=each.evse, connectors=(OutletCondition(connector_id=1),))
        yield 0.3, each.manager, idle


@cache
def script() -> tuple[tuple[float, str, Var], ...]:
    """All of it in the order of time: seconds since T0, who, what."""
    everything = [*station(), *by_card().said, *by_contract().said]
    return tuple(sorted(everything, key=lambda each: each[0]))


# -- what comes of it ----------------------------------------------------------------------------------------


@dataclass
class Played:
    """A picture, and everything that was told while it was drawn."""

    picture: Picture = field(default_factory=lambda: Picture(sample()))
    news: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)

    def snapshot(self) -> dict[str, Any]:
        """What observe.subscribe gives now, for all topics but variables."""
        found = {topic: self.picture.snapshot(topic) for topic in ("site", "errors", "messages")}
        return {**found, "tree": tree_as_json(TREE.node), "variables": None}

    def go_on(self, since_s: float, until_s: float) -> None:
        """What is published from one moment to another (before it)."""
        for ask in self.picture.asks(at(since_s)):
            reply = CERTIFICATES if ask.name else TREE
            self._told(since_s, self.picture.answered(ask, reply, at(since_s)))
        for seconds, name, variable in script():
            if since_s <= seconds < until_s:
                self._told(seconds, self.picture.take(name, variable, at(seconds)))

    def _told(self, seconds: float, news: Any) -> None:
        self.news += [(seconds, each.topic, each.data) for each in news]


def play(until_s: float = END_S) -> Played:
    """The picture of the sessions up to that moment."""
    played = Played()
    played.go_on(0.0, until_s)
    return played
