"""Actor of one outlet. Serves no EVerest interface of its own; it belongs to its EVSE."""

from __future__ import annotations

from actors.module_actor import ModuleActor


class ConnectorActor(ModuleActor):
    """Child of EvseSupervisor, one per outlet. It holds no state yet: its successor recovers nothing."""
