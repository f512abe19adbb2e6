"""Meters on Modbus for tests: pymodbus's own server over a map's registers, on TCP or a serial line."""

from __future__ import annotations

import asyncio
import os
import threading
import tty
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from actors.drivers.modbus.blocks import places
from actors.drivers.modbus.register_map import UNITS, Function, Quantity, RegisterMap
from actors.drivers.modbus.values import encoded
from actors.simulation.csms.server import TURNS, take_nobody_new

if TYPE_CHECKING:
    from pymodbus.constants import ExcCodes

SHOWN = {
    (Quantity.ENERGY_IMPORT, "total"): "12300",
    (Quantity.ENERGY_IMPORT, "l1"): "5000",
    (Quantity.ENERGY_IMPORT, "l2"): "4000",
    (Quantity.ENERGY_IMPORT, "l3"): "3300",
    (Quantity.ENERGY_EXPORT, "total"): "500",
    (Quantity.ENERGY_EXPORT, "l1"): "100",
    (Quantity.ENERGY_EXPORT, "l2"): "100",
    (Quantity.ENERGY_EXPORT, "l3"): "300",
    (Quantity.POWER, "total"): "-11000",
    (Quantity.POWER, "l1"): "3500",
    (Quantity.POWER, "l2"): "-3750",
    (Quantity.POWER, "l3"): "3750",
    (Quantity.VOLTAGE, "l1"): "230.5",
    (Quantity.VOLTAGE, "l2"): "231",
    (Quantity.VOLTAGE, "l3"): "229.5",
    (Quantity.CURRENT, "l1"): "15.25",
    (Quantity.CURRENT, "l2"): "16",
    (Quantity.CURRENT, "l3"): "16.5",
    (Quantity.CURRENT, "n"): "0.5",
    (Quantity.REACTIVE_POWER, "total"): "1500",
    (Quantity.REACTIVE_POWER, "l1"): "-500",
    (Quantity.REACTIVE_POWER, "l2"): "500",
    (Quantity.REACTIVE_POWER, "l3"): "1000",
    (Quantity.FREQUENCY, "l1"): "50",
}
"""What our meters show, in Wh, W, V, A, var and Hz; every map can hold these without rounding."""


def contents(
    found: RegisterMap, changed: dict[tuple[Quantity, str], str] | None = None
) -> dict[Function, dict[int, int]]:
    """The registers of a meter that shows this."""
    shown = SHOWN | (changed or {})
    registers: dict[Function, dict[int, int]] = {Function.HOLDING: {}, Function.INPUT: {}}
    for place in places(found):
        value = Decimal(shown[place.quantity, place.at]) / UNITS[place.quantity][place.entry.unit]
        for at, word in enumerate(encoded(place.entry, value, found.word_order)):
            registers[place.function][place.address + at] = word
    return registers


def _simdata(registers: dict[int, int]) -> list[SimData]:
    """Registers as the server wants them: one entry from the first to the last, gaps are zero."""
    if not registers:
        return [SimData(65000, values=0, datatype=DataType.REGISTERS)]
    low, high = min(registers), max(registers)
    words = [registers.get(at, 0) for at in range(low, high + 1)]
    return [SimData(low, values=words, datatype=DataType.REGISTERS)]


class Meter:
    """A meter that answers in a thread; `mute` and `refusal` say how it fails.

    `port`: TCP, of the loopback. `path`: our end of a serial line.
    """

    def __init__(
        self,
        registers: dict[Function, dict[int, int]],
        *,
        device_id: int = 1,
        serial: bool = False,
        port: int = 0,
    ) -> None:
        self.mute = False
        self.refusal: ExcCodes | None = None
        self.asked: list[tuple[int, int, int]] = []
        """Function, address and count of each question."""
        self.port, self.path = port, ""
        self._registers, self._device_id, self._serial = registers, device_id, serial
        self.loop = asyncio.new_event_loop()
        self._server: Any = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._pty: list[int] = []

    def __enter__(self) -> Self:
        if self._serial:
            self._pty = list(os.openpty())
            self._theirs = list(os.openpty())
            for fd in (*self._pty, *self._theirs):
                tty.setraw(fd)
            self.path = os.ttyname(self._pty[1])
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        if self._serial:
            for fd in (*self._pty, *self._theirs):
                os.close(fd)

    def show(self, registers: dict[Function, dict[int, int]]) -> None:
        """Show something else from now on."""
        self._registers = registers

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._begin())
        self.loop.run_forever()

    async def _begin(self) -> None:
        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        device = SimDevice(
            self._device_id,
            simdata=(
                bits,
                bits,
                *(_simdata(self._registers[kind]) for kind in (Function.HOLDING, Function.INPUT)),
            ),
            action=self._answer,
        )
        if self._serial:
            # two pseudo terminals, joined in the middle: neither end sees more than bytes
            self._server = ModbusSerialServer(
                device, framer=FramerType.RTU, port=os.ttyname(self._theirs[1]), baudrate=115200
            )
            for here, there in ((self._pty[0], self._theirs[0]), (self._theirs[0], self._pty[0])):
                os.set_blocking(here, False)
                self.loop.add_reader(here, self._pass_on, here, there)
        else:
            self._server = ModbusTcpServer(device, address=("127.0.0.1", self.port))
        await self._server.serve_forever(background=True)
        if not self._serial:
            self.port = self._server.transport.sockets[0].getsockname()[1]
        self._begun.set()

    async def _end(self) -> None:
        """Take nobody new, then close: asyncio loses the socket of whom it accepts while it closes."""
        if not self._serial:
            await take_nobody_new(self._server.transport.sockets)
        await self._server.shutdown()
        for _ in range(TURNS):
            await asyncio.sleep(0)

    @staticmethod
    def _pass_on(here: int, there: int) -> None:
        os.write(there, os.read(here, 4096))

    async def _answer(
        self, function: int, start: int, address: int, count: int, current: list[int], new: Any
    ) -> Any:
        self.asked.append((function, address, count))
        if self.mute:
            await asyncio.sleep(3600)
        if self.refusal is not None:
            return self.refusal
        kind = {3: Function.HOLDING, 4: Function.INPUT}[function]
        for at in range(count):
            current[address - start + at] = self._registers[kind].get(address + at, 0)
        return None
