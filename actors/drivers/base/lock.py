"""Base of connector locks. Answers interface `connector_lock`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

from actors.drivers.base.driver import Driver
from actors.drivers.messages import LockState
from actors.engine.base import handles
from protocols.interfaces import connector_lock
from protocols.message import Reply

if TYPE_CHECKING:
    from types import ModuleType


class Lock(Driver, abc.ABC):
    """A motor with feedback. Its successor reads the feedback and moves nothing."""

    provides: ClassVar[tuple[ModuleType, ...]] = (connector_lock,)

    # -- to be implemented ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def lock(self) -> None:
        """Lock the plug. Tell the feedback by `tell_locked`; a motor that fails raises
        `ConnectorLockFailedLock` and `MREC1ConnectorLockFailure`, cleared by the next success.
        """

    @abc.abstractmethod
    def unlock(self) -> None:
        """Release the plug; fails with `ConnectorLockFailedUnlock` and `MREC1ConnectorLockFailure`."""

    # -- to be called --------------------------------------------------------------------------------------

    def tell_locked(self, *, locked: bool) -> None:
        """Tell what the feedback says, after a start and on each change."""
        self.say(connector_lock, LockState(locked=locked))

    # -- commands ------------------------------------------------------------------------------------------

    @handles(connector_lock.Lock)
    def handle_lock(self, _cmd: connector_lock.Lock) -> Reply:
        """Lock."""
        self.lock()
        return Reply()

    @handles(connector_lock.Unlock)
    def handle_unlock(self, _cmd: connector_lock.Unlock) -> Reply:
        """Release."""
        self.unlock()
        return Reply()
