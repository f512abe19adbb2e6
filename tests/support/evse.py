"""The core of an EVSE manager with a connector that does at once what it is told, and a meter.

    bench = Bench()                         # AC without ISO 15118; Bench(dc=True), Bench(ac_hlc_enabled=True)
    bench.ready(); bench.plug(); bench.grant(); bench.wants()
    assert bench.events == [...]

No actor, no clock: `bench.pass_s(5)` lets time pass and timers run down.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from actors.connector.messages import CableCheck, Condition, Contactor, Pin, Supply
from actors.errors.messages import Standing
from actors.evse import exchange, record
from actors.evse.machine import Core
from actors.evse.settings import Settings
from actors.v2g.progress import Progress
from protocols import codec
from protocols.interfaces import energy as energy_interface
from protocols.interfaces import evse_manager, powermeter
from protocols.interfaces import iso15118_charger as charger
from protocols.types import authorization, energy, error_history, evse_board_support, power_supply_dc, units
from protocols.types import evse_manager as types
from protocols.types import powermeter as meter_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from actors.connector.messages import Order
    from protocols.message import Command, Var

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAPABILITIES = evse_board_support.HardwareCapabilities(
    max_current_a_import=32.0,
    min_current_a_import=6.0,
    max_phase_count_import=3,
    min_phase_count_import=1,
    max_current_a_export=0.0,
    min_current_a_export=0.0,
    max_phase_count_export=3,
    min_phase_count_export=1,
    supports_changing_phases_during_charging=True,
    supports_cp_state_e=True,
    connector_type=evse_board_support.BoardConnectorType.IEC62196_TYPE2_SOCKET,
)
SUPPLY = power_supply_dc.Capabilities(
    bidirectional=True,
    current_regulation_tolerance_a=1.0,
    peak_current_ripple_a=2.0,
    max_export_voltage_v=920.0,
    min_export_voltage_v=150.0,
    max_export_current_a=200.0,
    min_export_current_a=0.0,
    max_export_power_w=100_000.0,
    max_import_voltage_v=920.0,
    min_import_voltage_v=150.0,
    max_import_current_a=200.0,
    min_import_current_a=0.0,
    max_import_power_w=100_000.0,
)
CARD = authorization.ProvidedIdToken(
    id_token=authorization.IdToken(value="CARD1", type=authorization.IdTokenType.ISO14443),
    authorization_type=authorization.AuthorizationType.RFID,
)
CONTRACT = authorization.ProvidedIdToken(
    id_token=authorization.IdToken(value="DEABCC123456789", type=authorization.IdTokenType.EMAID),
    authorization_type=authorization.AuthorizationType.PLUG_AND_CHARGE,
    certificate="-----BEGIN CERTIFICATE-----",
)
OK = meter_types.TransactionRequestStatus.OK


def settings(**changes: Any) -> Settings:
    """One EVSE with a lock, a meter and a link to the car."""
    basic = Settings(
        evse=1,
        evse_id="DE*PNX*E00001*1",
        evse_id_din="49A80737A45678",
        has_hlc=True,
        has_slac=True,
        has_lock=True,
        has_meter=True,
    )
    return dataclasses.replace(basic, **changes)


def standing(kind: str, severity: str = "High", message: str = "broken") -> Standing:
    """An error as a device says it."""
    return Standing(
        error=error_history.ErrorObject(
            type=kind,
            description="what it stands for",
            message=message,
            severity=error_history.Severity(severity),
            origin=error_history.ImplementationIdentifier(module_id="board_1", implementation_id="main"),
            timestamp=START,
            uuid="0001",
            state=error_history.State.ACTIVE,
        )
    )


def _random(life: int = 0) -> Callable[[int], bytes]:
    numbers = itertools.count()
    return lambda size: hashlib.sha256(f"{life} {next(numbers)}".encode()).digest()[:size]


class Bench:
    """One core and its surroundings."""

    def __init__(self, memory: record.Record | None = None, **changes: Any) -> None:
        self.settings = settings(**changes)
        self.core = Core(self.settings, memory or record.Record(), _random())
        self.now = START
        self.effects: list[Any] = []
        self.timers: dict[exchange.Timer, datetime] = {}
        self.condition = Condition(pin=Pin.A, contactor=Contactor.OPEN, capabilities=CAPABILITIES)
        self.order: Order | None = None
        self.energy_wh = Decimal(1000)
        self.obeys = True
        """The connector carries out what it is told."""
        self.meter_status = OK
        self.meter_answers = True
        self.open_asks: list[exchange.AskMeter] = []
        self.raised: dict[str, str] = {}
        self.life = 0

    # -- inputs --------------------------------------------------------------------------------------------

    def take(self, effects: Iterable[Any]) -> None:
        """Carry effects out, all of them; then comes in what connector and meter answer to them."""
        assert codec.decode(codec.encode(self.core.record)) == self.core.record
        answers: list[Callable[[], None]] = []
        for each in effects:
            self.effects.append(each)
            match each:
                case exchange.StartTimer():
                    self.timers[each.timer] = self.now + timedelta(seconds=each.after_s)
                case exchange.CancelTimer():
                    self.timers.pop(each.timer, None)
                case exchange.Say():
                    self.order = each.order
                    answers.append(self._obey)
                case exchange.AskMeter():
                    self.open_asks.append(each)
                    if self.meter_answers:
                        answers.append(self.meter_says)
                case exchange.Raise() | exchange.Clear():
                    answers.append(partial(self._own_error, each))
        self.core.said()
        for answer in answers:
            answer()

    def _own_error(self, change: exchange.Raise | exchange.Clear) -> None:
        """What the EVSE itself raises is an error of its own, save the one that all others lead to."""
        kind = change.error.value
        stood = self.raised.pop(kind, None)
        if isinstance(change, exchange.Raise):
            self.raised[kind] = change.message
        if (stood is None) != (kind not in self.raised) and not kind.endswith("Inoperative"):
            own = tuple(standing(name) for name in self.raised if not name.endswith("Inoperative"))
            self.take(self.core.errors("evse_1/evse", own, self.now))

    def start(self, *, first_life: bool = True) -> None:
        self.take(self.core.unsaid())
        devices = frozenset({"board_1/board_support"}) if self.life else frozenset[str]()
        meters = frozenset({"meter"})
        self.take(self.core.start(self.now, meters=meters, first_life=first_life, devices=devices))

    def ready(self, *, first_life: bool = True) -> None:
        """Start, with a meter that has spoken, a connector that has told how it is, and a DC supply."""
        self.start(first_life=first_life)
        self.read()
        self.outlet()
        if self.settings.dc:
            self.take(self.core.supply(SUPPLY, self.now))
        if self.life:
            session = self.core.record.session
            self.take(self.core.progress(session.car if session is not None else Progress(), self.now))
        else:
            self.take(self.core.link_started("link#0", self.now))
        self.take(self.core.matched(self.now, ready=True))

    def outlet(self, **changes: Any) -> None:
        """The connector says how it is."""
        self.condition = dataclasses.replace(self.condition, **changes)
        self.take(self.core.outlet(1, self.condition, self.now))

    def read(self, energy_wh: int = 0) -> None:
        """The meter has counted so much more."""
        self.energy_wh += energy_wh
        value = meter_types.Powermeter(
            timestamp=self.now, meter_id="METER1", energy_wh_import=units.Energy(total_wh=self.energy_wh)
        )
        self.take(self.core.reading(value, self.now))

    def meter_says(self) -> None:
        """The meter answers what it was asked first."""
        ask = self.open_asks.pop(0)
        if isinstance(ask.command, powermeter.StartTransaction):
            start = meter_types.TransactionStartResponse(status=self.meter_status)
            reply: Any = powermeter.StartTransactionReply(response=start)
        else:
            stop = meter_types.TransactionStopResponse(status=self.meter_status)
            reply = powermeter.StopTransactionReply(response=stop)
        self.take(self.core.meter_answered(ask.session, reply, self.now))

    def plug(self) -> None:
        self.outlet(pin=Pin.B, plugged_in=True, plug_ins=self.condition.plug_ins + 1)

    def unplug(self) -> None:
        self.outlet(pin=Pin.A, plugged_in=False, wants_power=False)
        self._obey()

    def wants(self) -> None:
        """AC: the car goes to state C."""
        self.outlet(pin=Pin.C, wants_power=True)
        self._obey()

    def rests(self) -> None:
        """AC: the car goes back to state B."""
        self.outlet(pin=Pin.B, wants_power=False)
        self._obey()

    def _obey(self) -> None:
        """The connector does what was ordered last."""
        order = self.order
        if order is None or not self.obeys:
            return
        carries = order.supply
        if carries is Supply.AC and not (self.condition.wants_power and self.condition.plugged_in):
            closed = False
        else:
            closed = carries is not Supply.OFF
        check = self.condition.cable_check
        if carries is Supply.CABLE_CHECK:
            check = CableCheck.PASSED
        elif carries is Supply.OFF and not order.session:
            check = CableCheck.NONE
        fresh = dataclasses.replace(
            self.condition,
            order=order.number,
            standing=order,
            supply=carries,
            contactor=Contactor.CLOSED if closed else Contactor.OPEN,
            locked=order.locked,
            cable_check=check,
        )
        if fresh != self.condition:
            self.condition = fresh
            self.take(self.core.outlet(1, fresh, self.now))

    def command(self, command: Command) -> Any:
        reply, effects = self.core.command(command, self.now)
        self.take(effects)
        return reply

    def verdict(
        self,
        status: str,
        token: authorization.ProvidedIdToken = CARD,
        certificate: str | None = None,
        reservation_id: int | None = None,
    ) -> None:
        """Authorization has judged a token."""
        self.command(
            evse_manager.AuthorizeResponse(
                provided_token=token,
                validation_result=authorization.ValidationResult(
                    authorization_status=authorization.AuthorizationStatus(status),
                    certificate_status=authorization.CertificateStatus(certificate) if certificate else None,
                    tariff_messages=(),
                    reservation_id=reservation_id,
                ),
            )
        )

    def grant(self, token: authorization.ProvidedIdToken = CARD) -> None:
        self.verdict("Accepted", token)

    def stop(self, reason: str = "Local") -> bool:
        wish = types.StopTransactionRequest(reason=types.StopTransactionReason(reason))
        return bool(self.command(evse_manager.StopTransaction(request=wish)).stopped)

    def car(self, *variables: Var) -> None:
        for each in variables:
            self.take(self.core.car(each, self.now))

    def errors(self, *kinds: str, severity: str = "High", name: str = "board_1/board_support") -> None:
        """Exactly these errors of a device stand."""
        self.take(self.core.errors(name, tuple(standing(each, severity) for each in kinds), self.now))

    def limits(
        self,
        current_a: float | None = None,
        power_w: float | None = None,
        valid_s: int = 10,
        *,
        node: str = "",
    ) -> None:
        """The manager of the site's power grants something, to this EVSE if not to another `node`."""

        def number(value: float | None) -> energy.NumberWithSource | None:
            return None if value is None else energy.NumberWithSource(value=value, source="test")

        self.command(
            energy_interface.EnforceLimits(
                value=energy.EnforcedLimits(
                    uuid=node or f"evse_{self.core.settings.evse}",
                    valid_for_s=valid_s,
                    limits_root_side=energy.LimitsRes(
                        ac_max_current_a=number(current_a), total_power_w=number(power_w)
                    ),
                    schedule=(),
                )
            )
        )

    def pass_s(self, seconds: float) -> None:
        """Time passes; timers run down in order."""
        end = self.now + timedelta(seconds=seconds)
        while self.timers:
            timer = min(self.timers, key=lambda each: self.timers[each])
            if self.timers[timer] > end:
                break
            self.now = max(self.now, self.timers.pop(timer))
            self.take(self.core.expired(timer, self.now))
        self.now = end

    # -- what is seen --------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        return self.core.record.state.value

    @property
    def session(self) -> record.Session:
        assert self.core.record.session is not None
        return self.core.record.session

    def published(self, kind: type) -> list[Any]:
        """The variables of a class that were published, in order."""
        found = [each.variable for each in self.effects if isinstance(each, exchange.Publish)]
        return [each for each in found if isinstance(each, kind)]

    @property
    def session_events(self) -> list[types.SessionEvent]:
        return [each.event for each in self.published(evse_manager.SessionEvent)]

    @property
    def events(self) -> list[str]:
        """The session events so far, by name."""
        return [each.event.value for each in self.session_events]

    def told(self, kind: type) -> list[Any]:
        """Commands of a class that the car or the modem was told."""
        found = [each.command for each in self.effects if isinstance(each, exchange.Tell)]
        return [each for each in found if isinstance(each, kind)]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """The verdicts that the car was told."""
        return [
            (each.authorization_status.value, each.certificate_status.value)
            for each in self.told(charger.AuthorizationResponse)
        ]

    def forget(self) -> None:
        """Look only at what comes from now on."""
        self.effects.clear()

    def replaced(self) -> Bench:
        """A successor that knows the durable record only; the connector stays as it is."""
        fresh = Bench(self.core.record)
        fresh.settings = self.settings
        fresh.life = self.life + 1
        fresh.core = Core(self.settings, self.core.record, _random(fresh.life))
        fresh.now, fresh.condition, fresh.energy_wh = self.now, self.condition, self.energy_wh
        fresh.order, fresh.obeys = self.order, self.obeys
        fresh.raised = {}
        fresh.ready(first_life=False)
        return fresh
