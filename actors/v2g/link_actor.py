"""Actor of the link to one car. Serves no EVerest interface of its own; it belongs to its session."""

from __future__ import annotations

from actors.module_actor import ModuleActor


class V2gLinkActor(ModuleActor):
    """Child of EvseSupervisor, one per car. It holds no connection yet: its successor recovers nothing."""
