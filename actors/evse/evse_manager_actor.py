"""Actor of one EVSE. Answers EVerest interfaces `evse_manager`, `auth_token_provider`, `energy`,
`uk_random_delay` and `dc_external_derate`.

One file because whatever comes in is committed in one place before anything follows from it.
"""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actors.connector import messages as outlet
from actors.engine.journal import DiskFull, Journal, JournalFull
from actors.errors.messages import StandingErrors
from actors.errors.raising import Raising
from actors.evse import exchange, machine
from actors.evse.record import Record
from actors.evse.session_log_keeper import SessionLogKeeper
from actors.evse.settings import Settings, settings_of
from actors.module_actor import ModuleActor
from actors.v2g.messages import DischargeWanted, TalkCondition
from protocols import errors
from protocols.interfaces import (
    evse_board_support,
    evse_manager,
    iso15118_charger,
    power_supply_dc,
    powermeter,
    slac,
)
from protocols.message import Var
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from actors.engine.base import Deferred
    from actors.evse.exchange import Timer
    from actors.evse.session_log import SessionLog
    from protocols.message import Command, Reply

METER_S: Final = 5.0
"""Longest wait for a meter that opens or closes its record."""
DEVICES: Final = (
    "bsp",
    "ac_rcd",
    "connector_lock",
    "powermeter_grid_side",
    "powermeter_car_side",
    "imd",
    "over_voltage_monitor",
    "powersupply_DC",
)
"""Requirements whose errors count for the EVSE."""
METERS: Final = ("powermeter_car_side", "powermeter_grid_side")
"""The first that is connected bills."""
FROM_THE_CAR: Final = (
    *(
        kind
        for kind in vars(iso15118_charger).values()
        if isinstance(kind, type) and issubclass(kind, Var) and kind.__module__ == iso15118_charger.__name__
    ),
    DischargeWanted,
)
"""All that a link to the car publishes. Looked for once, before the processes part: who touches every class
there is has a copy of its own of each."""
NOBODY: Final = Settings(evse=1, evse_id="", evse_id_din="")
"""Before it has been told who it is."""


