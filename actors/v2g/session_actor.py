"""Actor that decides in the talk with one car: `ISO15118_charger`, `iso15118_extensions` behind its link."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from actors.engine.base import handles
from actors.module_actor import ModuleActor
from actors.v2g import messages, parcel
from actors.v2g.parameters import settings_of
from actors.v2g.secc import machine, preparation
from actors.v2g.secc.state import State
from protocols import codec

if TYPE_CHECKING:
    from actors.v2g.secc.settings import Settings

preparation.prepare()  # before the fork: nobody waits for generated code in a talk


class V2gSessionActor(ModuleActor):
    """Child of EvseSupervisor, one per link. It keeps no state: each step brings its own and takes the next
    one back. So a successor recovers nothing, and answers the very request its predecessor died on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._settings: Settings | None = None
        self._last: tuple[bytes, State] = b"", State()
        """The state it gave last, so as not to decode what it has just encoded."""

    def on_start(self) -> None:
        """Read the parameters."""
        self._settings = settings_of(self.parameters)

    @handles(messages.Step)
    def handle_step(self, step: messages.Step) -> messages.Stepped:
        """Decide on one input."""
        assert self._settings is not None
        known, state = self._last
        if step.state != known:
            decoded = codec.decode(step.state)
            if not isinstance(decoded, State):
                raise TypeError(f"{type(decoded).__name__} is no state")
            state = decoded
        given = parcel.unpack_input(step.given)
        made = machine.decide(state, given, self._settings, self.port.clock.now(), secrets.token_bytes)
        data = codec.encode(made.state)
        self._last = data, made.state
        return messages.Stepped(state=data, effects=parcel.pack(made.effects))
