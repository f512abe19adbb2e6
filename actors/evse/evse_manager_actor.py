"""Actor of one EVSE. Answers EVerest interfaces `evse_manager`, `auth_token_provider`, `energy`."""

from __future__ import annotations

from actors.engine.base import handles
from actors.module_actor import ModuleActor
from protocols.interfaces import evse_manager
from protocols.types import evse_manager as types


class EvseManagerActor(ModuleActor):
    """Child of EvseSupervisor. It only tells what the site file says of its EVSE so far; its successor knows
    the same, from the same file.
    """

    @handles(evse_manager.GetEvse)
    def handle_get_evse(self, _cmd: evse_manager.GetEvse) -> evse_manager.GetEvseReply:
        """The EVSE's number and its connectors."""
        connector = types.Connector(id=1, type=types.ConnectorTypeEnum(self.parameters["connector_type"]))
        return evse_manager.GetEvseReply(
            evse=types.Evse(id=int(self.parameters["connector_id"]), connectors=(connector,))
        )
