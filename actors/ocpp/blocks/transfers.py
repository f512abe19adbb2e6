"""What uploads of logs and updates of firmware have in common: retries, times, statuses told once. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from actors.system.messages import StatusHistory
from protocols.message import message

KEPT: Final = 50
"""So many statuses of one request are remembered; a download that pauses again and again has many."""


@message
class Transfer:
    """What the CSMS was told of one request, or will be by what is queued."""

    request_id: int
    told: tuple[str, ...] = ()
    """The last of its statuses."""
    forgotten: int = 0
    """So many were told before those."""


@dataclass(slots=True)
class Heard:
    """What is known in this life alone."""

    history: StatusHistory | None = None


T = TypeVar("T", bound=Transfer)


def attempts(retries: int | None) -> int | None:
    """How often something is to be tried, where OCPP says how often it is to be tried again (M15.4)."""
    return None if retries is None else max(0, retries) + 1


def known(request_id: int | None) -> int | None:
    """The number of a request, unless it stands for a request without one."""
    return request_id if request_id is not None and request_id >= 0 else None


def added(transfer: T, status: str) -> T:
    """A transfer of which one status more was told."""
    told = (*transfer.told, status)
    forgotten = transfer.forgotten + max(0, len(told) - KEPT)
    return replace(transfer, told=told[-KEPT:], forgotten=forgotten)


def untold(transfer: Transfer, history: Sequence[str]) -> tuple[str, ...]:
    """What of a history was not told yet: everything from the first that was not told in its turn.

    More may have been told than the history has, for something may have been known here alone. That is told
    late if at all: what is forgotten counts as the beginning of the history.
    """
    place = 0
    for number, status in enumerate(history[transfer.forgotten :], transfer.forgotten):
        try:
            place = transfer.told.index(status, place) + 1
        except ValueError:
            return tuple(history[number:])
    return ()
