"""Actor of an energy meter on Modbus. Answers EVerest interface `powermeter`, as module GenericPowermeter."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from actors.drivers.base import Powermeter
from actors.drivers.modbus.blocks import blocks, places
from actors.drivers.modbus.contact import Contact
from actors.drivers.modbus.exchange import Exchange, MeterError, Transport
from actors.drivers.modbus.library import load
from actors.drivers.modbus.line import LineError, SerialLine, TcpLine
from actors.drivers.modbus.reading import ImplausibleError, Plausibility, reading
from protocols import errors
from protocols.interfaces import powermeter
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.drivers.modbus.line import Line

READ_S: Final = 1.0
"""From one reading to the next."""
ANSWER_S: Final = 1.0
"""An answer that has not come by then, and after the time the bytes need on the wire, does not count."""
CONNECT_S: Final = 3.0
LOOK_S: Final = 0.05
"""How often is looked whether a connection stands."""
BITS: Final = 11
"""Of one character on a serial line, start and stop included."""
SILENCE: Final = 3.5
"""Characters of silence between two frames on a serial line (MODBUS over Serial Line V1.02, 2.5.1.1)."""
LONGEST_FRAME: Final = 256


class ModbusPowermeterActor(Powermeter):
    """Child of EvseSupervisor or of the site, a leaf with I/O that never waits: a silent meter costs timers.
    Its successor opens the line and reads the meter again; nothing else is to be recovered.
    """

    def __init__(self) -> None:
        super().__init__()
        self._line: Line | None = None
        self._exchange: Exchange | None = None
        self._transaction = 1
        self._contact = Contact()
        self._plausibility = Plausibility()

    # -- opening -------------------------------------------------------------------------------------------

    def open_device(self) -> None:
        """Find the register map and begin to open the line. Raises RegisterMapError, ValueError."""
        logging.getLogger("pymodbus").addHandler(logging.NullHandler())
        settings = self.implementation("main")
        self._settings = settings
        self._map = load(settings["model"])
        self._transport = Transport(settings["transport"])
        self._places = places(self._map, settings["modbus_base_address"])
        self._blocks = blocks(self._places, max_registers=self._map.max_registers, max_gap=self._map.max_gap)
        self.own(_Closing(self._close))
        self._connect()

    def _character_s(self) -> float:
        serial = self._transport is Transport.RTU
        return BITS / float(self._settings["baud_rate"]) if serial else 0.0

    def _new_line(self) -> Line:
        settings = self._settings
        if self._transport is Transport.TCP:
            return TcpLine(settings["host"], settings["port"])
        return SerialLine(settings["serial_device"], settings["baud_rate"], settings["parity"])

    def _connect(self) -> None:
        try:
            self._line = self._new_line()
        except LineError as error:
            self._line_lost(str(error))
            return
        self._await_line(self.port.clock.monotonic_s() + CONNECT_S)

    def _await_line(self, until_s: float) -> None:
        assert self._line is not None
        try:
            ready = self._line.ready()
        except LineError as error:
            self._line_lost(str(error))
            return
        if ready:
            self.watch(self._line.fileno(), self._on_bytes)
            self._poll()
        elif self.port.clock.monotonic_s() >= until_s:
            self._line_lost(f"no connection within {CONNECT_S:g} s")
        else:
            self.start_timer("line", LOOK_S, lambda: self._await_line(until_s))

    def _close(self) -> None:
        for timer in ("line", "poll", "send", "answer"):
            self.cancel_timer(timer)
        self._exchange = None
        if self._line is not None:
            self.unwatch(self._line.fileno())
            self._line.close()
            self._line = None

    # -- reading -------------------------------------------------------------------------------------------

    def _poll(self) -> None:
        self.start_timer("poll", READ_S, self._poll)
        if self._exchange is None:
            self._exchange = Exchange(
                self._transport,
                self._settings["powermeter_device_id"],
                self._blocks,
                transaction=self._transaction,
            )
            self._transaction = self._exchange.next_transaction
            self._send()

    def _send(self) -> None:
        if self._line is None or self._exchange is None:
            return
        wait_s = ANSWER_S + LONGEST_FRAME * self._character_s()
        self.start_timer("answer", wait_s, lambda: self._failed(f"no answer within {wait_s:.1f} s"))
        try:
            self._line.send(self._exchange.request())
        except LineError as error:
            self._line_lost(str(error))

    def _on_bytes(self) -> None:
        if self._line is None:
            return
        try:
            data = self._line.receive()
        except LineError as error:
            self._line_lost(str(error))
            return
        if self._exchange is None:
            return
        try:
            answered = self._exchange.feed(data)
        except MeterError as error:
            self._failed(str(error))
            return
        if answered and self._exchange.done:
            self._tell(self._exchange)
        elif answered:
            self.cancel_timer("answer")
            self.start_timer("send", SILENCE * self._character_s(), self._send)

    def _tell(self, exchange: Exchange) -> None:
        self._rest()
        now = self.port.clock.now()
        try:
            new = reading(
                self._places, exchange.registers, self._map.word_order, now=now, meter_id=self.module_id
            )
            self._plausibility.admit(new)
        except ImplausibleError as error:
            self._failed(str(error))
            return
        self._contact.succeeded()
        self.errors_of(powermeter).clear_error(errors.Generic.COMMUNICATION_FAULT)
        self.tell_reading(new)

    def _rest(self) -> None:
        self._exchange = None
        self.cancel_timer("answer")
        self.cancel_timer("send")

    # -- failing -------------------------------------------------------------------------------------------

    def _failed(self, why: str) -> None:
        """No reading this time."""
        self._rest()
        self.log.info("meter_not_read", reason=why)
        reopen = self._contact.failed()
        self._complain(why)
        if reopen:
            self._open_later()

    def _line_lost(self, why: str) -> None:
        """No line any more."""
        self.log.info("meter_line_lost", reason=why)
        self._contact.failed()
        self._complain(why)
        self._open_later()

    def _complain(self, why: str) -> None:
        if self._contact.broken:
            self.errors_of(powermeter).raise_error(
                errors.Generic.COMMUNICATION_FAULT,
                f"the meter cannot be read: {why}",
                severity=Severity.MEDIUM,
            )

    def _open_later(self) -> None:
        self._close()
        self.start_timer("connect", self._contact.pause_s(), self._connect)


class _Closing:
    """What an actor owns and closes by a function."""

    def __init__(self, close: Callable[[], Any]) -> None:
        self.close = close
