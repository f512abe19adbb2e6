"""Base of energy meters. Answers interface `powermeter`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar

from actors.drivers.base.driver import Driver
from actors.engine.base import handles
from protocols.interfaces import powermeter
from protocols.types.powermeter import (
    TransactionRequestStatus,
    TransactionStartResponse,
    TransactionStopResponse,
)

if TYPE_CHECKING:
    from types import ModuleType

    from protocols.types.powermeter import Powermeter as Reading
    from protocols.types.powermeter import TransactionReq


class Powermeter(Driver, abc.ABC):
    """A meter. Its successor reads it again; a meter that signs keeps an open record by itself."""

    provides: ClassVar[tuple[ModuleType, ...]] = (powermeter,)

    # -- may be implemented --------------------------------------------------------------------------------

    def start_transaction(self, request: TransactionReq) -> TransactionStartResponse:  # noqa: ARG002  # for subclasses
        """Signing meters: open a record. The rest do not support it."""
        return TransactionStartResponse(status=TransactionRequestStatus.NOT_SUPPORTED)

    def stop_transaction(self, transaction_id: str) -> TransactionStopResponse:  # noqa: ARG002  # for subclasses
        """Signing meters: close a record and hand it over; an empty id: whatever is open."""
        return TransactionStopResponse(status=TransactionRequestStatus.NOT_SUPPORTED)

    # -- to be called --------------------------------------------------------------------------------------

    def tell_reading(self, reading: Reading) -> None:
        """Tell the newest reading, about once a second; the EVSE charges nobody before the first."""
        self.say(powermeter, powermeter.Powermeter(powermeter=reading))

    def tell_public_key(self, public_key: str) -> None:
        """Signing meters: tell the key their records can be verified with, once after each start."""
        self.say(powermeter, powermeter.PublicKeyOcmf(public_key=public_key))

    # -- commands ------------------------------------------------------------------------------------------

    @handles(powermeter.StartTransaction)
    def handle_start_transaction(self, cmd: powermeter.StartTransaction) -> powermeter.StartTransactionReply:
        """Open a record."""
        return powermeter.StartTransactionReply(response=self.start_transaction(cmd.value))

    @handles(powermeter.StopTransaction)
    def handle_stop_transaction(self, cmd: powermeter.StopTransaction) -> powermeter.StopTransactionReply:
        """Close a record."""
        return powermeter.StopTransactionReply(response=self.stop_transaction(cmd.transaction_id))
