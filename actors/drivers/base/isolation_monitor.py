"""Base of isolation monitors. Answers interface `isolation_monitor`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

from actors.drivers.base.driver import Driver
from actors.engine.base import handles
from protocols.interfaces import isolation_monitor as imd
from protocols.message import Reply

if TYPE_CHECKING:
    from types import ModuleType

    from protocols.types.isolation_monitor import IsolationMeasurement


class IsolationMonitor(Driver, abc.ABC):
    """A device that measures isolation (IEC 61557-8). Its successor goes on measuring if the device does, and
    tells how a self-test under way ends: nobody tells it to start again.
    """

    provides: ClassVar[tuple[ModuleType, ...]] = (imd,)

    # -- to be implemented ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def start_measuring(self) -> None:
        """Begin to measure, at the device's own pace; beginning again is no error."""

    @abc.abstractmethod
    def stop_measuring(self) -> None:
        """Measure no more."""

    @abc.abstractmethod
    def start_self_test(self, test_voltage_v: float) -> None:
        """Begin the device's own test; `test_voltage_v` is on the output meanwhile. Ends with
        `tell_self_test`, within 30 s or so.
        """

    # -- to be called --------------------------------------------------------------------------------------

    def tell_isolation(self, measurement: IsolationMeasurement) -> None:
        """Tell what was measured, as it is: low isolation is no error of the device."""
        self.say(imd, imd.IsolationMeasurement(measurement=measurement))

    def tell_self_test(self, *, passed: bool) -> None:
        """Tell how the self-test ended; only once per test, so late subscribers do not hear of it."""
        self.say(imd, imd.SelfTestResult(passed=passed), retain=False)

    # -- commands ------------------------------------------------------------------------------------------

    @handles(imd.Start)
    def handle_imd_start(self, _cmd: imd.Start) -> Reply:
        """Begin to measure."""
        self.start_measuring()
        return Reply()

    @handles(imd.Stop)
    def handle_imd_stop(self, _cmd: imd.Stop) -> Reply:
        """Stop measuring."""
        self.stop_measuring()
        return Reply()

    @handles(imd.StartSelfTest)
    def handle_start_self_test(self, cmd: imd.StartSelfTest) -> Reply:
        """Begin the self-test."""
        self.start_self_test(cmd.test_voltage_v)
        return Reply()
