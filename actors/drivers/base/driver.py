"""What every driver has: its names by interface, its errors, its device."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from actors.connector.messages import LEASE_S
from actors.errors.raising import Raising
from actors.module_actor import ModuleActor

if TYPE_CHECKING:
    from types import ModuleType

    from protocols.message import Var

WATCHDOG_S: Final = LEASE_S
"""After so much silence what carries power is switched off. A board's own watchdog has the same bound."""


class Driver(ModuleActor):
    """Base of all drivers. Its successor recovers nothing but what the device tells it."""

    provides: ClassVar[tuple[ModuleType, ...]] = ()
    """The interfaces a class of the family serves; those of all its bases count."""

    def __init__(self) -> None:
        super().__init__()
        self._names_by_interface: dict[str, str] = {}
        self._raising: dict[str, Raising] = {}

    def open_device(self) -> None:
        """Open the device, read how it is and `tell_` it. What raises here counts as a failed start."""

    def name_of(self, interface: ModuleType) -> str | None:
        """The name under which this driver serves an interface; None: the site file does not use it."""
        return self._names_by_interface.get(interface.NAME)

    def errors_of(self, interface: ModuleType) -> Raising:
        """To raise and clear the errors of an interface with. Raises KeyError for one that is not served."""
        return self._raising[interface.NAME]

    def say(self, interface: ModuleType, variable: Var, *, retain: bool = True) -> None:
        """Publish a variable under the name of an interface, if the site file uses that."""
        if (name := self.name_of(interface)) is not None:
            self.publish(variable, name, retain=retain)

    def on_start(self) -> None:
        """Find the own names and open the device."""
        offered = {each.NAME: each for base in type(self).__mro__ for each in vars(base).get("provides", ())}
        for grant in self.grants:
            if (interface := offered.get(grant.interface)) is not None:
                self._names_by_interface.setdefault(grant.interface, grant.name)
                self._raising.setdefault(grant.interface, Raising(self, grant.name, interface.ERRORS))
        self.open_device()

    def on_ready(self) -> None:
        """Say what stands, so that a predecessor's errors do not stand for ever."""
        self.say_errors()

    def say_errors(self) -> None:
        """Say what stands. To be put off by a driver that does not know it yet when it starts."""
        for raising in self._raising.values():
            raising.publish()


def switched_off(watchdog: str) -> str:
    """What a watchdog writes into the log when it acts."""
    return f"nobody renewed {watchdog} within {WATCHDOG_S:g} s"
