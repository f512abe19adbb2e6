"""Actor of a node of the energy tree. Answers EVerest interfaces `energy` and `external_energy_limits`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from actors.energy.node import NO_LIMITS, Fuse, Node, from_now_on, fuse_of, unfit
from actors.engine.base import handles
from actors.engine.journal import DiskFull, EntryTooLarge, Journal
from actors.module_actor import ModuleActor
from protocols.codec import CodecError
from protocols.interfaces import energy, external_energy_limits, powermeter
from protocols.message import Failure, FailureReason, Reply, message
from protocols.types.energy import ExternalLimits  # noqa: TC001  # pydantic reads the annotations

GATHER_S: Final = 0.02
"""So long what children say is gathered before the whole is said once."""
USAGE_S: Final = 1.0
"""How often the whole is said again when nothing but readings of meters have changed."""
FIRST_S: Final = 1.0
"""So long a node of a site that has just started waits for every child to speak."""
SUCCESSOR_S: Final = 10.0
"""So long its successor waits: meanwhile the energy manager goes on with what its predecessor has said, and
nobody is taken for gone who still draws power.
"""
PATIENCE_S: Final = 1.0
"""So long a grant waits for a child that is being replaced; the next one comes about then."""


@message
class LimitsSet:
    """The limits that were laid on a node from outside last."""

    limits: ExternalLimits


class EnergyNodeActor(ModuleActor):
    """Child of EnergySupervisor. Its successor recovers the limits from outside from its journal, and hears
    from its children what they need before it speaks for them. When the whole site starts, nothing is limited
    from outside before somebody says so again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._node = Node(Fuse(uuid="", limit_a=0.0), ())
        self._journal: Journal | None = None
        self._speaks = False

    def on_start(self) -> None:
        """Recover the limits, and listen to the children."""
        self._node = Node(fuse_of(self.module_id, self.parameters), self.connected("energy_consumer"))
        path = Path(self.config["state"]) / f"{self.module_id}.energy.journal"
        self._journal = self.own(Journal.open(path, now=self.port.clock.now()))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        state, _records = self._journal.recover()
        if isinstance(state, LimitsSet) and not self.first_life:
            self._node.external = state.limits
        elif state is not None:
            self._keep(NO_LIMITS)  # of an earlier run of the site
        for name in self.connected("energy_consumer"):
            self.subscribe(name, energy.EnergyFlowRequest, partial(self._child, name))
        for name in self.connected("powermeter"):
            self.subscribe(name, powermeter.Powermeter, self._reading)

    def on_ready(self) -> None:
        """Wait for the children that are silent, but not for ever: `_child` speaks once all have."""
        self.start_timer("children", FIRST_S if self.first_life else SUCCESSOR_S, self._say)

    # -- commands ------------------------------------------------------------------------------------------

    @handles(energy.EnforceLimits)
    def handle_enforce_limits(self, cmd: energy.EnforceLimits) -> Reply:
        """Pass a grant on towards the node it is for."""
        for name in self._node.ways_to(cmd.value.uuid):
            self.tell(name, cmd, patience_s=PATIENCE_S)
        return Reply()

    @handles(external_energy_limits.SetExternalLimits)
    def handle_set_external_limits(self, cmd: external_energy_limits.SetExternalLimits) -> Reply:
        """Let new limits from outside take the place of all before; durable before it is answered. Limits
        said again, as OCPP does with new times, are no new ones as long as the same holds from now on. What
        cannot be kept changes nothing: Invalid for what can hold for no node and for more than a journal
        holds, Overloaded on a full disk.
        """
        if problem := unfit(cmd.value):
            return Failure(reason=FailureReason.INVALID, detail=problem)
        now = self.port.clock.now()
        if from_now_on(cmd.value, now) == from_now_on(self._node.external, now):
            return Reply()
        if (refusal := self._keep(cmd.value)) is not None:
            return refusal
        self._node.external = cmd.value
        self.log.info("external_limits", entries=len(cmd.value.schedule_import))
        self._tell_soon()
        return Reply()

    def _keep(self, limits: ExternalLimits) -> Failure | None:
        """Write limits down; they alone are to be recovered."""
        assert self._journal is not None
        try:
            self._journal.snapshot(LimitsSet(limits=limits))
        except (EntryTooLarge, CodecError) as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        except DiskFull as error:
            self.log.error("not_durable", problem=str(error))
            return Failure(reason=FailureReason.OVERLOADED, detail=str(error))
        return None

    # -- what comes from below -----------------------------------------------------------------------------

    def _child(self, name: str, news: energy.EnergyFlowRequest) -> None:
        if self._node.child(name, news.request):
            self._tell_soon()
        else:
            self._tell_later()

    def _reading(self, news: powermeter.Powermeter) -> None:
        self._node.usage = news.powermeter
        self._tell_later()

    # -- what goes up --------------------------------------------------------------------------------------

    def _tell_soon(self) -> None:
        if (self._speaks or self._node.complete) and not self.timers.running("gather"):
            self.start_timer("gather", GATHER_S, self._say)

    def _tell_later(self) -> None:
        if self._speaks and not self.timers.running("usage"):
            self.start_timer("usage", USAGE_S, self._say)

    def _say(self) -> None:
        """Say what is needed here and below."""
        self._speaks = True
        for timer in ("children", "gather", "usage"):
            self.cancel_timer(timer)
        request = self._node.request(self.port.clock.now())
        name = next(each.name for each in self.grants if each.interface == energy.NAME)
        self.publish(energy.EnergyFlowRequest(request=request), name, retain=True)
