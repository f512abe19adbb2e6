"""One round of questions to a meter: what to send, and what the bytes that come back say. Sans-IO.

Frames and messages are pymodbus's. Source: MODBUS Application Protocol V1.1b3, 6.3 and 6.4; MODBUS over
Serial Line V1.02, 2.5.1; MODBUS Messaging on TCP/IP V1.0b, 3.1.3.
"""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, Final

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from actors.drivers.modbus.register_map import Function

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymodbus.framer import FramerBase
    from pymodbus.pdu import ModbusPDU

    from actors.drivers.modbus.blocks import Block
    from actors.drivers.modbus.reading import Registers

MAX_WAITING: Final = 520
"""More bytes than this without an answer among them are none: two of the longest frames on a network."""
TRANSACTIONS: Final = 65536

REFUSALS: Final[Mapping[int, str]] = {
    1: "it does not know the function",
    2: "it has no such register",
    3: "it takes no such request",
    4: "it failed",
    6: "it is busy",
    10: "its gateway has no path to it",
    11: "it did not answer its gateway",
}
"""What a meter says when it refuses, by its code."""

_REQUESTS: Final = {
    Function.HOLDING: ReadHoldingRegistersRequest,
    Function.INPUT: ReadInputRegistersRequest,
}


class Transport(enum.StrEnum):
    """How frames are carried."""

    RTU = "rtu"
    TCP = "tcp"


class MeterError(Exception):
    """An answer that is none; what it says is for people."""


class Exchange:
    """Asks for block after block; `transaction` numbers the first request on a network.

    `request` gives the bytes to send, `feed` takes what arrives. An answer to an earlier request is passed
    over.
    """

    def __init__(
        self, transport: Transport, device_id: int, wanted: Sequence[Block], *, transaction: int = 1
    ) -> None:
        decoder = DecodePDU(is_server=False)
        self._framer: FramerBase = FramerRTU(decoder) if transport is Transport.RTU else FramerSocket(decoder)
        self._device_id, self._transaction = device_id, transaction
        self._wanted = tuple(wanted)
        self._asked = 0
        self._buffer = b""
        self.registers: Registers = {}
        """What was answered so far."""

    @property
    def done(self) -> bool:
        """Whether every block was answered."""
        return self._asked == len(self._wanted)

    @property
    def next_transaction(self) -> int:
        """The number for the first request of the next round; 0 is none."""
        return (self._transaction + len(self._wanted)) % TRANSACTIONS or 1

    @property
    def _number(self) -> int:
        return (self._transaction + self._asked) % TRANSACTIONS or 1

    def request(self) -> bytes:
        """The question for the block whose turn it is."""
        self._buffer = b""
        block = self._wanted[self._asked]
        message = _REQUESTS[block.function](
            dev_id=self._device_id,
            transaction_id=self._number,
            address=block.address,
            count=block.words,
        )
        return self._framer.buildFrame(message)

    def feed(self, data: bytes) -> bool:
        """Take in bytes; True when the block is answered. Raises MeterError when it will not be."""
        if self.done:
            return False
        self._buffer += data
        try:
            used, answer = self._framer.handleFrame(self._buffer, self._device_id, self._number)
        except (ModbusException, ValueError, LookupError, TypeError, struct.error) as error:
            raise MeterError(f"its answer is no message: {error}") from error
        self._buffer = self._buffer[used:]
        if answer is None:
            if len(self._buffer) > MAX_WAITING:
                raise MeterError("what it sends is no answer")
            return False
        self._take(answer)
        return True

    def _take(self, answer: ModbusPDU) -> None:
        block = self._wanted[self._asked]
        if isinstance(answer, ExceptionResponse):
            said = REFUSALS.get(answer.exception_code, f"code {answer.exception_code}")
            raise MeterError(f"refused {block.words} registers from {block.address}: {said}")
        expected = _REQUESTS[block.function].function_code, block.words
        if (answer.function_code, len(answer.registers)) != expected:
            raise MeterError(
                f"asked for {block.words} registers from {block.address}, it sent {len(answer.registers)}"
            )
        for at, word in enumerate(answer.registers):
            self.registers[block.function, block.address + at] = word
        self._asked += 1
