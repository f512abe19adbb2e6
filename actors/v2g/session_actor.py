"""Actor of the talk with one car. EVerest interfaces: `ISO15118_charger`, `iso15118_extensions`."""

from __future__ import annotations

from actors.module_actor import ModuleActor


class V2gSessionActor(ModuleActor):
    """Child of EvseSupervisor, one per link. It carries out none of its commands yet: its successor
    recovers nothing.
    """
