"""Plays the EVSE manager toward a V2G link of processes: `pairing.Evse` as an actor."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from actors.engine.base import SiteActor, handles
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.message import Command, Reply, Var, message, message_types, tag_of
from tests.support.pairing import Evse
from tests.support.provisioning_service import ProvisioningService

if TYPE_CHECKING:
    from collections.abc import Iterable

QUICK = {"authorize_s": 0.02, "contactor_s": 0.02, "cable_check_s": 0.05}
"""Nobody watches: the EVSE need not take its time."""


@message
class PlayedReply(Reply):
    """Names of the variables heard so far, in order, and why talks failed."""

    heard: tuple[str, ...]
    failures: tuple[str, ...]


@message
class Played(Command):
    """Ask a player what it has heard."""

    answer: ClassVar[type[Reply]] = PlayedReply


class EvsePlayerActor(SiteActor):
    """Plays toward the link that its configuration names. A successor introduces the station again.

    `evse`: arguments of `pairing.Evse`; `provisioning`: the directory of a PKI, to install contracts from it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[Var] = []
        self._evse = Evse()
        self._extensions = ""
        self._told = itertools.count()

    def on_start(self) -> None:
        """Subscribe to everything a car can want."""
        self._evse = Evse(**(QUICK | self.config.get("evse", {})))
        self._extensions = self.config["link"].replace("/charger", "/extensions")
        if (directory := self.config.get("provisioning")) is not None:
            self._evse.install = ProvisioningService.of(Path(directory))
        self.subscribe(self._extensions, extensions.Iso15118CertificateRequest, self._take)
        for kind in message_types().values():
            if issubclass(kind, Var) and kind.__module__ == charger.__name__:
                self.subscribe(self.config["link"], kind, self._take)

    def on_ready(self) -> None:
        """Tell the station's values."""
        self._tell(self._evse.start())

    def _take(self, variable: Var) -> None:
        self._heard.append(variable)
        if isinstance(variable, charger.HlcSessionFailed | charger.DlinkTerminate):
            self._tell(self._evse.start())  # the next car, perhaps at a new link
        for after_s, command in self._evse.heard(variable, self.port.clock.now()):
            self.start_timer(f"command {next(self._told)}", after_s, lambda told=command: self._tell([told]))

    def _tell(self, commands: Iterable[Command]) -> None:
        for command in commands:
            past = isinstance(command, extensions.SetGetCertificateResponse)
            self.tell(self._extensions if past else self.config["link"], command)

    @handles(Played)
    def handle_played(self, _command: Played) -> PlayedReply:
        """All of it."""
        failed = [each for each in self._heard if isinstance(each, charger.HlcSessionFailed)]
        return PlayedReply(
            heard=tuple(tag_of(type(each)).rpartition(".")[2] for each in self._heard),
            failures=tuple(each.reason.value for each in failed),
        )
