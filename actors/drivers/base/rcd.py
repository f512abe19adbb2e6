"""Base of residual current devices. Answers interface `ac_rcd`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

from actors.drivers.base.driver import Driver
from actors.engine.base import handles
from protocols.interfaces import ac_rcd
from protocols.message import Reply

if TYPE_CHECKING:
    from types import ModuleType


class Rcd(Driver, abc.ABC):
    """A device that trips by itself and tells afterwards by `AC` or `DC` and `MREC2GroundFailure`. Its
    successor reads back whether it has tripped.
    """

    provides: ClassVar[tuple[ModuleType, ...]] = (ac_rcd,)

    # -- to be implemented ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def self_test(self) -> None:
        """Test the device, with no car connected; what fails raises `Selftest`."""

    @abc.abstractmethod
    def reset(self) -> bool:
        """Close it again after it has tripped; clear the errors and return True if it is closed now."""

    # -- to be called --------------------------------------------------------------------------------------

    def tell_residual_current(self, current_ma: float) -> None:
        """Tell the residual current, for information."""
        self.say(ac_rcd, ac_rcd.RcdCurrentMA(current_ma=current_ma))

    # -- commands ------------------------------------------------------------------------------------------

    @handles(ac_rcd.SelfTest)
    def handle_self_test(self, _cmd: ac_rcd.SelfTest) -> Reply:
        """Test it."""
        self.self_test()
        return Reply()

    @handles(ac_rcd.Reset)
    def handle_rcd_reset(self, _cmd: ac_rcd.Reset) -> ac_rcd.ResetReply:
        """Close it again."""
        return ac_rcd.ResetReply(reset=self.reset())
