"""Base of power line modems. Answers interface `slac`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

from actors.drivers.base.driver import Driver
from actors.engine.base import handles
from protocols.interfaces import slac
from protocols.message import Reply

if TYPE_CHECKING:
    from types import ModuleType

    from protocols.types.slac import State


class Slac(Driver, abc.ABC):
    """The station's side of ISO 15118-3. Its successor asks the modem whether it is still in the car's
    network, and leaves a link that stands alone.
    """

    provides: ClassVar[tuple[ModuleType, ...]] = (slac,)

    # -- to be implemented ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def reset_modem(self, *, enable: bool) -> None:
        """Start over; without `enable` stay idle afterwards."""

    @abc.abstractmethod
    def enter_bcd(self) -> None:
        """The pilot shows a car now: matching may begin."""

    @abc.abstractmethod
    def leave_bcd(self) -> None:
        """The pilot shows no car any more: the link is over."""

    @abc.abstractmethod
    def dlink_terminate(self) -> None:
        """Give up the data link for good."""

    @abc.abstractmethod
    def dlink_error(self) -> None:
        """Give up the data link and match the car anew."""

    @abc.abstractmethod
    def dlink_pause(self) -> None:
        """Keep the match and let the modem sleep."""

    # -- to be called --------------------------------------------------------------------------------------

    def tell_state(self, state: State) -> None:
        """Tell how far the matching has come, after a start and on each change."""
        self.say(slac, slac.State(state=state))

    def tell_link(self, *, ready: bool) -> None:
        """Tell whether the data link stands, after a start and on each change."""
        self.say(slac, slac.DlinkReady(ready=ready))

    def tell_mac_address(self, mac_address: str) -> None:
        """Tell the car's address, upper case with colons, once per match."""
        self.say(slac, slac.EvMacAddress(mac_address=mac_address), retain=False)

    def ask_for_error_routine(self) -> None:
        """Ask for the pilot sequence that makes the car try again."""
        self.say(slac, slac.RequestErrorRoutine(), retain=False)

    # -- commands ------------------------------------------------------------------------------------------

    @handles(slac.Reset)
    def handle_slac_reset(self, cmd: slac.Reset) -> Reply:
        """Start over."""
        self.reset_modem(enable=cmd.enable)
        return Reply()

    @handles(slac.EnterBcd)
    def handle_enter_bcd(self, _cmd: slac.EnterBcd) -> Reply:
        """A car is there."""
        self.enter_bcd()
        return Reply()

    @handles(slac.LeaveBcd)
    def handle_leave_bcd(self, _cmd: slac.LeaveBcd) -> Reply:
        """No car is there."""
        self.leave_bcd()
        return Reply()

    @handles(slac.DlinkTerminate)
    def handle_dlink_terminate(self, _cmd: slac.DlinkTerminate) -> Reply:
        """The link is over."""
        self.dlink_terminate()
        return Reply()

    @handles(slac.DlinkError)
    def handle_dlink_error(self, _cmd: slac.DlinkError) -> Reply:
        """Once more."""
        self.dlink_error()
        return Reply()

    @handles(slac.DlinkPause)
    def handle_dlink_pause(self, _cmd: slac.DlinkPause) -> Reply:
        """Sleep."""
        self.dlink_pause()
        return Reply()
