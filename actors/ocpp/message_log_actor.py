"""Actor of the message log of an OCPP module. Serves no interface; the cores are `message_log...`."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.engine.base import SiteActor
from actors.ocpp import message_log
from actors.ocpp.message_log import MessageLog
from actors.ocpp.message_log_files import LogFiles, Work
from actors.ocpp.message_log_rotation import rotation_of
from actors.ocpp.messages import FrameSeen, LogOrders
from protocols.interfaces import ocpp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from actors.engine.messages import GetMetricsReply
    from actors.ocpp.message_log import Piece

LOOK_S: Final = 1.0
"""While there is something to write it is looked at so often how that goes."""


class MessageLogActor(SiteActor):
    """Child of the supervisor of OCPP, beside the charge point and the link: writes what they say down.

    Configured with `path`, a directory, and the names of the `charge_point`, the `link` and the interface
    `ocpp` of the module. What is written, and how much, the charge point says (`LogOrders`).

    Nobody waits for this actor, and a thread waits for the disk. A disk that is full, slow or read-only is
    logged once, until it works again; the files then say how many messages are missing.

    **Its successor** is told the orders again and goes on at the end of the files, after what was written
    whole. What was said in between, and what the predecessor had not written yet, is missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._files: LogFiles | None = None
        self._orders = LogOrders()
        self._log = self._console = MessageLog(self._orders)
        self._told: frozenset[str] = frozenset()
        """Why files cannot be written, as far as that was logged."""
        self._counted = 0

    def on_start(self) -> None:
        """Wait for orders; no file is touched yet.

        Security events are listened to from the beginning: they are rare, and the first of them follows the
        orders so closely that a subscription would come too late.
        """
        self._files = self.own(LogFiles(Path(self.config["path"])))
        self.subscribe(self.config["charge_point"], LogOrders, self._ordered)
        self.subscribe(self.config["ocpp"], ocpp.SecurityEventVar, self._security)

    def _ordered(self, orders: LogOrders) -> None:
        """Messages are listened to only where that is wanted."""
        self._orders = orders
        self._log, self._console = MessageLog(orders), MessageLog(orders)
        if self._log.wants_frames:
            self.subscribe(self.config["link"], FrameSeen, self._seen)

    def _seen(self, seen: FrameSeen) -> None:
        if self._console.is_on_console:
            self.log.info("ocpp_message", **self._console.line(seen))
        if self._log.files:
            self._write(self._log.files, len(seen.text), partial(self._log.frame, seen))

    def _security(self, news: ocpp.SecurityEventVar) -> None:
        if self._log.wants_security:
            piece = message_log.security(news.event, self.port.clock.now())
            self._write((piece.file,), len(piece.text), lambda: (piece,))

    def _write(self, files: tuple[str, ...], size: int, make: Callable[[], Iterable[Piece]]) -> None:
        assert self._files is not None
        clock = self.port.clock
        work = Work(
            files=files,
            size=size,
            make=make,
            rotation=rotation_of(self._orders),
            now=clock.now(),
            now_s=clock.monotonic_s(),
        )
        self._files.write(work)
        self._counted += 1
        if not self.timers.running("look"):
            self.start_timer("look", LOOK_S, self._look)

    def _look(self) -> None:
        """Tell of files that cannot be written, once, and when all of them can be again."""
        assert self._files is not None
        if not self._files.idle:
            self.start_timer("look", LOOK_S, self._look)
        troubles = self._files.troubles
        reasons = frozenset(troubles.values())
        if reasons - self._told:
            why = ", ".join(sorted(reasons))
            self.log.warning(
                "message_log_not_written", path=self.config["path"], files=sorted(troubles), reason=why
            )
        elif self._told and not reasons:
            self.log.info("message_log_written_again", missing=self._files.missing)
        self._told = reasons and (self._told | reasons)

    def own_metrics(self) -> GetMetricsReply:
        """With what was to be logged, and what is missing in the files."""
        missing = self._files.missing if self._files is not None else 0
        return dataclasses.replace(
            super().own_metrics(), counted={"logged": self._counted, "missing": missing}
        )
