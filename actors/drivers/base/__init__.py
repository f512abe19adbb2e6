"""Base classes of drivers: one per interface, to be combined where one device serves several.

    class MyBoard(Board, Powermeter, Lock):
        '''Child of EvseSupervisor. Its successor reads everything back from the hardware.'''

        def open_device(self) -> None:
            self._line = self.own(Line(self.parameters["serial_device"]))
            self.watch(self._line.fd, self._on_bytes)
            self._line.request_state()

        def allow_power(self, *, allowed, reason): self._line.send_power(allowed)
        ...

A base class answers the commands of its interface, keeps the watchdogs, and publishes what it is told through
its `tell_...` methods so that late subscribers know it too. The rest is said in each hook's docstring.
Rules for every hook:

- It returns soon (a driver that hangs is killed after its heartbeat's deadline, and its EVSE stops charging
  after half a second): begin what takes long, and tell the outcome when it is known.
- The hardware is asked in `open_device`, not reset: it outlives the driver, and a driver that was killed in
  the middle of a charge must find and leave it as it was.
- What goes wrong with the device is an error: `self.errors_of(evse_board_support).raise_error(...)`.
- A silent or senseless device is an error too, not an exception; an exception ends this actor, and the next
  one begins anew.
"""

from actors.drivers.base.board import Board
from actors.drivers.base.dc_supply import DcSupply
from actors.drivers.base.driver import Driver
from actors.drivers.base.isolation_monitor import IsolationMonitor
from actors.drivers.base.lock import Lock
from actors.drivers.base.over_voltage_monitor import OverVoltageMonitor
from actors.drivers.base.powermeter import Powermeter
from actors.drivers.base.rcd import Rcd
from actors.drivers.base.slac import Slac

__all__ = [
    "Board",
    "DcSupply",
    "Driver",
    "IsolationMonitor",
    "Lock",
    "OverVoltageMonitor",
    "Powermeter",
    "Rcd",
    "Slac",
]
