"""Actor that decides in the talk with one car: `ISO15118_charger`, `iso15118_extensions` behind its link."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from actors.engine.base import handles
from actors.module_actor import ModuleActor
from actors.v2g import messages, parcel, snapshot
from actors.v2g.parameters import settings_of
from actors.v2g.secc import machine, preparation
from actors.v2g.secc.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.settings import Settings


class V2gSessionActor(ModuleActor):
    """Child of EvseSupervisor, one per link. It keeps no state: its link does, and takes in what each step
    has changed. So a successor recovers nothing, is given the whole state with its first step, and answers
    the very request its predecessor died on.
    """

    @classmethod
    def before_fork(cls, config: Mapping[str, Any]) -> None:
        """Generate what its talks need: nobody is to wait for that in one."""
        preparation.prepare(settings_of(config["parameters"]))

    def __init__(self) -> None:
        super().__init__()
        self._settings: Settings | None = None
        self._life = secrets.token_bytes(8)
        self._steps = 0
        self._last: tuple[bytes, State] = self._life, State()
        """The mark of the state it gave last, and that state: it need not be given what it has just made."""

    def on_start(self) -> None:
        """Read the parameters."""
        self._settings = settings_of(self.parameters)

    @handles(messages.Step)
    def handle_step(self, step: messages.Step) -> messages.Stepped:
        """Decide on some inputs."""
        assert self._settings is not None
        mark, before = self._last
        if step.state:
            before = snapshot.state_of(snapshot.unpack(step.state))
        elif step.after != mark:
            return messages.Stepped(mark=b"")
        after, effects = before, []
        for given in map(parcel.unpack_input, step.given):
            now = self.port.clock.now()
            after, caused = machine.decide(after, given, self._settings, now, secrets.token_bytes)
            effects.append(parcel.pack(caused))
        changed = snapshot.pack(snapshot.changes(before, after))
        self._steps += 1
        self._last = self._life + self._steps.to_bytes(8), after
        return messages.Stepped(mark=self._last[0], changes=changed, effects=tuple(effects))
