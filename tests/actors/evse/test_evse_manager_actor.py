"""What an EVSE tells of itself today; the rest of its interface comes later (see test_site.py)."""

import pytest

from actors.evse.evse_manager_actor import EvseManagerActor
from protocols.interfaces import evse_manager
from protocols.types.evse_manager import ConnectorTypeEnum


@pytest.mark.parametrize("written", [member.value for member in ConnectorTypeEnum])
def test_get_evse_names_the_connector_type_of_the_site_file(written):
    actor = EvseManagerActor()
    actor.config = {"parameters": {"connector_id": 4, "connector_type": written}}

    evse = actor.handle_get_evse(evse_manager.GetEvse()).evse

    assert (evse.id, evse.connectors[0].type) == (4, written)