class EvseManagerActor(ModuleActor):
    """Child of EvseSupervisor. Its successor recovers session, transaction with its meter start, stop,
    grants, reservation and who wants it out of service from its journal; how connectors, meter and car are
    they say again, and its orders go on from the one that the connector stands on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._core = machine.Core(NOBODY, Record(), secrets.token_bytes)
        self._committed = self._core.record
        self._durable = True
        self._journal: Journal | None = None
        self._raising: Raising | None = None
        self._link = ""
        self._log_keeper: SessionLogKeeper | None = None
        self._devices: set[str] = set()

    # -- life ----------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Recover the record, listen to the devices, and go on."""
        path = Path(self.config["state"]) / f"{self.module_id}.evse.journal"
        self._journal = self.own(Journal.open(path, now=self.port.clock.now()))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        record, changes = self._journal.recover()
        if changes:
            record = changes[-1].item
        managed = bool(self.config.get("managed"))
        connections = self.config["connections"]
        settings = settings_of(self.parameters, connections, managed=managed, node=self.module_id)
        remembered = record if isinstance(record, Record) else Record()
        self._core = machine.Core(settings, remembered, secrets.token_bytes)
        self._committed = remembered
        self._raising = Raising(self, self._name("evse"), (errors.EvseManager,))
        if settings.session_logging:
            self._log_keeper = self.own(SessionLogKeeper(self.module_id, settings, self._log_not_written))
        for effect in self._core.unsaid():
            self._do(effect)
        self._listen()

    def on_ready(self) -> None:
        """Say what stands; an open transaction of an earlier run of the site ends here."""
        assert self._raising is not None
        self._raising.publish()
        meters = frozenset(name for each in METERS for name in self.connected(each))
        first_life = all(life.endswith("#0") for life in self.lineage.split("/")[1:])
        now = self.port.clock.now()
        devices = frozenset(self._devices)
        self._carry_out(self._core.start(now, meters=meters, first_life=first_life, devices=devices))

    def _listen(self) -> None:
        for number in range(1, self._core.settings.connectors + 1):
            name = self._name(f"connector_{number}")
            self.subscribe(name, outlet.Began, partial(self._began, number))
            self.subscribe(name, outlet.Condition, partial(self._condition, number))
            self.subscribe(name, outlet.Output, lambda news: self._feed(self._core.output, news))
            self.subscribe(name, outlet.StopWanted, self._stop_wanted)
            self._listen_to_errors(name)
        for requirement in DEVICES:
            for name in self.connected(requirement):
                self._listen_to_errors(name)
        for name in self.connected("bsp"):
            self.subscribe(name, evse_board_support.RequestStopTransaction, self._stop_wanted)
        if meter := self._meter:
            self.subscribe(
                meter, powermeter.Powermeter, lambda news: self._feed(self._core.reading, news.powermeter)
            )
            self.subscribe(meter, powermeter.PublicKeyOcmf, self._public_key)
        for name in self.connected("powersupply_DC"):
            self.subscribe(
                name,
                power_supply_dc.Capabilities,
                lambda news: self._feed(self._core.supply, news.capabilities),
            )
        self._listen_to_the_car()

    def _listen_to_errors(self, name: str) -> None:
        self._devices.add(name)
        self.subscribe(name, StandingErrors, partial(self._errors, name))

    def _listen_to_the_car(self) -> None:
        for name in self.connected("slac"):
            self.subscribe(name, slac.DlinkReady, self._matched)
            self.subscribe(
                name, slac.EvMacAddress, lambda news: self._feed(self._core.mac_address, news.mac_address)
            )
        for name in self.connected("hlc"):
            for kind in FROM_THE_CAR:
                self.subscribe(name, kind, self._car)
            self.subscribe(name, TalkCondition, self._talk)

    # -- what comes in -------------------------------------------------------------------------------------

    def unsupported(self, command: Command) -> Reply | Deferred:
        """Every command of its interfaces is decided on by the core; see `machine.HANDLERS`."""
        if type(command) not in machine.HANDLERS:
            return super().unsupported(command)
        reply, effects = self._core.command(command, self.port.clock.now())
        self._carry_out(effects)
        return reply

    def _condition(self, number: int, condition: outlet.Condition) -> None:
        self._log_line(lambda log, now: log.outlet(now, number, condition))
        self._carry_out(self._core.outlet(number, condition, self.port.clock.now()))

    def _began(self, number: int, _news: outlet.Began) -> None:
        """A connector is new: it hears at once what it is to be, for it may be late already."""
        facts = self._core.facts
        if (order := facts.orders.get(number)) is not None and number not in facts.adopted:
            self._say(number, order)

    def _car(self, news: Var) -> None:
        self._log_line(lambda log, now: log.car(now, news))
        self._feed(self._core.car, news)

    def _stop_wanted(self, news: outlet.StopWanted | evse_board_support.RequestStopTransaction) -> None:
        self._feed(self._core.stop_wanted, news.request)

    def _errors(self, name: str, news: StandingErrors) -> None:
        self._log_line(lambda log, now: log.errors(now, name, news.errors))
        self._carry_out(self._core.errors(name, news.errors, self.port.clock.now()))

    def _own_errors(self) -> None:
        assert self._raising is not None
        self._feed(partial(self._core.errors, self._name("evse")), self._raising.errors)

    def _public_key(self, news: powermeter.PublicKeyOcmf) -> None:
        key = evse_manager.PowermeterPublicKeyOcmf(public_key=news.public_key)
        self.publish(key, self._name("evse"), retain=True)

    def _matched(self, news: slac.DlinkReady) -> None:
        self._carry_out(self._core.matched(self.port.clock.now(), ready=news.ready))

    def _talk(self, news: TalkCondition) -> None:
        """The first word of a link: what a new manager has missed, or that the link itself is new. What comes
        later this manager has heard as it happened, and its own knowledge may be newer.
        """
        if news.link == self._link:
            return
        self._link = news.link
        now = self.port.clock.now()
        if news.link == self._core.record.link:
            self._carry_out(self._core.progress(news.progress, now))
        else:
            self._carry_out(self._core.link_started(news.link, now))

    def _feed(self, take: Any, value: Any) -> None:
        self._carry_out(take(value, self.port.clock.now()))

    # -- what goes out -------------------------------------------------------------------------------------

    def _carry_out(self, effects: Iterable[exchange.Effect]) -> None:
        """Commit what the core remembers now, then do what follows."""
        self._commit()
        keeper, now = self._log_keeper, self.port.clock.now()
        if keeper is not None:
            keeper.follow(self._core.record, now)
        for effect in effects:
            self._do(effect)
            if keeper is not None:
                keeper.effect(effect, self._core.record, now)
        if self._core.record.unsaid and self.ready:  # before that it waits, and is gone if we die
            self._core.said()
            self._commit()

    def _commit(self) -> None:
        """Make the record durable, before anything is said that follows from it."""
        record = self._core.record
        if record == self._committed and self._durable:
            return
        assert self._journal is not None
        self._committed = record
        try:
            if not self._journal.append(record).snapshot_due:
                self._is_durable()
                return
        except (JournalFull, DiskFull):
            self.log.debug("journal_full")  # the newest record takes the place of all
        try:
            self._journal.snapshot(record)
        except (JournalFull, DiskFull) as error:
            self._is_not_durable(str(error))
        else:
            self._is_durable()

    def _is_durable(self) -> None:
        assert self._raising is not None
        if not self._durable:
            self._durable = True
            self._raising.clear_error(errors.EvseManager.INTERNAL)
            self.soon(self._own_errors)

    def _is_not_durable(self, problem: str) -> None:
        """Without a disk the EVSE charges nobody any more, but a car is still let down in order. It is tried
        again with everything that happens.
        """
        assert self._raising is not None
        if self._durable:
            self._durable = False
            self.log.error("record_not_durable", problem=problem)
            self._raising.raise_error(
                errors.EvseManager.INTERNAL, f"cannot write: {problem}", severity=Severity.MEDIUM
            )
            self.soon(self._own_errors)

    def _do(self, effect: exchange.Effect) -> None:
        match effect:
            case exchange.Publish():
                self._note_event(effect.variable)
                self.publish(effect.variable, self._name(effect.service), retain=effect.retain)
            case exchange.Tell():
                for name in self.connected(effect.requirement):
                    self.tell(name, effect.command)
            case exchange.Say():
                self._say(effect.connector, effect.order)
            case exchange.AskMeter():
                self._ask_meter(effect)
            case exchange.StartTimer():
                self.start_timer(f"core {effect.timer}", effect.after_s, partial(self._expired, effect.timer))
            case exchange.CancelTimer():
                self.cancel_timer(f"core {effect.timer}")
            case exchange.Raise() | exchange.Clear():
                self._own_error(effect)
            case exchange.Note():
                say = self.log.warning if effect.warning else self.log.info
                say(effect.event, **effect.facts)

    def _log_line(self, line: Callable[[SessionLog, datetime], bytes]) -> None:
        """Write a line into the session's log, if there is one."""
        if self._log_keeper is not None and self._log_keeper.on:
            now = self.port.clock.now()
            self._log_keeper.say(lambda log: line(log, now))

    def _log_not_written(self, path: str, problem: str) -> None:
        self.log.warning("session_log_not_written", path=path, error=problem)

    def _note_event(self, variable: Var) -> None:
        """Session events stand in the log, under the name of their session."""
        if isinstance(variable, evse_manager.SessionEvent):
            event = variable.event
            self.bind_session(event.uuid or None)
            finished = event.transaction_finished
            reason = finished.reason.value if finished is not None and finished.reason is not None else None
            self.log.info("session_event", kind=event.event.value, **({"reason": reason} if reason else {}))

    def _say(self, connector: int, order: outlet.Order) -> None:
        """An order, said again as long as power depends on it: a connector that hears nothing opens."""
        name = self._name(f"connector_{connector}")
        self.tell(name, order, patience_s=outlet.LEASE_S)
        timer = f"renew {connector}"
        if order.supply is outlet.Supply.OFF:
            self.cancel_timer(timer)
        else:
            self.start_timer(timer, outlet.RENEW_S, partial(self._say, connector, order))

    def _ask_meter(self, effect: exchange.AskMeter) -> None:
        def answered(reply: Reply) -> None:
            now = self.port.clock.now()
            self._carry_out(self._core.meter_answered(effect.session, reply, now))

        self.ask(self._meter, effect.command, answered, deadline_s=METER_S, repeat=True)

    def _expired(self, timer: Timer) -> None:
        self._feed(self._core.expired, timer)

    def _own_error(self, change: exchange.Raise | exchange.Clear) -> None:
        assert self._raising is not None
        if isinstance(change, exchange.Clear):
            self._raising.clear_error(change.error)
        else:
            self._raising.raise_error(
                change.error, change.message, severity=change.severity, vendor_id=change.vendor_id
            )
        if change.error is not errors.EvseManager.INOPERATIVE:
            self.soon(self._own_errors)

    def _name(self, part: str) -> str:
        return f"{self.module_id}/{part}"

    @property
    def _meter(self) -> str:
        """The meter that bills; empty when there is none."""
        return next((name for each in METERS for name in self.connected(each)), "")
